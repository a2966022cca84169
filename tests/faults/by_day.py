"""The program's code location as Dagster's daemon loads it (``code_location``), on a day on which it is ten o'clock by now.

So the daemon's test does not depend on the hour at which it runs, nor wait ten minutes for the sensor's next look.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pipelines.orchestration import sensor
from pipelines.runtime import clock

sensor.EVERY = 3

_began = datetime.now(ZoneInfo("Europe/Stockholm"))
_ahead = _began.replace(hour=10, minute=0) - _began
clock.running(lambda: datetime.now(UTC) + _ahead + timedelta(0)).__enter__()

from pipelines.orchestration.code_location import defs  # noqa: E402 - what it loads looks at the above

__all__ = ["defs"]
