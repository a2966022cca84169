"""Lets a library that takes seconds to load do so in a process of its own, while the nightly does what comes before it.

Such a process is a module: it calls `end_with_parent`, loads what it needs, and waits for its task with `read_task`. Who needs
it calls `worker` and writes the task. What the task is belongs in the module and beside it.
"""

import atexit
import ctypes
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.runtime.surroundings import for_own_process

Process = subprocess.Popen[bytes]

#: Linux's `prctl`: the signal that a process gets when the one that started it dies.
_PR_SET_PDEATHSIG = 1

_WAITING: dict[str, Process] = {}


@contextmanager
def started_ahead(*modules: str) -> Iterator[None]:
    """Start these modules' processes before anybody needs them; those that nobody has asked for at the end are ended."""
    for module in modules:
        _WAITING[module] = _start(module)
    try:
        yield
    finally:
        for module in modules:
            unused = _WAITING.pop(module, None)
            if unused:
                unused.kill()
                unused.communicate()


def worker(module: str) -> Process:
    """The module's process, for the one who gives it its task: on standard input, which is closed after it."""
    return _WAITING.pop(module, None) or _start(module)


def _start(module: str) -> Process:
    return subprocess.Popen(  # noqa: S603 - a module of this program
        [sys.executable, "-P", "-m", module, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=for_own_process() | {"PYTHONUNBUFFERED": "1"},
        cwd="/",  # nothing that lies in the caller's folder is read
    )


# --- in the process itself ---------------------------------------------------------------------------------------------


def end_with_parent() -> None:
    """Not outlive the nightly, however that ends: a dbt that went on by itself would write to the files of the next one.

    This is for safety, not for speed: a killed nightly can end nobody, so the system must. Linux means the thread that started
    the process: it must last as long as the process is needed.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):  # it has ended already
        sys.exit()


def read_task() -> bytes:
    """What the process is to do; when nothing comes any more it ends here."""
    # What has been loaded stays to the end: the collector need not look at it again and again, nor once more at the end.
    gc.freeze()
    atexit.register(gc.freeze)
    task = sys.stdin.buffer.read()
    if not task:
        sys.exit()
    return task
