"""Who belongs to the target group by law and who is in the register, by night, for the page ”Målgrupp och register”."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dashboards.published.file import ALL, NotPublished, connect, rows
from dashboards.published.publication import Period, read_periods
from dashboards.published.report import Published

#: The source that says who studies.
SCHOOL_REGISTER = "skolregister"


@dataclass(frozen=True)
class TargetGroup:
    """The published counts by night, breakdown, side and code; what is left out of these nights is zero."""

    counts: dict[tuple[date, str, str, str], int]
    nights: tuple[date, ...]
    #: The latest extract of the school register.
    school: date | None
    report_years: tuple[Period, ...]

    def count(self, night: date, breakdown: str, side: str, code: str = ALL) -> int:
        if night not in self.nights:
            raise NotPublished(f"Natten {night} är inte inläst.")
        return self.counts.get((night, breakdown, side, code), 0)

    def codes(self, night: date, breakdown: str) -> set[str]:
        return {key[3] for key in self.counts if key[:2] == (night, breakdown)}


def read_target_group(path: Path, data: Published) -> TargetGroup:
    """The comparison of every night that is published."""
    with connect(path) as connection:
        found = connection.execute(
            "select on_date, breakdown, side, code, persons from target_group_summary"
        ).fetchall()
        school = rows(
            connection,
            "select max(extract_date) as latest from delivery where source = ? and status = 'accepted'",
            [SCHOOL_REGISTER],
        )
        return TargetGroup(
            counts={row[:4]: row[4] for row in found},
            nights=tuple(sorted({row[0] for row in found})),
            school=school[0]["latest"],
            report_years=read_periods(connection, [data.publication.report_year_kind]),
        )
