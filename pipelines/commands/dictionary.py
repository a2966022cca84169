"""The data dictionary, for auditors: what is delivered, what the warehouse keeps of it, and what is published.

Made from the contracts and dbt's manifest, so it says what the program does. What a column means is written there, not here.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.catalogue_words import figure_facts, measure_facts
from pipelines.configuration.contract import Source, load_sources
from pipelines.warehouse.dbt import manifest_path

#: Folders of dbt_project/models whose tables statisticians and auditors read.
_LAYERS = ("marts", "plans", "figures")


class Entry(NamedTuple):
    """A column of a delivery or of the warehouse, or a measure of a figure. ``made_from``: the datasets it rests on."""

    part: str  # delivery | warehouse | figure
    table: str
    column: str
    type: str
    description: str
    classification: str
    legal_ground: str
    made_from: str


def read_dictionary(part: str | None = None) -> list[Entry]:
    """All entries, or those of one part: deliveries and figures in their own order, tables by name."""
    sources = load_sources()
    entries = [*_deliveries(sources), *_warehouse(manifest_path(), sources)]
    return [entry for entry in entries if part in (None, entry.part)]


def _deliveries(sources: dict[str, Source]) -> Iterator[Entry]:
    for source in sources.values():
        for dataset in source.datasets.values():
            for column in dataset.columns:
                yield Entry(
                    "delivery", f"{source.name}/{dataset.name}", column.name, column.type,
                    f"{column.label}. {column.description}", column.classification, column.legal_ground, "",
                )  # fmt: skip


def _warehouse(manifest: Path, sources: dict[str, Source]) -> Iterator[Entry]:
    nodes: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    datasets = {
        item.table: f"{item.source}/{item.name}" for each in sources.values() for item in each.datasets.values()
    }

    @cache
    def rests_on(name: str) -> frozenset[str]:
        if name not in nodes:
            dataset = datasets.get(name.rpartition(".")[2])
            return frozenset([dataset] if dataset else [])
        return frozenset().union(*(rests_on(other) for other in nodes[name]["depends_on"]["nodes"]))

    models = {node["name"]: name for name, node in nodes.items() if node["resource_type"] == "model"}
    for table, name in sorted(models.items()):
        node = nodes[name]
        if node["fqn"][1] not in _LAYERS:
            continue
        meta = node["config"]["meta"]
        for column in node["columns"].values():
            yield Entry(
                "warehouse", table, column["name"], column["data_type"], column["description"], meta["classification"],
                meta["legal_ground"], " ".join(sorted(rests_on(name))),
            )  # fmt: skip
    for figure in read_catalogue().values():
        for name, measure in figure.measures.items():
            facts = " ".join([*figure_facts(figure), *measure_facts(figure, name)])
            yield Entry(
                "figure", figure.id, name, figure.unit,
                f"{figure.title}: {measure.title}. {figure.definition} {measure.definition} {facts}",
                "ingen personuppgift", figure.legal_ground, " ".join(sorted(rests_on(models[figure.model]))),
            )  # fmt: skip
