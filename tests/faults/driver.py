"""Runs a nightly in a process of its own and kills it at a named step: python -m tests.faults.driver HOME KIND [STEP].

KIND: `plain` (tests.faults.plain_nightly) or `real` (`kaa nightly`). STEP: `module:name:before` or `:after` a call of the
function, then `:3` for its third call or `:text` for a call with that text in its arguments. Nothing of the program knows of
this: the function is replaced by one that kills the process.
"""

import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_at(step: str) -> None:
    """Have this process killed at a step."""
    module, name, when, *which = step.split(":")
    *path, attribute = name.split(".")
    owner = functools.reduce(getattr, path, importlib.import_module(module))
    setattr(owner, attribute, _deadly(getattr(owner, attribute), when, which[0] if which else "1"))


def _deadly(function: Callable[..., Any], when: str, which: str) -> Callable[..., Any]:
    calls = 0

    @functools.wraps(function)
    def wrapper(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        is_it = calls == int(which) if which.isdigit() else which in str(arguments)
        if is_it and when == "before":
            _die()
        result = function(*arguments, **named)
        if is_it:
            _die()
        return result

    return wrapper


def main(home: str, kind: str, step: str = "") -> None:
    """Run one nightly on a KAA_HOME."""
    if step:
        kill_at(step)
    if kind == "real":
        from pipelines.commands.cli import main as kaa

        os.environ["KAA_HOME"] = home
        kaa(["nightly"])
    else:
        from pipelines.state.home import open_home
        from tests.faults import plain_nightly

        plain_nightly.nightly(open_home(Path(home)))


if __name__ == "__main__":
    main(*sys.argv[1:])
