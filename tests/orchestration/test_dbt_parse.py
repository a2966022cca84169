"""What dbt made of the project is used again every night and in every KAA_HOME: parsing it takes longer than building."""

import shutil
import subprocess
import sys
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


def test_dbt_that_is_loading_is_used_once_and_ends_when_it_is_not(tmp_path: Path) -> None:
    folder, target = _night(tmp_path, 1)
    with dbt.dbt_loading():
        (loading,) = dbt._LOADED
        process = dbt.start_dbt(folder, target, "--version")
        assert process is loading and not dbt._LOADED
        said, _ = process.communicate()
        assert process.returncode == 0 and b"duckdb" in said
    with dbt.dbt_loading():
        (unused,) = dbt._LOADED
    assert unused.returncode == 0 and not dbt._LOADED


def test_dbt_ends_with_the_nightly_that_had_it_loaded(tmp_path: Path) -> None:
    """Killed before it came to dbt, and while dbt was loading: nothing may be left of it."""
    code = (
        "import os, signal\nfrom pipelines.warehouse import dbt\nwith dbt.dbt_loading():\n"
        "    print(dbt._LOADED[0].pid, flush=True)\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    deadline = time.monotonic() + 20
    while _is_running(int(killed.stdout)):
        assert time.monotonic() < deadline, "dbt went on"
        time.sleep(0.05)


def _is_running(pid: int) -> bool:
    """A process that has ended may still be listed until somebody asks for its exit code."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()
