"""Which sources are silent: an extract was expected (the contract's delivery times, the profile's closed days) and none came.

Nights may be missing, so a contract says how many in a row are too many. What came in is judged in ``delivery``.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from pipelines.configuration.contract import Source
from pipelines.configuration.municipality import Municipality
from pipelines.notices import Notice, NoticeCode, notice

#: An extract that is taken in at most so many days after its date came in service, not as part of a backlog.
FRESH_DAYS = 7


def is_fresh(extract_date: date, today: date) -> bool:
    """Whether an extract came when it was new."""
    return extract_date >= today - timedelta(days=FRESH_DAYS)


def silent_sources(
    last: Mapping[str, date], sources: Mapping[str, Source], municipality: Municipality, on: date
) -> list[Notice]:
    """A notice for each source that has delivered before and has now missed too many expected extracts.

    ``last``: the latest loaded extract of each source. ``on``: the day that is asked about; its own extract may yet come.
    """
    found = []
    for name, day in sorted(last.items()):
        source = sources[name]
        missing = len(expected_days(source, municipality, day, on))
        if source.silent_after and missing >= source.silent_after:
            found.append(notice(NoticeCode.SOURCE_SILENT, title=source.title, last=day, days=missing))
    return found


def expected_days(source: Source, municipality: Municipality, after: date, before: date) -> list[date]:
    """The days of the expected extracts between two days, neither of them included; none of a source that nobody waits for."""
    if source.silent_after is None:
        return []
    days = (after + timedelta(days=number) for number in range(1, (before - after).days))
    return [day for day in days if day.weekday() in source.weekdays and not municipality.is_closed(source.name, day)]
