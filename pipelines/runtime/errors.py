"""The errors that a person can mend. Anything else is a fault of the program and keeps its traceback in the log.

``temporary`` says of each kind whether its cause may well be over in some minutes without anybody's doing, so that a nightly that
nobody watches tries again; nobody looks for words in a sentence to tell them apart.
"""


class UsageError(Exception):
    """Wrong usage or bad settings: one sentence that says what to do next; the program ends with exit code 64."""

    temporary = False


class DropFolderMissing(UsageError):
    """The drop folder is not there or does not answer: its mount may come back."""

    temporary = True


class NightlyFailed(Exception):
    """What was asked cannot be done with what there is: the nightly could not publish (what was published before is
    untouched), or the state below KAA_HOME is broken or held by another program; one sentence, exit code 1."""

    temporary = False


class TemporaryFailure(NightlyFailed):
    """The same, for a cause that may be over soon: a disk or a mount that does not answer, a file that another program holds."""

    temporary = True


class AnotherRuns(TemporaryFailure):
    """Another run or command holds the lock on KAA_HOME."""


#: What the errors are called whose text is worded here and names no data.
WORDED = {kind.__name__ for kind in (UsageError, DropFolderMissing, NightlyFailed, TemporaryFailure, AnotherRuns)}

#: The last is what SQLite says, in which Dagster keeps its records, when its index of them cannot grow.
_DISK_FULL = ("No space left on device", "disk is full", "Disk quota exceeded", "disk I/O error")


def tells_of_full_disk(text: str) -> bool:
    """Whether an error's text, from whichever library, says that there is no room to write (or that the disk fails)."""
    return any(words in text for words in _DISK_FULL)
