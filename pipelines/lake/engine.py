"""What an engine must be able to do to answer from a lake, and DuckDB as one. SQL is written as DuckDB takes it; an engine that
speaks another dialect translates it. What is asked belongs in ``ask``."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from pipelines.lake.layout import CODE_LENGTH, MUNICIPALITY, lake_of
from pipelines.runtime.database import open_database
from pipelines.warehouse.compiled import CompiledModel, run_models
from pipelines.warehouse.inputs import hold_rows

#: What DuckDB calls the file of a row; no column of a lake can be called so.
_FILE = "its file"


class Engine(Protocol):
    """A place where relations are made, each under the name that the SQL of others uses (``history.extract``, ``lake.extract``,
    ``"warehouse"."main"."figures"``)."""

    def read(self, relation: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        """Have files of a lake's parts as a relation; empty where there are none. ``columns``: with DuckDB's types. The relation
        has a column ``municipality`` more, first: the code in the name of the part's folder."""

    def hold(self, relation: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Have these few rows as a relation; ``columns``: names with DuckDB's types, as in ``inputs.TABLES``."""

    def make(self, relation: str, sql: str, materialized: str = "table") -> None:
        """Make a relation by a query: a ``table``, or a ``view`` that is asked each time."""

    def run(self, models: Sequence[CompiledModel]) -> None:
        """Make models, in this order."""

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query: values as DuckDB gives them to Python, in no particular order."""


class DuckdbEngine:
    """DuckDB in memory."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        for database in ("warehouse", "history", "lake"):
            connection.execute(f"attach ':memory:' as {database}")
        connection.execute("use warehouse; create schema if not exists input")

    def read(self, relation: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        """See ``Engine``."""
        if paths:
            files = ", ".join(f"'{str(path).replace(chr(39), chr(39) * 2)}'" for path in paths)
            # Not DuckDB's own reading of such names: of a folder above the lake that is named so it would take the code.
            code = f'substr("{_FILE}", {len(str(lake_of(paths[0]) / MUNICIPALITY)) + 1}, {CODE_LENGTH})'
            read = f"read_parquet([{files}], hive_partitioning = false, filename = '{_FILE}')"
            rows = f"select {code} as municipality, {', '.join(columns)} from {read}"
        else:
            nothing = ", ".join(f"null::{type_} as {name}" for name, type_ in columns.items())
            rows = f"select null::varchar as municipality, {nothing} limit 0"
        self._connection.execute(f"create or replace view {relation} as {rows}")

    def hold(self, relation: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """See ``Engine``."""
        hold_rows(self._connection, relation, columns, rows)

    def make(self, relation: str, sql: str, materialized: str = "table") -> None:
        """See ``Engine``."""
        self._connection.execute(f"create or replace {materialized} {relation} as {sql}")

    def run(self, models: Sequence[CompiledModel]) -> None:
        """See ``Engine``."""
        run_models(self._connection, list(models))

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """See ``Engine``."""
        rows: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()
        return rows


@contextmanager
def duckdb_engine(lake: Path) -> Iterator[DuckdbEngine]:
    """DuckDB, which may read below a lake's folder."""
    with open_database(attaches=[lake / "any"], keep_order=False) as connection:
        yield DuckdbEngine(connection)
