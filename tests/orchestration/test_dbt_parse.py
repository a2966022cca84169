"""What dbt made of the project is used again every night and in every KAA_HOME: parsing it takes longer than building."""

import os
import shutil
import time
from pathlib import Path

import pytest

from pipelines.home import Version
from pipelines.warehouse import dbt


def _night(path: Path, number: int) -> tuple[Path, Path]:
    """A version before dbt runs: the folder that dbt runs in, and its target folder."""
    version = Version(path, number)
    for zone in ("history", "warehouse"):
        version.folder(zone).mkdir(parents=True)
    version.history.write_text(f"history {number}")
    folder, target = path / "dbt", version.folder("warehouse") / "dbt"
    dbt.link_to(version, folder)
    target.mkdir()
    return folder, target


def test_a_version_has_the_same_names_every_night(tmp_path: Path) -> None:
    environments = set()
    for number in (1, 2):
        folder, _ = _night(tmp_path, number)
        environment = dbt.dbt_environment()
        names = environment["KAA_WAREHOUSE_PATH"], environment["KAA_HISTORY_PATH"]
        (folder / names[0]).write_text("built")
        assert (folder / names[1]).read_text() == f"history {number}"
        assert Version(tmp_path, number).warehouse.read_text() == "built"
        environments.add(names)
    assert len(environments) == 1


def test_the_manifest_is_made_anew_when_the_project_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, taken_away, target = (tmp_path / name for name in ("models/a.sql", "models/b.sql", "target"))
    for path in (model, taken_away):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    target.mkdir()
    made = []

    def parse() -> None:
        made.append(len(made))
        for name in ("manifest.json", "partial_parse.msgpack"):
            (target / name).touch()

    for name, value in {
        "PROJECT": tmp_path,
        "_MANIFEST": target / "manifest.json",
        "_PARSE": target / "partial_parse.msgpack",
        "_parse": parse,
    }.items():
        monkeypatch.setattr(dbt, name, value)

    def parses() -> int:
        before = len(made)
        dbt.manifest_path()
        return len(made) - before

    assert [parses(), parses()] == [1, 0]
    later = time.time() + 10
    os.utime(model, (later, later))
    assert parses() == 1
    os.utime(model, (0, 0))
    taken_away.unlink()
    os.utime(model.parent, (later, later))
    assert parses() == 1
    os.utime(model.parent, (0, 0))
    (target / "manifest.json").unlink()
    assert [parses(), parses()] == [1, 0]


def test_a_new_home_parses_nothing_that_has_been_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    said = []
    for parse in (dbt.manifest_path().with_name("partial_parse.msgpack"), empty):
        notes = tmp_path / f"home {parse.stem}" / "partial_parse.msgpack"
        notes.parent.mkdir()
        shutil.copy(parse, notes)
        monkeypatch.setattr(dbt, "_PARSE", notes)
        folder, target = _night(notes.parent, 1)
        with dbt.start_dbt(folder, target, "--quiet", "--log-level-file", "debug", "parse") as process:
            process.communicate()
        assert process.returncode == 0
        said.append("no changes found, skipping parsing" in (target / "dbt.log").read_text(encoding="utf-8"))
    assert said == [True, False]
