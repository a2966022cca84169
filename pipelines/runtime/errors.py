"""The errors that a person can mend. Anything else is a fault of the program and keeps its traceback in the log."""


class UsageError(Exception):
    """Wrong usage or bad settings: one sentence that says what to do next; the program ends with exit code 64."""


class NightlyFailed(Exception):
    """What was asked cannot be done with what there is: the nightly could not publish (what was published before is
    untouched), or the state below KAA_HOME is broken or held by another program; one sentence, exit code 1."""


#: The last is what SQLite says, in which Dagster keeps its records, when its index of them cannot grow.
_DISK_FULL = ("No space left on device", "disk is full", "Disk quota exceeded", "disk I/O error")


def tells_of_full_disk(text: str) -> bool:
    """Whether an error's text, from whichever library, says that there is no room to write (or that the disk fails)."""
    return any(words in text for words in _DISK_FULL)
