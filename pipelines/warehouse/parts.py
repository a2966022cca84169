"""What a night makes besides the figures: each part fails alone, is named, and never keeps the figures from being published.

A part is a model that is published and the lists of persons beside it, with the models and tests that only they need;
``dbt_nodes`` tells them from those that the figures need. How a part is counted belongs in ``dbt_project``, how it is shown in
``dashboards``.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

#: The models that all figures are read from.
FIGURES = ("figures", "own_figures")

#: What nobody publishes and auditors ask of a period: a view, so that a night computes nothing of it. It is built with the
#: figures because only their compiled SQL is kept with the version.
ASKED = ("file_review",)

_GOOD = {"success", "pass", "warn", "no-op"}


@dataclass(frozen=True)
class Part:
    """A part by its id, with its name on the pages, the model that is published of it (none where dbt makes nothing of it), and
    those that stay in the warehouse: the same person by person, for a unit's own work."""

    id: str
    title: str
    model: str = ""
    lists: tuple[str, ...] = ()


#: Those that dbt makes.
PARTS = (
    Part(
        "target_group",
        "Målgrupp och register",
        "target_group_summary",
        ("target_group_difference", "target_group_change"),
    ),
    Part("plan", "Så följs handlingsplanen", "plan_rule_summary", ("plan_rule_case",)),
    Part("jumps", "Jämförelsen med andra nätter", "jump_check"),
)

#: Asked of the built warehouse when the figures are published.
BRIDGES = Part("bridges", "Varför ändrades siffran?")


@dataclass(frozen=True)
class Nodes:
    """Names of models and data tests: what the figures need, and what each part needs besides."""

    figures: tuple[str, ...]
    parts: dict[str, tuple[str, ...]]

    @property
    def of_parts(self) -> list[str]:
        """What no figure needs, each once."""
        return sorted({name for names in self.parts.values() for name in names})


def dbt_nodes(manifest: dict[str, Any]) -> Nodes:
    """Sort a manifest's models and data tests; a test belongs to the figures when every model that it looks at does. With the
    figures goes what is asked.

    Raises ValueError for a model or test that neither a figure nor a part needs: nobody would know that it failed.
    """
    nodes = {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] in ("model", "test", "snapshot")
    }
    by_name = {node["name"]: key for key, node in nodes.items()}
    parents = {key: {other for other in node["depends_on"]["nodes"] if other in nodes} for key, node in nodes.items()}
    needed: dict[str, set[str]] = {}
    for key in TopologicalSorter(parents).static_order():
        needed[key] = {key}.union(*(needed[parent] for parent in parents[key]))
    figures = set().union(*(needed[by_name[name]] for name in (*FIGURES, *ASKED)))
    parts = {
        part.id: set().union(*(needed[by_name[name]] for name in (part.model, *part.lists))) - figures for part in PARTS
    }
    for key, node in nodes.items():
        if node["resource_type"] != "test":
            continue
        if parents[key] <= figures:
            figures.add(key)
            continue
        for members in parts.values():
            if parents[key] & members:
                members.add(key)
    lost = nodes.keys() - figures - set().union(*parts.values())
    if lost:
        raise ValueError(f"neither a figure nor a part needs {', '.join(sorted(lost))}")

    def names(keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(nodes[key]["name"] for key in keys))

    return Nodes(names(figures), {part: names(members) for part, members in parts.items()})


def failed_nodes(target: Path) -> list[str] | None:
    """Names of the models and tests that did not succeed in the call of dbt that wrote to ``target``; None: it did not end."""
    try:
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError, KeyError):
        return None
    return [result["unique_id"].split(".")[2] for result in results if result["status"] not in _GOOD]


def failed_parts(nodes: Nodes, target: Path) -> dict[Part, str]:
    """The parts that failed in the call of dbt that wrote to ``target``, each with what failed first."""
    failed = failed_nodes(target)
    if failed is None:
        return dict.fromkeys(PARTS, "dbt avbröts")
    first = {part: [name for name in failed if name in nodes.parts[part.id]][:1] for part in PARTS}
    return {part: names[0] for part, names in first.items() if names}
