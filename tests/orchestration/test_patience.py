"""What may be over soon is tried again when nobody watches, and nothing else ever is."""

import errno
import os
from pathlib import Path

import duckdb
import pytest

from pipelines.delivery.find import find_deliveries
from pipelines.orchestration import nightly, patience
from pipelines.orchestration.failures import failure_of
from pipelines.orchestration.nightly import run_nightly
from pipelines.orchestration.patience import is_temporary, patiently
from pipelines.runtime.errors import AnotherRuns, DropFolderMissing, NightlyFailed, TemporaryFailure, UsageError
from pipelines.runtime.log import FILE as LOG
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home
from pipelines.state.last_run import LastRun, RunResult, read_last_run


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number), "/mnt/drop")


@pytest.mark.parametrize(
    ("error", "temporary"),
    [
        (AnotherRuns("."), True),
        (DropFolderMissing("."), True),
        (_os_error(errno.EIO), True),
        (_os_error(errno.ESTALE), True),
        (_os_error(errno.ENOTCONN), True),
        (UsageError("settings"), False),
        (NightlyFailed("guard, contract, state"), False),
        (_os_error(errno.ENOSPC), False),
        (_os_error(errno.EACCES), False),
        (KeyError("a fault of the program"), False),
    ],
    ids=lambda value: type(value).__name__ + str(getattr(value, "errno", "") or ""),
)
def test_an_error_says_itself_whether_it_may_be_over_soon(home: Home, error: Exception, temporary: bool) -> None:
    assert is_temporary(error) is temporary
    wrapped = RuntimeError("what a library makes of it")
    wrapped.__cause__ = error
    assert is_temporary(failure_of(home, wrapped, "take_in")) is temporary


def test_a_full_disk_is_not_waited_for_whoever_tells_of_it(home: Home) -> None:
    for text in ("[Errno 28] No space left on device: '/x'", "database or disk is full", "disk I/O error"):
        told = failure_of(home, TemporaryFailure(text))
        assert not is_temporary(told) and "is full" in str(told)


def test_a_file_that_another_program_holds_may_be_free_soon(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    duckdbs_words = (
        f'IO Error: Could not set lock on file "{path}": Conflicting lock is held in /usr/bin/duckdb (PID 7).'
    )
    for text in (duckdbs_words, "(sqlite3.OperationalError) database is locked"):
        assert is_temporary(failure_of(home, RuntimeError(text)))
    assert f"{path} is in use" in str(failure_of(home, RuntimeError(duckdbs_words)))


def test_a_version_that_a_statistician_holds_open_may_be_free_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "history.duckdb"
    file.touch()

    def held(path: Path, read_only: bool) -> None:
        raise duckdb.IOException(
            f'Could not set lock on file "{path}": Conflicting lock is held in /usr/bin/duckdb (PID 7)'
        )

    monkeypatch.setattr("pipelines.state.databases.open_database", held)
    with pytest.raises(TemporaryFailure, match="close it there"), open_for_reading(file):
        pass


def test_a_drop_folder_that_is_not_mounted_may_come_back_and_one_without_rights_will_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DropFolderMissing):
        find_deliveries(tmp_path / "gone")
    for number, kind in ((errno.EIO, DropFolderMissing), (errno.EACCES, UsageError)):

        def refuse(path: Path, number: int = number) -> None:
            raise _os_error(number)

        monkeypatch.setattr(Path, "iterdir", refuse)
        with pytest.raises(UsageError) as told:
            find_deliveries(tmp_path)
        assert type(told.value) is kind


def test_the_waits_grow_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(patience.time, "sleep", waited.append)
    tries = []

    def do() -> None:
        tries.append(1)
        raise AnotherRuns("Another nightly is running.")

    with pytest.raises(AnotherRuns):
        patiently(do, patience.WAITS, lambda error, seconds: None)
    assert waited == sorted(waited) == list(patience.WAITS) and len(tries) == len(waited) + 1
    assert sum(waited) < 30 * 60  # and the night is over in the morning


def test_a_night_that_nobody_watches_waits_for_its_drop_folder(
    home: Home, told: list[LastRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run, told of once, when it is over."""
    tries = []

    def refused(home: Home) -> NightlyFailed:
        tries.append(1)
        return NightlyFailed("The contract check ber/x failed; nothing is published.")

    monkeypatch.setattr(nightly, "_run_job", refused)
    monkeypatch.setattr(patience.time, "sleep", lambda seconds: home.drop.mkdir())
    home.drop.rmdir()
    with pytest.raises(NightlyFailed, match="contract check"):
        run_nightly(home, waits=(1.0, 2.0))
    assert tries == [1]  # that contract will fail again
    assert [one.result for one in told] == [RunResult.FAILED]
    assert (home.path / LOG).read_text().count("run_retried") == 1


def test_who_runs_it_by_hand_is_told_at_once(home: Home, told: list[LastRun], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience.time, "sleep", lambda seconds: pytest.fail("it waited"))
    home.drop.rmdir()
    with pytest.raises(DropFolderMissing, match="mount it"):
        run_nightly(home)
    last = read_last_run(home.path)
    assert last is not None and (last.exit_code, last.temporary) == (64, True)
