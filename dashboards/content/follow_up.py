"""What the action plans want followed up, for the page ”Uppföljning av uppsök och stöd”: which published figure stands where,
and the numbers over time, by job-centre and gender.

Like ``annual_report`` and ``report`` for the report, but over all periods that are published. No HTML here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from dashboards.content import targets
from dashboards.content.annual_report import MEN, STUDIES, WOMEN, WORK
from dashboards.content.findings import count_over_time, most, share_over_time
from dashboards.content.readings import Reading
from dashboards.content.tables import (
    MISSING_LABEL,
    Block,
    Cell,
    Definition,
    Heading,
    TableContent,
    TargetLine,
    definitions,
    fill,
)
from dashboards.published.file import ALL, MISSING
from dashboards.published.numbers import Count, Number, Share, one
from dashboards.published.publication import Period
from dashboards.published.report import Published
from dashboards.published.series import Series, read_series
from dashboards.wording import numbers
from dashboards.wording.letters import capital, lower_first

#: Figures that the page shows; the definitions come from the catalogue.
FIGURES = (
    "contacts", "reached_by_channel", "population", "outreach", "support_choice", "participants", "exits", "measure_exits",
    "timeliness", "time_to_contact", "median_wait", "offer_90_days",
)  # fmt: skip

#: Months in which a mailing is one at the start of the school year.
SCHOOL_YEAR_BEGINS = (8, 9, 10)

#: So many years stand side by side by gender, so many by job-centre, and so many years and tertials below each other over
#: time: the page must not grow with every year.
YEARS_BY_GENDER, YEARS_BY_JOB_CENTRE, YEARS, TERTIALS = 2, 3, 10, 6

GENDERS = (("Kvinnor", WOMEN, "women"), ("Män", MEN, "men"), ("Totalt", ALL, None))

#: The columns that a diagram draws.
COLOURED = tuple(Heading(label, {"gender": code}, role=role) for label, code, role in GENDERS if role)


@dataclass(frozen=True)
class Rate:
    """A share, followed over time. ``labels`` head its whole and its part in its tables."""

    id: str
    title: str
    share: Share
    labels: tuple[str, str]
    notes: tuple[str, ...] = ()
    #: Whether one hangs so little on another that chance can be told from change: the attempts to reach one youth do not.
    is_of_each_by_itself: bool = True

    def columns(self) -> tuple[Heading, ...]:
        of_whole, of_part = self.labels
        shown: tuple[tuple[str, Number], ...] = (
            (of_whole, self.share.whole), (of_part, self.share.part), ("Andel", self.share),
        )  # fmt: skip
        return tuple(
            Heading(label, {"gender": code}, number, group=gender)
            for gender, code, _ in GENDERS
            for label, number in shown
        )


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
    definitions: tuple[Definition, ...]
    items: tuple[Item, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Shares of one section are drawn on one scale: 3 per cent must not look like 30."""
        return tuple(item.block for item in self.items)


def _answer_rate(
    id_: str, title: str, channel: str, *notes: str, labels: tuple[str, str] = ("Försök", "Besvarade")
) -> Rate:
    return Rate(
        id_, title, Share(one("contacts", "answered"), one("contacts", "attempts")).at(category=channel), labels, notes,
        is_of_each_by_itself=False,
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
        Share(one("reached_by_channel", "reached"), one("reached_by_channel", "sought")).at(category="HEMBESOK"),
        ("Besökta", "Nådda"),
        ("Den som fick flera besök räknas en gång, också om någon annan väg nådde fram tidigare.",),
    ),
    Rate(
        "hembesok-forst", "Nådda som nåddes första gången genom ett hembesök",
        Share(one("reached_by_channel", "first_reached", category="HEMBESOK"), one("outreach", "reached")),
        ("Nådda", "Vid besök"),
        ("Av alla nådda i perioden, oavsett hur de nåddes.",),
    ),
)  # fmt: skip


def _letter_rate(months: Sequence[int]) -> Rate:
    """The answers to the large mailing of these months."""
    when = "läsårets början" if set(months) <= set(SCHOOL_YEAR_BEGINS) else "det stora utskicket"
    names = numbers.listed([numbers.MONTHS[month - 1] for month in sorted(months)])
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
        Share(one("timeliness", f"contacted_in_{days}_days"), one("timeliness", "registered")), ("Antal", "Sökta"),
    )
    for days in (14, 30)
)  # fmt: skip

SUPPORT = Rate(
    "stod-val", "Nådda som valde stöd, från någon förvaltning",
    Share(one("support_choice", "reached_then_enrolled"), one("outreach", "reached")), ("Nådda", "Valde"),
)  # fmt: skip

OFFERS = Rate(
    "erbjudande", "Inskrivningar med erbjudande inom 90 dagar",
    Share(one("offer_90_days", "offered"), one("offer_90_days", "enrolments")), ("Antal", "Fått"),
    ("I en kort period hinner få inskrivningar bli 90 dagar gamla; tertial 1 räknar bara dem från januari.",),
)  # fmt: skip


IN_REGISTER = one("population", "in_register")
ENROLLED = one("participants", "enrolled")
EXITS = one("exits", "ended")
INTERVENTION_EXITS = one("measure_exits", "ended")
STAYS = one("time_to_contact", "stays")
#: Those in which somebody has been sought: of the others there is no waiting time.
STAYS_WITH_ATTEMPT = STAYS - STAYS.at(category="INGEN")
MEDIAN_WAIT = one("median_wait", "days")


def read(path: Path, data: Published) -> "FollowUp":
    """The page's content, of the periods that had ended when the report's period ended."""
    assert data.period.ends_on, f"{data.period.id} has no last day"
    kinds = {data.publication.report_year_kind, "tertial", "lasar", "manad", data.period.kind}
    totals_only = frozenset({"district"})
    series = read_series(path, sorted(kinds), data.period.ends_on, FIGURES, totals_only, table=data.figures)
    return FollowUp(data, series)


class FollowUp:
    """The page's sections, made from a series of periods."""

    def __init__(self, data: Published, series: Series) -> None:
        self.data = data
        self.series = series
        own = [item for item in series.of(data.period.series) if item.id != data.period.id]
        #: What may be compared with the report's own period, which stands last.
        self.periods = (*own, data.period)[-YEARS:]
        others = (*series.of(data.publication.report_year_kind)[-YEARS:], *_tertials(series))
        #: Shorter and longer ones: below in the tables, and in no diagram.
        self.others = tuple(item for item in others if item.series != data.period.series)
        self.school_years = series.of("lasar")[-YEARS:]
        self.latest = self.periods[-YEARS_BY_GENDER:]

    def partial(self) -> str | None:
        """Which of the periods the deliveries do not cover from their beginning, as a sentence."""
        first = self.data.publication.first_extract_date
        shown = (*self.periods, *self.others, *self.school_years)
        before = [item.title for item in shown if first and item.starts_on and item.starts_on < first]
        if not first or not before:
            return None
        periods = numbers.listed(before, "eller")
        return f"Underlaget börjar {numbers.long_date(first)}. Siffrorna omfattar därför inte hela {periods}."

    # -- headings ------------------------------------------------------------------------------------------------

    def _table(
        self, corner: str, rows: Iterable[Heading], columns: Iterable[Heading], number: Number | None = None
    ) -> TableContent:
        codes = {"period": self.data.period.id}
        return fill(corner, rows, columns, self.series.numbers.value, number, codes)

    def _over_time(self, group: str | None = None) -> list[Heading]:
        return [_of_period(period, group=group) for period in (*self.periods, *self.others)]

    def _job_centres(self, number: Number) -> list[tuple[str, str]]:
        """Code and name of the job-centres, and SAKNAS where one of the number's figures has somebody without."""
        listed = list(self.data.job_centres)
        figures = {key.figure for key in number.keys}
        if listed and any(MISSING in self.series.numbers.used("job_centre", figure) for figure in figures):
            listed.append((MISSING, MISSING_LABEL))
        return listed

    def _by_job_centre(self, number: Number, latest: Sequence[Heading]) -> list[Heading]:
        """Each job-centre in each of these periods."""
        return [
            Heading(f"{name}, {period.label}", {**period.codes, "job_centre": code})
            for code, name in self._job_centres(number)
            for period in latest
        ]

    def _categories(self, number: Count, column: str = "category") -> list[tuple[str, str]]:
        """The codes of a figure's category or subcategory with their labels, in the list's order."""
        figure = self.data.catalogue.get(number.keys[0].figure)
        code_list = (figure.category_list if column == "category" else figure.subcategory_list) if figure else None
        listed = self.data.codes(code_list) if code_list else []
        others = [code for code in self.series.numbers.used(column, number.keys[0].figure) if code not in listed]
        return [(code, self.data.labels.get((code_list or "", code), code)) for code in listed + others]

    def _with_total(self, number: Count) -> list[Heading]:
        """A row for each category and one for all."""
        rows = [Heading(label, {"category": code}, number) for code, label in self._categories(number)]
        return [*rows, Heading("Totalt", number=number, total=True)]

    def _definitions(self, *shown: Number) -> tuple[Definition, ...]:
        return definitions(self.data.catalogue, (key for number in shown for key in number.keys))

    # -- rates ---------------------------------------------------------------------------------------------------

    def _rate(
        self, rate: Rate, drawn: Sequence[Heading], latest: Sequence[Heading], others: Sequence[Heading] = ()
    ) -> Item:
        """A rate over periods, and by job-centre in the ``latest`` of them. ``others`` stand in the table only."""
        block = Block(
            rate.id,
            rate.title,
            self._table("Period", (*drawn, *others), rate.columns()),
            finding=self._finding(rate, drawn),
            notes=rate.notes,
            charted=self._table("Period", drawn, COLOURED, rate.share),
            target=self._target(rate.share),
        )
        rows = self._by_job_centre(rate.share, latest)
        if not rows:
            return Item(block)
        return Item(block, (("Visa per jobbtorg och kön", self._table("Jobbtorg och period", rows, rate.columns())),))

    def _target(self, share: Share) -> TargetLine | None:
        """What was decided that it should come to."""
        held = (target for target in self.data.profile.targets if target.holds_in(self.data.period))
        return next((targets.line(target) for target in held if targets.number(target) == share), None)

    def _reading(self, number: Number) -> Reading:
        """A number of the report's own period, beside that of the year before where the page shows it."""
        before = [each for each in self.periods if each.id == self.data.before.id]
        now, *then = (
            Cell.of(number.at(period=each.id), self.series.numbers.value) for each in (self.data.period, *before)
        )
        whole = all(self.data.covers(period) for period in (self.data.period, *before))
        earlier = then[0] if then else replace(now, part=None, whole=None)
        return Reading(now, earlier, self.data.before.label, is_of_whole_periods=whole)

    def _finding(self, rate: Rate, over: Sequence[Heading]) -> str | None:
        """What it was in the latest period. The attempts to reach one youth hang together, so that of their shares chance cannot
        be told from change: they stand by themselves."""
        text = "{share} av {whole}"
        if rate.is_of_each_by_itself:
            return share_over_time(self._reading(rate.share), f"{_label(self.data.period)}: {text}")
        latest = next((each for each in over if each.has("period", self.data.period.id)), over[-1] if over else None)
        if latest is None:
            return None
        cell = Cell.of(rate.share.at(**latest.codes), self.series.numbers.value)
        return share_over_time(Reading(cell, replace(cell, part=None, whole=None), ""), f"{latest.label}: {text}")

    def _rate_over_time(self, rate: Rate) -> Item:
        drawn = [_of_period(period) for period in self.periods]
        return self._rate(rate, drawn, drawn[-YEARS_BY_JOB_CENTRE:], [_of_period(period) for period in self.others])

    def _letters(self) -> Iterable[Item]:
        """The answers to the large mailing; nothing where the municipality has none."""
        wanted = self.data.profile.letter_months
        if not wanted:
            return
        months: dict[int, list[Period]] = {}
        for month in self.series.of("manad"):
            if month.starts_on and month.starts_on.month in wanted:
                months.setdefault(month.starts_on.year, []).append(month)
        mailings = [
            Heading(_mailing(year, wanted), {"period": tuple(month.id for month in found)})
            for year, found in sorted(months.items())
        ][-YEARS:]
        yield self._rate(_letter_rate(wanted), mailings, mailings[-YEARS_BY_JOB_CENTRE:])

    # -- tables of counts ----------------------------------------------------------------------------------------

    def _counts(self, corner: str, rows: Iterable[Heading], columns: Iterable[Heading]) -> TableContent:
        """Rows with nothing in them are left out."""
        table = self._table(corner, rows, columns)
        shown = [
            (row, cells)
            for row, cells in zip(table.rows, table.cells, strict=True)
            if row.total or any(cell.part for cell in cells)
        ]
        return replace(table, rows=tuple(row for row, _ in shown), cells=tuple(cells for _, cells in shown))

    def _more_counts(
        self, corner: str, rows: Sequence[Heading], number: Number
    ) -> tuple[tuple[str, TableContent], ...]:
        """The same rows over time and by job-centre."""
        more = [("Visa över tid", self._counts(corner, rows, self._over_time("Totalt")))]
        year = _label(self.data.period)
        centres = [Heading(name, {"job_centre": code}, group=year) for code, name in self._job_centres(number)]
        if centres:
            more.append(("Visa per jobbtorg", self._counts(corner, rows, centres)))
        return tuple(more)

    def _exits(self) -> Item:
        rows = self._with_total(EXITS)
        block = Block(
            "avslut",
            "Avslutsorsaker, alla avslutade",
            self._counts("Avslutsorsak", rows, _by_gender(self.latest)),
            finding=self._most_common(EXITS),
            notes=("Personer. Den som har avslutats flera gånger i perioden räknas en gång, med den sista orsaken.",),
        )
        return Item(block, self._more_counts("Avslutsorsak", rows, EXITS))

    def _most_common(self, number: Count) -> str | None:
        """Which category has most in the report's own period."""
        cells = {label: self._reading(number.at(category=code)).cell for code, label in self._categories(number)}
        return most(cells, self._reading(number).cell, "Vanligast var")

    def _intervention_exits(self) -> Item:
        reasons = self._categories(INTERVENTION_EXITS, "subcategory")

        def rows(shown: Iterable[tuple[str, str]]) -> list[Heading]:
            return [
                Heading(
                    f"{intervention}: {reason.lower()}",
                    {"category": code, "subcategory": reason_code},
                    INTERVENTION_EXITS,
                )
                for code, intervention in self._categories(INTERVENTION_EXITS)
                for reason_code, reason in [(ALL, "avslutade"), *shown]
            ]

        corner = "Insats och orsak"
        block = Block(
            "avslut-insats",
            "Avslutsorsaker per insats",
            self._counts(corner, rows(reasons), _by_gender([self.data.period])),
            notes=(
                "Personer. Den som har avslutat samma insats flera gånger räknas en gång, med den sista orsaken.",
                "Över tid och per jobbtorg visas alla avslutade, och de till studier och till arbete.",
            ),
        )
        aims = [(code, label) for code, label in reasons if code in (STUDIES, WORK)]
        return Item(block, self._more_counts(corner, rows(aims), INTERVENTION_EXITS))

    def _enrolled(self) -> Item:
        rows = self._with_total(ENROLLED)
        block = Block(
            "i-stod",
            "Ungdomar som tar del av stöd",
            self._counts("Förvaltning", rows, _by_gender(self.latest)),
            finding=count_over_time(self._reading(ENROLLED), "{number} ungdomar tog del av stöd"),
            notes=("Personer med en pågående inskrivning. Den som har stöd från båda räknas en gång totalt.",),
        )
        return Item(block, self._more_counts("Förvaltning", rows, ENROLLED))

    def _school_years(self) -> Item:
        years = [_of_period(year) for year in self.school_years]
        columns = [Heading(label, {"gender": code}) for label, code, _ in GENDERS]
        block = Block(
            "lasar",
            "Ungdomar i registret under läsåret",
            self._table("Läsår", years, columns, IN_REGISTER),
            notes=("Hela läsår, 1 juli–30 juni.",),
        )
        rows = self._by_job_centre(IN_REGISTER, years[-YEARS_BY_JOB_CENTRE:])
        table = self._table("Jobbtorg och läsår", rows, columns, IN_REGISTER)
        return Item(block, (("Visa per jobbtorg och kön", table),) if rows else ())

    # -- waiting times -------------------------------------------------------------------------------------------

    def _waits_table(self, corner: str, rows: Iterable[Heading]) -> TableContent:
        """Stays by class of waiting time, their shares (which the diagram draws), and the median."""
        classes = self._categories(STAYS)
        columns = (
            *(Heading(label, {"category": code}, STAYS, group="Påbörjade vistelser") for code, label in classes),
            Heading("Totalt", number=STAYS, group="Påbörjade vistelser"),
            *(Heading(label, number=_share_of_stays(code), group="Andel av vistelserna") for code, label in classes),
            Heading("Median, dagar", number=MEDIAN_WAIT),
        )
        table = self._table(corner, rows, columns)
        cells = tuple(
            (*counts, self._median(row, median)) for row, (*counts, median) in zip(table.rows, table.cells, strict=True)
        )
        return replace(table, cells=cells)

    def _median(self, row: Heading, cell: Cell) -> Cell:
        """A median of nothing is none; that of waits of no days is left out of the file as other zeros are."""
        codes = {"period": self.data.period.id, **row.codes}
        if not STAYS_WITH_ATTEMPT.at(**codes).value(self.series.numbers.value):
            return replace(cell, part=None)
        return replace(cell, part=cell.part or Decimal(0))

    def _median_in_words(self) -> str | None:
        row = Heading("")
        cell = self._median(row, Cell.of(MEDIAN_WAIT.at(period=self.data.period.id), self.series.numbers.value))
        return None if cell.part is None else f"Mediantiden till första försöket var {numbers.number(cell.part)} dagar"

    def _waits(self) -> Item:
        rows = [
            Heading(f"{label}, {_label(year)}", {"period": year.id, "gender": code})
            for label, code, _ in GENDERS
            for year in self.latest
        ]
        classes = [Heading(label, number=_share_of_stays(code)) for code, label in self._categories(STAYS)]
        block = Block(
            "tid-fordelning",
            "Vistelser efter tid till första kontaktförsöket",
            self._waits_table("Kön och period", rows),
            finding=self._median_in_words(),
            notes=(
                f"Diagrammet visar andelar av de vistelser som började under {self.data.period.title}.",
                "Medianen är det mittersta antalet dagar bland de vistelser som har fått ett försök.",
            ),
            charted=self._table("Tid", classes, COLOURED),
        )
        more = [("Visa över tid", self._waits_table("Period", self._over_time()))]
        centres = [
            Heading(f"{name}, {label.lower()}", {"job_centre": code, "gender": gender})
            for code, name in self._job_centres(STAYS)
            for label, gender, _ in GENDERS
        ]
        if centres:
            title = f"Visa per jobbtorg och kön, {self.data.period.label}"
            more.append((title, self._waits_table("Jobbtorg och kön", centres)))
        return Item(block, tuple(more))

    def _support(self) -> Iterable[Item]:
        yield self._rate_over_time(SUPPORT)
        for code, label in self._categories(SUPPORT.share.part):
            yield self._rate_over_time(
                replace(
                    SUPPORT,
                    id=f"stod-{code.lower()}",
                    title=f"Nådda som valde stöd från {lower_first(label)}",
                    share=replace(SUPPORT.share, part=SUPPORT.share.part.at(category=code)),
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
                self._definitions(*_shares(*CHANNELS), IN_REGISTER),
                (*self._letters(), *(self._rate_over_time(rate) for rate in CHANNELS), self._school_years()),
            ),
            Section(
                "val-av-stod",
                "Nådda som väljer stöd",
                "Andelen av de nådda som därefter skrevs in i stöd från en förvaltning, och alla som hade stöd. Samma person kan "
                "välja båda.",
                self._definitions(SUPPORT.share, ENROLLED),
                tuple(self._support()),
            ),
            Section(
                "avslutsorsaker",
                "Avslutsorsaker",
                "Varför ungdomar lämnar stödet, totalt och för varje insats.",
                self._definitions(EXITS, INTERVENTION_EXITS),
                (self._exits(), self._intervention_exits()),
            ),
            Section(
                "tid-till-kontakt",
                "Tid från registrering till första kontakt",
                "Hur stor andel av de påbörjade registervistelserna som följdes av ett kontaktförsök i tid, och hur lång tid det "
                "tog.",
                self._definitions(*_shares(*TIMELINESS), STAYS, MEDIAN_WAIT),
                (*(self._rate_over_time(rate) for rate in TIMELINESS), self._waits()),
            ),
            Section(
                "inom-90-dagar",
                "Erbjudande inom 90 dagar",
                "Hur stor andel av inskrivningarna som inom 90 dagar ledde till studier, arbete, praktik eller en "
                "motsvarande insats.",
                self._definitions(OFFERS.share),
                (self._rate_over_time(OFFERS),),
            ),
        )


def _tertials(series: Series) -> tuple[Period, ...]:
    return tuple(period for period in series.periods if period.kind == "tertial")[-TERTIALS:]


def _shares(*rates: Rate) -> list[Share]:
    return [rate.share for rate in rates]


def _share_of_stays(category: str) -> Share:
    return Share(STAYS.at(category=category), STAYS)


def _of_period(period: Period, group: str | None = None) -> Heading:
    return Heading(_label(period), {"period": period.id}, group=group)


def _by_gender(periods: Iterable[Period]) -> list[Heading]:
    return [
        Heading(label, {"period": period.id, "gender": code}, group=_label(period))
        for period in periods
        for label, code, _ in GENDERS
    ]


def _label(period: Period) -> str:
    """A short heading: ``2023``, ``Tertial 1 2023``, ``Läsåret 2022/2023``."""
    if period.kind == "tertial":
        kind, _, year = period.id.partition("-")
        return f"Tertial {kind[-1]} {year}"
    return capital(period.label)
