"""What the warehouse has published of the numbers that a report prints, and where the two differ.

Only the published file is read. What the report says against itself does not belong here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from dashboards.published import (
    ALL,
    MISSING,
    Address,
    Numbers,
    connect,
    read_catalogue,
    read_numbers,
    read_publication,
    rows,
)
from dashboards.report_check.cells import Cell, Lookup
from dashboards.report_check.printed_report import BadReport


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

    def value(self, address: Address) -> Decimal | None:
        """A published number. None: its figure or period is not published, or nobody reported it."""
        return None if self.numbers.why_not_read(address) else self.numbers.value(address)

    def known_codes(self, dimension: str, period: str) -> frozenset[str] | None:
        """The codes of job-centres, and of the districts in force at the end of a period."""
        return self.codes.get((dimension, period))


def read_warehouse(path: Path, cells: Sequence[Cell]) -> Warehouse:
    """What the published file says of what these cells are made of."""
    addresses = [address for cell in cells for address in cell.terms]
    asked = sorted({address.period for address in addresses})
    with connect(path) as connection:
        publication = read_publication(connection)
        found = rows(
            connection,
            "select period_id, starts_on, ends_on from period where list_contains(?, period_id)"
            " and (ends_on >= ?::date or ?::date is null)",
            [asked, publication.first_extract_date, publication.first_extract_date],
        )
        purged = rows(connection, "select first_date, last_date from purge_protocol")
        districts = rows(connection, "select code, valid_from, valid_to from district")
        centres = frozenset(row["code"] for row in rows(connection, "select code from job_centre")) | {MISSING}
        catalogue = read_catalogue(connection)
        figures = {address.figure: catalogue[address.figure] for address in addresses if address.figure in catalogue}
        numbers = read_numbers(connection, figures, (row["period_id"] for row in found))
    codes = {("job_centre", row["period_id"]): centres for row in found}
    for row in found:
        codes["district", row["period_id"]] = frozenset(
            one["code"]
            for one in districts
            if (one["valid_from"] is None or one["valid_from"] <= row["ends_on"])
            and (one["valid_to"] is None or row["ends_on"] <= one["valid_to"])
        ) | {MISSING}
    warehouse = Warehouse(
        version=publication.version,
        published_at=publication.published_at,
        municipality=publication.municipality_name,
        periods={
            row["period_id"]: any(
                _touches(one["first_date"], one["last_date"], row["starts_on"], row["ends_on"]) for one in purged
            )
            for row in found
        },
        codes=codes,
        ever={"job_centre": centres, "district": frozenset(one["code"] for one in districts) | {MISSING}},
        numbers=numbers,
    )
    _refuse_unknown_places(cells, warehouse)
    return warehouse


def _touches(first: date | None, last: date | None, starts_on: date, ends_on: date) -> bool:
    return first is not None and last is not None and first <= ends_on and last >= starts_on


def _refuse_unknown_places(cells: Iterable[Cell], warehouse: Warehouse) -> None:
    for cell in cells:
        for address in cell.terms:
            for dimension, title, code in (
                ("district", "stadsdelen", address.district),
                ("job_centre", "jobbtorget", address.job_centre),
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
    return all(lookup(address) is not None for address in cell.terms)
