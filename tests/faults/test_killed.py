"""SIGKILL at each named step and at random moments: readers see version n or n + 1, and the next nightly needs no hands."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.faults.support import Night, assert_recovers, assert_whole, kill_at, start, state

pytestmark = pytest.mark.long

PLAIN = "tests.faults.plain_nightly"
HISTORY = "pipelines.history.store:History"

#: Steps at which version 1 must still be the published one.
BEFORE = [
    "pipelines.state.home:Home.start_next:before",
    "shutil:copyfile:before",
    "pipelines.state.home:Home.start_next:after",
    "pipelines.delivery.archive:Archive.store:before",
    "os:replace:before:.incoming",
    "pipelines.delivery.archive:Archive.store:after",
    "pipelines.delivery.archive:Archive.store:after:9",
    f"{HISTORY}.load:before",
    "pipelines.history.store:merge:before",
    "pipelines.history.store:merge:after",
    "pipelines.history.store:merge:after:4",
    f"{HISTORY}.load:after",
    f"{HISTORY}.load:before:3",
    f"{HISTORY}.load:after:3",
    f"{HISTORY}.add_quarantine:before",
    f"{HISTORY}.add_quarantine:after",
    "pipelines.intake.take_in:_Night.finish:before",
    f"{HISTORY}.write_ledger:before",
    f"{HISTORY}.write_ledger:after",
    f"{HISTORY}.forget_held:after",
    f"{HISTORY}.purge:before",
    "pipelines.history.purge:delete_due_rows:before",
    "pipelines.history.purge:delete_due_rows:after",
    f"{HISTORY}.purge:after",
    f"{PLAIN}:purge_archives:after",
    f"{HISTORY}.__exit__:before",
    f"{HISTORY}.__exit__:after",
    "os:replace:before:history.new",
    "pipelines.history.store:rewrite:after",
    f"{PLAIN}:write_inputs:before",
    f"{PLAIN}:write_inputs:after",
    f"{PLAIN}:build_models:before",
    f"{PLAIN}:build_models:after",
    f"{PLAIN}:build_published:before",
    "pipelines.publication.published_file:_verified_rows:before",
    f"{PLAIN}:build_published:after",
    "dashboards.pages.site:write_assets:after",
    *[f"dashboards.pages.site:write_page:{when}:{call}" for call in range(1, 7) for when in ("before", "after")],
    "pipelines.state.home:Home.put_in_place:before",
    "pipelines.state.home:sync:before",
    "pipelines.state.home:sync:after:4",
    "os:replace:before:current.json",
]

#: Steps at which version 2 must be it.
AFTER = [
    "os:replace:after:current.json",
    "pipelines.state.home:Home.sweep:before:2",
    "shutil:rmtree:before:history/000001",
    "shutil:rmtree:after:published/000001",
    "pipelines.state.home:Home.sweep:after:2",
    "pipelines.state.home:Home.put_in_place:after",
    f"{PLAIN}:remove_archives:before",
    f"{PLAIN}:remove_archives:after",
    "pipelines.state.home:Home.forget_decisions:after",
    "pipelines.state.home:Home.sweep:before:3",
]

STEPS = [*((step, 1) for step in BEFORE), *((step, 2) for step in AFTER)]
FEW = [
    f"{HISTORY}.load:after:3",
    "os:replace:before:current.json",
    "os:replace:after:current.json",
]
RANDOM_KILLS = 60


def _killed_at(night: Night, broken: Path, step: str, version: int) -> None:
    home = night.copy(broken)
    kill_at(home, night, "plain", step)
    assert assert_whole(home, night).number == version
    assert_recovers(home, night)


@pytest.mark.parametrize("step", FEW)
def test_killed_at_a_step(night: Night, broken: Path, step: str) -> None:
    _killed_at(night, broken, step, dict(STEPS)[step])


@pytest.mark.slow
@pytest.mark.parametrize(("step", "version"), [item for item in STEPS if item[0] not in FEW])
def test_killed_at_every_step(night: Night, broken: Path, step: str, version: int) -> None:
    _killed_at(night, broken, step, version)


@pytest.mark.slow
def test_killed_at_random_moments(night: Night, tmp_path: Path) -> None:
    undisturbed = night.copy(tmp_path / "undisturbed")
    began = time.monotonic()
    start(undisturbed, night, "plain").communicate()
    lasted = time.monotonic() - began
    moments = random.Random(3)
    seen = set()
    for number in range(RANDOM_KILLS):
        home = night.copy(tmp_path / str(number))
        process = start(home, night, "plain")
        time.sleep(moments.uniform(0.3, 1.05) * lasted)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        seen.add(assert_whole(home, night).number)
        assert_recovers(home, night)
    assert 1 in seen


@pytest.mark.slow
def test_killed_again_and_again(night: Night, broken: Path) -> None:
    """One home, killed at one step after the other, as when a fault comes back every night."""
    home = night.copy(broken)
    for step in BEFORE[::6]:
        kill_at(home, night, "plain", step)
        assert state(home) == night.before
    assert_recovers(home, night)
