"""`kaa audit`: what an auditor asks (audit.md). Reads arguments, asks ``pipelines.audit``, prints what came of it."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.tables import WRITERS, write_object
from pipelines.commands.terminal import as_day, say

if TYPE_CHECKING:
    from pipelines.audit.trace import Trace

EVIDENCE_COLUMNS = (
    "person", "key", "value", "role", "dataset", "evidence_key", "extract_date", "delivery_id", "folder", "file", "line",
    "sha256",
)  # fmt: skip


@click.group()
def audit() -> None:
    """From a number to its rows and files."""


def cell_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name a cell; a dimension that is not given is all of it."""
    for name, text in reversed(
        [
            ("--gender", "kvinna or man."),
            ("--district", "Code of a district, or SAKNAS."),
            ("--job-centre", "Code of a job-centre, or SAKNAS."),
            ("--category", "Code of a category."),
            ("--subcategory", "Code of a subcategory."),
        ]
    ):
        command = click.option(name, default="*", help=text)(command)
    command = click.option("--measure", required=True, help="Measure of the figure.")(command)
    return click.option("--figure", required=True, help="Figure, as in kaa figures.")(command)


@audit.command()
@click.option("--period", "period_id", required=True, help="For example verksamhetsar-2023 or dag-2023-11-30.")
@cell_options
@click.option("--as-known", "as_known", help="Use only extracts up to this day (YYYY-MM-DD).")
@click.option("--key", type=click.Path(path_type=Path), help="The archive's private key: looks up the lines.")
@click.option("--format", "format_", type=click.Choice(("table", "csv", "json")), default="table", show_default=True)
def trace(period_id: str, as_known: str | None, key: Path | None, format_: str, **dimensions: str) -> None:
    """The rows that a number counts, and the delivered rows that decided."""
    from pipelines.audit.access_log import log_access
    from pipelines.audit.cell import Cell
    from pipelines.commands.traces import read_trace
    from pipelines.state.home import open_home

    home = open_home()
    found = read_trace(home, Cell(**dimensions), period_id, as_day(as_known), key)
    log_access(home, _question(found), len(found.rows))
    if format_ == "json":
        write_object(found.as_json())
        return
    if format_ == "table":
        click.echo(_heading(found))
    WRITERS[format_](EVIDENCE_COLUMNS, list(_lines(found)))
    if found.protected:
        say(f"{found.protected} more are counted and not shown: their identity is protected.")


def _question(found: "Trace") -> str:
    """What was asked, as one would ask it."""
    cell = {name: code for name, code in asdict(found.cell).items() if code != "*"}
    asked = {"period": found.period_id, **cell, "as-known": found.as_known}
    options = [f"--{name.replace('_', '-')} {value}" for name, value in asked.items() if value]
    return f"kaa audit trace {' '.join(options)}"


@audit.group()
def log() -> None:
    """Who has looked at rows (KAA_HOME/logs/access.jsonl)."""


@log.command()
def verify() -> None:
    """Whether the access log is as it was written.

    Exit code 0: it is; 2: the line that is named is changed, added or moved, or one is missing before it or after the last.
    """
    from pipelines.audit.access_log import FILE, first_wrong_line
    from pipelines.state.home import open_home

    home = open_home()
    wrong = first_wrong_line(home)
    if wrong is None:
        say(f"{home.path / FILE} is as it was written.")
        return
    click.echo(f"line {wrong}")
    say(
        f"{home.path / FILE} is not as it was written: line {wrong} is changed, added or moved, or a line beside it is missing. "
        "Compare it with a backup, and ask who has had access to KAA_HOME."
    )
    sys.exit(2)


def _heading(found: "Trace") -> str:
    return f"{found.value}: {found.figure.title}, {found.figure.measures[found.cell.measure].title} ({found.period_id})"


def _lines(found: "Trace") -> Iterator[tuple[Any, ...]]:
    """A line per delivered row; a unit without any has one line of its own."""
    for row in found.as_json()["rows"]:
        unit = (row["person"], row["key"], row["value"])
        for one in row["evidence"] or [{}]:
            yield *unit, *(one.get({"evidence_key": "key"}.get(name, name)) for name in EVIDENCE_COLUMNS[3:])
