"""Which municipalities' parts a report of the nation was made of, from its published file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dashboards.published.file import connect, rows


@dataclass(frozen=True)
class Part:
    """What one municipality handed over: its own name, the days of its first and last extract of any source, when it was
    exported, and the fingerprint of its files (sha256, in hex)."""

    code: str
    title: str
    first_extract_date: date | None
    last_extract_date: date | None
    exported_on: date
    fingerprint: str


@dataclass(frozen=True)
class Nation:
    """``parts``: by municipality code, in order. ``fingerprint``: of all of them together. ``counties``: name of each, in the
    profile's order, with the codes of its municipalities of any time. ``day``: id of the day that the target group is of."""

    parts: Mapping[str, Part]
    fingerprint: str
    counties: Mapping[str, tuple[str, ...]]
    day: str


def read_nation(path: Path) -> Nation:
    """What the file says of the lake. Raises IndexError where the file is not of a nation."""
    with connect(path) as connection:
        lake = rows(connection, "select * from lake")[0]
        parts = [Part(**row) for row in rows(connection, "select * from lake_part order by code")]
        covered: dict[str, list[str]] = {}
        for row in rows(
            connection, "select job_centre_code, district_code from lake_county order by position, district_code"
        ):
            covered.setdefault(row["job_centre_code"], []).append(row["district_code"])
    counties = {code: tuple(districts) for code, districts in covered.items()}
    return Nation({part.code: part for part in parts}, lake["fingerprint"], counties, lake["day"])
