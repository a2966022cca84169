"""What keeps the program from reading a file or folder here: rights, a disk, a network share.

Such trouble is the machine's own and passes: nothing that meets it is judged. What a sender did wrong is no trouble but a
fault (``faults``).
"""

import errno
import pwd
from dataclasses import dataclass
from pathlib import Path

_ABSENT = {errno.ENOENT, errno.ENOTDIR}

#: Not about one file: the next one would meet it too.
_EVERYWHERE = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE}

_PROBLEMS = {
    errno.EACCES: "läsrätt saknas",
    errno.EPERM: "läsrätt saknas",
    errno.EIO: "läsfel på disken",
    errno.ESTALE: "nätverksdisken svarar inte som förut",
    errno.ELOOP: "länkar går runt i ring",
    errno.ETIMEDOUT: "nätverksdisken svarar inte",
}


@dataclass(frozen=True)
class Trouble:
    """Why something cannot be read, in Swedish, and who owns it."""

    problem: str
    owner: str


def is_absent(error: OSError) -> bool:
    """Whether the error only says that there is nothing."""
    return error.errno in _ABSENT


def trouble(path: Path, error: OSError) -> Trouble:
    """What an error says of a path; raises it again where it is not about this path alone."""
    if error.errno in _EVERYWHERE:
        raise error
    problem = _PROBLEMS.get(error.errno or 0, f"fel {error.errno}: {error.strerror}")
    return Trouble(problem, _owner(path))


def _owner(path: Path) -> str:
    try:
        number = path.stat(follow_symlinks=False).st_uid
    except OSError:
        return "okänd"
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a user of another machine
        return f"användare {number}"
