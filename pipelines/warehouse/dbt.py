"""The dbt project as the rest of the program sees it: its manifest, its catalogue of figures, its compiled models.

dbt is called once a night. A fresh checkout has no manifest, so it is made when it is missing or older than the models.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.errors import NightlyFailed, tells_of_full_disk
from pipelines.home import Version

PROJECT = Path(__file__).resolve().parent.parent.parent / "dbt_project"
EXECUTABLE = Path(sys.executable).parent / "dbt"
#: dbt as the nightly starts it: it does not outlive the nightly.
CHILD = Path(__file__).resolve().parent / "dbt_child.sh"
_MANIFEST = PROJECT / "target" / "manifest.json"
_PARSE = "partial_parse.msgpack"


@dataclass(frozen=True)
class CompiledModel:
    """A model as SQL that stands alone: ``relation`` is the quoted name that other models call it by."""

    name: str
    schema: str
    relation: str
    materialized: str
    sql: str
    needs: list[str]


def manifest_path() -> Path:
    """The project's manifest, made anew when a file of the project is younger."""
    youngest = max(path.stat().st_mtime for path in _sources())
    if not _MANIFEST.exists() or _MANIFEST.stat().st_mtime < youngest:
        _parse()
    return _MANIFEST


def links_to(version: Version, folder: Path) -> tuple[Path, Path]:
    """Warehouse and history of a version, named the same every night: when a path in its profile is another one, dbt
    parses the whole project anew, which takes longer than building most of it.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    for zone in ("warehouse", "history"):
        part = folder / f"{zone}.part"
        part.unlink(missing_ok=True)
        part.symlink_to(version.folder(zone))
        os.replace(part, folder / zone)
    return folder / "warehouse" / version.warehouse.name, folder / "history" / version.history.name


def recall_parse(folder: Path, target: Path) -> None:
    """Give dbt what it made of the project last time, when no file of the project has changed since."""
    target.mkdir(exist_ok=True)
    kept = folder / _kept_parse()
    if kept.is_file():
        shutil.copyfile(kept, target / _PARSE)


def keep_parse(folder: Path, target: Path) -> None:
    """Keep what dbt made of the project for the next night, and nothing older."""
    kept, made = folder / _kept_parse(), target / _PARSE
    if kept.is_file() or not made.is_file():  # dbt can be told not to write it
        return
    for old in folder.glob(f"*-{_PARSE}*"):
        old.unlink()
    part = kept.with_name(kept.name + ".part")
    shutil.copyfile(made, part)
    os.replace(part, kept)


def _kept_parse() -> str:
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(PROJECT)}\n".encode() + path.read_bytes())
    return f"{digest.hexdigest()[:16]}-{_PARSE}"


def _sources() -> list[Path]:
    return [path for path in PROJECT.rglob("*") if path.suffix in (".sql", ".yml") and "target" not in path.parts]


def dbt_environment(warehouse: Path, history: Path) -> dict[str, str]:
    """What profiles.yml asks for."""
    return {
        "KAA_WAREHOUSE_PATH": str(warehouse),
        "KAA_HISTORY_PATH": str(history),
        "KAA_DBT": str(EXECUTABLE),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def _parse() -> None:
    """Make the manifest, in one step: a killed or a second process must not leave half a file to the next."""
    environment = {**os.environ, **dbt_environment(Path("unused.duckdb"), Path("unused.duckdb"))}
    _MANIFEST.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=_MANIFEST.parent, prefix="parse-") as folder:
        command = [str(EXECUTABLE), "--quiet", "parse", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
                   "--target-path", folder, "--log-path", folder]  # fmt: skip
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise NightlyFailed(f"The dbt project cannot be parsed: {done.stdout.strip() or done.stderr.strip()}")
        os.replace(Path(folder) / _MANIFEST.name, _MANIFEST)


def dbt_failure(target: Path) -> str:
    """A sentence that names what failed in the call of dbt that wrote to this folder; what dbt said is in its log."""
    log = target / "dbt.log"
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
    """All models of a compiled manifest, each after the models it needs."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    models = {name: node for name, node in nodes.items() if node["resource_type"] == "model"}
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
