"""A KAA_HOME before its first night, what those who are told of a run were told, and runs in processes of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.orchestration import run, watch
from pipelines.state.home import Home, initialise
from pipelines.state.last_run import LastRun
from tests.repository import ROOT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Set up for a municipality, with a drop folder."""
    (tmp_path / "drop").mkdir()
    found, _ = initialise("nacka", tmp_path / "drop", tmp_path / "home")
    monkeypatch.setenv("KAA_HOME", str(found.path))
    return found


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[LastRun]:
    """The runs that somebody was told of in this process; what is made of them is tested in tests/monitoring."""
    runs: list[LastRun] = []
    for module in (run, watch):
        monkeypatch.setattr(module, "after_run", lambda home, one: runs.append(one))
    return runs


class CutOff:
    """A run in a process of its own, and the process that it has started."""

    def __init__(self, home: Home, what: str = "sleep", seconds: str = "0") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.orchestration.cut_off", str(home.path), what, seconds],
            cwd=ROOT, env={**os.environ, "KAA_HOME": str(home.path)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.worker = int(self.process.stdout.readline())

    def is_gone(self) -> bool:
        """Whether both have ended."""
        return self.process.wait(timeout=30) is not None and not _lives(self.worker)

    def end(self) -> None:
        for number in (self.process.pid, self.worker):
            if _lives(number):
                os.kill(number, signal.SIGKILL)
        self.process.communicate()


def _lives(number: int) -> bool:
    """Whether a process has not ended; one of which only the number is left has."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def started() -> Iterator[list[CutOff]]:
    """Runs that are ended after the test, however it goes."""
    found: list[CutOff] = []
    yield found
    for one in found:
        one.end()
