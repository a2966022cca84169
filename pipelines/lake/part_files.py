"""The files of a part while an export makes them: each is on the disk before the manifest names it, and the manifest before what
it does not name is removed. So a process that is killed leaves the earlier part or the new one, whole, and nothing that counts.

Which rows are in them belongs in ``export``, what a reader makes of them in ``layout``.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.lake.layout import File, Part, Table, digest
from pipelines.runtime.errors import AnotherRuns, UsageError
from pipelines.runtime.files import atomic_write, sync_all
from pipelines.runtime.os_errors import sentence

#: In a part's folder: held by the one who exports into it.
LOCK = ".lock"

#: What an export has written, or was writing when it was killed.
_OWN = re.compile(r"[0-9a-f]{64}\.parquet|\.[0-9a-f]{16}\.part")

#: When a run began: its year says in which file it is.
_BEGAN = "first_extract_date"

_ARROW = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
}
_DECIMAL = re.compile(r"DECIMAL\(([0-9]+),([0-9]+)\)")


@dataclass(frozen=True)
class TableQuery:
    """A table of the part by its name in the models' SQL: a query for its rows, which of its columns hold pseudonyms, and by
    which its rows are in order; ``is_of_runs``: it is split by the year in which a run began."""

    name: str
    sql: str
    numbers: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    is_of_runs: bool = False


@contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """The part's folder, there and for this process alone. Raises AnotherRuns."""
    with _writing():
        for place in (folder.parent, folder):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherRuns(f"Another kaa lake export writes {folder}: wait until it has ended.") from None
        yield folder
    finally:
        os.close(handle)


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"The lake cannot be written. {sentence(error)}") from error


class PartFiles:
    """The files of a part. What is there already under its content's name is left."""

    def __init__(self, folder: Path, pseudonyms: pl.DataFrame) -> None:
        self._folder = folder
        self._pseudonyms = pseudonyms
        self.written = self.kept = 0

    def of(self, connection: duckdb.DuckDBPyConnection, query: TableQuery) -> Table:
        """Have a table in files. No more than one file's rows are in memory."""
        described = connection.execute(f"describe {query.sql}").fetchall()
        columns = {name: type_ for name, type_, *_ in described}
        schema = pa.schema([(name, _arrow(type_)) for name, type_ in columns.items()])
        place = query.name.removeprefix("history.").replace(".", "_")
        files = []
        for condition in self._parts(connection, query):
            rows = connection.execute(f"select * from ({query.sql}) where {condition}").pl()
            rows = self._with_pseudonyms(rows, query.numbers)
            rows = rows.sort(
                [*query.order, *[name for name in rows.columns if name not in query.order]], nulls_last=True
            )
            if rows.height:
                files.append(self._put(f"dataset={place}", rows.to_arrow().cast(schema)))
        return Table(columns, tuple(files))

    def count_from_now(self, part: Part) -> int:
        """Have all of it on the disk, let the part count, and remove what it does not name; how many files were removed."""
        named = {self._folder / file.name for table in part.tables.values() for file in table.files}
        with _writing():
            sync_all([*sorted(named), *sorted({path.parent for path in named}), self._folder, self._folder.parent])
            part.write()
        # It counts from here on: what cannot be removed now is removed next time.
        removed = 0
        for path in [*self._folder.glob("dataset=*/*"), *self._folder.glob(".*.part")]:
            if path not in named and _OWN.fullmatch(path.name):
                with suppress(OSError):
                    path.unlink()
                    removed += path.suffix == ".parquet"
        for place in self._folder.glob("dataset=*"):
            with suppress(OSError):  # it is not empty
                place.rmdir()
        return removed

    def _parts(self, connection: duckdb.DuckDBPyConnection, query: TableQuery) -> list[str]:
        """SQL: what is in each file of a table."""
        if not query.is_of_runs:
            return ["true"]
        years = connection.execute(f"select distinct year({_BEGAN}) from ({query.sql}) order by 1").fetchall()
        return [f"year({_BEGAN}) = {year}" for (year,) in years]

    def _with_pseudonyms(self, rows: pl.DataFrame, numbers: tuple[str, ...]) -> pl.DataFrame:
        for name in numbers:
            named = rows.select(pseudonym=pl.col(name)).join(
                self._pseudonyms, on="pseudonym", how="left", maintain_order="left"
            )
            if named["recipients"].null_count() != rows[name].null_count():
                raise ValueError(f"the recipient's pseudonym of a number in column {name} is not known")
            rows = rows.with_columns(named["recipients"].alias(name))
        return rows

    def _put(self, place: str, rows: pa.Table) -> File:
        sink = pa.BufferOutputStream()
        # Without pyarrow's own schema: it is for pyarrow alone, and names its types.
        pq.write_table(rows, sink, compression="zstd", store_schema=False)
        content = sink.getvalue().to_pybytes()
        sha256 = hashlib.sha256(content).hexdigest()
        name = f"{place}/{sha256}.parquet"
        path = self._folder / name
        with _writing():
            if path.is_file() and digest(path) == sha256:
                self.kept += 1
            else:
                path.parent.mkdir(mode=0o700, exist_ok=True)
                atomic_write(path, content, 0o600)
                self.written += 1
        return File(name, sha256, rows.num_rows, len(content))


def _arrow(type_: str) -> pa.DataType:
    decimal = _DECIMAL.fullmatch(type_)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else _ARROW[type_]
