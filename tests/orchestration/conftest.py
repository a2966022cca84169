"""A KAA_HOME before its first night, and what those who are told of a run were told."""

from pathlib import Path

import pytest

from pipelines.orchestration import run, watch
from pipelines.state.home import Home, initialise
from pipelines.state.last_run import LastRun


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
