"""What a command took with all processes that it starts, while they run: some, like Spark's, outlive whoever would count them."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

#: Seconds between two looks.
_EVERY = 0.2
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class TreeUsed:
    """Seconds by the clock and of the processor, and the most gigabytes that all processes held at a time, and that one did; what
    the command wrote on standard output."""

    seconds: float
    processor: float
    together: float
    largest: float
    output: str


def measured_tree(command: list[str], limit: float) -> TreeUsed | None:
    """Run a command; None where it took longer than the limit in seconds, and was ended. Ends with its words if it fails."""
    with TemporaryFile("w+", encoding="utf-8") as words, TemporaryFile("w+", encoding="utf-8") as output:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=words, stdin=subprocess.DEVNULL)
        processor: dict[int, float] = {}
        together = largest = 0.0
        while process.poll() is None:
            held = [0.0]
            for pid in [process.pid, *descendants(process.pid)]:
                with suppress(OSError, ValueError, IndexError):
                    processor[pid] = max(processor.get(pid, 0.0), _processor(pid))
                    held.append(_memory(pid))
            together, largest = max(together, sum(held)), max(largest, *held)
            if time.monotonic() - start > limit:
                _end(process)
                return None
            time.sleep(_EVERY)
        seconds = time.monotonic() - start
        for file in (words, output):
            file.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {words.read()}")
        return TreeUsed(seconds, sum(processor.values()), together, largest, output.read())


def _memory(pid: int) -> float:
    """Gigabytes. Pages that processes share are shared out among them: one that starts another is twice there for a moment."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e9
    return 0.0  # it is ending


def _processor(pid: int) -> float:
    user, system = _stat(pid)[11:13]
    return (int(user) + int(system)) / _TICK


def _stat(pid: int) -> list[str]:
    """What /proc says after the command's name, which may hold anything: first the state, then the parent."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                children.setdefault(int(_stat(int(place.name))[1]), []).append(int(place.name))
    found, next_ = [], [pid]
    while next_:
        next_ = [child for parent in next_ for child in children.get(parent, [])]
        found += next_
    return found


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a command and all that it has started; nothing of a stopped measurement goes on beside the next one."""
    for pid in [*reversed(descendants(process.pid)), process.pid]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
