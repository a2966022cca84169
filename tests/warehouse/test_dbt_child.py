"""What the nightly's own dbt leaves undone, and what it says of a data test that fails."""

import json
import subprocess
import sys
from pathlib import Path

from pipelines.warehouse.dbt import dbt_failure

_COUNTED = """
import json
from dbt_common.events import base_types
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.types import Note, SystemCouldNotWrite
from pipelines.warehouse.dbt_events import make_events_when_they_are_read

make_events_when_they_are_read()
made = []
parse = base_types.ParseDict
base_types.ParseDict = lambda told, message: made.append(type(message).__name__) or parse(told, message)
manager, read = EventManager(), []
event = SystemCouldNotWrite(path="x", reason="y", exc="z")
manager.fire_event(event)
unread = list(made)
manager.fire_event(Note(msg="for people"), level=EventLevel.INFO)
manager.add_callback(lambda message: read.append(message.data.path))
manager.fire_event(event)
print(json.dumps([unread, made, read, event.path]))
"""


def test_an_event_for_dbts_developers_is_made_when_somebody_reads_it() -> None:
    done = subprocess.run([sys.executable, "-c", _COUNTED], capture_output=True, text=True, check=True)
    unread, made, read, path = json.loads(done.stdout)
    assert unread == []
    assert made == ["Note", "NoteMsg", "SystemCouldNotWrite", "SystemCouldNotWriteMsg"]
    assert read == ["x"] and path == "x"


def _failed(folder: Path, *nodes: tuple[str, str, str | None]) -> str:
    told = [{"unique_id": node, "status": status, "message": message} for node, status, message in nodes]
    (folder / "run_results.json").write_text(json.dumps({"results": told}), encoding="utf-8")
    return dbt_failure(folder, folder / "dbt.log")


def test_a_failed_data_test_is_told_with_the_rules_that_are_broken(tmp_path: Path) -> None:
    broken = "a has one row per b (broken by 2); runs of one c never overlap in d (broken by 1)"
    message = (
        f"Compilation Error in test rules (one/rules.sql)\n  {broken}\n  \n  > in macro materialization_test_duckdb"
    )
    told = _failed(tmp_path, ("model.kaa.a", "success", "OK"), ("test.kaa.rules", "error", message))
    assert told.startswith(f"In the step dbt_models the test rules failed: {broken}; nothing is published.")


def test_of_any_other_error_the_text_is_not_told(tmp_path: Path) -> None:
    quoted = "Conversion Error: Could not convert string 'a value (broken by 7)' to INT32"
    told = _failed(tmp_path, ("model.kaa.a", "error", quoted), ("model.kaa.b", "error", None))
    assert told.startswith("In the step dbt_models the model a failed (and 1 more); nothing is published.")
    told = _failed(tmp_path, ("test.kaa.rules", "error", "Runtime Error in test rules\n  Conversion Error: 'x'"))
    assert told.startswith("In the step dbt_models the test rules failed; nothing is published.")
