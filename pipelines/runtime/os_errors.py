"""What the operating system refused, as one sentence that names the path, its owner and the remedy.

Its errors reach the program as ``OSError``, or as the text of another library's error (Dagster's account of a step, DuckDB's
words); both are worded here. What a delivery's files do to the night is judged in ``delivery``.
"""

import ast
import errno
import os
import pwd
import re
import stat
from itertools import chain
from pathlib import Path

from pipelines.personnummer import mask_name

_PYTHON = re.compile(r"""\[Errno (?P<number>\d+)\] [^:'"\n]*(?:: (?P<path>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))?""")
_DUCKDB = re.compile(r'IO Error: [^"\n]*"(?P<path>[^"\n]+)"(?: in [a-z -]+ mode)?: (?P<why>[A-Z][A-Za-z /-]+)')
_NUMBERS = {os.strerror(number): number for number in errno.errorcode}

#: Error -> what is wrong with the place, and what to do about it.
_KINDS: dict[int, tuple[str, str]] = {
    errno.EROFS: (
        "lies on a file system that may only be read",
        "have it mounted for writing or choose another folder",
    ),
    errno.ENOSPC: ("lies on a disk that is full", "make room on it"),
    errno.EDQUOT: ("lies on a disk where no more may be written (quota)", "make room on it or have the quota raised"),
    errno.EIO: ("lies on a disk that fails (input/output error)", "see the machine's log and have the disk mended"),
    errno.ENAMETOOLONG: ("has a name that is too long for its file system", "choose a shorter one"),
    errno.ENOTDIR: ("is a file where a folder should be", "move it away"),
    errno.EEXIST: ("is a file where a folder should be", "move it away"),
    errno.EISDIR: ("is a folder where a file should be", "move it away"),
    errno.ENOENT: ("is missing", "put it back"),
    errno.ELOOP: ("is a link that leads to itself", "remove it"),
    errno.EMFILE: ("cannot be opened (too many files are open)", "raise the limit of open files (ulimit -n)"),
    errno.EBUSY: ("is in use by another program", "close it there, or wait until that has ended"),
    errno.ENOMEM: ("cannot be read (memory is short)", "give the machine memory to spare"),
}
_FORBIDDEN = (errno.EACCES, errno.EPERM)

#: What may be over in some minutes without anybody's doing: a mount or a disk that does not answer, a file in use.
_TEMPORARY = {
    errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH,
    errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNABORTED, errno.EREMOTEIO, errno.EBUSY, errno.EAGAIN,
}  # fmt: skip

#: What DuckDB and SQLite say when another program has the file.
_DUCKDB_IN_USE, _SQLITE_IN_USE = "Conflicting lock is held", "database is locked"


def is_temporary(error: OSError) -> bool:
    """Whether it may be over in some minutes without anybody's doing."""
    return error.errno in _TEMPORARY


def found_in(text: str) -> OSError | None:
    """The operating system's error that a library's text tells of, if any."""
    if match := _PYTHON.search(text):
        number = int(match["number"])
        path = ast.literal_eval(match["path"]) if match["path"] else None
        return OSError(number, os.strerror(number), path)
    if match := _DUCKDB.search(text):
        in_use = match["why"].startswith(_DUCKDB_IN_USE)
        if known := errno.EBUSY if in_use else _NUMBERS.get(match["why"].strip()):
            return OSError(known, os.strerror(known), match["path"])
    if _SQLITE_IN_USE in text:
        return OSError(errno.EBUSY, os.strerror(errno.EBUSY))
    return None


def sentence(error: OSError) -> str:
    """The sentence for people; a personnummer in the path is masked."""
    what = error.strerror or type(error).__name__
    if not isinstance(error.filename, (str, bytes)):
        return f"The operating system refused: {what}. Mend that and run the command again."
    path = Path(os.fsdecode(error.filename)).absolute()
    place = _culprit(path, error.errno or 0)
    if error.errno in _FORBIDDEN:
        wrong, remedy = "may not be used", _rights(place)
    else:
        wrong, remedy = _KINDS.get(error.errno or 0, (f"cannot be used ({what})", "mend that"))
    # What is not there belongs to nobody.
    whose = f"; it belongs to {owner(place)} and this runs as {user_name(os.geteuid())}" * (error.errno != errno.ENOENT)
    refusal = f"{place} {wrong}{whose}: {remedy}, then run "
    return mask_name(_printable(refusal)) + "the command again."


def owner(path: Path) -> str:
    """Who owns a path, or the nearest folder above it that is there."""
    for one in (path, *path.parents):
        try:
            return user_name(one.lstat().st_uid)
        except OSError:
            continue
    return "nobody"


def user_name(number: int) -> str:
    """A user's name; one that the machine does not know is called by number."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def first_foreign(place: Path) -> Path | None:
    """The first of a file, or of a folder and what is below it, that belongs to another user and may not be used by this one."""
    below = (Path(folder, name) for folder, folders, files in os.walk(place) for name in sorted((*folders, *files)))
    return next((path for path in chain([place], below) if _is_foreign(path)), None)


def _is_foreign(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:  # gone meanwhile, or never there
        return False
    if status.st_uid == os.geteuid() or stat.S_ISLNK(status.st_mode):
        return False
    return not _may(path, os.R_OK | os.W_OK | (os.X_OK if stat.S_ISDIR(status.st_mode) else 0))


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=True)


def _rights(place: Path) -> str:
    """How the place can be given to who runs this."""
    user = os.geteuid()
    if place.exists() and place.lstat().st_uid == user:
        return f"run chmod -R u+rwX '{place}'"
    return f"have root run chown -R {user} '{place}' (or run this as {owner(place)})"


def _culprit(path: Path, number: int) -> Path:
    """What the operating system meant: it names the file that was asked for, and often a folder above it is to blame."""
    steps = [*reversed(path.parents), path]
    if number in _FORBIDDEN:
        for folder in steps[:-1]:
            if folder.is_dir() and not _may(folder, os.X_OK):
                return folder
        there = os.path.lexists(path)
        usable = there and (path.is_symlink() or _may(path, os.R_OK | os.W_OK))
        return path if there and not usable else _nearest(path.parent)
    if number in (errno.ENOTDIR, errno.EEXIST):
        return next((step for step in steps if step.exists() and not step.is_dir()), path)
    return path


def _nearest(path: Path) -> Path:
    return next((one for one in (path, *path.parents) if os.path.lexists(one)), path)


def _printable(text: str) -> str:
    """A file name may hold anything, line breaks and bytes that are no text too."""
    safe = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    return safe.encode("utf-8", "backslashreplace").decode()
