"""How the outreach followed the municipality's plans, for the page ”Så följs handlingsplanen”: counts only.

Which rules there are, and their words, come from the published file; what a rule counts does not belong here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from dashboards.content.findings import has_base
from dashboards.content.tables import Block, Cell, Heading, TableContent
from dashboards.published.file import ALL, MISSING
from dashboards.published.plan import Outcome, Plan, read_plan
from dashboards.published.publication import Period
from dashboards.published.report import Published
from dashboards.wording import numbers
from dashboards.wording.letters import capital

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
YEARS, YEARS_SIDE_BY_SIDE = 10, 5


@dataclass(frozen=True)
class PlanRow:
    """The cases of one group, as they are written."""

    label: str
    cells: tuple[str, ...]
    total: bool = False


@dataclass(frozen=True)
class Rule:
    """A rule of a plan with what came of it; without rows it cannot be answered."""

    id: str
    title: str
    plan: str
    section: str
    quote: str
    how: str
    not_answerable: str
    parameters: tuple[tuple[str, str], ...]
    groups: tuple[PlanRow, ...]  # none where the period has no case
    years: tuple[PlanRow, ...]  # the years in which the plan held; none where there is but one, or no case
    latest: tuple[str, ...]  # the latest of them, headings of groups_by_year
    groups_by_year: tuple[PlanRow, ...]  # the share that followed, by gender and job-centre


def read(path: Path, data: Published) -> tuple[Rule, ...]:
    """The rules of the plans that held on any day of the period, in the order of the plans."""
    plan = read_plan(path, data, YEARS)
    return tuple(_rule(row, plan, data) for row in plan.rules)


def score_card(path: Path, data: Published) -> Block | None:
    """How often each promise was kept, beside the year before and by job-centre; None where none can be followed."""
    plan = read_plan(path, data, 2)
    rules = [row for row in plan.rules if not row["not_answerable"]]
    if not rules:
        return None
    places = [(ALL, ALL), *(group for _, group in _job_centres(data))]
    groups = [(data.period, place) for place in places]
    groups[1:1] = [(year, (ALL, ALL)) for year in plan.years[1:]]
    columns = [column for period, place in groups for column in _card_columns(data, period, place)]
    outcomes = [
        [
            plan.outcomes.get((row["rule_id"], period.id, *place), Outcome()) if _held(row, period) else None
            for period, place in groups
        ]
        for row in rules
    ]
    cells = tuple(
        tuple(cell for outcome, (_, place) in zip(found, groups, strict=True) for cell in _card_cells(outcome, place))
        for found in outcomes
    )
    return Block(
        "planens-loften",
        f"Så ofta hölls planens löften, {numbers.listed([year.label for year in plan.years])}",
        TableContent("Löfte", tuple(Heading(row["title"]) for row in rules), tuple(columns), cells),
        finding=most_and_least({row["title"]: found[0] for row, found in zip(rules, outcomes, strict=True)}),
        notes=("Andelen är av de fall som kan avgöras. Ett fall räknas bara medan planen gällde.",),
        periods=tuple(reversed(plan.years)),
    )


def _card_columns(data: Published, period: Period, place: tuple[str, str]) -> list[Heading]:
    if place == (ALL, ALL):
        return [Heading(title, group=capital(period.label)) for title in ("Fall", "Följde", "Andel")]
    name = next(label for label, group in _job_centres(data) if group == place)
    return [Heading(name, group=f"Andel per jobbtorg, {period.label}")]


def _card_cells(outcome: Outcome | None, place: tuple[str, str]) -> list[Cell]:
    """The cases that can be decided, how many followed, and the share; by job-centre the share alone."""
    decided = outcome.decided if outcome else None
    followed = outcome.followed if outcome else None
    share = Cell(_decimal(followed), _decimal(decided), is_share=True)
    return [Cell(_decimal(decided)), Cell(_decimal(followed)), share] if place == (ALL, ALL) else [share]


def _decimal(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def most_and_least(outcomes: Mapping[str, Outcome | None]) -> str | None:
    """Which promise was kept most often, and which least; of very few cases nothing is said."""
    shares = {title: _card_cells(outcome, (ALL, ALL))[-1] for title, outcome in outcomes.items()}
    told = sorted((title for title, share in shares.items() if has_base(share)), key=lambda title: shares[title].size)
    if not told:
        return None
    always = [title for title in told if shares[title].part == shares[title].whole]
    least, most = (
        f"hölls ”{title}”, {shares[title].in_text} av {numbers.number(shares[title].whole or 0)}"
        for title in (told[0], told[-1])
    )
    if len(always) == len(told):
        return f"Alltid {most}" if len(told) == 1 else f"Alla {len(told)} löften som kan avgöras hölls alltid"
    if len(always) > 1:
        return f"Av {len(told)} löften hölls {len(always)} alltid, och mest sällan {least}"
    return f"Oftast {most}" + (f", och mest sällan {least}" if len(told) > 1 else "")


def _rule(row: dict[str, Any], plan: Plan, data: Published) -> Rule:
    rule_id = row["rule_id"]
    parameters = plan.parameters.get(rule_id, {})

    def outcome(period: Period, gender: str = ALL, job_centre: str = ALL) -> Outcome:
        return plan.outcomes.get((rule_id, period.id, gender, job_centre), Outcome())

    years = [year for year in plan.years if _held(row, year)]
    if len(years) < 2 or not any((rule_id, year.id, ALL, ALL) in plan.outcomes for year in years):
        years = []
    latest = years[:YEARS_SIDE_BY_SIDE]
    groups = _groups(data)
    return Rule(
        id=rule_id.replace("/", "-"),
        title=row["title"],
        plan=row["plan_title"],
        section=row["section"],
        quote=row["quote"],
        how=row["how"] or "",
        not_answerable=row["not_answerable"] or "",
        parameters=tuple(
            (title, data.labels.get(("kanal", parameters[name]), parameters[name]))
            for name, title in PARAMETERS.items()
            if name in parameters
        ),
        groups=tuple(
            PlanRow(label, _counts(outcome(data.period, *group)), group == (ALL, ALL)) for label, group in groups
        )
        if (rule_id, data.period.id, ALL, ALL) in plan.outcomes
        else (),
        years=tuple(PlanRow(year.title, _counts(outcome(year))) for year in years),
        latest=tuple(capital(year.label) for year in latest),
        groups_by_year=tuple(
            PlanRow(label, tuple(_share(outcome(year, *group)) for year in latest), group == (ALL, ALL))
            for label, group in groups
        ),
    )


def _held(rule: dict[str, Any], year: Period) -> bool:
    assert year.starts_on and year.ends_on
    return bool(year.ends_on >= rule["valid_from"] and (not rule["valid_to"] or year.starts_on <= rule["valid_to"]))


def _groups(data: Published) -> list[tuple[str, tuple[str, str]]]:
    """Label, gender and job-centre, everybody last."""
    return [("Kvinnor", ("kvinna", ALL)), ("Män", ("man", ALL)), *_job_centres(data), ("Totalt", (ALL, ALL))]


def _job_centres(data: Published) -> list[tuple[str, tuple[str, str]]]:
    """Label, gender and job-centre."""
    centres = [(name, (ALL, code)) for code, name in data.job_centres]
    return [*centres, ("Saknar jobbtorg", (ALL, MISSING))] if centres else []


def _share(outcome: Outcome) -> str:
    """The share that followed, of so many cases that could be decided."""
    share = numbers.share_cell(outcome.followed, outcome.decided)
    return f"{share} ({numbers.number(outcome.decided)})" if outcome.decided else share


def _counts(outcome: Outcome) -> tuple[str, ...]:
    """``COLUMNS``; the share is of the cases that could be decided."""
    return (
        numbers.count_cell(outcome.cases),
        numbers.count_cell(outcome.followed),
        numbers.share_cell(outcome.followed, outcome.decided),
        numbers.count_cell(outcome.not_followed),
        numbers.count_cell(outcome.undecided),
    )
