"""Makes a home's part of a lake: the history that the models read, with pseudonyms of the recipient's key, as Parquet.

Persons with a protected identity are left out, row by row (audit.md section 4); so is every column that no model reads. What a
part looks like and that it is whole belongs in ``layout``, how its files are put in place in ``part_files``,
where the recipient's pseudonyms come from in ``pseudonyms``, and what rows mean in ``dbt_project``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines.audit.access_log import log_access
from pipelines.audit.archived import ArchivedFiles
from pipelines.configuration.contract import Column, Dataset, Source
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.lake.layout import Part, part_folder, part_folders, profile_of, read_part
from pipelines.lake.part_files import PartFiles, TableQuery, locked
from pipelines.lake.pseudonyms import translate
from pipelines.lake.recipient_key import fingerprint
from pipelines.runtime.errors import UsageError
from pipelines.runtime.program import program_version
from pipelines.state.databases import recorded_owner
from pipelines.state.home import Home, Version
from pipelines.state.keys import PSEUDONYM_FINGERPRINT, pseudonym_fingerprint
from pipelines.warehouse.ask import made_warehouse
from pipelines.warehouse.compiled import CompiledModel, kept_models
from pipelines.warehouse.inputs import EVERYTHING, TABLES, input_rows

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
        locked(part_folder(out, home.municipality.code)) as folder,
        made_warehouse(models, version.history, home.municipality, [], EVERYTHING, _PERSONS) as connection,
    ):
        chosen = _Chosen(connection, models, sources)
        why = f"Utlämnande till datasjö, med pseudonymer av mottagarens nyckel {recipient}"
        log_access(home, f"kaa lake export --out {out}", chosen.persons, why)
        archived = ArchivedFiles(home.archive, private_key, dict(sources))
        translated = translate(connection, chosen.datasets, archived, own, Pseudonymiser(recipient_key), chosen.numbers)
        files = PartFiles(folder, translated.pseudonyms)
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


# --- what is in it -------------------------------------------------------------------------------------------------------


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

    def tables(self) -> Iterator[TableQuery]:
        """The tables of the history."""
        for dataset in self.datasets:
            columns = self._columns[dataset.table]
            yield TableQuery(
                f"history.{dataset.table}",
                f"select {', '.join(columns)} from history.{dataset.table} as run where {self._is_kept(dataset)}",
                tuple(column.history_name for column in dataset.number_columns if column.history_name in columns),
                tuple(column.history_name for column in dataset.key if column.history_name in columns),
                True,
            )
        of_kept = f"select {', '.join(_NUMBER)} from history.number where pseudonym in (from kept_number)"
        yield TableQuery("history.number", of_kept, ("pseudonym",), ("pseudonym",))
        for name, listed in (("extract", _EXTRACT), ("delivery", _DELIVERY)):
            yield TableQuery(f"history.{name}", f"select {', '.join(listed)} from history.{name}", order=listed)

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


def _inputs(connection: duckdb.DuckDBPyConnection, home: Home) -> Iterator[TableQuery]:
    """What the municipality's profile says, as the models read it."""
    for name, rows in input_rows(home.municipality, [], EVERYTHING).items():
        if name in _ASKED:
            continue
        connection.execute(f"create or replace temp table input_{name} ({TABLES[name]})")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into input_{name} values ({marks})", rows)
        yield TableQuery(f"input.{name}", f"select * from input_{name}")
