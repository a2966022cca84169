"""What persons have decided about a KAA_HOME, and why: `decided.jsonl`, one JSON object a line, only ever added to.

What was decided about held deliveries is carried out by the next nightly (``home``, ``delivery.judging``); who decided it stands
here.
"""

import json
import os
from typing import Any

from pipelines.personnummer import mask_text
from pipelines.runtime import clock
from pipelines.runtime.errors import UsageError
from pipelines.runtime.os_errors import user_name
from pipelines.state.home import Home

FILE = "decided.jsonl"


def checked_reason(because: str) -> str:
    """A person's reason as it is kept: on one line, without personnummer. Raises UsageError when it says nothing."""
    if not because.strip():
        raise UsageError("--because says why, for those who look after you: write a sentence.")
    return mask_text(" ".join(because.split()))


def record(home: Home, decision: str, because: str, **details: Any) -> None:
    """Add a decision with who took it, when (ISO 8601 with offset) and why; it is on the disk when this returns.

    Raises UsageError when the reason says nothing.
    """
    now = clock.now(home.municipality.timezone).isoformat(timespec="seconds")
    line = {
        "decision": decision,
        "at": now,
        "by": user_name(os.geteuid()),
        "because": checked_reason(because),
        **details,
    }
    handle = os.open(home.path / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def decisions(home: Home, decision: str | None = None) -> list[dict[str, Any]]:
    """The decisions of a kind, or all, oldest first. Raises UsageError when the file cannot be read."""
    path = home.path / FILE
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [line for line in lines if line["decision"] == decision or decision is None]
    except FileNotFoundError:
        return []
    except (UnicodeDecodeError, ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"{path}, which says what people have decided, is damaged ({type(error).__name__}): restore it from a backup, or "
            "move it away; what it says must then be decided again where a night asks for it."
        ) from error
