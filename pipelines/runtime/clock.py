"""The one place that says what time it is, so that a test can live through a year of nights. What a time means is not known here.

Times that are compared are aware of their zone. How long something takes is measured by ``time.monotonic``, not by this.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_source: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def now(zone: str | None = None) -> datetime:
    """The time by the clocks of a time zone, or by this machine's."""
    return _source().astimezone(ZoneInfo(zone) if zone else None)


def today(zone: str | None = None) -> date:
    """The day by the clocks of a time zone, or by this machine's."""
    return now(zone).date()


@contextmanager
def running(source: Callable[[], datetime]) -> Iterator[None]:
    """Have this process live by another clock, which gives times that are aware of their zone."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
