"""The files of a part: killed at any step the earlier part stands whole, an export again writes only what has changed, and two
exports do not meet."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.lake import layout
from pipelines.lake.layout import MANIFEST, Part, faults, part_folder, profile_of, read_lake
from pipelines.lake.part_files import LOCK, PartFiles, TableQuery, locked
from pipelines.runtime import files as runtime_files
from pipelines.runtime.errors import AnotherRuns
from tests.lake.homes import rows_of
from tests.pipeline import Pipeline

_PSEUDONYMS = pl.DataFrame({"pseudonym": ["a", "b"], "recipients": ["x", "y"]})
_BEFORE = "('a', date '2022-03-01', null::date), ('b', date '2023-03-01', date '2023-04-01')"
_AFTER = "('b', date '2023-03-01', null::date), ('a', date '2022-03-01', null::date)"


@dataclass
class _Made:
    part: Part
    files: PartFiles
    removed: int


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return dict(profile_of(Pipeline(tmp_path_factory.mktemp("profile")).home.municipality))


def _export(lake: Path, profile: dict[str, Any], runs: str, version: int = 1) -> _Made:
    """Export a table of runs and one that is not split, as ``export`` does."""
    values = f"select * from (values {runs}) as run(pseudonym, first_extract_date, last_extract_date)"
    with locked(part_folder(lake, "0180")) as folder, duckdb.connect() as connection:
        files = PartFiles(folder, _PSEUDONYMS)
        tables = {
            "history.ber_register": files.of(
                connection, TableQuery("history.ber_register", values, ("pseudonym",), ("pseudonym",), True)
            ),
            "history.extract": files.of(connection, TableQuery("history.extract", f"select {version} as revision")),
            "input.district": files.of(connection, TableQuery("input.district", "select 'S1' as code")),
        }
        part = Part(folder, "0180", "Stockholm", profile, "key", "1", version, date(2026, 1, 1), tables)
        return _Made(part, files, files.count_from_now(part))


def _content(lake: Path) -> list[tuple[Any, ...]]:
    part = read_lake(lake).parts["0180"]
    return sorted(tuple(row.values()) for row in rows_of(part, "history.ber_register"))


def _there(lake: Path) -> set[str]:
    folder = part_folder(lake, "0180")
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_export_again_writes_only_what_has_changed(tmp_path: Path, profile: dict[str, Any]) -> None:
    first = _export(tmp_path, profile, _BEFORE)
    assert (first.files.written, first.files.kept, first.removed) == (4, 0, 0)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    again = _export(tmp_path, profile, _BEFORE)
    assert (again.files.written, again.files.kept, again.removed) == (0, 4, 0)
    assert again.part == first.part
    # The run of 2023 goes on, that of 2022 is as it was, whatever order the rows come in.
    changed = _export(tmp_path, profile, _AFTER)
    assert (changed.files.written, changed.files.kept, changed.removed) == (1, 3, 1)
    left = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert len(left.items() & times.items()) == 3
    assert _content(tmp_path) == [("x", date(2022, 3, 1), None), ("y", date(2023, 3, 1), None)]


def test_a_file_that_was_damaged_is_written_again(tmp_path: Path, profile: dict[str, Any]) -> None:
    part = _export(tmp_path, profile, _BEFORE).part
    part.paths("history.ber_register")[0].write_bytes(b"")
    assert len(faults(read_lake(tmp_path))) == 1
    assert _export(tmp_path, profile, _BEFORE).files.written == 1
    assert faults(read_lake(tmp_path)) == []


def test_a_number_whose_pseudonym_is_not_known_stops_the_export(tmp_path: Path, profile: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not known"):
        _export(tmp_path, profile, "('c', date '2022-03-01', null::date)")
    assert not (part_folder(tmp_path, "0180") / MANIFEST).exists()


class _Killed(BaseException):
    """Nobody tidies up after it."""


@pytest.fixture
def killing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], list[str]]]:
    """Has the process end at its n-th step on the disk: before it, or with half of it done. Gives the steps as they are taken."""
    steps: list[str] = []
    last = 0

    def stepping(name: str, step: Callable[..., Any], half: Callable[..., None] | None = None) -> Callable[..., Any]:
        def stepped(*arguments: Any, **more: Any) -> Any:
            steps.append(name)
            if len(steps) == last:
                if half:
                    half(*arguments)
                raise _Killed
            return step(*arguments, **more)

        return stepped

    def half_a_file(path: Path, content: bytes | str, *_: Any) -> None:
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data[: len(data) // 2])

    def kill_at(step: int) -> list[str]:
        nonlocal last
        last = step
        steps.clear()
        return steps

    write_new = stepping("write", runtime_files.write_new, half_a_file)
    monkeypatch.setattr(runtime_files, "write_new", write_new)
    monkeypatch.setattr(layout, "write_new", write_new)
    monkeypatch.setattr(os, "replace", stepping("replace", os.replace))
    monkeypatch.setattr(os, "fsync", stepping("sync", os.fsync))
    for name in ("mkdir", "unlink", "rmdir"):
        monkeypatch.setattr(Path, name, stepping(name, getattr(Path, name)))
    yield kill_at


def test_killed_at_any_step_the_earlier_part_or_the_new_one_stands_whole(
    tmp_path: Path, profile: dict[str, Any], killing: Callable[[int], list[str]]
) -> None:
    old = [("x", date(2022, 3, 1), None), ("y", date(2023, 3, 1), date(2023, 4, 1))]
    new = [("x", date(2022, 3, 1), None), ("y", date(2023, 3, 1), None)]
    killed = 0
    found = []
    while True:
        lake = tmp_path / str(killed)
        killing(0)
        _export(lake, profile, _BEFORE, version=1)
        steps = killing(killed + 1)
        try:
            _export(lake, profile, _AFTER, version=2)
        except _Killed:
            killed += 1
        else:
            break
        at = steps[-1]
        killing(0)
        assert faults(read_lake(lake)) == [], (killed, at)
        found.append((_content(lake), read_lake(lake).parts["0180"].version))
        assert found[-1] in ((old, 1), (new, 2)), (killed, at)
        # The next export goes on from whatever is there, and leaves nothing else.
        last = _export(lake, profile, _AFTER, version=2).part
        assert _content(lake) == new
        named = {file.name for table in last.tables.values() for file in table.files}
        assert _there(lake) == named | {MANIFEST, LOCK}, (killed, at)
    # From the moment on at which the new part counts it goes on counting.
    assert found == sorted(found, key=lambda one: one[1])
    assert {version for _, version in found} == {1, 2}
    assert {"write", "replace", "sync", "unlink"} <= set(steps)


def test_the_first_export_that_is_killed_leaves_no_part(
    tmp_path: Path, profile: dict[str, Any], killing: Callable[[int], list[str]]
) -> None:
    killing(12)
    with pytest.raises(_Killed):
        _export(tmp_path, profile, _BEFORE)
    killing(0)
    assert not (part_folder(tmp_path, "0180") / MANIFEST).exists()
    assert _export(tmp_path, profile, _BEFORE).files.kept > 0


def test_all_is_on_the_disk_before_the_manifest_names_it(
    tmp_path: Path, profile: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    before: list[Path] = []
    fsync, write = os.fsync, Part.write

    def remembered(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink())
        fsync(handle)

    def written(part: Part) -> None:
        before.extend(synced)
        write(part)

    monkeypatch.setattr(os, "fsync", remembered)
    monkeypatch.setattr(Part, "write", written)
    part = _export(tmp_path, profile, _BEFORE).part
    paths = [path for table in part.tables for path in part.paths(table)]
    assert {*paths, *(path.parent for path in paths), part.folder, tmp_path} <= set(before)


def test_of_two_exports_of_a_municipality_the_second_gets_a_sentence(tmp_path: Path, profile: dict[str, Any]) -> None:
    with locked(part_folder(tmp_path, "0180")):
        with pytest.raises(AnotherRuns, match="wait until it has ended"):
            _export(tmp_path, profile, _BEFORE)
        with locked(part_folder(tmp_path, "0182")):
            pass
    assert _export(tmp_path, profile, _BEFORE).files.written == 4


def test_files_and_folders_are_for_their_owner_alone(tmp_path: Path, profile: dict[str, Any]) -> None:
    _export(tmp_path / "lake", profile, _BEFORE)
    for path in [tmp_path / "lake", *(tmp_path / "lake").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_what_somebody_else_has_put_there_stays(tmp_path: Path, profile: dict[str, Any]) -> None:
    folder = _export(tmp_path, profile, _BEFORE).part.folder
    (folder / "dataset=extract" / "LÄS MIG.txt").write_text("vår anteckning")
    _export(tmp_path, profile, _AFTER, version=2)
    assert (folder / "dataset=extract" / "LÄS MIG.txt").read_text() == "vår anteckning"
