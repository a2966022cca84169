"""What persons have decided about a KAA_HOME, and why: `decided.jsonl`, one JSON object a line, only ever added to.

Decisions about held deliveries stand in the list of deliveries (``home``, ``delivery.judging``); this is for the rest.
"""

import getpass
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.errors import UsageError

FILE = "decided.jsonl"


def record(home: Path, decision: str, because: str, timezone: str, **details: Any) -> None:
    """Add a decision with who took it, when (ISO 8601 with offset) and why; it is on the disk when this returns.

    Raises UsageError when no reason is given.
    """
    if not because.strip():
        raise UsageError("Say why, in words that those who come after you understand: --because TEXT.")
    now = datetime.now(ZoneInfo(timezone)).isoformat(timespec="seconds")
    line = {"decision": decision, "at": now, "by": _user(), "because": because.strip(), **details}
    with (home / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def recorded(home: Path, decision: str) -> list[dict[str, Any]]:
    """The decisions of a kind, oldest first."""
    try:
        lines = (home / FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = [json.loads(line) for line in lines if line.strip()]
    return [line for line in found if line["decision"] == decision]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a service user without an entry in the list of users
        return f"uid {os.getuid()}"
