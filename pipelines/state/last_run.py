"""The last run of the nightly, whatever came of it: `last_run.json` in KAA_HOME, for pages and for who watches over the machine.

The published version says what the last published night was like; this also knows of nights that failed, were killed or go on.
Who is told of it belongs in ``monitoring``.
"""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipelines.runtime.files import atomic_write

FILE = "last_run.json"


class RunResult(StrEnum):
    """What came of a run."""

    RUNNING = "running"
    PUBLISHED = "published"
    NOTHING_NEW = "nothing_new"  # there was nothing to do: only the state was published anew
    FAILED = "failed"
    KILLED = "killed"  # found by who came next
    HUNG = "hung"  # took longer than a night may, and was ended
    MISSED = "missed"  # none began when one should have; found by `kaa watch`


@dataclass(frozen=True)
class LastRun:
    """A run: when it began and ended (ISO 8601 with offset), the process that is or was at it, what came of it, the published
    version after it, why it failed (a sentence that names nobody), deliveries judged in it by status, how many are held, and its
    notices, each with `code`, `about` (a dict), `sentence` and `waits_for_a_person`.

    ``temporary``: what made it fail may be over by itself, so it may be tried again by day. ``left_alone``: the deliveries that
    lay in the drop folder when it began and that it did not judge, each with whether its files had had time to arrive; until
    something about them changes, no other run need look before the next night. ``seconds``: how long each step took.
    """

    started_at: str
    process: int
    result: RunResult
    ended_at: str | None = None
    version: int = 0
    exit_code: int | None = None
    failure: str | None = None
    by_status: dict[str, int] = field(default_factory=dict)
    held: int = 0
    notices: list[dict[str, Any]] = field(default_factory=list)
    temporary: bool = False
    left_alone: dict[str, bool] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def read_last_run(home: Path) -> LastRun | None:
    """The record of the last run; None where there is none, or none that can be read."""
    try:
        content = json.loads((home / FILE).read_text(encoding="utf-8"))
        return LastRun(**content | {"result": RunResult(content["result"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_last_run(home: Path, run: LastRun) -> None:
    """Put it in place in one step. Raises OSError when it cannot be written."""
    atomic_write(home / FILE, json.dumps(asdict(run), ensure_ascii=False), 0o640)
