"""The lock on KAA_HOME: one process at a time may write, and the file of the lock says which one, since when and for what.

The operating system lets go of a lock when its process ends, however that ends; what is written in the file then stays, and tells
the next one whose work was cut off. Whether a process holds it for too long is judged in ``orchestration``.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pipelines.runtime.errors import AnotherRuns
from pipelines.runtime.processes import ProcessId, is_alive, machine_seconds, this_process

FILE = "nightly.lock"

#: What a run of the nightly holds it for; whatever else holds it is a command that somebody gave, and takes the time it takes.
RUN = "run"


@dataclass(frozen=True)
class Holder:
    """Who holds the lock, or was killed while holding it; ``since`` is in seconds since the machine's start. ``dagster_run`` is
    the id under which Dagster knows it, if it does."""

    process: ProcessId
    since: float
    purpose: str
    dagster_run: str | None = None

    @property
    def is_alive(self) -> bool:
        return is_alive(self.process)

    @property
    def seconds(self) -> float:
        """For how long it has held the lock."""
        return machine_seconds() - self.since


class Lock:
    """The lock while this process holds it; ``left_by``: who was killed while holding it before."""

    def __init__(self, handle: int, purpose: str) -> None:
        self._handle = handle
        self.left_by = _parsed(os.pread(handle, 10_000, 0))
        self._holder = Holder(this_process(), machine_seconds(), purpose)
        self._write(json.dumps(asdict(self._holder)))

    def name_dagster_run(self, run_id: str) -> None:
        """Write down under which id Dagster knows what is done."""
        self._holder = replace(self._holder, dagster_run=run_id)
        self._write(json.dumps(asdict(self._holder)))

    def forget(self) -> None:
        """Nobody holds it any more, and nobody was cut off."""
        self._write("")

    def _write(self, text: str) -> None:
        with suppress(OSError):  # a full disk must not keep the nightly from saying so itself
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, text.encode(), 0)


#: The locks that this process holds, by KAA_HOME.
_HELD: dict[Path, Lock] = {}


@contextmanager
def hold(home: Path, purpose: str) -> Iterator[Lock]:
    """Hold the lock on a KAA_HOME; the process that holds it may enter again.

    Raises AnotherRuns when another process holds it, OSError when the file of the lock cannot be opened.
    """
    if home in _HELD:
        yield _HELD[home]
        return
    handle = os.open(home / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherRuns(
                "Another nightly is running on this KAA_HOME; wait until it has ended and try again."
            ) from None
        lock = _HELD[home] = Lock(handle, purpose)
        try:
            yield lock
        finally:
            del _HELD[home]
            lock.forget()
    finally:
        os.close(handle)


def holder(home: Path) -> Holder | None:
    """Who holds the lock on a KAA_HOME, or was killed while holding it; None where nobody does or it is not known."""
    try:
        return _parsed((home / FILE).read_bytes())
    except OSError:
        return None


def _parsed(content: bytes) -> Holder | None:
    try:
        told = json.loads(content)
        return Holder(**told | {"process": ProcessId(**told["process"])})
    except (ValueError, TypeError, KeyError):
        return None
