"""DuckDB as every step and every question opens it: how much memory it may take, where on the disk it puts aside what does not
fit, which files it may reach, and that it joins in the order in which the SQL is written. What is asked of a database does not
belong here.

DuckDB by itself reads and writes any file of the machine, fetches from the network and loads what it has fetched. A database of
ours reaches its own file, the folders of those that are attached to it and its own folder in `scratch`, and nothing can be set
otherwise once it is open.

The order of joins is not left to DuckDB because it goes by estimates of how many rows a query inside a query has. Where an
estimate is wrong by a thousand times it takes everything times everything, and a model that took half a second takes all memory.
"""

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from pipelines.runtime.errors import UsageError

#: Below KAA_HOME: what did not fit into memory, in a folder of each open database whose name begins with its process's number.
SCRATCH = "scratch"

_UNITS = {"MB": 10**6, "GB": 10**9, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_SMALLEST = 256 * 10**6
#: Less does not hold the year of a large city, more is of no use to it.
_ENOUGH, _PLENTY = 10**9, 8 * 10**9

#: The order of joins is the text's; and where a side is thought to be small, "the last one before" is no comparison of each row
#: with each either.
_AS_WRITTEN: dict[str, str | int] = {"disabled_optimizers": "join_order", "asof_loop_join_threshold": 0}

#: Nothing is fetched, neither what could be loaded nor what has been put into a user's home folder.
_NOTHING_FETCHED: dict[str, str | int] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
}

#: How a process of ours tells another one.
_MEMORY_NAME, _FOLDER_NAME = "KAA_DATABASE_MEMORY", "KAA_DATABASE_SCRATCH"


@dataclass(frozen=True)
class Room:
    """What the databases of a process may take: bytes of memory (None: the machine's share), and where they put aside what
    does not fit (None: nowhere)."""

    memory: int | None = None
    folder: Path | None = None


_room = Room()
#: Each database has a folder of its own: DuckDB empties it when it closes one.
_opened = count()
#: Several threads may ask for one file, and get one database: only the first of them sets it up.
_opening = Lock()


def use_home(home: Path, memory: str | None) -> None:
    """From now on databases put aside below this KAA_HOME and take as much memory as its settings say; what the machine has
    sets a bound. Raises UsageError when ``memory`` is no size like ``2GB``, or too small to work with.
    """
    global _room
    size = None if memory is None else _parsed(memory)
    if memory is not None and (size is None or size < _SMALLEST):
        raise UsageError(
            f"The settings file {home / 'settings.toml'} is wrong: the key 'memory' is {memory!r}; give a size like 2GB or "
            "800MB (256MB at least), or remove it."
        )
    _room = Room(size, home / SCRATCH)


def open_database(
    path: Path | None = None, read_only: bool = False, *, attaches: Iterable[Path] = (), keep_order: bool = True
) -> duckdb.DuckDBPyConnection:
    """Open a database file, or one in memory, to which ``attaches`` will be attached. Without ``keep_order`` the rows that it
    writes have no order that means anything, which is faster and takes less memory."""
    config = configuration(_room) | {"preserve_insertion_order": str(keep_order).lower()}
    with _opening:
        connection = duckdb.connect(str(path or ":memory:"), read_only=read_only, config=config)
        try:
            if not _is_locked(connection):
                lock_down(connection, _room, attaches)
        except BaseException:
            connection.close()
            raise
    return connection


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str, read_only: bool = True) -> None:
    """Attach a file that was named when the connection was opened, under a name."""
    connection.execute(f"attach '{_quoted(str(path))}' as {name}{' (read_only)' if read_only else ''}")


def lock_down(connection: duckdb.DuckDBPyConnection, room: Room, attaches: Iterable[Path]) -> None:
    """Have an open database put aside what does not fit in its place, reach no files but those that it is made of or that will
    be attached to it, and keep to that."""
    for name, value in _put_aside(room.folder).items():
        connection.execute(f"set {name} = '{_quoted(value)}'")
    folders = ", ".join(f"'{_quoted(str(path.parent))}'" for path in attaches)
    connection.execute(f"set allowed_directories = [{folders}]")
    connection.execute("set enable_external_access = false; set lock_configuration = true")


def _is_locked(connection: duckdb.DuckDBPyConnection) -> bool:
    return connection.execute("select current_setting('lock_configuration')").fetchone() == (True,)


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def room_environment() -> dict[str, str]:
    """For the environment of a process that opens databases with a library's help: what it reads by `room_from_environment`."""
    return {_MEMORY_NAME: str(_room.memory or ""), _FOLDER_NAME: str(_room.folder or "")}


def room_from_environment() -> Room:
    """What another process of ours told this one; the machine's share where nobody did."""
    memory, folder = os.environ.get(_MEMORY_NAME), os.environ.get(_FOLDER_NAME)
    return Room(int(memory) if memory else None, Path(folder) if folder else None)


def configuration(room: Room) -> dict[str, Any]:
    """What DuckDB is opened with in a process with this room; `lock_down` is told the rest when it is open."""
    whole = _usable_memory()
    memory = min(room.memory or _share(whole), whole)
    return {"memory_limit": f"{memory}B", **_AS_WRITTEN, **_NOTHING_FETCHED}


def make_room(home: Path) -> None:
    """Make the folder for what does not fit, and remove what processes that are no more have left in it."""
    folder = home / SCRATCH
    folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.iterdir():
        process = left.name.partition("-")[0]
        if process.isdecimal() and not _is_running(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def _put_aside(folder: Path | None) -> dict[str, str]:
    if folder is None or not os.access(folder, os.W_OK):  # who may not write to a home works in memory alone
        return {"temp_directory": ""}
    # Half of what is free: the warehouse and what else the machine does need the other half.
    size = shutil.disk_usage(folder).free // 2
    own = folder / f"{os.getpid()}-{next(_opened)}"  # DuckDB makes it when it is needed, and removes it
    return {"temp_directory": str(own), "max_temp_directory_size": f"{size}B"}


@cache
def _usable_memory() -> int:
    """Four fifths of what the machine, or the container, has: DuckDB asks both."""
    with duckdb.connect() as connection:
        row = connection.execute("select current_setting('memory_limit')").fetchone()
    return (_parsed(row[0]) if row else None) or _ENOUGH


def _share(whole: int) -> int:
    """A third, for the machine has more to do; a small one gives what a large city's year needs, if it can."""
    return min(max(whole // 3, min(_ENOUGH, whole * 2 // 3)), _PLENTY)


def _parsed(text: str) -> int | None:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)", text.strip())
    unit = _UNITS.get(found[2].upper()) if found else None
    return int(float(found[1]) * unit) if found and unit else None


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
