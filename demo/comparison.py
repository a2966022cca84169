"""Compares computed figures with what the annual report 2023 printed (``golden/``), row by row.

Belongs here: reading the printed values, the comparison's arithmetic, the verdict, and the table for people. Does not
belong here: computing figures, or knowing where they come from: the caller hands over a mapping from key to value.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

GOLDEN = Path(__file__).parent / "golden"
KEY_COLUMNS = ("figure", "measure", "period", "gender", "district", "job_centre", "category", "subcategory")
# The values of KEY_COLUMNS, in that order.
Key = tuple[str, ...]
# The computed value of a key; 0 where there is none, as zero rows of a figure may be left out.
Lookup = Callable[[Key], Decimal]

# "About" in the report's text: within one per cent.
ABOUT = Decimal("0.01")


@dataclass(frozen=True)
class ComparedRow:
    """One printed number beside the computed one."""

    printed_in: str
    label: str
    kind: str  # exact, share, approx; sum, difference or share of the derived numbers
    derived: bool
    printed: Decimal
    computed: Decimal | None  # None: a share of nothing
    known_error: str | None  # why the printed number is known to be wrong

    @property
    def equal(self) -> bool:
        if self.computed is None:
            return False
        if self.kind == "approx":
            return abs(self.computed - self.printed) <= ABOUT * self.printed
        return self.computed == self.printed

    @property
    def is_misprint(self) -> bool:
        """Differs, and is known to be wrong in the print."""
        return not self.equal and self.known_error is not None

    @property
    def is_wrong(self) -> bool:
        """Differs from a right number, or agrees with a wrong one."""
        return self.equal == (self.known_error is not None)


class Verdict(NamedTuple):
    fine: bool
    sentence: str


def whole_per_cent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Halves are rounded up, as in the report."""
    if whole == 0:
        return None
    return (100 * part / whole).quantize(Decimal(1), rounding=ROUND_HALF_UP)


def compare(lookup: Lookup) -> list[ComparedRow]:
    """All rows of both golden files."""
    return [*_printed_rows(lookup), *_derived_rows(lookup)]


def verdict(rows: Sequence[ComparedRow]) -> Verdict:
    """Fine when everything agrees but the numbers that are known to be misprinted, and these do not."""
    equal = sum(1 for row in rows if row.equal)
    misprints = sum(1 for row in rows if row.is_misprint)
    wrong = [row for row in rows if row.is_wrong]
    sentence = (
        f"{len(rows)} printed values: {equal} equal, {misprints} known misprints of the report, {len(wrong)} wrong"
    )
    if wrong:
        first = wrong[0]
        sentence += f"; the first wrong one: {first.printed_in}, {first.label}: "
        sentence += f"printed {first.printed}, computed {first.computed}"
    return Verdict(not wrong, sentence + ".")


def print_table(rows: Sequence[ComparedRow], console: Console | None = None) -> None:
    """The table that ``kaa demo`` ends with."""
    console = console or Console()
    table = Table(title="Årsrapport 2023: tryckt och beräknat")
    table.add_column("I rapporten\nPrinted in", no_wrap=True)
    table.add_column("Värde\nValue", overflow="fold")
    table.add_column("Tryckt\nPrinted", justify="right")
    table.add_column("Beräknat\nComputed", justify="right")
    table.add_column("Lika\nEqual", no_wrap=True)
    for row in rows:
        sign = "≈ " if row.kind == "approx" else ""
        unit = " %" if row.kind == "share" else ""
        computed = "–" if row.computed is None else f"{_plain(row.computed)}{unit}"
        table.add_row(row.printed_in, row.label, f"{sign}{_plain(row.printed)}{unit}", computed, _judgement(row))
    console.print(table)
    for row in rows:
        if row.known_error is not None:
            console.print(f"Tryckfel, {row.printed_in}, {row.label}: {row.known_error}.", highlight=False)


def _plain(value: Decimal) -> str:
    """Without exponent and trailing zeros, thousands apart as in Swedish."""
    text = f"{value.normalize():,f}".replace(",", " ")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _judgement(row: ComparedRow) -> str:
    if row.is_misprint:
        return "[yellow]tryckfel[/]"
    if row.is_wrong:
        return "[red]NEJ[/]" if row.known_error is None else "[red]JA, fel[/]"
    return "[green]ja[/]"


def _read(name: str) -> list[dict[str, str]]:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _printed_rows(lookup: Lookup) -> list[ComparedRow]:
    rows = []
    for entry in _read("arsrapport_2023.csv"):
        key = tuple(entry[column] for column in KEY_COLUMNS)
        computed: Decimal | None = lookup(key)
        if entry["kind"] == "share":
            computed = whole_per_cent(lookup(key), lookup(_whole_of(key)))
        rows.append(
            ComparedRow(
                printed_in=entry["printed"],
                label=" ".join(part for part in key if part != "*"),
                kind=entry["kind"],
                derived=False,
                printed=Decimal(entry["value"]),
                computed=computed,
                known_error=None,
            )
        )
    return rows


def _whole_of(key: Key) -> Key:
    """What the shares among the printed figures are shares of."""
    figure, measure, period, gender, district, job_centre, category, _ = key
    if (figure, measure) == ("occupation", "occupied"):
        return "outreach", "reached", period, gender, district, job_centre, "*", "*"
    if figure == "measure_exits":
        return "measures", measure, period, gender, district, job_centre, category, "*"
    raise ValueError(f"the golden file has a share of {figure} {measure}, and nothing says of what")


def _derived_rows(lookup: Lookup) -> list[ComparedRow]:
    known = {(entry["printed"], entry["label"]): entry["reason"] for entry in _read("known_errors.csv")}
    rows = []
    for entry in _read("arsrapport_2023_derived.csv"):
        terms = [lookup(tuple(term.strip().split("/"))) for term in entry["terms"].split(" ; ")]
        rows.append(
            ComparedRow(
                printed_in=entry["printed"],
                label=entry["label"],
                kind=entry["op"],
                derived=True,
                printed=Decimal(entry["value"]),
                computed=_derive(entry["op"], terms),
                known_error=known.get((entry["printed"], entry["label"])),
            )
        )
    return rows


def _derive(operation: str, terms: Sequence[Decimal]) -> Decimal | None:
    if operation == "sum":
        return sum(terms, Decimal(0))
    if operation == "difference":
        return terms[0] - sum(terms[1:], Decimal(0))
    if operation == "share":
        return whole_per_cent(sum(terms[:-1], Decimal(0)), terms[-1])
    raise ValueError(f"unknown operation in the golden file: {operation}")
