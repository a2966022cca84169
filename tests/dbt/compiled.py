"""Running the compiled SQL of the dbt models without dbt: how a day, or "as known on", is answered.

What belongs here: the models' SQL from dbt's manifest, run in dependency order in an in-memory DuckDB whose catalogs
carry the names that the SQL uses. What does not belong here: what the answers should be.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from tests.dbt.make_fixture import District, Extracts, stockholm, write_history, write_input

Period = tuple[str, date, date]
#: figure, measure, period, gender, district, job_centre, category, subcategory
FigureKey = tuple[str, str, str, str, str, str, str, str]


@dataclass(frozen=True)
class Model:
    """A dbt model as the manifest has it."""

    name: str
    relation: str
    is_view: bool
    sql: str


def read_manifest(path: Path) -> dict[str, Any]:
    """dbt's manifest of a finished build."""
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def models_in_order(manifest: dict[str, Any]) -> list[Model]:
    """The models, each after those it reads."""
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    graph = {key: [each for each in node["depends_on"]["nodes"] if each in nodes] for key, node in nodes.items()}
    return [
        Model(
            name=nodes[key]["name"],
            relation=nodes[key]["relation_name"],
            is_view=nodes[key]["config"]["materialized"] == "view",
            sql=nodes[key]["compiled_code"],
        )
        for key in TopologicalSorter(graph).static_order()
    ]


def run(connection: duckdb.DuckDBPyConnection, models: Iterable[Model]) -> None:
    """Make every model in the catalog that its SQL names."""
    for model in models:
        kind = "view" if model.is_view else "table"
        connection.execute(f"create or replace {kind} {model.relation} as {model.sql}")


@contextmanager
def in_memory(
    models: Iterable[Model],
    extracts: Extracts,
    periods: Iterable[Period],
    known_to: date = date(9999, 12, 31),
    districts: Iterable[District] | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory, built from these extracts by the compiled SQL."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as history; attach ':memory:' as warehouse")
        write_history(connection, "history", extracts)
        write_input(connection, "warehouse", periods, stockholm() if districts is None else districts, known_to)
        run(connection, models)
        yield connection


def figures(connection: duckdb.DuckDBPyConnection, table: str = "figures") -> dict[FigureKey, Decimal]:
    """All figures of a warehouse, or our own."""
    rows = connection.execute(
        "select figure, measure, period, gender, district, job_centre, category, subcategory, value "
        f"from warehouse.main.{table}"
    ).fetchall()
    return {row[:8]: row[8] for row in rows}
