"""Running the compiled SQL of the dbt models without dbt: how a day, or "as known on", is answered.

What belongs here: an in-memory DuckDB whose catalogs carry the names that the SQL uses. What does not belong here: what the
answers should be.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import duckdb

from pipelines.warehouse.compiled import CompiledModel, run_models
from tests.dbt.make_fixture import District, Extracts, stockholm, write_history, write_input

Period = tuple[str, date, date]
#: figure, measure, period, gender, district, job_centre, category, subcategory
FigureKey = tuple[str, str, str, str, str, str, str, str]


@contextmanager
def in_memory(
    models: list[CompiledModel],
    extracts: Extracts,
    periods: Iterable[Period],
    known_to: date = date(9999, 12, 31),
    districts: Iterable[District] | None = None,
    protected_identities: str = "as_figures",
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory, built from these extracts by the compiled SQL."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as history; attach ':memory:' as warehouse")
        write_history(connection, "history", extracts)
        write_input(
            connection,
            "warehouse",
            periods,
            stockholm() if districts is None else districts,
            known_to,
            protected_identities,
        )
        run_models(connection, models)
        yield connection


def figures(connection: duckdb.DuckDBPyConnection, table: str = "figures") -> dict[FigureKey, Decimal]:
    """All figures of a warehouse, or our own."""
    rows = connection.execute(
        "select figure, measure, period, gender, district, job_centre, category, subcategory, value "
        f"from warehouse.main.{table}"
    ).fetchall()
    return {row[:8]: row[8] for row in rows}
