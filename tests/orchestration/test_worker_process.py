"""A process that loads ahead is used once, ends when nobody uses it, and never outlives who started it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.quality import PROCESS
from pipelines.runtime import worker_process
from pipelines.warehouse.dbt import CHILD

pytestmark = pytest.mark.long


def test_a_process_is_used_once() -> None:
    with worker_process.started_ahead(PROCESS):
        waiting = worker_process._WAITING[PROCESS]
        first, second = worker_process.worker(PROCESS), worker_process.worker(PROCESS)
        assert first is waiting and second is not waiting
        for process in (first, second):
            assert process.communicate()[0] == b""  # it was told nothing
            assert process.returncode == 0
    assert not worker_process._WAITING


def test_what_nobody_uses_is_ended() -> None:
    with pytest.raises(RuntimeError, match="something else"), worker_process.started_ahead(PROCESS, CHILD):
        waiting = list(worker_process._WAITING.values())
        raise RuntimeError("something else")
    assert len(waiting) == 2 and all(process.returncode for process in waiting)
    assert not worker_process._WAITING


@pytest.mark.parametrize("seconds", [0.0, 1.0, 8.0], ids=["at once", "while it loads", "while it waits"])
def test_it_ends_with_who_started_it(seconds: float) -> None:
    code = f"""
import os, signal, time
from pipelines.runtime import worker_process
with worker_process.started_ahead({PROCESS!r}, {CHILD!r}):
    print(*[process.pid for process in worker_process._WAITING.values()], flush=True)
    time.sleep({seconds})
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pids = [int(pid) for pid in killed.stdout.split()]
    assert len(pids) == 2
    deadline = time.monotonic() + 30
    while any(_is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, "it went on"
        time.sleep(0.05)


def _is_running(pid: int) -> bool:
    """A process that has ended may still be listed until somebody asks for its exit code."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()
