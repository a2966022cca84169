"""Migrations are numbered, each may be run by itself and again, and no table or column is there without a number."""

import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.configuration.contract import load_sources
from pipelines.history.schema import MIGRATIONS, number_of
from pipelines.history.store import History
from pipelines.runtime.errors import NightlyFailed
from pipelines.state.format import FORMAT
from tests.upgrade.conftest import FOLDER, OLDEST, Old

SOURCES = load_sources()
Schema = dict[str, list[str]]


def _schema(connection: duckdb.DuckDBPyConnection) -> Schema:
    """The columns of each table with their types, in their order: rows are written by place."""
    tables = connection.execute(
        "select table_name, list(column_name || ' ' || lower(data_type) order by column_index) from duckdb_columns() "
        "where database_name = current_database() group by table_name order by table_name"
    ).fetchall()
    return dict(tables)


def _opened(path: Path) -> Schema:
    with History(path, SOURCES):
        pass
    with duckdb.connect(str(path), read_only=True) as connection:
        return _schema(connection)


def _history(old: Old, tmp_path: Path) -> Path:
    version = old.home.current()
    assert version is not None
    return Path(shutil.copy(version.history, tmp_path / "history.duckdb"))


def _rows(connection: duckdb.DuckDBPyConnection, schema: Schema) -> dict[str, list[tuple[object, ...]]]:
    """What the tables hold in these columns."""
    return {
        table: connection.execute(
            f"select {', '.join(column.split()[0] for column in columns)} from {table} order by all"
        ).fetchall()
        for table, columns in schema.items()
    }


def test_the_numbers_have_no_gap() -> None:
    assert [migration.number for migration in MIGRATIONS] == list(range(1, FORMAT + 1))


def test_an_old_history_gets_the_tables_of_a_new_one(old: Old, tmp_path: Path) -> None:
    assert _opened(_history(old, tmp_path)) == _opened(tmp_path / "new.duckdb")


def test_a_table_or_column_has_a_number(tmp_path: Path) -> None:
    """Another program refuses by the number alone. Where this fails, a migration is missing: give the change the next number, and
    write its schema in the file of that number, beside those of the numbers before it."""
    lines = [f"{table}: {', '.join(columns)}" for table, columns in _opened(tmp_path / "new.duckdb").items()]
    assert lines == (FOLDER / f"schema-{FORMAT}.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("commit", [OLDEST])
@pytest.mark.parametrize("number", [migration.number for migration in MIGRATIONS])
def test_a_migration_alone_and_again_changes_no_row(old: Old, tmp_path: Path, number: int) -> None:
    (migration,) = [one for one in MIGRATIONS if one.number == number]
    with duckdb.connect(str(_history(old, tmp_path))) as connection:
        assert number_of(connection) == 0
        before = _schema(connection)
        held = _rows(connection, before)
        connection.execute(migration.sql)
        after = _schema(connection)
        assert after != before  # it does something
        assert _rows(connection, before) == held
        connection.execute(migration.sql)
        assert _schema(connection) == after and _rows(connection, before) == held


def test_a_history_is_migrated_from_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    with History(path, SOURCES) as history:
        assert history.migrated == []
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"update state_format set number = {FORMAT - 2}")
    with History(path, SOURCES) as history:
        assert [migration.number for migration in history.migrated] == [FORMAT - 1, FORMAT]
    with History(path, SOURCES) as history:
        assert history.migrated == [] and number_of(history.connection) == FORMAT


def test_a_history_of_a_newer_program_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    with History(path, SOURCES) as history:
        history.connection.execute(f"update state_format set number = {FORMAT + 1}; drop table night")
    before = path.read_bytes()
    with pytest.raises(NightlyFailed, match=f"state format {FORMAT + 1}"), History(path, SOURCES):
        pass
    assert path.read_bytes() == before
