"""Ends a run that takes longer than a night may, whatever its main thread waits for.

Twice over: a thread of this process, which can still say what happened, and below it a clock that no thread of Python's can
hold up. What is written down and told of it belongs in ``run``.
"""

import faulthandler
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipelines.runtime.processes import descendants, kill, this_process

#: Where the threads of a run that hung stood: places in the program, no values.
FILE = "logs/hung.txt"


def to_say_so(seconds: float) -> float:
    """How many seconds a run that may take so many has to say that it hangs."""
    return min(120.0, max(10.0, seconds / 10))


class Watchdog:
    """A clock that runs while a run does."""

    def __init__(self, home: Path, seconds: float, say_so: Callable[[], None]) -> None:
        self._home = home
        self._places = _opened(home / FILE)
        self._seconds = seconds
        self._say_so = say_so
        self._over = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to count."""
        if self._places is not None:
            faulthandler.dump_traceback_later(self._seconds + to_say_so(self._seconds), exit=True, file=self._places)
        self._thread.start()

    def call_off(self) -> None:
        """The run is over. Where its time was up just before, this process ends instead."""
        with self._turn:  # for ever, where the watchdog has it
            self._over.set()
        faulthandler.cancel_dump_traceback_later()
        if self._places is not None:
            os.close(self._places)
            _remove_empty(self._home / FILE)

    def _watch(self) -> None:
        if self._over.wait(self._seconds):
            return
        with self._turn:
            if self._over.is_set():
                return
            try:
                if self._places is not None:
                    faulthandler.dump_traceback(file=self._places)
                kill(descendants(this_process()))
                self._say_so()
            finally:
                os._exit(1)


def _opened(path: Path) -> int | None:
    """The file for where the threads stand, which must be open before anything hangs; None where it cannot be written."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    except OSError:
        return None


def _remove_empty(path: Path) -> None:
    with suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()


@contextmanager
def watched(home: Path, seconds: float, say_so: Callable[[], None]) -> Iterator[Watchdog]:
    """End this process with exit code 1 when what is done here takes longer, after ``say_so`` in another thread."""
    watchdog = Watchdog(home, seconds, say_so)
    watchdog.start()
    try:
        yield watchdog
    finally:
        watchdog.call_off()
