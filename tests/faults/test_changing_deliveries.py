"""Deliveries that change, vanish or cannot be read while a nightly reads them."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pipelines.delivery.archive import open_archived
from pipelines.intake import read_batches
from tests.faults.support import YOUTHS, archived
from tests.model.world import Extract
from tests.pipeline import Pipeline


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    """A home whose drop folder holds one delivery that nothing happens to."""
    pipeline = Pipeline(tmp_path)
    _residents(YOUTHS[:3]).write(pipeline.drop)
    return pipeline


def _residents(numbers: list[str], day: str = "2023-11-29") -> Extract:
    extract = Extract("folkbokforing", day)
    for number in numbers:
        extract.resident(number)
    return extract


def _register(*numbers: str, day: str = "2023-11-29") -> Extract:
    extract = Extract("ber", day)
    for number in numbers:
        extract.registered(number)
    return extract


def _statuses(pipeline: Pipeline) -> dict[str, tuple[str, str | None]]:
    return {one["folder"]: (one["status"], one["reason"]) for one in pipeline.deliveries()}


def _count(pipeline: Pipeline, table: str) -> int:
    counted = pipeline.query(f"select count(*) from {table}")
    return int(counted[0][0])


def _around_reading(
    monkeypatch: pytest.MonkeyPatch, source: str, before: Callable[[Path], None], after: Callable[[Path], None]
) -> None:
    """Have something happen to a source's delivery once, just before and after its first file is read."""
    read = read_batches.read_file
    seen: set[Path] = set()

    def disturbed(folder: Path, *rest: Any) -> Any:
        first = folder.parent.name == source and folder not in seen
        seen.add(folder)
        if first:
            before(folder)
        result = read(folder, *rest)
        if first:
            after(folder)
        return result

    monkeypatch.setattr(read_batches, "read_file", disturbed)


def _nothing(folder: Path) -> None:
    pass


def test_files_that_change_after_they_were_read(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    extract = _register(*YOUTHS[:2])
    extract.write(pipeline.drop)
    folder = pipeline.drop / extract.path
    first = (folder / "register.csv").read_bytes()
    _around_reading(
        monkeypatch, "ber", _nothing, lambda folder: (folder / "register.csv").write_bytes(first * 2) and None
    )
    pipeline.run()
    assert _statuses(pipeline)[extract.path] == ("accepted", None)
    assert _count(pipeline, "ber_register") == 2
    kept = next(pipeline.home.archive.glob("*/register.csv.zst.age"))
    private = (pipeline.home.path / "keys" / "archive.private").read_text().strip()
    assert open_archived(kept, private) == first


def test_files_that_change_before_they_are_read(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    extract = _register(*YOUTHS[:2])
    extract.write(pipeline.drop)
    _around_reading(monkeypatch, "ber", lambda folder: (folder / "register.csv").write_bytes(b"x") and None, _nothing)
    pipeline.run()
    assert _statuses(pipeline)[extract.path] == ("rejected", "checksum_mismatch")
    assert _count(pipeline, "folkbokforing_personer") == 3
    assert _count(pipeline, "ber_register") == 0


def test_a_delivery_that_is_taken_away_is_judged_when_it_comes_back(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    extract = _register(*YOUTHS[:2])
    extract.write(pipeline.drop)
    _around_reading(monkeypatch, "ber", lambda folder: shutil.move(folder, tmp_path / "away") and None, _nothing)
    pipeline.run()
    assert extract.path not in _statuses(pipeline)
    assert _count(pipeline, "folkbokforing_personer") == 3
    assert all("register" not in name for name in archived(pipeline.home))
    monkeypatch.undo()
    shutil.move(tmp_path / "away", pipeline.drop / extract.path)
    pipeline.run()
    assert _statuses(pipeline)[extract.path] == ("accepted", None)
    assert _count(pipeline, "ber_register") == 2


def test_a_drop_folder_that_is_gone_in_the_middle_rejects_nothing(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for day in ("2023-11-28", "2023-11-29"):
        _register(*YOUTHS[:2], day=day).write(pipeline.drop)

    def take_away(_: Path) -> None:
        with suppress(FileNotFoundError):  # the other reader has done it
            pipeline.drop.rename(tmp_path / "x")

    _around_reading(monkeypatch, "ber", take_away, _nothing)
    pipeline.run()
    assert _statuses(pipeline) == {}
    monkeypatch.undo()
    (tmp_path / "x").rename(pipeline.drop)
    pipeline.run()
    assert set(_statuses(pipeline).values()) == {("accepted", None)}


def test_a_delivery_that_is_written_anew_is_judged_as_what_it_becomes(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = _register(*YOUTHS[:2])
    extract.write(pipeline.drop)

    def anew(folder: Path) -> None:
        _register(*YOUTHS[:5]).write(pipeline.drop)

    _around_reading(monkeypatch, "ber", anew, _nothing)
    pipeline.run()
    assert extract.path not in _statuses(pipeline)
    monkeypatch.undo()
    pipeline.run()
    assert _statuses(pipeline)[extract.path] == ("accepted", None)
    assert _count(pipeline, "ber_register") == 5


@pytest.mark.parametrize("kind", ["folder", "dangling link", "pipe"])
def test_a_file_that_cannot_be_read(pipeline: Pipeline, kind: str) -> None:
    extract = _register(*YOUTHS[:2])
    extract.write(pipeline.drop)
    file = pipeline.drop / extract.path / "register.csv"
    file.unlink()
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)  # reading it would wait for ever
    else:
        file.symlink_to("nowhere.csv")
    pipeline.run()
    assert _statuses(pipeline)[extract.path] == ("rejected", "missing_file")
    assert _count(pipeline, "folkbokforing_personer") == 3


def test_what_a_killed_nightly_archived_gives_way_to_what_is_loaded(pipeline: Pipeline) -> None:
    extract = _register(*YOUTHS[:2])
    extract.write(pipeline.drop)
    pipeline.run()
    (kept,) = pipeline.home.archive.glob("*/register.csv.zst.age")
    right = kept.read_bytes()
    again = Pipeline(pipeline.drop.parent / "again")
    folder = again.home.archive / kept.parent.name
    folder.mkdir()
    (folder / kept.name).write_bytes(b"what the killed one had read before the sender mended the file")
    shutil.copytree(pipeline.drop, again.drop, dirs_exist_ok=True)
    again.run()
    private = (again.home.path / "keys" / "archive.private").read_text().strip()
    (written,) = again.home.archive.glob("*/register.csv.zst.age")
    assert open_archived(written, private) == (pipeline.drop / extract.path / "register.csv").read_bytes()
    assert right != written.read_bytes()  # age encrypts with a new key every time
