"""Rows on standard output, as a program or a person reads them; which rows these are belongs in ``queries``."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import click

from pipelines.runtime.csv_text import csv_text
from pipelines.runtime.output import harmless

Columns = Sequence[str]
Row = Sequence[Any]


def write_csv(columns: Columns, rows: Iterable[Row]) -> None:
    """Comma, RFC 4180, UTF-8, LF, a header row."""
    write_text(csv_text(columns, rows))


def write_text(text: str) -> None:
    """What a program reads, sign by sign: colours are not for click to take out, for values may hold such signs."""
    click.echo(text, nl=False, color=True)


def write_json(columns: Columns, rows: Iterable[Row]) -> None:
    """A list of objects; exact numbers are written digit by digit, which a float could not hold."""
    objects = [
        "{" + ", ".join(f"{json.dumps(name)}: {_json(value)}" for name, value in zip(columns, row, strict=True)) + "}"
        for row in rows
    ]
    write_text("[" + ",\n ".join(objects) + "]\n")


def write_object(content: dict[str, Any]) -> None:
    """One object on standard output."""
    write_text(object_text(content))


def object_text(content: dict[str, Any]) -> str:
    """One object: a line for each field, and for each entry of a list."""
    lines = [f"{json.dumps(name)}: {_field(value)}" for name, value in content.items()]
    return "{" + ",\n ".join(lines) + "}\n"


def _field(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):  # one by one: far faster than with an indent
        return "[\n  " + ",\n  ".join(json.dumps(entry, ensure_ascii=False) for entry in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _json(value: Any) -> str:
    from pipelines.warehouse.ask import ExactNumber

    return str(value) if isinstance(value, ExactNumber) else json.dumps(_plain(value), ensure_ascii=False)


def write_table(columns: Columns, rows: Sequence[Row]) -> None:
    """A table for people's eyes."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, show_lines=False)
    for row in rows:
        table.add_row(*("" if value is None else harmless(str(_plain(value))) for value in row))
    Console(width=None if sys.stdout.isatty() else 240, highlight=False, markup=False).print(table)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


WRITERS: dict[str, Callable[[Columns, Sequence[Row]], None]] = {
    "csv": write_csv,
    "json": write_json,
    "table": write_table,
}
