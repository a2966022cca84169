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
import polars as pl

from pipelines.configuration.municipality import Municipality
from pipelines.runtime.database import open_database
from pipelines.state.home import Version
from pipelines.warehouse.compiled import CompiledModel, kept_models, run_models
from pipelines.warehouse.inputs import EVERYTHING, write_inputs
from pipelines.warehouse.parts import FIGURES
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
    models: Path, history: Path, municipality: Municipality, period: Period, known_to: date, wanted: Sequence[str]
) -> list[FigureRow]:
    """The rows of models that have a figure's columns, computed with this compiled SQL from this history.

    Raises NightlyFailed when the compiled SQL is missing or torn.
    """
    with _answer(models, history, municipality, [period], known_to, wanted) as answer:
        return answer.fetchall()


@contextmanager
def built_warehouse(version: Version, also: Iterable[Path] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the nightly built, to be asked by the names that the models' SQL gives: `warehouse` and `history`, both read-only.
    ``also``: other files that will be attached."""
    with open_database(attaches=[version.warehouse, version.history, *also]) as connection:
        connection.execute(f"attach '{_quoted(version.warehouse)}' as warehouse (read_only)")
        connection.execute(f"attach '{_quoted(version.history)}' as history (read_only)")
        connection.execute("use warehouse")
        yield connection


def ask_public_figures(version: Version, municipality: Municipality, periods: Iterable[Period]) -> pl.DataFrame:
    """All figures of these periods, with everybody who has a protected identity counted as if no district were known: what a
    municipality's public output is made of that has decided so.

    Raises NightlyFailed when the version's compiled SQL is missing or torn.
    """
    with _answer(
        version.models, version.history, municipality, periods, EVERYTHING, FIGURES, "missing_place"
    ) as answer:
        return answer.pl()


@contextmanager
def _answer(
    models: Path,
    history: Path,
    municipality: Municipality,
    periods: Iterable[Period],
    known_to: date,
    wanted: Sequence[str],
    protected_identities: str = "as_figures",
) -> Iterator[duckdb.DuckDBPyConnection]:
    compiled = kept_models(models)
    with made_warehouse(compiled, history, municipality, periods, known_to, wanted, protected_identities) as connection:
        relations = [model.relation for model in compiled if model.name in wanted]
        columns = ", ".join(FIGURE_COLUMNS)
        yield connection.execute(" union all ".join(f"select {columns} from {relation}" for relation in relations))


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
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory, under the same names as `built_warehouse`: these models and all that they need, for these periods
    and this knowledge."""
    with open_database(attaches=[history, *also]) as connection:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute(f"attach '{_quoted(history)}' as history (read_only)")
        connection.execute("use warehouse")
        write_inputs(connection, municipality, periods, known_to, protected_identities)
        run_models(connection, compiled, wanted)
        yield connection


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
