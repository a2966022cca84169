"""Compares computed figures with what the annual report 2023 printed (``golden/``), row by row.

Belongs here: which numbers are known to be misprinted, the verdict, and the table for people. How a printed number is read and
compared belongs to ``dashboards.report_check``, as for every other report. Does not belong here: computing figures, or knowing
where they come from: the caller hands over a mapping from key to value.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from dashboards.published.numbers import DIMENSIONS
from dashboards.report_check.cells import Kind
from dashboards.report_check.printed_report import read_cells
from dashboards.report_check.warehouse import Compared
from dashboards.report_check.warehouse import compare as compare_cells

GOLDEN = Path(__file__).parent / "golden"
PRINTED_FILES = (GOLDEN / "arsrapport_2023.csv", GOLDEN / "arsrapport_2023_derived.csv")
# The values of DIMENSIONS, in that order.
Key = tuple[str, ...]
# The computed value of a key; 0 where there is none, as zero rows of a figure may be left out.
Lookup = Callable[[Key], Decimal]


@dataclass(frozen=True)
class ComparedRow:
    """One printed number beside the computed one."""

    compared: Compared
    known_error: str | None  # why the printed number is known to be wrong

    @property
    def printed_in(self) -> str:
        return self.compared.cell.printed

    @property
    def label(self) -> str:
        return self.compared.cell.label

    @property
    def kind(self) -> Kind:
        return self.compared.cell.kind

    @property
    def printed(self) -> Decimal:
        return self.compared.cell.value

    @property
    def computed(self) -> Decimal | None:
        """None: a share of nothing."""
        return self.compared.computed

    @property
    def equal(self) -> bool:
        return self.compared.equal

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


def compare(lookup: Lookup) -> list[ComparedRow]:
    """All rows of both golden files."""
    with (GOLDEN / "known_errors.csv").open(encoding="utf-8", newline="") as file:
        known = {(entry["printed"], entry["label"]): entry["reason"] for entry in csv.DictReader(file)}
    compared = compare_cells(
        read_cells(PRINTED_FILES), lambda address: lookup(tuple(getattr(address, name) for name in DIMENSIONS))
    )
    return [ComparedRow(one, known.get((one.cell.printed, one.cell.label))) for one in compared]


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
        computed = "–" if row.computed is None else f"{plain(row.computed)}{unit}"
        table.add_row(row.printed_in, row.label, f"{sign}{plain(row.printed)}{unit}", computed, _judgement(row))
    console.print(table)
    for row in rows:
        if row.known_error is not None:
            console.print(f"Tryckfel, {row.printed_in}, {row.label}: {row.known_error}.", highlight=False)


def plain(value: Decimal) -> str:
    """Without exponent and trailing zeros, thousands apart as in Swedish."""
    text = f"{value.normalize():,f}".replace(",", " ")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _judgement(row: ComparedRow) -> str:
    if row.is_misprint:
        return "[yellow]tryckfel[/]"
    if row.is_wrong:
        return "[red]NEJ[/]" if row.known_error is None else "[red]JA, fel[/]"
    return "[green]ja[/]"
