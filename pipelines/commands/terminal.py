"""What the commands have in common: words for people, and options that several take."""

import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import click

from pipelines.runtime import output
from pipelines.runtime.errors import UsageError


def say(text: str) -> None:
    """A message for people; it may name a file that somebody has delivered."""
    click.echo(output.harmless(text), err=True, color=True)


def progress(text: str) -> None:
    """Progress, shown only when somebody watches."""
    if sys.stderr.isatty():
        say(text)


def format_option(default: str, *choices: str) -> Callable[[Any], Any]:
    """The option ``--format`` with these choices."""
    return click.option("--format", "format_", type=click.Choice(choices), default=default, show_default=True)


def as_day(text: str | None) -> date | None:
    """A day as it is written on the command line. Raises UsageError when it is none."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:  # other ISO 8601 forms are not what interface.md says
        raise UsageError(f"{text!r} is not a day: write it as YYYY-MM-DD.")
    return day
