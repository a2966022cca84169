"""`kaa restore`: a home rebuilt from the archive and its private key is the home that was, to the row."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.commands import restore, restore_history
from pipelines.delivery.archive import RECORD
from pipelines.orchestration.outcome import Outcome
from pipelines.runtime.errors import NightlyFailed
from pipelines.state.home import Home, initialise, open_home
from tests.cli.conftest import Kaa, kaa
from tests.faults import plain_nightly
from tests.state.conftest import PRIVATE
from tests.state.world import YOUTHS, content, everything, rows

pytestmark = pytest.mark.long

__all__ = ["kaa"]


def lose(home: Home, *names: str) -> None:
    for name in names or ("history", "warehouse", "published", "current.json"):
        path = home.path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_the_world_is_worth_restoring(home: Home) -> None:
    statuses = dict(rows(home, "select status, count(*) from delivery group by 1"))
    assert statuses.keys() == {"accepted", "duplicate", "superseded", "rejected"} and statuses["accepted"] >= 8
    assert len(rows(home, "select distinct reason from delivery where reason is not null")) >= 13
    assert {row[0] for row in rows(home, "select decided from delivery")} == {None, "release", "reject"}
    assert len(rows(home, "from purge_protocol")) >= 2
    assert rows(home, "select count(*) from quarantine")[0][0] >= 2


@pytest.mark.usefixtures("plain_restore")
def test_a_lost_history_is_rebuilt_to_the_row(home: Home, kaa: Kaa, key: Path) -> None:
    before, archive = content(home), everything(home.archive)
    shutil.rmtree(home.drop)  # it needs no drop folder
    lose(home)
    said = kaa("restore", "--key", key)
    assert said.exit_code == 0, said.err
    assert "Restored as version 4" in said.err and "judged otherwise" not in said.err
    assert content(home) == before
    assert everything(home.archive).keys() == archive.keys()
    assert not home.restoring.exists()
    # The next night goes on as if nothing had been.
    home.drop.mkdir()
    plain_nightly.nightly(home)
    assert content(home) == before
    assert rows(home, "select code from notice where code = 'deliveries_vanished'")  # with the drop folder


@pytest.mark.usefixtures("plain_restore")
def test_another_archive_restores_a_new_home(home: Home, kaa: Kaa, key: Path, tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    before = content(home)
    (tmp_path / "empty").mkdir()
    new, _ = initialise("stockholm", tmp_path / "empty", tmp_path / "new")
    monkeypatch.setenv("KAA_HOME", str(new.path))
    pseudonym_key = home.path / "keys" / "pseudonym.key"
    said = kaa("restore", "--key", key, "--archive", home.archive, "--pseudonym-key", pseudonym_key)
    assert said.exit_code == 0, said.err
    assert content(new) == before
    assert everything(new.archive).keys() == everything(home.archive).keys()
    assert new.archive_public_key == home.archive_public_key
    assert not (new.path / PRIVATE).exists()  # the new home's own opens nothing; it is put aside with the other keys
    put_aside = {path.name for path in new.keys.glob("aside/*/*")}
    assert put_aside == {"pseudonym.key", "archive.public", "archive.private", "note.txt"}


@pytest.mark.usefixtures("plain_restore")
def test_lost_keys_give_new_pseudonyms_and_the_same_figures(home: Home, kaa: Kaa, key: Path) -> None:
    before = rows(home, "from figures order by all"), rows(home, "from delivery order by all")
    lose(home, "keys")
    said = kaa("init", "--municipality", "stockholm", "--drop", home.drop)
    assert said.exit_code == 64 and "kaa restore" in said.err and not (home.path / "keys" / "pseudonym.key").exists()
    said = kaa("restore", "--key", key)
    assert said.exit_code == 0 and "every pseudonym is new" in said.err
    assert (rows(home, "from figures order by all"), rows(home, "from delivery order by all")) == before
    assert list(home.path.glob("aside/*/history/000003/history.duckdb"))


def test_a_wrong_key_and_a_whole_home_change_nothing(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    other, _ = initialise("stockholm", home.drop, tmp_path / "other")
    (tmp_path / "no.key").write_text("AGE-SECRET-KEY-1")
    before = everything(home.path)
    said = kaa("restore", "--key", key)
    assert (said.exit_code, said.err.count("\n")) == (64, 1) and "is whole" in said.err
    lose(home, "warehouse")
    before = everything(home.path)
    for wrong in (other.path / PRIVATE, tmp_path / "no.key"):
        said = kaa("restore", "--key", wrong)
        assert (said.exit_code, said.err.count("\n")) == (64, 1) and "key" in said.err
    said = kaa("restore", "--key", key, "--pseudonym-key", other.path / "keys" / "pseudonym.key")
    assert said.exit_code == 64 and "not the pseudonym key" in said.err
    said = kaa("restore", "--key", key, "--archive", home.drop)
    assert said.exit_code == 64 and "nothing to restore" in said.err
    assert everything(home.path) == before


def test_another_municipality_s_archive_is_refused(home: Home, kaa: Kaa, key: Path, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    nacka, _ = initialise("nacka", home.drop, tmp_path / "nacka")
    monkeypatch.setenv("KAA_HOME", str(nacka.path))
    before = everything(nacka.path)
    said = kaa("restore", "--key", key, "--archive", home.archive)
    assert said.exit_code == 64 and "0180" in said.err and everything(nacka.path) == before


def test_no_clear_text_stays_when_a_restore_fails(home: Home, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lose(home)
    seen: list[bool] = []

    def full(*arguments: object, **named: object) -> None:
        seen.append(any(home.restoring.rglob("register.csv")))
        seen.append((home.restoring.stat().st_mode & 0o77) == 0)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(restore_history, "take_in", full)
    with pytest.raises(NightlyFailed, match=r"No space left.*nothing was changed"):
        restore.restore(home, key)
    assert seen == [True, True]
    assert not home.restoring.exists()


@pytest.mark.parametrize("name", ["leverans.json.zst.age", "personer.csv.zst.age", RECORD])
def test_a_damaged_archive_is_told_before_anything_changes(home: Home, kaa: Kaa, key: Path, name: str) -> None:
    lose(home, "warehouse")
    files = sorted(home.archive.glob(f"*/{name}"))
    file = files[len(files) // 2]
    file.write_bytes(file.read_bytes()[:-20])
    before = everything(home.path)
    said = kaa("restore", "--key", key)
    assert (said.exit_code, said.err.count("\n")) == (64, 1) and str(file) in said.err and "backup" in said.err
    assert everything(home.path) == before


_KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.commands import restore, restore_history
from pipelines.state.home import open_home
real, calls = restore_history.take_in, []
def deadly(*arguments, **named):
    calls.append(1)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **named)
restore_history.take_in = deadly
restore.restore(open_home(), Path(sys.argv[1]))
"""


@pytest.mark.usefixtures("plain_restore")
def test_killed_in_the_middle_it_begins_anew_and_the_nightly_refuses_meanwhile(home: Home, kaa: Kaa, key: Path) -> None:
    before = content(home)
    lose(home)
    done = subprocess.run([sys.executable, "-c", _KILLED, str(key)], check=False)
    assert done.returncode == -signal.SIGKILL and list(home.restoring.rglob("leverans.json"))
    with pytest.raises(NightlyFailed, match="kaa restore"):
        plain_nightly.nightly(home)
    assert not list(home.restoring.rglob("leverans.json"))
    for command in (["nightly"], ["deliveries"], ["figures", "--period", "verksamhetsar-2023"]):
        said = kaa(*command)
        assert (said.exit_code, said.err.count("\n")) == (1, 1) and "kaa restore" in said.err
    assert kaa("restore", "--key", key).exit_code == 0
    assert content(home) == before


def test_a_failing_last_step_can_be_done_again(home: Home, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(home)
    lose(home, "warehouse")

    def fails(home: Home) -> Outcome:
        home.start_next()
        raise NightlyFailed("dbt failed")

    monkeypatch.setattr(restore, "run_nightly", fails)
    with pytest.raises(NightlyFailed, match="dbt failed"):
        restore.restore(home, key)
    monkeypatch.setattr(restore, "run_nightly", lambda home: (plain_nightly.nightly(home), Outcome(5, {}, 0))[1])
    restore.restore(home, key)
    assert content(home) == before
    assert [path.name for path in (home.path / "history").iterdir()] == ["000005"]


@pytest.mark.usefixtures("plain_restore")
def test_deliveries_of_a_run_that_was_not_published_are_left_out(home: Home, kaa: Kaa, key: Path) -> None:
    """Killed before the pointer moved; then the sender took the delivery away."""
    from tests.model.world import Extract

    before = content(home)
    Extract("enkat", "2024-01-03").answer("late").write(home.drop)
    home.put_in_place, real = lambda *rest: 1 / 0, home.put_in_place  # type: ignore[method-assign,assignment]
    with pytest.raises(ZeroDivisionError):
        plain_nightly.nightly(home)
    home.put_in_place = real  # type: ignore[method-assign]
    shutil.rmtree(home.drop)
    lose(home)
    said = kaa("restore", "--key", key)
    assert said.exit_code == 0 and "1 archived deliveries were never published" in said.err
    assert content(home) == before


@pytest.mark.usefixtures("plain_restore")
@pytest.mark.parametrize("is_list_left", [True, False])
def test_an_archive_of_before_there_were_records(home: Home, kaa: Kaa, key: Path, is_list_left: bool) -> None:
    """What the program knew before: with the list of deliveries all of it; without it the order of the files' times."""
    judged = dict(rows(home, "select delivery_id, judged_in from delivery"))
    leave_out = ("belongs_to",)
    before = content(home, *leave_out)
    figures = rows(home, "from figures order by all")
    shutil.rmtree(home.night_records.folder)
    for folder in home.archive.glob("[!.]*"):
        (folder / RECORD).unlink()
        for path in folder.iterdir():
            os.utime(path, (1_760_000_000 + 86400 * judged[folder.name],) * 2)
    lose(home, *([] if not is_list_left else ["warehouse"]))
    said = kaa("restore", "--key", key)
    assert said.exit_code == 0 and "before the archive kept" in said.err
    ids = dict(rows(home, "select delivery_id, status from delivery"))
    purged = judged.keys() - ids.keys()
    assert len(purged) == 1  # the archive of 2017
    if is_list_left:
        assert rows(home, "from figures order by all") == figures
        changed = {name for name, found in content(home, *leave_out).items() if found != before[name]}
        assert changed <= {
            "history.delivery", "published.delivery", "history.purged_archive", "history.purge_protocol",
            "published.purge_protocol", "published.delivery_remark", "history.number",
        }  # fmt: skip
    else:
        assert "held" in ids.values()  # what people decided is lost


def test_the_archive_s_own_notes_name_nobody(home: Home) -> None:
    for path in home.night_records.folder.iterdir():
        text = path.read_text()
        assert json.loads(text)["judged"]
        assert not any(number in text or number[2:8] + "-" + number[8:] in text for number in YOUTHS)
    for record in home.archive.glob(f"*/{RECORD}"):
        assert record.read_bytes().startswith(b"age-encryption.org")


@pytest.mark.slow
def test_the_real_command(home: Home, key: Path) -> None:
    before = content(home)
    lose(home)
    program = Path(sys.executable).with_name("kaa")
    done = subprocess.run([program, "restore", "--key", str(key)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = content(open_home(home.path))
    for name in ("history.delivery", "published.figures", "published.delivery", "published.quarantine"):
        assert found[name] == before[name], name
