"""Contract checks that end without an answer: what really happened, and never what the data were."""

import subprocess
import sys

import polars as pl
import pytest

from pipelines.configuration.contract import load_sources
from pipelines.quality import process, validate
from pipelines.runtime.errors import NightlyFailed

DATASET = load_sources()["enkat"].datasets["svar"]
PROMISED = (DATASET, pl.DataFrame({"secret": ["200401012384"]}), pl.DataFrame({"secret": ["200401012384"]}))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ["killed by the operating system", "memory"]),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", ["the signal SIGTERM", "who sent it"]),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", ["the signal SIGSEGV"]),
        ("import sys; sys.exit(3)", ["exit code 3", "installed whole"]),
    ],
)
def test_how_the_process_ended_is_told(monkeypatch: pytest.MonkeyPatch, code: str, words: list[str]) -> None:
    monkeypatch.setattr(process, "worker", lambda module: _python(code))
    with pytest.raises(NightlyFailed) as failed:
        validate([PROMISED])
    told = str(failed.value)
    assert all(word in told for word in words), told
    assert ("memory" in told) == ("memory" in words) and told.endswith("run kaa nightly again.")


def _python(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_an_error_is_told_by_its_kind_and_place_alone() -> None:
    with pytest.raises(NightlyFailed) as failed:
        validate([PROMISED])  # the frames lack every column
    told = str(failed.value)
    assert "ColumnNotFoundError in " in told and "pipelines/quality/engine.py:" in told
    assert "200401012384" not in told and "secret" not in told and "memory" not in told


def test_a_lack_of_memory_is_told_as_one() -> None:
    try:
        raise MemoryError("200401012384")
    except MemoryError as error:
        told = process._with_failure(process.failure_of(error))
    assert "MemoryError" in told and "memory to spare" in told and "200401012384" not in told
