"""The models as SQL that stands alone, and the one way to run them without dbt: in order, each under the name that others use.

Whoever asks for another day, period or knowledge, and every test, runs them here. What is asked belongs in ``ask``.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from pipelines.runtime.errors import NightlyFailed
from pipelines.state.home import Version


@dataclass(frozen=True)
class CompiledModel:
    """A model as SQL that stands alone: ``relation`` is the quoted name that other models call it by."""

    name: str
    schema: str
    relation: str
    materialized: str
    sql: str
    needs: list[str]


def compiled_models(manifest: dict[str, Any]) -> list[CompiledModel]:
    """All models that a manifest holds compiled, each after the models it needs."""
    nodes = manifest["nodes"]
    models = {
        name: node for name, node in nodes.items() if node["resource_type"] == "model" and node.get("compiled_code")
    }
    needs = {
        name: [other for other in node["depends_on"]["nodes"] if other in models]
        for name, node in sorted(models.items())
    }
    return [
        _compiled(models[name], [models[other]["name"] for other in needs[name]])
        for name in TopologicalSorter(needs).static_order()
    ]


def _compiled(node: dict[str, Any], needs: list[str]) -> CompiledModel:
    return CompiledModel(
        name=node["name"],
        schema=node["schema"],
        relation=node["relation_name"],
        materialized=node["config"]["materialized"],
        sql=node["compiled_code"],
        needs=needs,
    )


def keep_models(manifest: dict[str, Any], results: Path, version: Version) -> None:
    """Put the compiled SQL of this night beside the warehouse that it built; `results`: dbt's `run_results.json`."""
    told = json.loads(results.read_text(encoding="utf-8"))["results"]
    nodes = {
        result["unique_id"]: manifest["nodes"][result["unique_id"]] | {"compiled_code": result["compiled_code"]}
        for result in told
    }
    models = [asdict(model) for model in compiled_models({"nodes": nodes})]
    version.models.write_text(json.dumps(models), encoding="utf-8")


def kept_models(path: Path) -> list[CompiledModel]:
    """What ``keep_models`` has put there. Raises NightlyFailed when it is missing or torn."""
    try:
        return [CompiledModel(**item) for item in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise NightlyFailed(
            f"The compiled SQL {path} is missing or torn, so only what the nightly has computed can be shown. Run kaa recover to "
            "see which versions are complete, or kaa restore to rebuild them from the archive."
        ) from error


def run_models(
    connection: duckdb.DuckDBPyConnection, models: list[CompiledModel], wanted: Iterable[str] | None = None
) -> None:
    """Make all models, or these and what they need, in the databases that their SQL names."""
    needed = {model.name for model in models} if wanted is None else needed_models(models, wanted)
    for model in models:
        if model.name in needed and model.materialized != "ephemeral":
            database = model.relation.partition(".")[0]
            connection.execute(f'create schema if not exists {database}."{model.schema}"')
            kind = "view" if model.materialized == "view" else "table"
            connection.execute(f"create or replace {kind} {model.relation} as {model.sql}")


def needed_models(models: list[CompiledModel], wanted: Iterable[str]) -> set[str]:
    """The names of these models and of all that they need."""
    needed = set(wanted)
    for model in reversed(models):
        if model.name in needed:
            needed.update(model.needs)
    return needed
