"""How fresh each source is: which expected extracts are missing (the contract's calendar, the municipality's closings), and what
that comes to.

Nights may be missing, so a contract says how many expected extracts in a row are too many. Which days they are is known by
``configuration.delivery_calendar``; what came in is judged in ``delivery``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import duckdb

from pipelines.configuration.contract import Source
from pipelines.configuration.municipality import Municipality
from pipelines.history.store import History
from pipelines.notices import Notice, NoticeCode, notice
from pipelines.runtime import clock

#: An extract that is taken in at most so many days after its date came in service, not as part of a backlog.
NEW_FOR_DAYS = 7


class FreshnessState(StrEnum):
    """What the missing extracts of a source come to."""

    FRESH = "fresh"  # nothing is missing
    LATE = "late"  # one is missing, or was expected today by an hour that has passed; too few to ask
    SILENT = "silent"  # too many are missing: somebody should ask
    CLOSED = "closed"  # the source has closed today, and was not silent before
    NOT_EXPECTED = "not_expected"  # it has never delivered, or its contract says that nobody waits for it


@dataclass(frozen=True)
class Freshness:
    """A source at a moment by the municipality's clocks. ``last``: the latest extract that counts; ``expected_next``: the last
    day for the next one, None where none is in sight; ``missing_days``: the last days of those that should have come before the
    moment's day."""

    source: str
    title: str
    last: date | None
    expected_next: date | None
    missing_days: tuple[date, ...]
    state: FreshnessState
    judged_at: datetime

    @property
    def missing(self) -> int:
        """How many expected extracts are missing."""
        return len(self.missing_days)

    @property
    def missing_since(self) -> date | None:
        """The day until which the first missing one should have come."""
        return self.missing_days[0] if self.missing_days else None


def came_new(extract_date: date, today: date) -> bool:
    """Whether an extract came when it was new."""
    return extract_date >= today - timedelta(days=NEW_FOR_DAYS)


def read_freshness(
    connection: duckdb.DuckDBPyConnection,
    sources: Mapping[str, Source],
    municipality: Municipality,
    now: datetime | None = None,
) -> list[Freshness]:
    """Each source's freshness by what an open history holds, in the contracts' order.

    ``now``: aware of its zone; by default the clock's. In service sources are judged by the clock; before, while old years are
    taken in, by the day of the latest extract as it began.
    """
    last = History.latest_extracts(connection)
    zone = ZoneInfo(municipality.timezone)
    moment = (now or clock.now()).astimezone(zone)
    if last and not History.is_in_service(connection):
        moment = datetime.combine(max(last.values()), time.min, zone)
    return freshness(last, sources, municipality, moment)


def freshness(
    last: Mapping[str, date], sources: Mapping[str, Source], municipality: Municipality, moment: datetime
) -> list[Freshness]:
    """Each source's freshness at a moment by the municipality's clocks.

    ``last``: the latest loaded extract of each source that has one. What is expected today may yet come: it is never missing,
    only late when its hour has passed.
    """
    return [_freshness(source, last.get(name), municipality, moment) for name, source in sources.items()]


def _freshness(source: Source, last: date | None, municipality: Municipality, moment: datetime) -> Freshness:
    calendar, today = municipality.calendar(source), moment.date()
    if last is None or calendar.silent_after is None:
        return Freshness(source.name, source.title, last, None, (), FreshnessState.NOT_EXPECTED, moment)
    missing = tuple(one.due for one in calendar.expected(last, today))
    following = calendar.next_expected(last, today)
    is_overdue = following is not None and following.due == today and moment.time() >= calendar.late_after
    if len(missing) >= calendar.silent_after:
        state = FreshnessState.SILENT
    elif calendar.is_closed(today):
        state = FreshnessState.CLOSED
    elif missing or is_overdue:
        state = FreshnessState.LATE
    else:
        state = FreshnessState.FRESH
    expected_next = following.due if following else None
    return Freshness(source.name, source.title, last, expected_next, missing, state, moment)


def silence(found: Iterable[Freshness]) -> list[Notice]:
    """A notice for each source that is silent."""
    return [
        notice(NoticeCode.SOURCE_SILENT, source=one.source, title=one.title, last=one.last, days=one.missing)
        for one in found
        if one.state is FreshnessState.SILENT
    ]
