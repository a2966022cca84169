"""The real `kaa nightly`, killed and disturbed: the steps that only Dagster and dbt have."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import dagster as dg
import duckdb
import pytest

from pipelines.orchestration.dagster_runs import tidy_runs
from pipelines.orchestration.nightly import dagster_home
from pipelines.state.home import Home
from tests.faults.support import (
    ROOT,
    Night,
    assert_recovered,
    assert_recovers,
    assert_whole,
    kill_at,
    start,
    state,
)

pytestmark = pytest.mark.long

ASSETS = "pipelines.orchestration.assets"

#: Steps of the real job: the version that must be published afterwards.
STEPS = {
    "pipelines.history.store:History.purge:after": 1,
    f"{ASSETS}:write_inputs:after": 1,
    f"{ASSETS}:keep_models:before": 1,
    f"{ASSETS}:build_published:after": 1,
    "dashboards.pages.site:write_page:after:2": 1,
    "os:replace:after:current.json": 2,
    f"{ASSETS}:remove_archives:after": 2,
}


def _kaa(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    kaa = Path(sys.executable).parent / "kaa"
    environment = {**os.environ, "KAA_HOME": str(home.path)}
    return subprocess.run([kaa, *arguments], env=environment, capture_output=True, text=True, check=False)


def _children(group: int) -> list[int]:
    """The living processes of a process group, but its leader."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            status, _, own_group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(own_group) == group and status != "Z" and int(stat.parent.name) != group:
            found.append(int(stat.parent.name))
    return found


def _wait_for_dbt(home: Home) -> None:
    deadline = time.monotonic() + 240
    log = home.path / "logs" / "dbt.log"  # the job empties it, and dbt tells of each model
    before = log.read_text() if log.exists() else ""
    while not log.exists() or log.read_text() in ("", before):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def _dagster(home: Home) -> Iterator[dg.DagsterInstance]:
    with patch.dict(os.environ, DAGSTER_HOME=str(dagster_home(home))), dg.DagsterInstance.get() as instance:
        yield instance


def _runs(home: Home) -> list[dg.DagsterRunStatus]:
    with _dagster(home) as instance:
        return [run.status for run in instance.get_runs()]


def test_killed_while_dbt_works_and_a_second_one_meanwhile(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    first = start(home, night, "real")
    _wait_for_dbt(home)
    began = time.monotonic()
    second = _kaa(home, "nightly")
    assert time.monotonic() - began < 10  # a second on a machine that is not busy; it does not wait for the first
    assert second.returncode == 1
    assert second.stderr.startswith("Another nightly is running") and second.stderr.count("\n") == 1
    assert first.poll() is None and _children(first.pid)

    os.kill(first.pid, signal.SIGKILL)  # only the nightly itself: dbt must not go on without it
    first.communicate()
    deadline = time.monotonic() + 10
    while _children(first.pid):
        assert time.monotonic() < deadline, "dbt went on"
        time.sleep(0.05)
    assert assert_whole(home, night).number == 1
    assert _runs(home) == [dg.DagsterRunStatus.STARTED]
    with _dagster(home) as instance:
        tidy_runs(instance, "of the next nightly")
    assert _runs(home) == [dg.DagsterRunStatus.FAILURE]
    assert_recovers(home, night)


@pytest.mark.slow
@pytest.mark.parametrize(("step", "version"), STEPS.items())
def test_killed_at_a_step_of_the_real_job(night: Night, broken: Path, step: str, version: int) -> None:
    home = night.copy(broken)
    kill_at(home, night, "real", step)
    assert assert_whole(home, night).number == version
    done = _kaa(home, "nightly")
    assert done.returncode == 2, done.stderr  # two sources are silent by then
    assert ("rejected" in done.stderr) == (version == 1)
    assert_recovered(home, night)
    assert sorted(status.value for status in _runs(home)) == ["FAILURE", "SUCCESS"]


@pytest.mark.slow
def test_killed_with_dbt(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    for wait in (0.0, 1.0, 2.0, 4.0):
        process = start(home, night, "real")
        _wait_for_dbt(home)
        time.sleep(wait)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert_whole(home, night)
    assert _kaa(home, "nightly").returncode in (0, 2)
    assert_recovered(home, night)


@pytest.mark.slow
def test_a_failing_dbt_test_publishes_nothing(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.history)) as connection:
        # Two runs of one key on the same night, in a table that the second night does not touch.
        connection.execute("insert into extract values ('enkat', '2023-11-28', 1, 'x')")
        for grade in (1, 2):
            connection.execute(
                "insert into enkat_svar (svar_id, svar, first_extract_date) values ('x', ?, '2023-11-28')", [grade]
            )
    failed = _kaa(home, "nightly")
    assert failed.returncode == 1
    assert failed.stderr.startswith("In the step dbt_models the test ") and failed.stderr.count("\n") == 1
    assert state(home) == night.before
    assert [path.name for path in (home.path / "warehouse").iterdir()] == ["000001"]


_BROKEN_CHECK = """
from pipelines.orchestration import assets
from pipelines.quality import CheckResult
assets.validate = lambda promised: [
    CheckResult(dataset.source, dataset.name, "rows_present", "error", False, "0 rows") for dataset, *_ in promised
]
from pipelines.commands.cli import main
main(["nightly"])
"""


@pytest.mark.slow
def test_a_broken_contract_publishes_nothing(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    failed = subprocess.run(
        [sys.executable, "-c", _BROKEN_CHECK], cwd=ROOT, env={**os.environ, "KAA_HOME": str(home.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert failed.returncode == 1
    assert failed.stderr.startswith("The contract check ") and "rows_present" in failed.stderr
    assert state(home) == night.before
    assert_recovers(home, night)


_LOST_PARTS = """
from dashboards.pages import site
from pipelines.orchestration import assets
assets.LONGEST_PARTS = 1  # second: dbt is ended while it makes them
trends = site.PAGES["trender"]
object.__setattr__(trends, "content", lambda build: build.no_such_thing)
from pipelines.commands.cli import main
main(["nightly"])
"""


@pytest.mark.slow
def test_what_the_figures_do_not_need_stops_nothing(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    done = subprocess.run(
        [sys.executable, "-c", _LOST_PARTS], cwd=ROOT, env={**os.environ, "KAA_HOME": str(home.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    version = home.current()
    assert version is not None and version.number == 2
    assert state(home)["figures"] == night.after["figures"]
    for name in ("Målgrupp och register", "Så följs handlingsplanen", "Jämförelsen med andra nätter",
                 "Sidan Utveckling över tid"):  # fmt: skip
        assert f"{name} kunde inte göras i natt" in done.stderr
    (report, *_) = sorted((version.folder("published") / "report").iterdir())
    assert "Sidan Utveckling över tid kunde inte göras" in (report / "drift.html").read_text(encoding="utf-8")
    assert "kunde inte göras" in (report / "trender.html").read_text(encoding="utf-8")
    assert "kunde inte göras" not in _kaa(home, "nightly").stderr  # the next night makes them
