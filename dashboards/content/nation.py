"""All municipalities side by side, for the nation's report: the share reached, the share that left support for studies, and how
much of the legal target group is in the register; each against the limits of what chance gives in a group of that size.

In a nation's file districts are municipalities and job-centres are counties. The formulas come from ``chance``, the sentences
from ``nation_words``. Whatever rests on a number that is hidden, or on a group that is too small, is left out: table cell,
sentence and dot. How the charts look belongs in ``drawing``.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from dashboards.content import nation_words as words
from dashboards.content.chance import INNER, OUTER, funnel_limits
from dashboards.content.equality import (
    RATES as COMPARED,
)
from dashboards.content.equality import (
    FunnelChart,
    Item,
    Rate,
    Section,
    comparable,
    counted_cells,
    counted_columns,
    limit_cells,
)
from dashboards.content.shown_numbers import ShownNumbers
from dashboards.content.tables import Block, Cell, Codes, Heading, TableContent, definitions
from dashboards.published.file import ALL, ALL_FIGURES, MISSING
from dashboards.published.nation import Nation, Part, read_nation
from dashboards.published.numbers import NumberKey, Share, one
from dashboards.published.publication import Period
from dashboards.published.report import District, Published, read_report
from dashboards.wording import numbers

ELIGIBLE = one("target_group", "eligible")
NOT_IN_REGISTER = one("target_group", "eligible_not_in_register")

COVERAGE = Rate(
    "tackning", "I registret av målgruppen", "Hur stor andel av dem som enligt skollagen hör till målgruppen finns i registret?",
    Share(ELIGIBLE - NOT_IN_REGISTER, ELIGIBLE), ("Målgrupp", "I registret"),
)  # fmt: skip

#: What municipalities are compared by.
RATES = (*(rate for rate in COMPARED if rate.id in ("nadda", "studier")), COVERAGE)

#: What the whole of each is, in a sentence.
_COUNTED = {"nadda": "sökta", "studier": "avslutade", COVERAGE.id: "i målgruppen"}

#: Who has no municipality, and so no county.
NO_MUNICIPALITY = "Saknar kommun"

#: Of so many that stand out the names are drawn, those farthest from the limits; the sentences below name all.
MOST_NAMED = 8

#: What it costs to hide a county's number to protect others; a municipality's costs the square root of the number.
OF_A_COUNTY = 1000.0

#: Extracts may begin so long after a period's first day, or end so long before its last, before that is told.
A_MONTH = timedelta(days=31)


@dataclass(frozen=True)
class County:
    """A county with those of its municipalities that are in the report."""

    heading: Heading
    municipalities: tuple[Heading, ...]


@dataclass(frozen=True)
class Municipalities:
    """The table of all municipalities: ``counties`` says which of its rows are of which county, in the table's order."""

    block: Block
    counties: tuple[tuple[str, int], ...]


class NationReport:
    """What the page shows. Its numbers are those of ``data``; ``nation`` says which parts they were counted from."""

    def __init__(self, data: Published, nation: Nation) -> None:
        self.data, self.nation = data, nation

    # -- places --------------------------------------------------------------------------------------------------

    @cached_property
    def in_force(self) -> dict[str, District]:
        """The country's municipalities on the period's last day, by code."""
        assert self.data.period.ends_on, f"{self.data.period.id} has no last day"
        return {each.code: each for each in self.data.districts if each.in_force(self.data.period.ends_on)}

    @cached_property
    def counties(self) -> tuple[County, ...]:
        """Those that have a municipality in the report."""
        found = []
        for code, name in self.data.job_centres:
            covered = [each for each in self.nation.counties.get(code, ()) if each in self._shown]
            rows = (Heading(self.in_force[each].name, {"district": each}, role="year") for each in covered)
            in_order = tuple(sorted(rows, key=lambda row: str(row.codes["district"])))
            if in_order:
                found.append(County(Heading(name, {"job_centre": code}), in_order))
        return tuple(found)

    @cached_property
    def _shown(self) -> frozenset[str]:
        """Codes of the municipalities that are in the report: those that have a part, under the name that they have now."""
        successors = {each.code: each.successor for each in self.data.districts}

        def now(code: str) -> str:
            while code not in self.in_force and (following := successors.get(code)):
                code = following
            return code

        return frozenset(now(code) for code in self.nation.parts) & self.in_force.keys()

    @property
    def municipalities(self) -> tuple[Heading, ...]:
        return tuple(row for county in self.counties for row in county.municipalities)

    def _without(self, dimension: str) -> list[Heading]:
        """The row of those who have no place, where there are such."""
        figures = {key.figure for rate in RATES for key in rate.share.keys}
        has_such = any(MISSING in self.data.used(dimension, figure) for figure in sorted(figures))
        return [Heading(NO_MUNICIPALITY, {dimension: MISSING})] if has_such else []

    # -- numbers -------------------------------------------------------------------------------------------------

    @cached_property
    def day(self) -> Period:
        """The day that the target group is of."""
        return next(period for period in self.data.periods if period.id == self.nation.day)

    def period(self, rate: Rate) -> Period:
        """What a share is of: the period, or its day."""
        return self.day if rate is COVERAGE else self.data.period

    def share(self, rate: Rate, codes: Codes | None = None) -> Cell:
        """A share of the nation, or of a place."""
        return Cell.of(rate.share.at(**{"period": self.period(rate).id, **(codes or {})}), self.data.value)

    def keys(self) -> frozenset[NumberKey]:
        """Every number that the page rests on."""
        places: list[Codes] = [{}]
        places += [county.heading.codes for county in self.counties]
        places += [
            row.codes for row in (*self.municipalities, *self._without("district"), *self._without("job_centre"))
        ]
        return frozenset(
            key
            for rate in RATES
            for place in places
            for key in rate.share.at(**{"period": self.period(rate).id, **place}).keys
        )

    # -- what is shown -------------------------------------------------------------------------------------------

    def facts(self) -> list[tuple[str, str, str]]:
        """The nation in brief: label, number and what it is a share of."""
        found = []
        for rate in RATES:
            share = self.share(rate)
            base = f"av {numbers.number(share.whole)} {_COUNTED[rate.id]}" if share.whole else ""
            found.append((rate.title, counted_cells(share)[2].in_text, base))
        return found

    def sections(self) -> tuple[Section, ...]:
        """Each share by itself."""
        return tuple(self._rate(rate) for rate in RATES)

    def _rate(self, rate: Rate) -> Section:
        block = self._funnel_block(rate)
        period = self.period(rate)
        lead = f"{rate.question} {'Läget ' if rate is COVERAGE else 'Avser '}{period.title}."
        of_a_day = [self.day] if rate is COVERAGE else []
        return Section(rate.id, rate.title, lead, (block,), block.block.definitions, (self.data.period, *of_a_day))

    def _funnel_block(self, rate: Rate) -> Item:
        whole = self.share(rate)
        rows = self.municipalities
        shares = [self.share(rate, row.codes) for row in rows]
        groups = [(row.label, share) for row, share in zip(rows, shares, strict=True) if comparable(share)]
        middle = whole.size / 100
        has_limits = comparable(whole) is not None and 0 < middle < 1
        columns = (
            *counted_columns(rate),
            *(Heading(end, group=name) for name in ("Inre gränser", "Yttre gränser") for end in ("Från", "Till")),
        )
        cells = tuple((*counted_cells(share), *self._limits(share, middle, has_limits)) for share in shares)
        period = self.period(rate)
        block = Block(
            f"riket-{rate.id}",
            f"{rate.title} per kommun, {period.title}, med gränser för slumpen",
            TableContent("Kommun", rows, columns, cells),
            definitions=definitions(self.data.catalogue, rate.share.keys),
            periods=(period,),
        )
        if not has_limits or len(groups) < 2:
            note = "Rikets andel eller för få kommuners andelar går att visa, så kommunerna jämförs inte."
            return Item(replace(block, notes=(note,)))
        notes = [*words.sentences(groups, middle), words.about_limits(whole)]
        if len(rows) > len(groups):
            notes.append(words.not_drawn(len(rows) - len(groups)))
        told = [group for side in words.beyond(groups, middle, OUTER) for group in side]
        chart = FunnelChart(
            tuple(groups), middle, rate.labels[0], "Kommun", "Riket",
            frozenset(name for name, _ in told), frozenset(_farthest(told, middle)),
        )  # fmt: skip
        chart_note = ""
        if len(told) > MOST_NAMED:
            chart_note = (
                f"Namn i diagrammet har de {numbers.number(MOST_NAMED)} som ligger längst utanför. Peka på en punkt för att se "
                "vilken den är."
            )
        return Item(replace(block, finding=words.finding(groups, middle), notes=tuple(notes)), chart, chart_note)

    def _limits(self, share: Cell, middle: float, has_limits: bool) -> tuple[Cell, ...]:
        if not has_limits:
            return (Cell(None, is_share=True),) * 4
        return (*limit_cells(share, middle, INNER), *limit_cells(share, middle, OUTER))

    # -- tables --------------------------------------------------------------------------------------------------

    def county_table(self) -> Block:
        """The counties, and the nation."""
        rows = (
            *(county.heading for county in self.counties), *self._without("job_centre"), Heading("Riket", total=True),
        )  # fmt: skip
        return self._table("lanen", "Länen och riket", "Län", rows)

    def municipality_table(self) -> Municipalities:
        """The municipalities by county, and the nation below."""
        without = self._without("district")
        rows = (*self.municipalities, *without, Heading("Riket", total=True))
        counties = [(county.heading.label, len(county.municipalities)) for county in self.counties]
        return Municipalities(self._table("kommunerna", "Kommunerna", "Kommun", rows), tuple(counties))

    def _table(self, id_: str, title: str, corner: str, rows: Sequence[Heading]) -> Block:
        columns = tuple(replace(column, group=rate.title) for rate in RATES for column in counted_columns(rate))
        cells = tuple(
            tuple(cell for rate in RATES for cell in counted_cells(self.share(rate, row.codes))) for row in rows
        )
        return Block(
            id_,
            f"{title}, {self.data.period.title}",
            TableContent(corner, tuple(rows), columns, cells),
            notes=(f"Målgruppen och hur många av den som är i registret är läget {self.day.title}.",),
            definitions=definitions(self.data.catalogue, (key for rate in RATES for key in rate.share.keys)),
            periods=(self.data.period, self.day),
        )

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every table that has files of its own."""
        funnels = [item.block for section in self.sections() for item in section.items]
        return (*funnels, self.county_table(), self.municipality_table().block)

    # -- what it was made of -------------------------------------------------------------------------------------

    def parts(self) -> list[tuple[str, Part]]:
        """The municipalities that are in it, by name."""
        names = {each.code: each.name for each in self.data.districts}
        return [(names.get(code, part.title), part) for code, part in self.nation.parts.items()]

    def who_is_in(self) -> list[str]:
        """How many municipalities are in it, from when to when, and whose extracts do not reach all of the period."""
        period, publication = self.data.period, self.data.publication
        found = [words.who_is_in(len(self._shown), len(self.in_force))]
        if publication.first_extract_date and publication.last_extract_date:
            found.append(words.extracts(publication.first_extract_date, publication.last_extract_date))
        assert period.starts_on and period.ends_on
        starts_on, ends_on = period.starts_on, period.ends_on
        late = [(name, part) for name, part in self.parts() if not _reaches(part, period)]
        return [*found, *([words.not_whole(late, starts_on, ends_on)] if late else [])]

    def missing(self) -> list[str]:
        """Which municipalities are not in it: a sentence for each county."""
        return [words.missing(names, county) for county, names in self._missing()]

    def _missing(self) -> Iterator[tuple[str, list[str]]]:
        for code, name in self.data.job_centres:
            covered = sorted(set(self.nation.counties.get(code, ())) & (self.in_force.keys() - self._shown))
            if covered:
                yield name, [self.in_force[each].name for each in covered]


def _farthest(told: Sequence[tuple[str, Cell]], middle: float) -> list[str]:
    """The names of those that lie farthest outside the outer limits, as far as there is room for names."""

    def how_far(group: tuple[str, Cell]) -> float:
        limits = funnel_limits(group[1].whole or 0, middle, OUTER)
        share = group[1].size / 100
        return max(limits.low - share, share - limits.high)

    return [name for name, _ in sorted(told, key=how_far, reverse=True)[:MOST_NAMED]]


def _reaches(part: Part, period: Period) -> bool:
    """Whether a municipality's extracts reach from a period's first days to its last."""
    first, last = part.first_extract_date, part.last_extract_date
    if not (first and last and period.starts_on and period.ends_on):
        return False
    return first <= period.starts_on + A_MONTH and last >= period.ends_on - A_MONTH


def read(path: Path, period_id: str, figures: str = ALL_FIGURES) -> NationReport:
    """The content of a nation's report, of its published file or of the public one."""
    nation = read_nation(path)
    return NationReport(read_report(path, period_id, figures, [nation.day]), nation)


def shown(path: Path, data: Published, smallest: int, told_otherwise: Collection[str]) -> ShownNumbers:
    """Which numbers the public output of a nation's report would show: all that its page rests on."""
    keys = NationReport(data, read_nation(path)).keys()
    return ShownNumbers(keys, keys, {key: _cost(key, data) for key in keys})


def _cost(key: NumberKey, data: Published) -> float:
    """Where something must be hidden besides, rather a small municipality's number than a large one's, and a county's last."""
    return OF_A_COUNTY if key.job_centre != ALL else max(float(data.numbers.value(key) or 0), 1) ** 0.5
