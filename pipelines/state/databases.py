"""Opens the DuckDB files of a version for reading, and says in one sentence what is wrong with one that cannot be read.

Which files a version must hold is said in ``versions``; what is asked of them belongs to those who ask.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.runtime.database import open_database
from pipelines.runtime.errors import NightlyFailed, TemporaryFailure
from pipelines.state.versions import Version

#: A table that each file must hold to be ours: (schema, table).
_OURS = {
    "history.duckdb": ("main", "delivery"),
    "warehouse.duckdb": ("input", "period"),
    "published.duckdb": ("main", "publication"),
}

_HOLDER = re.compile(r"held in (.+? \(PID [0-9]+\))")


@contextmanager
def open_for_reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A version's file, read-only. Raises NightlyFailed when it is missing, broken, locked or not ours."""
    if not path.is_file():
        raise broken_file(path, "is missing")
    try:
        connection = open_database(path, read_only=True)
    except (duckdb.Error, OSError) as error:
        raise _cannot_open(path, error) from error
    with connection:
        schema, table = _OURS[path.name]
        try:
            found = connection.execute(
                "select 1 from duckdb_tables() where schema_name = ? and table_name = ?", [schema, table]
            ).fetchone()
        except duckdb.Error as error:
            raise broken_file(path, "cannot be read") from error
        if found is None:
            raise broken_file(path, "is not a file of this program")
        yield connection


def recorded_owner(version: Version) -> dict[str, str]:
    """Whose a version's history says that it is; nothing where it does not say. Raises NightlyFailed when it cannot be read."""
    with open_for_reading(version.history) as connection:
        tables = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
        return dict(connection.execute("from belongs_to").fetchall()) if "belongs_to" in tables else {}


def version_faults(version: Version, *, thorough: bool = False) -> list[str]:
    """What is wrong with a version's files, each as a sentence; nothing when all of them are there and can be read.

    That another program holds one is no fault of the version. ``thorough``: every block is read.
    """
    found = [f"{name} is missing, damaged or does not belong." for name in version.missing()]
    for path in version.databases:
        if not found and path.exists():
            try:
                with open_for_reading(path) as connection:
                    if thorough:
                        _read_through(connection, path)
            except NightlyFailed as error:
                if not _is_held(error.__cause__):
                    found.append(str(error))
    if not found and version.models.exists() and not _is_json(version.models):
        found.append(str(broken_file(version.models, "is torn")))
    return found


def _is_json(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8")), list)
    except (OSError, ValueError):
        return False


def explain_error(version: Version, error: Exception) -> NightlyFailed | None:
    """The sentence for an error that came while a version's files were read; None where they are not what is wrong."""
    if isinstance(error, NightlyFailed):
        return error
    if isinstance(error, duckdb.OutOfMemoryException):
        return NightlyFailed(
            f"There was not enough memory to answer. Give it more (`memory` in {version.home / 'settings.toml'}, or a larger "
            "machine), make room on the disk, or try again when less else is running."
        )
    for path in version.databases:
        try:
            with open_for_reading(path) as connection:
                _read_through(connection, path)
        except NightlyFailed as sentence:
            return sentence
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return NightlyFailed(
            f"What is published in {version.home} was made by another version of this program: run kaa nightly, which makes it "
            "anew."
        )
    return None


def _read_through(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Read every block: a file may open well and be cut short or overwritten further on."""
    names = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
    ).fetchall()
    try:
        for schema, name in names:
            connection.execute(f'select count(columns(*)) from "{schema}"."{name}"').fetchall()
    except duckdb.Error as error:
        raise broken_file(path, "cannot be read") from error


def _is_held(error: BaseException | None) -> bool:
    return "lock on file" in str(error)


def _cannot_open(path: Path, error: Exception) -> NightlyFailed:
    text = str(error)
    if _is_held(error):
        holder = _HOLDER.search(text)
        who = f" ({holder[1]})" if holder else ""
        return TemporaryFailure(
            f"Another program{who} holds {path}: close it there, or wait until it has ended, and try again."
        )
    if "Permission denied" in text or isinstance(error, PermissionError):
        return NightlyFailed(f"{path} may not be read: give the user who runs kaa access to it.")
    return broken_file(path, "cannot be read")


def broken_file(path: Path, what: str) -> NightlyFailed:
    """The error for a file that is there and cannot be used, or is not there."""
    return NightlyFailed(
        f"{path} {what}, so nothing can be read from the published version. Run kaa recover to see which versions are "
        "complete, or kaa restore to rebuild them from the archive."
    )
