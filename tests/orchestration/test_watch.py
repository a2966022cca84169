"""`kaa watch` says of every morning whether the night is over and well, and notices what nobody else could tell."""

import os
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipelines.commands.cli import main
from pipelines.orchestration.schedule import GRACE, last_night
from pipelines.orchestration.watch import Verdict, look
from pipelines.runtime import clock
from pipelines.state.home import Home
from pipelines.state.last_run import LastRun, RunResult, read_last_run, write_last_run
from tests.orchestration.conftest import CutOff

STOCKHOLM = ZoneInfo("Europe/Stockholm")
FRIDAY = datetime(2026, 11, 27, 4, 0, tzinfo=STOCKHOLM)
MORNING = timedelta(hours=2, minutes=30)


def _night(result: RunResult = RunResult.PUBLISHED, began: datetime = FRIDAY, **more: object) -> LastRun:
    ended = None if result is RunResult.RUNNING else (began + timedelta(minutes=1)).isoformat()
    exit_code = 1 if result in (RunResult.FAILED, RunResult.KILLED, RunResult.HUNG) else 0
    return LastRun(**{
        "started_at": began.isoformat(), "process": 1, "result": result, "ended_at": ended, "version": 5,
        "exit_code": exit_code, **more,
    })  # fmt: skip


def _look(home: Home, at: datetime) -> Verdict:
    with clock.running(lambda: at):
        return look(home)


@pytest.mark.parametrize(
    ("run", "code", "words"),
    [
        (_night(), 0, "published version 5."),
        (_night(RunResult.NOTHING_NEW), 0, "found nothing new"),
        (_night(exit_code=2), 2, "kaa deliveries"),
        (_night(RunResult.FAILED, failure="The disk is full."), 1, "did not publish (failed): The disk is full."),
        (_night(RunResult.HUNG, failure="It took longer."), 1, "did not publish (hung): It took longer."),
    ],
    ids=lambda value: str(getattr(value, "result", "")),
)
def test_a_night_that_is_over_is_judged_by_how_it_ended(
    home: Home, told: list[LastRun], run: LastRun, code: int, words: str
) -> None:
    write_last_run(home.path, run)
    for _ in range(2):  # who is told of it is told once: that is known where it is told (tests/monitoring)
        verdict = _look(home, FRIDAY + MORNING)
        assert (verdict.exit_code, words in verdict.sentence) == (code, True), verdict
    assert told == [run, run] and read_last_run(home.path) == run


def test_a_night_that_never_began_is_missed_and_told_of(home: Home, told: list[LastRun]) -> None:
    write_last_run(home.path, _night(began=FRIDAY - timedelta(days=1), held=3))
    assert _look(home, FRIDAY + GRACE - timedelta(minutes=1)).exit_code == 0
    assert told == []
    verdict = _look(home, FRIDAY + MORNING)
    assert verdict.exit_code == 1 and "2026-11-27 04:00 did not begin" in verdict.sentence
    (missed,) = told
    assert (missed.result, missed.started_at, missed.held) == (RunResult.MISSED, FRIDAY.isoformat(), 3)
    assert read_last_run(home.path) == missed
    assert _look(home, FRIDAY + MORNING * 2).exit_code == 1 and told == [missed, missed]


def test_weekends_have_no_nights_to_miss(home: Home, told: list[LastRun]) -> None:
    write_last_run(home.path, _night())
    for days in (1, 2):
        assert _look(home, FRIDAY + timedelta(days=days) + MORNING).exit_code == 0
    monday = FRIDAY + timedelta(days=3) + MORNING
    assert _look(home, monday).exit_code == 1


def test_a_home_that_was_set_up_today_has_missed_nothing(home: Home, told: list[LastRun]) -> None:
    noon = FRIDAY.replace(hour=12)
    os.utime(home.path / "settings.toml", (noon.timestamp(), noon.timestamp()))
    assert _look(home, noon + timedelta(hours=1)).exit_code == 0 and told == []
    monday = FRIDAY + timedelta(days=3) + MORNING
    assert _look(home, monday).exit_code == 1 and [one.result for one in told] == [RunResult.MISSED]


@pytest.mark.parametrize("purpose", ["run", "command"])
def test_a_night_that_goes_on_is_not_over(home: Home, told: list[LastRun], started: list[CutOff], purpose: str) -> None:
    """`kaa restore`, too, ends with a run."""
    started.append(CutOff(home))
    place = home.path / "nightly.lock"
    place.write_text(place.read_text().replace('"run"', f'"{purpose}"'))
    verdict = _look(home, FRIDAY + MORNING)
    assert verdict.exit_code == 0 and "goes on" in verdict.sentence and told == []
    assert started[0].process.poll() is None


def test_a_night_that_hangs_is_ended_by_the_watch(home: Home, told: list[LastRun], started: list[CutOff]) -> None:
    started.append(CutOff(home, seconds=str(5 * 3600)))
    assert _look(home, FRIDAY + MORNING).exit_code == 1
    assert started[0].is_gone() and {one.result for one in told} == {RunResult.HUNG}


def test_a_run_that_was_killed_is_found_by_the_watch(
    home: Home, told: list[LastRun], capsys: pytest.CaptureFixture[str]
) -> None:
    write_last_run(home.path, _night(RunResult.RUNNING))
    with clock.running(lambda: FRIDAY + MORNING), pytest.raises(SystemExit) as ended:
        main(["watch"])
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("The nightly that began 2026-11-27 04:00 did not publish (killed): ")
    assert said.count("\n") == 1
    assert [one.result for one in told] == [RunResult.KILLED, RunResult.KILLED]


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-11-27T04:00", "2026-11-27T04:00"),
        ("2026-11-27T03:59", "2026-11-26T04:00"),
        ("2026-11-30T03:59", "2026-11-27T04:00"),
        ("2026-11-29T12:00", "2026-11-27T04:00"),
        ("2027-03-29T04:00", "2027-03-29T04:00"),  # the day after the clocks have changed
        ("2027-03-28T12:00", "2027-03-26T04:00"),
        ("2026-10-26T03:30", "2026-10-23T04:00"),
    ],
)
def test_the_last_night_is_the_last_weekday_at_four(now: str, night: str) -> None:
    found = last_night(datetime.fromisoformat(now).replace(tzinfo=STOCKHOLM))
    assert found.isoformat()[:16] == night and found.tzinfo == STOCKHOLM
