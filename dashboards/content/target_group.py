"""Who belongs to the target group by law against who is in the register, for the page ”Målgrupp och register”.

Counts from the published summary, put into the same tables and diagrams as the annual report. The persons themselves are not
published: the keepers' worklist is a mart of the warehouse (docs/recipes.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from dashboards.content.tables import MISSING_LABEL, Block, Cell, Definition, Heading, TableContent, definitions
from dashboards.published.file import ALL, MISSING
from dashboards.published.numbers import NumberKey
from dashboards.published.publication import Closed
from dashboards.published.report import Published
from dashboards.published.target_group import SCHOOL_REGISTER, TargetGroup, read_target_group
from dashboards.wording import numbers
from dashboards.wording.letters import lower_first

FIGURE = "target_group"

#: Side -> what readers call it. In the register's order of worry: whom the duty has missed comes first.
SIDES = {
    "eligible_not_in_register": "Målgrupp men inte i registret",
    "in_register_not_eligible": "I registret men inte målgrupp",
}

#: The same as headings of narrow columns.
COLUMNS = {"eligible_not_in_register": "Saknas i registret", "in_register_not_eligible": "Bara i registret"}

#: The reasons that the model target_group_day gives, with the numbers of the rules in the definition.
REASONS = {
    "ALLA_VILLKOR": "Uppfyller alla fem villkoren",
    "3_INVANDRAD": "Kom till landet vid en ålder utan skolplikt (3)",
    "4_INTRODUKTIONSPROGRAM": "Går på introduktionsprogram före 2018-07-01 (4)",
    "4_ANNAN_SKOLFORM": "Studerar i en annan skolform (4)",
    "5_STUDIEBEVIS": "Har studiebevis (5)",
    "1_EJ_FOLKBOKFORD": "Inte folkbokförd i kommunen (1)",
    "1_SKYDDAD": "Skyddad folkbokföring (1)",
    "2_FYLLT_20": "Har fyllt 20 år (2)",
    "3_SKOLPLIKT": "Har ännu skolplikt (3)",
    "4_STUDERAR": "Studerar i gymnasieskolan (4)",
    "5_EXAMEN": "Har examen eller motsvarande (5)",
}

LENGTHS = {
    "0_14": "Högst 14 dagar",
    "15_30": "15–30 dagar",
    "31_90": "31–90 dagar",
    "91_365": "91–365 dagar",
    "OVER_365": "Mer än ett år",
    "BEFORE_WINDOW": "Hela tiden som undersöks",
}

CHANGES = {"new": "Nya", "still_open": "Kvarstår", "closed": "Stängda"}

#: A school register older than this is worth a word: it should come weekly.
STALE = timedelta(days=14)


@dataclass(frozen=True)
class Comparison:
    """What the page shows; ``night`` is None where no register extract has come in."""

    night: date | None
    facts: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    changes: Block | None = None
    reasons: tuple[Block, ...] = ()
    lengths: tuple[Block, ...] = ()
    groups: tuple[Block, ...] = ()
    years: Block | None = None
    #: How many the worklist leaves out, because they have a protected identity.
    left_out: str = ""
    definitions: tuple[Definition, ...] = ()


def read(path: Path, data: Published) -> Comparison:
    """The comparison on the latest night, and at the ends of the report years."""
    found = read_target_group(path, data)
    if not found.nights:
        return Comparison(None)
    night = found.nights[-1]
    figure = data.catalogue.get(FIGURE)
    keys = [NumberKey(FIGURE, measure.id) for measure in figure.measures] if figure else []
    return Comparison(
        night=night,
        facts=(
            ("hör till målgruppen enligt lag", _cell(found, night, "size", ALL, "eligible").in_text),
            ("finns i registret", _cell(found, night, "size", ALL, "in_register").in_text),
            *((lower_first(title), _cell(found, night, "all", side).in_text) for side, title in SIDES.items()),
        ),
        warnings=_warnings(night, found.school, data.profile.closed),
        changes=_changes(found, night),
        reasons=tuple(_diagram(found, night, "reason", side, "Orsak", REASONS) for side in SIDES),
        lengths=tuple(_diagram(found, night, "length", side, "Tid", LENGTHS) for side in SIDES),
        groups=(
            _groups(found, night, "gender", "kon", "Kön", {"kvinna": "Kvinnor", "man": "Män"}),
            *(
                [_groups(found, night, "job_centre", "jobbtorg", "Jobbtorg", _job_centres(data, found, night))]
                if data.job_centres
                else []
            ),
        ),
        years=_years(found),
        left_out=numbers.number(
            sum(found.count(night, "protected", side, change) for side in SIDES for change in CHANGES)
        ),
        definitions=definitions(data.catalogue, keys),
    )


def _cell(found: TargetGroup, night: date, breakdown: str, side: str, code: str = ALL) -> Cell:
    return Cell(Decimal(found.count(night, breakdown, side, code)))


def _warnings(night: date, school: date | None, closed: Iterable[Closed]) -> tuple[str, ...]:
    found = [
        f"Skolregistret är stängt {numbers.day_of_year(one.first)}–{numbers.day_of_year(one.last)}. Nya avbrott och nya studier "
        "syns inte förrän det öppnar, så skillnaderna är osäkra."
        for one in closed
        if one.source == SCHOOL_REGISTER and one.holds_on(night)
    ]
    if school is None:
        found.append("Inget uttag ur skolregistret har lästs in. Alla räknas därför som om de inte studerar.")
    elif night - school > STALE:
        found.append(
            f"Det senaste uttaget ur skolregistret är från {numbers.long_date(school)}. Studier som har börjat eller "
            "slutat därefter syns inte."
        )
    return tuple(found)


def _block(id_: str, title: str, table: TableContent, notes: tuple[str, ...] = (), drawn: bool = False) -> Block:
    return Block(id_, title, table, notes=notes, charted=table if drawn else None)


def _changes(found: TargetGroup, night: date) -> Block:
    table = TableContent(
        "Skillnad",
        tuple(Heading(title) for title in SIDES.values()),
        tuple(Heading(title, group="Sedan uttaget före") for title in CHANGES.values()),
        tuple(tuple(_cell(found, night, "change", side, code) for code in CHANGES) for side in SIDES),
    )
    note = "En natt är ett uttag ur registret. Den som byter sida är stängd på den ena och ny på den andra."
    return _block("sedan-forra-natten", "Sedan uttaget före", table, (note,))


def _diagram(found: TargetGroup, night: date, breakdown: str, side: str, corner: str, labels: dict[str, str]) -> Block:
    used = found.codes(night, breakdown)
    # A reason that the program does not know yet is shown by its code rather than left out.
    codes = [
        code for code in [*labels, *sorted(used - labels.keys())] if _cell(found, night, breakdown, side, code).part
    ]
    table = TableContent(
        corner,
        tuple(Heading(labels.get(code, code)) for code in codes),
        (Heading("Antal", role="year"),),
        tuple((_cell(found, night, breakdown, side, code),) for code in codes),
    )
    # Both breakdowns stand on one page, and a reader who goes from heading to heading must tell them apart.
    title = f"{SIDES[side]}, efter {corner.lower()}"
    return _block(f"{breakdown}-{side}".replace("_", "-"), title, table, drawn=True)


def _groups(found: TargetGroup, night: date, breakdown: str, id_: str, corner: str, labels: dict[str, str]) -> Block:
    rows = [(Heading(label), code, breakdown) for code, label in labels.items()]
    rows.append((Heading("Totalt", total=True), ALL, "all"))
    table = TableContent(
        corner,
        tuple(heading for heading, _, _ in rows),
        tuple(Heading(title, group="Skillnader") for title in COLUMNS.values()),
        tuple(tuple(_cell(found, night, of, side, code) for side in SIDES) for _, code, of in rows),
    )
    return _block(id_, f"Efter {lower_first(corner)}", table)


def _job_centres(data: Published, found: TargetGroup, night: date) -> dict[str, str]:
    labels = dict(data.job_centres)
    if MISSING in found.codes(night, "job_centre"):
        labels[MISSING] = MISSING_LABEL
    return labels


def _years(found: TargetGroup) -> Block:
    """Each report year's last night, where the file has it."""
    ends = []
    for year in found.report_years:
        assert year.starts_on and year.ends_on
        within = [night for night in found.nights if year.starts_on <= night <= year.ends_on]
        if within:
            ends.append((year, within[-1]))
    table = TableContent(
        "År och uttag",
        tuple(Heading(f"{year.label} ({night})") for year, night in ends),
        (
            Heading("Målgrupp enligt lag", group="Personer"),
            Heading("I registret", group="Personer"),
            *(Heading(title, group="Skillnader") for title in COLUMNS.values()),
        ),
        tuple(
            (
                _cell(found, night, "size", ALL, "eligible"),
                _cell(found, night, "size", ALL, "in_register"),
                *(_cell(found, night, "all", side) for side in SIDES),
            )
            for _, night in ends
        ),
    )
    note = "Äldre år visas inte: av dem är många gallrade, och jämförelsen vore för låg."
    return _block("arens-slut", "Vid årens sista uttag", table, (note,))
