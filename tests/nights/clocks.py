"""The clocks of a process, moved: that of the day, and that which counts how long the machine has been on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch

from pipelines.runtime import clock, processes
from pipelines.state import nightly_lock


@contextmanager
def ahead(offset: Callable[[], float]) -> Iterator[None]:
    """Have this process live so many seconds later; both clocks go on."""
    later = patch.object(nightly_lock, "machine_seconds", lambda: processes.machine_seconds() + offset())
    with later, clock.running(lambda: datetime.fromtimestamp(time.time() + offset(), UTC)):
        yield
