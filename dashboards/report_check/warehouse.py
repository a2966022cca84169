"""What the warehouse has published of the numbers that a report prints, and where the two differ.

Only the published file is read. What the report says against itself does not belong here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from dashboards.published.catalogue import read_catalogue
from dashboards.published.file import ALL, MISSING, connect, rows
from dashboards.published.numbers import Lookup, NumberKey, Numbers, read_numbers
from dashboards.published.publication import period_of, read_publication
from dashboards.published.purging import read_purge_protocol
from dashboards.published.report import read_districts
from dashboards.report_check.cells import Cell
from dashboards.report_check.names import is_own
from dashboards.report_check.tables import BadReport


@dataclass(frozen=True)
class Warehouse:
    """The published numbers of some periods."""

    version: int
    published_at: datetime
    municipality: str
    #: Periods that are published, with whether persons who may have been counted in them have been purged since.
    periods: Mapping[str, bool]
    codes: Mapping[tuple[str, str], frozenset[str]]
    #: All codes of a dimension, also those that are no longer in force.
    ever: Mapping[str, frozenset[str]]
    numbers: Numbers = field(repr=False)

    def value(self, key: NumberKey) -> Decimal | None:
        """A published number. None: its figure or period is not published, nobody reported it, or it is another
        municipality's."""
        own = key._replace(municipality="")
        if not self.is_about(key) or self.numbers.why_not_read(own):
            return None
        return self.numbers.value(own)

    def is_about(self, key: NumberKey) -> bool:
        """Whether a number is one of this municipality that the catalogue knows."""
        place = key.municipality
        return not is_own(key) and (not place or _short(place) == _short(self.municipality))

    def known_codes(self, dimension: str, key: NumberKey) -> frozenset[str] | None:
        """The codes of job-centres, and of the districts in force at the end of a number's period."""
        return self.codes.get((dimension, key.period)) if self.is_about(key) else None


def read_warehouse(path: Path, cells: Sequence[Cell]) -> Warehouse:
    """What the published file says of what these cells are made of."""
    keys = {key for cell in cells for key in cell.keys}
    with connect(path) as connection:
        publication = read_publication(connection)
        first = publication.first_extract_date or date.min
        query = "select * from period where list_contains(?, period_id) and ends_on >= ?"
        periods = [period_of(row) for row in rows(connection, query, [sorted({key.period for key in keys}), first])]
        purges = read_purge_protocol(connection)
        districts = read_districts(connection)
        centres = frozenset(row["code"] for row in rows(connection, "select code from job_centre")) | {MISSING}
        catalogue = read_catalogue(connection)
        figures = {key.figure: catalogue[key.figure] for key in keys if key.figure in catalogue}
        numbers = read_numbers(connection, figures, (period.id for period in periods))
    codes = {("job_centre", period.id): centres for period in periods}
    for period in periods:
        day = period.ends_on
        in_force = {district.code for district in districts if day and district.in_force(day)}
        codes["district", period.id] = frozenset(in_force | {MISSING})
    warehouse = Warehouse(
        version=publication.version,
        published_at=publication.published_at,
        municipality=publication.municipality_name,
        periods={period.id: any(entry.touches(period) for entry in purges) for period in periods},
        codes=codes,
        ever={"job_centre": centres, "district": frozenset({one.code for one in districts} | {MISSING})},
        numbers=numbers,
    )
    _refuse_unknown_places(cells, warehouse)
    return warehouse


def _short(municipality: str) -> str:
    """A municipality's name without what is left out as often as not: Stockholms stad, Stockholm."""
    name = municipality.casefold().strip()
    return name.removesuffix(" kommun").removesuffix(" stad").removesuffix("s")


def _refuse_unknown_places(cells: Iterable[Cell], warehouse: Warehouse) -> None:
    for cell in cells:
        for key in filter(warehouse.is_about, cell.keys):
            for dimension, title, code in (
                ("district", "stadsdelen", key.district),
                ("job_centre", "jobbtorget", key.job_centre),
            ):
                known = warehouse.ever[dimension]
                if code != ALL and code not in known:
                    raise BadReport(
                        f"{cell.file} rad {cell.line}: {title} ”{code}” finns inte i {warehouse.municipality}; "
                        f"skriv någon av {', '.join(sorted(known))}."
                    )


@dataclass(frozen=True)
class Compared:
    """One printed number beside the computed one."""

    cell: Cell
    computed: Decimal | None

    @property
    def equal(self) -> bool:
        return self.cell.agrees(self.computed)


def compare(cells: Iterable[Cell], lookup: Lookup) -> list[Compared]:
    """Every printed number beside the one that follows from these values."""
    return [Compared(cell, cell.computed(lookup)) for cell in cells]


def is_known(cell: Cell, lookup: Lookup) -> bool:
    """Whether all that a cell is made of is known (a share of nothing is known to be none)."""
    return all(lookup(key) is not None for key in cell.keys)
