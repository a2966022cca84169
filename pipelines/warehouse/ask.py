"""Asks the published version's own SQL again: for another day of knowledge, another period, or a single day.

The models that built the warehouse run in memory over the same history, with other rows in `input`. So there is one
definition of every figure, and an answer can be computed again as long as its version is kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from pipelines.configuration.contract import Dataset
from pipelines.configuration.municipality import Municipality
from pipelines.runtime.database import attach, open_database
from pipelines.state.home import Version
from pipelines.warehouse.compiled import CompiledModel, kept_models, run_models
from pipelines.warehouse.inputs import write_inputs
from pipelines.warehouse.periods import Period

#: A row of figures.md section 2.
FIGURE_COLUMNS = (
    "figure", "measure", "period", "gender", "district", "job_centre", "category", "subcategory", "value",
)  # fmt: skip

FigureRow = tuple[str, str, str, str, str, str, str, str, Decimal]


class ExactNumber(str):
    """The digits of an exact number."""


def plain_number(value: Decimal) -> ExactNumber:
    """An exact number without trailing zeros, and never with an exponent."""
    text = f"{value:f}"
    return ExactNumber(text.rstrip("0").rstrip(".") if "." in text else text)


def ask_figures(
    version: Version, municipality: Municipality, period: Period, known_to: date, figure: str | None = None
) -> list[FigureRow]:
    """The rows of all figures that figures.md knows, or of one, for a period as known on a day; in no particular order.

    Raises NightlyFailed when the version's compiled SQL is missing or torn.
    """
    models = [f"figure_{figure}" if figure else "figures"]
    return ask_models(version.models, version.history, municipality, period, known_to, models)


def ask_models(
    models: Path,
    history: Path,
    municipality: Municipality,
    period: Period,
    known_to: date,
    wanted: Sequence[str],
    datasets: Iterable[Dataset] = (),
) -> list[FigureRow]:
    """The rows of models that have a figure's columns, computed with this compiled SQL from this history.

    ``datasets``: those that the SQL may ask of, where the history is of an earlier program that did not know them all.

    Raises NightlyFailed when the compiled SQL is missing or torn.
    """
    compiled = kept_models(models)
    with made_warehouse(compiled, history, municipality, [period], known_to, wanted, datasets=datasets) as connection:
        return connection.execute(rows_of(compiled, wanted)).fetchall()


@contextmanager
def built_warehouse(version: Version, also: Iterable[Path] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the nightly built, to be asked by the names that the models' SQL gives: `warehouse` and `history`, both read-only.
    ``also``: other files that will be attached."""
    with open_database(attaches=[version.warehouse, version.history, *also]) as connection:
        attach(connection, version.warehouse, "warehouse")
        attach(connection, version.history, "history")
        connection.execute("use warehouse")
        yield connection


def rows_of(compiled: Iterable[CompiledModel], wanted: Sequence[str]) -> str:
    """A query for the rows of models that have a figure's columns."""
    columns = ", ".join(FIGURE_COLUMNS)
    return " union all ".join(f"select {columns} from {model.relation}" for model in compiled if model.name in wanted)


@contextmanager
def made_warehouse(
    compiled: list[CompiledModel],
    history: Path,
    municipality: Municipality,
    periods: Iterable[Period],
    known_to: date,
    wanted: Sequence[str],
    protected_identities: str = "as_figures",
    also: Iterable[Path] = (),
    datasets: Iterable[Dataset] = (),
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory, under the same names as `built_warehouse`: these models and all that they need, for these periods
    and this knowledge. ``datasets``: those that the history is to have, empty where it was made before they were known."""
    with open_database(attaches=[history, *also]) as connection:
        connection.execute("attach ':memory:' as warehouse")
        attach(connection, history, "history")
        _add_datasets(connection, history, datasets)
        connection.execute("use warehouse")
        write_inputs(connection, municipality, periods, known_to, protected_identities)
        run_models(connection, compiled, wanted)
        yield connection


def _add_datasets(connection: duckdb.DuckDBPyConnection, history: Path, datasets: Iterable[Dataset]) -> None:
    """Put another `history` in the place of one that lacks datasets or columns of them: all that it has, and the others empty."""
    datasets = list(datasets)
    if not datasets:
        return
    from pipelines.history.schema import empty_columns  # only here: it loads Polars, which most questions do not need

    columns = connection.execute(
        "select table_name, list(column_name) from duckdb_columns() where database_name = 'history' group by table_name"
    ).fetchall()
    there = {table: set(names) for table, names in columns}
    gained = {dataset.table: empty_columns(dataset, there.get(dataset.table, set())) for dataset in datasets}
    if not any(gained.values()):
        return
    connection.execute("detach history")
    attach(connection, history, "earlier_history")
    connection.execute("attach ':memory:' as history")
    for table in there:
        listed = ", ".join(["*", *gained.get(table, [])])
        connection.execute(f"create view history.{table} as select {listed} from earlier_history.{table}")
    for table in gained.keys() - there.keys():
        connection.execute(f"create view history.{table} as select {', '.join(gained[table])} limit 0")
