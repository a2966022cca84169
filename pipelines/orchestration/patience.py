"""Trying again when nobody watches: where the cause may be over soon, and nowhere else.

What may be over soon is said by the error itself (``runtime.errors``). A run is tried again as a whole, never a step of it: the
steps after the first build on one version that the first has begun, so none of them could be done twice by itself.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from pipelines.runtime import os_errors

Result = TypeVar("Result")

#: Seconds to wait before each further try of a run that nobody watches: a mount comes back, a short command ends.
WAITS = (60.0, 240.0, 600.0)

#: Who runs a command by hand is told at once.
AT_ONCE: tuple[float, ...] = ()


def is_temporary(error: BaseException) -> bool:
    """Whether the cause of an error may be over in some minutes without anybody's doing."""
    if isinstance(error, OSError):
        return os_errors.is_temporary(error)
    return bool(getattr(error, "temporary", False))


def patiently(
    do: Callable[[], Result], waits: tuple[float, ...], on_wait: Callable[[Exception, float], None]
) -> Result:
    """Do it, and again after each wait as long as what is in the way may be over soon; ``on_wait`` is told before each."""
    for seconds in waits:
        try:
            return do()
        except Exception as error:
            if not is_temporary(error):
                raise
            on_wait(error, seconds)
        time.sleep(seconds)
    return do()
