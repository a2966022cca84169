"""Women and men, job-centres and years: equal, or no more apart than chance in small groups can make them? For the page
”Likvärdighet”: shares with their intervals, differences, and which of them are more than chance.

The numbers come from ``published``, the formulas from ``chance``, the sentences from ``equality_words``. Whatever rests on a
number that is hidden, or on a group that is too small, is left out: table cell, sentence and mark. How the charts look belongs
in ``drawing``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain
from pathlib import Path

from dashboards.content import annual_report as report
from dashboards.content import equality_words as words
from dashboards.content.chance import (
    INNER,
    OUTER,
    Difference,
    Interval,
    ProcessLimits,
    funnel_limits,
    long_runs,
    newcombe,
    outside,
    process_limits,
    wilson,
)
from dashboards.content.findings import SMALLEST_BASE
from dashboards.content.follow_up import OFFERS
from dashboards.content.tables import (
    MISSING_LABEL,
    Block,
    Cell,
    Codes,
    Definition,
    Heading,
    Points,
    TableContent,
    definitions,
)
from dashboards.published.file import MISSING
from dashboards.published.numbers import Number, Share
from dashboards.published.publication import Period
from dashboards.published.report import Published
from dashboards.published.series import Series, read_series
from dashboards.wording import numbers
from dashboards.wording.letters import capital, lower_first
from pipelines.configuration.disclosure import CellKey

#: So many months are shown, and so many must have a share before a usual course can be told.
MONTHS, FEWEST_MONTHS = 24, 12


@dataclass(frozen=True)
class Rate:
    """A share that is compared. ``labels`` head its whole and its part in tables. ``by_month``: its months are followed too."""

    id: str
    title: str
    question: str
    share: Share
    labels: tuple[str, str]
    by_month: bool = False


RATES = (
    Rate(
        "nadda", "Nådda av de sökta", "Hur stor andel av de sökta nåddes?", report.REACHED_OF_SOUGHT,
        ("Sökta", "Nådda"), by_month=True,
    ),
    Rate(
        "sysselsatta", "Sysselsatta av de nådda", "Hur stor andel av de nådda hade en sysselsättning?",
        report.OCCUPIED_OF_REACHED, ("Nådda", "Sysselsatta"),
    ),
    Rate(
        "studier", "Till studier av de avslutade", "Hur stor andel av de avslutade gick till studier?",
        report.STUDIES_OF_ENDED, ("Avslutade", "Till studier"), by_month=True,
    ),
    Rate(
        "arbete", "Till arbete av de avslutade", "Hur stor andel av de avslutade gick till arbete?",
        report.WORK_OF_ENDED, ("Avslutade", "Till arbete"),
    ),
    Rate(
        "erbjudande", "Erbjudande inom 90 dagar", "Hur stor andel av inskrivningarna ledde till ett erbjudande inom 90 dagar?",
        OFFERS.share, ("Inskrivningar", "Med erbjudande"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """A share or difference and its interval, in per cent or percentage points, as one row of a chart. ``text``: as the table has
    it; ``base``: of how many it is a share."""

    label: str
    value: float
    low: float
    high: float
    text: str
    base: str = ""
    role: str = "year"

    @property
    def with_base(self) -> str:
        return f"{self.text} av {self.base}" if self.base else self.text


@dataclass(frozen=True)
class IntervalChart:
    """``line``: what the marks are compared with, and ``line_label`` its name: the whole's share, or no difference."""

    marks: tuple[Mark, ...]
    line: float
    line_label: str


@dataclass(frozen=True)
class FunnelChart:
    """Groups by name with their shares, about ``share``, the whole's as a fraction. ``axis``: what the wholes are.

    ``group`` and ``all_groups``: what a group and the whole are called. ``told``: the groups that stand out, each with a sign
    of its own, of which only ``named`` have their names in the drawing; None: all groups have the same sign and their names.
    """

    groups: tuple[tuple[str, Cell], ...]
    share: float
    axis: str
    group: str = "Jobbtorg"
    all_groups: str = "Hela kommunen"
    told: frozenset[str] | None = None
    named: frozenset[str] = frozenset()


@dataclass(frozen=True)
class MonthChart:
    """A monthly series with the limits of its usual course, in per cent. ``told``: the places that the sentence names."""

    months: tuple[tuple[Period, Cell], ...]
    limits: ProcessLimits
    told: frozenset[int]


Chart = IntervalChart | FunnelChart | MonthChart


@dataclass(frozen=True)
class Item:
    """A table with the chart of it, and what the chart shows of the table; none where too few of its numbers can be drawn.
    ``compared``: the shares that a table of differences rests on."""

    block: Block
    chart: Chart | None = None
    chart_note: str = ""
    compared: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    lead: str
    items: tuple[Item, ...]
    definitions: tuple[Definition, ...]
    periods: tuple[Period, ...]


def read(path: Path, data: Published) -> "Equality":
    """The page's content, with the months that had ended when the report's period ended."""
    assert data.period.ends_on, f"{data.period.id} has no last day"
    figures = {key.figure for rate in RATES if rate.by_month for key in rate.share.keys}
    totals_only = frozenset({"gender", "district", "job_centre"})
    return Equality(data, read_series(path, ["manad"], data.period.ends_on, figures, totals_only, table=data.figures))


class Equality:
    """The page's sections."""

    def __init__(self, data: Published, months: Series) -> None:
        self.data = data
        self.months = months
        #: The report's period first, then the year before where it has figures.
        self.periods = (data.period, *([data.before] if data.before.available else []))

    def how_to_read(self) -> tuple[str, ...]:
        """What the reader must know before the first number."""
        public = self.data.public_output
        is_changed = public is not None and isinstance(public.disclosure, CellKey)
        return (words.HOW_TO_READ, words.TOO_FEW, *([words.CHANGED] if is_changed else []))

    def sections(self) -> tuple[Section, ...]:
        """Women and men, then the years, then each share by itself."""
        sections = [self._women_and_men()]
        if self.data.before.available:
            sections.append(self._years())
        return (*sections, *(self._rate(rate) for rate in RATES if comparable(self._share(rate, self.data.period))))

    # -- numbers -------------------------------------------------------------------------------------------------

    def _share(self, rate: Rate, period: Period, codes: Codes | None = None) -> Cell:
        return Cell.of(rate.share.at(**{"period": period.id, **(codes or {})}), self.data.value)

    def _job_centres(self, rate: Rate) -> list[Heading]:
        """The job-centres, and who has none where the share's figures have such."""
        found = [Heading(name, {"job_centre": code}, role="year") for code, name in self.data.job_centres]
        figures = {key.figure for key in rate.share.keys}
        if found and any(MISSING in self.data.used("job_centre", figure) for figure in figures):
            found.append(Heading(MISSING_LABEL, {"job_centre": MISSING}, role="year"))
        return found

    def _definitions(self, *shown: Number) -> tuple[Definition, ...]:
        return definitions(self.data.catalogue, (key for number in shown for key in number.keys))

    def _between_years(self, rate: Rate, codes: Codes | None = None) -> Difference | None:
        return _difference(*(self._share(rate, period, codes) for period in (self.data.period, self.data.before)))

    # -- differences ---------------------------------------------------------------------------------------------

    def _women_and_men(self) -> Section:
        pairs = {
            (rate.id, period.id): tuple(
                self._share(rate, period, {"gender": code}) for code in (report.WOMEN, report.MEN)
            )
            for rate in RATES
            for period in self.periods
        }
        found = {place: _difference(*pair) for place, pair in pairs.items()}
        now = self.data.period
        block = Block(
            "lika-kon",
            f"Skillnad mellan kvinnor och män, {numbers.listed([period.label for period in self.periods])}",
            _differences_table(
                "Andel",
                [Heading(rate.title) for rate in RATES],
                [capital(period.label) for period in self.periods],
                [[found[rate.id, period.id] for period in self.periods] for rate in RATES],
            ),
            finding=words.finding(
                {lower_first(rate.title): found[rate.id, now.id] for rate in RATES},
                "Ingen skillnad mellan kvinnor och män är större än slumpen brukar ge",
                "Större skillnad mellan kvinnor och män än slumpen brukar ge",
            ),
            notes=(
                *(
                    words.difference_sentence(rate.title, ("kvinnor", "män"), pairs[rate.id, now.id], difference)
                    for rate in RATES
                    if (difference := found[rate.id, now.id])
                ),
                "Skillnaden är kvinnornas andel minus männens, i procentenheter.",
            ),
            definitions=self._definitions(*(rate.share for rate in RATES)),
            periods=self.periods[::-1],
        )
        chart = _differences_chart((rate.title, found[rate.id, now.id]) for rate in RATES)
        lead = "Får kvinnor och män samma resultat? Andelarna för kvinnor och män jämförs, en i taget."
        item = Item(block, chart, f"Diagrammet visar {now.label}.", tuple(chain.from_iterable(pairs.values())))
        return Section("kvinnor-och-man", "Kvinnor och män", lead, (item,), *_origin(block))

    def _years(self) -> Section:
        now, before = self.data.period, self.data.before
        genders: tuple[tuple[str, Codes], ...] = (
            ("Kvinnor", {"gender": report.WOMEN}), ("Män", {"gender": report.MEN}), ("Totalt", {}),
        )  # fmt: skip
        found = [[self._between_years(rate, codes) for _, codes in genders] for rate in RATES]
        sentences = [
            words.difference_sentence(
                rate.title, (now.label, before.label), [self._share(rate, period) for period in self.periods], difference
            )
            for rate, (*_, difference) in zip(RATES, found, strict=True)
            if difference
        ]  # fmt: skip
        block = Block(
            "lika-ar",
            f"Skillnad mellan {now.label} och {before.label}",
            _differences_table("Andel", [Heading(rate.title) for rate in RATES], [name for name, _ in genders], found),
            finding=words.finding(
                {lower_first(rate.title): difference for rate, (*_, difference) in zip(RATES, found, strict=True)},
                f"Ingen ändring sedan {before.label} är större än slumpen brukar ge",
                f"Större ändring sedan {before.label} än slumpen brukar ge",
            ),
            notes=(
                *sentences,
                f"Skillnaden är andelen {now.label} minus andelen {before.label}, i procentenheter. "
                "Samma ungdom kan vara med båda åren.",
            ),
            definitions=self._definitions(*(rate.share for rate in RATES)),
            periods=self.periods[::-1],
        )
        chart = _differences_chart((rate.title, line[-1]) for rate, line in zip(RATES, found, strict=True))
        lead = f"Vad har ändrats sedan {before.label}, och vad är bara slump?"
        compared = tuple(self._share(rate, period) for rate in RATES for period in self.periods)
        item = Item(block, chart, "Diagrammet visar kvinnor och män tillsammans.", compared)
        return Section("aren", "Jämfört med året före", lead, (item,), *_origin(block))

    # -- one share -----------------------------------------------------------------------------------------------

    def _rate(self, rate: Rate) -> Section:
        lead = rate.question
        items = [self._shares(rate)]
        centres = self._job_centres(rate)
        if centres:
            items += self._funnel(rate, centres)
        if centres and self.data.before.available:
            items.append(self._job_centres_between_years(rate, centres))
        if rate.by_month:
            months = self._by_month(rate)
            items += months
            lead += "" if months else " Månaderna visas inte: för få av dem har en andel som går att visa."
        return Section(rate.id, rate.title, lead, tuple(items), *_origin(items[0].block))

    def _shares(self, rate: Rate) -> Item:
        """Each group's share with its interval, in both years."""
        rows = (
            Heading("Kvinnor", {"gender": report.WOMEN}, role="women"),
            Heading("Män", {"gender": report.MEN}, role="men"),
            *self._job_centres(rate),
            Heading("Totalt", total=True),
        )
        columns = tuple(
            replace(column, codes={"period": period.id} if column.number else {}, group=capital(period.label))
            for period in self.periods
            for column in (*counted_columns(rate), Heading("Från"), Heading("Till"))
        )
        shares = [[self._share(rate, period, row.codes) for period in self.periods] for row in rows]
        cells = tuple(
            tuple(cell for share in line for cell in (*counted_cells(share), *_interval_cells(share)))
            for line in shares
        )
        block = Block(
            f"lika-{rate.id}",
            f"{rate.title}, {numbers.listed([period.label for period in self.periods])}, med spann för slumpen",
            TableContent("Grupp", rows, columns, cells),
            notes=("Från och till är spannet för slumpen i små grupper.",),
            definitions=self._definitions(rate.share),
            periods=self.periods[::-1],
        )
        whole = shares[-1][0]
        marks = tuple(
            Mark(
                row.label,
                share.size,
                100 * interval.low,
                100 * interval.high,
                share.in_text,
                numbers.number(counts[1]),
                row.role or "year",
            )
            for row, (share, *_) in zip(rows[:-1], shares, strict=False)
            if (counts := comparable(share))
            for interval in [wilson(*counts)]
        )
        chart = IntervalChart(marks, whole.size, "Hela kommunen") if marks and comparable(whole) else None
        return Item(block, chart, f"Diagrammet visar {self.data.period.label}.")

    def _job_centres_between_years(self, rate: Rate, centres: Sequence[Heading]) -> Item:
        now, before = self.data.period.label, self.data.before.label
        found = [self._between_years(rate, centre.codes) for centre in centres]
        told = [
            f"{centre.label} ({Points.of_fraction(difference.value).text})"
            for centre, difference in zip(centres, found, strict=True)
            if difference and difference.is_more_than_chance
        ]
        block = Block(
            f"lika-{rate.id}-ar",
            f"{rate.title}: skillnad mellan {now} och {before} per jobbtorg",
            _differences_table("Jobbtorg", centres, [None], [[difference] for difference in found]),
            finding=words.finding(
                {centre.label: difference for centre, difference in zip(centres, found, strict=True)},
                f"Ingen ändring per jobbtorg sedan {before} är större än slumpen brukar ge",
                f"Större ändring sedan {before} än slumpen brukar ge",
            ),
            notes=(
                *(
                    [f"Större än vad slumpen i små grupper brukar ge, i procentenheter: {numbers.listed(told)}."]
                    if told
                    else []
                ),
                f"Skillnaden är andelen {now} minus andelen {before}, i procentenheter.",
            ),
            definitions=self._definitions(rate.share),
            periods=self.periods[::-1],
        )
        compared = tuple(self._share(rate, period, centre.codes) for centre in centres for period in self.periods)
        return Item(block, compared=compared)

    def _funnel(self, rate: Rate, centres: Sequence[Heading]) -> Iterator[Item]:
        """The job-centres between the limits about the whole's share; nothing where all or none have the result."""
        whole, *shares = (self._share(rate, self.data.period, codes) for codes in ({}, *(row.codes for row in centres)))
        groups = tuple(
            (centre.label, share) for centre, share in zip(centres, shares, strict=True) if comparable(share)
        )
        middle = whole.size / 100
        if len(groups) < 2 or not 0 < middle < 1:
            return
        columns = (
            *counted_columns(rate),
            *(Heading(end, group=name) for name in ("Inre gränser", "Yttre gränser") for end in ("Från", "Till")),
        )
        cells = tuple(
            (*counted_cells(share), *limit_cells(share, middle, INNER), *limit_cells(share, middle, OUTER))
            for share in shares
        )
        block = Block(
            f"lika-{rate.id}-jobbtorg",
            f"{rate.title} per jobbtorg, {self.data.period.label}, med gränser för slumpen",
            TableContent("Jobbtorg", tuple(centres), columns, cells),
            finding=words.funnel_finding(groups, middle),
            notes=(
                words.funnel_sentence(groups, middle),
                f"Gränserna ligger kring hela kommunens andel, {words.of_base(whole)}. Är jobbtorgen lika hamnar 95 av 100 "
                "innanför de inre och 998 av 1 000 innanför de yttre. Ju mindre grupp, desto vidare gränser.",
            ),
            definitions=self._definitions(rate.share),
            periods=(self.data.period,),
        )
        yield Item(block, FunnelChart(groups, middle, rate.labels[0]))

    # -- months --------------------------------------------------------------------------------------------------

    def _whole_months(self) -> tuple[Period, ...]:
        """Those that the deliveries cover from the first day to the last: a part of a month is no month's peer."""
        first, last = self.data.publication.first_extract_date, self.data.publication.last_extract_date
        return tuple(
            month
            for month in self.months.periods
            if first
            and last
            and month.starts_on
            and month.ends_on
            and first <= month.starts_on
            and month.ends_on <= last
        )[-MONTHS:]

    def _by_month(self, rate: Rate) -> list[Item]:
        """The share of each month with the limits of its usual course; nothing where too few months have one."""
        months = self._whole_months()
        lookup = self.months.numbers.value
        shares = [Cell.of(rate.share.at(period=month.id), lookup) for month in months]
        drawn = [(month, share) for month, share in zip(months, shares, strict=True) if comparable(share)]
        if len(drawn) < FEWEST_MONTHS:
            return []
        values = [share.size for _, share in drawn]
        limits = process_limits(values)
        apart, runs = outside(values, limits), long_runs(values, limits.mean)
        block = Block(
            f"lika-{rate.id}-manad",
            f"{rate.title} per månad",
            TableContent(
                "Månad",
                tuple(Heading(capital(month.title), {"period": month.id}) for month in months),
                counted_columns(rate),
                tuple(counted_cells(share) for share in shares),
            ),
            finding=words.months_finding(apart, runs),
            notes=(
                words.months_sentence(drawn, limits, apart, runs),
                "Gränserna är medelvärdet plus och minus 2,66 gånger den vanliga skillnaden mellan två månader i följd. En "
                "avvikelse som kommer tillbaka samma månad varje år är årstid. I månader med få ungdomar svänger andelen mer.",
            ),
            definitions=self._definitions(rate.share),
        )
        told = frozenset(apart) | {place for first, last in runs for place in range(first, last + 1)}
        return [Item(block, MonthChart(tuple(drawn), limits, told))]


def _origin(block: Block) -> tuple[tuple[Definition, ...], tuple[Period, ...]]:
    """Where a section's numbers come from: all its tables have the same."""
    return block.definitions, block.periods


def comparable(share: Cell) -> tuple[Decimal, Decimal] | None:
    """Part and whole of a share that can be compared: known, of a group that is not too small, and a share (of counts that a
    public output has changed the part can be more than the whole)."""
    if share.part is None or share.whole is None or share.whole < SMALLEST_BASE or share.part > share.whole:
        return None
    return share.part, share.whole


def _difference(one: Cell, other: Cell) -> Difference | None:
    counts, others = comparable(one), comparable(other)
    return newcombe(*counts, *others) if counts and others else None


# -- cells ---------------------------------------------------------------------------------------------------------------


def counted_columns(rate: Rate) -> tuple[Heading, ...]:
    shown: tuple[Number, ...] = (rate.share.whole, rate.share.part, rate.share)
    return tuple(Heading(label, number=number) for label, number in zip((*rate.labels, "Andel"), shown, strict=True))


def counted_cells(share: Cell) -> tuple[Cell, Cell, Cell]:
    """The whole, the part and the share, which is left out where the group is too small."""
    assert isinstance(share.number, Share)
    shown = share if comparable(share) or not share.whole else Cell(None, share.whole, True)
    return Cell(share.whole, number=share.number.whole), Cell(share.part, number=share.number.part), shown


def _interval_cells(share: Cell) -> tuple[Cell, Cell]:
    counts = comparable(share)
    return _ends(wilson(*counts) if counts else None)


def limit_cells(share: Cell, middle: float, level: float) -> tuple[Cell, Cell]:
    counts = comparable(share)
    return _ends(funnel_limits(counts[1], middle, level) if counts else None)


def _ends(interval: Interval | None) -> tuple[Cell, Cell]:
    """The ends of an interval as shares in whole per cent."""
    low, high = (interval.low, interval.high) if interval else (None, None)
    return _percent(low), _percent(high)


def _percent(fraction: float | None) -> Cell:
    return Cell(None if fraction is None else Decimal(100 * fraction), Decimal(100), True)


def _differences_table(
    corner: str,
    rows: Sequence[Heading],
    groups: Sequence[str | None],
    found: Sequence[Sequence[Difference | None]],
) -> TableContent:
    """A difference with its interval in each group of columns."""
    columns = tuple(Heading(label, group=group) for group in groups for label in ("Skillnad", "Från", "Till"))
    cells = tuple(tuple(cell for difference in line for cell in _difference_cells(difference)) for line in found)
    return TableContent(corner, tuple(rows), columns, cells)


def _difference_cells(difference: Difference | None) -> tuple[Cell, Cell, Cell]:
    if difference is None:
        return Points(None), Points(None), Points(None)
    value, low, high = (Points.of_fraction(end) for end in (difference.value, difference.low, difference.high))
    return value, low, high


def _differences_chart(found: Iterable[tuple[str, Difference | None]]) -> IntervalChart | None:
    marks = tuple(
        Mark(label, 100 * float(each.value), 100 * each.low, 100 * each.high, Points.of_fraction(each.value).text)
        for label, each in found
        if each
    )
    return IntervalChart(marks, 0.0, "Ingen skillnad") if marks else None
