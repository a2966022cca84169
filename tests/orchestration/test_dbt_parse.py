"""What dbt made of the project is used again the next night, and only while the project is the same."""

from pathlib import Path

import pytest

from pipelines.home import Version
from pipelines.warehouse import dbt

PARSE = "partial_parse.msgpack"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "a.sql").write_text("select 1")
    monkeypatch.setattr(dbt, "PROJECT", folder)
    return folder


def _a_night(own: Path, target: Path, made: str) -> str | None:
    """What dbt finds when it begins; it leaves behind what it has made."""
    own.mkdir(exist_ok=True)
    dbt.recall_parse(own, target)
    found = (target / PARSE).read_text() if (target / PARSE).exists() else None
    (target / PARSE).write_text(made)
    dbt.keep_parse(own, target)
    return found


def test_the_parse_is_kept_while_the_project_is_the_same(tmp_path: Path, project: Path) -> None:
    own = tmp_path / "own"
    assert _a_night(own, tmp_path / "night1", "first") is None
    assert _a_night(own, tmp_path / "night2", "second") == "first"
    (project / "models" / "a.sql").write_text("select 2")
    assert _a_night(own, tmp_path / "night3", "third") is None
    assert _a_night(own, tmp_path / "night4", "fourth") == "third"
    (project / "models" / "a.sql").rename(project / "models" / "b.sql")
    assert _a_night(own, tmp_path / "night5", "fifth") is None
    assert len(list(own.iterdir())) == 1


def test_a_night_without_a_parse_is_no_fault(tmp_path: Path, project: Path) -> None:
    own, target = tmp_path / "own", tmp_path / "night"
    own.mkdir()
    dbt.recall_parse(own, target)
    dbt.keep_parse(own, target)
    assert not list(own.iterdir())


def test_a_version_has_the_same_names_every_night(tmp_path: Path) -> None:
    own, named = tmp_path / "dbt", set()
    for number in (1, 2):
        version = Version(tmp_path, number)
        for zone in ("history", "warehouse"):
            version.folder(zone).mkdir(parents=True)
        version.history.write_text(f"history {number}")
        warehouse, history = dbt.links_to(version, own)
        warehouse.write_text("built")
        assert history.read_text() == f"history {number}"
        assert version.warehouse.read_text() == "built"
        named.add((warehouse, history))
    assert len(named) == 1
