"""A run in a process of its own, to be killed or left to hang: python -m tests.orchestration.cut_off HOME WHAT [SECONDS].

WHAT: `sleep` in Python, or `hold` the interpreter's lock as a library may. SECONDS: for how long it claims to have run already.
It starts another process as the nightly does, prints that one's number, and goes on.
"""

import ctypes
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

from pipelines.orchestration.run import a_run
from pipelines.runtime.processes import machine_seconds
from pipelines.state.home import open_home


def main(home: str, what: str, seconds: str = "0") -> None:
    """Begin a run that does not end."""
    since = machine_seconds() - float(seconds)
    with patch("pipelines.state.nightly_lock.machine_seconds", lambda: since), a_run(open_home(Path(home))):
        worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print(worker.pid, flush=True)
        if what == "hold":
            ctypes.PyDLL(None).sleep(600)
        time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])
