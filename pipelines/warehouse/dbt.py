"""The dbt project as the rest of the program sees it: its manifest, its catalogue of figures, its compiled models.

dbt is called once a night. A fresh checkout has no manifest, so it is made when it is missing or older than the models.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.database import open_database, room_environment
from pipelines.errors import NightlyFailed, tells_of_full_disk
from pipelines.home import Version
from pipelines.loading import Process, loaded

PROJECT = Path(__file__).resolve().parent.parent.parent / "dbt_project"
EXECUTABLE = Path(sys.executable).parent / "dbt"
#: dbt as the nightly starts it.
CHILD = "pipelines.warehouse.dbt_child"
_MANIFEST = PROJECT / "target" / "manifest.json"
_PARSE = PROJECT / "target" / "partial_parse.msgpack"

#: Warehouse and history as the nightly's dbt knows them, below the folder in which it runs. Were they other files every
#: night, dbt would parse the whole project anew, which takes longer than building most of it.
_WAREHOUSE, _HISTORY = Path("warehouse", "warehouse.duckdb"), Path("history", "history.duckdb")


@dataclass(frozen=True)
class CompiledModel:
    """A model as SQL that stands alone: ``relation`` is the quoted name that other models call it by."""

    name: str
    schema: str
    relation: str
    materialized: str
    sql: str
    needs: list[str]


@dataclass(frozen=True)
class DbtCall:
    """A build of these models and tests: where dbt writes what came of it, and after how many seconds it is ended (0: never)."""

    nodes: Sequence[str]
    target: Path
    seconds: int = 0

    @property
    def told(self) -> dict[str, Any]:
        """As ``dbt_child`` reads it. Tests are named one by one: dbt would add those that look at what is not built yet."""
        where = ["--target-path", str(self.target), "--log-path", str(self.target)]
        arguments = ["build", "--indirect-selection", "empty", *where, "--select", *self.nodes]
        return {"arguments": arguments, "seconds": self.seconds}


def manifest_path() -> Path:
    """The project's manifest, made anew (with dbt's own notes of it) when something in the project is younger."""
    youngest = max(path.stat().st_mtime for path in _sources())
    if not _PARSE.exists() or not _MANIFEST.exists() or _MANIFEST.stat().st_mtime < youngest:
        _parse()
    return _MANIFEST


def link_to(version: Version, folder: Path) -> None:
    """Let dbt, which runs in this folder, find a version's warehouse and history under the same names every night."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for zone, link in (("warehouse", _WAREHOUSE.parent), ("history", _HISTORY.parent)):
        part = folder / f"{link}.part"
        part.unlink(missing_ok=True)
        part.symlink_to(version.folder(zone))
        os.replace(part, folder / link)


def _sources() -> list[Path]:
    """The project's files, and its folders: a folder is younger when a file has been taken away."""
    below = [path for path in PROJECT.rglob("*") if _MANIFEST.parent not in (path, *path.parents)]
    return [path for path in below if path.suffix in (".sql", ".yml") or path.is_dir()]


def dbt_environment(warehouse: Path = _WAREHOUSE, history: Path = _HISTORY) -> dict[str, str]:
    """What profiles.yml asks for, and where the project is."""
    return {
        "KAA_WAREHOUSE_PATH": str(warehouse),
        "KAA_HISTORY_PATH": str(history),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def start_dbt(folder: Path, *calls: DbtCall) -> Process:
    """Start dbt on what `link_to` put into a folder, one call after the other while they succeed; it tells each thing at once,
    as JSON."""
    for call in calls:
        call.target.mkdir(exist_ok=True)
        shutil.copy(_PARSE, call.target)
    environment = {
        **dbt_environment(),
        **room_environment(),
        "DBT_LOG_LEVEL_FILE": "none",  # what it tells is kept in logs/dbt.log
        "DBT_LOG_FORMAT": "json",
    }
    process = loaded(CHILD)
    order = {"folder": str(folder), "environment": environment, "calls": [call.told for call in calls]}
    assert process.stdin
    with suppress(BrokenPipeError), process.stdin:  # a process that has ended says so by its exit code
        process.stdin.write(json.dumps(order).encode())
    process.stdin = None  # nothing more is told
    return process


def close_after_a_kill(warehouse: Path) -> None:
    """Close a warehouse file that a killed dbt may have left open: what it had committed stays, and no log lies beside it."""
    with open_database(warehouse) as connection:
        connection.execute("checkpoint")


def _parse() -> None:
    """Make the manifest and dbt's own notes of it, each in one step: a killed or a second process must not leave half a file."""
    environment = {**os.environ, **dbt_environment()}
    _MANIFEST.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=_MANIFEST.parent, prefix="parse-") as folder:
        command = [str(EXECUTABLE), "--quiet", "parse", "--target-path", folder, "--log-path", folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise NightlyFailed(f"The dbt project cannot be parsed: {done.stdout.strip() or done.stderr.strip()}")
        for made in (_PARSE, _MANIFEST):
            os.replace(Path(folder) / made.name, made)


def dbt_failure(target: Path, log: Path) -> str:
    """A sentence that names what failed in the call of dbt that wrote to ``target``; what it said is in ``log``."""
    if log.exists() and tells_of_full_disk(log.read_text(encoding="utf-8", errors="replace")):
        return "dbt failed: No space left on device."
    try:
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError):
        results = []
    failed = [
        f"{kind} {name}"
        for kind, _, name in (
            result["unique_id"].split(".")[:3] for result in results if result["status"] in ("error", "fail")
        )
    ]
    named = (
        f"the {failed[0]} failed" + (f" (and {len(failed) - 1} more)" if failed[1:] else "") if failed else "dbt failed"
    )
    return f"In the step dbt_models {named}; nothing is published. See logs/dbt.log, mend the cause and run kaa nightly again."


def compiled_models(manifest: Path) -> list[CompiledModel]:
    """All models that a manifest holds compiled, each after the models it needs."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    models = {
        name: node for name, node in nodes.items() if node["resource_type"] == "model" and node.get("compiled_code")
    }
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name not in ordered:
            for other in models[name]["depends_on"]["nodes"]:
                if other in models:
                    visit(other)
            ordered.append(name)

    for name in sorted(models):
        visit(name)
    return [_compiled(models[name], models) for name in ordered]


def _compiled(node: dict[str, Any], models: dict[str, Any]) -> CompiledModel:
    return CompiledModel(
        name=node["name"],
        schema=node["schema"],
        relation=node["relation_name"],
        materialized=node["config"]["materialized"],
        sql=node["compiled_code"],
        needs=[models[other]["name"] for other in node["depends_on"]["nodes"] if other in models],
    )


def figure_entries(manifest: Path) -> list[dict[str, Any]]:
    """The catalogue: for each figure its `meta.figure` entry with the name of its `model`, by position."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    entries = [
        {**node["config"]["meta"]["figure"], "model": node["name"]}
        for node in nodes
        if node["resource_type"] == "model" and "figure" in node["config"].get("meta", {})
    ]
    return sorted(entries, key=lambda entry: (entry["position"], entry["id"]))
