"""The structured log: one JSON object a line in `logs/events.jsonl`, for machines that watch over machines.

A line says what happened as an event's name with facts: counts, days, codes, names of datasets. It holds no sentence from the
data and nothing about persons; a text is masked all the same. What is worth telling to whom belongs in ``monitoring``.
"""

import json
import os
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from pipelines.personnummer import mask_text
from pipelines.runtime import clock

FILE = "logs/events.jsonl"

#: What a line may say besides its event and its time.
Fact = str | int | float | bool | date | None


def event(home: Path, name: str, **facts: Fact) -> None:
    """Add an event to the log of a KAA_HOME. A log that cannot be written stops nothing."""
    line = {"at": clock.now("UTC").isoformat(timespec="milliseconds"), "event": name}
    text = json.dumps(line | {key: _plain(fact) for key, fact in facts.items()}, ensure_ascii=False)
    with suppress(OSError):
        path = home / FILE
        path.parent.mkdir(mode=0o700, exist_ok=True)
        # One write of a file that is opened anew: lines of two processes do not mix, and the file may be moved away.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            os.write(handle, f"{text}\n".encode())
        finally:
            os.close(handle)


def _plain(fact: Fact) -> str | int | float | bool | None:
    if isinstance(fact, (date, datetime)):
        return fact.isoformat()
    return mask_text(fact) if isinstance(fact, str) else fact
