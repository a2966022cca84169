"""By day a run is worth it when something has come that the last one did not see, or when it may succeed now; else never."""

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from pipelines.orchestration import sensor
from pipelines.orchestration.late import TRY_AGAIN_AFTER, reason_to_run, seen_deliveries
from pipelines.orchestration.nightly import dagster_home
from pipelines.orchestration.run import a_run
from pipelines.runtime import clock
from pipelines.runtime.errors import NightlyFailed
from pipelines.runtime.log import FILE as LOG
from pipelines.state.home import Home
from pipelines.state.last_run import LastRun, RunResult, read_last_run, write_last_run
from tests.model.world import Extract

NOW = datetime(2026, 11, 27, 9, 30, tzinfo=ZoneInfo("Europe/Stockholm"))
NIGHT = LastRun("2026-11-27T04:00:00+01:00", 7, RunResult.PUBLISHED, ended_at="2026-11-27T04:01:00+01:00")


def _deliver(home: Home, name: str, at: datetime = NOW) -> None:
    Extract("enkat", "2026-11-26", folder=name).answer(name).write(home.drop)
    manifest = home.drop / "enkat" / name / "leverans.json"
    os.utime(manifest, (at.timestamp(), at.timestamp()))


def _last(home: Home, run: LastRun) -> None:
    write_last_run(home.path, run)


def test_a_delivery_that_came_after_the_night_is_worth_a_run(home: Home) -> None:
    _last(home, NIGHT)
    assert reason_to_run(home, NOW) is None
    _deliver(home, "sen")
    reason = reason_to_run(home, NOW)
    assert reason is not None and reason.deliveries == 1
    assert reason_to_run(home, NOW) == reason  # the same key, until something changes
    _deliver(home, "senare")
    later = reason_to_run(home, NOW)
    assert later is not None and later.deliveries == 2 and later.key != reason.key


def test_what_the_last_run_left_alone_waits_for_the_night_unless_its_files_have_had_time_to_arrive(home: Home) -> None:
    _deliver(home, "halv", NOW - timedelta(minutes=10))
    (delivery,) = seen_deliveries(home, NOW)
    assert seen_deliveries(home, NOW) == {delivery: False}
    _last(home, replace(NIGHT, left_alone={delivery: False}))
    assert reason_to_run(home, NOW) is None
    settled = NOW + timedelta(hours=1)
    assert seen_deliveries(home, settled) == {delivery: True}
    assert reason_to_run(home, settled) is not None
    _last(home, replace(NIGHT, left_alone={delivery: True}))
    assert reason_to_run(home, settled) is None  # unreadable: the night tries again


def test_a_run_remembers_what_it_left_alone(home: Home, told: list[LastRun]) -> None:
    _deliver(home, "halv", NOW - timedelta(hours=5))
    with clock.running(lambda: NOW), pytest.raises(NightlyFailed), a_run(home):
        _deliver(home, "sen")  # it comes while the run goes on, and may have been missed
        raise NightlyFailed("The contract check failed.")
    last = read_last_run(home.path)
    assert last is not None and list(last.left_alone.values()) == [True]
    reason = reason_to_run(home, NOW)
    assert reason is not None and reason.deliveries == 1


def test_a_run_that_was_cut_off_is_tried_again_once_by_day(home: Home, told: list[LastRun]) -> None:
    _deliver(home, "en", NOW - timedelta(hours=5))
    _last(home, replace(NIGHT, result=RunResult.KILLED))
    assert reason_to_run(home, NOW) is not None
    with clock.running(lambda: NOW), pytest.raises(KeyboardInterrupt), a_run(home):
        raise KeyboardInterrupt
    assert reason_to_run(home, NOW) is None


def test_a_night_that_failed_for_what_may_be_over_is_tried_again_after_a_while(home: Home) -> None:
    failed = replace(NIGHT, result=RunResult.FAILED, temporary=True, ended_at=NOW.isoformat())
    _last(home, failed)
    assert reason_to_run(home, NOW + TRY_AGAIN_AFTER / 2) is None
    assert reason_to_run(home, NOW + TRY_AGAIN_AFTER) is not None
    _last(home, replace(failed, temporary=False))
    assert reason_to_run(home, NOW + TRY_AGAIN_AFTER) is None
    _last(home, failed)
    home.drop.rmdir()
    assert reason_to_run(home, NOW + TRY_AGAIN_AFTER) is None  # its mount is not back


# --- Dagster's sensor -------------------------------------------------------------------------------------------------


@pytest.fixture
def instance(home: Home, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    monkeypatch.setenv("DAGSTER_HOME", str(dagster_home(home)))
    return dg.DagsterInstance.get()


def _look(instance: dg.DagsterInstance, at: datetime = NOW) -> str | None:
    """The key of the run that the sensor asks for, or None."""
    with clock.running(lambda: at):
        answer = sensor.look(instance)
    return answer.run_key if isinstance(answer, dg.RunRequest) else None


def test_the_sensor_asks_for_a_late_delivery_by_day_and_leaves_the_night_to_the_schedule(
    home: Home, instance: dg.DagsterInstance, told: list[LastRun]
) -> None:
    _last(home, NIGHT)
    assert _look(instance) is None
    _deliver(home, "sen")
    for hour, minute in ((0, 0), (3, 59), (4, 10)):
        assert _look(instance, NOW.replace(hour=hour, minute=minute)) is None
    assert _look(instance) == _look(instance) is not None
    assert '"late_delivery_seen", "deliveries": 1' in (home.path / LOG).read_text()


def test_the_sensor_asks_for_nothing_while_a_run_goes_on_or_waits(
    home: Home, instance: dg.DagsterInstance, told: list[LastRun]
) -> None:
    _last(home, NIGHT)
    _deliver(home, "sen")
    with home.nightly_lock():
        assert _look(instance) is None
    waiting = instance.create_run_for_job(_job(), status=dg.DagsterRunStatus.NOT_STARTED)
    assert _look(instance) is None
    instance.delete_run(waiting.run_id)
    assert _look(instance) is not None


def test_the_sensor_frees_dagsters_queue_of_a_run_that_was_killed(
    home: Home, instance: dg.DagsterInstance, told: list[LastRun]
) -> None:
    run = instance.create_run_for_job(_job(), status=dg.DagsterRunStatus.STARTED)
    _last(home, replace(NIGHT, result=RunResult.RUNNING, ended_at=None))
    dead = {"process": {"number": 1, "began": 0, "machine_start": "before"}, "since": 0.0, "purpose": "run"}
    (home.path / "nightly.lock").write_text(str(dead | {"dagster_run": run.run_id}).replace("'", '"'))
    assert _look(instance) is None
    assert [one.result for one in told] == [RunResult.KILLED]
    found = instance.get_run_by_id(run.run_id)
    assert found is not None and found.status is dg.DagsterRunStatus.FAILURE


def test_what_the_sensor_cannot_look_at_it_says(home: Home, instance: dg.DagsterInstance, told: list[LastRun]) -> None:
    (home.path / "settings.toml").write_text("drop = 1\n")
    with clock.running(lambda: NOW):
        answer = sensor.look(instance)
    assert isinstance(answer, dg.SkipReason) and "settings file" in (answer.skip_message or "")


def _job() -> dg.JobDefinition:
    @dg.job(name="nightly")
    def nightly() -> None:
        pass

    return nightly


def test_kaa_nightly_if_new_does_nothing_when_nothing_has_come(
    home: Home, told: list[LastRun], capsys: pytest.CaptureFixture[str]
) -> None:
    from pipelines.commands.cli import main

    _last(home, NIGHT)
    before = (home.path / "last_run.json").read_bytes()
    with pytest.raises(SystemExit) as ended:
        main(["nightly", "--if-new"])
    assert ended.value.code == 0
    assert capsys.readouterr().err == "Nothing has come since the last run; nothing was done.\n"
    assert (home.path / "last_run.json").read_bytes() == before and told == []
    assert not Path(home.path / "history" / "000001").exists()
