"""What the figures do not need fails alone: it is sorted from what they need, and named by the part that it belongs to."""

import json
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from pipelines.notices import NoticeCode, notice
from pipelines.orchestration import assets
from pipelines.orchestration.nightly import Outcome
from pipelines.warehouse.parts import ASKED, BRIDGES, FIGURES, PARTS, dbt_nodes, failed_parts
from tests.dashboards import published_file

MANIFEST = assets._MANIFEST
NODES = dbt_nodes(MANIFEST)


def test_every_model_and_test_belongs_to_the_figures_or_to_a_part() -> None:
    kinds = ("model", "test")
    named = {node["name"] for node in MANIFEST["nodes"].values() if node["resource_type"] in kinds}
    assert set(NODES.figures) | set(NODES.of_parts) == named
    assert not set(NODES.figures) & set(NODES.of_parts)
    assert {*FIGURES, *ASKED, "person_period", "figures_agree_with_each_other"} <= set(NODES.figures)
    for part in PARTS:
        assert {part.model, *part.lists} <= set(NODES.parts[part.id])
    assert "the_worklist_is_what_the_figure_counts" in NODES.parts["target_group"]


def test_what_is_asked_costs_the_night_nothing() -> None:
    models = [node for node in MANIFEST["nodes"].values() if node["name"] in ASKED]
    assert [node["config"]["materialized"] for node in models] == ["view"] * len(ASKED)
    tests = [node for node in MANIFEST["nodes"].values() if node["resource_type"] == "test"]
    assert not [node["name"] for node in tests for model in models if model["unique_id"] in node["depends_on"]["nodes"]]


def test_a_model_that_nobody_needs_is_refused() -> None:
    lonely = {"resource_type": "model", "name": "lonely", "depends_on": {"nodes": []}}
    with pytest.raises(ValueError, match=r"neither a figure nor a part needs model\.kaa\.lonely"):
        dbt_nodes({"nodes": {**MANIFEST["nodes"], "model.kaa.lonely": lonely}})


def _results(target: Path, **statuses: str) -> Path:
    results = [{"unique_id": f"model.kaa.{name}", "status": status} for name, status in statuses.items()]
    (target / "run_results.json").write_text(json.dumps({"results": results}))
    return target


def test_a_part_fails_with_what_it_needs_and_the_others_do_not(tmp_path: Path) -> None:
    target = _results(tmp_path, plan_stay="error", plan_rule_case="skipped", jump_check="success")
    assert {part.id: problem for part, problem in failed_parts(NODES, target).items()} == {"plan": "plan_stay"}


def test_what_two_parts_need_fails_both(tmp_path: Path) -> None:
    target = _results(tmp_path, int_person_night__compared="error")
    assert {part.id for part in failed_parts(NODES, target)} == {"target_group", "jumps"}


def test_when_dbt_did_not_end_all_parts_have_failed(tmp_path: Path) -> None:
    assert [part.id for part in failed_parts(NODES, tmp_path)] == [part.id for part in PARTS]


@pytest.mark.parametrize("code", list(NoticeCode))
def test_every_notice_has_a_sentence(code: NoticeCode) -> None:
    names = {"folder", "problem", "owner", "file", "minutes", "place", "clock", "published", "deliveries", "drop"}
    names |= {"title", "last", "days", "part", "before", "now"}
    sentence = notice(code, **dict.fromkeys(names, "X")).sentence
    assert sentence.endswith(".") and "{" not in sentence


def test_a_notice_that_waits_for_a_person_is_exit_code_2() -> None:
    assert Outcome(2, {"accepted": 1}, 0, ("en mening",), 0).exit_code == 0
    assert Outcome(2, {"accepted": 1}, 0, ("en mening",), 1).exit_code == 2


def test_bridges_that_cannot_be_made_fail_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = published_file.stockholm(tmp_path / "published.duckdb")
    building = SimpleNamespace(published=path)
    night = SimpleNamespace(
        building=building, home=SimpleNamespace(municipality=None), periods=[], report_periods=[], failed_parts={}
    )

    def fail(*_: object) -> None:
        raise RuntimeError("a value from the data")

    monkeypatch.setattr(assets, "bridge_rows", fail)
    assets._publish_bridges(night)  # type: ignore[arg-type]
    assert night.failed_parts == {BRIDGES: "RuntimeError"}
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("select part from failed_part").fetchall() == [("bridges",)]
        assert not connection.execute("select 1 from duckdb_tables() where table_name = 'bridge_step'").fetchall()
