"""dbt, in a process of its own: it loads, waits for a line of JSON that says what to do, and does that.

It does not outlive the nightly: a dbt that went on by itself would write into the files of the next one. ``dbt`` starts it.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import signal
import sys

#: Linux's `prctl`: the signal that a process gets when the one that started it dies.
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Reads `{"folder": …, "environment": {…}, "arguments": […]}`; ends quietly when nothing comes any more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    dbt = importlib.import_module("dbt.cli.main")
    for needed_later in ("dbt.adapters.duckdb", "dbt.task.build"):
        importlib.import_module(needed_later)
    # What has been loaded stays to the end: the collector need not look at it again and again, nor once more at the end.
    gc.freeze()
    atexit.register(gc.freeze)
    line = sys.stdin.readline()
    if line:
        order = json.loads(line)
        os.chdir(order["folder"])
        os.environ.update(order["environment"])
        dbt.cli(order["arguments"])


if __name__ == "__main__":
    main()
