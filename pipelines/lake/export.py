"""Makes a home's part of a lake: the history that the models read, with pseudonyms of the recipient's key, as Parquet.

Persons with a protected identity are left out, row by row (audit.md section 4); so is every column that no model reads. What a
part looks like and that it is whole belongs in ``layout``, where the recipient's pseudonyms come from in ``pseudonyms``, and what
rows mean in ``dbt_project``.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.audit.access_log import log_access
from pipelines.audit.archived import ArchivedFiles
from pipelines.configuration.contract import Column, Dataset, Source
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.lake.layout import File, Part, Table, digest, part_folder, part_folders, profile_of, read_part
from pipelines.lake.pseudonyms import translate
from pipelines.lake.recipient_key import fingerprint
from pipelines.runtime.errors import AnotherRuns, UsageError
from pipelines.runtime.files import atomic_write, sync_all
from pipelines.runtime.os_errors import sentence
from pipelines.runtime.program import program_version
from pipelines.state.databases import recorded_owner
from pipelines.state.home import Home, Version
from pipelines.state.keys import PSEUDONYM_FINGERPRINT, pseudonym_fingerprint
from pipelines.warehouse.ask import made_warehouse
from pipelines.warehouse.compiled import CompiledModel, kept_models
from pipelines.warehouse.inputs import EVERYTHING, TABLES, input_rows

#: In a part's folder: held by the one who exports into it.
LOCK = ".lock"

#: The models that say which numbers are one person, and who has a protected identity.
_PERSONS = ("int_person__numbers", "int_person__protected")

#: Inputs that say what is asked, and not what the municipality is.
_ASKED = ("knowledge", "period")

#: Of each run in a history table, its first and last extract.
_RUN = ("first_extract_date", "last_extract_date")

_NUMBER = ("pseudonym", "birth_date", "gender")
_EXTRACT = ("source", "extract_date", "revision", "delivery_id")
#: What of the list of deliveries goes with the history. Not how many rows they had: less those that are in the lake, that would
#: tell how many are of persons with a protected identity.
_DELIVERY = ("delivery_id", "source", "extract_date", "revision", "status", "quarantined_rows")

#: What an export has written, or was writing when it was killed.
_OWN = re.compile(r"[0-9a-f]{64}\.parquet|\.[0-9a-f]{16}\.part")

_ARROW = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
}
_DECIMAL = re.compile(r"DECIMAL\(([0-9]+),([0-9]+)\)")


@dataclass(frozen=True)
class Exported:
    """What came of an export. ``written``, ``kept``, ``removed``: files that are new, that were there, that count no more;
    ``opened``: archived files; ``persons`` are in the part; ``protected`` are not, which is for inside the house."""

    part: Part
    written: int
    kept: int
    removed: int
    opened: int
    persons: int
    protected: int


def export(
    home: Home,
    version: Version,
    sources: Mapping[str, Source],
    private_key: str,
    recipient_key: bytes,
    out: Path,
    today: date,
) -> Exported:
    """Make the part of a home's version in the lake ``out``, or make it anew; killed at any moment, the one before it stands.

    ``private_key``: the archive's, by which the numbers are read. That it was opened is written to the access log first.

    Raises UsageError when a key does not fit, an archived file is not what was loaded, or the lake cannot be written or is one of
    another recipient's key; AnotherRuns when another export of the municipality goes on there.
    """
    recipient = fingerprint(recipient_key)
    own = Pseudonymiser(home.pseudonym_key)
    _refuse_other_pseudonyms(home, version)
    _refuse_other_recipient(home, out, recipient)
    models = kept_models(version.models)
    with (
        _locked(part_folder(out, home.municipality.code)) as folder,
        made_warehouse(models, version.history, home.municipality, [], EVERYTHING, _PERSONS) as connection,
    ):
        chosen = _Chosen(connection, models, sources)
        why = f"Utlämnande till datasjö, med pseudonymer av mottagarens nyckel {recipient}"
        log_access(home, f"kaa lake export --out {out}", chosen.persons, why)
        archived = ArchivedFiles(home.archive, private_key, dict(sources))
        translated = translate(connection, chosen.datasets, archived, own, Pseudonymiser(recipient_key), chosen.numbers)
        files = _Files(folder, translated.pseudonyms)
        tables = {one.name: files.of(connection, one) for one in [*chosen.tables(), *_inputs(connection, home)]}
        part = Part(
            folder,
            home.municipality.code,
            home.municipality.title,
            dict(profile_of(home.municipality)),
            recipient,
            program_version(),
            version.number,
            today,
            tables,
            translated.unlinked,
        )
        removed = files.count_from_now(part)
    return Exported(part, files.written, files.kept, removed, translated.opened, chosen.persons, chosen.protected)


def read_columns(models: Iterable[CompiledModel], dataset: Dataset) -> list[str]:
    """The columns of a dataset's history table that the models read: those that the SQL of a model that reads the table names,
    and the days of the runs. None where no model reads it."""
    relation = f'"history"."main"."{dataset.table}"'
    words = {word for model in models if relation in model.sql for word in re.findall(r"[a-z0-9_]+", model.sql)}
    return [
        name for name in (*(column.history_name for column in dataset.columns), *_RUN) if name in words
    ]  # fmt: skip


def _refuse_other_pseudonyms(home: Home, version: Version) -> None:
    """With another key than the history's no number would be found in the archive."""
    recorded = recorded_owner(version).get(PSEUDONYM_FINGERPRINT)
    if recorded not in (None, pseudonym_fingerprint(home.pseudonym_key)):
        raise UsageError(
            f"What is published in {home.path} was made with another pseudonym key than lies in {home.keys}: put that one back, "
            "or run kaa nightly, which ends a rotation that was cut off."
        )


def _refuse_other_recipient(home: Home, out: Path, recipient: str) -> None:
    """Parts of different keys are no lake. A municipality's own part may be made anew with another key."""
    others: list[Part] = []
    with suppress(UsageError):  # nothing is there yet
        for code, folder in part_folders(out).items():
            with suppress(UsageError):  # what cannot be read is told by who reads the lake
                others.append(read_part(folder, code))
    for part in others:
        if part.code != home.municipality.code and part.recipient != recipient:
            raise UsageError(
                f"{out} holds the part of {part.title}, whose pseudonyms are of another recipient's key: export into another "
                "folder, or with that key."
            )


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
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


# --- what is in it -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Query:
    """A table of the part by its name in the models' SQL: a query for its rows, which of its columns hold pseudonyms, and by
    which its rows are in order; ``is_of_runs``: it is split by the year in which a run began."""

    name: str
    sql: str
    numbers: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    is_of_runs: bool = False


class _Chosen:
    """Who is in the part and which columns. ``datasets``: those that a model reads; ``numbers``: pseudonyms of the home."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, models: list[CompiledModel], sources: Mapping[str, Source]
    ) -> None:
        self._sources = sources
        everything = [dataset for source in sources.values() for dataset in source.datasets.values()]
        self._columns = {dataset.table: read_columns(models, dataset) for dataset in everything}
        self.datasets = [dataset for dataset in everything if self._columns[dataset.table]]
        run = connection.execute
        run(
            "create or replace temp table protected_number as "
            "select pseudonym, person_id from int_person__numbers "
            "where person_id in (select protected.person_id from int_person__protected as protected)"
        )
        held = " union ".join(
            f"select run.{column.history_name} as pseudonym from history.{dataset.table} as run where {self._is_kept(dataset)}"
            for dataset in self.datasets
            for column in dataset.number_columns
        )
        run(f"create or replace temp table kept_number as select * from ({held}) where pseudonym is not null")
        self.numbers: pl.Series = run("select pseudonym from kept_number order by pseudonym").pl()["pseudonym"]
        [(self.protected, self.persons)] = run(
            "select (select count(distinct person_id) from protected_number), "
            "(select count(distinct person_id) from int_person__numbers where pseudonym in (from kept_number))"
        ).fetchall()

    def tables(self) -> Iterator[_Query]:
        """The tables of the history."""
        for dataset in self.datasets:
            columns = self._columns[dataset.table]
            yield _Query(
                f"history.{dataset.table}",
                f"select {', '.join(columns)} from history.{dataset.table} as run where {self._is_kept(dataset)}",
                tuple(column.history_name for column in dataset.number_columns if column.history_name in columns),
                tuple(column.history_name for column in dataset.key if column.history_name in columns),
                True,
            )
        of_kept = f"select {', '.join(_NUMBER)} from history.number where pseudonym in (from kept_number)"
        yield _Query("history.number", of_kept, ("pseudonym",), ("pseudonym",))
        for name, listed in (("extract", _EXTRACT), ("delivery", _DELIVERY)):
            yield _Query(f"history.{name}", f"select {', '.join(listed)} from history.{name}", order=listed)

    def _is_kept(self, dataset: Dataset) -> str:
        """SQL: whether a row (`run`) names nobody with a protected identity, by a number or by such a person's record."""
        hidden = [
            f"run.{column.history_name} in (select pseudonym from protected_number)"
            for column in dataset.number_columns
        ]
        if not dataset.number_columns:
            hidden = [f"run.{column.history_name} in ({owned})" for column, owned in self._owned(dataset)]
        return " and ".join(f"not coalesce({each}, false)" for each in hidden) or "true"

    def _owned(self, dataset: Dataset) -> Iterator[tuple[Column, str]]:
        """Each column that refers to another dataset, and a query for the values there that belong to a protected person."""
        for column in dataset.columns:
            if column.reference:
                name, key = column.reference
                other = self._sources[dataset.source].datasets[name]
                referred = next(each.history_name for each in other.columns if each.name == key)
                kept = self._is_kept(other)
                yield column, f"select run.{referred} from history.{other.table} as run where not ({kept})"


def _inputs(connection: duckdb.DuckDBPyConnection, home: Home) -> Iterator[_Query]:
    """What the municipality's profile says, as the models read it."""
    for name, rows in input_rows(home.municipality, [], EVERYTHING).items():
        if name in _ASKED:
            continue
        connection.execute(f"create or replace temp table input_{name} ({TABLES[name]})")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into input_{name} values ({marks})", rows)
        yield _Query(f"input.{name}", f"select * from input_{name}")


# --- files -----------------------------------------------------------------------------------------------------------------


class _Files:
    """The files of a part. What is there already under its content's name is left."""

    def __init__(self, folder: Path, pseudonyms: pl.DataFrame) -> None:
        self._folder = folder
        self._pseudonyms = pseudonyms
        self.written = self.kept = 0

    def of(self, connection: duckdb.DuckDBPyConnection, query: _Query) -> Table:
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
        removed = 0
        with suppress(OSError):  # it counts from here on: what cannot be removed now is removed next time
            for path in [*self._folder.glob("dataset=*/*"), *self._folder.glob(".*.part")]:
                if path not in named and _OWN.fullmatch(path.name):
                    path.unlink()
                    removed += path.suffix == ".parquet"
            for place in self._folder.glob("dataset=*"):
                with suppress(OSError):  # it is not empty
                    place.rmdir()
        return removed

    def _parts(self, connection: duckdb.DuckDBPyConnection, query: _Query) -> list[str]:
        """SQL: what is in each file of a table."""
        if not query.is_of_runs:
            return ["true"]
        years = connection.execute(f"select distinct year({_RUN[0]}) from ({query.sql}) order by 1").fetchall()
        return [f"year({_RUN[0]}) = {year}" for (year,) in years]

    def _with_pseudonyms(self, rows: pl.DataFrame, numbers: tuple[str, ...]) -> pl.DataFrame:
        for name in numbers:
            named = rows.select(pseudonym=pl.col(name)).join(
                self._pseudonyms, on="pseudonym", how="left", maintain_order="left"
            )
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
