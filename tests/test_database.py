"""What DuckDB may take: memory as the settings or the machine say, the disk for what does not fit, nothing left behind, and no
file but its own."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from pipelines.runtime import database
from pipelines.runtime.database import (
    Room,
    configuration,
    make_room,
    open_database,
    room_environment,
    room_from_environment,
)
from pipelines.runtime.errors import UsageError
from pipelines.state.home import initialise, open_home
from pipelines.warehouse.dbt_plugin import Plugin

ROOT = Path(__file__).resolve().parent.parent
#: More than 256 MB.
TOO_MUCH = "create temp table too_much as select md5(range::varchar) as s from range(8000000)"


@pytest.fixture(autouse=True)
def _room_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another test's home is none of this one's; what a test opens is forgotten after it."""
    monkeypatch.setattr(database, "_room", Room())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    initialise("nacka", tmp_path / "drop", tmp_path / "home")
    return tmp_path / "home"


def _set(home: Path, memory: str) -> None:
    settings = home / "settings.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + f"memory = {memory}\n", encoding="utf-8")


def _setting(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    row = connection.execute(f"select current_setting('{name}')").fetchone()
    assert row
    return str(row[0])


def test_the_setting_decides_for_every_database_and_for_dbt(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(home, '"512MiB"')
    open_home(home)
    make_room(home)
    with open_database() as connection:
        assert _setting(connection, "memory_limit") == "512.0 MiB"
    for name, value in room_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(database, "_room", Room())
    config = {"threads": 2}
    Plugin("dbt_plugin", {}).update_connection_config(None, config)
    assert config["memory_limit"] == f"{512 * 2**20}B"
    with duckdb.connect(config={name: str(value) for name, value in config.items()}) as connection:
        Plugin("dbt_plugin", {}, SimpleNamespace(attach=None)).configure_connection(connection)
        assert _setting(connection, "temp_directory").startswith(str(home / "scratch"))
        _assert_locked_down(connection)
    assert room_from_environment() == Room(512 * 2**20, home / "scratch")


@pytest.mark.parametrize(
    ("whole", "expected"),
    [(26.0, 8.0), (19.2, 6.4), (6.4, 2.133), (3.2, 1.067), (1.6, 1.0), (0.8, 0.533)],
)
def test_without_it_the_limit_follows_the_machine(
    monkeypatch: pytest.MonkeyPatch, whole: float, expected: float
) -> None:
    monkeypatch.setattr(database, "_usable_memory", lambda: int(whole * 10**9))
    limit = configuration(Room())["memory_limit"]
    assert int(limit.rstrip("B")) / 10**9 == pytest.approx(expected, abs=0.001)


def test_more_than_the_machine_has_is_bounded_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_usable_memory", lambda: 3 * 10**9)
    assert configuration(Room(memory=64 * 10**9))["memory_limit"] == "3000000000B"


@pytest.mark.parametrize("wrong", ['"much"', '"2"', '"-1GB"', '"10MB"', '""', '"2 GB extra"'])
def test_a_size_that_is_none_is_one_sentence(home: Path, wrong: str) -> None:
    _set(home, wrong)
    with pytest.raises(UsageError, match=r"^The settings file .*settings\.toml is wrong: the key 'memory' is .*\.$"):
        open_home(home)


def test_a_number_for_a_size_is_one_sentence(home: Path) -> None:
    _set(home, "2")
    with pytest.raises(UsageError, match="the key 'memory' must be a text"):
        open_home(home)


def test_what_does_not_fit_is_put_aside_below_the_home_and_nothing_is_left(home: Path) -> None:
    _set(home, '"256MB"')
    open_home(home)
    make_room(home)
    with open_database(keep_order=False) as connection:
        connection.execute(TOO_MUCH)
        assert list((home / "scratch").glob(f"{os.getpid()}-*/duckdb_temp*"))
        assert (home / "scratch").stat().st_mode & 0o777 == 0o700
    assert list((home / "scratch").iterdir()) == []


def test_two_databases_never_share_a_folder(home: Path) -> None:
    open_home(home)
    make_room(home)
    with open_database() as one, open_database() as other:
        assert _setting(one, "temp_directory") != _setting(other, "temp_directory")


def test_the_disk_that_is_free_bounds_what_is_put_aside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_room(home)
    monkeypatch.setattr(database.shutil, "disk_usage", lambda _: SimpleNamespace(free=4 * 10**9))
    open_home(home)
    with open_database() as connection:
        assert _setting(connection, "max_temp_directory_size") == "1.8 GiB"


def test_who_may_not_write_to_the_home_leaves_nothing_anywhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB by itself would put rows aside beside the file, or in the folder in which somebody stands."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    open_home(home)
    with open_database() as connection:
        assert _setting(connection, "temp_directory") == ""


def test_what_a_killed_process_left_is_swept_and_a_living_one_is_left_alone(home: Path) -> None:
    make_room(home)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (f"{ended.pid}-0", f"{os.getpid()}-7", "somebody's"):
        (home / "scratch" / name).mkdir()
        (home / "scratch" / name / "duckdb_temp_storage_S32K-0.tmp").write_text("rows")
    make_room(home)
    assert {path.name for path in (home / "scratch").iterdir()} == {f"{os.getpid()}-7", "somebody's"}


def test_databases_are_opened_in_one_place() -> None:
    for path in [
        *(ROOT / "pipelines").rglob("*.py"),
        *(ROOT / "dashboards").rglob("*.py"),
        *(ROOT / "demo").rglob("*.py"),
    ]:
        if path.name != "database.py":
            assert not re.search(r"duckdb\.connect\(", path.read_text(encoding="utf-8")), path


def test_joins_are_made_in_the_order_in_which_they_are_written() -> None:
    with open_database() as connection:
        assert _setting(connection, "disabled_optimizers") == "join_order"


# --- no file but its own --------------------------------------------------------------------------------------------------

#: What a query could do that SQL from elsewhere, or a name taken for a table, should not: each with what DuckDB says then.
FORBIDDEN = {
    "from read_csv('/etc/passwd')": "Permission",
    "from read_text('/etc/passwd')": "Permission",
    "from '/etc/passwd'": "Permission|does not exist",
    "from glob('/etc/*')": "Permission",
    "from read_csv('http://127.0.0.1:9/x.csv')": "Permission",
    "attach '/etc/passwd' as other": "Permission",
    "copy (select 1) to '/tmp/kaa-written.csv'": "Permission",
    "export database '/tmp/kaa-exported'": "Permission",
    "install httpfs": "Permission",
    "load httpfs": "Permission",
    "set enable_external_access = true": "locked",
    "set lock_configuration = false": "locked",
    "set allowed_directories = ['/etc']": "locked",
    "set temp_directory = '/tmp'": "locked",
    "set memory_limit = '100GB'": "locked",
    "from frame": "does not exist",
}


def _assert_locked_down(connection: duckdb.DuckDBPyConnection) -> None:
    frame = {"of the program": [1]}  # DuckDB would find it by its name
    assert frame
    for query, answer in FORBIDDEN.items():
        with pytest.raises(duckdb.Error, match=answer):
            connection.execute(query).fetchall()


def test_a_query_reaches_no_file_but_those_of_its_database(tmp_path: Path) -> None:
    for path, read_only in ((None, False), (tmp_path / "it's.duckdb", False), (tmp_path / "it's.duckdb", True)):
        with open_database(path, read_only) as connection:
            _assert_locked_down(connection)
            if not read_only:
                connection.execute("create table kept as select 1; checkpoint")


def test_what_is_attached_is_reached_and_its_neighbours_are_not(tmp_path: Path) -> None:
    for name in ("one's", "other"):
        (tmp_path / name).mkdir()
        with open_database(tmp_path / name / "history.duckdb") as connection:
            connection.execute("create table kept as select 1 as number")
    with open_database(tmp_path / "new.duckdb", attaches=[tmp_path / "one's" / "history.duckdb"]) as connection:
        connection.execute(
            f"attach '{tmp_path}/one''s/history.duckdb' as history (read_only); attach ':memory:' as memory"
        )
        assert connection.execute("from history.kept").fetchall() == [(1,)]
        _assert_locked_down(connection)
        with pytest.raises(duckdb.Error, match="Permission"):
            connection.execute(f"attach '{tmp_path}/other/history.duckdb' as other (read_only)")


def test_several_threads_read_one_file_at_once(home: Path, tmp_path: Path) -> None:
    """As those of `kaa serve` do; how much of the disk is free is another number each time."""
    open_home(home)
    make_room(home)
    with open_database(tmp_path / "published.duckdb") as connection:
        connection.execute("create table kept as select 1 as number")

    def read(_: int) -> int:
        with open_database(tmp_path / "published.duckdb", read_only=True) as connection:
            _assert_locked_down(connection)
            return int(connection.execute("from kept").fetchall()[0][0])

    with ThreadPoolExecutor(max_workers=8) as threads:
        assert list(threads.map(read, range(40))) == [1] * 40
