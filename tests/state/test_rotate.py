"""`kaa keys rotate`: other keys, the same figures; a kill at any moment leaves a state that counts and a way on."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pyrage
import pytest

from pipelines.commands import restore, rotate_archive_key, rotate_pseudonym_key
from pipelines.delivery.archive import open_archived
from pipelines.delivery.archive_checksums import read_checksums
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.home import Home
from pipelines.state.keys import archive_fingerprint, pseudonym_fingerprint
from tests.cli.conftest import Kaa, kaa
from tests.faults import plain_nightly
from tests.model.world import Extract
from tests.state.world import YOUTHS, content, everything, rows

pytestmark = pytest.mark.long

__all__ = ["kaa"]

#: What is the same whatever persons are called.
SAME = (
    "from figures order by all",
    "from own_figures order by all",
    "from delivery order by all",
    "from purge_protocol order by all",
    "from quarantine order by all",
)


def answers(home: Home) -> list[object]:
    """What is published, but for the version's number and time."""
    return [rows(home, sql) for sql in SAME]


def pseudonyms(home: Home) -> set[str]:
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.history), read_only=True) as connection:
        return {row[0] for row in connection.execute("select pseudonym from number").fetchall()}


def history_key(home: Home) -> str:
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.history), read_only=True) as connection:
        return dict(connection.execute("from belongs_to").fetchall())["pseudonym_key"]


def assert_goes_on(home: Home) -> None:
    """The next nightly takes in what comes, and nobody is counted twice."""
    [[before]] = rows(home, "select count(*) from delivery")
    persons = len(pseudonyms(home))
    later = Extract("folkbokforing", "2024-01-03", folder="efter")
    for number in YOUTHS[:90]:
        later.resident(number, stadsdelsomrade="04")
    later.write(home.drop)
    plain_nightly.nightly(home)
    assert rows(home, "select count(*) from delivery") == [(before + 1,)]
    assert len(pseudonyms(home)) == persons


@pytest.fixture
def plain_rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rotating ends with a nightly; dbt's process and Dagster are left out of it."""
    from tests.state.conftest import plainly

    monkeypatch.setattr(rotate_pseudonym_key, "run_nightly", plainly)


# --- pseudonyms ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("plain_rotation", "plain_restore")
def test_new_pseudonyms_and_the_same_figures(home: Home, kaa: Kaa, key: Path) -> None:
    before, known, old = answers(home), pseudonyms(home), home.pseudonym_key
    drop = everything(home.drop)
    said = kaa("keys", "rotate", "--pseudonym", "--key", key)
    assert said.exit_code == 0 and said.err == "Published version 4 with new pseudonyms and the same figures.\n", (
        said.err
    )
    assert answers(home) == before and everything(home.drop) == drop
    assert len(pseudonyms(home)) == len(known) and not pseudonyms(home) & known
    assert home.pseudonym_key != old and history_key(home) == pseudonym_fingerprint(home.pseudonym_key)
    [aside] = home.keys.glob("aside/*")
    assert (aside / "pseudonym.key").read_text().strip() == old.hex()
    assert {path.stat().st_mode & 0o077 for path in (aside, aside / "pseudonym.key")} == {0}
    note = (aside / "note.txt").read_text()
    assert (
        pseudonym_fingerprint(old) in note
        and pseudonym_fingerprint(home.pseudonym_key) in note
        and old.hex() not in note
    )
    assert not home.rekeying.exists() and sorted(path.name for path in (home.path / "history").iterdir()) == ["000004"]
    [decided] = [json.loads(line) for line in (home.path / "decided.jsonl").read_text().splitlines()]
    assert (decided["decision"], decided["from_key"]) == ("rotate-pseudonym-key", pseudonym_fingerprint(old))
    # A restore knows which key was used last.
    for name in ("history", "warehouse", "published", "current.json"):
        path = home.path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    said = kaa("restore", "--key", key, "--pseudonym-key", aside / "pseudonym.key")
    assert said.exit_code == 64 and "is not the pseudonym key that was used before" in said.err
    said = kaa("restore", "--key", key)
    assert said.exit_code == 0 and "new" not in said.err and answers(home) == before
    assert_goes_on(home)


@pytest.mark.usefixtures("plain_rotation")
def test_what_is_no_fit_state_to_rotate_is_told(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    (tmp_path / "other.key").write_text(str(pyrage.x25519.Identity.generate()))
    [[held]] = rows(home, "select delivery_id from delivery where decided = 'reject'")
    before = everything(home.path)
    said = kaa("keys", "rotate", "--pseudonym", "--key", tmp_path / "other.key")
    assert (said.exit_code, said.err.count("\n")) == (64, 1) and "cannot be opened with this key" in said.err
    assert everything(home.path) == before
    home.decide(held, "release")
    said = kaa("keys", "rotate", "--pseudonym", "--key", key)
    assert (said.exit_code, said.err.count("\n")) == (64, 1) and "run kaa nightly first" in said.err
    home.forget_decisions(set())
    shutil.rmtree(home.path / "warehouse")
    said = kaa("keys", "rotate", "--pseudonym", "--key", key)
    assert (said.exit_code, said.err.count("\n")) == (64, 1) and "is not whole" in said.err


@pytest.mark.usefixtures("plain_rotation")
def test_other_figures_keep_the_old_key(home: Home, kaa: Kaa, key: Path) -> None:
    version = home.current()
    assert version is not None
    lost = rows(home, "select delivery_id from delivery where status = 'accepted' and source = 'folkbokforing'")
    shutil.rmtree(home.archive / lost[0][0])
    before = content(home)
    said = kaa("keys", "rotate", "--pseudonym", "--key", key)
    assert (said.exit_code, said.err.count("\n")) == (1, 1) and "the old key counts on" in said.err
    assert content(home) == before and not home.rekeying.exists() and not list(home.keys.glob("*.next"))
    assert_goes_on(home)


_KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.commands import restore_history, rotate_pseudonym_key
from pipelines.state import home as state
from tests.faults.driver import kill_at
from tests.state.conftest import plainly
rotate_pseudonym_key.run_nightly = plainly
kill_at(sys.argv[2])
rotate_pseudonym_key.rotate(state.open_home(), Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("step", "rotated"),
    [
        pytest.param("pipelines.commands.restore_history:take_in:before:2", False, marks=pytest.mark.slow),
        pytest.param("tests.faults.plain_nightly:build_published:after", False, marks=pytest.mark.slow),
        ("os:replace:before:current.json", False),
        ("os:replace:after:current.json", True),
        pytest.param("pipelines.state.home:keep_aside:after", True, marks=pytest.mark.slow),
    ],
)
@pytest.mark.usefixtures("plain_rotation")
def test_a_killed_rotation_leaves_one_state_whole(home: Home, key: Path, step: str, rotated: bool) -> None:
    before, known, old = answers(home), pseudonyms(home), home.pseudonym_key
    done = subprocess.run([sys.executable, "-c", _KILLED, str(key), step], check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert answers(home) == before
    assert (pseudonyms(home) == known) != rotated
    assert_goes_on(home)
    assert (home.pseudonym_key == old) != rotated
    assert history_key(home) == pseudonym_fingerprint(home.pseudonym_key)
    assert not home.rekeying.exists() and not list(home.keys.glob("*.next"))
    rotate_pseudonym_key.rotate(home, key)
    assert not pseudonyms(home) & known


# --- the archive ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def new(kaa: Kaa, tmp_path: Path) -> Path:
    """A folder with a new pair of keys."""
    assert kaa("keys", "make", "--out", tmp_path / "new").exit_code == 0
    return tmp_path / "new"


def _opened(home: Home, private: Path) -> dict[str, bytes]:
    text = private.read_text().strip()
    return {str(path.relative_to(home.archive)): open_archived(path, text) for path in home.archive.glob("[!.]*/*.age")}


@pytest.mark.usefixtures("plain_restore")
def test_the_archive_is_sealed_to_another_key(home: Home, kaa: Kaa, key: Path, new: Path) -> None:
    before, told, files = _opened(home, key), content(home), everything(home.archive)
    times = {path: path.stat().st_mtime_ns for path in [*home.archive.glob("[!.]*"), *home.archive.glob("[!.]*/*.age")]}
    [one, *_] = home.archive.glob("*/checksums.json")
    one.unlink()  # an old delivery
    times[one.parent] = one.parent.stat().st_mtime_ns
    said = kaa("keys", "rotate", "--archive", "--key", key, "--to", new / "archive.public")
    assert said.exit_code == 0 and f"{len(list(home.archive.glob('[!.]*')))} archived deliveries" in said.err, said.err
    assert _opened(home, new / "archive.private") == before
    with pytest.raises(UsageError):
        _opened(home, key)
    assert not {
        name for name, kept in everything(home.archive).items() if name.endswith(".age") and kept == files[name]
    }
    assert times == {path: path.stat().st_mtime_ns for path in times}
    assert home.archive_public_key == (new / "archive.public").read_text().strip()
    [aside] = home.keys.glob("aside/*")
    assert {path.name for path in aside.iterdir()} == {"archive.public", "note.txt"}
    for also in ((), ("--key", new / "archive.private")):
        assert kaa("archive", "verify", *also).exit_code == 0
    assert content(home) == told
    assert_goes_on(home)
    with duckdb.connect(str(home.current().history), read_only=True) as connection:
        known = dict(connection.execute("from belongs_to").fetchall())
    assert known["archive_key"] == archive_fingerprint(home.archive_public_key)
    told = content(home)
    shutil.rmtree(home.path / "warehouse")
    said = kaa("restore", "--key", key)
    assert said.exit_code == 64 and "cannot be opened with this key" in said.err
    assert kaa("restore", "--key", new / "archive.private").exit_code == 0
    assert content(home) == told
    # The key of before is another one again.
    shutil.copy(aside / "archive.public", home.keys / "archive.public")
    with pytest.raises(NightlyFailed, match="is not the key that earlier deliveries were sealed to"):
        plain_nightly.nightly(home)


_ROTATE = """
import sys
from pathlib import Path
from pipelines.commands import rotate_archive_key
from pipelines.state.home import open_home
from tests.faults.driver import kill_at
kill_at(sys.argv[3])
rotate_archive_key.rotate(open_home(), Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.parametrize(
    "step",
    [
        "pipelines.delivery.archive:Archive.write_checksums:after:3",
        "os:replace:before:register.csv",
        "os:replace:after:register.csv",
        "os:replace:after:leverans.json",
        "pipelines.commands.rotate_archive_key:_rotate_delivery:after:5",
        "pipelines.state.decision_log:record:after",
        "pipelines.commands.rotate_archive_key:keep_aside:after",
    ],
)
@pytest.mark.usefixtures("plain_restore")
def test_a_killed_rotation_of_the_archive_goes_on(home: Home, kaa: Kaa, key: Path, new: Path, step: str) -> None:
    before, told = _opened(home, key), content(home)
    arguments = [str(key), str(new / "archive.public"), step]
    done = subprocess.run([sys.executable, "-c", _ROTATE, *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert kaa("archive", "verify").exit_code == 0
    readable = {}
    for path in home.archive.glob("[!.]*/*.age"):
        try:
            readable[str(path.relative_to(home.archive))] = open_archived(path, key.read_text().strip())
        except UsageError:
            opened = open_archived(path, (new / "archive.private").read_text().strip())
            readable[str(path.relative_to(home.archive))] = opened
    assert readable == before
    if any(
        read_checksums(folder)[0].key == archive_fingerprint(home.archive_public_key)
        for folder in home.archive.glob("[!.]*")
    ):
        shutil.move(home.path / "warehouse", home.path / "gone")
        said = kaa("restore", "--key", key)
        assert said.exit_code == 64 and "run the same kaa keys rotate --archive again" in said.err
        shutil.move(home.path / "gone", home.path / "warehouse")
    assert_goes_on(home)  # sealed to the old key, as long as that is the home's
    assert kaa("keys", "make", "--out", new / "third").exit_code == 0
    said = kaa("keys", "rotate", "--archive", "--key", key, "--to", new / "third" / "archive.public")
    assert said.exit_code == 64 and "begun to be rotated" in said.err
    said = kaa("keys", "rotate", "--archive", "--key", key, "--to", new / "archive.public")
    assert said.exit_code == 0, said.err
    assert before.items() <= _opened(home, new / "archive.private").items()
    assert kaa("archive", "verify", "--key", new / "archive.private").exit_code == 0
    assert told.keys() == content(home).keys()


def test_wrong_use_of_rotate_is_told_and_changes_nothing(
    home: Home, kaa: Kaa, key: Path, new: Path, tmp_path: Path
) -> None:
    before = everything(home.path)
    (tmp_path / "no.public").write_text("age1nothing")
    for arguments, word in (
        (["--key", key], "Say which key"),
        (["--archive", "--key", key], "--to is the archive's new public key"),
        (["--pseudonym", "--key", key, "--to", new / "archive.public"], "--to is the archive's new public key"),
        (["--archive", "--key", new / "archive.private", "--to", new / "archive.public"], "does not belong to"),
        (["--archive", "--key", key, "--to", home.keys / "archive.public"], "already"),
        (["--archive", "--key", key, "--to", tmp_path / "no.public"], "damaged"),
        (["--archive", "--key", new / "archive.public", "--to", new / "archive.public"], "is no private key"),
    ):
        said = kaa("keys", "rotate", *arguments)
        assert (said.exit_code, said.out, said.err.count("\n")) == (64, "", 1) and word in said.err, said.err
    said = kaa("keys", "make", "--out", new)
    assert said.exit_code == 64 and "exists already" in said.err
    next(home.archive.glob("*/register.csv.zst.age")).write_bytes(b"x")
    broken = everything(home.path)
    said = kaa("keys", "rotate", "--archive", "--key", key, "--to", new / "archive.public")
    assert said.exit_code == 64 and "kaa archive verify" in said.err
    assert everything(home.path) == broken and broken.keys() == before.keys()


def test_an_archive_key_in_the_home_is_kept_aside(home: Home, new: Path) -> None:
    private = home.keys / "archive.private"
    text = private.read_text()
    rotate_archive_key.rotate(home, private, new / "archive.public")
    assert not private.exists()
    assert [path.read_text() for path in home.keys.glob("aside/*/archive.private")] == [text]
    assert restore.is_whole(home)
