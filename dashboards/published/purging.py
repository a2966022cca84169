"""Who has been removed (gallring) whom figures may have counted."""

from dataclasses import dataclass
from datetime import date

import duckdb

from dashboards.published.file import rows
from dashboards.published.publication import Period


@dataclass(frozen=True)
class PurgeEntry:
    """A line of the protocol of gallring: whom a nightly removed, why, and the first and last day of which figures may have
    counted one of them. ``data_year`` is the year of the latest extract then."""

    version: int
    data_year: int
    persons: int
    #: The person was loaded and aged out; else rows came when the time for them had passed.
    has_aged: bool
    first_date: date
    last_date: date

    def touches(self, period: Period) -> bool:
        """Whether one of them may have been counted in the period."""
        if period.starts_on is None or period.ends_on is None:
            return False
        return self.first_date <= period.ends_on and period.starts_on <= self.last_date


def read_purge_protocol(connection: duckdb.DuckDBPyConnection) -> tuple[PurgeEntry, ...]:
    """Who has been purged whom figures may have counted, oldest first."""
    columns = ", ".join(PurgeEntry.__dataclass_fields__)
    query = f"select {columns} from purge_protocol where first_date is not null and last_date is not null"
    return tuple(PurgeEntry(**row) for row in rows(connection, f"{query} order by version, reason"))
