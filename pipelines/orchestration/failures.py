"""Why a run failed, as one sentence: our own sentences as they are, anything else by its kind and place only.

An unforeseen error's text may quote the data; it is looked at for what the operating system said, and never repeated.
"""

import errno
import os

from pipelines.runtime import os_errors
from pipelines.runtime.errors import NightlyFailed, TemporaryFailure, UsageError, tells_of_full_disk
from pipelines.state.home import Home

#: What SQLite, in which Dagster keeps its records, says when it may not write; it does not say where.
_RECORDS_REFUSED = ("unable to open database file", "attempt to write a readonly database")


def failure_of(home: Home, error: BaseException, step: str | None = None) -> UsageError | NightlyFailed:
    """What is told of an error that came out of a step, or of what is around the steps."""
    one: BaseException = error
    while True:
        if isinstance(one, UsageError):
            return one
        if isinstance(one, NightlyFailed) and not tells_of_full_disk(str(one)):
            return one
        if one.__cause__ is None:
            return unforeseen(home, type(one).__name__, str(one), f" in step {step}" if step else "")
        one = one.__cause__


def unforeseen(home: Home, kind: str, message: str, step: str = "") -> NightlyFailed:
    """What is told of an error that nobody has worded."""
    if tells_of_full_disk(message):
        return NightlyFailed(
            f"The disk that holds {home.path} is full (or fails); what was published before is untouched. Make room on it "
            "(a nightly needs as much again as history, warehouse and published take) and run kaa nightly again."
        )
    if any(words in message for words in _RECORDS_REFUSED):
        refused: OSError | None = PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(home.path / "dagster"))
    else:
        refused = os_errors.found_in(message)
    if refused:
        told = TemporaryFailure if os_errors.is_temporary(refused) else NightlyFailed
        return told(f"The nightly failed{step}; what was published before is untouched. {os_errors.sentence(refused)}")
    return NightlyFailed(
        f"The nightly failed{step} ({kind}); what was published before is untouched. See the run in dagster dev, mend the "
        "cause and run kaa nightly again."
    )
