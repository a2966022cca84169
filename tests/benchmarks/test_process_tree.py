"""All that a command starts is counted, and ended with it where it takes too long."""

import os
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks.process_tree import descendants, measured_tree

pytestmark = pytest.mark.long

#: Starts a process that holds 300 MB and works for a second of the processor's time.
_CHILD = "import time; held = bytearray(300_000_000); " + "[None for _ in iter(lambda: time.process_time() < 1, False)]"
_PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_CHILD!r}], check=True); print('done')"


def test_what_a_command_starts_is_counted() -> None:
    used = measured_tree([sys.executable, "-c", _PARENT], 60)
    assert used
    assert used.output == "done\n"
    assert used.processor > 0.7
    assert 0.3 < used.largest <= used.together < 0.5


def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    said = tmp_path / "pid"
    child = f"import os, pathlib, time; pathlib.Path({str(said)!r}).write_text(str(os.getpid())); time.sleep(600)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    before = time.monotonic()
    assert measured_tree([sys.executable, "-c", parent], 10) is None
    assert time.monotonic() - before < 60
    assert said.is_file(), "the command had not started another within the limit"
    assert not Path(f"/proc/{said.read_text()}").exists() or int(said.read_text()) not in descendants(os.getpid())


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(SystemExit, match="no such thing"):
        measured_tree([sys.executable, "-c", "raise SystemExit('no such thing')"], 60)
