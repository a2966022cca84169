"""Whether something has come by day that is worth a run of its own: late deliveries, and a night that may succeed now.

It is asked often, so it looks at the drop folder and at the list of deliveries, and opens no delivery. What a run would make of a
delivery is decided in ``intake``, whether a run would change anything at all by the run itself.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.delivery.find import Found, find_deliveries
from pipelines.runtime import clock
from pipelines.runtime.errors import UsageError
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home
from pipelines.state.last_run import LastRun, RunResult, read_last_run

#: Minutes after a run that failed for a cause that may be over by itself, until it is tried again.
TRY_AGAIN_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Reason:
    """Why a run is worth it now: how many deliveries wait, and a key that stays the same until it is worth another one."""

    deliveries: int
    key: str


def reason_to_run(home: Home, now: datetime | None = None) -> Reason | None:
    """Why a run is worth it now, if it is; a drop folder that is not there is none.

    Raises NightlyFailed when the state below KAA_HOME cannot be read.
    """
    now = now or clock.now(home.municipality.timezone)
    last = read_last_run(home.path)
    if last and last.temporary and last.ended_at and now - datetime.fromisoformat(last.ended_at) < TRY_AGAIN_AFTER:
        return None
    try:
        waiting = waiting_deliveries(home, now)
    except UsageError:
        return None
    before = last.left_alone if last else {}
    new = sorted(one for one, settled in waiting.items() if one not in before or (settled and not before[one]))
    if not new and not (last and last.result is RunResult.FAILED and last.temporary):
        return None
    return Reason(len(new), _key(last, new))


def waiting_deliveries(home: Home, now: datetime) -> dict[str, bool]:
    """The deliveries in the drop folder that nobody has judged yet, each with whether its files have had time to arrive.

    Raises UsageError when the drop folder cannot be listed, NightlyFailed when the list of deliveries cannot be read.
    """
    return without(seen_deliveries(home, now), judged_deliveries(home))


def seen_deliveries(home: Home, now: datetime) -> dict[str, bool]:
    """All deliveries in the drop folder, likewise. Raises UsageError when it cannot be listed."""
    found, _ = find_deliveries(home.drop)
    return {one.delivery_id: _has_settled(one, home, now) for one in found}


def judged_deliveries(home: Home) -> set[str]:
    """The deliveries that the published version knows. Raises NightlyFailed when it cannot be read."""
    version = home.current()
    if version is None:
        return set()
    with open_for_reading(version.history) as connection:
        return {row[0] for row in connection.execute("select delivery_id from delivery").fetchall()}


def without(seen: dict[str, bool], judged: Collection[str]) -> dict[str, bool]:
    """Those that are not judged."""
    return {one: settled for one, settled in seen.items() if one not in judged}


def _has_settled(found: Found, home: Home, now: datetime) -> bool:
    """As the run judges it (``read_batches``): a time that lies far ahead is another machine's wrong clock."""
    return abs(now.timestamp() - found.written) >= home.municipality.settle_minutes * 60


def _key(last: LastRun | None, new: list[str]) -> str:
    return hashlib.sha256(repr((last and last.started_at, new)).encode()).hexdigest()[:16]
