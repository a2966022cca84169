"""`kaa audit`: what an auditor asks (audit.md). Reads arguments, asks ``pipelines.audit``, prints what came of it."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.controls import controls, log
from pipelines.commands.tables import WRITERS, write_object, write_text
from pipelines.commands.terminal import as_day, say
from pipelines.runtime.errors import UsageError

if TYPE_CHECKING:
    from pipelines.audit.trace import Trace

EVIDENCE_COLUMNS = (
    "person", "key", "value", "role", "dataset", "evidence_key", "extract_date", "delivery_id", "folder", "file", "line",
    "sha256",
)  # fmt: skip
STEP_COLUMNS = ("reason", "change", "units", "protected")


@click.group()
def audit() -> None:
    """From a number to its rows and files, and from a period to persons drawn by lot."""


audit.add_command(log)
audit.add_command(controls)


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

    gc.disable()  # an answer may be a hundred thousand small things, and the process ends with it
    home = open_home()
    found = read_trace(home, Cell(**dimensions), period_id, as_day(as_known), key)
    log_access(home, _question("trace", dimensions, period=period_id, as_known=as_known), len(found.rows))
    if format_ == "json":
        write_object(found.as_json())
        return
    if format_ == "table":
        click.echo(_heading(found))
    WRITERS[format_](EVIDENCE_COLUMNS, list(_lines(found)))
    if found.protected:
        say(f"{found.protected} more are counted and not shown: their identity is protected.")


def _question(command: str, dimensions: dict[str, str], **asked: str | None) -> str:
    """What was asked, as one asks it; a dimension that is not given is left out."""
    given = {name: value for name, value in (asked | dimensions).items() if value not in (None, "*")}
    return " ".join([f"kaa audit {command}", *(f"--{name.replace('_', '-')} {value}" for name, value in given.items())])


@audit.command()
@cell_options
@click.option("--from", "start_of", help="A period, or an edition.")
@click.option("--to", "end_of", help="A period, an edition of the same period, or now.")
@click.option("--period", "period_id", help="With --as-known and --and-known: the period.")
@click.option("--as-known", "as_known", help="As known on this day (YYYY-MM-DD) …")
@click.option("--and-known", "and_known", help="… and on this later day.")
@click.option("--format", "format_", type=click.Choice(("table", "csv", "json")), default="table", show_default=True)
def explain(
    start_of: str | None,
    end_of: str | None,
    period_id: str | None,
    as_known: str | None,
    and_known: str | None,
    format_: str,
    **dimensions: str,
) -> None:
    """Why a number is another one: what came and what went, adding up exactly."""
    from pipelines.audit.access_log import log_access
    from pipelines.audit.cell import Cell
    from pipelines.commands.traces import read_explained
    from pipelines.state.home import open_home

    days = as_day(as_known), as_day(and_known)
    home = open_home()
    found = read_explained(home, Cell(**dimensions), (start_of, end_of), period_id, days).as_json()
    asked = {"from": start_of, "to": end_of, "period": period_id, "as_known": as_known, "and_known": and_known}
    log_access(home, _question("explain", dimensions, **asked), sum(len(step["rows"]) for step in found["steps"]))
    if format_ == "json":
        write_object(found)
        return
    if format_ == "table":
        click.echo(f"{found['from']}: {found['start']}; {found['to']}: {found['end']}")
    rows = [
        (step["reason"], step["change"], len(step["rows"]) + step["protected"], step["protected"])
        for step in found["steps"]
    ]
    WRITERS[format_](STEP_COLUMNS, rows)


@audit.command()
@click.option("--period", "period_id", required=True, help="For example verksamhetsar-2023; no single day.")
@click.option("--n", required=True, type=click.IntRange(min=1), help="How many persons.")
@click.option("--seed", required=True, type=int, help="A whole number; the same one draws the same persons.")
@click.option(
    "--strata",
    type=click.Choice(("job_centre", "gender", "district")),
    help="Draw in proportion, and one of each at least.",
)
@click.option("--format", "format_", type=click.Choice(("json", "csv", "docx")), default="json", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="A new file; what is there is never replaced."
)
def sample(period_id: str, n: int, seed: int, strata: str | None, format_: str, out: Path | None) -> None:
    """Persons drawn by lot for a file review, with what their files hold."""
    from pipelines.audit.access_log import log_access
    from pipelines.commands.samples import as_text, read_sample, refuse_place, working_paper, write_sample
    from pipelines.state.home import open_home

    home = open_home()
    if out:
        refuse_place(home, out)
    elif format_ == "docx":
        raise UsageError("A Word file is not for the terminal: say where it goes with --out.")
    drawn = read_sample(home, period_id, n, seed, strata)
    log_access(home, _question("sample", {}, period=period_id, n=str(n), seed=str(seed), strata=strata), n)
    if out:
        write_sample(out, working_paper(home, drawn) if format_ == "docx" else as_text(drawn, format_))
        say(
            f"Wrote {out}: {n} of {drawn.population} persons. It tells of persons: keep it where only the reviewers read."
        )
    else:
        write_text(as_text(drawn, format_))


def _heading(found: "Trace") -> str:
    return f"{found.value}: {found.figure.title}, {found.figure.measures[found.cell.measure].title} ({found.period_id})"


def _lines(found: "Trace") -> Iterator[tuple[Any, ...]]:
    """A line per delivered row; a unit without any has one line of its own."""
    for row in found.as_json()["rows"]:
        unit = (row["person"], row["key"], row["value"])
        for one in row["evidence"] or [{}]:
            yield *unit, *(one.get({"evidence_key": "key"}.get(name, name)) for name in EVIDENCE_COLUMNS[3:])
