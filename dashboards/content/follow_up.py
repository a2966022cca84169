"""What the action plans want followed up, for the page ”Uppföljning av uppsök och stöd”: which published figure stands where,
and the numbers over time, by job-centre and gender.

Like ``annual_report`` and ``content`` for the report, but over all periods that are published. No HTML here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from dashboards.content.annual_report import MEN, STUDIES, WOMEN, WORK
from dashboards.content.report import MISSING_LABEL, About, Block, Cell, Line, TableContent
from dashboards.published import ALL, MISSING, Address, Period, Published, Series, read_series
from dashboards.wording import numbers

#: Figures that the page shows; the definitions come from the catalogue.
FIGURES = (
    "contacts", "reached_by_channel", "population", "outreach", "support_choice", "participants", "exits", "measure_exits",
    "timeliness", "time_to_contact", "median_wait", "offer_90_days",
)  # fmt: skip

#: Months in which a mailing is one at the start of the school year.
SCHOOL_YEAR_BEGINS = (8, 9, 10)

#: So many years stand beside each other by gender, so many by job-centre, and so many years and tertials below each other over
#: time: the page must not grow with every year.
YEARS_ABREAST, YEARS_BY_JOB_CENTRE, YEARS, TERTIALS = 2, 3, 10, 6

GENDERS = (("Kvinnor", WOMEN, "women"), ("Män", MEN, "men"), ("Totalt", ALL, None))


@dataclass(frozen=True)
class Number:
    """A published measure, perhaps of one category."""

    figure: str
    measure: str
    category: str = ALL
    subcategory: str = ALL


@dataclass(frozen=True)
class Rate:
    """A count over another, followed over time. ``labels`` head the two counts in its tables."""

    id: str
    title: str
    part: Number
    whole: Number
    labels: tuple[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """A block of the page, with tables to open below it: (what they show, table)."""

    block: Block
    more: tuple[tuple[str, TableContent], ...] = ()


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    lead: str
    about: tuple[About, ...]
    items: tuple[Item, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Shares of one section are drawn on one scale: 3 per cent must not look like 30."""
        return tuple(item.block for item in self.items)


def _answer_rate(id_: str, title: str, channel: str, *notes: str, labels: tuple[str, str] = ("Försök", "Svar")) -> Rate:
    return Rate(
        id_, title, Number("contacts", "answered", channel), Number("contacts", "attempts", channel),
        labels, notes,
    )  # fmt: skip


CHANNELS = (
    _answer_rate("knackakort", "Besvarade knackakort", "KNACKAKORT", "Knackakortet säger att ett hembesök kommer."),
    _answer_rate("telefon", "Besvarade telefonsamtal", "TELEFON"),
    _answer_rate(
        "hembesok", "Hembesök som nådde någon", "HEMBESOK",
        "Besvarat är det hembesök där ungdomen eller en anhörig träffades. Siffran räknar besök, inte personer.",
        labels=("Besök", "Nådde"),
    ),
    Rate(
        "hembesok-personer", "Personer som nåddes genom hembesök",
        Number("reached_by_channel", "reached", "HEMBESOK"), Number("reached_by_channel", "sought", "HEMBESOK"),
        ("Besökta", "Nådda"),
        ("Den som fick flera besök räknas en gång, också om någon annan väg nådde fram tidigare.",),
    ),
    Rate(
        "hembesok-forst", "Nådda som nåddes första gången genom ett hembesök",
        Number("reached_by_channel", "first_reached", "HEMBESOK"), Number("outreach", "reached"), ("Nådda", "Vid besök"),
        ("Av alla nådda i perioden, oavsett hur de nåddes.",),
    ),
)  # fmt: skip


def _letter_rate(months: Sequence[int]) -> Rate:
    """The answers to the large mailing of these months."""
    when = "läsårets början" if set(months) <= set(SCHOOL_YEAR_BEGINS) else "det stora utskicket"
    names = _listed([numbers.MONTHS[month - 1] for month in sorted(months)], "och")
    return _answer_rate(
        "brev", f"Besvarade brev vid {when}", "BREV",
        f"Brev daterade i {names}, då det stora utskicket görs, till dem som var i registret den månaden.",
    )  # fmt: skip


def _mailing(year: int, months: Sequence[int]) -> str:
    """What a year's mailing is called: ``Hösten 2023``."""
    season = "Hösten " if min(months) > 6 else "Våren " if max(months) <= 6 else ""
    return f"{season}{year}"


TIMELINESS = tuple(
    Rate(
        f"tid-{days}", f"Sökta inom {days} dagar från registreringen",
        Number("timeliness", f"contacted_in_{days}_days"), Number("timeliness", "registered"), ("Antal", "Sökta"),
    )
    for days in (14, 30)
)  # fmt: skip

SUPPORT = Rate(
    "stod-val", "Nådda som valde stöd, från någon förvaltning",
    Number("support_choice", "reached_then_enrolled"), Number("outreach", "reached"), ("Nådda", "Valde"),
)  # fmt: skip

#: The class of stays that nobody has been sought in.
NO_ATTEMPT = "INGEN"

OFFERS = Rate(
    "erbjudande", "Inskrivningar med erbjudande inom 90 dagar",
    Number("offer_90_days", "offered"), Number("offer_90_days", "enrolments"), ("Antal", "Fått"),
    ("I en kort period hinner få inskrivningar bli 90 dagar gamla; tertial 1 räknar bara dem från januari.",),
)  # fmt: skip


def read(path: Path, data: Published) -> "FollowUp":
    """The page's content, of the periods that had ended when the report's period ended."""
    assert data.period.ends_on, f"{data.period.id} has no last day"
    year_kind = data.publication.report_year_kind
    kinds = {year_kind, "tertial", "lasar", "manad", data.period.kind}
    return FollowUp(data, read_series(path, sorted(kinds), FIGURES, data.period.ends_on))


class FollowUp:
    """The page's sections, made from a series of periods."""

    def __init__(self, data: Published, series: Series) -> None:
        self.data = data
        self.series = series
        years = series.of_kind(data.publication.report_year_kind)
        #: The report's own period stands last, whatever its kind.
        self.years = (*(year for year in years if year.id != data.period.id), data.period)[-YEARS:]
        self.tertials = tuple(item for item in series.of_kind("tertial") if item.id != data.period.id)[-TERTIALS:]
        self.school_years = series.of_kind("lasar")[-YEARS:]
        self.abreast = self.years[-YEARS_ABREAST:]

    def partial(self) -> str | None:
        """Which of the periods the deliveries do not cover from their beginning, as a sentence."""
        first = self.data.publication.first_extract_date
        shown = (*self.years, *self.tertials, *self.school_years)
        before = [item.title for item in shown if first and item.starts_on and item.starts_on < first]
        if not first or not before:
            return None
        return f"Underlaget börjar {numbers.long_date(first)}. Siffrorna omfattar därför inte hela {_listed(before, 'eller')}."

    # -- numbers -------------------------------------------------------------------------------------------------

    def _value(self, number: Number, period: Period, gender: str = ALL, job_centre: str = ALL) -> Decimal | None:
        return self.series.numbers.value(
            Address(
                number.figure, number.measure, period.id, gender, ALL, job_centre, number.category, number.subcategory
            )
        )

    def _count(self, number: Number, periods: Iterable[Period], gender: str = ALL, job_centre: str = ALL) -> Decimal:
        """The sum over periods (one, but for the months of the letters) of a count."""
        values = [self._value(number, period, gender, job_centre) for period in periods]
        assert None not in values, f"{number.figure} is no count"
        return sum((value for value in values if value is not None), Decimal(0))

    def _rate(self, rate: Rate, periods: Sequence[Period], gender: str = ALL, job_centre: str = ALL) -> list[Cell]:
        whole = self._count(rate.whole, periods, gender, job_centre)
        part = self._count(rate.part, periods, gender, job_centre)
        return [Cell(whole), Cell(part), Cell(part, whole, is_share=True)]

    def _job_centres(self, figures: Iterable[str]) -> list[tuple[str, str]]:
        listed = list(self.data.job_centres)
        if listed and any(MISSING in self.series.numbers.used("job_centre", figure) for figure in figures):
            listed.append((MISSING, MISSING_LABEL))
        return listed

    # -- rates ---------------------------------------------------------------------------------------------------

    def _rate_columns(self, rate: Rate) -> tuple[Line, ...]:
        return tuple(
            Line(label, group=gender) for gender, _, _ in GENDERS for label in (*rate.labels, "Andel")
        )  # fmt: skip

    def _rate_table(self, rate: Rate, corner: str, lines: Iterable[tuple[str, Sequence[Period], str]]) -> TableContent:
        lines = list(lines)
        return TableContent(
            corner,
            tuple(Line(label) for label, _, _ in lines),
            self._rate_columns(rate),
            tuple(
                tuple(cell for _, gender, _ in GENDERS for cell in self._rate(rate, periods, gender, job_centre))
                for _, periods, job_centre in lines
            ),
        )

    def _charted(self, rate: Rate, over: Sequence[tuple[str, Sequence[Period]]]) -> TableContent:
        return TableContent(
            "Period",
            tuple(Line(label) for label, _ in over),
            tuple(Line(label, role=role) for label, _, role in GENDERS if role),
            tuple(
                tuple(self._rate(rate, periods, gender)[2] for _, gender, role in GENDERS if role)
                for _, periods in over
            ),
        )

    def _rate_item(
        self, rate: Rate, over: Sequence[tuple[str, Sequence[Period]]], latest: Sequence[tuple[str, Sequence[Period]]]
    ) -> Item:
        """A rate over periods, and by job-centre in the ``latest`` of them."""
        block = Block(
            id=rate.id, number=None, title=rate.title, beside=False, notes=rate.notes, about=(),
            table=self._rate_table(rate, "Period", ((label, periods, ALL) for label, periods in over)),
            charted=self._charted(rate, over),
        )  # fmt: skip
        centres = self._job_centres({rate.part.figure, rate.whole.figure})
        lines = [(f"{name}, {label}", periods, code) for code, name in centres for label, periods in latest]
        if not lines:
            return Item(block)
        return Item(block, (("Visa per jobbtorg och kön", self._rate_table(rate, "Jobbtorg och period", lines)),))

    def _over_time(self, rate: Rate) -> Item:
        return self._rate_item(
            rate,
            [(_label(period), (period,)) for period in (*self.years, *self.tertials)],
            [(_label(period), (period,)) for period in self.years[-YEARS_BY_JOB_CENTRE:]],
        )

    def _letters(self) -> Iterable[Item]:
        """The answers to the large mailing; nothing where the municipality has none."""
        wanted = self.data.profile.letter_months
        if not wanted:
            return
        months: dict[int, list[Period]] = {}
        for month in self.series.of_kind("manad"):
            if month.starts_on and month.starts_on.month in wanted:
                months.setdefault(month.starts_on.year, []).append(month)
        mailings = [(_mailing(year, wanted), tuple(found)) for year, found in sorted(months.items())][-YEARS:]
        yield self._rate_item(_letter_rate(wanted), mailings, mailings[-YEARS_BY_JOB_CENTRE:])

    def _about(self, *numbers_: Number) -> tuple[About, ...]:
        """The definitions of these numbers, once each, in the catalogue's order."""
        wanted: dict[str, set[str]] = {}
        for number in numbers_:
            wanted.setdefault(number.figure, set()).add(number.measure)
        return tuple(
            About(
                figure,
                tuple((each.title, each.definition) for each in figure.measures if each.id in wanted[figure.id]),
            )
            for figure in self.data.catalogue.values()
            if figure.id in wanted
        )

    # -- tables of counts ----------------------------------------------------------------------------------------

    def _counts(
        self, corner: str, lines: Sequence[tuple[Line, Number]], places: Sequence[tuple[Line, Period, str, str]]
    ) -> TableContent:
        """Numbers times (heading, period, gender, job-centre); rows with nothing in them are left out."""
        cells = [
            tuple(Cell(self._count(number, (period,), gender, centre)) for _, period, gender, centre in places)
            for _, number in lines
        ]
        shown = [
            (line, row) for (line, _), row in zip(lines, cells, strict=True) if line.total or any(c.part for c in row)
        ]
        return TableContent(
            corner,
            tuple(line for line, _ in shown),
            tuple(place[0] for place in places),
            tuple(row for _, row in shown),
        )

    def _by_gender(self, periods: Iterable[Period]) -> list[tuple[Line, Period, str, str]]:
        return [
            (Line(label, group=_label(period)), period, gender, ALL)
            for period in periods
            for label, gender, _ in GENDERS
        ]

    def _counts_item(self, block: Block, lines: Sequence[tuple[Line, Number]]) -> Item:
        """The block with these lines over time and by job-centre."""
        shown = (*self.years, *self.tertials)
        over = [(Line(_label(period), group="Totalt"), period, ALL, ALL) for period in shown]
        corner = block.table.corner
        more = [("Visa över tid", self._counts(corner, lines, over))]
        centres = self._job_centres({number.figure for _, number in lines})
        if centres:
            year = _label(self.data.period)
            places = [(Line(name, group=year), self.data.period, ALL, code) for code, name in centres]
            more.append(("Visa per jobbtorg", self._counts(corner, lines, places)))
        return Item(block, tuple(more))

    def _codes(self, column: str, figure: str) -> list[tuple[str, str]]:
        """The codes of a figure's category or subcategory with their labels, in the list's order."""
        entry = self.data.catalogue.get(figure)
        code_list = (entry.category_list if column == "category" else entry.subcategory_list) if entry else None
        listed = self.data.codes(code_list) if code_list else []
        others = [code for code in self.series.numbers.used(column, figure) if code not in listed]
        return [(code, self.data.labels.get((code_list or "", code), code)) for code in listed + others]

    def _exits(self) -> Item:
        lines = [(Line(label), Number("exits", "ended", code)) for code, label in self._codes("category", "exits")]
        lines.append((Line("Totalt", total=True), Number("exits", "ended")))
        block = Block(
            id="avslut", number=None, title="Avslutsorsaker, alla avslutade", beside=False,
            table=self._counts("Avslutsorsak", lines, self._by_gender(self.abreast)),
            notes=("Personer. Den som har avslutats flera gånger i perioden räknas en gång, med den sista orsaken.",),
            about=(),
        )  # fmt: skip
        return self._counts_item(block, lines)

    def _measure_exits(self) -> Item:
        reasons = self._codes("subcategory", "measure_exits")
        measures = self._codes("category", "measure_exits")

        def lines(shown: Iterable[tuple[str, str]]) -> list[tuple[Line, Number]]:
            return [
                (Line(f"{measure}: {reason.lower()}"), Number("measure_exits", "ended", code, reason_code))
                for code, measure in measures
                for reason_code, reason in [(ALL, "avslutade"), *shown]
            ]

        block = Block(
            id="avslut-insats", number=None, title="Avslutsorsaker per insats", beside=False,
            table=self._counts("Insats och orsak", lines(reasons), self._by_gender([self.data.period])),
            notes=(
                "Personer. Den som har avslutat samma insats flera gånger räknas en gång, med den sista orsaken.",
                "Över tid och per jobbtorg visas alla avslutade, och de till studier och till arbete.",
            ),
            about=(),
        )  # fmt: skip
        aims = [(code, label) for code, label in reasons if code in (STUDIES, WORK)]
        return self._counts_item(block, lines(aims))

    def _enrolled(self) -> Item:
        lines = [
            (Line(label), Number("participants", "enrolled", code))
            for code, label in self._codes("category", "participants")
        ]
        lines.append((Line("Totalt", total=True), Number("participants", "enrolled")))
        block = Block(
            id="i-stod", number=None, title="Ungdomar som tar del av stöd", beside=False,
            table=self._counts("Förvaltning", lines, self._by_gender(self.abreast)),
            notes=("Personer med en pågående inskrivning. Den som har stöd från båda räknas en gång totalt.",), about=(),
        )  # fmt: skip
        return self._counts_item(block, lines)

    def _school_years(self) -> Item:
        number = Number("population", "in_register")

        def table(corner: str, lines: Sequence[tuple[str, Period, str]]) -> TableContent:
            return TableContent(
                corner,
                tuple(Line(label) for label, _, _ in lines),
                tuple(Line(label) for label, _, _ in GENDERS),
                tuple(
                    tuple(Cell(self._count(number, (year,), gender, centre)) for _, gender, _ in GENDERS)
                    for _, year, centre in lines
                ),
            )

        block = Block(
            id="lasar", number=None, title="Ungdomar i registret under läsåret", beside=False,
            table=table("Läsår", [(_label(year), year, ALL) for year in self.school_years]),
            notes=("Hela läsår, 1 juli–30 juni.",), about=(),
        )  # fmt: skip
        lines = [
            (f"{name}, {_label(year)}", year, code)
            for code, name in self._job_centres({number.figure})
            for year in self.school_years[-YEARS_BY_JOB_CENTRE:]
        ]
        return Item(block, (("Visa per jobbtorg och kön", table("Jobbtorg och läsår", lines)),) if lines else ())

    def _waits(self) -> Item:
        classes = self._codes("category", "time_to_contact")
        total = Number("time_to_contact", "stays")

        def share(code: str, gender: str) -> Cell:
            part = self._count(replace(total, category=code), (self.data.period,), gender)
            return Cell(part, self._count(total, (self.data.period,), gender), is_share=True)

        def row(period: Period, gender: str, centre: str) -> tuple[Cell, ...]:
            counts = [
                self._count(replace(total, category=code), (period,), gender, centre)
                for code, _ in [*classes, (ALL, "")]
            ]
            has_attempt = counts[-1] > self._count(replace(total, category=NO_ATTEMPT), (period,), gender, centre)
            median = self._value(Number("median_wait", "days"), period, gender, centre) if has_attempt else None
            if has_attempt and median is None:
                median = Decimal(0)  # the file leaves it out as other zeros
            shares = (Cell(part, counts[-1], is_share=True) for part in counts[:-1])  # what the diagram draws
            return (*map(Cell, counts), *shares, Cell(median))

        columns = (
            *(Line(label, group="Påbörjade vistelser") for _, label in classes),
            Line("Totalt", group="Påbörjade vistelser"),
            *(Line(label, group="Andel av vistelserna") for _, label in classes),
            Line("Median, dagar"),
        )

        def table(corner: str, lines: Sequence[tuple[str, Period, str, str]]) -> TableContent:
            return TableContent(
                corner,
                tuple(Line(label) for label, _, _, _ in lines),
                columns,
                tuple(row(period, gender, centre) for _, period, gender, centre in lines),
            )

        block = Block(
            id="tid-fordelning", number=None, title="Vistelser efter tid till första kontaktförsöket", beside=False,
            table=table(
                "Kön och period",
                [(f"{label}, {_label(year)}", year, gender, ALL) for label, gender, _ in GENDERS for year in self.abreast],
            ),
            notes=(
                f"Diagrammet visar andelar av de vistelser som började under {self.data.period.title}.",
                "Medianen är det mittersta antalet dagar bland de vistelser som har fått ett försök.",
            ),
            about=(),
            charted=TableContent(
                "Tid",
                tuple(Line(label) for _, label in classes),
                tuple(Line(label, role=role) for label, _, role in GENDERS if role),
                tuple(tuple(share(code, gender) for _, gender, role in GENDERS if role) for code, _ in classes),
            ),
        )  # fmt: skip
        over = [(_label(period), period, ALL, ALL) for period in (*self.years, *self.tertials)]
        more = [("Visa över tid", table("Period", over))]
        centres = [
            (f"{name}, {label.lower()}", self.data.period, gender, code)
            for code, name in self._job_centres({total.figure})
            for label, gender, _ in GENDERS
        ]
        if centres:
            more.append((f"Visa per jobbtorg och kön, {self.data.period.label}", table("Jobbtorg och kön", centres)))
        return Item(block, tuple(more))

    def _support(self) -> Iterable[Item]:
        yield self._over_time(SUPPORT)
        for code, label in self._codes("category", "support_choice"):
            yield self._over_time(
                replace(
                    SUPPORT,
                    id=f"stod-{code.lower()}",
                    title=f"Nådda som valde stöd från {label[:1].lower()}{label[1:]}",
                    part=replace(SUPPORT.part, category=code),
                )
            )
        yield self._enrolled()

    # -- the page ------------------------------------------------------------------------------------------------

    def sections(self) -> tuple[Section, ...]:
        """All that the plans' section on follow-up asks for, in their order."""
        return (
            Section(
                "uppsok",
                "Svarsfrekvens per kanal",
                "Hur stor andel av kontaktförsöken som ungdomen eller en anhörig besvarade. "
                f"{self.data.profile.follow_up}".strip(),
                self._about(*_numbers(*CHANNELS), Number("population", "in_register")),
                (*self._letters(), *(self._over_time(rate) for rate in CHANNELS), self._school_years()),
            ),
            Section(
                "val-av-stod",
                "Nådda som väljer stöd",
                "Andelen av de nådda som därefter skrevs in i stöd från en förvaltning, och alla som hade stöd. Samma person kan "
                "välja båda.",
                self._about(*_numbers(SUPPORT), Number("participants", "enrolled")),
                tuple(self._support()),
            ),
            Section(
                "avslutsorsaker",
                "Avslutsorsaker",
                "Varför ungdomar lämnar stödet, totalt och för varje insats.",
                self._about(Number("exits", "ended"), Number("measure_exits", "ended")),
                (self._exits(), self._measure_exits()),
            ),
            Section(
                "tid-till-kontakt",
                "Tid från registrering till första kontakt",
                "Hur stor andel av de påbörjade registervistelserna som följdes av ett kontaktförsök i tid, och hur lång tid det "
                "tog.",
                self._about(*_numbers(*TIMELINESS), Number("time_to_contact", "stays"), Number("median_wait", "days")),
                (*(self._over_time(rate) for rate in TIMELINESS), self._waits()),
            ),
            Section(
                "inom-90-dagar",
                "Erbjudande inom 90 dagar",
                "Hur stor andel av inskrivningarna som inom 90 dagar ledde till studier, arbete, praktik eller en "
                "motsvarande insats.",
                self._about(*_numbers(OFFERS)),
                (self._over_time(OFFERS),),
            ),
        )


def _numbers(*rates: Rate) -> tuple[Number, ...]:
    return tuple(number for rate in rates for number in (rate.part, rate.whole))


def _listed(words: list[str], last: str) -> str:
    """``a, b och c``; ``last``: the word before the last."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _label(period: Period) -> str:
    """A short heading: ``2023``, ``Tertial 1 2023``, ``Läsåret 2022/2023``."""
    if period.kind == "tertial":
        kind, _, year = period.id.partition("-")
        return f"Tertial {kind[-1]} {year}"
    return period.label[:1].upper() + period.label[1:]
