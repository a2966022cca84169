"""The form of a backup: a folder named by its time, which holds a KAA_HOME's files at their paths and a list of them.

`backup.json` names every file with its size, its sha256 and its time, so a backup is whole or not by itself, without the home
that it was taken of. It is written last, and the folder gets its name when it has been read back: what has no list or another
name is no backup. Which files are copied, and when they belong together, is decided by who takes one (``commands.take_backup``).
"""

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import sync
from pipelines.state.versions import Version

LIST = "backup.json"

#: The form of the list; a program that knows less than it refuses it.
FORMAT = 1

#: What a backup is called while it is made, and while it is removed; such a folder counts for nobody.
UNFINISHED, REMOVED = ".unfinished-", ".removed-"

#: In `restoring/` of a home that is being made of a backup: which one.
BEING_RESTORED = "from_backup"

_NAME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z(-\d{2})?")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """What a file is known by: bytes, sha256, its time (ns), and who may read it. ``original``: when its original last became
    what it was (its ctime, ns), which nobody can set: what is put in another's place may keep the other's time and size."""

    size: int
    sha256: str
    changed: int
    mode: int
    original: int


@dataclass(frozen=True)
class Folder:
    """A folder's mode and time, by which an archived delivery is known to be old."""

    mode: int
    changed: int


@dataclass(frozen=True)
class Listed:
    """What a backup says of itself: of whose home, where that lay, by which program, of which version, from when to when it was
    taken (ISO 8601, UTC), and every file and folder by its path below."""

    municipality: str
    home: str
    program: str
    version: int
    began_at: str
    ended_at: str
    files: dict[str, Entry]
    folders: dict[str, Folder]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(entry.size for entry in self.files.values())


def new_name(now: datetime, taken: Callable[[str], bool]) -> str:
    """A name that sorts by time, in every season: UTC."""
    name = f"{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"
    names = [name, *(f"{name}-{number:02d}" for number in range(2, 100))]
    return next(one for one in names if not taken(one))


def backups(place: Path) -> list[Path]:
    """The backups in a folder, the oldest first, whether whole or damaged."""
    return sorted(path for path in place.iterdir() if _NAME.fullmatch(path.name) and (path / LIST).is_file())


def write_list(folder: Path, listed: Listed) -> None:
    """Write what a backup holds; it is on the disk when this returns."""
    path = folder / LIST
    path.write_text(json.dumps({"format": FORMAT, **asdict(listed)}, ensure_ascii=False), encoding="utf-8")
    path.chmod(0o600)
    sync(path)


def read_list(folder: Path) -> Listed:
    """Raises UsageError when the folder is no backup, its list is damaged, or a newer program has made it."""
    try:
        content: Any = json.loads((folder / LIST).read_text(encoding="utf-8"))
        form = content.pop("format")
        if form == FORMAT:
            files = {_below(name): Entry(**entry) for name, entry in content.pop("files").items()}
            folders = {_below(name): Folder(**entry) for name, entry in content.pop("folders").items()}
            return Listed(files=files, folders=folders, **content)
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(
            f"{folder} is no backup (it has no {LIST}): give one of the folders that kaa backup made."
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UsageError(
            f"{folder / LIST} is damaged, so nobody can say what the backup held: use another one."
        ) from None
    raise UsageError(
        f"{folder} was made by a newer version of this program (form {form}; this one knows {FORMAT}): install that "
        f"version first."
    )


def checksum_of(path: Path) -> str:
    """The sha256 of a file as the disk holds it, as far as the system lets go of what it remembers of it."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def damaged_files(folder: Path, listed: Listed, names: Iterable[str] | None = None) -> dict[str, str]:
    """Read a backup back: each of its files (or of some) that is not as listed, with what is wrong with it."""

    def fault(name: str) -> str | None:
        path, entry = folder / name, listed.files[name]
        try:
            if path.stat().st_size < entry.size:
                return "is cut short"
            return None if checksum_of(path) == entry.sha256 else "is damaged"
        except (FileNotFoundError, NotADirectoryError):
            return "is missing"
        except OSError as error:
            return f"cannot be read ({error.strerror})"

    wanted = sorted(listed.files if names is None else names)
    with ThreadPoolExecutor(max_workers=2) as readers:
        return {name: found for name, found in zip(wanted, readers.map(fault, wanted), strict=True) if found}


def version_of(folder: Path, listed: Listed) -> Version:
    """The published version that a backup holds."""
    return Version(folder, listed.version)


def remove_backup(path: Path) -> None:
    """Remove a backup; half removed it must not look like one."""
    removed = path.with_name(f"{REMOVED}{path.name}")
    os.replace(path, removed)
    shutil.rmtree(removed)


def sweep_backups(place: Path) -> None:
    """Remove what a killed backup has left; only the holder of the folder's lock may do that."""
    for path in [*place.glob(f"{UNFINISHED}*"), *place.glob(f"{REMOVED}*")]:
        shutil.rmtree(path, ignore_errors=True)


def walk(folder: Path, belongs: Callable[[str], bool]) -> Iterator[tuple[str, os.stat_result]]:
    """The files and folders below a folder that belong, as paths below it, each folder before what lies in it, with what the
    system says of it; links are followed. What goes meanwhile is left out."""
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with suppress(FileNotFoundError, NotADirectoryError):
            for name in sorted(path.name for path in (folder / inside).iterdir()):
                below = f"{inside}/{name}" if inside else name
                if not belongs(below):
                    continue
                with suppress(FileNotFoundError):
                    status = (folder / below).stat()
                    yield below, status
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append(below)


def _below(name: str) -> str:
    """A path of a list, which must not lead out of its backup. Raises ValueError."""
    if name.startswith("/") or ".." in name.split("/") or not name:
        raise ValueError(name)
    return name
