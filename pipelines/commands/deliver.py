"""The command `kaa deliver`: says what came of it; how a delivery is made belongs in ``pipelines.sending``."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.tables import write_table, write_text
from pipelines.commands.terminal import as_day, say
from pipelines.personnummer import mask_name
from pipelines.runtime.output import harmless

if TYPE_CHECKING:
    from pipelines.sending.judge import Verdict

#: Written (or would be), and rows of it will be quarantined.
EX_QUARANTINED = 2


@click.command()
@click.option("--source", required=True, help="For example skolregister.")
@click.option(
    "--mapping", required=True, type=click.Path(path_type=Path), help="What the source's columns are made from (YAML)."
)
@click.option("--drop", required=True, type=click.Path(path_type=Path), help="Folder that the sources deliver to.")
@click.option("--date", "day", help="The day of the extract (YYYY-MM-DD; default: today).")
@click.option("--revision", type=click.IntRange(min=1, max=2**31 - 1), default=1, show_default=True)
@click.option("--dry-run", is_flag=True, help="Write nothing; show what was found, and what would be quarantined.")
@click.argument("inputs", nargs=-1, type=click.Path(path_type=Path), metavar="INPUT...")
def deliver(
    source: str, mapping: Path, drop: Path, day: str | None, revision: int, dry_run: bool, inputs: tuple[Path, ...]
) -> None:
    """Make a delivery of files as they come, and put it into the drop folder.

    Exit codes: 0 written, 2 written but rows of it will be quarantined, 64 not written. Nothing is taken in by it.
    """
    from pipelines.sending.deliver import deliver as make_delivery

    done = make_delivery(source, mapping, drop, inputs, as_day(day), revision, dry_run)
    for section in done.account:
        write_text(harmless("\n".join([section.heading, *section.sentences])) + "\n")
        if section.columns:
            write_table(section.columns, section.rows)
        write_text("\n")
    rows = sum(entry.rows for entry in done.packed.manifest.files)
    where = mask_name(str(done.folder))
    if dry_run:
        say(f"Nothing was written: this was a dry run. The delivery would have {_count(rows, 'row')}.")
    elif done.is_new:
        say(f"Written to {where}: {_count(rows, 'row')} in {_count(len(done.packed.files), 'file')}.")
    else:
        say(f"The same delivery already lies in {where}; nothing was written.")
    for sentence in _of_bad_rows(done.verdict, dry_run):
        say(sentence)
    if done.verdict.rejected:
        say(f"The receiver will reject the whole delivery: {done.verdict.rejected}")
    sys.exit(EX_QUARANTINED if done.verdict.quarantined else 0)


def _of_bad_rows(verdict: "Verdict", is_dry_run: bool) -> Iterator[str]:
    if not verdict.quarantined:
        return
    advice = "" if is_dry_run else " Mend them at their source; a dry run (--dry-run) shows where they stand."
    yield f"{_count(verdict.quarantined, 'row')} will be quarantined.{advice}"
    for one in verdict.bad:
        yield f"  {one.dataset}.{one.column}: {one.reason}, {_count(len(one.lines), 'row')} ({one.expected})"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
