"""Readers while versions are swapped: no error, and never a mixture of two versions."""

import shutil
import threading
import time
from pathlib import Path

import duckdb
import pytest

from pipelines.commands import queries as reading
from pipelines.runtime.errors import NightlyFailed
from pipelines.state.home import Home
from tests.faults.support import Night

PERIOD = "verksamhetsar-2023"


def _publish_another(home: Home) -> None:
    """A new version whose every figure is its number, so that a mixture would show."""
    before = home.current()
    assert before is not None
    version = home.start_next()
    shutil.copytree(before.folder("published"), version.folder("published"), dirs_exist_ok=True)
    shutil.copytree(before.folder("warehouse"), version.folder("warehouse"), dirs_exist_ok=True)
    with duckdb.connect(str(version.published)) as connection:
        connection.execute("update figures set value = ?", [version.number])
    home.put_in_place(version)


def _read_while(night: Night, broken: Path, swaps: int, as_known: bool) -> int:
    home = night.copy(broken)
    _publish_another(home)
    errors: list[BaseException] = []
    reads = 0
    slowest = 0.0
    done = threading.Event()

    def read() -> None:
        nonlocal reads, slowest
        while not done.is_set():
            began = time.monotonic()
            try:
                rows = reading.read_figures(home, PERIOD, None, None)
                assert rows and len({row[-1] for row in rows}) == 1
                assert reading.read_deliveries(home)
                if as_known:
                    assert reading.read_figures(home, "dag-2023-11-28", None, None)
            except BaseException as error:
                errors.append(error)
            slowest = max(slowest, time.monotonic() - began)
            reads += 1

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(swaps):
        _publish_another(home)
    done.set()
    for reader in readers:
        reader.join()
    assert errors == []
    return reads


def test_readers_while_versions_are_swapped(night: Night, broken: Path) -> None:
    assert _read_while(night, broken, 12, as_known=False) >= 20


@pytest.mark.slow
def test_a_thousand_reads_while_versions_are_swapped(night: Night, tmp_path: Path) -> None:
    assert _read_while(night, tmp_path / "published", 400, as_known=False) >= 1000
    assert _read_while(night, tmp_path / "asked", 60, as_known=True) >= 20


def test_a_reader_that_comes_too_late_asks_the_new_version(
    night: Night, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = night.copy(broken)
    query = reading._query
    swept = []

    def late(*arguments: object) -> list[tuple[object, ...]]:
        if not swept:
            swept.append(True)
            _publish_another(home)
        return query(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_query", late)
    assert {row[-1] for row in reading.read_figures(home, PERIOD, None, None)} == {"2"}


def test_a_missing_file_of_the_published_version_is_told(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    version = home.current()
    assert version is not None
    version.published.unlink()
    with pytest.raises(NightlyFailed, match=r"published\.duckdb is missing.*kaa recover"):
        reading.read_deliveries(home)


def test_a_lock_file_without_a_process_holds_nobody_up(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    (home.path / "nightly.lock").write_text("left by a killed process")
    with home.nightly_lock(), home.nightly_lock():
        pass


def test_an_unclosed_file_is_not_published(night: Night, broken: Path) -> None:
    home = night.copy(broken)
    version = home.start_next()
    version.published.with_name("published.duckdb.wal").write_bytes(b"x")
    with pytest.raises(NightlyFailed, match="not closed properly"):
        home.put_in_place(version)
    assert home.current() != version
