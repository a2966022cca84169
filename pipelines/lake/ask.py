"""Asks a lake for figures, by whatever engine: the models of ``dbt_project`` over the history that the lake's parts make up."""

from collections.abc import Iterable
from datetime import date

from pipelines.configuration.municipality import Municipality
from pipelines.lake.engine import Engine
from pipelines.lake.history import history_of
from pipelines.lake.layout import Lake
from pipelines.warehouse.ask import FigureRow, rows_of
from pipelines.warehouse.compiled import CompiledModel, needed_models
from pipelines.warehouse.inputs import TABLES, input_rows
from pipelines.warehouse.periods import Period


def ask_lake(
    engine: Engine,
    lake: Lake,
    compiled: list[CompiledModel],
    municipality: Municipality,
    period: Period,
    known_to: date,
    figure: str | None = None,
) -> list[FigureRow]:
    """The rows of all figures that figures.md knows, or of one, for a period as known on a day; in no particular order.

    ``municipality``: the profile that districts, job-centres and report years are those of: of the municipality whose part is
    asked, or of the whole country.

    Raises UsageError where the lake holds no part of it, or one that it does not know.
    """
    wanted = [f"figure_{figure}" if figure else "figures"]
    make_warehouse(engine, lake, compiled, municipality, [period], known_to, wanted)
    return engine.fetch(rows_of(compiled, wanted))


def make_warehouse(
    engine: Engine,
    lake: Lake,
    compiled: list[CompiledModel],
    municipality: Municipality,
    periods: Iterable[Period],
    known_to: date,
    wanted: Iterable[str],
) -> None:
    """Have an engine make these models and all that they need, for these periods and this knowledge."""
    for name, columns in lake.columns.items():
        engine.read(f"lake.{name.partition('.')[2]}", lake.paths(name), columns)
    for name, rows in input_rows(municipality, periods, known_to).items():
        engine.hold(f"input.{name}", TABLES[name], rows)
    for name, sql in history_of(lake, municipality).items():
        engine.make(name, sql)
    needed = needed_models(compiled, wanted)
    engine.run([model for model in compiled if model.name in needed])
