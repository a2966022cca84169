"""`kaa backup`: a whole copy of one published version, whatever goes on meanwhile; and the way back to an empty machine."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.audit.access_log import first_wrong_line, log_access
from pipelines.commands import take_backup as taking
from pipelines.commands.rotate_archive_key import rotate
from pipelines.commands.take_backup import take_backup
from pipelines.runtime.errors import NightlyFailed
from pipelines.state.backups import LIST, UNFINISHED, backups, read_list
from pipelines.state.format import FORMAT
from pipelines.state.home import Home, open_home
from pipelines.state.keys import ARCHIVE_PUBLIC, PSEUDONYM_KEY, make_archive_keys, make_missing_keys
from pipelines.state.last_backup import read_last_backup
from pipelines.state.versions import SEAL
from tests.cli.conftest import Kaa, kaa
from tests.faults import plain_nightly
from tests.faults.test_disk_full import MEGABYTE, _leave, small_disk
from tests.repository import ROOT
from tests.state.world import content, everything

pytestmark = pytest.mark.long

__all__ = ["kaa", "small_disk"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where backups are taken to."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


@pytest.fixture
def key_store(home: Home, tmp_path: Path) -> Path:
    """The keys, as they lie in the key store; those of the home are gone with the machine."""
    return Path(shutil.copytree(home.keys, tmp_path / "key_store"))


def _new_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "new" / "home"
    monkeypatch.setenv("KAA_HOME", str(path))
    return path


def _damage(path: Path) -> None:
    """Another byte at the same size and time, as a disk does it."""
    status, found = path.stat(), bytearray(path.read_bytes())
    found[len(found) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(found)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


# --- one after the other -------------------------------------------------------------------------------------------------


def test_a_backup_makes_an_empty_machine_what_this_one_was(
    home: Home, kaa: Kaa, place: Path, key_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_access(home, "kaa quarantine", 3)
    (home.path / "public").mkdir()
    (home.path / "public" / "000001.csv.gz").write_bytes(b"told")
    home.decide("0123456789abcdef", "release")
    before, files = content(home), everything(home.path)
    figures = kaa("figures", "--period", "verksamhetsar-2023").out
    said = kaa("backup", place)
    assert said.exit_code == 0 and "read back" in said.err and "are not in the backup" in said.err, said.err
    (taken,) = backups(place)
    shutil.rmtree(home.path)

    path = _new_machine(tmp_path, monkeypatch)
    said = kaa("restore", "--backup", taken, "--keys", key_store)
    assert said.exit_code == 0 and "Restored as version 3" in said.err, said.err
    restored = open_home(path)
    assert content(restored) == before
    assert kaa("figures", "--period", "verksamhetsar-2023").out == figures and figures.count("\n") > 50
    assert first_wrong_line(restored) is None
    there = everything(path)
    left_out = {"logs/events.jsonl", "decided.jsonl", "keys/archive.private", "current.json"}
    expected = {name: text for name, text in files.items() if not name.startswith(("scratch/", "dagster/", "dbt/"))}
    assert {name: there.get(name) for name in expected.keys() - left_out} == {
        name: expected[name] for name in expected.keys() - left_out
    }
    assert not restored.restoring.exists() and json.loads(there["current.json"])["version"] == 3
    # The next night goes on as if nothing had been.
    plain_nightly.nightly(restored)
    assert content(restored) == before


def test_no_key_and_nothing_that_can_be_made_again_is_in_a_backup(home: Home, place: Path) -> None:
    (home.path / "scratch").mkdir(exist_ok=True)
    (home.path / "scratch" / "1-1").write_text("rows")
    (home.path / "aside" / "2026").mkdir(parents=True)
    (home.path / "aside" / "2026" / "old").write_text("rows")
    taken = take_backup(home, place)
    secret = (home.keys / PSEUDONYM_KEY).read_text().strip().encode()
    there = everything(taken.folder)
    assert not any(secret in content for content in there.values() if isinstance(content, bytes))
    assert {name.split("/")[0] for name in there} == {
        "archive", "history", "warehouse", "published", "current.json", "settings.toml", "backup.json", "logs",
    }  # fmt: skip
    assert stat_mode(taken.folder) == 0o700


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_keys_in_a_folder_of_another_name_are_left_out_too(home: Home, place: Path) -> None:
    (home.path / "secrets").mkdir()
    (home.path / "keys").rename(home.path / "secrets" / "of_ours")
    settings = home.path / "settings.toml"
    settings.write_text(settings.read_text() + 'keys = "secrets/of_ours"\n')
    taken = take_backup(open_home(home.path), place)
    assert not (taken.folder / "secrets" / "of_ours").exists() and (taken.folder / "settings.toml").exists()


def test_what_has_not_changed_is_linked_and_keep_removes_the_oldest_only(home: Home, kaa: Kaa, place: Path) -> None:
    first = take_backup(home, place)
    second = take_backup(home, place)
    archived = sorted(path for path in (first.folder / "archive").rglob("*.age"))
    assert len(archived) > 20 and second.copied < 10_000 < first.copied
    assert all(path.samefile(second.folder / path.relative_to(first.folder)) for path in archived)
    (place / "somebody's").mkdir()
    (place / "2026-01-01T040000Z").mkdir()  # not ours: it has no list
    said = kaa("backup", place, "--keep", 2)
    assert said.exit_code == 0 and f"Removed 1 older: {first.folder.name}" in said.err, said.err
    assert len(backups(place)) == 2 and second.folder in backups(place)
    assert {"somebody's", "2026-01-01T040000Z"} < {path.name for path in place.iterdir()}
    assert kaa("backup", place, "--check").exit_code == 0  # the linked files have not gone with it


def test_an_archive_that_is_sealed_to_another_key_is_copied_anew(
    home: Home, kaa: Kaa, key: Path, place: Path, tmp_path: Path
) -> None:
    """Files that are sealed anew keep their time, and their size."""
    take_backup(home, place)
    (tmp_path / "new").mkdir()
    make_archive_keys(tmp_path / "new")
    rotate(home, key, tmp_path / "new" / ARCHIVE_PUBLIC)
    said = kaa("backup", place)
    assert said.exit_code == 0, said.err
    (sealed, *_) = (path.relative_to(home.path) for path in sorted(home.archive.glob("[!.]*/*.age")))
    assert [(path / sealed).read_bytes() == (home.path / sealed).read_bytes() for path in backups(place)] == [
        False,
        True,
    ]
    said = kaa(
        "archive", "verify", "--archive", backups(place)[-1] / "archive", "--key", tmp_path / "new" / "archive.private"
    )
    assert said.exit_code == 0, said.err


def test_where_nothing_can_be_linked_everything_is_copied(
    home: Home, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = take_backup(home, place)

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    assert take_backup(home, place).copied >= first.size


def test_a_municipality_s_own_profile_is_taken_along(home: Home, kaa: Kaa, place: Path, tmp_path: Path) -> None:
    own = tmp_path / "own" / "municipality.yaml"
    own.parent.mkdir()
    shutil.copy(ROOT / "data_contracts" / "municipalities" / "stockholm.yaml", own)
    settings = home.path / "settings.toml"
    settings.write_text(settings.read_text().replace('"stockholm"', f'"{own}"'))
    taken = take_backup(open_home(home.path), place)
    assert (taken.folder / "profile" / own.name).read_bytes() == own.read_bytes()
    shutil.rmtree(own.parent)
    keys = Path(shutil.copytree(home.keys, tmp_path / "key_store"))
    shutil.rmtree(home.path)
    said = kaa("restore", "--backup", taken.folder, "--keys", keys)
    assert said.exit_code == 64 and f"copy it there from {taken.folder / 'profile'}" in said.err, said.err
    assert not home.path.exists()
    shutil.copytree(taken.folder / "profile", own.parent)
    assert kaa("restore", "--backup", taken.folder, "--keys", keys).exit_code == 0


# --- while a nightly is at work --------------------------------------------------------------------------------------------


def test_a_nightly_that_publishes_meanwhile_has_the_copy_taken_again(
    home: Home, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the copying and the comparison, a nightly publishes and sweeps away what was copied."""
    monkeypatch.setattr(taking.time, "sleep", lambda _: None)
    copying, done = taking._Copy._copy, []

    def copied_while_a_nightly_publishes(copy: taking._Copy, wanted: object) -> None:
        copying(copy, wanted)
        if not done:
            done.append(True)
            plain_nightly.nightly(home)

    monkeypatch.setattr(taking._Copy, "_copy", copied_while_a_nightly_publishes)
    taken = take_backup(home, place)
    assert taken.version == 4 and done
    assert [path.name for path in (taken.folder / "history").iterdir()] == ["000004"]
    assert read_list(taken.folder).version == 4


@pytest.mark.slow
def test_a_version_that_is_swept_away_while_it_is_copied_is_no_backup(
    home: Home, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking.time, "sleep", lambda _: None)
    there, done = taking._Copy._there, []

    def listed_before_a_nightly_publishes(copy: taking._Copy, version: object) -> object:
        found = there(copy, version)
        if not done:
            done.append(True)
            plain_nightly.nightly(home)
        return found

    monkeypatch.setattr(taking._Copy, "_there", listed_before_a_nightly_publishes)
    assert take_backup(home, place).version == 4


def test_what_a_nightly_has_begun_is_not_in_a_backup(home: Home, place: Path) -> None:
    version = home.start_next()
    version.history.write_bytes(b"half")
    (home.archive / "00000000deadbeef").mkdir()
    (home.archive / "00000000deadbeef" / "record.age").write_bytes(b"sealed")
    (home.night_records.folder / "000004.json").write_text("{}")  # confirmed, and not published yet
    (home.night_records.folder / "000005.part").write_text("{}")
    taken = take_backup(home, place)
    assert taken.version == 3
    names = read_list(taken.folder).files
    assert not [name for name in names if "000004" in name or "deadbeef" in name or name.endswith(".part")]


def test_a_home_that_never_stays_the_same_is_not_copied(
    home: Home, kaa: Kaa, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking.time, "sleep", lambda _: None)
    monkeypatch.setattr(taking, "_lasting", lambda there: object())
    said = kaa("backup", place)
    assert said.exit_code == 1 and "changed 10 times" in said.err and said.err.count("\n") == 1
    assert [path.name for path in place.iterdir()] == [".backup.lock"]


@pytest.mark.slow
def test_backups_taken_all_the_time_while_nightlies_run_are_each_one_version(home: Home, place: Path) -> None:
    command = [sys.executable, "-c", _NIGHTLIES, str(home.path)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ)
    versions = set()
    while process.poll() is None:
        taken = take_backup(home, place, keep=3)
        versions.add(taken.version)
        listed = read_list(taken.folder)
        assert {name.split("/")[1] for name in listed.files if name.startswith("history/")} == {f"{taken.version:06d}"}
        copy = open_home(taken.folder)
        assert copy.current() is not None and content(copy)["published.figures"]
    assert process.returncode == 0 and len(versions) >= 3, versions


_NIGHTLIES = """
import sys
from pathlib import Path
from pipelines.state.home import open_home
from tests.faults import plain_nightly
for _ in range(8):
    plain_nightly.nightly(open_home(Path(sys.argv[1])))
"""


# --- what goes wrong -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("_copy_access_log:before", marks=pytest.mark.slow),
        pytest.param("read_back:before", marks=pytest.mark.slow),
        "give_folders_their_time:after",
    ],
)
def test_a_killed_backup_leaves_nothing_that_counts_and_is_swept_away_by_the_next(
    step: str, home: Home, place: Path
) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.faults.driver import kill_at;"
        f"kill_at('pipelines.commands.take_backup:_Copy.{step}');"
        "from pipelines.commands.take_backup import take_backup; from pipelines.state.home import open_home;"
        "take_backup(open_home(Path(sys.argv[1])), Path(sys.argv[2]))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(home.path), str(place)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert backups(place) == [] and len(list(place.glob(f"{UNFINISHED}*"))) == 1
    taken = take_backup(home, place)
    assert backups(place) == [taken.folder] and list(place.glob(f"{UNFINISHED}*")) == []


def test_a_full_disk_is_one_sentence_and_leaves_the_earlier_backups(home: Home, kaa: Kaa, small_disk: Path) -> None:
    place = small_disk / "backups"
    place.mkdir()
    first = take_backup(home, place)
    plain_nightly.nightly(home)  # another version's files
    _leave(small_disk, MEGABYTE)
    said = kaa("backup", place)
    assert said.exit_code == 1 and "disk that is full" in said.err and said.err.count("\n") == 1, said.err
    assert backups(place) == [first.folder] and list(place.glob(f"{UNFINISHED}*")) == []
    assert kaa("backup", place, "--check").exit_code == 0
    assert '"backup_failed"' in (home.path / "logs" / "events.jsonl").read_text()
    last = read_last_backup(home.path)
    assert last.folder == str(first.folder) and last.taken_at and last.failed_at and last.failed_at >= last.taken_at


@pytest.mark.parametrize("broken", ["archive", "history", "cut", "list", "missing"])
def test_a_damaged_backup_is_found_and_not_restored(
    broken: str, home: Home, kaa: Kaa, place: Path, key_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = take_backup(home, place).folder
    archived = next(path for path in sorted((folder / "archive").rglob("*.age")))
    if broken == "archive":
        _damage(archived)
    elif broken == "history":
        _damage(folder / "history" / "000003" / "history.duckdb")
    elif broken == "cut":
        archived.write_bytes(archived.read_bytes()[:-1])
    elif broken == "missing":
        archived.unlink()
    else:
        (folder / LIST).write_bytes((folder / LIST).read_bytes()[:-100])
    said = kaa("backup", place, "--check", "--format", "json")
    (found,) = json.loads(said.out)
    assert said.exit_code == 2 and "0 of 1 backups are whole" in said.err
    words = {"cut": "is cut short", "missing": "is missing", "list": "backup.json is damaged"}
    assert words.get(broken, "is damaged") in found["state"]
    path = _new_machine(tmp_path, monkeypatch)
    said = kaa("restore", "--backup", folder, "--keys", key_store)
    assert said.exit_code == 64 and said.err.count("\n") == 1 and "damaged" in said.err, said.err
    assert not path.exists()


def test_a_file_that_has_rotted_in_an_earlier_backup_is_copied_anew(home: Home, kaa: Kaa, place: Path) -> None:
    first = take_backup(home, place).folder
    archived = next(path for path in sorted((first / "archive").rglob("*.age")))
    _damage(archived)
    said = kaa("backup", place)
    assert said.exit_code == 2 and "earlier backups" in said.err and archived.name in said.err, said.err
    said = kaa("backup", place, "--check", "--format", "json")
    assert [row["state"] == "whole" for row in json.loads(said.out)] == [False, True]
    assert kaa("backup", place).exit_code == 0  # it follows the whole one


def test_a_damaged_archive_is_copied_as_it_is_and_said(home: Home, kaa: Kaa, place: Path) -> None:
    delivery = next(path for path in sorted(home.archive.glob("[!.]*")) if (path / "checksums.json").exists())
    _damage(next(iter(sorted(delivery.glob("*.zst.age")))))
    said = kaa("backup", place)
    assert said.exit_code == 2 and delivery.name in said.err and "kaa archive verify" in said.err, said.err
    assert len(backups(place)) == 1


def test_a_damaged_version_is_no_backup(home: Home, kaa: Kaa, place: Path) -> None:
    version = home.current()
    assert version is not None
    version.published.chmod(0o600)
    version.published.write_bytes(b"x" * version.published.stat().st_size)
    said = kaa("backup", place)
    assert said.exit_code == 1 and str(version.published) in said.err and backups(place) == [], said.err


@pytest.mark.parametrize("name", [PSEUDONYM_KEY, ARCHIVE_PUBLIC])
def test_another_key_or_none_restores_nothing(
    name: str, home: Home, kaa: Kaa, place: Path, key_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = take_backup(home, place).folder
    path = _new_machine(tmp_path, monkeypatch)
    said = kaa("restore", "--backup", folder)
    assert said.exit_code == 64 and "--keys" in said.err and not path.exists()
    other = tmp_path / "others"
    other.mkdir()
    make_missing_keys(other)
    shutil.copy(other / name, key_store / name)
    said = kaa("restore", "--backup", folder, "--keys", key_store)
    assert said.exit_code == 64 and said.err.startswith(f"The {name} that was given is not the one"), said.err
    assert not path.exists()


def test_a_killed_restore_is_not_taken_for_a_home_and_is_run_again(
    home: Home, kaa: Kaa, place: Path, key_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, folder = content(home), take_backup(home, place).folder
    other = take_backup(home, place).folder
    path = _new_machine(tmp_path, monkeypatch)
    script = (
        "import sys; from pathlib import Path; from tests.faults.driver import kill_at;"
        "kill_at('pipelines.commands.restore_backup:_put_pointer_in_place:before');"
        "from pipelines.commands.restore_backup import restore_backup;"
        "restore_backup(*map(Path, sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, str(path), str(folder), str(key_store)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    with pytest.raises(NightlyFailed):
        plain_nightly.nightly(open_home(path))
    said = kaa("restore", "--backup", other, "--keys", key_store)
    assert said.exit_code == 64 and folder.name in said.err
    assert kaa("restore", "--key", key_store / "archive.private").exit_code == 64
    assert kaa("restore", "--backup", folder, "--keys", key_store).exit_code == 0
    assert content(open_home(path)) == before


def test_a_newer_program_s_backup_is_refused(home: Home, kaa: Kaa, place: Path, key_store: Path) -> None:
    folder = take_backup(home, place).folder
    listed = json.loads((folder / LIST).read_text())
    (folder / LIST).write_text(json.dumps(listed | {"format": 2}))
    said = kaa("restore", "--backup", folder, "--keys", key_store)
    assert said.exit_code == 64 and "newer version" in said.err
    (folder / LIST).write_text(json.dumps(listed))
    proof = folder / "published" / "000003" / SEAL
    proof.write_text(json.dumps(json.loads(proof.read_text()) | {"format": FORMAT + 1}))
    said = kaa("restore", "--backup", folder, "--keys", key_store)
    assert said.exit_code == 1 and f"state format {FORMAT + 1}" in said.err and said.err.count("\n") == 1, said.err


def test_a_list_that_leads_out_of_its_backup_is_damaged(home: Home, kaa: Kaa, place: Path, key_store: Path) -> None:
    folder = take_backup(home, place).folder
    listed = json.loads((folder / LIST).read_text())
    listed["files"]["../../outside"] = listed["files"]["settings.toml"]
    (folder / LIST).write_text(json.dumps(listed))
    said = kaa("restore", "--backup", folder, "--keys", key_store)
    assert said.exit_code == 64 and "is damaged" in said.err


@pytest.mark.parametrize(
    ("arrange", "arguments", "words"),
    [
        (lambda home, place: place.rmdir(), (), "does not exist"),
        (lambda home, place: (place / LIST).touch(), ("--check",), "There is no backup"),
        (lambda home, place: None, ("--check", "--keep", 2), "leave out --keep"),
    ],
)
def test_wrong_usage_is_one_sentence(
    arrange: Callable[[Home, Path], None], arguments: tuple[object, ...], words: str, home: Home, kaa: Kaa, place: Path
) -> None:
    arrange(home, place)
    said = kaa("backup", place, *arguments)
    assert said.exit_code == 64 and words in said.err and said.err.count("\n") == 1


def test_a_backup_in_the_home_or_over_a_home_or_of_another_municipality_is_refused(
    home: Home, kaa: Kaa, place: Path, key_store: Path
) -> None:
    (home.path / "backups").mkdir()
    assert kaa("backup", home.path / "backups").exit_code == 64
    folder = take_backup(home, place).folder
    said = kaa("restore", "--backup", folder, "--keys", key_store)
    assert said.exit_code == 64 and "is not empty" in said.err
    assert (
        kaa("restore").exit_code == 64
        and kaa("restore", "--backup", folder, "--key", key_store / PSEUDONYM_KEY).exit_code == 64
    )
    listed = json.loads((folder / LIST).read_text())
    (folder / LIST).write_text(json.dumps(listed | {"municipality": "0182"}))
    said = kaa("backup", place)
    assert said.exit_code == 64 and "another municipality" in said.err
