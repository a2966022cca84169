"""What each model of a published version took: seconds, and the rows that it read and made.

The seconds are dbt's own where they are few. They hold what else the machine did, and dbt's waiting for its own threads, so what
seems to have taken long is made again by itself, and the least that the processor took counts: between two sizes the load of a
shared machine may change by ten times.
"""

import json
import time
from pathlib import Path

import duckdb

from pipelines.runtime.database import open_database
from pipelines.state.home import Version
from pipelines.warehouse.compiled import CompiledModel, kept_models
from tests.benchmarks.growth import FLOOR, Cost, Costs


def read_costs(version: Version) -> Costs:
    """Of the models that dbt made as tables; a view's rows are read, and its time taken, by the tables that read it."""
    seconds = _dbt_seconds(version.folder("warehouse"))
    models = {model.name: model for model in kept_models(version.models)}
    with open_database(version.warehouse, read_only=True, attaches=[version.history]) as connection:
        connection.execute(f"attach '{version.history}' as history (read_only)")
        counted = {name: _count(connection, model.relation) for name, model in models.items() if _is_counted(model)}
        for name, model in models.items():
            if model.materialized == "table" and seconds.get(name, 0) > FLOOR:
                seconds[name] = min(_made_again(connection, model) for _ in range(3))
    return {
        name: Cost(seconds[name], counted[name] + sum(_read(models, counted, needed) for needed in model.needs))
        for name, model in models.items()
        if model.materialized == "table" and name in seconds
    }


def _dbt_seconds(folder: Path) -> dict[str, float]:
    """What each node took, in however many calls of dbt the night was made."""
    told = [json.loads(file.read_text(encoding="utf-8")) for file in folder.rglob("run_results.json")]
    return {result["unique_id"].split(".")[-1]: result["execution_time"] for each in told for result in each["results"]}


def _is_counted(model: CompiledModel) -> bool:
    """Tables, and the views of the history: what lies under every other view."""
    return model.materialized == "table" or not model.needs or model.name.startswith("stg_")


def _made_again(connection: duckdb.DuckDBPyConnection, model: CompiledModel) -> float:
    start = time.process_time()
    connection.execute(f"create or replace temp table made_again as {model.sql}")
    return time.process_time() - start


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    assert row
    return int(row[0])


def _read(models: dict[str, CompiledModel], counted: dict[str, int], name: str) -> int:
    """The rows that reading a model comes to."""
    if name in counted:
        return counted[name]
    return sum(_read(models, counted, needed) for needed in models[name].needs)
