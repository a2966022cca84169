"""Versions, pointer and archive that disagree: nothing is removed, one sentence says what was found, and a person chooses."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.access_log import FILE as ACCESS_LOG
from pipelines.commands.recover import list_versions, recover
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.databases import explain_error
from pipelines.state.home import ACCESS_HEAD, ZONES, Home, Version
from tests.cli.conftest import Kaa, kaa
from tests.faults import plain_nightly
from tests.state.world import content, everything, rows

pytestmark = pytest.mark.long

__all__ = ["kaa"]


def _file(home: Home, zone: str, number: int) -> Path:
    version = Version(home.path, number)
    return {"history": version.history, "warehouse": version.warehouse, "published": version.published}[zone]


def _renumber(home: Home, number: int, *zones: str) -> None:
    for zone in zones or ZONES:
        (home.path / zone / "000003").rename(home.path / zone / f"{number:06d}")


def _copy(home: Home, number: int, *zones: str) -> None:
    for zone in zones or ZONES:
        copy = home.path / zone / f"{number:06d}"
        shutil.copytree(home.path / zone / "000003", copy)
        (copy / "version.json").write_text(
            (copy / "version.json").read_text().replace('"version": 3', f'"version": {number}')
        )


def _point(home: Home, text: str | None) -> None:
    if text is None:
        (home.path / "current.json").unlink()
    else:
        (home.path / "current.json").write_text(text)


def _lose(home: Home, *names: str) -> None:
    for name in names:
        path = home.path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


#: What is done to a home, and what the sentence names.
DISAGREEMENTS: dict[str, tuple[Callable[[Home], object], str]] = {
    "pointer missing": (lambda home: _point(home, None), "current.json is missing"),
    "pointer missing, part left": (lambda home: (home.path / "current.json").rename(home.path / "current.json.part"),
                                   "current.json is missing"),
    "pointer one older": (lambda home: _point(home, '{"version": 2}'), "version 2"),
    "pointer one newer": (lambda home: _point(home, '{"version": 4}'), "version 4"),
    "pointer empty": (lambda home: _point(home, ""), "torn"),
    "pointer half": (lambda home: _point(home, '{"versi'), "torn"),
    "pointer a list": (lambda home: _point(home, "[3]"), "torn"),
    "pointer a number": (lambda home: _point(home, "3"), "torn"),
    "pointer null": (lambda home: _point(home, "null"), "torn"),
    "pointer version 0": (lambda home: _point(home, '{"version": 0}'), "torn"),
    "pointer version as text": (lambda home: _point(home, '{"version": "3"}'), "torn"),
    "pointer version true": (lambda home: _point(home, '{"version": true}'), "torn"),
    "pointer replaced no list": (lambda home: _point(home, '{"version": 3, "replaced": 2}'), "torn"),
    "pointer not text": (lambda home: (home.path / "current.json").write_bytes(b"\xff\xfe"), "torn"),
    "pointer a folder": (lambda home: (_point(home, None), (home.path / "current.json").mkdir()), "current.json"),
    "history lost": (lambda home: _lose(home, "history/000003"), "history/000003"),
    "warehouse lost": (lambda home: _lose(home, "warehouse/000003"), "warehouse/000003"),
    "all zones lost": (lambda home: _lose(home, "history/000003", "warehouse/000003", "published/000003"), "history/000003"),
    "everything lost but the archive": (lambda home: _lose(home, *ZONES, "current.json"), "archive"),
    "zones disagree": (lambda home: _renumber(home, 2, "warehouse"), "warehouse/000003"),
    "history and pointer newer": (lambda home: (_renumber(home, 4, "history"), _point(home, '{"version": 4}')), "version 4"),
    "another version beside": (lambda home: _copy(home, 2), "version 2"),
    "part of another version beside": (lambda home: _copy(home, 4, "history"), "version 4 (history only)"),
    "a page missing": (lambda home: next((home.path / "published/000003/report").rglob("*.html")).unlink(), "published/000003"),
    "compiled SQL missing": (lambda home: _lose(home, "warehouse/000003/models.json"), "models.json"),
    "compiled SQL torn": (lambda home: _tear(Version(home.path, 3).models), "models.json"),
    "a wal beside": (lambda home: Version(home.path, 3).history.with_name("history.duckdb.wal").write_bytes(b"x"), ".wal"),
    "history cut": (lambda home: os.truncate(_file(home, "history", 3), 5000), "history.duckdb"),
    "history empty": (lambda home: os.truncate(_file(home, "history", 3), 0), "history.duckdb"),
    "published garbage": (lambda home: _garbage(_file(home, "published", 3)), "published.duckdb"),
    "proof torn": (lambda home: (home.path / "history/000003/version.json").write_text("{"), "history/000003/version.json"),
}  # fmt: skip


#: One of each kind; the others take too long for every run of the tests.
QUICK = {
    "pointer missing", "pointer one older", "pointer half", "pointer a folder", "warehouse lost",
    "everything lost but the archive",
    "zones disagree", "another version beside", "compiled SQL torn", "history cut", "published garbage",
}  # fmt: skip
each_disagreement = pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in DISAGREEMENTS]
)


def _tear(path: Path) -> None:
    path.write_text("[" + " " * path.stat().st_size)


def _garbage(path: Path) -> None:
    path.write_bytes(b"x" * path.stat().st_size)


@each_disagreement
def test_what_cannot_be_explained_stops_the_night_and_stays(home: Home, kaa: Kaa, name: str) -> None:
    shutil.rmtree(home.drop)
    home.drop.mkdir()
    disagree, named = DISAGREEMENTS[name]
    disagree(home)
    before = everything(home.path)
    said = kaa("nightly")
    assert (said.exit_code, said.out, said.err.count("\n")) == (1, "", 1)
    assert named in said.err and ("kaa recover" in said.err or "kaa restore" in said.err)
    assert everything(home.path) == before
    with pytest.raises(NightlyFailed):
        plain_nightly.nightly(home)  # as the schedule starts it, without the command
    assert everything(home.path) == before


@each_disagreement
def test_no_command_has_a_traceback(home: Home, kaa: Kaa, name: str, tmp_path: Path) -> None:
    DISAGREEMENTS[name][0](home)
    (home.path / "dagster").mkdir()
    (home.path / "dagster" / "dagster.yaml").write_text("")
    before = everything(home.path)
    for command in (
        ["deliveries"], ["deliveries", "release", "0123456789abcdef"], ["deliveries", "reject", "x"], ["quarantine"],
        ["figures", "--period", "verksamhetsar-2023"], ["figures", "--period", "dag-2023-11-28"],
        ["figures", "--period", "verksamhetsar-2023", "--as-known", "2023-11-28"], ["purge"], ["purge", "--dry-run"],
        ["report", "--period", "verksamhetsar-2023", "--out", tmp_path / "out"], ["recover"],
        ["init", "--municipality", "stockholm", "--drop", home.drop],
    ):  # fmt: skip
        said = kaa(*command)  # anything but an orderly exit fails
        assert said.exit_code in (0, 1, 64), (command, said)
        assert said.exit_code == 0 or said.err.count("\n") == 1, (command, said)
    after = everything(home.path)
    assert {name: after[name] for name in after.keys() - {ACCESS_LOG, ACCESS_HEAD}} == before


def test_what_is_explained_is_swept_silently(home: Home) -> None:
    """What a killed nightly had begun, replaced versions, and half a pointer."""
    plain_nightly.nightly(home)
    before = content(home)
    begun = Version(home.path, 5)
    begun.begin()
    begun.history.write_bytes(b"half")
    (home.path / "warehouse" / "000006").mkdir()  # killed before the mark
    for zone in ZONES:
        shutil.copytree(home.path / zone / "000004", home.path / zone / "000003")
    _point(home, '{"version": 4, "replaced": [3]}')
    (home.path / "current.json.part").write_text("{")
    plain_nightly.nightly(home)
    assert content(home) == before
    for zone in ZONES:
        assert [path.name for path in (home.path / zone).iterdir()] == ["000005"]


def test_files_that_people_put_there_stay(home: Home) -> None:
    (home.path / "history" / "README.txt").write_text("about")
    (home.path / "history" / "backup of 2").mkdir()
    (home.path / "history" / "000003" / "notes.txt").write_text("mine")
    plain_nightly.nightly(home)
    assert (home.path / "history" / "README.txt").read_text() == "about"
    assert (home.path / "history" / "backup of 2").is_dir()
    (notes,) = home.path.glob("aside/*/history/000003/notes.txt")
    assert notes.read_text() == "mine"


def test_a_version_that_could_not_be_removed_goes_the_night_after(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.state.versions._remove_replaced", lambda version: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        plain_nightly.nightly(home)
    assert home.current() == Version(home.path, 4)
    monkeypatch.undo()
    plain_nightly.nightly(home)
    plain_nightly.nightly(home)
    assert [path.name for path in (home.path / "history").iterdir()] == ["000006"]


def test_a_version_from_before_there_were_proofs_counts(home: Home) -> None:
    for zone in ZONES:
        (home.path / zone / "000003" / "version.json").unlink()
    _point(home, '{"version": 3}')
    before = content(home)
    plain_nightly.nightly(home)
    assert content(home) == before
    assert [path.name for path in (home.path / "history").iterdir()] == ["000004"]


# --- kaa recover -------------------------------------------------------------------------------------------------------


def test_the_list_says_what_there_is(home: Home, kaa: Kaa) -> None:
    _copy(home, 4)
    _file(home, "warehouse", 4).unlink()
    _point(home, None)
    listed = {line["version"]: line for line in json.loads(kaa("recover", "--format", "json").out)}
    assert listed.keys() == {3, 4}
    assert (listed[3]["state"], listed[3]["counts"]) == ("complete", "no")
    assert (listed[3]["first_extract_date"], listed[3]["last_extract_date"]) == ("2023-11-27", "2024-01-02")
    assert "warehouse.duckdb" in listed[4]["state"]


def test_what_is_not_chosen_is_put_aside_and_recorded(home: Home, kaa: Kaa) -> None:
    before = content(home)
    _copy(home, 2, "history", "published")
    _point(home, "")
    others = everything(home.path / "history" / "000002")
    said = kaa("recover", "--version", "3", "--because", "The backup of Monday, för 20050301-1236")
    assert said.exit_code == 0 and "aside" in said.err
    assert content(home) == before
    (aside,) = home.path.glob("aside/*")
    assert everything(aside / "history" / "000002") == others
    assert (aside / "published" / "000002").is_dir() and (aside / "current.json").read_text() == ""
    assert aside.stat().st_mode & 0o77 == 0
    (line,) = [json.loads(line) for line in (home.path / "decided.jsonl").read_text().splitlines()]
    assert (line["decision"], line["version"], line["aside"]) == ("recover", 3, aside.name)
    assert line["by"] and line["at"] and "The backup of Monday" in line["because"]
    assert "20050301-1236" not in line["because"]
    plain_nightly.nightly(home)
    assert content(home) == before


def test_an_older_version_can_be_chosen(home: Home, kaa: Kaa) -> None:
    """The folders of the night before were restored beside those of the last one."""
    before = content(home)
    kept = home.path.parent / "kept"
    for zone in ZONES:
        shutil.copytree(home.path / zone / "000003", kept / zone / "000003")
    plain_nightly.nightly(home)
    for zone in ZONES:
        shutil.copytree(kept / zone / "000003", home.path / zone / "000003")
    _point(home, '{"version": 3}')
    with pytest.raises(NightlyFailed, match="version 4"):
        home.start_next()
    assert kaa("recover", "--version", "3", "--because", "Night 4 was a mistake").exit_code == 0
    assert home.current() == Version(home.path, 3) and content(home) == before
    assert sorted(path.name for path in home.night_records.folder.iterdir()) == [
        "000001.json",
        "000002.json",
        "000003.json",
    ]
    plain_nightly.nightly(home)
    assert content(home) == before


def test_garbage_beside_the_right_version_is_put_aside(home: Home, kaa: Kaa) -> None:
    wal = Version(home.path, 3).history.with_name("history.duckdb.wal")
    wal.write_bytes(b"x")
    assert "complete" in list_versions(home)[0]
    assert kaa("recover", "--version", "3", "--because", "Somebody had opened it").exit_code == 0
    assert not wal.exists() and list(home.path.glob("aside/*/history/000003/history.duckdb.wal"))
    plain_nightly.nightly(home)


def test_what_cannot_be_chosen(home: Home, kaa: Kaa) -> None:
    before = everything(home.path)
    for arguments, word in (
        (["--version", "3", "--because", "x"], "nothing to recover"),
        (["--version", "2", "--because", "x"], "There is no version 2"),
        (["--version", "3", "--because", " "], "--because"),
        (["--version", "3"], "--because"),
        (["--because", "x"], "--version"),
        (["--version", "0", "--because", "x"], "0"),
    ):
        said = kaa("recover", *arguments)
        assert (said.exit_code, said.err.count("\n")) == (64, 1) and word in said.err, said
    assert everything(home.path) == before
    _garbage(_file(home, "history", 3))
    with pytest.raises(UsageError, match=r"not complete: .*history\.duckdb.*kaa restore"):
        recover(home, 3, "x")


def test_a_backup_taken_across_the_last_step(home: Home, tmp_path: Path) -> None:
    """The pointer was copied before the nightly's last step, the folders after it: the version before it is gone."""
    _point_before = (home.path / "current.json").read_text()
    plain_nightly.nightly(home)
    after = content(home)
    _point(home, _point_before)
    with pytest.raises(NightlyFailed, match="kaa recover"):
        plain_nightly.nightly(home)
    recover(home, 4, "The backup was taken at night")
    assert content(home) == after
    plain_nightly.nightly(home)
    assert content(home) == after


def test_a_first_nightly_that_is_killed_needs_no_hands(home: Home, tmp_path: Path) -> None:
    """Killed at the pointer's own step: nothing was ever published here."""
    import subprocess
    import sys

    from pipelines.state.home import initialise

    first, _ = initialise("stockholm", home.drop, tmp_path / "first")
    driver = [sys.executable, "-m", "tests.faults.driver", str(first.path), "plain", "os:replace:before:current.json"]
    done = subprocess.run(driver, cwd=Path(__file__).resolve().parents[2], check=False)
    assert done.returncode == -signal.SIGKILL and first.night_records.published()
    plain_nightly.nightly(first)
    assert first.current() == Version(first.path, 1)
    assert rows(first, "select count(*) from delivery where status = 'accepted'")[0][0] > 0


def test_a_lack_of_memory_is_one_sentence(home: Home) -> None:
    version = home.current()
    assert version is not None
    told = explain_error(version, duckdb.OutOfMemoryException("failed to allocate data of size 16.0 MiB"))
    assert str(told).startswith("There was not enough memory") and "settings.toml" in str(told)
