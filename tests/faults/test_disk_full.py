"""A full disk: the old version stays whole, one sentence says what to do, and the next nightly goes well when there is room."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.orchestration.failures import unforeseen
from pipelines.runtime.errors import NightlyFailed, tells_of_full_disk
from pipelines.state.home import ZONES
from tests.faults import plain_nightly
from tests.faults.support import Night, assert_recovered, assert_recovers, state
from tests.faults.test_real_job import _kaa

pytestmark = pytest.mark.long

MEGABYTE = 1024**2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own; only root may mount one, and not in every container."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no small file system here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def _leave(place: Path, room: int) -> Path:
    """Fill the disk but for so many bytes."""
    filler = place / "filler"
    filler.unlink(missing_ok=True)
    with filler.open("wb") as file:
        try:
            while True:
                file.write(b"\0" * MEGABYTE)
                file.flush()
        except OSError:
            pass
    size = filler.stat().st_size
    with filler.open("r+b") as file:
        file.truncate(size - room)
    return filler


def _is_full(error: BaseException | None) -> bool:
    while error is not None:
        if tells_of_full_disk(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def test_disk_full_at_any_step(night: Night, small_disk: Path) -> None:
    home = night.copy(small_disk / "night")
    failures = 0
    for room in (0, 2, 6):
        filler = _leave(small_disk, room * MEGABYTE + 4096)
        with pytest.raises((OSError, duckdb.Error, NightlyFailed)) as raised:
            plain_nightly.nightly(home)
        failures += _is_full(raised.value)
        assert state(home) == night.before
        for zone in ZONES:
            assert [path.name for path in (home.path / zone).iterdir()] == ["000001"]
        assert not (home.archive / ".incoming").exists()
    assert failures >= 2  # which library notices it, and how, differs; that nothing is lost does not
    filler.unlink()
    assert_recovers(home, night)


def test_a_full_disk_has_a_sentence(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    for text in ("[Errno 28] No space left on device", "IO Error: Could not write all: No space left on device",
                 "database or disk is full"):  # fmt: skip
        sentence = str(unforeseen(home, "OSError", text, " in step take_in"))
        assert sentence.startswith(f"The disk that holds {home.path} is full") and "Make room" in sentence
    assert "is full" not in str(unforeseen(home, "KeyError", "'x'", " in step take_in"))


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 2, 6, 12])
def test_the_real_job_on_a_full_disk(night: Night, small_disk: Path, room: int) -> None:
    home = night.copy(small_disk / "night")
    filler = _leave(small_disk, room * MEGABYTE + 8192)
    failed = _kaa(home, "nightly")
    assert failed.returncode == 1
    assert failed.stderr.startswith("The disk that holds") and failed.stderr.count("\n") == 1, failed.stderr
    assert state(home) == night.before
    filler.unlink()
    done = _kaa(home, "nightly")
    assert done.returncode == 2, done.stderr
    assert_recovered(home, night)
