"""Writes a file in one step: a reader sees the old one or the new one, never half of one, whatever happens to the process; and
has files on the disk, so that they outlast a power cut.

What is in a file, and whether it may be replaced, does not belong here.
"""

import ctypes
import os
import secrets
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

#: From so many files on it is cheaper to have the whole file system written than to wait for each of them.
_MANY = 100


def atomic_write(path: Path, content: bytes | str, mode: int = 0o666) -> Path:
    """Put a file in place of the one of that name, if any; text is UTF-8 as it stands. Folders that are missing are made.
    ``mode``: who may read it, from its first byte on, less what the process's mask takes.

    Raises OSError when it cannot be written; the file that was there is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        write_new(part, content, mode)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return path


def write_new(path: Path, content: bytes | str, mode: int) -> None:
    """Write a file that is not there yet, readable for some only from its first byte on; text is UTF-8 as it stands.

    Raises FileExistsError, and OSError when it cannot be written; there is no half of it then.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def link_or_copy(source: Path, target: Path) -> None:
    """Have a file that nobody writes in any more under another name too, without its bytes being written again where the file
    system can; folders that are missing are made. Raises OSError when it cannot be had.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # no links here, or too many of this file
        shutil.copy2(source, target)


def sync(path: Path) -> None:
    """Have a file or folder on the disk. Raises OSError when it is not there or cannot be written."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_all(paths: Sequence[Path]) -> None:
    """Have files and folders of one file system on the disk; of many, all that waits to be written on that file system: each by
    itself would wait for the disk in turn. Raises OSError as ``sync`` does."""
    if len(paths) < _MANY or _syncfs() is None:
        for path in paths:
            sync(path)
        return
    handle = os.open(paths[0], os.O_RDONLY)
    try:
        if _syncfs()(handle):
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), str(paths[0]))
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Have a folder and all that is below it on the disk. Raises OSError as ``sync`` does."""
    sync_all([*folder.rglob("*"), folder])


@cache
def _syncfs() -> Any:
    """Linux's call for it; None on other systems."""
    return getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
