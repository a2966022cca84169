"""One run at a time, whoever starts it; its record says how it ended, and one that is killed or hangs stops nobody."""

import json
import os
import signal
import time
from dataclasses import replace

import pytest

from pipelines.orchestration import run as runs
from pipelines.orchestration.outcome import Outcome
from pipelines.orchestration.run import a_run, clear, going
from pipelines.runtime import processes
from pipelines.runtime.errors import AnotherRuns, DropFolderMissing, NightlyFailed, UsageError
from pipelines.runtime.log import FILE as LOG
from pipelines.state import nightly_lock
from pipelines.state.home import Home, open_home
from pipelines.state.last_run import LastRun, RunResult, read_last_run, write_last_run
from tests.orchestration.conftest import CutOff

LONG = str(5 * 3600)


def _record(home: Home) -> LastRun:
    found = read_last_run(home.path)
    assert found is not None
    return found


def _events(home: Home) -> list[str]:
    return [json.loads(line)["event"] for line in (home.path / LOG).read_text().splitlines()]


def _a_good_run(home: Home) -> None:
    with a_run(home) as run:
        run.outcome = Outcome(7, {"accepted": 2}, 1)


def test_a_run_is_written_down_from_its_beginning_to_its_end(home: Home, told: list[LastRun]) -> None:
    with a_run(home) as run:
        assert (_record(home).result, _record(home).process) == (RunResult.RUNNING, os.getpid())
        assert told == [] and going(home.path) is run
        run.outcome = Outcome(7, {"accepted": 2}, 1, nothing_new=False)
        run.seconds = {"take_in": 0.5}
    ended = _record(home)
    assert (ended.result, ended.exit_code, ended.version, ended.by_status) == (
        RunResult.PUBLISHED,
        2,
        7,
        {"accepted": 2},
    )
    assert ended.seconds == {"take_in": 0.5} and ended.ended_at and ended.ended_at >= ended.started_at
    assert told == [ended] and going(home.path) is None
    assert _events(home) == ["run_started", "run_ended"]
    assert (home.path / nightly_lock.FILE).read_text() == ""
    assert not (home.path / "logs" / "hung.txt").exists()


def test_a_night_with_nothing_new_is_written_down_as_one(home: Home, told: list[LastRun]) -> None:
    with a_run(home) as run:
        run.outcome = Outcome(8, {}, 0, nothing_new=True)
    assert (_record(home).result, _record(home).exit_code) == (RunResult.NOTHING_NEW, 0)


@pytest.mark.parametrize(
    ("error", "code", "temporary"),
    [
        (NightlyFailed("A sentence."), 1, False),
        (UsageError("A sentence."), 64, False),
        (DropFolderMissing("A sentence."), 64, True),
    ],
)
def test_a_run_that_fails_keeps_its_sentence(
    home: Home, told: list[LastRun], error: Exception, code: int, temporary: bool
) -> None:
    with pytest.raises(type(error)), a_run(home):
        raise error
    record = _record(home)
    assert (record.result, record.failure, record.exit_code, record.temporary) == (
        RunResult.FAILED, "A sentence.", code, temporary,
    )  # fmt: skip
    assert told == [record]


def test_of_an_unforeseen_error_neither_record_nor_log_keeps_the_text(home: Home, told: list[LastRun]) -> None:
    number = "-".join(["20050304", "2181"])
    with pytest.raises(ValueError), a_run(home):
        int(number)
    assert "ValueError" in (_record(home).failure or "")
    for file in ("last_run.json", LOG):
        assert number not in (home.path / file).read_text()


def test_a_run_within_a_run_is_the_same_one(home: Home, told: list[LastRun]) -> None:
    with a_run(home) as outer:
        with a_run(home) as inner:
            assert inner is outer
        outer.outcome = Outcome(1, {}, 0)
    assert len(told) == 1


def test_a_run_that_is_stopped_by_hand_is_written_down_as_killed(home: Home, told: list[LastRun]) -> None:
    with pytest.raises(KeyboardInterrupt), a_run(home):
        raise KeyboardInterrupt
    assert (_record(home).result, _record(home).exit_code) == (RunResult.KILLED, 1)


def test_what_fails_after_publishing_takes_nothing_back(
    home: Home, told: list[LastRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NightlyFailed), a_run(home) as run:
        run.outcome = Outcome(1, {}, 0)
        monkeypatch.setattr(runs, "published_number", lambda home: 1)
        raise NightlyFailed("Dagster's records are full.")
    assert (_record(home).result, _record(home).failure) == (RunResult.PUBLISHED, None)


def test_while_one_goes_on_another_is_refused_and_its_record_left_alone(
    home: Home, told: list[LastRun], started: list[CutOff]
) -> None:
    started.append(CutOff(home))
    before = _record(home)
    with pytest.raises(AnotherRuns, match="Another nightly is running"), a_run(home):
        pass
    assert _record(home) == before and before.result is RunResult.RUNNING
    assert "run_refused" in _events(home) and told == []
    assert clear(home) is None and started[0].process.poll() is None  # nor is it in anybody's way


def test_a_killed_run_is_found_by_the_next_and_told_of(home: Home, told: list[LastRun], started: list[CutOff]) -> None:
    started.append(CutOff(home))
    started[0].process.kill()
    started[0].process.wait()
    _a_good_run(home)
    killed, well = told
    assert (killed.result, killed.process, killed.exit_code) == (RunResult.KILLED, started[0].process.pid, 1)
    assert killed.failure and "killed" in killed.failure
    assert (well.result, _record(home)) == (RunResult.PUBLISHED, well)
    assert _events(home) == ["run_started", "run_found_killed", "run_ended", "run_started", "run_ended"]


def test_who_was_killed_is_known_to_who_only_puts_in_order(
    home: Home, told: list[LastRun], started: list[CutOff]
) -> None:
    started.append(CutOff(home))
    started[0].process.kill()
    started[0].process.wait()
    left = clear(home)
    assert left is not None and left.process.number == started[0].process.pid and not left.is_alive
    assert [one.result for one in told] == [RunResult.KILLED]
    assert clear(home) is None and len(told) == 1


def test_a_run_that_was_killed_after_publishing_has_published(
    home: Home, told: list[LastRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_last_run(home.path, LastRun("2026-11-27T04:00:00+01:00", 1, RunResult.RUNNING, version=3))
    monkeypatch.setattr(runs, "published_number", lambda home: 4)
    monkeypatch.setattr(runs, "read_outcome", lambda home: Outcome(4, {"rejected": 1}, 0))
    clear(home)
    assert [(one.result, one.version, one.exit_code) for one in told] == [(RunResult.PUBLISHED, 4, 2)]


@pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "asleep"])
def test_a_run_that_hangs_is_ended_with_its_processes_by_the_next(
    home: Home, told: list[LastRun], started: list[CutOff], stopped: bool
) -> None:
    started.append(CutOff(home, seconds=LONG))
    if stopped:
        os.kill(started[0].process.pid, signal.SIGSTOP)
    _a_good_run(home)
    assert started[0].is_gone()
    hung, well = told
    assert (hung.result, hung.process) == (RunResult.HUNG, started[0].process.pid)
    assert hung.failure and "4 hours" in hung.failure
    assert well.result is RunResult.PUBLISHED
    assert "run_found_hung" in _events(home)


def test_a_command_may_hold_the_lock_for_as_long_as_it_takes(
    home: Home, told: list[LastRun], started: list[CutOff]
) -> None:
    """`kaa restore` rebuilds years; only a run of the nightly has a longest time."""
    started.append(CutOff(home, seconds=LONG))
    place = home.path / nightly_lock.FILE
    place.write_text(place.read_text().replace('"run"', '"command"'))
    with pytest.raises(AnotherRuns), a_run(home):
        pass
    assert started[0].process.poll() is None


def test_nobody_is_ended_who_has_only_the_number_of_who_held_the_lock(
    home: Home, told: list[LastRun], started: list[CutOff]
) -> None:
    started.append(CutOff(home, seconds=LONG))
    who = nightly_lock.holder(home.path)
    assert who is not None
    place = home.path / nightly_lock.FILE
    for other in (replace(who.process, began=who.process.began - 1), replace(who.process, machine_start="another")):
        assert not processes.is_alive(other)
        told_by_file = json.loads(place.read_text()) | {"process": other.__dict__}
        place.write_text(json.dumps(told_by_file))
        with pytest.raises(AnotherRuns), a_run(home):
            pass
        assert processes.end(other) and started[0].process.poll() is None


def test_a_hung_run_of_another_user_is_named_and_left(
    home: Home, told: list[LastRun], started: list[CutOff], monkeypatch: pytest.MonkeyPatch
) -> None:
    started.append(CutOff(home, seconds=LONG))
    monkeypatch.setattr(processes, "is_ours", lambda process: False)
    with pytest.raises(NightlyFailed, match=f"kill -9 {started[0].process.pid}"), a_run(home):
        pass
    assert started[0].process.poll() is None


def test_a_hung_run_that_the_system_cannot_end_is_said_to_be_one(
    home: Home, told: list[LastRun], started: list[CutOff], monkeypatch: pytest.MonkeyPatch
) -> None:
    started.append(CutOff(home, seconds=LONG))
    monkeypatch.setattr(processes, "end", lambda process: False)
    with pytest.raises(NightlyFailed, match="mend the mount or start the machine anew"), a_run(home):
        pass
    assert _record(home).result is RunResult.RUNNING


def _with_longest(home: Home, seconds: float) -> Home:
    with (home.path / "settings.toml").open("a") as file:
        file.write(f"longest_night_hours = {seconds / 3600:.6f}\n")
    return open_home(home.path)


def test_a_run_ends_itself_when_its_time_is_up(home: Home, started: list[CutOff]) -> None:
    """Its main thread sleeps; its other processes must not outlive it."""
    started.append(CutOff(_with_longest(home, 1)))
    _, said = started[0].process.communicate(timeout=60)
    assert started[0].is_gone() and started[0].process.returncode == 1
    assert said.count("\n") == 1 and "longest_night_hours" in said and "Traceback" not in said
    assert (_record(home).result, _record(home).exit_code) == (RunResult.HUNG, 1)
    assert _events(home)[:3] == ["run_started", "run_found_hung", "run_ended"]
    places = (home.path / "logs" / "hung.txt").read_text()
    assert "cut_off.py" in places


@pytest.mark.slow
def test_a_run_ends_itself_though_no_thread_of_it_can_run(
    home: Home, told: list[LastRun], started: list[CutOff]
) -> None:
    """A library that never gives the interpreter back: the process ends, and who comes next writes it down."""
    began = time.monotonic()
    started.append(CutOff(_with_longest(home, 1), "hold"))
    assert started[0].process.wait(timeout=60) == 1
    assert time.monotonic() - began > 10
    clear(home)
    assert [one.result for one in told] == [RunResult.KILLED]
