"""The tables of schema `input`: what dbt's models read besides the history. Parameters are rows, so that the same SQL
answers for every period, day and date of knowledge. Figures do not belong here."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache

import duckdb

from pipelines.configuration.contract import code_lists
from pipelines.configuration.municipality import Municipality
from pipelines.configuration.plans import parameter_rows, rule_rows
from pipelines.warehouse.periods import Period, year_before

#: Known-to date of a question that is asked with everything that is loaded.
EVERYTHING = date(9999, 12, 31)

#: Tables of schema `input` and their columns.
TABLES = {
    "knowledge": "known_to date",
    "period": "period_id varchar, period_kind varchar, starts_on date, ends_on date, year_before_starts_on date, "
    "year_before_ends_on date",
    "district": "code varchar, name varchar, valid_from date, valid_to date, successor_code varchar",
    "job_centre": "code varchar, name varchar, position integer",
    "job_centre_district": "district_code varchar, job_centre_code varchar",
    "code": "code_list varchar, code varchar, label varchar, position integer",
    "threshold": "name varchar, value bigint",
    "plan_rule": "rule_id varchar, plan_id varchar, plan_title varchar, valid_from date, valid_to date, rule_kind varchar, "
    "title varchar, section varchar, quote varchar, how varchar, not_answerable varchar, position integer",
    "plan_parameter": "rule_id varchar, name varchar, value varchar",
    "disclosure": "protected_identities varchar",
}


@cache
def _code_rows() -> list[tuple[object, ...]]:
    """Read once: a question for another day asks for the same lists again."""
    return [
        (name, str(entry["code"]), entry.get("label", entry["code"]), place)
        for name, content in code_lists().items()
        for place, entry in enumerate(content["codes"], start=1)
    ]


def _period_row(period: Period, before: Period | None) -> tuple[object, ...]:
    bounds = (before.starts_on, before.ends_on) if before else (None, None)
    return (period.period_id, period.kind, period.starts_on, period.ends_on, *bounds)


def write_inputs(
    connection: duckdb.DuckDBPyConnection,
    municipality: Municipality,
    periods: Iterable[Period],
    known_to: date,
    protected_identities: str = "as_figures",
) -> None:
    """Make schema `input` in the connection's current database: ``input_rows`` as tables."""
    rows = input_rows(municipality, periods, known_to, protected_identities)
    connection.execute("create schema if not exists input")
    for name, columns in TABLES.items():
        hold_rows(connection, f"input.{name}", columns, rows[name])


def hold_rows(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: str, rows: Sequence[Sequence[object]]
) -> None:
    """Have these few rows as a table, in place of one of that name."""
    connection.execute(f"create or replace table {relation} ({columns})")
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {relation} values ({marks})", rows)


def input_rows(
    municipality: Municipality, periods: Iterable[Period], known_to: date, protected_identities: str = "as_figures"
) -> dict[str, list[tuple[object, ...]]]:
    """The rows of each table.

    ``protected_identities``: as in the profile's ``disclosure``. Only what is asked for public output follows the profile there:
    the figures are those of figures.md.
    """
    return {
        "knowledge": [(known_to,)],
        "period": [_period_row(item, year_before(item, municipality)) for item in periods],
        "district": [
            (item.code, item.name, item.valid_from, item.valid_to, item.successor) for item in municipality.districts
        ],
        "job_centre": [(item.code, item.name, place) for place, item in enumerate(municipality.job_centres, start=1)],
        "job_centre_district": [
            (district, centre.code) for centre in municipality.job_centres for district in centre.districts
        ],
        "code": _code_rows(),
        "threshold": list(municipality.thresholds.model_dump().items()),
        "plan_rule": rule_rows(municipality.plans),
        "plan_parameter": parameter_rows(municipality.plans),
        "disclosure": [(protected_identities,)],
    }
