"""Who has been removed (gallring) whom figures may have counted."""

from dataclasses import dataclass
from datetime import date

import duckdb

from dashboards.published.file import rows
from dashboards.published.publication import Period

#: Of whom figures count those of one extract, not of a whole period.
RESIDENTS = "folkbokforing/personer"


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


@dataclass(frozen=True)
class PurgedOfDataset:
    """How many persons of a line of the protocol the rows of one dataset may have made count, and on which days. ``dataset``:
    ``ber/register``, or ``*`` where an older protocol does not say which."""

    data_year: int
    dataset: str
    persons: int
    has_aged: bool
    first_date: date | None
    last_date: date | None

    def touches(self, period: Period) -> bool:
        """Whether one of them may have been counted in the period. Residents are those of the period's last extract."""
        if not (self.first_date and self.last_date and period.starts_on and period.ends_on):
            return False
        earliest = period.ends_on if self.dataset == RESIDENTS else period.starts_on
        return self.first_date <= period.ends_on and earliest <= self.last_date


def read_purged_of_datasets(connection: duckdb.DuckDBPyConnection) -> tuple[PurgedOfDataset, ...]:
    """Whom the rows of each dataset may have made count, and of an older protocol all whom it names."""
    columns = ", ".join(PurgedOfDataset.__dataclass_fields__)
    found = rows(
        connection,
        f"""
        select {columns} from purge_protocol_dataset
        union all
        select data_year, '*', persons, has_aged, first_date, last_date from purge_protocol
        where (data_year, has_aged) not in (select (data_year, has_aged) from purge_protocol_dataset)
        order by data_year, dataset
        """,
    )
    return tuple(PurgedOfDataset(**row) for row in found)


def read_purge_protocol(connection: duckdb.DuckDBPyConnection) -> tuple[PurgeEntry, ...]:
    """Who has been purged whom figures may have counted, oldest first."""
    columns = ", ".join(PurgeEntry.__dataclass_fields__)
    query = f"select {columns} from purge_protocol where first_date is not null and last_date is not null"
    return tuple(PurgeEntry(**row) for row in rows(connection, f"{query} order by version, reason"))
