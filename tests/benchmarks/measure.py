"""What a command took, with the processes that it started: by the clock, of the processor, and of memory."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

KAA = str(Path(sys.executable).parent / "kaa")

#: Exit codes of a command that did what it is measured for; of a nightly, 2: something waits for a person.
_DONE = (0, 2)


@dataclass(frozen=True)
class Used:
    """Seconds by the clock and of the processor, and the most gigabytes that the largest of its processes held."""

    seconds: float
    processor: float
    memory: float


def measured(command: list[str], environment: dict[str, str] | None = None) -> Used:
    """Run a command; ends with its words if it fails."""
    start = time.monotonic()
    process = subprocess.Popen(
        command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    words = process.stderr.read() if process.stderr else ""
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if os.waitstatus_to_exitcode(status) not in _DONE:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}: {words}")
    memory = used.ru_maxrss * 1024 / 1e9  # Linux counts it in KiB
    return Used(seconds, used.ru_utime + used.ru_stime, memory)
