"""The costs of a version's models are read from its own two files, where nothing else can be reached."""

import json
from dataclasses import asdict
from pathlib import Path

import duckdb

from pipelines.state.home import Version
from pipelines.warehouse.compiled import CompiledModel
from tests.benchmarks.costs import read_costs


def _model(name: str, materialized: str, sql: str, needs: list[str]) -> CompiledModel:
    return CompiledModel(name, "main", f'"warehouse"."main"."{name}"', materialized, sql, needs)


def test_what_took_long_is_made_again_and_rows_are_those_read_and_made(tmp_path: Path) -> None:
    version = Version(tmp_path, 1)
    version.begin()
    with duckdb.connect(str(version.history)) as connection:
        connection.execute("create table thing as select unnest(range(10)) as number")
    models = [
        _model("stg_thing", "view", "select number from history.thing", []),
        _model(
            "even", "table", 'select number from "warehouse"."main"."stg_thing" where number % 2 = 0', ["stg_thing"]
        ),
        _model("quick", "table", "select 1 as number", []),
    ]
    with duckdb.connect(str(version.warehouse)) as connection:
        connection.execute(f"attach '{version.history}' as history (read_only)")
        for model in models:
            connection.execute(f"create {model.materialized} {model.relation} as {model.sql}")
    version.models.write_text(json.dumps([asdict(model) for model in models]), encoding="utf-8")
    told = [
        {"unique_id": f"model.kaa.{name}", "execution_time": seconds}
        for name, seconds in (("even", 50.0), ("quick", 0.01))
    ]
    target = version.folder("warehouse") / "dbt"
    target.mkdir()
    (target / "run_results.json").write_text(json.dumps({"results": told}), encoding="utf-8")

    costs = read_costs(version)
    assert {name: cost.rows for name, cost in costs.items()} == {"even": 15, "quick": 1}
    assert costs["even"].seconds < 1 and costs["quick"].seconds == 0.01
