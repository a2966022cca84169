"""Whose history it is: another key or another municipality is refused, and no new key is made where one is lost."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.configuration.municipality import PROFILES
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home, Version, initialise, open_home
from tests.cli.conftest import Kaa, kaa
from tests.faults import plain_nightly
from tests.model.world import Extract
from tests.state.world import YOUTHS, content, everything, rows

pytestmark = pytest.mark.long

__all__ = ["kaa"]

INIT = ("init", "--municipality", "stockholm", "--drop")


def _other_key(home: Home, tmp_path: Path, name: str) -> None:
    other, _ = initialise("stockholm", home.drop, tmp_path / "other")
    shutil.copy(other.path / "keys" / name, home.path / "keys" / name)


def _forget_owner(home: Home) -> None:
    """As a history was before it knew whose it is."""
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.history)) as connection:
        connection.execute("drop table belongs_to; drop table state_format")


def _refused(home: Home, kind: type[Exception], *words: str) -> None:
    before = everything(home.path)
    with pytest.raises(kind) as refused:
        plain_nightly.nightly(home)
    for word in words:
        assert word in str(refused.value)
    assert everything(home.path) == before


@pytest.mark.parametrize("name", ["pseudonym.key", "archive.public"])
def test_init_makes_no_key_where_history_or_archive_exist(home: Home, kaa: Kaa, name: str) -> None:
    (home.path / "keys" / name).unlink()
    before = everything(home.path)
    said = kaa(*INIT, home.drop)
    assert (said.exit_code, said.err.count("\n")) == (64, 1)
    assert name in said.err and "key store" in said.err and "kaa restore" in said.err
    assert everything(home.path) == before
    for zone in ("history", "warehouse", "published"):
        shutil.rmtree(home.path / zone)
    (home.path / "current.json").unlink()
    assert kaa(*INIT, home.drop).exit_code == 64  # the archive alone
    assert not (home.path / "keys" / name).exists()


def test_another_pseudonym_key_is_refused(home: Home, tmp_path: Path) -> None:
    _other_key(home, tmp_path, "pseudonym.key")
    Extract("folkbokforing", "2024-01-03").resident(YOUTHS[0]).write(home.drop)
    _refused(home, NightlyFailed, "pseudonym.key", "key store", "kaa restore")


def test_another_archive_key_is_refused(home: Home, tmp_path: Path) -> None:
    _other_key(home, tmp_path, "archive.public")
    _refused(home, NightlyFailed, "archive.public", "key store", "kaa restore")


@pytest.mark.parametrize("name", ["pseudonym.key", "archive.public"])
@pytest.mark.parametrize("content", ["", "zz", "age1nothing", "00" * 16, "\udcff"])
def test_a_damaged_key_is_told(home: Home, name: str, content: str) -> None:
    (home.path / "keys" / name).write_bytes(content.encode(errors="surrogateescape"))
    _refused(home, UsageError, name, "key store")


def test_the_history_keeps_no_key(home: Home) -> None:
    version = home.current()
    assert version is not None
    key = (home.path / "keys" / "pseudonym.key").read_text().strip()
    with open_for_reading(version.history) as connection:
        known = dict(connection.execute("from belongs_to").fetchall())
    assert known.keys() == {"municipality", "pseudonym_key", "archive_key"}
    assert key not in json.dumps(known) and known["pseudonym_key"] not in key


def test_a_history_that_does_not_know_its_key_takes_the_home_s(home: Home) -> None:
    before = content(home)
    _forget_owner(home)
    plain_nightly.nightly(home)
    assert content(home) == before


def test_a_history_that_does_not_know_its_key_tries_it_on_what_is_left_in_the_drop_folder(
    home: Home, tmp_path: Path
) -> None:
    _forget_owner(home)
    _other_key(home, tmp_path, "pseudonym.key")
    _refused(home, NightlyFailed, "pseudonym.key")


# --- the municipality ---------------------------------------------------------------------------------------------------


def _rename_to_nacka(home: Home, tmp_path: Path, how: str) -> Home:
    """Settings that name another municipality, or another code in the same profile."""
    settings = home.path / "settings.toml"
    if how == "settings":
        settings.write_text(settings.read_text().replace('"stockholm"', '"nacka"'))
    else:
        profile = tmp_path / "kommun.yaml"
        profile.write_text((PROFILES / "stockholm.yaml").read_text().replace("0180", "0181"))
        settings.write_text(settings.read_text().replace('"stockholm"', f'"{profile}"'))
    return open_home(home.path)


@pytest.mark.parametrize("how", ["settings", "code"])
@pytest.mark.parametrize("knows", [True, False])
def test_another_municipality_is_refused(home: Home, tmp_path: Path, how: str, knows: bool) -> None:
    if not knows:
        _forget_owner(home)
    renamed = _rename_to_nacka(home, tmp_path, how)
    _refused(renamed, UsageError, "0180", renamed.municipality.code, "settings.toml")


def test_the_commands_show_no_municipality_under_another_s_name(home: Home, kaa: Kaa, tmp_path: Path) -> None:
    _rename_to_nacka(home, tmp_path, "settings")
    period = ["--period", "verksamhetsar-2023"]
    for command in (
        ["figures", *period], ["figures", *period, "--as-known", "2023-11-28"], ["report", *period, "--out", tmp_path / "out"],
        ["deliveries"], ["quarantine"], ["purge"], ["purge", "--dry-run"], ["serve", "--no-browser"],
    ):  # fmt: skip
        said = kaa(*command)
        assert (said.exit_code, said.out, said.err.count("\n")) == (64, "", 1), command
        assert "0180" in said.err and "0182" in said.err
    assert not (tmp_path / "out").exists()


# --- files that cannot be opened ------------------------------------------------------------------------------------------


def test_a_file_that_another_program_holds_is_told_and_does_not_stop_the_night(home: Home, kaa: Kaa) -> None:
    import subprocess
    import sys

    version = home.current()
    assert version is not None
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    for path in (version.published, version.warehouse):
        with subprocess.Popen(
            [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as holder:
            assert holder.stdout and holder.stdin
            holder.stdout.readline()
            if path == version.published:
                said = kaa("deliveries")
                assert (said.exit_code, said.err.count("\n")) == (1, 1)
                assert said.err.startswith("Another program (") and str(path) in said.err
            else:
                plain_nightly.nightly(home)
            holder.stdin.close()


def test_another_program_s_file_is_told(home: Home, kaa: Kaa) -> None:
    version = home.current()
    assert version is not None
    version.published.unlink()
    with duckdb.connect(str(version.published)) as connection:
        connection.execute("create table other as select i from range(1000000) t(i)")
    said = kaa("deliveries")
    assert (said.exit_code, said.err.count("\n")) == (1, 1) and "not a file of this program" in said.err


def test_the_list_of_a_whole_home(home: Home) -> None:
    assert home.current() == Version(home.path, 3)
    assert rows(home, "select municipality_code from publication") == [("0180",)]
