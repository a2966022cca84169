"""Nights as the monitoring sees them: a record of the run, and a published file with what the night found. No nightly is run."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pipelines.monitoring.after_run import after_run
from pipelines.notices import Notice
from pipelines.publication.published_file import write_notices
from pipelines.publication.tables import create_tables
from pipelines.runtime import clock
from pipelines.state.home import Home, Version
from pipelines.state.last_run import LastRun, RunResult, write_last_run

ZONE = ZoneInfo("Europe/Stockholm")


def at(text: str) -> datetime:
    """A moment by Swedish clocks: ``2026-11-30 04:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass
class Night:
    """What a night publishes. Deliveries: id, source, day, revision, status, reason, folder, and the version that judged them."""

    deliveries: list[tuple[str, str | None, str | None, int, str, str | None, str, int]] = field(default_factory=list)
    checks: list[tuple[str, str, str, bool]] = field(default_factory=list)
    jumps: list[tuple[str, bool]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    #: Source, state, and how many expected extracts are missing.
    freshness: list[tuple[str, str, int]] = field(default_factory=list)

    def write(self, published: Path, number: int, moment: datetime) -> None:
        published.write_bytes(_empty())
        with duckdb.connect(str(published)) as connection:
            connection.execute(
                "insert into publication by name select ? as version, ?::timestamp as published_at, '1' as program_version, "
                "'0180' as municipality_code, 'Stockholms stad' as municipality_name, 0 as accepted_deliveries",
                [number, moment.replace(tzinfo=None)],
            )
            for delivery, source, day, revision, status, reason, folder, judged_in in self.deliveries:
                connection.execute(
                    "insert into delivery values (?, ?::date, ?, ?, ?, ?, 10, 1, ?, ?, ?, null)",
                    [source, day, revision, status, reason, "Den är fel.", delivery, folder, judged_in],
                )
            for source, dataset, name, success in self.checks:
                row = [source, dataset, name, success]
                connection.execute("insert into contract_check values (?, ?, ?, 'warning', ?, 'Fler än väntat.')", row)
            for name, is_warning in self.jumps:
                connection.execute(
                    "insert into figure_check by name select ? as check_name, 'Inskrivna' as title, ? as is_warning, "
                    "'last_night' as compared_with, date '2026-11-27' as compared_date, date '2026-11-28' as on_date",
                    [name, is_warning],
                )
            for source, state, missing in self.freshness:
                row = [source, state, missing]
                connection.execute("insert into freshness by name select ? as source, ? as state, ? as missing", row)
        write_notices(published, self.notices)


@cache
def _empty() -> bytes:
    """A published file with nothing in it: making its tables takes longer than all that a test puts in them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "published.duckdb"
        with duckdb.connect(str(path)) as connection:
            create_tables(connection)
        return path.read_bytes()


def publish(home: Home, moment: str, night: Night, **of_the_run: Any) -> LastRun:
    """A night that ends at a moment and publishes."""
    with clock.running(lambda: at(moment)):
        before = home.current()
        version = Version(home.path, before.number + 1 if before else 1)
        version.begin()
        night.write(version.published, version.number, at(moment))
        home.put_in_place(version)
        run = LastRun(
            at(moment).isoformat(), 1, RunResult.PUBLISHED, at(moment).isoformat(), version.number, 0,
            notices=[_as_kept(one) for one in night.notices], **of_the_run,
        )  # fmt: skip
        write_last_run(home.path, run)
        after_run(home, run)
    return run


def end_otherwise(home: Home, moment: str, result: RunResult, failure: str | None = None) -> LastRun:
    """A night that ends at a moment without publishing."""
    with clock.running(lambda: at(moment)):
        run = LastRun(at(moment).isoformat(), 1, result, at(moment).isoformat(), exit_code=1, failure=failure)
        with suppress(OSError):  # a full disk
            write_last_run(home.path, run)
        after_run(home, run)
    return run


def _as_kept(notice: Notice) -> dict[str, Any]:
    return {
        "code": notice.code.value,
        "about": dict(notice.about),
        "sentence": notice.sentence,
        "waits_for_a_person": notice.waits_for_a_person,
    }
