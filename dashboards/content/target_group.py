"""Who belongs to the target group by law against who is in the register, for the page ”Målgrupp och register”.

Counts from the published summary, put into the same tables and diagrams as the annual report. The persons themselves are not
published: the keepers' worklist is a mart of the warehouse (docs/recipes.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from dashboards.content.report import MISSING_LABEL, About, Block, Cell, Line, TableContent
from dashboards.published import MISSING, Closed, NotPublished, Period, Published, connect, rows
from dashboards.wording import numbers

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

#: The source that says who studies.
SCHOOL_REGISTER = "skolregister"
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
    parts: tuple[Block, ...] = ()
    years: Block | None = None
    about: tuple[About, ...] = ()


@dataclass(frozen=True)
class _Summary:
    """The published counts by night, breakdown, side and code; what is left out of these nights is zero."""

    counts: dict[tuple[date, str, str, str], int]
    nights: tuple[date, ...] = field(default=())

    def cell(self, night: date, breakdown: str, side: str, code: str = "*") -> Cell:
        if night not in self.nights:
            raise NotPublished(f"Natten {night} är inte inläst.")
        return Cell(Decimal(self.counts.get((night, breakdown, side, code), 0)))

    def codes(self, night: date, breakdown: str) -> set[str]:
        return {key[3] for key in self.counts if key[:2] == (night, breakdown)}


def read(path: Path, data: Published) -> Comparison:
    """The comparison on the latest night, and at the ends of the report years."""
    with connect(path) as connection:
        found = rows(connection, "select on_date, breakdown, side, code, persons from target_group_summary")
        school = rows(
            connection,
            "select max(extract_date) as latest from delivery where source = ? and status = 'accepted'",
            [SCHOOL_REGISTER],
        )[0]["latest"]
        years = [
            Period(row["period_id"], row["period_kind"], row["title"], row["starts_on"], row["ends_on"])
            for row in rows(
                connection,
                "select * from period where period_kind = ? order by starts_on",
                [data.publication.report_year_kind],
            )
        ]
    if not found:
        return Comparison(None)
    summary = _Summary(
        {(row["on_date"], row["breakdown"], row["side"], row["code"]): row["persons"] for row in found},
        tuple(sorted({row["on_date"] for row in found})),
    )
    night = summary.nights[-1]
    about: tuple[About, ...] = ()
    if FIGURE in data.catalogue:
        figure = data.catalogue[FIGURE]
        about = (About(figure, tuple((measure.title, measure.definition) for measure in figure.measures)),)
    return Comparison(
        night=night,
        facts=(
            ("hör till målgruppen enligt lag", summary.cell(night, "size", "*", "eligible").in_text),
            ("finns i registret", summary.cell(night, "size", "*", "in_register").in_text),
            *((_lower(title), summary.cell(night, "all", side).in_text) for side, title in SIDES.items()),
        ),
        warnings=_warnings(night, school, data.profile.closed),
        changes=_changes(summary, night),
        reasons=tuple(_diagram(summary, night, "reason", side, "Orsak", REASONS) for side in SIDES),
        lengths=tuple(_diagram(summary, night, "length", side, "Tid", LENGTHS) for side in SIDES),
        parts=(
            _parts(summary, night, "gender", "kon", "Kön", {"kvinna": "Kvinnor", "man": "Män"}),
            *(
                [_parts(summary, night, "job_centre", "jobbtorg", "Jobbtorg", _job_centres(data, summary, night))]
                if data.job_centres
                else []
            ),
        ),
        years=_years(summary, years),
        about=about,
    )


def _lower(title: str) -> str:
    """A title inside a sentence or below a number."""
    return title[:1].lower() + title[1:]


def _warnings(night: date, school: date | None, closed: Iterable[Closed]) -> tuple[str, ...]:
    found = [
        f"Skolregistret är stängt {numbers.day_of_year(one.first)}–{numbers.day_of_year(one.last)}. Nya avbrott och nya studier "
        "syns inte förrän det öppnar, så skillnaderna är osäkra."
        for one in closed
        if one.source == SCHOOL_REGISTER and one.first <= f"{night:%m-%d}" <= one.last
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
    return Block(
        id=id_, number=None, title=title, beside=False, table=table, notes=notes, about=(),
        charted=table if drawn else None,
    )  # fmt: skip


def _changes(summary: _Summary, night: date) -> Block:
    table = TableContent(
        "Skillnad",
        tuple(Line(title) for title in SIDES.values()),
        tuple(Line(title, group="Sedan uttaget före") for title in CHANGES.values()),
        tuple(tuple(summary.cell(night, "change", side, code) for code in CHANGES) for side in SIDES),
    )
    note = "En natt är ett uttag ur registret. Den som byter sida är stängd på den ena och ny på den andra."
    return _block("sedan-forra-natten", "Sedan uttaget före", table, (note,))


def _diagram(summary: _Summary, night: date, breakdown: str, side: str, corner: str, labels: dict[str, str]) -> Block:
    used = summary.codes(night, breakdown)
    # A reason that the program does not know yet is shown by its code rather than left out.
    codes = [
        code for code in [*labels, *sorted(used - labels.keys())] if summary.cell(night, breakdown, side, code).part
    ]
    table = TableContent(
        corner,
        tuple(Line(labels.get(code, code)) for code in codes),
        (Line("Antal", role="year"),),
        tuple((summary.cell(night, breakdown, side, code),) for code in codes),
    )
    # Both breakdowns stand on one page, and a reader who goes from heading to heading must tell them apart.
    title = f"{SIDES[side]}, efter {corner.lower()}"
    return _block(f"{breakdown}-{side}".replace("_", "-"), title, table, drawn=True)


def _parts(summary: _Summary, night: date, breakdown: str, id_: str, corner: str, labels: dict[str, str]) -> Block:
    lines = [(Line(label), code, breakdown) for code, label in labels.items()]
    lines.append((Line("Totalt", total=True), "*", "all"))
    table = TableContent(
        corner,
        tuple(line for line, _, _ in lines),
        tuple(Line(title, group="Skillnader") for title in COLUMNS.values()),
        tuple(tuple(summary.cell(night, of, side, code) for side in SIDES) for _, code, of in lines),
    )
    return _block(id_, f"Efter {_lower(corner)}", table)


def _job_centres(data: Published, summary: _Summary, night: date) -> dict[str, str]:
    labels = dict(data.job_centres)
    if MISSING in summary.codes(night, "job_centre"):
        labels[MISSING] = MISSING_LABEL
    return labels


def _years(summary: _Summary, years: list[Period]) -> Block:
    """Each report year's last night, where the file has it."""
    ends = []
    for year in years:
        assert year.starts_on and year.ends_on
        within = [night for night in summary.nights if year.starts_on <= night <= year.ends_on]
        if within:
            ends.append((year, within[-1]))
    table = TableContent(
        "År och uttag",
        tuple(Line(f"{year.label} ({night})") for year, night in ends),
        (
            Line("Målgrupp enligt lag", group="Personer"),
            Line("I registret", group="Personer"),
            *(Line(title, group="Skillnader") for title in COLUMNS.values()),
        ),
        tuple(
            (
                summary.cell(night, "size", "*", "eligible"),
                summary.cell(night, "size", "*", "in_register"),
                *(summary.cell(night, "all", side) for side in SIDES),
            )
            for _, night in ends
        ),
    )
    note = "Äldre år visas inte: av dem är många gallrade, och jämförelsen vore för låg."
    return _block("arens-slut", "Vid årens sista uttag", table, (note,))
