"""What the program takes from its surroundings: the environment variables named here, and nothing else.

A variable that somebody set for another program must not change a number. dbt, Dagster, Polars, Great Expectations, Matplotlib
and Python all obey variables of theirs, and new versions obey new ones: so what may come in is named, not what may not.
What the operating system says no to is worded in ``errors``; what one of our own processes is told belongs beside it.
"""

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from pipelines.runtime.errors import UsageError

#: What a process needs to run at all on this machine, and what decides how fast it runs. Our own processes get these.
MACHINE = {
    "PATH", "TMPDIR",
    # How the operating system loads programs, and the clock that it shows them (libfaketime).
    "LD_LIBRARY_PATH", "LD_PRELOAD", "FAKETIME", "FAKETIME_DONT_FAKE_MONOTONIC", "FAKETIME_DONT_RESET", "FAKETIME_NO_CACHE",
    "FAKETIME_SHARED", "FAKETIME_TIMESTAMP_FILE", "DONT_FAKE_MONOTONIC",
    # A machine that allows few threads or little memory; the numbers are the same.
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MALLOC_ARENA_MAX",
    # Which processor it is, where an older OpenBLAS would guess wrongly and compute wrongly.
    "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE",
    # Where nothing may be written beside the program.
    "PYTHONDONTWRITEBYTECODE",
}  # fmt: skip

#: What the person has who calls the program, besides: where it keeps its things, the terminal, the browser, the way out.
PERSON = {
    "KAA_HOME", "HOME", "USER", "LOGNAME",
    "TERM", "COLORTERM", "COLUMNS", "LINES", "NO_COLOR",
    "_KAA_COMPLETE", "COMP_WORDS", "COMP_CWORD",
    "BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
    "SSH_AUTH_SOCK",
    # Whether standard error goes to systemd's journal, which takes the lines for machines too (``log``).
    "JOURNAL_STREAM",
    # Certificates that the machine trusts, and its way to the network: for what is fetched from a school's server.
    "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
}  # fmt: skip

#: Text is UTF-8 and no day depends on where the machine thinks it is: days are the municipality's (its profile's time zone).
#: Libraries tell their makers nothing (Dagster is told so in its own settings).
SET = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "TZ": "UTC", "DO_NOT_TRACK": "1"}

#: Where libraries look for what they keep in a user's home folder: below KAA_HOME, and nothing is there.
LIBRARIES = "libraries"

#: What libraries would load without using it, where it is installed: DuckDB half a second of pandas, to see whether a question's
#: parameter is a value of its, and dagster-dbt a second of dbt. The contract checks and dbt have processes of their own.
SPARED = ("pandas", "dbt")


def named(environment: Mapping[str, str], also: Iterable[str] = ()) -> dict[str, str]:
    """The variables that a process called by a person keeps, and those that are set. ``also``: beginnings of further names."""
    beginnings = tuple(also)
    kept = {
        name: value
        for name, value in environment.items()
        if name in MACHINE or name in PERSON or (beginnings and name.startswith(beginnings))
    }
    return kept | SET


def home_path() -> Path:
    """KAA_HOME, default ./var.

    Raises UsageError when it begins with the home folder of a user who has none, lies in a folder that is gone, or where DuckDB
    would write beside it: what follows a question mark is to DuckDB no part of a file's name.
    """
    given = Path(os.environ.get("KAA_HOME") or "var")
    try:
        home = given.expanduser().absolute()
    except RuntimeError:
        raise UsageError(
            f"KAA_HOME {given} cannot be found: this user has no home folder; give its whole path."
        ) from None
    except FileNotFoundError:
        raise UsageError("The folder in which this was started is gone: change to another one.") from None
    if "?" in str(home):
        raise UsageError(
            f"KAA_HOME {home} has a question mark in its path, which its databases cannot have: give another folder."
        )
    return home


def for_own_process() -> dict[str, str]:
    """The environment of a process that the program itself starts: the machine's part, and a home below KAA_HOME.

    So libraries find nothing that the user has in the home folder, and a user without one can run them.
    """
    home = home_path()
    kept = {name: value for name, value in os.environ.items() if name in MACHINE}
    return kept | SET | {"HOME": str(home / LIBRARIES), "LOGNAME": "kaa", "KAA_HOME": str(home)}


def leave_behind(also: Iterable[str] = ()) -> None:
    """Drop from this process's environment what is not named, before any library has looked at it."""
    wanted = named(os.environ, also)
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(wanted)
    time.tzset()


def begin() -> None:
    """Make this process one in our own surroundings; to be called first by a program, not by who is part of another one.

    Where Python itself has started otherwise than it should (PYTHON… variables, a locale that is not UTF-8), it starts again.
    """
    _open_standard_files()
    wanted = named(os.environ)
    obeyed = {name for name in os.environ if name.startswith("PYTHON") and os.environ[name] != wanted.get(name)}
    leave_behind()
    if sys.orig_argv and (obeyed or sys.getfilesystemencoding() != "utf-8"):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ)  # noqa: S606 - itself


class _WithoutSpared(PathFinder):
    """Finds every module but those of ``SPARED``."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return None if fullname in SPARED else super().find_spec(fullname, path, target)


def spare_libraries() -> None:
    """For a process that uses none of ``SPARED``: from now on it is as if they were not installed. None in their place would make
    PyArrow fail."""
    sys.meta_path[:] = [_WithoutSpared if finder is PathFinder else finder for finder in sys.meta_path]


def _open_standard_files() -> None:
    """Where a standard file is closed, the next file that is opened would take its place and get what is printed.

    Standard output is opened so that writing fails: who closed it must not believe that all of it was written.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, mode), True)
