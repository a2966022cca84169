"""dbt in a process of its own (``pipelines.runtime.worker_process``): ``dbt.start_dbt`` gives it its task, standard output says
what it does.

Before it is told its task it loads dbt and what dbt has made of the project, once for all calls. Of each call it writes a
``run_results.json``, which holds the compiled SQL too: dbt would check its own against a schema, and write the manifest again.

A call that has a time limit ends the process when it is over, whatever dbt is doing then.
"""

import importlib
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipelines.runtime.worker_process import end_with_parent, read_task
from pipelines.warehouse.dbt_events import make_events_when_they_are_read


def _loaded(notes: Path) -> Any:
    """The manifest in dbt's notes of the project, which are named after its content (``dbt.manifest_path``); None where there are
    none that this dbt can read: then it parses the project.
    """
    manifests = importlib.import_module("dbt.contracts.graph.manifest")
    decoder = importlib.import_module("dbt.parser.manifest").extended_mashumuro_decoder
    with suppress(Exception):
        manifest = manifests.Manifest.from_msgpack(notes.read_bytes(), decoder=decoder)
        manifest.build_flat_graph()
        return manifest
    return None


def _write_no_sql() -> None:
    """dbt would write two files of SQL for each node; nobody reads them: what was compiled stands in what is told of the call."""
    nodes: Any = importlib.import_module("dbt.contracts.graph.nodes")
    nodes.ParsedNode.write_node = lambda *_: None


def _told(results: list[Any]) -> dict[str, Any]:
    """What came of each node, as in dbt's own file of this name, as far as anybody asks."""
    return {
        "results": [
            {
                "unique_id": result.node.unique_id,
                "status": str(result.status),
                "message": result.message,
                "execution_time": result.execution_time,
                "compiled_code": result.node.compiled_code,
            }
            for result in results
        ]
    }


def _work() -> bool:
    """Load ahead, wait for the task and do it; whether all calls have succeeded."""
    main = importlib.import_module("dbt.cli.main")
    for needed_later in ("dbt.adapters.duckdb", "dbt.task.build"):
        importlib.import_module(needed_later)
    make_events_when_they_are_read()
    _write_no_sql()
    # There is one but when the project has just become another.
    ahead = {notes: _loaded(notes) for notes in Path(os.environ["KAA_HOME"], "dbt").glob("project-*/*.msgpack")}
    task = json.loads(read_task())
    os.chdir(task["folder"])
    os.environ.update(task["environment"])
    notes = Path(task["notes"])
    manifest = ahead.get(notes) or _loaded(notes)
    for call in task["calls"]:
        signal.alarm(call["seconds"])  # nobody handles it: the process ends; 0 sets no limit
        done = main.dbtRunner(manifest=manifest).invoke(call["arguments"])
        if hasattr(done.result, "results"):
            Path(call["target"], "run_results.json").write_text(
                json.dumps(_told(done.result.results)), encoding="utf-8"
            )
        if not done.success:
            return False
    return True


if __name__ == "__main__":
    os.dup2(1, 2)
    end_with_parent()
    sys.exit(not _work())
