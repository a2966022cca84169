"""`kaa audit log` and `kaa audit controls`: who has looked, and whether the house's own controls held."""

import sys

import click

from pipelines.commands.terminal import say


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
