"""The annual report: which published figure stands in which table, diagram or sentence of each chapter.

This is the one place to change when a table gets another column or a chapter another number. It holds no numbers, no
names of districts, job-centres, measures or survey questions, not which chapters a municipality has (they come from the
published file), and no layout.

Placeholders in texts: ``{year}`` and ``{before}`` (``2023``, ``2022``), ``{period}`` (``verksamhetsåret 2023``),
``{per_district}`` and ``{per_job_centre}`` (with a blank before; nothing in a municipality without them), in a chapter's lead
``{id}`` / ``{id.change_in_words}`` for each of its facts (``7 546`` / ``, 392 fler än 2022``), and of a share ``{share}`` and
``{whole}`` (``54 %``, ``807``): a share is never without what it is a share of.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from dashboards.published.numbers import Count, Number, Share, one
from dashboards.published.publication import OwnMeasure, Profile, Target
from dashboards.wording.numbers import listed

WOMEN, MEN = "kvinna", "man"
STUDIES, WORK = "STUDIER", "ARBETE"


When = Literal["this", "before", "both"]


@dataclass(frozen=True)
class Item:
    """A row or column with its own number. ``role`` is its colour in the diagram; without one it is in the table only.
    ``group`` heads neighbouring columns together."""

    label: str
    number: Number
    role: str | None = None
    total: bool = False
    group: str | None = None


@dataclass(frozen=True)
class Items:
    """An axis whose rows or columns are numbers of different kinds."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Periods:
    """An axis of the period and the year before."""


@dataclass(frozen=True)
class YearOnYear(Periods):
    """An axis of the period, the year before and the change between them, first of the counts and then of the shares. The rows'
    numbers are counts, or shares, whose parts are the counts."""


@dataclass(frozen=True)
class Genders:
    """An axis of women, men and both together."""


@dataclass(frozen=True)
class JobCentres:
    """An axis of the municipality's job-centres, SAKNAS where it occurs, and the total. ``missing``: what SAKNAS is called, where
    that is not who has no district."""

    missing: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class OfJobCentres(JobCentres):
    """An axis of several numbers, each of every job-centre."""

    of: Items


@dataclass(frozen=True)
class Districts:
    """An axis of the districts in force on the period's last day, SAKNAS where it occurs, and perhaps the total."""

    total: bool = False


@dataclass(frozen=True)
class Categories:
    """An axis of a figure's categories, without those left out, and perhaps the total."""

    figure: str
    leave_out: tuple[str, ...] = ()
    total: bool = False


@dataclass(frozen=True)
class Subcategories:
    """An axis of a figure's subcategories and the total."""

    figure: str


@dataclass(frozen=True)
class Answers:
    """An axis of the answers to a survey question: its subcategories."""

    codes: tuple[str, ...]


@dataclass(frozen=True)
class KeyNumbers:
    """An axis of every activity number kept by hand: category and subcategory."""

    figure: str


@dataclass(frozen=True)
class CountFinding:
    """How many, and whether they were more or fewer the year before. ``text`` has ``{number}``."""

    number: Count
    text: str


@dataclass(frozen=True)
class ShareFinding:
    """How large a share, and whether it was larger or smaller the year before. ``text`` has ``{share}`` and ``{whole}``."""

    share: Share
    text: str


@dataclass(frozen=True)
class GenderFinding:
    """Whether the share of women and that of men differ; ``text`` is what they did, after ``män``."""

    share: Share
    text: str


@dataclass(frozen=True)
class JobCentreFinding:
    """Whether the shares of the job-centres differ; ``text`` is what they are shares of, after ``Andelen``."""

    share: Share
    text: str


@dataclass(frozen=True)
class DistrictFinding:
    """Which district has most; ``text`` goes before its name."""

    number: Count
    text: str


#: What the heading of a table or diagram says of its numbers.
Finding = CountFinding | ShareFinding | GenderFinding | JobCentreFinding | DistrictFinding

Axis = Items | Periods | Genders | JobCentres | Districts | Categories | Subcategories | Answers | KeyNumbers


@dataclass(frozen=True)
class Grid:
    """Rows times columns of published numbers. ``number`` where neither axis brings its own.

    ``when``: which period the numbers are of, or both side by side, where no axis is made of periods.
    ``order``: ``size`` puts the largest row first (diagrams whose rows have no order of their own).
    """

    rows: Axis
    columns: Axis
    corner: str
    number: Number | None = None
    when: When = "this"
    order: Literal["given", "size"] = "given"
    without_empty_rows: bool = False

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Those that it says itself, or its axes say."""
        rows = self.rows.of if isinstance(self.rows, OfJobCentres) else self.rows
        axes = [axis for axis in (rows, self.columns) if isinstance(axis, Items)]
        return (*([self.number] if self.number else []), *(item.number for axis in axes for item in axis.items))


@dataclass(frozen=True)
class Table:
    """``id``: where it has none it is numbered in the report's order (Tabell 1), which is its id too."""

    title: str
    grid: Grid
    id: str = ""
    number: str | None = None
    notes: tuple[str, ...] = ()
    #: Stands beside the one before it where the screen is wide enough.
    side_by_side: bool = False
    finding: Finding | None = None


@dataclass(frozen=True)
class Diagram:
    """``grid`` is the table behind it; the diagram shows the columns that have a colour. Diagrams are numbered as tables are.
    ``marks``: the year before as a mark on each bar and a number in brackets, where it is not a bar of its own."""

    title: str
    grid: Grid
    id: str = ""
    number: str | None = None
    notes: tuple[str, ...] = ()
    side_by_side: bool = False
    marks: bool = False
    finding: Finding | None = None
    #: What its shares should come to.
    target: Target | None = None


@dataclass(frozen=True)
class Fact:
    """A number in the text, with the year before beside it. The label of a share says with ``{whole}`` what it is a share of."""

    id: str
    label: str
    number: Number
    #: A second number in small type: (text, value), where the text has {share} and {whole}, or {number}.
    aside: tuple[str, Number] | None = None


@dataclass(frozen=True)
class Chapter:
    id: str
    title: str
    lead: str = ""
    facts: tuple[Fact, ...] = ()
    blocks: tuple[Table | Diagram, ...] = field(default=())


IN_REGISTER = one("population", "in_register")
SOUGHT = one("outreach", "sought")
REACHED = one("outreach", "reached")
NOT_REACHED = one("outreach", "not_reached")
REACHED_OF_SOUGHT = Share(REACHED, SOUGHT)
REACHED_OF_SOUGHT_WOMEN = REACHED_OF_SOUGHT.at(gender=WOMEN)
REACHED_OF_SOUGHT_MEN = REACHED_OF_SOUGHT.at(gender=MEN)
ATTEMPTS = one("contacts", "attempts")
ANSWERED = one("contacts", "answered")
OCCUPIED = one("occupation", "occupied")
OCCUPIED_OF_REACHED = Share(OCCUPIED, REACHED)
ENROLLED = one("participants", "enrolled")
NEW = one("participants", "new")
ENDED = one("participants", "ended")
ENDED_ALL_REASONS = one("exits", "ended")
TO_STUDIES = one("exits", "ended", category=STUDIES)
TO_WORK = one("exits", "ended", category=WORK)
TO_EITHER = TO_STUDIES + TO_WORK
TO_OTHER = ENDED_ALL_REASONS - TO_EITHER
AGED_16_19 = one("residents", "aged_16_19")
AGED_16_19_IN_REGISTER = one("residents", "in_register_16_19")
IN_REGISTER_OF_AGED_16_19 = Share(AGED_16_19_IN_REGISTER, AGED_16_19)
STUDIES_OF_ENDED = Share(TO_STUDIES, ENDED)
WORK_OF_ENDED = Share(TO_WORK, ENDED)
EITHER_OF_ENDED = Share(TO_EITHER, ENDED)
#: The same share as ``STUDIES_OF_ENDED``, of the count that the diagram by gender shows.
STUDIES_OF_EXITS = Share(TO_STUDIES, ENDED_ALL_REASONS)

NOT_ADMITTED = one("not_admitted", "persons")
GUIDED = one("not_admitted", "guided")
PLACED = one("not_admitted", "placed")
GUIDED_AND_PLACED = one("not_admitted", "guided_and_placed")
PLACED_OF_NOT_ADMITTED = Share(PLACED, NOT_ADMITTED)
VISITS = one("school_entry_visits", "visits")
VISITORS = one("school_entry_visits", "visitors")
BEFORE_TERM = one("school_entry_visits", "before_term")
STAYS = one("registrations", "stays")
FIRST_STAYS = one("registrations", "first")
NEW_TO_REGISTER = one("first_time", "persons")
REACHED_IN_90_DAYS = one("first_time", "reached_in_90_days")
ENROLLED_IN_90_DAYS = one("first_time", "enrolled_in_90_days")
REACHED_SOON = Share(REACHED_IN_90_DAYS, NEW_TO_REGISTER)
ENROLLED_SOON = Share(ENROLLED_IN_90_DAYS, NEW_TO_REGISTER)
AGAIN = one("persistence", "again")
AGAIN_OF_REGISTER = Share(AGAIN, IN_REGISTER)
LATEST = one("latest_occupation", "persons")
LATEST_UNKNOWN = LATEST.at(category="OKAND")
#: Neither studies nor works, as far as is known.
NEITHER = LATEST - LATEST.at(category=("STUDIER_EJ_I_BER", "ARBETE", "PRAKTIK", "OKAND"))
AFTER_SUPPORT = one("occupation_after_support", "persons")
ACTIVE_AFTER_SUPPORT = Share(AFTER_SUPPORT.at(category=("STUDIER_EJ_I_BER", "ARBETE")), AFTER_SUPPORT)
CONSENTED = one("consented_participants", "participants")
CONSENTED_NEW = one("consented_participants", "new")
CONSENTED_ENDED = one("consented_participants", "ended")
YOUTH_CONTACTED = one("youth_20_29", "value", category="KONTAKT")
YOUTH_ENROLLED = one("youth_20_29", "value", category="INSKRIVNA")
YOUTH_ENDED = one("youth_20_29", "value", category="AVSLUTADE")
YOUTH_TO_STUDIES = YOUTH_ENDED.at(subcategory=STUDIES)
YOUTH_TO_WORK = YOUTH_ENDED.at(subcategory=WORK)
YOUTH_TO_EITHER = YOUTH_TO_STUDIES + YOUTH_TO_WORK

#: The way from the register to studies or work.
FROM_REGISTER = Items((
    Item("I registret", IN_REGISTER),
    Item("Sökta", SOUGHT),
    Item("Nådda", REACHED),
    Item("Tog del av stöd", ENROLLED),
    Item("Avslutade", ENDED),
    Item("Till studier", TO_STUDIES),
    Item("Till arbete", TO_WORK),
))  # fmt: skip

#: The numbers of which the report says why they are other ones than the year before: each a single published number.
EXPLAINED = (*FROM_REGISTER.items, Item("Nyinskrivna", NEW))

OUTREACH_ROWS = Items((
    Item("Ej nådd", NOT_REACHED),
    Item("Nådd", REACHED),
    Item("Totalt sökta", SOUGHT, total=True),
))  # fmt: skip

RESULT_COLUMNS = Items((
    Item("Inskrivna", ENROLLED),
    Item("Antal", ENDED, group="Avslutade"),
    Item("Andel", Share(ENDED, ENROLLED), group="Avslutade"),
    Item("Antal", TO_STUDIES, group="Avslutade till studier"),
    Item("Andel", STUDIES_OF_ENDED, group="Avslutade till studier"),
    Item("Antal", TO_WORK, group="Avslutade till arbete"),
    Item("Andel", WORK_OF_ENDED, group="Avslutade till arbete"),
    Item("Antal", TO_EITHER, group="Till studier eller arbete"),
    Item("Andel", EITHER_OF_ENDED, group="Till studier eller arbete"),
))  # fmt: skip

#: Tables and diagrams that the sentences on what happened rest on.
OUTREACH = Grid(rows=OUTREACH_ROWS, columns=Genders(), corner="Resultat")
RESULTS = Grid(rows=JobCentres(), columns=RESULT_COLUMNS, corner="Jobbtorg")
ENROLLED_BY_GENDER = Grid(rows=Genders(), columns=Periods(), corner="Kön", number=ENROLLED)
EXITS_BY_GENDER = Grid(
    rows=Items((Item("Till studier", TO_STUDIES), Item("Till arbete", TO_WORK), Item("Andra orsaker", TO_OTHER))),
    columns=Genders(),
    corner="Avslutsorsak",
    when="both",
)
OCCUPATION = Grid(
    rows=Categories("occupation", leave_out=("INGEN", "OKAND")),
    columns=Genders(),
    corner="Sysselsättning",
    number=one("occupation", "reached"),
    when="both",
    order="size",
    without_empty_rows=True,
)

RESULT_NOTES = (
    "Andel avslutade är räknad på inskrivna. Övriga andelar är räknade på avslutade.",
    "Den som har avslutats flera gånger under perioden räknas en gång, med orsaken till det senaste avslutet.",
)

RESULTS_YEAR_ON_YEAR = Grid(
    rows=OfJobCentres(
        Items((
            Item("Inskrivna", ENROLLED),
            Item("Avslutade", Share(ENDED, ENROLLED)),
            Item("Till studier", STUDIES_OF_ENDED),
            Item("Till arbete", WORK_OF_ENDED),
            Item("Till studier eller arbete", EITHER_OF_ENDED),
        ))
    ),
    columns=YearOnYear(),
    corner="Resultat och jobbtorg",
)  # fmt: skip

#: The chapter that the start page shows, whatever chapters the report has.
SUMMARY = "sammanfattning"

#: The chapter on those who got support.
SUPPORT = "stod"

#: The way from the register to studies or work, which the start page shows: facts of the first chapter.
FUNNEL = ("in_register", "sought", "reached", "enrolled", "either")


def _reached_or_not(year: str, when: When, side_by_side: bool = False) -> Table:
    """Tabell 2 and 3, which stand side by side."""
    return Table(
        title="Nådda och ej nådda ungdomar, " + year,
        grid=replace(OUTREACH, when=when),
        side_by_side=side_by_side,
        finding=ShareFinding(REACHED_OF_SOUGHT, "{share} av {whole} sökta nåddes"),
    )


def _reached_by_district(year: str, when: When, side_by_side: bool = False) -> Diagram:
    """Diagram 2 and 3, which stand side by side."""
    return Diagram(
        title="Nådda ungdomar{per_district}, " + year,
        grid=Grid(rows=Districts(), columns=Genders(), corner="Stadsdel", number=REACHED, when=when, order="size"),
        side_by_side=side_by_side,
        finding=DistrictFinding(REACHED, "Flest nåddes i"),
    )


def _results(year: str, when: When, notes: tuple[str, ...]) -> Table:
    """Tabell 5 and 6."""
    return Table(
        title="Resultat{per_job_centre}, " + year,
        grid=replace(RESULTS, when=when),
        notes=notes,
        finding=ShareFinding(STUDIES_OF_ENDED, "{share} av {whole} avslutade gick till studier"),
    )


#: What every municipality's report can show.
COMMON: tuple[Chapter, ...] = (
    Chapter(
        id=SUMMARY,
        title="Sammanfattning",
        lead="Under {period} fanns {in_register} ungdomar någon gång i registret för aktivitetsansvaret"
        "{in_register.change_in_words}. {sought} av dem söktes och {reached} nåddes. {enrolled} tog del av "
        "stöd{enrolled.change_in_words}. {ended} avslutades, varav {either} till studier eller arbete.",
        facts=(
            Fact("in_register", "ungdomar i registret", IN_REGISTER),
            Fact("sought", "söktes", SOUGHT, ("{share} av {whole} i registret", Share(SOUGHT, IN_REGISTER))),
            Fact("reached", "nåddes", REACHED, ("{share} av {whole} sökta", REACHED_OF_SOUGHT)),
            Fact("enrolled", "tog del av stöd", ENROLLED),
            Fact("ended", "avslutades", ENDED, ("{share} av {whole} inskrivna", Share(ENDED, ENROLLED))),
            Fact(
                "either",
                "till studier eller arbete",
                TO_EITHER,
                ("{share} av {whole} avslutade", EITHER_OF_ENDED),
            ),
        ),
        blocks=(
            Diagram(
                title="Från registret till studier eller arbete, {year} och {before}",
                grid=Grid(
                    rows=FROM_REGISTER,
                    columns=Periods(),
                    corner="Steg",
                ),
                notes=("Varje stapel räknar personer. Den som tog del av stöd kan ha nåtts ett tidigare år.",),
                finding=ShareFinding(EITHER_OF_ENDED, "{share} av {whole} avslutade gick till studier eller arbete"),
            ),
        ),
    ),
    Chapter(
        id="verksamheter",
        title="Verksamheternas egna nyckeltal",
        lead="Nyckeltalen lämnas av den som svarar för verksamheten. De räknas inte fram ur registret.",
        blocks=(
            Table(
                id="nyckeltal",
                title="Nyckeltal per verksamhet, {year} och {before}",
                grid=Grid(
                    rows=KeyNumbers("key_numbers"),
                    columns=Periods(),
                    corner="Verksamhet och mått",
                    number=one("key_numbers", "value"),
                ),
            ),
        ),
    ),
    Chapter(
        id="registret",
        title="Ungdomar i aktivitetsansvaret",
        lead="I registret finns även den som bara kort tid saknar studier, till exempel vid ett skolbyte eller en flytt. "
        "Siffrorna räknar varje person som någon gång under perioden fanns i registret.",
        facts=(
            Fact("share_16_19", "av {whole} 16–19-åringar i kommunen fanns i registret", IN_REGISTER_OF_AGED_16_19),
            Fact("again", "av {whole} i registret fanns där också ett år tidigare", AGAIN_OF_REGISTER),
            Fact("reached_soon", "av {whole} nya i registret nåddes inom 90 dagar", REACHED_SOON),
        ),
        blocks=(
            Table(
                title="Kvinnor och män i registret, {year} och {before}",
                grid=Grid(rows=Periods(), columns=Genders(), corner="År", number=IN_REGISTER),
                finding=CountFinding(IN_REGISTER, "{number} ungdomar fanns i registret"),
            ),
            Table(
                id="andel-16-19",
                title="16–19-åringar i registret{per_district}, {year} och {before}",
                grid=Grid(
                    rows=Districts(total=True),
                    columns=Items(
                        (
                            Item("16–19 år", AGED_16_19),
                            Item("I registret", AGED_16_19_IN_REGISTER),
                            Item("Andel", IN_REGISTER_OF_AGED_16_19),
                        )
                    ),
                    corner="Stadsdel",
                    when="both",
                ),
                finding=ShareFinding(
                    IN_REGISTER_OF_AGED_16_19, "{share} av {whole} 16–19-åringar i kommunen fanns i registret"
                ),
            ),
            Table(
                id="kvar-i-registret",
                title="I registret också ett år tidigare, {year} och {before}",
                grid=Grid(
                    rows=Genders(),
                    columns=Items(
                        (
                            Item("I registret", IN_REGISTER),
                            Item("Också året före", AGAIN),
                            Item("Andel", AGAIN_OF_REGISTER),
                        )
                    ),
                    corner="Kön",
                    when="both",
                ),
                finding=ShareFinding(
                    AGAIN_OF_REGISTER, "{share} av {whole} ungdomar i registret fanns där också ett år tidigare"
                ),
                notes=("Den som var borta en tid däremellan räknas också.",),
            ),
            Table(
                id="registreringar",
                title="Registreringar efter orsak, {year} och {before}",
                grid=Grid(
                    rows=Categories("registrations", total=True),
                    columns=Items((Item("Registreringar", STAYS), Item("Därav första gången", FIRST_STAYS))),
                    corner="Orsak",
                    when="both",
                    order="size",
                    without_empty_rows=True,
                ),
                finding=CountFinding(STAYS, "{number} gånger registrerades en ungdom"),
                notes=("Den som kommer tillbaka till registret räknas varje gång.",),
            ),
            Table(
                id="nya-i-registret",
                title="Nya i registret som nåddes och tog del av stöd inom 90 dagar, {year}",
                grid=Grid(
                    rows=Genders(),
                    columns=Items(
                        (
                            Item("Nya i registret", NEW_TO_REGISTER),
                            Item("Antal", REACHED_IN_90_DAYS, group="Nådda"),
                            Item("Andel", REACHED_SOON, group="Nådda"),
                            Item("Antal", ENROLLED_IN_90_DAYS, group="Inskrivna i stöd"),
                            Item("Andel", ENROLLED_SOON, group="Inskrivna i stöd"),
                        )
                    ),
                    corner="Kön",
                ),
                finding=ShareFinding(REACHED_SOON, "{share} av {whole} nya i registret nåddes inom 90 dagar"),
                notes=(
                    "Ny är den som registrerades för första gången. De som registrerades periodens sista 90 dagar räknas inte, "
                    "för deras tid är inte ute.",
                ),
            ),
        ),
    ),
    Chapter(
        id="uppsokande",
        title="Ungdomar som söktes och nåddes",
        lead="Nådd är den som själv, eller vars anhörig, har besvarat ett kontaktförsök eller själv har tagit kontakt. "
        "Den som har sökts minst en gång utan att något kontaktförsök har besvarats är ej nådd.",
        facts=(
            Fact("attempts", "kontaktförsök", ATTEMPTS),
            Fact("share_women", "av {whole} sökta kvinnor nåddes", REACHED_OF_SOUGHT_WOMEN),
            Fact("share_men", "av {whole} sökta män nåddes", REACHED_OF_SOUGHT_MEN),
            Fact("checks", "adresser anmälda till Skatteverket", one("residence_checks", "reported")),
        ),
        blocks=(
            _reached_or_not("{year}", "this"),
            _reached_or_not("{before}", "before", side_by_side=True),
            Table(
                id="kontakter",
                title="Kontaktförsök per kanal, {year} och {before}",
                grid=Grid(
                    rows=Categories("contacts"),
                    columns=Items(
                        (
                            Item("Försök", ATTEMPTS),
                            Item("Besvarade", ANSWERED),
                            Item("Andel", Share(ANSWERED, ATTEMPTS)),
                        )
                    ),
                    corner="Kanal",
                    when="both",
                    order="size",
                    without_empty_rows=True,
                ),
                finding=CountFinding(ATTEMPTS, "{number} kontaktförsök gjordes"),
            ),
            _reached_by_district("{year}", "both"),
            _reached_by_district("{before}", "before", side_by_side=True),
            Diagram(
                title="Andel nådda av de sökta ungdomarna{per_job_centre}, {year} och {before}",
                grid=Grid(
                    rows=JobCentres(),
                    columns=Items(
                        (
                            Item("Nådda", REACHED),
                            Item("Ej nådda", NOT_REACHED),
                            Item("Andel nådda", REACHED_OF_SOUGHT, role="year"),
                        )
                    ),
                    corner="Jobbtorg",
                    when="both",
                ),
                marks=True,
                finding=JobCentreFinding(REACHED_OF_SOUGHT, "nådda av de sökta"),
            ),
        ),
    ),
    Chapter(
        id="sysselsattning",
        title="Vad gör de unga som nås?",
        lead="När en ungdom nås frågar kommunen vad ungdomen gör. Sysselsättningen räknas vid första gången ungdomen nåddes.",
        facts=(
            Fact("share_occupied", "av {whole} nådda hade en sysselsättning", OCCUPIED_OF_REACHED),
            Fact("latest_unknown", "av {whole} i registret har okänd sysselsättning", Share(LATEST_UNKNOWN, LATEST)),
            Fact(
                "latest_neither",
                "av {whole} i registret varken studerade, arbetade eller hade praktik, såvitt känt",
                Share(NEITHER, LATEST),
            ),
        ),
        blocks=(
            Diagram(
                title="Sysselsättning när ungdomen nåddes första gången, {year}",
                grid=OCCUPATION,
                finding=ShareFinding(OCCUPIED_OF_REACHED, "{share} av {whole} nådda hade en sysselsättning"),
                notes=("De som inte hade någon sysselsättning, eller vars sysselsättning är okänd, visas inte.",),
                marks=True,
            ),
            Diagram(
                id="senast-kand-sysselsattning",
                title="Senast kända sysselsättning för alla i registret, {year}",
                grid=Grid(
                    rows=Categories("latest_occupation", total=True),
                    columns=Genders(),
                    corner="Sysselsättning",
                    number=LATEST,
                    when="both",
                    order="size",
                    without_empty_rows=True,
                ),
                finding=ShareFinding(
                    Share(LATEST_UNKNOWN, LATEST), "{share} av {whole} ungdomar i registret har okänd sysselsättning"
                ),
                notes=("Den sista uppgiften under perioden räknas. Den som ingen uppgift finns om räknas som okänd.",),
                marks=True,
            ),
        ),
    ),
    Chapter(
        id=SUPPORT,
        title="Ungdomar som tog del av stöd",
        lead="Stödet är frivilligt. I första hand ska det leda till studier.",
        facts=(
            Fact(
                "to_studies",
                "av {whole} avslutade gick till studier",
                STUDIES_OF_ENDED,
                ("{number} ungdomar", TO_STUDIES),
            ),
            Fact("to_work", "av {whole} avslutade gick till arbete", WORK_OF_ENDED, ("{number} ungdomar", TO_WORK)),
            Fact("new", "nyinskrivna", NEW),
        ),
        blocks=(
            Table(
                title="Ungdomar som tog del av stöd, {year} och {before}",
                grid=ENROLLED_BY_GENDER,
                finding=CountFinding(ENROLLED, "{number} ungdomar tog del av stöd"),
            ),
            Diagram(
                title="Avslutade till studier, till arbete och av andra orsaker, {year}",
                grid=EXITS_BY_GENDER,
                finding=GenderFinding(STUDIES_OF_EXITS, "gick till studier när de avslutades"),
                notes=(
                    "Andra orsaker är till exempel fyllda 20 år, flytt till en annan kommun eller stöd genom annan aktör.",
                ),
                marks=True,
            ),
            _results("{year}", "this", RESULT_NOTES),
            _results("{before}", "before", RESULT_NOTES[:1]),
            Table(
                id="resultat-bada-aren",
                title="Resultat{per_job_centre}, {year} och {before} med förändring",
                grid=RESULTS_YEAR_ON_YEAR,
                finding=ShareFinding(EITHER_OF_ENDED, "{share} av {whole} avslutade gick till studier eller arbete"),
                notes=(RESULT_NOTES[0], "Förändringen av en andel är räknad på antalen, inte på avrundade andelar."),
            ),
            Diagram(
                id="till-arbete",
                title="Andel av de avslutade som gick till arbete{per_job_centre}, {year} och {before}",
                grid=Grid(
                    rows=JobCentres(),
                    columns=Items(
                        (
                            Item("Till arbete", TO_WORK),
                            Item("Avslutade", ENDED),
                            Item("Andel", WORK_OF_ENDED, role="year"),
                        )
                    ),
                    corner="Jobbtorg",
                    when="both",
                ),
                marks=True,
                finding=JobCentreFinding(WORK_OF_ENDED, "till arbete av de avslutade"),
            ),
            Diagram(
                id="sysselsattning-efter-stod",
                title="Sysselsättning inom 180 dagar efter stödet, {year}",
                grid=Grid(
                    rows=Categories("occupation_after_support", total=True),
                    columns=Genders(),
                    corner="Sysselsättning",
                    number=AFTER_SUPPORT,
                    when="both",
                    order="size",
                    without_empty_rows=True,
                ),
                finding=ShareFinding(
                    ACTIVE_AFTER_SUPPORT,
                    "{share} av {whole} avslutade studerade eller arbetade när de tillfrågades efteråt",
                ),
                notes=(
                    "Den första uppgiften 1–180 dagar efter det senaste avslutet räknas. Den som ingen uppgift finns om räknas "
                    "som okänd. Orsaken till avslutet är en annan uppgift: vad den unga gick till just då.",
                ),
                marks=True,
            ),
        ),
    ),
    Chapter(
        id="flai",
        title="Jobbtorgens insatser, med samtycke",
        lead="Den som är inskriven på ett jobbtorg tillfrågas om uppgifterna i jobbtorgens eget system, Flai, får användas. "
        "Bara de som har sagt ja räknas här, så siffrorna säger inte hur många som har tagit del av insatserna.",
        facts=(
            Fact("consented", "deltog och har samtyckt", CONSENTED),
            Fact("consented_new", "började", CONSENTED_NEW),
        ),
        blocks=(
            Table(
                id="flai-insatser",
                title="Deltagare per insats på jobbtorgen, {year} och {before}",
                grid=Grid(
                    rows=Categories("consented_participants", total=True),
                    columns=Items(
                        (
                            Item("Deltog", CONSENTED),
                            Item("Började", CONSENTED_NEW),
                            Item("Slutade", CONSENTED_ENDED),
                        )
                    ),
                    corner="Insats",
                    when="both",
                    order="size",
                    without_empty_rows=True,
                ),
                finding=CountFinding(CONSENTED, "{number} ungdomar som har samtyckt deltog i jobbtorgens insatser"),
                notes=(
                    "Den som deltar i flera insatser räknas i var och en, men en gång i totalen.",
                    "När ett samtycke återkallas tas deltagandet bort ur det som räknas därefter, också för tidigare år.",
                ),
            ),
        ),
    ),
    Chapter(
        id="innan-skolan",
        title="Innan skolan börjar",
        lead="Den som inte kommer in på gymnasiet riskerar att stå utan skola när hösten börjar. Skolslussen hjälper till att "
        "hitta en plats.",
        facts=(
            Fact("not_admitted", "kom inte in vid den slutliga antagningen", NOT_ADMITTED),
            Fact("guided", "av {whole} som inte kom in fick vägledning", Share(GUIDED, NOT_ADMITTED)),
            Fact("placed", "av {whole} som inte kom in började ändå på gymnasiet", PLACED_OF_NOT_ADMITTED),
            Fact("visitors", "besökte Skolslussen", VISITORS, ("{number} av dem innan skolan började", BEFORE_TERM)),
        ),
        blocks=(
            Diagram(
                id="inte-antagna",
                title="De som inte kom in vid den slutliga antagningen, {year} och {before}",
                grid=Grid(
                    rows=Items(
                        (
                            Item("Kom inte in", NOT_ADMITTED),
                            Item("Fick vägledning", GUIDED),
                            Item("Fick en plats", PLACED),
                            Item("Fick både vägledning och plats", GUIDED_AND_PLACED),
                        )
                    ),
                    columns=Periods(),
                    corner="Vad som hände",
                ),
                finding=ShareFinding(
                    PLACED_OF_NOT_ADMITTED, "{share} av {whole} som inte kom in började ändå på gymnasiet till hösten"
                ),
                notes=(
                    "Från beskedet till och med den 15 september. Den som senare blev antagen i reservantagningen räknas också.",
                ),
            ),
            Table(
                id="inte-antagna-per-kon",
                title="De som inte kom in, kvinnor och män, {year}",
                grid=Grid(
                    rows=Genders(),
                    columns=Items(
                        (
                            Item("Kom inte in", NOT_ADMITTED),
                            Item("Antal", GUIDED, group="Fick vägledning"),
                            Item("Andel", Share(GUIDED, NOT_ADMITTED), group="Fick vägledning"),
                            Item("Antal", PLACED, group="Fick en plats"),
                            Item("Andel", PLACED_OF_NOT_ADMITTED, group="Fick en plats"),
                        )
                    ),
                    corner="Kön",
                ),
                finding=GenderFinding(PLACED_OF_NOT_ADMITTED, "som inte kom in började ändå på gymnasiet"),
            ),
            Table(
                id="skolslussen",
                title="Besök hos Skolslussen, {year} och {before}",
                grid=Grid(
                    rows=Categories("school_entry_visits", total=True),
                    columns=Items(
                        (
                            Item("Besök", VISITS),
                            Item("Besökare", VISITORS),
                            Item("Innan skolan började", BEFORE_TERM),
                        )
                    ),
                    corner="Slag av besök",
                    when="both",
                    order="size",
                    without_empty_rows=True,
                ),
                finding=CountFinding(VISITORS, "{number} ungdomar besökte Skolslussen"),
                notes=(
                    "Innan skolan började: besökare från årets första antagningsbesked till och med den 19 augusti.",
                    "Den som kom på flera slags besök räknas som besökare i varje, men en gång i totalen.",
                ),
            ),
        ),
    ),
    Chapter(
        id="jobbtorg-unga",
        title="Jobbtorg Unga 20–29",
        lead="Unga arbetslösa mellan 20 och 29 år omfattas inte av aktivitetsansvaret. Jobbtorgen redovisar deras resultat som "
        "antal, utan uppgifter om enskilda, så samma person kan räknas flera gånger.",
        facts=(
            Fact("youth_contacted", "kontaktade", YOUTH_CONTACTED),
            Fact("youth_enrolled", "inskrivna", YOUTH_ENROLLED),
            Fact("youth_studies", "av {whole} avslutade gick till studier", Share(YOUTH_TO_STUDIES, YOUTH_ENDED)),
            Fact("youth_work", "av {whole} avslutade gick till arbete", Share(YOUTH_TO_WORK, YOUTH_ENDED)),
        ),
        blocks=(
            Diagram(
                id="unga-20-29",
                title="Kontaktade, inskrivna och avslutade 20–29-åringar, {year} och {before}",
                grid=Grid(
                    rows=Items(
                        (
                            Item("Kontaktade", YOUTH_CONTACTED),
                            Item("Inskrivna", YOUTH_ENROLLED),
                            Item("Avslutade", YOUTH_ENDED),
                            Item("Till studier", YOUTH_TO_STUDIES),
                            Item("Till arbete", YOUTH_TO_WORK),
                        )
                    ),
                    columns=Periods(),
                    corner="Mått",
                ),
                finding=ShareFinding(
                    Share(YOUTH_TO_EITHER, YOUTH_ENDED), "{share} av {whole} avslutade gick till studier eller arbete"
                ),
            ),
            Diagram(
                id="unga-20-29-orsaker",
                title="Avslutade 20–29-åringar efter orsak, {year}",
                grid=Grid(
                    rows=Subcategories("youth_20_29"),
                    columns=Genders(),
                    corner="Avslutsorsak",
                    number=YOUTH_ENDED,
                    when="both",
                    order="size",
                    without_empty_rows=True,
                ),
                finding=GenderFinding(Share(YOUTH_TO_STUDIES, YOUTH_ENDED), "gick till studier när de avslutades"),
                marks=True,
            ),
            Table(
                id="unga-20-29-jobbtorg",
                title="20–29-åringar{per_job_centre}, {year}",
                grid=Grid(
                    rows=JobCentres(missing="Okänt jobbtorg"),
                    columns=Items(
                        (
                            Item("Kontaktade", YOUTH_CONTACTED),
                            Item("Inskrivna", YOUTH_ENROLLED),
                            Item("Avslutade", YOUTH_ENDED),
                            Item("Antal", YOUTH_TO_STUDIES, group="Till studier"),
                            Item("Andel", Share(YOUTH_TO_STUDIES, YOUTH_ENDED), group="Till studier"),
                            Item("Antal", YOUTH_TO_WORK, group="Till arbete"),
                            Item("Andel", Share(YOUTH_TO_WORK, YOUTH_ENDED), group="Till arbete"),
                        )
                    ),
                    corner="Jobbtorg",
                ),
                finding=JobCentreFinding(Share(YOUTH_TO_WORK, YOUTH_ENDED), "till arbete av de avslutade"),
                notes=("Andelarna är räknade på avslutade.",),
            ),
        ),
    ),
)

#: The chapter of the survey's questions.
SURVEY = "synpunkter"


def chapters(
    profile: Profile,
    of_targets: Sequence[Diagram] = (),
    kept: Callable[[Chapter], Chapter | None] = lambda chapter: chapter,
) -> tuple[Chapter, ...]:
    """The chapters of a municipality's report, in its order and with its titles; tables and diagrams are numbered through.
    ``of_targets``: each stands last in the chapter that is about its figure. ``kept``: what is left of a chapter, None
    where nothing is."""
    of_profile = [_chapter(chapter.id, chapter.title, profile) for chapter in profile.chapters]
    found = [chapter for each in of_profile if (chapter := kept(each))]
    for diagram in of_targets:
        place = _place(diagram, found)
        found[place] = replace(found[place], blocks=(*found[place].blocks, diagram))
    return _numbered(found)


def _place(diagram: Diagram, found: Sequence[Chapter]) -> int:
    """Of the first chapter that shows the figure; else of the one on support, which targets are about; else the first."""
    figures = _figures([diagram])
    of_figure = [place for place, each in enumerate(found) if each.id != SUMMARY and figures & _figures(each.blocks)]
    of_support = [place for place, each in enumerate(found) if each.id == SUPPORT]
    return [*of_figure, *of_support, 0][0]


def _figures(blocks: Iterable[Table | Diagram]) -> set[str]:
    return {key.figure for block in blocks for number in block.grid.numbers for key in number.keys}


def summary() -> Chapter:
    """The chapter in short, also for a report that leaves it out."""
    return _numbered([next(chapter for chapter in COMMON if chapter.id == SUMMARY)])[0]


def _chapter(chapter_id: str, title: str | None, profile: Profile) -> Chapter:
    common = {chapter.id: chapter for chapter in COMMON}
    if chapter_id in common:
        chapter = common[chapter_id]
    elif chapter_id == SURVEY:
        chapter = _survey(profile.survey_questions)
    else:
        chapter = _own_measures(chapter_id, [item for item in profile.own_measures if item.chapter == chapter_id])
    return replace(chapter, title=literal(title)) if title else chapter


def _numbered(found: Sequence[Chapter]) -> tuple[Chapter, ...]:
    counts: Counter[str] = Counter()

    def numbered(block: Table | Diagram) -> Table | Diagram:
        if block.id:
            return block
        kind = "Diagram" if isinstance(block, Diagram) else "Tabell"
        counts[kind] += 1
        return replace(block, id=f"{kind.lower()}-{counts[kind]}", number=f"{kind} {counts[kind]}")

    return tuple(replace(chapter, blocks=tuple(numbered(block) for block in chapter.blocks)) for chapter in found)


def literal(text: str) -> str:
    """A municipality's own words inside a text with placeholders."""
    return text.replace("{", "{{").replace("}", "}}")


def _own_measures(chapter_id: str, measures: Sequence[OwnMeasure]) -> Chapter:
    """The measures that a municipality shows by themselves in one chapter."""
    names = [literal(measure.title) for measure in measures]
    named = listed(names)
    return Chapter(
        id=chapter_id,
        title=f"Inskrivna vid {named}",
        lead=f"De som är inskrivna vid {named} ingår också i siffrorna för hela aktivitetsansvaret. Här redovisas de för sig.",
        facts=tuple(fact for measure in measures for fact in _own_facts(measure)),
        blocks=tuple(_own_diagram(measure) for measure in measures),
    )


def _own_facts(measure: OwnMeasure) -> tuple[Fact, ...]:
    code, name = measure.code, literal(measure.title)
    ended, exits = (one(figure, "ended", category=code) for figure in ("measures", "measure_exits"))
    return (
        Fact(f"own_{code}", f"inskrivna vid {name}", one("measures", "participants", category=code)),
        Fact(f"own_new_{code}", "nyinskrivna", one("measures", "new", category=code)),
        Fact(
            f"own_studies_{code}", "av {whole} utskrivna gick till studier", Share(exits.at(subcategory=STUDIES), ended)
        ),
        Fact(f"own_work_{code}", "av {whole} utskrivna gick till arbete", Share(exits.at(subcategory=WORK), ended)),
    )


def _own_diagram(measure: OwnMeasure) -> Diagram:
    code = measure.code
    return Diagram(
        title=f"In- och utskrivna vid {literal(measure.title)}, {{year}} och {{before}}",
        grid=Grid(
            rows=Items((
                Item("Inskrivna", one("measures", "participants", category=code)),
                Item("Nyinskrivna", one("measures", "new", category=code)),
                Item("Utskrivna", one("measures", "ended", category=code)),
                Item("Utskrivna till studier", one("measure_exits", "ended", category=code, subcategory=STUDIES)),
                Item("Utskrivna till arbete", one("measure_exits", "ended", category=code, subcategory=WORK)),
            )),
            columns=Periods(),
            corner="Mått",
        ),
        finding=CountFinding(
            one("measures", "participants", category=code), f"{{number}} ungdomar var inskrivna vid {literal(measure.title)}"
        ),
    )  # fmt: skip


def _survey(questions: Sequence[str]) -> Chapter:
    """The answers to the questions that a municipality asks those who got support."""
    several = len(questions) > 1
    return Chapter(
        id=SURVEY,
        title="Ungdomarnas synpunkter på stödet",
        lead="De som har fått stöd får en enkät. Den är anonym och frivillig. "
        "Är svaren få går det inte att dra slutsatser om alla.",
        facts=tuple(
            fact
            for place, question in enumerate(questions, start=1)
            for fact in _survey_facts(question, place, several)
        ),
        blocks=tuple(_survey_diagram(question) for question in questions),
    )


def _survey_facts(question: str, place: int, several: bool) -> tuple[Fact, ...]:
    """``several``: the labels must say which question they are about."""
    answers = one("survey", "answers", category=question)
    about = f" ”{literal(question)}”" if several else ""
    return (
        Fact(
            f"satisfied_{place}", f"av {{whole}} som svarade gav betyget 4 eller 5{' på frågan' if several else ''}{about}",
            _satisfied(question),
        ),
        Fact(f"answers_{place}", f"svarade på frågan{about}", answers),
    )  # fmt: skip


def _satisfied(question: str) -> Share:
    """Of those who answered: with one of the two best marks."""
    answers = one("survey", "answers", category=question)
    return Share(answers.at(subcategory=("4", "5")), answers)


def _survey_diagram(question: str) -> Diagram:
    return Diagram(
        title=f"Svar på frågan ”{literal(question)}”, {{year}} och {{before}}",
        grid=Grid(
            rows=Answers(("1", "2", "3", "4", "5")),
            columns=Periods(),
            corner="Svar på skalan",
            number=one("survey", "answers", category=question),
        ),
        notes=("Antal svar på en skala från 1 till 5, där 5 är bäst.",),
        finding=ShareFinding(_satisfied(question), "{share} av {whole} som svarade gav betyget 4 eller 5"),
    )
