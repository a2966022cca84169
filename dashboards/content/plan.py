"""How the outreach followed the municipality's plans, for the page ”Så följs handlingsplanen”: counts only.

Which rules there are, and their words, come from the published file; what a rule counts does not belong here.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dashboards.published import ALL, MISSING, Period, Published, connect, rows
from dashboards.wording import numbers

#: Parameters as readers name them; a channel's code becomes its label.
PARAMETERS = {
    "channel": "Kanal",
    "at_least": "Minst",
    "before_channel": "Före",
    "follow_up_channel": "Följs upp genom",
    "wait_days": "Väntan, dagar",
    "within_days": "Inom, dagar",
    "within_months": "Inom, månader",
    "after_month": "Efter, månad",
    "after_day": "Efter, dag",
}

COLUMNS = ("Fall", "Följde", "Andel", "Följde inte", "Kan inte avgöras")

#: So many years are shown, the latest first; by gender and job-centre fewer, side by side.
YEARS, YEARS_ABREAST = 10, 5


@dataclass(frozen=True)
class PlanLine:
    """The cases of one group, as they are written."""

    label: str
    cells: tuple[str, ...]
    total: bool = False


@dataclass(frozen=True)
class Rule:
    """A rule of a plan with what came of it; without lines it cannot be answered."""

    id: str
    title: str
    plan: str
    section: str
    quote: str
    how: str
    not_answerable: str
    parameters: tuple[tuple[str, str], ...]
    groups: tuple[PlanLine, ...]  # none where the period has no case
    years: tuple[PlanLine, ...]  # the years in which the plan held; none where there is but one, or no case
    abreast: tuple[str, ...]  # the latest of them, headings of groups_by_year
    groups_by_year: tuple[PlanLine, ...]  # the share that followed, by gender and job-centre


#: (rule, period, gender, job_centre) -> cases, followed, not followed, undecided
Counts = dict[tuple[str, str, str, str], tuple[int, int, int, int]]


def read(path: Path, data: Published) -> tuple[Rule, ...]:
    """The rules of the plans that held on any day of the period, in the order of the plans."""
    with connect(path) as connection:
        found = rows(
            connection,
            "select * from plan_rule where valid_from <= ? and (valid_to is null or valid_to >= ?) order by position",
            [data.period.ends_on, data.period.starts_on],
        )
        parameters = rows(connection, "select rule_id, name, value from plan_parameter")
        counted = connection.execute(
            "select rule_id, period, gender, job_centre, cases, followed, not_followed, undecided from plan_rule_summary"
        ).fetchall()
        years = _over_the_years(connection, data.period, data.publication.first_extract_date)
    counts: Counts = {(row[0], row[1], row[2], row[3]): (row[4], row[5], row[6], row[7]) for row in counted}
    return tuple(_rule(row, parameters, counts, years, data) for row in found)


def _over_the_years(
    connection: duckdb.DuckDBPyConnection, period: Period, first_extract: date | None
) -> list[dict[str, Any]]:
    """The period and those before it, one year apart, that have deliveries: at most ``YEARS``, the latest first."""
    known = {row["period_id"]: row for row in rows(connection, "select * from period")}
    found: list[dict[str, Any]] = []
    next_id: str | None = period.id
    while next_id in known and len(found) < YEARS:
        row = known[next_id]
        if found and first_extract and row["ends_on"] < first_extract:
            break
        found.append(row)
        next_id = row["previous_period_id"]
    return found


def _rule(
    row: dict[str, Any],
    parameters: list[dict[str, Any]],
    counts: Counts,
    years: list[dict[str, Any]],
    data: Published,
) -> Rule:
    rule_id = row["rule_id"]
    names = {each["name"]: each["value"] for each in parameters if each["rule_id"] == rule_id}
    held = [
        year
        for year in years
        if year["ends_on"] >= row["valid_from"] and (not row["valid_to"] or year["starts_on"] <= row["valid_to"])
    ]
    if len(held) < 2 or not any((rule_id, year["period_id"], ALL, ALL) in counts for year in held):
        held = []
    abreast = held[:YEARS_ABREAST]
    return Rule(
        id=rule_id.replace("/", "-"),
        title=row["title"],
        plan=row["plan_title"],
        section=row["section"],
        quote=row["quote"],
        how=row["how"] or "",
        not_answerable=row["not_answerable"] or "",
        parameters=tuple(
            (title, data.labels.get(("kanal", names[name]), names[name]))
            for name, title in PARAMETERS.items()
            if name in names
        ),
        groups=tuple(
            _line(label, counts.get((rule_id, data.period.id, gender, centre)), (gender, centre) == (ALL, ALL))
            for label, gender, centre in _groups(data)
        )
        if (rule_id, data.period.id, ALL, ALL) in counts
        else (),
        years=tuple(_line(year["title"], counts.get((rule_id, year["period_id"], ALL, ALL))) for year in held),
        abreast=tuple(_label(year) for year in abreast),
        groups_by_year=tuple(
            PlanLine(
                label,
                tuple(_share(counts.get((rule_id, year["period_id"], gender, centre))) for year in abreast),
                (gender, centre) == (ALL, ALL),
            )
            for label, gender, centre in _groups(data)
        ),
    )


def _groups(data: Published) -> list[tuple[str, str, str]]:
    """(label, gender, job-centre), everybody last."""
    groups = [("Kvinnor", "kvinna", ALL), ("Män", "man", ALL)]
    if data.job_centres:
        groups += [(name, ALL, code) for code, name in data.job_centres]
        groups.append(("Saknar jobbtorg", ALL, MISSING))
    return [*groups, ("Totalt", ALL, ALL)]


def _label(row: dict[str, Any]) -> str:
    """A short heading: ``2023``."""
    label = Period(row["period_id"], row["period_kind"], row["title"]).label
    return label[:1].upper() + label[1:]


def _share(counted: tuple[int, int, int, int] | None) -> str:
    """The share that followed, of so many cases that could be decided."""
    _, followed, not_followed, _ = counted or (0, 0, 0, 0)
    decided = followed + not_followed
    share = numbers.share_cell(followed, decided)
    return f"{share} ({numbers.number(decided)})" if decided else share


def _line(label: str, counted: tuple[int, int, int, int] | None, total: bool = False) -> PlanLine:
    """The share is of the cases that could be decided."""
    cases, followed, not_followed, undecided = counted or (0, 0, 0, 0)
    cells = (
        numbers.count_cell(cases),
        numbers.count_cell(followed),
        numbers.share_cell(followed, followed + not_followed),
        numbers.count_cell(not_followed),
        numbers.count_cell(undecided),
    )
    return PlanLine(label, cells, total)
