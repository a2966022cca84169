"""Where the synthetic city's numbers come from that the annual report of 2023 does not print: scaled from 2015, or invented.

Belongs here: how a number of 2015 is scaled, the comparison with the computed one, and the lists for people. Does not belong
here: the annual report's own numbers (``comparison``), or knowing where computed values come from.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from rich.console import Console
from rich.table import Table

from dashboards.published.numbers import DIMENSIONS
from dashboards.report_check.cells import rounded_share
from demo.comparison import GOLDEN, Key, Lookup, Verdict, plain
from demo.synthetic_city import targets as t

PRINTED_2015 = GOLDEN / "stadsrevisionen_2016.csv"
PRINTED_2023 = GOLDEN / "arsrapport_2023.csv"
#: What both reports print, so that it says how much larger 2023 is.
ENROLLED: Key = ("participants", "new", "verksamhetsar-2023", "*", "*", "*", "*", "*")

#: What no document says. The numbers stand in ``synthetic_city.targets``, ``hand_kept`` and ``city_facts``.
INVENTED = (
    f"Antagning: hur många som söker, hur många som inte blir antagna ({sum(t.NOT_ADMITTED[2023])} år 2023), hur många av dem "
    "som får en plats sedan, och besluten i varje omgång",
    f"Skolslussen: hur många av dem som inte blev antagna som kom dit ({t.GUIDED_PLACED * 100:.0f} % av dem som fick en plats, "
    f"{t.GUIDED_NOT_PLACED * 100:.0f} % av de andra), vad besöken gällde, och besöken per månad",
    f"Flai: vilka som samtycker ({t.CONSENT * 100:.0f} % av inskrivningarna på jobbtorgen), vad de deltar i, och vilka "
    f"{t.CONSENTS_WITHDRAWN} som återkallar",
    "Jobbtorg Unga 20–29 år: fördelningen på månader, jobbtorg och kön, och övriga avslutsorsaker",
    "Sysselsättning efter stöd: ungefär som i riket enligt Skolverket, 31 % studier, 17 % arbete och 17 % okänd",
    "Nyckeltal, enkätsvar och bosättningskontroller för 2022, och hur ungdomarna fördelas på stadsdelar",
)


@dataclass(frozen=True)
class ScaledRow:
    """A number of 2015, what it is when scaled to 2023, and what was computed."""

    printed_in: str
    label: str
    is_share: bool
    printed: Decimal
    expected: Decimal
    computed: Decimal | None

    @property
    def equal(self) -> bool:
        return self.computed == self.expected


def scale() -> Fraction:
    """By how much counts grow from 2015 to 2023: the newly enrolled of the one report over those of the other."""
    with PRINTED_2023.open(encoding="utf-8", newline="") as file:
        later = {tuple(row[name] for name in DIMENSIONS): row["value"] for row in csv.DictReader(file)}
    earlier = next(row["value"] for row in _printed() if _terms(row) == [ENROLLED])
    return Fraction(later[ENROLLED]) / Fraction(earlier)


def scaled(value: Decimal, by: Fraction) -> Decimal:
    """To the nearest whole; halves up."""
    return Decimal(int(Fraction(value) * by + Fraction(1, 2)))


def compare_scaled(lookup: Lookup) -> list[ScaledRow]:
    """All rows of the auditors' report's file."""
    by = scale()
    return [_compared(row, by, lookup) for row in _printed()]


def _compared(row: dict[str, str], by: Fraction, lookup: Lookup) -> ScaledRow:
    printed, values = Decimal(row["value"]), [lookup(key) for key in _terms(row)]
    is_share = row["kind"] == "share"
    if is_share:
        *parts, whole = values
        expected, computed = printed, rounded_share(sum(parts, Decimal(0)), whole, Decimal(1))
    else:
        expected, computed = scaled(printed, by), sum(values, Decimal(0))
    return ScaledRow(row["printed"], row["label"], is_share, printed, expected, computed)


def _printed() -> list[dict[str, str]]:
    with PRINTED_2015.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _terms(row: dict[str, str]) -> list[Key]:
    return [tuple(term.strip().split("/")) for term in row["terms"].split(";")]


def scaled_verdict(rows: Sequence[ScaledRow]) -> Verdict:
    wrong = [row for row in rows if not row.equal]
    sentence = f"{len(rows)} numbers of 2015 scaled to 2023: {len(rows) - len(wrong)} equal, {len(wrong)} wrong"
    if wrong:
        first = wrong[0]
        sentence += f"; the first wrong one: {first.printed_in}, {first.label}: "
        sentence += f"scaled {first.expected}, computed {first.computed}"
    return Verdict(not wrong, sentence + ".")


def print_origins(rows: Sequence[ScaledRow], console: Console | None = None) -> None:
    """The second table that ``kaa demo`` ends with, and what is invented."""
    console = console or Console()
    table = Table(title="Inte i årsrapporten 2023: skalat från 2015 (stadsrevisionens rapport 10/2016)")
    table.add_column("Avsnitt\nSection", no_wrap=True)
    table.add_column("Värde\nValue", overflow="fold")
    table.add_column("2015", justify="right")
    table.add_column("Skalat\nScaled", justify="right")
    table.add_column("Beräknat\nComputed", justify="right")
    table.add_column("Lika\nEqual", no_wrap=True)
    for row in rows:
        unit = " %" if row.is_share else ""
        numbers = [f"{plain(value)}{unit}" for value in (row.printed, row.expected)]
        computed = "–" if row.computed is None else f"{plain(row.computed)}{unit}"
        equal = "[green]ja[/]" if row.equal else "[red]NEJ[/]"
        table.add_row(row.printed_in, row.label, *numbers, computed, equal)
    console.print(table)
    by = scale()
    console.print(
        f"Antal är skalade med {by.numerator}/{by.denominator}, nyinskrivna i KAA 2023 och 2015; andelar är som 2015. "
        "Ungdomsanställning räknas som arbete.",
        highlight=False,
    )
    console.print("Påhittat (invented):", highlight=False)
    for line in INVENTED:
        console.print(f"  • {line}.", highlight=False)
