"""`kaa audit log` and `kaa audit controls`: who has looked, and whether the house's own controls held."""

import sys
from pathlib import Path

import click

from pipelines.commands.tables import object_text, write_object
from pipelines.commands.terminal import as_day, format_option, say


@click.group()
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


@click.command()
@click.option("--from", "first", required=True, help="First day (YYYY-MM-DD).")
@click.option("--to", "last", required=True, help="Last day (YYYY-MM-DD).")
@format_option("json", "json", "docx")
@click.option("--out", type=click.Path(path_type=Path), help="A file that is not there yet; a Word file needs one.")
def controls(first: str, last: str, format_: str, out: Path | None) -> None:
    """Whether the house's own controls held: what came, what became of each row, decisions, access, changes, checks, purges and
    editions.

    What came is listed by extract date, what was done by the clock.
    """
    from zoneinfo import ZoneInfo

    from pipelines.audit.controls import Days
    from pipelines.audit.controls import controls as read_controls
    from pipelines.commands.controls_document import controls_document
    from pipelines.commands.queries import from_published
    from pipelines.configuration.contract import load_sources
    from pipelines.runtime.errors import UsageError
    from pipelines.runtime.os_errors import sentence
    from pipelines.state.home import open_home

    home = open_home()
    start, end = as_day(first), as_day(last)
    assert start and end
    days = Days(start, end, ZoneInfo(home.municipality.timezone))
    if format_ == "docx" and out is None:
        raise UsageError("A Word file is not written to the terminal: say where with --out.")
    sources = load_sources(home.municipality.own_codes)
    found = from_published(home, lambda version: read_controls(home, version, sources, days))
    if out is None:
        write_object(found)
        return
    content = controls_document(found, days, home.municipality) if format_ == "docx" else object_text(found).encode()
    try:
        with out.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise UsageError(f"{out} is there already: choose another file with --out, or move it away.") from None
    except OSError as error:
        raise UsageError(f"The controls cannot be written. {sentence(error)}") from error
    say(f"Wrote {out}.")
