"""Errors planted one at a time in the report of 2023, and what the check inside the report says of each.

Run as a program it prints the table: ``python -m tests.report_check.mutations``.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from dashboards.report_check.cells import Cell, Kind
from dashboards.report_check.findings import Finding, check_inside
from dashboards.report_check.printed_report import read_cells

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "demo" / "golden" / name for name in ("arsrapport_2023.csv", "arsrapport_2023_derived.csv")]

#: Where the print itself is wrong, and what its other numbers say it should be.
MISPRINTS = {
    ("section 2", "sökta, ökning"): Decimal(625),
    ("Tabell 5", "SAKNAS antal till studier/arbete"): Decimal(30),
    ("Tabell 5", "SAKNAS andel till studier/arbete"): Decimal(57),
}


def printed() -> list[Cell]:
    """The report as it was printed, with its three misprints."""
    return read_cells(FILES)


def corrected() -> list[Cell]:
    """The report as it should have been printed."""
    return [replace(cell, value=MISPRINTS.get((cell.printed, cell.label), cell.value)) for cell in printed()]


@dataclass(frozen=True)
class Planted:
    """A report with an error: which cells differ from the right report."""

    kind: str
    cells: list[Cell]
    wrong: frozenset[Cell]


def with_values(cells: Sequence[Cell], values: dict[int, Decimal], kind: str) -> Planted | None:
    """The report with other numbers at these places; None where nothing differs or a number is no count."""
    changed = {place: value for place, value in values.items() if value != cells[place].value and value >= 0}
    if len(changed) < len(values):
        return None
    planted = [replace(cell, value=changed.get(place, cell.value)) for place, cell in enumerate(cells)]
    return Planted(kind, planted, frozenset(planted[place] for place in changed))


def errors_at(cells: Sequence[Cell], place: int, chance: random.Random) -> Iterator[Planted]:
    """Every kind of error at one place."""
    cell = cells[place]
    digits = str(cell.value)
    spot = chance.randrange(len(digits))
    another = chance.choice([digit for digit in "0123456789" if digit != digits[spot]])
    one_changed = {
        "one digit changed": digits[:spot] + another + digits[spot + 1 :],
        "one more": str(cell.value + 1),
        "one less": str(cell.value - 1),
        "ten off": str(cell.value + chance.choice((-10, 10))),
        "a hundred off": str(cell.value + chance.choice((-100, 100))),
        "a digit too few": digits[:spot] + digits[spot + 1 :] or "0",
    }
    if len(digits) > 1:
        at = chance.randrange(len(digits) - 1)
        one_changed["digits transposed"] = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    earlier = [
        other.value
        for other in cells
        if other.kind == cell.kind
        and [a._replace(period="") for a in other.keys] == [a._replace(period="") for a in cell.keys]
        and other.keys != cell.keys
    ]
    if earlier:
        one_changed["the other year's number"] = str(earlier[0])
    beside = [other.value for other in cells if other.printed == cell.printed and other.value != cell.value]
    if beside:
        one_changed["another number of the table"] = str(chance.choice(beside))
    totals = [other.value for other in cells if other.printed != cell.printed and other.value > 500]
    one_changed["a total from another table"] = str(chance.choice(totals))
    if cell.is_share:
        counts = {other.keys[0]: other.value for other in cells if other.kind is Kind.EXACT}
        part = sum((counts.get(address, Decimal(0)) for address in cell.keys[:-1]), Decimal(0))
        bases = [value for address, value in counts.items() if address.figure == "participants" and value > part > 0]
        if bases:
            one_changed["a share of the wrong base"] = str(round(100 * part / chance.choice(bases)))
    for kind, text in one_changed.items():
        planted = with_values(cells, {place: Decimal(text)}, kind)
        if planted:
            yield planted


def exchanges(cells: Sequence[Cell], chance: random.Random) -> Iterator[Planted]:
    """Two numbers of one table that have changed places, one pair for each cell; and the two genders of each number."""
    for place, cell in enumerate(cells):
        others = [
            n
            for n, other in enumerate(cells)
            if other.printed == cell.printed and other.kind == cell.kind and n != place
        ]
        if others:
            other = chance.choice(others)
            planted = with_values(cells, {place: cells[other].value, other: cell.value}, "two cells exchanged")
            if planted:
                yield planted
        if cell.kind is Kind.EXACT and cell.keys[0].gender == "kvinna":
            men = cell.keys[0]._replace(gender="man")
            other = next(n for n, candidate in enumerate(cells) if candidate.keys == (men,))
            planted = with_values(cells, {place: cells[other].value, other: cell.value}, "women and men exchanged")
            if planted:
                yield planted


@dataclass(frozen=True)
class Outcome:
    """What the check says of a planted error."""

    found: bool
    exact: bool  # the wrong cells are named, and no other
    right_value: bool  # and what they should be is said too
    among: bool  # the wrong cells are one of the explanations
    likeliest: bool  # the wrong cells are named first
    named: int


def judge(planted: Planted, right: dict[tuple[str, int], Decimal]) -> Outcome:
    """The findings against what was planted."""
    findings = check_inside(planted.cells).findings
    relevant = list(findings)
    found = bool(relevant)
    exact = found and all(f.is_certain for f in relevant) and _named(relevant) == planted.wrong
    values = exact and all(
        cor.should_be.only == right[cor.cell.file, cor.cell.line]
        for f in relevant
        for cor in f.explanations[0].corrections
    )
    among = (
        found
        and planted.wrong <= {cell for f in relevant for cell in f.cells}
        and all(any(explanation.cells <= planted.wrong for explanation in f.explanations) for f in relevant)
    )
    first = {cell for f in relevant for cell in f.explanations[0].cells}
    likeliest = found and first == planted.wrong and all(len(f.explanations) == 1 or f.has_likeliest for f in relevant)
    return Outcome(found, exact, values, among, likeliest, len({cell for f in relevant for cell in f.cells}))


def _named(findings: Sequence[Finding]) -> frozenset[Cell]:
    return frozenset(cell for finding in findings for cell in finding.cells)


def all_planted(cells: Sequence[Cell], seed: int = 2023) -> list[Planted]:
    """Every kind of error at every place."""
    chance = random.Random(seed)
    found = [planted for place in range(len(cells)) for planted in errors_at(cells, place, chance)]
    return found + list(exchanges(cells, chance))


def table(outcomes: Sequence[tuple[Planted, Outcome]]) -> str:
    """The measured shares by kind of error."""
    lines = [
        f"{'kind of error':32}{'planted':>8}{'found':>8}{'exact':>8}{'value':>8}{'likeliest':>10}{'among':>8}{'missed':>8}"
    ]
    kinds = list(dict.fromkeys(planted.kind for planted, _ in outcomes))
    for kind in [*kinds, "all"]:
        these = [outcome for planted, outcome in outcomes if kind in (planted.kind, "all")]
        count = Counter(
            name
            for outcome in these
            for name in ("found", "exact", "right_value", "likeliest", "among")
            if getattr(outcome, name)
        )
        wrong = sum(outcome.found and not outcome.among for outcome in these)
        lines.append(
            f"{kind:32}{len(these):8}{count['found']:8}{count['exact']:8}{count['right_value']:8}{count['likeliest']:10}{count['among']:8}{wrong:8}"
        )
    return "\n".join(lines)


def measure(planted: Sequence[Planted], cells: Sequence[Cell]) -> list[tuple[Planted, Outcome]]:
    right = {(cell.file, cell.line): cell.value for cell in cells}
    return [(one, judge(one, right)) for one in planted]


if __name__ == "__main__":
    report = corrected()
    print(table(measure(all_planted(report), report)))
