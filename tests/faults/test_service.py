"""Dagster's daemon in service, the real one: it takes in what comes late, and nothing that is killed or hangs stops it.

One job at a time, whoever starts it: the daemon, `kaa nightly` by hand or by a timer.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from pipelines.orchestration.nightly import dagster_home
from pipelines.runtime.log import FILE as LOG
from pipelines.runtime.processes import descendants
from pipelines.state.home import Home
from pipelines.state.last_run import LastRun, RunResult, read_last_run
from pipelines.state.nightly_lock import Holder, holder
from tests.faults.support import ROOT, Night, assert_recovered, assert_whole
from tests.faults.test_real_job import _children, _kaa, _runs

pytestmark = pytest.mark.slow

#: Seconds for what takes a dozen on a machine that does nothing else.
PATIENCE = 420


@contextmanager
def _daemon(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """Dagster's daemon on a KAA_HOME, the leader of its own process group, with the code's server and the runs in it."""
    with (home.path.parent / "daemon.log").open("ab") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-m", "tests.faults.by_day"],
            cwd=ROOT, env={**os.environ, "KAA_HOME": str(home.path), "DAGSTER_HOME": str(dagster_home(home))},
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None or _children(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(home: Home, what: str, found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not found():
        log = (home.path.parent / "daemon.log").read_text(errors="replace")[-3000:]
        assert time.monotonic() < deadline, f"{what} did not come: {read_last_run(home.path)}\n{log}"
        time.sleep(0.2)


def _last(home: Home) -> LastRun | None:
    return read_last_run(home.path)


def _events(home: Home, name: str) -> list[dict[str, object]]:
    path = home.path / LOG
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [line for line in lines if line["event"] == name]


def _run_at_work(home: Home, number: int) -> Holder:
    """The daemon's run number so and so, when it is at work; the first when it has come as far as dbt."""

    def is_there() -> bool:
        who, begun = holder(home.path), len(_events(home, "run_started")) == number
        as_far_as_dbt = (
            home.path / "warehouse" / "000002" / "dbt"
        ).is_dir()  # of the first it stays, until the second sweeps
        return bool(begun and as_far_as_dbt and who and who.is_alive and descendants(who.process))

    _wait(home, f"run {number}", is_there)
    who, last = holder(home.path), _last(home)
    assert who is not None and who.dagster_run and last is not None and last.result is RunResult.RUNNING
    return who


def test_a_killed_worker_and_a_stopped_one_are_noticed_and_the_night_after_is_whole(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    with _daemon(home):
        first = _run_at_work(home, 1)  # the second night's deliveries are late ones
        assert [one["started_by"] for one in _events(home, "run_started")] == ["sensor"]
        refused = _kaa(home, "nightly")
        assert refused.returncode == 1 and refused.stderr.startswith("Another nightly is running")
        assert _kaa(home, "nightly", "--if-new").returncode == 0
        os.kill(first.process.number, signal.SIGKILL)

        second = _run_at_work(home, 2)  # once more by day; Dagster's queue did not wait for the first
        assert [one["process"] for one in _events(home, "run_found_killed")] == [first.process.number]
        assert assert_whole(home, night).number == 1
        os.kill(second.process.number, signal.SIGSTOP)
        settings = home.path / "settings.toml"
        before = settings.read_text()
        settings.write_text(before + "longest_night_hours = 0.0001\n")
        time.sleep(12)
        watched = _kaa(home, "watch")
        settings.write_text(before)
        assert watched.returncode == 1 and "(hung)" in watched.stderr, watched.stderr
        assert not second.is_alive
        assert [one["process"] for one in _events(home, "run_found_hung")] == [second.process.number]
        _wait(home, "the end of both records", lambda: set(_runs(home)) == {dg.DagsterRunStatus.FAILURE})
        time.sleep(10)  # some looks of the sensor: what was cut off twice waits for the night
        assert len(_events(home, "run_started")) == 2
    done = _kaa(home, "nightly")
    assert done.returncode == 2, done.stderr
    assert_recovered(home, night)
    assert _kaa(home, "watch").returncode == 2


def test_a_daemon_that_is_killed_with_its_run_begins_again_by_itself(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    with _daemon(home) as daemon:
        killed = _run_at_work(home, 1)
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()
        _wait(home, "the end of its processes", lambda: not _children(daemon.pid))
    assert not killed.is_alive and assert_whole(home, night).number == 1
    with _daemon(home):
        _wait(home, "the second run", lambda: len(_events(home, "run_ended")) == 2)
        last = _last(home)
        assert last is not None and (last.result, last.version, last.exit_code) == (RunResult.PUBLISHED, 2, 2)
        assert last.seconds.keys() > {"take_in", "dbt_models", "published__version"}
        _wait(home, "the record", lambda: sorted(one.value for one in _runs(home)) == ["FAILURE", "SUCCESS"])
        time.sleep(10)
        assert len(_events(home, "run_started")) == 2  # nothing has come since
    assert [one["result"] for one in _events(home, "run_ended")] == ["killed", "published"]
    assert_recovered(home, night)


def test_under_the_daemon_a_failed_step_is_told_in_its_own_sentence(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    (home.path / "keys" / "pseudonym.key").chmod(0o644)  # anybody may read it
    with _daemon(home):
        _wait(home, "the first run", lambda: len(_events(home, "run_ended")) == 1)
        last = _last(home)
        assert last is not None and (last.result, last.exit_code) == (RunResult.FAILED, 64)
        assert last.failure and "pseudonym.key" in last.failure and not last.temporary
        _wait(home, "the record", lambda: _runs(home) == [dg.DagsterRunStatus.FAILURE])
        time.sleep(10)
        assert len(_events(home, "run_started")) == 1  # nobody has mended it: the night will say so again
    assert assert_whole(home, night).number == 1
