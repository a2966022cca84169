"""The catalogue: each figure model describes itself completely, and the description is what the SQL computes."""

from typing import Any

from pipelines.contract import code_lists
from tests.dbt import compiled
from tests.dbt.built import Build
from tests.dbt.small_world import EXTRACTS, PERIODS

KEYS = {
    "id",
    "title",
    "definition",
    "unit",
    "source",
    "legal_ground",
    "since",
    "warnings",
    "has_dimensions",
    "position",
    "category",
    "subcategory",
    "measures",
}


def _entries(build: Build) -> dict[str, dict[str, Any]]:
    """Name of a figure model -> its catalogue entry."""
    return {
        node["name"]: node["config"]["meta"].get("figure", {})
        for node in build.manifest["nodes"].values()
        if node["resource_type"] == "model" and node["name"].startswith("figure_")
    }


OF_THE_PAGE = [
    "population", "outreach", "contacts", "occupation", "participants", "exits", "measures", "measure_exits",
    "support_choice", "timeliness", "offer_90_days", "residence_checks", "survey", "key_numbers", "residents", "status",
    "target_group",
]  # fmt: skip
OUR_OWN = ["reached_by_channel", "time_to_contact", "median_wait"]


def test_each_figure_has_a_model_and_an_entry(build: Build) -> None:
    assert {name: entry.get("id") for name, entry in _entries(build).items()} == {
        f"figure_{figure}": figure for figure in OF_THE_PAGE + OUR_OWN
    }


def test_each_entry_is_complete(build: Build) -> None:
    for name, entry in _entries(build).items():
        assert set(entry) == KEYS, name
        for measure in entry["measures"].values():
            assert set(measure) == {"title", "definition"}, name
            assert all(measure.values()), name


def test_positions_put_the_figures_in_one_order(build: Build) -> None:
    positions = [entry["position"] for entry in _entries(build).values()]
    assert len(set(positions)) == len(positions)


def test_levels_name_code_lists_that_exist(build: Build) -> None:
    named = {
        level["code_list"]
        for entry in _entries(build).values()
        for level in (entry["category"], entry["subcategory"])
        if level and level["code_list"]
    }
    assert named <= set(code_lists())


def test_all_figure_models_are_published(build: Build) -> None:
    for table, expected in (("figures", OF_THE_PAGE), ("own_figures", OUR_OWN)):
        node = next(node for node in build.manifest["nodes"].values() if node["name"] == table)
        assert {each.rsplit(".", 1)[1] for each in node["depends_on"]["nodes"]} == {
            f"figure_{each}" for each in expected
        }


def test_the_measures_and_levels_of_an_entry_are_those_of_its_rows(build: Build) -> None:
    with compiled.in_memory(build.models, EXTRACTS, PERIODS) as connection:
        keys = set(compiled.figures(connection)) | set(compiled.figures(connection, "own_figures"))
    for entry in _entries(build).values():
        rows = [key for key in keys if key[0] == entry["id"]]
        assert {row[1] for row in rows} == set(entry["measures"]), entry["id"]
        assert any(row[3] != "*" for row in rows) == entry["has_dimensions"], entry["id"]
        assert any(row[6] != "*" for row in rows) == bool(entry["category"]), entry["id"]
        assert any(row[7] != "*" for row in rows) == bool(entry["subcategory"]), entry["id"]
