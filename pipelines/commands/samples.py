"""Draws the file review's persons from the published version and puts it where somebody asked for it. What is drawn and looked
at: ``audit.sample``; how the working paper looks: ``dashboards.file_review``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.audit.sample import Sample, sample
from pipelines.commands.queries import from_published, is_computed
from pipelines.commands.tables import object_text
from pipelines.runtime import clock
from pipelines.runtime.csv_text import csv_text
from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import write_new
from pipelines.runtime.os_errors import sentence
from pipelines.state.home import Home
from pipelines.warehouse.periods import parse_period

COLUMNS = ("person", "stratum", "item", "status", "evidence_rows")


def read_sample(home: Home, period_id: str, n: int, seed: int, strata: str | None) -> Sample:
    """The persons drawn, with their files. Raises UsageError when so many cannot be drawn."""
    period = parse_period(period_id, home.municipality)
    return from_published(
        home,
        lambda version: sample(version, home.municipality, period, n, seed, strata, is_computed(version, period)),
    )


def as_text(drawn: Sample, format_: str) -> str:
    """The sample as json, or as csv with a row per person and item."""
    return object_text(drawn.as_json()) if format_ == "json" else csv_text(COLUMNS, _rows(drawn))


def _rows(drawn: Sample) -> Iterator[tuple[Any, ...]]:
    for case in drawn.cases:
        for item in case.items:
            yield case.person, case.stratum, item.item, item.status, len(item.evidence)


def working_paper(home: Home, drawn: Sample) -> bytes:
    """The sample as a Word file to write in."""
    from dashboards.file_review import working_paper

    today = clock.today(home.municipality.timezone)
    period = parse_period(drawn.period_id, home.municipality)
    return working_paper(drawn.as_json(), period.title, period.starts_on, period.ends_on, home.municipality, today)


def refuse_place(home: Home, out: Path) -> None:
    """Raises UsageError where a file is that somebody may have written in, or where the program keeps its own."""
    if out.resolve().is_relative_to(home.path.resolve()):
        raise UsageError(
            f"{out} lies in KAA_HOME, which keeps the program's own files: choose another place with --out."
        )
    if out.exists() or out.is_symlink():
        raise _is_there(out)


def write_sample(out: Path, content: bytes | str) -> None:
    """Write what nobody but the reviewer shall read. Raises UsageError when it is there already or cannot be written."""
    try:
        write_new(out, content, 0o600)
    except FileExistsError:
        raise _is_there(out) from None
    except OSError as error:
        raise UsageError(f"The sample cannot be written. {sentence(error)}") from error


def _is_there(out: Path) -> UsageError:
    return UsageError(f"{out} is already there, and somebody may have written in it: choose another name with --out.")
