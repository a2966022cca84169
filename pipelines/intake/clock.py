"""Whether the machine's clock can be believed: it never stands before the time of something that was published.

Each version's history remembers at what time its night took in. Where such a time was wrong (the clock had run ahead), a
person says so (``decision_log``). What a night does about a wrong clock is decided in ``take_in``.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pipelines.history.store import History
from pipelines.notices import Notice, NoticeCode, notice
from pipelines.state import decision_log
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home

#: The decision: somebody has said at `clock` that it is right; later times of the versions up to `version` were wrong.
CONFIRMED = "confirm-clock"


@dataclass(frozen=True)
class Clock:
    """What the machine's clock shows tonight, and the latest time at which anything was published."""

    now: datetime
    published: datetime | None
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def is_behind(self) -> bool:
        """Whether it stands before a time at which something was published, so that it cannot be right."""
        return self.published is not None and self.published > self.now

    def notice(self, deliveries: int) -> Notice:
        """That it is behind, and that so many deliveries seem to be of the future and wait."""
        clock, published = (
            f"{time.astimezone(self.zone):%Y-%m-%d %H:%M}" if time else "" for time in (self.now, self.published)
        )
        return notice(NoticeCode.CLOCK_BEHIND, clock=clock, published=published, deliveries=deliveries)


def night_clock(home: Home, history: duckdb.DuckDBPyConnection, now: datetime) -> Clock:
    """The clock of a night; ``now``: what it shows. Raises UsageError when what people have confirmed cannot be read."""
    published = latest_publication(home, History.nights(history))
    return Clock(now, published, ZoneInfo(home.municipality.timezone))


def _rules_out(confirmed: dict[str, Any], version: int, time: datetime) -> bool:
    return version <= confirmed["version"] and time > datetime.fromisoformat(confirmed["clock"])


def latest_publication(home: Home, nights: list[tuple[int, datetime]]) -> datetime | None:
    """The latest time at which anything was published, of a history's ``nights`` (version and time); None before the first.

    Raises UsageError when what people have confirmed cannot be read.
    """
    confirmed = decision_log.decisions(home, CONFIRMED)
    times = [time for version, time in nights if not any(_rules_out(one, version, time) for one in confirmed)]
    return max(times, default=None)


def confirm(home: Home, now: datetime, because: str) -> datetime | None:
    """Record that the clock is right now, and who says so.

    Returns the time of publication that counted until then and was later than now; where there was none, None, and nothing is
    recorded. Raises UsageError when the reason says nothing or the decisions cannot be read, NightlyFailed when the history
    cannot.
    """
    reason = decision_log.checked_reason(because)
    version = home.current()
    if version is None:
        return None
    with open_for_reading(version.history) as connection:
        nights = History.nights(connection)
    latest = latest_publication(home, nights)
    if latest is None or latest <= now:
        return None
    decision_log.record(home, CONFIRMED, reason, version=version.number, clock=now.astimezone(UTC).isoformat())
    return latest
