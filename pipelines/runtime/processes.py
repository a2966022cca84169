"""Processes of this machine: which one it is, whether it still lives, and how it is ended for certain.

A process's number is given to another one when it has ended, and begins anew when the machine does; so a process is known by its
number, the moment at which it began, and the start of the machine. Why one is ended does not belong here.
"""

import os
import select
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

_PROC = Path("/proc")

#: A process of which only the number is left, or not even that.
_ENDED = "ZX"

#: Seconds for a process to end by itself after SIGTERM, and to be gone after SIGKILL.
_TO_END, _TO_BE_GONE = 10.0, 10.0


@dataclass(frozen=True)
class ProcessId:
    """A process: its number, when it began (clock ticks since the machine's start) and which start of the machine that was."""

    number: int
    began: int
    machine_start: str


def this_process() -> ProcessId:
    """The process that asks."""
    return ProcessId(os.getpid(), _stat(os.getpid()).began, machine_start())


def machine_start() -> str:
    """Names the machine's current start: another one after each."""
    return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def machine_seconds() -> float:
    """Seconds since the machine's start, whatever its clock shows and whether or not this process went on."""
    return float((_PROC / "uptime").read_text(encoding="ascii").split()[0])


def is_alive(process: ProcessId) -> bool:
    """Whether this very process is there, running or stopped."""
    if process.machine_start != machine_start():
        return False
    try:
        found = _stat(process.number)
    except OSError:
        return False
    return found.began == process.began and (found.state not in _ENDED or _has_other_threads(process.number))


def is_ours(process: ProcessId) -> bool:
    """Whether it belongs to the user who asks."""
    try:
        return (_PROC / str(process.number)).stat().st_uid == os.geteuid()
    except OSError:
        return False


def descendants(process: ProcessId) -> list[ProcessId]:
    """The living processes that it has started, and those that these have started, the nearest first."""
    children: dict[int, list[ProcessId]] = {}
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            found = _stat(int(folder.name))
            one = ProcessId(int(folder.name), found.began, process.machine_start)
            children.setdefault(found.parent, []).append(one)
    below = list(children.get(process.number, [])) if is_alive(process) else []
    for one in below:  # grows while it is gone through
        below += children.get(one.number, [])
    return below


def end(process: ProcessId) -> bool:
    """End a process and all that it has started: politely, then for certain. Returns whether they are gone.

    A process that waits for a device in such a way that the system cannot end it stays. Raises PermissionError when one is
    another user's.
    """
    family = [process, *descendants(process)]
    if _stopped(process):  # it would not hear anything else
        _signal(family, signal.SIGKILL)
    else:
        _signal(family, signal.SIGTERM)
        if not _gone(family, _TO_END):
            _signal(family, signal.SIGKILL)
    return _gone(family, _TO_BE_GONE)


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Within it, this process ends as by ``sys.exit`` when it is told to end (SIGTERM), so that what it has put aside is removed.
    Only the main thread is told."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def kill(processes: list[ProcessId]) -> None:
    """Have the system end these at once. Raises PermissionError when one is another user's."""
    _signal(processes, signal.SIGKILL)


def _has_other_threads(number: int) -> bool:
    """Whether a process that has ended still has threads that the system cannot end, and with them its locks."""
    for stat in (_PROC / str(number) / "task").glob("*/stat"):
        with suppress(OSError):
            if _parsed(stat).state not in _ENDED:
                return True
    return False


def _stopped(process: ProcessId) -> bool:
    try:
        return _stat(process.number).state in "Tt"
    except OSError:
        return False


def _signal(processes: list[ProcessId], number: signal.Signals) -> None:
    for process in processes:
        # The handle is of whoever has the number now; only then is looked whether that is still the one that is meant.
        with suppress(ProcessLookupError), _handle(process.number) as handle:
            if is_alive(process):
                signal.pidfd_send_signal(handle, number)


def _gone(processes: list[ProcessId], seconds: float) -> bool:
    """Wait until none of these lives any more, so long at most."""
    deadline = time.monotonic() + seconds
    for process in processes:
        with suppress(ProcessLookupError), _handle(process.number) as handle:
            while is_alive(process) and time.monotonic() < deadline:
                select.select([handle], [], [], max(0.0, min(0.5, deadline - time.monotonic())))
    return not any(map(is_alive, processes))


@contextmanager
def _handle(number: int) -> Iterator[int]:
    """A handle of the process that has this number now. Raises ProcessLookupError when none has."""
    handle = os.pidfd_open(number)
    try:
        yield handle
    finally:
        os.close(handle)


def _stat(number: int) -> SimpleNamespace:
    """What the system says of a process. Raises OSError when there is none."""
    return _parsed(_PROC / str(number) / "stat")


def _parsed(stat: Path) -> SimpleNamespace:
    # The name stands in parentheses and may hold anything.
    fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return SimpleNamespace(state=fields[0], parent=int(fields[1]), began=int(fields[19]))
