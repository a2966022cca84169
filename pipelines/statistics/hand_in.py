"""`kaa scb` from the published version to files: reads, checks, compares with the figures, and remembers what was sent.

What was sent is kept without personnummer, as hash and counts, among what persons have decided (`decided.jsonl`): a later file
of the half-year replaces it whole.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pipelines.audit.access_log import log_access
from pipelines.audit.archived import ArchivedFiles
from pipelines.configuration.contract import load_sources
from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import atomic_write
from pipelines.runtime.os_errors import sentence
from pipelines.state import decision_log
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home, Version
from pipelines.state.keys import read_private_key
from pipelines.statistics.checks import Broken, broken_checks
from pipelines.statistics.files import as_csv, as_excel, table
from pipelines.statistics.layout import Layout, read_layout
from pipelines.statistics.numbers import newest_numbers
from pipelines.statistics.youths import HalfYear, read_youths
from pipelines.warehouse.ask import built_warehouse
from pipelines.warehouse.periods import Period, parse_period

DECISION = "hand-in-to-scb"

#: Counts of the file beside the published figure that must say the same: figure, measure.
_SAME_AS = {"covered": ("population", "in_register"), "reached": ("outreach", "reached")}


@dataclass(frozen=True)
class Compared:
    """A count of the file, the same of the half-year before, and the figure that must be equal, where there are such."""

    what: str
    now: int
    before: int | None
    figure: int | None

    @property
    def disagrees(self) -> bool:
        return self.figure is not None and self.figure != self.now


@dataclass(frozen=True)
class HandIn:
    """Everything of a half-year's file; ``rows`` as they are written."""

    period: Period
    layout: Layout
    half_year: HalfYear
    rows: list[list[str]]
    broken: list[Broken]
    compared: list[Compared]

    @property
    def has_errors(self) -> bool:
        return any(one.check.severity == "error" for one in self.broken) or any(one.disagrees for one in self.compared)


def half_year(period_id: str, home: Home) -> Period:
    """Raises UsageError when it is none."""
    period = parse_period(period_id, home.municipality)
    if period.kind != "halvar":
        raise UsageError(f"{period_id} is no half-year: give --period halvar1-2023 or halvar2-2023.")
    return period


def prepare(home: Home, version: Version, period: Period, key: Path, layout_file: Path | None) -> HandIn:
    """Read and check a half-year. Raises UsageError when there is none of it, the key does not fit, or the layout is wrong."""
    layout = read_layout(period.ends_on, layout_file) if layout_file else read_layout(period.ends_on)
    sources = load_sources(home.municipality.own_codes)
    files = ArchivedFiles(home.archive, read_private_key(key).private, sources)
    code = home.municipality.code
    before = _half_year_before(period, home)
    with built_warehouse(version) as connection:
        computed = {row[0] for row in connection.execute("select period_id from stg_input__periods").fetchall()}
        if period.period_id not in computed:
            raise UsageError(
                f"Nothing is loaded of {period.period_id}: choose a half-year with extracts of the register."
            )
        earlier = read_youths(connection, before, code).counts() if before.period_id in computed else {}
        found = read_youths(connection, period, code)
        figures = _figures(version, period)
        persons = [youth.person for youth in found.youths]
        log_access(
            home,
            f"kaa scb --period {period.period_id}",
            len(persons),
            "Uppgifter till SCB (9 § förordningen (2006:39))",
        )
        numbers = newest_numbers(connection, sources, files, home.pseudonym_key, persons)
    for youth in found.youths:
        youth.values["personnummer"] = numbers.get(youth.person)
    return HandIn(
        period, layout, found, table(layout, found.youths), broken_checks(layout, found.youths, period),
        _compared(_with_protected(found.counts()), _with_protected(earlier) if earlier else {}, figures, found.protected),
    )  # fmt: skip


def _with_protected(counts: dict[str, int]) -> dict[str, int]:
    return {"covered": counts["youths"] + counts["protected"], **counts}


def _compared(now: dict[str, int], before: dict[str, int], figures: dict[str, int], protected: int) -> list[Compared]:
    return [
        # Who has a protected identity stands in no row, so a figure of those reached is the same only where nobody has one.
        Compared(what, count, before.get(what), figures.get(what) if what == "covered" or not protected else None)
        for what, count in now.items()
    ]


def _half_year_before(period: Period, home: Home) -> Period:
    half, year = period.period_id.removeprefix("halvar").split("-")
    earlier = f"halvar1-{year}" if half == "2" else f"halvar2-{int(year) - 1:04d}"
    return parse_period(earlier, home.municipality)


def _figures(version: Version, period: Period) -> dict[str, int]:
    """The published figures that the file must agree with."""
    with open_for_reading(version.published) as published:
        return {
            what: int(
                published.execute(
                    "select coalesce(sum(value), 0) from figures where figure = ? and measure = ? and period = ? "
                    "and gender = '*' and district = '*' and job_centre = '*' and category = '*' and subcategory = '*'",
                    [figure, measure, period.period_id],
                ).fetchall()[0][0]
            )
            for what, (figure, measure) in _SAME_AS.items()
        }


# --- files ---------------------------------------------------------------------------------------------------------------


def names(period: Period) -> tuple[str, str, str]:
    """CSV, Excel and check report."""
    return f"scb_kaa_{period.period_id}.csv", f"scb_kaa_{period.period_id}.xlsx", f"kontroll_{period.period_id}.html"


def earlier_files(out: Path, period: Period) -> list[Path]:
    """The files of a half-year that lie in a folder: where none are made now, they are of other numbers than the report."""
    return [out / name for name in names(period)[:2] if (out / name).exists()]


def sent_before(home: Home, period: Period) -> list[dict[str, Any]]:
    """The files of a half-year that were made before, oldest first."""
    return [one for one in decision_log.decisions(home, DECISION) if one["period"] == period.period_id]


def write(home: Home, hand_in: HandIn, out: Path, report: str, check_only: bool) -> bool:
    """Write the report and, without errors and ``check_only``, the files, readable for their owner alone; returns whether it did.

    A file that is there and was not made here as it is now is never replaced. Raises UsageError then, or when nothing can be
    written.
    """
    csv_name, excel_name, report_name = names(hand_in.period)
    made = not hand_in.has_errors and not check_only
    contents = {report_name: report.encode()}
    if made:
        contents |= {csv_name: as_csv(hand_in.layout, hand_in.rows), excel_name: as_excel(hand_in.layout, hand_in.rows)}
    known = {digest for one in sent_before(home, hand_in.period) for digest in one["sha256"].values()}
    for name in contents.keys() - {report_name}:
        path = out / name
        if path.exists() and sha256(path.read_bytes()).hexdigest() not in known | {sha256(contents[name]).hexdigest()}:
            raise UsageError(f"{path} is not as kaa scb wrote it: move it away, or choose another folder with --out.")
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in contents.items():
            atomic_write(out / name, content, 0o600)
    except OSError as error:
        raise UsageError(f"The file to SCB cannot be written. {sentence(error)}") from error
    if made:
        _remember(home, hand_in, {name: sha256(content).hexdigest() for name, content in contents.items()})
    return made


def _remember(home: Home, hand_in: HandIn, hashes: dict[str, str]) -> None:
    decision_log.record(
        home, DECISION, "Uppgifter till SCB (9 § förordningen (2006:39))",
        period=hand_in.period.period_id, codes_are=hand_in.layout.codes_are, rows=len(hand_in.rows),
        counts={one.what: one.now for one in hand_in.compared}, sha256=hashes,
        replaces=len(sent_before(home, hand_in.period)),
    )  # fmt: skip
