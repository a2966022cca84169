"""Whether the machine's clock can be believed: it never stands before the time of something that was published.

Each version's history remembers at what time its night took in. Where such a time was wrong (the clock had run ahead), a
person says so (``decided``). What a night does about a wrong clock is decided in ``take_in``.
"""

from datetime import UTC, datetime
from typing import Any

from pipelines.history.store import History
from pipelines.state.decided import checked_reason, record, recorded
from pipelines.state.home import Home
from pipelines.state.opening import opened

#: The decision: somebody has said at `clock` that it is right; later times of the versions up to `version` were wrong.
CONFIRMED = "confirm-clock"


def _rules_out(confirmed: dict[str, Any], version: int, time: datetime) -> bool:
    return version <= confirmed["version"] and time > datetime.fromisoformat(confirmed["clock"])


def latest_publication(home: Home, nights: list[tuple[int, datetime]]) -> datetime | None:
    """The latest time at which anything was published, of a history's ``nights`` (version and time); None before the first.

    Raises UsageError when what people have confirmed cannot be read.
    """
    confirmed = recorded(home, CONFIRMED)
    times = [time for version, time in nights if not any(_rules_out(one, version, time) for one in confirmed)]
    return max(times, default=None)


def confirm(home: Home, now: datetime, because: str) -> datetime | None:
    """Record that the clock is right now, and who says so.

    Returns the time of publication that counted until then and was later than now; where there was none, None, and nothing is
    recorded. Raises UsageError when the reason says nothing or the decisions cannot be read, NightlyFailed when the history
    cannot.
    """
    reason = checked_reason(because)
    version = home.current()
    if version is None:
        return None
    with opened(version.history) as connection:
        nights = History.nights(connection)
    latest = latest_publication(home, nights)
    if latest is None or latest <= now:
        return None
    record(home, CONFIRMED, reason, version=version.number, clock=now.astimezone(UTC).isoformat())
    return latest
