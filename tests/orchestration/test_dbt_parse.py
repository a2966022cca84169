"""What dbt made of the project is used again every night and in every KAA_HOME: parsing it takes longer than building."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.state.home import Version
from pipelines.warehouse import dbt

pytestmark = pytest.mark.long


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


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project as small as one can be, in a folder of its own, and a KAA_HOME."""
    place = tmp_path / "installed" / "dbt_project"
    (place / "models").mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(dbt.PROJECT / name, place)
    for name in ("a", "b"):
        (place / "models" / f"{name}.sql").write_text(f"select '{name}' as name")
    monkeypatch.setattr(dbt, "PROJECT", place)
    monkeypatch.setenv("KAA_HOME", str(tmp_path / "home"))
    return place


def _models() -> set[str]:
    nodes = json.loads(dbt.manifest_path().read_text(encoding="utf-8"))["nodes"]
    return {f"{node['name']}: {node['raw_code']}" for node in nodes.values()}


def test_the_project_is_known_by_its_content_not_by_its_times(project: Path) -> None:
    """A release may be unpacked with any times, over another one."""
    assert _models() == {"a: select 'a' as name", "b: select 'b' as name"}
    made = dbt.manifest_path()
    assert made.stat().st_mtime_ns == dbt.manifest_path().stat().st_mtime_ns
    model = project / "models" / "a.sql"
    before = model.stat()
    model.write_text("select 'c' as name")
    os.utime(model, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert _models() == {"a: select 'c' as name", "b: select 'b' as name"}
    model.unlink()
    for path in (project, project / "models"):
        os.utime(path, (0, 0))
    assert _models() == {"b: select 'b' as name"}
    assert len(list(dbt.dbt_folder().glob("project-*"))) == 1  # what was made of earlier ones is gone


def test_several_who_need_it_at_once_have_it_made_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them would put its own in the place of another's, which a third one is about to read."""
    parse, made = dbt._parse, []

    def counted(kept: Path) -> None:
        made.append(kept)
        parse(kept)

    monkeypatch.setattr(dbt, "_parse", counted)
    with ThreadPoolExecutor(3) as several:
        found = [one.result() for one in [several.submit(_models) for _ in range(3)]]
    assert found == [{"a: select 'a' as name", "b: select 'b' as name"}] * 3
    assert len(made) == 1


def test_what_is_lost_of_it_is_made_again(project: Path) -> None:
    for name in ("manifest.json", "partial_parse.msgpack"):
        dbt.manifest_path().with_name(name).unlink()
        assert dbt.manifest_path().with_name(name).is_file()


def test_nothing_is_written_into_the_checkout(project: Path) -> None:
    def everything() -> list[tuple[str, int]]:
        return [(str(path), path.stat().st_mtime_ns) for path in sorted(project.parent.rglob("*"))]

    before = everything()
    dbt.manifest_path()
    assert everything() == before


def test_a_night_parses_nothing_for_it_has_the_notes(project: Path, tmp_path: Path) -> None:
    parsed = []
    for notes in ("as they are", "none"):
        if notes == "none":
            dbt.manifest_path().with_name("partial_parse.msgpack").write_bytes(b"")
        folder, target = _night(tmp_path / "home", len(parsed) + 1)
        call = dbt.DbtCall(["--quiet", "--log-level-file", "debug", "ls"], target)
        with dbt.start_dbt(folder, call) as process:
            process.communicate()
        assert process.returncode == 0
        parsed.append("Starting full parse" in (target / "dbt.log").read_text(encoding="utf-8"))
    assert parsed == [False, True]
