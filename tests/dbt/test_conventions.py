"""Habits of the dbt project that no linter knows."""

import re
from pathlib import Path
from typing import Any

from pipelines.warehouse.parts import ASKED
from tests.dbt.built import PROJECT, Build

SQL = sorted(
    [*(PROJECT / "models").rglob("*.sql"), *(PROJECT / "macros").rglob("*.sql"), *(PROJECT / "tests").rglob("*.sql")]
)


def _models(build: Build) -> list[dict[str, Any]]:
    return [node for node in build.manifest["nodes"].values() if node["resource_type"] == "model"]


def _layer(node: dict[str, Any]) -> str:
    return str(node["fqn"][1])


def test_the_sql_stands_alone() -> None:
    """Parameters are rows: the compiled SQL is run again, without dbt, for other periods and other knowledge."""
    for path in SQL:
        # Which figures there are is no parameter.
        text = re.sub(r"union_of_figures\(env_var\('\w+'\)\)", "", path.read_text(encoding="utf-8"))
        assert not re.search(r"\b(run_query|execute|var|env_var)\s*\(|\bif execute\b", text), path


def test_every_distinct_says_why() -> None:
    for path in SQL:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if re.search(r"\bselect distinct\b", line):
                before = " ".join(lines[max(0, number - 3) : number])
                assert "-- distinct:" in before, f"{path.name}:{number + 1}"


def test_no_model_is_ordered_or_grouped_by_all() -> None:
    for path in sorted((PROJECT / "models").rglob("*.sql")):
        text = path.read_text(encoding="utf-8").lower()
        assert "group by all" not in text, path.name
        outside_windows = re.sub(r"over \((?:[^()]|\([^()]*\))*\)", "", text)
        assert "order by" not in outside_windows, path.name


def _joins(path: Path) -> list[str]:
    """What stands between each join of a file and the clause after it."""
    text = re.sub(r"--[^\n]*|\{#(?s:.*?)#\}", "", path.read_text(encoding="utf-8"))
    ends = r"\b(?:inner|left|full|cross|where|group by|qualify|select|union|order by)\b|\)\s*,|\Z"
    return re.findall(rf"\bjoin\b(.*?)(?={ends})", text, re.DOTALL)


def test_no_join_of_a_model_says_or() -> None:
    """DuckDB compares each row with each where the condition of an outer join says it: it belongs in where, or in a column."""
    for path in [*(PROJECT / "models").rglob("*.sql"), *(PROJECT / "macros").rglob("*.sql")]:
        for condition in _joins(path):
            assert not re.search(r"\bor\b", condition), (path.name, condition)


def test_who_is_judged_on_nights_of_their_own_stands_in_a_table() -> None:
    """Five joins turn on those nights, and of a query inside a query nobody knows how many there are."""
    for path in sorted((PROJECT / "models").rglob("*.sql")):
        for nights in re.findall(r"target_group_on_nights\((.*?)own_nights=true", path.read_text(encoding="utf-8")):
            assert nights.startswith("ref("), path.name


def test_the_last_select_of_a_mart_names_its_columns() -> None:
    for path in (PROJECT / "models" / "marts").glob("*.sql"):
        last_select = ("\n" + path.read_text(encoding="utf-8")).rsplit("\nselect\n", 1)[1]
        assert "*" not in last_select, path.name


def test_layers_read_only_what_lies_before_them(build: Build) -> None:
    before = {
        "staging": "staging",
        "intermediate": "staging intermediate",
        "marts": "staging intermediate marts",
        "plans": "staging intermediate plans",
        "figures": "marts figures",
    }
    nodes = {node["unique_id"]: node for node in _models(build)}
    for node in nodes.values():
        for parent in node["depends_on"]["nodes"]:
            if parent in nodes:
                assert _layer(nodes[parent]) in before[_layer(node)].split(), (node["name"], parent)
            else:
                assert _layer(node) == "staging", (node["name"], parent)


def test_staging_and_marts_are_under_contract_without_keys_or_indexes(build: Build) -> None:
    for node in _models(build):
        assert node["config"]["contract"]["enforced"] or _layer(node) in ("intermediate", "figures"), node["name"]
        constraints = [
            *node["constraints"],
            *(each for column in node["columns"].values() for each in column["constraints"]),
        ]
        assert all(each["type"] == "not_null" for each in constraints), node["name"]
        assert not node["config"].get("indexes"), node["name"]


def test_every_model_has_a_description_that_begins_with_its_grain_and_a_rule_of_it(build: Build) -> None:
    tests = [node["raw_code"] for node in build.manifest["nodes"].values() if node["resource_type"] == "test"]
    ruled = set(re.findall(r"(?:has_one_row_per|runs_never_overlap)\(\s*'(\w+)'", "".join(tests)))
    for node in _models(build):
        if node["name"] in ("figures", "own_figures"):
            assert node["name"] in ruled
            continue
        assert node["description"].startswith("One row per"), node["name"]
        # What comes together in one model is tested there, the youths of a period where they come from; of what is only looked
        # up doubles do no harm, and what is asked is computed by nobody at night (tests/audit).
        elsewhere = ("figure_", "plan_case__", "resident_period", "int_person__without_place", *ASKED)
        assert node["name"] in ruled or node["name"].startswith(elsewhere), node["name"]


def test_a_data_test_tells_rules_and_not_rows(build: Build) -> None:
    """What breaks a rule are rows about persons, and a message is kept in logs."""
    for node in build.manifest["nodes"].values():
        if node["resource_type"] == "test":
            assert node["raw_code"].rstrip().rpartition("\n{{ broken_rules([")[2].endswith("]) }}"), node["name"]
            assert "dagster" in node["config"]["meta"], node["name"]  # the asset beside which Dagster shows it


def test_no_unit_test_passes_for_want_of_rows(build: Build) -> None:
    """dbt lets a unit test with empty fixtures pass (dbt-core issue 10649)."""
    for test in build.manifest["unit_tests"].values():
        assert test["expect"]["rows"], test["name"]
        assert any(given["rows"] for given in test["given"]), test["name"]
        assert test["description"], test["name"]


def test_failing_rows_are_never_stored(build: Build) -> None:
    for node in build.manifest["nodes"].values():
        if node["resource_type"] == "test":
            assert not node["config"]["store_failures"], node["name"]


def test_every_folder_says_what_belongs_in_it() -> None:
    for layer in ("staging", "intermediate", "marts", "plans", "figures"):
        assert Path(PROJECT / "models" / layer / "README.md").exists(), layer
