"""The dbt project as the rest of the program sees it: how it is called and what came of it.

dbt is called once a night. What it makes of the project is kept below KAA_HOME, under a name that is taken from the project's
content: the checkout need not be writable, and no file's time matters.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version as package_version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.configuration.catalogue import read_catalogue
from pipelines.runtime.database import open_database, room_environment
from pipelines.runtime.errors import NightlyFailed, tells_of_full_disk
from pipelines.runtime.surroundings import for_own_process, home_path
from pipelines.runtime.worker_process import Process, worker
from pipelines.state.home import Version
from pipelines.warehouse.compiled import CompiledModel, compiled_models

PROJECT = Path(__file__).resolve().parent.parent.parent / "dbt_project"
#: dbt's command line in this interpreter: its script may lie anywhere, or not be installed.
COMMAND = (sys.executable, "-P", "-c", "from dbt.cli.main import cli; cli()")
#: dbt as the nightly starts it.
CHILD = "pipelines.warehouse.dbt_child"
_READERS = ("dbt-core", "dbt-adapters", "dbt-duckdb", "duckdb")
_MANIFEST, _NOTES = "manifest.json", "partial_parse.msgpack"
#: What dbt writes when somebody calls it by hand; no part of the project.
_WRITTEN_BY_DBT = ("target", "logs", "dbt_packages")

#: Warehouse and history as the nightly's dbt knows them, below the folder in which it runs. Were they other files every
#: night, dbt would parse the whole project anew, which takes longer than building most of it.
_WAREHOUSE, _HISTORY = Path("warehouse", "warehouse.duckdb"), Path("history", "history.duckdb")


@dataclass(frozen=True)
class DbtCall:
    """A call of dbt: where it writes what came of it, and after how many seconds it is ended (0: never)."""

    arguments: Sequence[str]
    target: Path
    seconds: int = 0

    @property
    def task(self) -> dict[str, Any]:
        """As ``dbt_child`` reads it."""
        where = ["--target-path", str(self.target), "--log-path", str(self.target), "--no-write-json"]
        return {"arguments": [*self.arguments, *where], "seconds": self.seconds, "target": str(self.target)}


def build(nodes: Sequence[str]) -> list[str]:
    """The arguments that build these models and tests; dbt by itself would add tests that look at what is not built yet."""
    return ["build", "--indirect-selection", "empty", "--exclude-resource-type", "unit_test", "--select", *nodes]


def dbt_folder() -> Path:
    """Where dbt runs, and keeps what it makes of the project: below KAA_HOME."""
    return home_path() / "dbt"


def manifest_path() -> Path:
    """The project's manifest; dbt's own notes of the project lie beside it. Both are made when the project is another.

    Raises NightlyFailed when the project cannot be parsed or an entry of the catalogue is wrong, OSError when what was made
    cannot be kept.
    """
    read_catalogue()  # before anything is built that could not be published
    kept = dbt_folder() / f"project-{_project_content()}"
    if not _is_whole(kept):
        with _parsing_alone(kept.parent):
            if not _is_whole(kept):  # nobody has made it meanwhile
                _parse(kept)
    return kept / _MANIFEST


def _is_whole(kept: Path) -> bool:
    return (kept / _MANIFEST).is_file() and (kept / _NOTES).is_file()


@contextmanager
def _parsing_alone(folder: Path) -> Iterator[None]:
    """One at a time parses the project: what one has made and another is about to read must not be made anew."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".parse.lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read_manifest() -> dict[str, Any]:
    """The project's manifest without its unit tests: those belong to the test suite, and no night runs them. Raises as
    ``manifest_path``."""
    manifest: dict[str, Any] = json.loads(manifest_path().read_bytes())
    children = {
        node: [child for child in below if not _is_unit_test(child)]
        for node, below in manifest["child_map"].items()
        if not _is_unit_test(node)
    }
    return manifest | {"unit_tests": {}, "child_map": children}


def _is_unit_test(unique_id: str) -> bool:
    return unique_id.startswith("unit_test.")


def _project_content() -> str:
    """Names the project as it is: its files, where it lies, and who reads it."""
    content = hashlib.sha256(repr((str(PROJECT), [package_version(name) for name in _READERS])).encode())
    for path in sorted(PROJECT.rglob("*")):
        below = path.relative_to(PROJECT)
        if path.suffix in (".sql", ".yml") and below.parts[0] not in _WRITTEN_BY_DBT:
            content.update(repr((below.as_posix(), hashlib.sha256(path.read_bytes()).digest())).encode())
    return content.hexdigest()[:16]


def link_to(version: Version, folder: Path) -> None:
    """Let dbt, which runs in this folder, find a version's warehouse and history under the same names every night."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for zone, link in (("warehouse", _WAREHOUSE.parent), ("history", _HISTORY.parent)):
        part = folder / f"{link}.part"
        part.unlink(missing_ok=True)
        part.symlink_to(version.folder(zone))
        os.replace(part, folder / link)


def dbt_environment(warehouse: Path = _WAREHOUSE, history: Path = _HISTORY) -> dict[str, str]:
    """What profiles.yml asks for, the models that count the figures, and where the project is."""
    figures = read_catalogue().values()
    return {
        "KAA_FIGURE_MODELS": " ".join(figure.model for figure in figures if not figure.is_own),
        "KAA_OWN_FIGURE_MODELS": " ".join(figure.model for figure in figures if figure.is_own),
        "KAA_WAREHOUSE_PATH": str(warehouse),
        "KAA_HISTORY_PATH": str(history),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def compile_project() -> list[CompiledModel]:
    """All models of the project as SQL that stands alone, for who has no version of a home: it takes some seconds, and nothing is
    kept. Raises NightlyFailed when the project cannot be compiled."""
    read_catalogue()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        open_database(place / "history.duckdb").close()
        environment = for_own_process() | dbt_environment(place / "warehouse.duckdb", place / "history.duckdb")
        command = [*COMMAND, "--quiet", "compile", "--no-introspect", "--target-path", folder, "--log-path", folder]
        done = subprocess.run(command, env=environment, cwd="/", capture_output=True, encoding="utf-8", check=False)  # noqa: S603
        if done.returncode:
            raise NightlyFailed(f"The dbt project cannot be compiled: {done.stdout.strip() or done.stderr.strip()}")
        return compiled_models(json.loads((place / _MANIFEST).read_text(encoding="utf-8")))


def start_dbt(folder: Path, *calls: DbtCall) -> Process:
    """Start dbt on what `link_to` put into a folder, one call after the other while they succeed; it tells each thing at once,
    as JSON."""
    for call in calls:
        call.target.mkdir(exist_ok=True)
    environment = {
        **dbt_environment(),
        **room_environment(),
        "DBT_LOG_LEVEL_FILE": "none",  # what it tells is kept in logs/dbt.log
        "DBT_LOG_FORMAT": "json",
    }
    process = worker(CHILD)
    task = {
        "folder": str(folder),
        "environment": environment,
        "notes": str(manifest_path().with_name(_NOTES)),
        "calls": [call.task for call in calls],
    }
    assert process.stdin
    with suppress(BrokenPipeError), process.stdin:  # a process that has ended says so by its exit code
        process.stdin.write(json.dumps(task).encode())
    process.stdin = None  # nothing more is told
    return process


def close_after_a_kill(warehouse: Path) -> None:
    """Close a warehouse file that a killed dbt may have left open: what it had committed stays, and no log lies beside it."""
    with open_database(warehouse) as connection:
        connection.execute("checkpoint")


def _parse(kept: Path) -> None:
    """Make the manifest and dbt's own notes of it, in one step: a killed process must not leave half of them.

    What was made of the project as it was earlier is removed.
    """
    with TemporaryDirectory(dir=kept.parent, prefix="parse-") as folder:
        command = [*COMMAND, "--quiet", "parse", "--target-path", folder, "--log-path", folder]
        environment = for_own_process() | dbt_environment()
        done = subprocess.run(command, env=environment, cwd="/", capture_output=True, encoding="utf-8", check=False)  # noqa: S603
        if done.returncode:
            said = done.stdout.strip() or done.stderr.strip()
            if tells_of_full_disk(said):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(kept.parent))
            raise NightlyFailed(f"The dbt project cannot be parsed: {said}")
        made = Path(folder, "made")
        made.mkdir(mode=0o700)
        for name in (_MANIFEST, _NOTES):
            os.replace(Path(folder, name), made / name)
        for earlier in kept.parent.glob("project-*"):
            shutil.rmtree(earlier)
        made.rename(kept)


#: How the materialization of data tests names a broken rule (dbt_project/macros/materializations.sql).
_BROKEN_RULE = re.compile(r"\S.* \(broken by \d+\)")


def dbt_failure(target: Path, log: Path) -> str:
    """A sentence that names what failed in the call of dbt that wrote to ``target``, and of a data test the broken rules.

    What dbt said is in ``log``.
    """
    if log.exists() and tells_of_full_disk(log.read_text(encoding="utf-8", errors="replace")):
        return "dbt failed: No space left on device."
    try:
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError):
        results = []
    failed = [result for result in results if result["status"] in ("error", "fail")]
    more = f" (and {len(failed) - 1} more)" if failed[1:] else ""
    named = f"{_named(failed[0])}{more}" if failed else "dbt failed"
    return f"In the step dbt_models {named}; nothing is published. See logs/dbt.log, mend the cause and run kaa nightly again."


def _named(failed: dict[str, Any]) -> str:
    """What failed; never the rest of dbt's message, which may quote the data."""
    kind, _, name = failed["unique_id"].split(".")[:3]
    rules = _BROKEN_RULE.search(failed["message"] or "") if kind == "test" else None
    return f"the {kind} {name} failed" + (f": {rules.group()}" if rules else "")
