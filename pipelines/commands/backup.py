"""`kaa backup` and `kaa restore --backup`: what came of them, in words. The work belongs in ``take_backup`` and "
"``restore_backup``."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from pipelines.commands.tables import WRITERS
from pipelines.commands.terminal import format_option, progress, say
from pipelines.runtime.errors import UsageError

CHECKED_COLUMNS = ("backup", "taken_at", "version", "files", "bytes", "state")


@click.command()
@click.argument("place", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--keep", type=click.IntRange(1), help="Remove all but so many of the newest backups, once this one is taken."
)
@click.option("--check", is_flag=True, help="Take none: read back those that lie there.")
@format_option("table", "table", "json", "csv")
def backup(place: Path, keep: int | None, check: bool, format_: str) -> None:
    """A copy of KAA_HOME, all of one published version, in a new folder below DIR; a nightly may be at work meanwhile.

    It is read back before it counts. What has not changed since the backup before takes no room: it is linked to it. The keys
    are not in it. kaa restore --backup makes an empty KAA_HOME of it.

    Exit code 0: taken and whole (with --check: all are); 2: taken, but a backup or the archive is damaged, and that is said;
    1: not taken.
    """
    if check:
        if keep:
            raise UsageError("--check removes nothing: leave out --keep.")
        _check(place, format_)
        return
    from pipelines.commands.take_backup import take_backup
    from pipelines.state.home import open_home

    home = open_home(writing=True)
    taken = take_backup(home, place, keep, progress)
    say(
        f"{taken.folder}: version {taken.version}, {taken.files} files of {_megabytes(taken.size)}, read back; "
        f"{_megabytes(taken.copied)} of them are new."
    )
    if taken.removed:
        say(f"Removed {len(taken.removed)} older: {', '.join(path.name for path in taken.removed)}.")
    if home.keys.resolve().is_relative_to(home.path.resolve()):
        say(
            f"The keys in {home.keys} are not in the backup: they belong in the key store, and better outside KAA_HOME."
        )
    for fault in taken.faults:
        say(fault)
    sys.exit(2 if taken.faults else 0)


def restore_taken(taken: Path, keys: Path | None, progress: Callable[[str], None]) -> None:
    """`kaa restore --backup`."""
    from pipelines.commands.restore_backup import restore_backup
    from pipelines.runtime.surroundings import home_path

    home = restore_backup(home_path(), taken, keys, progress)
    version = home.current()
    number = version.number if version else 0
    say(
        f"Restored as version {number}, as it was in {taken.name}. Run kaa nightly: it takes in what has been delivered since."
    )


def _check(place: Path, format_: str) -> None:
    from pipelines.commands.check_backups import check_backups

    checked = check_backups(place)
    WRITERS[format_](CHECKED_COLUMNS, checked)
    damaged = [row for row in checked if row[-1] != "whole"]
    say(f"{len(checked) - len(damaged)} of {len(checked)} backups are whole.")
    sys.exit(2 if damaged else 0)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB".replace(",", " ")
