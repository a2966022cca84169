"""What public output is made of where a municipality has decided that it differs from the figures: persons with a protected
identity without a place, and the key of each cell.

How counts are changed by their keys belongs in ``publication.cell_key``.
"""

from collections.abc import Iterable, Sequence

import duckdb
import polars as pl

from pipelines.configuration.catalogue import Catalogue
from pipelines.configuration.disclosure import CellKey, Disclosure
from pipelines.configuration.municipality import Municipality
from pipelines.state.home import Version
from pipelines.warehouse.ask import FIGURE_COLUMNS, made_warehouse, rows_of
from pipelines.warehouse.cell_keys import cell_keys, has_keys
from pipelines.warehouse.compiled import CompiledModel, kept_models
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.parts import FIGURES
from pipelines.warehouse.periods import Period


def ask_public_figures(
    built: duckdb.DuckDBPyConnection,
    version: Version,
    municipality: Municipality,
    periods: Iterable[Period],
    disclosure: Disclosure,
    catalogue: Catalogue,
) -> pl.DataFrame | None:
    """All figures as public output counts them, with the keys of their cells where the Cell Key Method asks for them; None: they
    are the figures. ``built``: has the version's warehouse and history attached under their names.

    Raises NightlyFailed when the version's compiled SQL is missing or torn.
    """
    keys_of = catalogue if isinstance(disclosure, CellKey) else None
    if disclosure.protected_identities == "missing_place":
        compiled = kept_models(version.models)
        with made_warehouse(
            compiled, version.history, municipality, periods, EVERYTHING, FIGURES, "missing_place"
        ) as connection:
            return _rows(connection, compiled, keys_of)
    return _rows(built, kept_models(version.models), keys_of) if keys_of else None


def _rows(
    connection: duckdb.DuckDBPyConnection, compiled: list[CompiledModel], keys_of: Catalogue | None
) -> pl.DataFrame:
    if keys_of is None:
        return connection.execute(rows_of(compiled, FIGURES)).pl()
    return with_keys(connection.execute(keyed_figures(compiled, FIGURES, keys_of)).pl(), keys_of)


def keyed_figures(compiled: list[CompiledModel], wanted: Sequence[str], keys_of: Catalogue) -> str:
    """A query for the rows of models that have a figure's columns, with the keys of their cells. ``keys_of``: the figures."""
    keys = f"({rows_of(compiled, wanted)}) left join ({cell_keys(compiled, keys_of)})"
    return f"select * from {keys} using ({', '.join(FIGURE_COLUMNS[:-1])})"


def with_keys(found: pl.DataFrame, keys_of: Catalogue) -> pl.DataFrame:
    """The rows of such a query; each count must have its key."""
    keyed = [name for name, figure in keys_of.items() if has_keys(figure)]
    assert not (found["cell_key"].is_null() & found["figure"].is_in(keyed)).any(), "a count has no key"
    return found
