"""The annual report: which published figure stands in which table, diagram or sentence, in the report's order.

This is the one place to change when a table gets another column or a chapter another number. It holds no numbers, no
names of districts or job-centres (they come from the published file) and no layout.

Placeholders in texts: ``{year}`` and ``{before}`` (``2023``, ``2022``), ``{period}`` (``verksamhetsåret 2023``),
``{own_measure}`` (the label of OWN_MEASURE), ``{per_district}`` and ``{per_job_centre}`` (with a blank before; nothing in a
municipality without them), and in a chapter's lead ``{id}`` / ``{id.change}`` for each of its facts
(``7 546`` / ``, 392 fler än 2022``).
"""

from dataclasses import dataclass, field
from typing import Literal

WOMEN, MEN = "kvinna", "man"
STUDIES, WORK = "STUDIER", "ARBETE"
#: The measure that the report shows by itself (section 7.2 of the report of 2023).
OWN_MEASURE = "AIM"
SURVEY_QUESTION = "Har du fått hjälpen du behövde från oss?"


@dataclass(frozen=True)
class Select:
    """A published number whose other dimensions the table gives."""

    figure: str
    measure: str
    category: str = "*"
    subcategory: str = "*"
    gender: str = "*"


@dataclass(frozen=True)
class Count:
    """A published number, or a sum and difference of some."""

    plus: tuple[Select, ...]
    minus: tuple[Select, ...] = ()


@dataclass(frozen=True)
class Share:
    """One count over another, in whole per cent."""

    part: Count
    whole: Count


Value = Count | Share
When = Literal["this", "before", "both"]


@dataclass(frozen=True)
class Item:
    """A row or column with its own number. ``role`` is its colour in the diagram; without one it is in the table only.
    ``group`` heads neighbouring columns together."""

    label: str
    value: Value
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
class Genders:
    """An axis of women, men and both together."""


@dataclass(frozen=True)
class JobCentres:
    """An axis of the municipality's job-centres, SAKNAS where it occurs, and the total."""


@dataclass(frozen=True)
class Districts:
    """An axis of the districts in force on the period's last day, SAKNAS where it occurs, and perhaps the total."""

    total: bool = False


@dataclass(frozen=True)
class Categories:
    """An axis of a figure's categories, without those left out."""

    figure: str
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answers:
    """An axis of the answers to a survey question: its subcategories."""

    codes: tuple[str, ...]


@dataclass(frozen=True)
class KeyNumbers:
    """An axis of every activity number kept by hand: category and subcategory."""

    figure: str


Axis = Items | Periods | Genders | JobCentres | Districts | Categories | Answers | KeyNumbers


@dataclass(frozen=True)
class Grid:
    """Rows times columns of published numbers. ``value`` where neither axis brings its own.

    ``when``: which period the numbers are of, or both beside each other, where no axis is made of periods.
    ``order``: ``size`` puts the largest row first (diagrams whose rows have no order of their own).
    """

    rows: Axis
    columns: Axis
    corner: str
    value: Value | None = None
    when: When = "this"
    order: Literal["given", "size"] = "given"
    without_empty_rows: bool = False


@dataclass(frozen=True)
class Table:
    id: str
    title: str
    grid: Grid
    number: str | None = None
    notes: tuple[str, ...] = ()
    #: Stands beside the one before it where the screen is wide enough.
    beside: bool = False


@dataclass(frozen=True)
class Diagram:
    """``grid`` is the table behind it; the diagram shows the columns that have a colour.
    ``marks``: the year before as a mark on each bar and a number in brackets, where it is not a bar of its own."""

    id: str
    title: str
    grid: Grid
    number: str
    notes: tuple[str, ...] = ()
    beside: bool = False
    marks: bool = False


@dataclass(frozen=True)
class Fact:
    """A number in the text, with the year before beside it."""

    id: str
    label: str
    value: Value
    #: A second number in small type: (text with {share}, value).
    aside: tuple[str, Share] | None = None


@dataclass(frozen=True)
class Chapter:
    id: str
    title: str
    lead: str = ""
    facts: tuple[Fact, ...] = ()
    blocks: tuple[Table | Diagram, ...] = field(default=())


def _count(figure: str, measure: str, category: str = "*", subcategory: str = "*", gender: str = "*") -> Count:
    return Count((Select(figure, measure, category, subcategory, gender),))


IN_REGISTER = _count("population", "in_register")
SOUGHT = _count("outreach", "sought")
REACHED = _count("outreach", "reached")
NOT_REACHED = _count("outreach", "not_reached")
REACHED_OF_SOUGHT_WOMEN = Share(_count("outreach", "reached", gender=WOMEN), _count("outreach", "sought", gender=WOMEN))
REACHED_OF_SOUGHT_MEN = Share(_count("outreach", "reached", gender=MEN), _count("outreach", "sought", gender=MEN))
ATTEMPTS = _count("contacts", "attempts")
ANSWERED = _count("contacts", "answered")
OCCUPIED = _count("occupation", "occupied")
ENROLLED = _count("participants", "enrolled")
NEW = _count("participants", "new")
ENDED = _count("participants", "ended")
ENDED_ALL_REASONS = _count("exits", "ended")
TO_STUDIES = _count("exits", "ended", STUDIES)
TO_WORK = _count("exits", "ended", WORK)
TO_EITHER = Count(TO_STUDIES.plus + TO_WORK.plus)
TO_OTHER = Count(ENDED_ALL_REASONS.plus, TO_EITHER.plus)
OWN_ENDED = _count("measures", "ended", OWN_MEASURE)
OWN_TO_STUDIES = _count("measure_exits", "ended", OWN_MEASURE, STUDIES)
OWN_TO_WORK = _count("measure_exits", "ended", OWN_MEASURE, WORK)
AGED_16_19 = _count("residents", "aged_16_19")
AGED_16_19_IN_REGISTER = _count("residents", "in_register_16_19")
ANSWERS = _count("survey", "answers", SURVEY_QUESTION)
SATISFIED = Count(tuple(Select("survey", "answers", SURVEY_QUESTION, answer) for answer in ("4", "5")))

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
    Item("Andel", Share(TO_STUDIES, ENDED), group="Avslutade till studier"),
    Item("Antal", TO_WORK, group="Avslutade till arbete"),
    Item("Andel", Share(TO_WORK, ENDED), group="Avslutade till arbete"),
    Item("Antal", TO_EITHER, group="Till studier eller arbete"),
    Item("Andel", Share(TO_EITHER, ENDED), group="Till studier eller arbete"),
))  # fmt: skip

RESULT_NOTES = (
    "Andel avslutade är räknad på inskrivna. Övriga andelar är räknade på avslutade.",
    "Den som har avslutats flera gånger under perioden räknas en gång, med orsaken till det senaste avslutet.",
)

#: The way from the register to studies or work, which the start page shows: facts of the first chapter.
FUNNEL = ("in_register", "sought", "reached", "enrolled", "either")


def _reached_or_not(number: str, year: str, when: When, beside: bool = False) -> Table:
    """Tabell 2 and 3, which stand beside each other."""
    return Table(
        id=number.lower().replace(" ", "-"),
        number=number,
        title="Nådda och ej nådda ungdomar, " + year,
        grid=Grid(rows=OUTREACH_ROWS, columns=Genders(), corner="Resultat", when=when),
        beside=beside,
    )


def _reached_by_district(number: str, year: str, when: When, beside: bool = False) -> Diagram:
    """Diagram 2 and 3, which stand beside each other."""
    return Diagram(
        id=number.lower().replace(" ", "-"),
        number=number,
        title="Nådda ungdomar{per_district}, " + year,
        grid=Grid(rows=Districts(), columns=Genders(), corner="Stadsdel", value=REACHED, when=when, order="size"),
        beside=beside,
    )


def _results(number: str, year: str, when: When, notes: tuple[str, ...]) -> Table:
    """Tabell 5 and 6."""
    return Table(
        id=number.lower().replace(" ", "-"),
        number=number,
        title="Resultat{per_job_centre}, " + year,
        grid=Grid(rows=JobCentres(), columns=RESULT_COLUMNS, corner="Jobbtorg", when=when),
        notes=notes,
    )


CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        id="sammanfattning",
        title="Sammanfattning",
        lead="Under {period} fanns {in_register} ungdomar någon gång i registret för aktivitetsansvaret{in_register.change}. "
        "{sought} av dem söktes och {reached} nåddes. {enrolled} tog del av stöd{enrolled.change}. "
        "{ended} avslutades, varav {either} till studier eller arbete{either.change}.",
        facts=(
            Fact("in_register", "ungdomar i registret", IN_REGISTER),
            Fact("sought", "söktes", SOUGHT, ("{share} av dem i registret", Share(SOUGHT, IN_REGISTER))),
            Fact("reached", "nåddes", REACHED, ("{share} av de sökta", Share(REACHED, SOUGHT))),
            Fact("enrolled", "tog del av stöd", ENROLLED),
            Fact("ended", "avslutades", ENDED, ("{share} av de inskrivna", Share(ENDED, ENROLLED))),
            Fact(
                "either", "till studier eller arbete", TO_EITHER, ("{share} av de avslutade", Share(TO_EITHER, ENDED))
            ),
        ),
        blocks=(
            Diagram(
                id="diagram-1",
                number="Diagram 1",
                title="Från registret till studier eller arbete, {year} och {before}",
                grid=Grid(
                    rows=Items(
                        (
                            Item("I registret", IN_REGISTER),
                            Item("Sökta", SOUGHT),
                            Item("Nådda", REACHED),
                            Item("Tog del av stöd", ENROLLED),
                            Item("Avslutade", ENDED),
                            Item("Till studier", TO_STUDIES),
                            Item("Till arbete", TO_WORK),
                        )
                    ),
                    columns=Periods(),
                    corner="Steg",
                ),
                notes=("Varje stapel räknar personer. Den som tog del av stöd kan ha nåtts ett tidigare år.",),
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
                    value=_count("key_numbers", "value"),
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
            Fact(
                "share_16_19", "av kommunens 16–19-åringar fanns i registret", Share(AGED_16_19_IN_REGISTER, AGED_16_19)
            ),
        ),
        blocks=(
            Table(
                id="tabell-1",
                number="Tabell 1",
                title="Kvinnor och män i registret, {year} och {before}",
                grid=Grid(rows=Periods(), columns=Genders(), corner="År", value=IN_REGISTER),
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
                            Item("Andel", Share(AGED_16_19_IN_REGISTER, AGED_16_19)),
                        )
                    ),
                    corner="Stadsdel",
                    when="both",
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
            Fact("share_women", "av de sökta kvinnorna nåddes", REACHED_OF_SOUGHT_WOMEN),
            Fact("share_men", "av de sökta männen nåddes", REACHED_OF_SOUGHT_MEN),
            Fact("checks", "adresser anmälda till Skatteverket", _count("residence_checks", "reported")),
        ),
        blocks=(
            _reached_or_not("Tabell 2", "{year}", "this"),
            _reached_or_not("Tabell 3", "{before}", "before", beside=True),
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
            ),
            _reached_by_district("Diagram 2", "{year}", "both"),
            _reached_by_district("Diagram 3", "{before}", "before", beside=True),
            Diagram(
                id="diagram-4",
                number="Diagram 4",
                title="Nådda och ej nådda ungdomar{per_job_centre}, {year}",
                grid=Grid(
                    rows=JobCentres(),
                    columns=Items(
                        (
                            Item("Nådda", REACHED, role="reached"),
                            Item("Ej nådda", NOT_REACHED, role="not_reached"),
                            Item("Andel nådda", Share(REACHED, SOUGHT)),
                        )
                    ),
                    corner="Jobbtorg",
                    when="both",
                ),
                marks=True,
            ),
        ),
    ),
    Chapter(
        id="sysselsattning",
        title="Vad gör de unga som nås?",
        lead="När en ungdom nås frågar kommunen vad ungdomen gör. Sysselsättningen räknas vid första gången ungdomen nåddes.",
        facts=(Fact("share_occupied", "av de nådda hade en sysselsättning", Share(OCCUPIED, REACHED)),),
        blocks=(
            Diagram(
                id="diagram-5",
                number="Diagram 5",
                title="Sysselsättning när ungdomen nåddes första gången, {year}",
                grid=Grid(
                    rows=Categories("occupation", leave_out=("INGEN", "OKAND")),
                    columns=Genders(),
                    corner="Sysselsättning",
                    value=_count("occupation", "reached"),
                    when="both",
                    order="size",
                    without_empty_rows=True,
                ),
                notes=("De som inte hade någon sysselsättning, eller vars sysselsättning är okänd, visas inte.",),
                marks=True,
            ),
        ),
    ),
    Chapter(
        id="stod",
        title="Ungdomar som tog del av stöd",
        lead="Stödet är frivilligt. I första hand ska det leda till studier.",
        facts=(
            Fact("new", "nyinskrivna", NEW),
            Fact(
                "to_studies",
                "avslutade till studier",
                TO_STUDIES,
                ("{share} av de avslutade", Share(TO_STUDIES, ENDED)),
            ),
            Fact("to_work", "avslutade till arbete", TO_WORK, ("{share} av de avslutade", Share(TO_WORK, ENDED))),
        ),
        blocks=(
            Table(
                id="tabell-4",
                number="Tabell 4",
                title="Ungdomar som tog del av stöd, {year} och {before}",
                grid=Grid(rows=Genders(), columns=Periods(), corner="Kön", value=ENROLLED),
            ),
            Diagram(
                id="diagram-6",
                number="Diagram 6",
                title="Avslutade till studier, till arbete och av andra orsaker, {year}",
                grid=Grid(
                    rows=Items(
                        (
                            Item("Till studier", TO_STUDIES),
                            Item("Till arbete", TO_WORK),
                            Item("Andra orsaker", TO_OTHER),
                        )
                    ),
                    columns=Genders(),
                    corner="Avslutsorsak",
                    when="both",
                ),
                notes=(
                    "Andra orsaker är till exempel fyllda 20 år, flytt till en annan kommun eller stöd genom annan aktör.",
                ),
                marks=True,
            ),
            _results("Tabell 5", "{year}", "this", RESULT_NOTES),
            _results("Tabell 6", "{before}", "before", RESULT_NOTES[:1]),
        ),
    ),
    Chapter(
        id="insats",
        title="Inskrivna vid {own_measure}",
        lead="De som är inskrivna vid {own_measure} ingår också i siffrorna för hela aktivitetsansvaret. "
        "Här redovisas de för sig.",
        facts=(
            Fact("own", "inskrivna vid {own_measure}", _count("measures", "participants", OWN_MEASURE)),
            Fact("own_new", "nyinskrivna", _count("measures", "new", OWN_MEASURE)),
            Fact("own_studies", "av de utskrivna till studier", Share(OWN_TO_STUDIES, OWN_ENDED)),
            Fact("own_work", "av de utskrivna till arbete", Share(OWN_TO_WORK, OWN_ENDED)),
        ),
        blocks=(
            Diagram(
                id="diagram-7",
                number="Diagram 7",
                title="In- och utskrivna vid {own_measure}, {year} och {before}",
                grid=Grid(
                    rows=Items(
                        (
                            Item("Inskrivna", _count("measures", "participants", OWN_MEASURE)),
                            Item("Nyinskrivna", _count("measures", "new", OWN_MEASURE)),
                            Item("Utskrivna", OWN_ENDED),
                            Item("Utskrivna till studier", OWN_TO_STUDIES),
                            Item("Utskrivna till arbete", OWN_TO_WORK),
                        )
                    ),
                    columns=Periods(),
                    corner="Mått",
                ),
            ),
        ),
    ),
    Chapter(
        id="synpunkter",
        title="Ungdomarnas synpunkter på stödet",
        lead="De som har fått stöd får en enkät. Den är anonym och frivillig. "
        "Är svaren få går det inte att dra slutsatser om alla.",
        facts=(
            Fact("answers", "svarade på frågan", ANSWERS),
            Fact("satisfied", "svarade 4 eller 5", SATISFIED, ("{share} av de svarande", Share(SATISFIED, ANSWERS))),
        ),
        blocks=(
            Diagram(
                id="diagram-8",
                number="Diagram 8",
                title="Svar på frågan ”" + SURVEY_QUESTION + "”, {year} och {before}",
                grid=Grid(
                    rows=Answers(("1", "2", "3", "4", "5")),
                    columns=Periods(),
                    corner="Svar",
                    value=ANSWERS,
                ),
                notes=("Antal svar på en skala från 1 till 5, där 5 är bäst.",),
            ),
        ),
    ),
)
