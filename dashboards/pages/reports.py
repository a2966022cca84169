"""Reports that lie beside each other, in a folder for each period named by its id: which there are, and how each leads to the
others. A report by itself has none beside it, and no link that leads nowhere.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboards.published.file import connect, rows
from dashboards.published.publication import Period, Publication, period_of, read_publication
from dashboards.wording.letters import capital
from pipelines.runtime.files import atomic_write

#: A report's own list of those beside it: a script, for a page that is opened from disk may not fetch anything else.
FILE = "data/rapporter.js"

START = "index.html"


@dataclass(frozen=True)
class Report:
    """A report whose pages there are."""

    period: Period
    title: str
    folder: Path


def read_reports(published_file: Path, folder: Path) -> tuple[Publication, list[Report], list[Period]]:
    """The publication; the reports that there are below a folder; and the periods of which there is none. The report year's
    first, then the others, newest first."""
    with connect(published_file) as connection:
        publication = read_publication(connection)
        found = rows(
            connection, "select * from period where period_kind <> 'dag' order by ends_on desc, starts_on desc"
        )
    periods = sorted(map(period_of, found), key=lambda period: period.kind != publication.report_year_kind)
    there = [period for period in periods if (folder / period.id / START).is_file()]
    reports = [Report(period, _title(period, publication), folder / period.id) for period in there]
    return publication, reports, [period for period in periods if period not in there]


def _title(period: Period, publication: Publication) -> str:
    if period.kind == publication.report_year_kind:
        return f"Årsrapport {period.label}"
    return capital(period.title)


def script(reports: Sequence[Report]) -> str:
    """The list for the pages' script: folder, title and pages of each report."""
    listed = [
        (
            report.period.id,
            report.title,
            [path.name for path in sorted(report.folder.glob("*.html")) if path.name[:5] != "spar-"],
        )
        for report in reports
    ]
    return f"kaaReports({json.dumps(listed, ensure_ascii=False, separators=(',', ':'))});\n"


def write_lists(published_file: Path, folder: Path) -> None:
    """Tell each of the reports below a folder of the others."""
    _, found, _ = read_reports(published_file, folder)
    for report in found:
        atomic_write(report.folder / FILE, script(found))
