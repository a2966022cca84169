"""The rules of the municipality's plans and how often each was followed, for the page ”Så följs handlingsplanen”."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from dashboards.published.file import connect, rows
from dashboards.published.publication import Period, read_period
from dashboards.published.report import Published


class Outcome(NamedTuple):
    """How many cases a rule had, and what became of them."""

    cases: int = 0
    followed: int = 0
    not_followed: int = 0
    undecided: int = 0

    @property
    def decided(self) -> int:
        return self.followed + self.not_followed


@dataclass(frozen=True)
class Plan:
    """``rules``: of the plans that held on any day of the period, in their order. ``parameters``: values by rule and name."""

    rules: list[dict[str, Any]]
    parameters: dict[str, dict[str, str]]
    #: By rule, period, gender and job-centre; what is left out had no case.
    outcomes: dict[tuple[str, str, str, str], Outcome]
    #: The report's period and those before it, the latest first.
    years: tuple[Period, ...]


def read_plan(path: Path, data: Published, years: int) -> Plan:
    """The plans of a report's period, and what came of them in at most so many years."""
    with connect(path) as connection:
        parameters: dict[str, dict[str, str]] = {}
        for row in rows(connection, "select rule_id, name, value from plan_parameter"):
            parameters.setdefault(row["rule_id"], {})[row["name"]] = row["value"]
        counted = connection.execute(
            "select rule_id, period, gender, job_centre, cases, followed, not_followed, undecided from plan_rule_summary"
        ).fetchall()
        return Plan(
            rules=rows(
                connection,
                "select * from plan_rule where valid_from <= ? and (valid_to is null or valid_to >= ?) order by position",
                [data.period.ends_on, data.period.starts_on],
            ),
            parameters=parameters,
            outcomes={row[:4]: Outcome(*row[4:]) for row in counted},
            years=_over_the_years(connection, data.period, data.publication.first_extract_date, years),
        )


def _over_the_years(
    connection: duckdb.DuckDBPyConnection, period: Period, first_extract: date | None, years: int
) -> tuple[Period, ...]:
    """The period and those before it, one year apart, that have deliveries: at most so many, the latest first."""
    published = {row["period_id"] for row in rows(connection, "select period_id from period")}
    found = [period]
    while len(found) < years and (before := found[-1].previous_id) in published:
        assert before
        earlier = read_period(connection, before)
        if first_extract and earlier.ends_on and earlier.ends_on < first_extract:
            break
        found.append(earlier)
    return tuple(found)
