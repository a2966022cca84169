"""What one report shows: read once, then plain Python objects."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from dashboards.published.catalogue import Figure, read_catalogue
from dashboards.published.file import ALL_FIGURES, NoReport, connect, rows
from dashboards.published.numbers import NumberKey, Numbers, read_numbers, why_not_in_catalogue
from dashboards.published.publication import (
    Extracts,
    Period,
    Profile,
    Publication,
    PublicTreatment,
    read_all_periods,
    read_extracts,
    read_failed_parts,
    read_period,
    read_profile,
    read_public_output,
    read_publication,
)
from dashboards.published.purging import PurgedOfDataset, read_purged_of_datasets


@dataclass(frozen=True)
class District:
    code: str
    name: str
    valid_from: date | None
    valid_to: date | None
    successor: str | None

    def in_force(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Published:
    """What one report needs of the published file."""

    publication: Publication
    profile: Profile
    period: Period
    before: Period
    districts: tuple[District, ...]
    job_centres: tuple[tuple[str, str], ...]
    labels: dict[tuple[str, str], str]
    catalogue: dict[str, Figure]
    #: All that are published, the one that ended first before the others.
    periods: tuple[Period, ...]
    #: (period, source) -> the extracts of its days.
    extracts: dict[tuple[str, str], Extracts]
    #: Whom the figures lack, of any period.
    purges: tuple[PurgedOfDataset, ...]
    #: Ids of the parts besides the figures that could not be made; of them the file has no table.
    failed_parts: frozenset[str]
    #: Of all figures, in the period and the year before.
    numbers: Numbers = field(repr=False)
    #: Of a public output: how it protects small numbers. None: the output is internal.
    public_output: PublicTreatment | None = None
    #: The table of the file that numbers are read from.
    figures: str = ALL_FIGURES

    def value(self, key: NumberKey) -> Decimal | None:
        """A published number; None where the year before has no figures, or nobody knows it.

        Raises NotPublished for a number of another period or figure than the report's.
        """
        why = why_not_in_catalogue(self.catalogue, key)
        if not why and key.period == self.before.id and not self.before.available:
            return None
        if not why and self.catalogue[key.figure].asks_year_before and not self._reaches_back(key.period):
            return None
        return self.numbers.value(key)

    def _reaches_back(self, period_id: str) -> bool:
        """Whether the deliveries begin a year before a period does: who was there then is else not known."""
        first = self.publication.first_extract_date
        starts_on = next((each.starts_on for each in (self.period, self.before) if each.id == period_id), None)
        return bool(first and starts_on and first <= starts_on.replace(year=starts_on.year - 1))

    def used(self, column: str, figure: str | None = None, period: str | None = None) -> list[str]:
        """The values of a dimension that occur, sorted as text; `*` is none. Raises NotPublished as ``value`` does."""
        if period == self.before.id and not self.before.available:
            return []
        return self.numbers.used(column, figure, period)

    def covers(self, period: Period) -> bool:
        """Whether the deliveries reach from its first day to its last: else its numbers are those of a part of it."""
        first, last = self.publication.first_extract_date, self.publication.last_extract_date
        if not (first and last and period.starts_on and period.ends_on):
            return False
        return first <= period.starts_on and period.ends_on <= last

    def codes(self, code_list: str) -> list[str]:
        """The codes of a list, in the list's order."""
        return [code for name, code in self.labels if name == code_list]


def read_districts(connection: duckdb.DuckDBPyConnection) -> tuple[District, ...]:
    """All districts that there have been."""
    return tuple(
        District(row["code"], row["name"], row["valid_from"], row["valid_to"], row["successor_code"])
        for row in rows(connection, "select * from district order by code")
    )


def _year_before(connection: duckdb.DuckDBPyConnection, period: Period, first_extract: date | None) -> Period:
    """The same kind of period one year earlier. It is not available where the file has no such period, or where
    the deliveries began after it had ended: its zeros would be no observations."""
    if period.previous_id:
        try:
            before = read_period(connection, period.previous_id)
        except NoReport:
            pass
        else:
            began_too_late = bool(first_extract and before.ends_on and first_extract > before.ends_on)
            return replace(before, available=not began_too_late)
    year = period.label
    if period.is_year and year.isdigit():
        return Period(f"{period.kind}-{int(year) - 1}", period.kind, f"år {int(year) - 1}", available=False)
    return Period("", period.kind, "året före", available=False)


def read_report(path: Path, period_id: str, figures: str = ALL_FIGURES, also: Iterable[str] = ()) -> Published:
    """Everything that the report of one period shows. ``figures``: the table that numbers are read from; ``also``: further
    periods and days of which it shows numbers."""
    with connect(path) as connection:
        publication = read_publication(connection)
        period = read_period(connection, period_id)
        before = _year_before(connection, period, publication.first_extract_date)
        catalogue = read_catalogue(connection)
        return Published(
            publication=publication,
            profile=read_profile(connection),
            period=period,
            before=before,
            districts=read_districts(connection),
            job_centres=tuple(
                (row["code"], row["name"])
                for row in rows(connection, "select * from job_centre order by position, code")
            ),
            labels={
                (row["code_list"], row["code"]): row["label"]
                for row in rows(connection, "select * from code order by code_list, position, code")
            },
            catalogue=catalogue,
            periods=read_all_periods(connection),
            extracts=read_extracts(connection),
            purges=read_purged_of_datasets(connection),
            failed_parts=read_failed_parts(connection),
            numbers=read_numbers(connection, catalogue, {period.id, before.id, *also}, table=figures),
            public_output=read_public_output(connection),
            figures=figures,
        )
