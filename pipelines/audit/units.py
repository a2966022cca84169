"""The units of a figure: what a cell counts, one by one, from the SQL that counted it.

A figure's model begins with the query `unit`: the rows that belong to it, each with its groups and, per measure, whether
it is counted and as what (dbt_project/macros/figure.sql). A cell's units are these rows and no others; nothing here filters by a
rule of its own. Which delivered rows a unit rests on is found in ``evidence``.
"""

import json
from typing import Any

import duckdb

from pipelines.audit.cell import ALL, Cell
from pipelines.configuration.catalogue import Counted, Figure, Role
from pipelines.runtime.errors import NightlyFailed
from pipelines.warehouse.compiled import CompiledModel

#: The temporary table that `select_units` makes.
UNITS = "asked_unit"

#: Dimension of a cell -> column of `unit`.
COLUMNS = {
    "gender": "gender",
    "district": "district_code",
    "job_centre": "job_centre_code",
    "category": "unit_category",
    "subcategory": "unit_subcategory",
}


#: The models that every trace asks besides those of its figure.
ASKED_MODELS = ("int_person__numbers", "int_person__protected")

_NOBODY = "cast(null as varchar) as person_id"


def unit_sql(connection: duckdb.DuckDBPyConnection, model: CompiledModel) -> str:
    """The query `unit` of a figure's model, by itself. Raises NightlyFailed when an earlier program made the model."""
    parsed = json.loads(_one(connection, "select json_serialize_sql(?::varchar)", model.sql))
    queries = [] if parsed["error"] else parsed["statements"][0]["node"]["cte_map"]["map"]
    node = next((query["value"]["query"]["node"] for query in queries if query["key"] == "unit"), None)
    if node is None:
        raise NightlyFailed(
            f"The published SQL of {model.name} was made by an earlier program and does not say which rows it counts. Run "
            "kaa nightly once, and ask again."
        )
    alone = {"error": False, "statements": [{"node": node}]}
    return str(_one(connection, "select json_deserialize_sql(?::json)", json.dumps(alone)))


def select_units(
    connection: duckdb.DuckDBPyConnection, model: CompiledModel, figure: Figure, cell: Cell, period_id: str
) -> None:
    """Make the temporary table `asked_unit` of the cell's units: `unit` (1, 2, … in a fixed order), `person_id` (null: nobody's),
    `record` (the key as delivered; null where no record is counted), `stay` (the day it began), `value`, `is_protected`, and all
    columns of `unit`. A person who has several rows is one unit, with the first of them by the records that decide.
    """
    _select_rows(connection, model, figure, cell, period_id)
    once = (
        "qualify row_number() over (partition by person_id order by {order}) = 1"
        if is_of_persons(figure, cell.measure)
        else ""
    )
    _number_rows(connection, figure, cell.measure, once)


def select_rows(
    connection: duckdb.DuckDBPyConnection, model: CompiledModel, figure: Figure, measure: str, period_id: str
) -> None:
    """As `select_units`, of all cells of a measure: a person who is counted in several categories has a row for each record."""
    _select_rows(connection, model, figure, Cell(figure.id, measure), period_id)
    _number_rows(connection, figure, measure, "")


def _select_rows(
    connection: duckdb.DuckDBPyConnection, model: CompiledModel, figure: Figure, cell: Cell, period_id: str
) -> None:
    query = unit_sql(connection, model)
    has_person = "person_id" in {name for name, *_ in connection.execute(f"describe {query}").fetchall()}
    asked = [(column, getattr(cell, name)) for name, column in COLUMNS.items() if getattr(cell, name) != ALL]
    filters = "".join(f" and {column} = ?" for column, _ in asked)
    connection.execute(
        f"""
        create or replace temp table counted_row as
        select
            *{"" if has_person else f", {_NOBODY}"},
            {record_key(figure.record(cell.measure))} as record,
            {figure.stay(cell.measure) or "cast(null as date)"} as stay,
            amount_{cell.measure} as value
        from ({query})
        where period_id = ? and counts_{cell.measure}{filters}
        """,
        [period_id, *(value for _, value in asked)],
    )


def _number_rows(connection: duckdb.DuckDBPyConnection, figure: Figure, measure: str, once: str) -> None:
    """The second step by itself: DuckDB 1.5 cannot plan the choice of the first row together with the question's parameters."""
    order = ", ".join(["person_id", *_identity(figure, measure)])
    connection.execute(
        f"""
        create or replace temp table {UNITS} as
        select
            row_number() over (order by {order}) as unit,
            chosen.*,
            coalesce(person_id in (select person_id from warehouse.main.int_person__protected), false) as is_protected
        from (select * from counted_row {once.format(order=order)}) as chosen;
        drop table counted_row
        """
    )


def is_of_persons(figure: Figure, measure: str) -> bool:
    """Whether a unit is a person, so that a person is counted once."""
    return figure.counted_as(measure) is Counted.PERSON


def record_key(columns: tuple[str, ...]) -> str:
    """SQL for a record's key as it was delivered: text, of several columns a JSON array in the contract's order."""
    texts = [f"coalesce(cast({column} as varchar), '')" for column in columns]
    if not texts:
        return "cast(null as varchar)"
    return texts[0] if len(texts) == 1 else f"cast(to_json([{', '.join(texts)}]) as varchar)"


def _identity(figure: Figure, measure: str) -> list[str]:
    """Columns that tell units of one person apart: the key of what is counted, or of what decides."""
    evidence = [one for one in figure.evidence_of(measure) if one.role is not Role.PLACE]
    keys = [[*one.record, *([one.stay] if one.stay else [])] for one in evidence]
    return [f"{column} nulls last" for column in dict.fromkeys(name for key in keys for name in key)]


def _one(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: Any) -> Any:
    row = connection.execute(sql, list(parameters)).fetchone()
    return row[0] if row else None
