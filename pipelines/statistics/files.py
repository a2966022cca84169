"""The file to SCB as CSV and Excel, in the layout's columns, formats and codes. What stands in it: ``youths``."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import xlsxwriter

from pipelines.runtime.errors import UsageError
from pipelines.statistics.layout import Layout, LayoutColumn
from pipelines.statistics.youths import Youth

_NEWLINES = {"lf": "\n", "crlf": "\r\n"}


def table(layout: Layout, youths: list[Youth]) -> list[list[str]]:
    """The rows as text, in order of personnummer. Raises UsageError for a code that the layout has no word for."""
    ordered = sorted(youths, key=lambda youth: youth.values["personnummer"] or "")
    return [
        [_text(layout, column, row.get(column.value)) for column in layout.columns]
        for youth in ordered
        for row in youth.rows
    ]


def _text(layout: Layout, column: LayoutColumn, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.strftime(layout.csv.dates)
    if column.codes is None:
        return str(value)
    if value not in layout.codes[column.codes]:
        raise UsageError(
            f"The layout has no code for {value} in the table {column.codes} (column {column.name}): add it to the layout, and "
            "run kaa scb again. Nothing was written."
        )
    return layout.codes[column.codes][value]


def as_csv(layout: Layout, rows: list[list[str]]) -> bytes:
    """Raises UsageError when the layout's encoding cannot hold a text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=layout.csv.separator, lineterminator=_NEWLINES[layout.csv.newline])
    writer.writerows(_with_header(layout, rows))
    try:
        return buffer.getvalue().encode(layout.csv.encoding)
    except UnicodeEncodeError as error:
        raise UsageError(
            f"The layout's encoding {layout.csv.encoding} cannot hold a heading or code of it: choose utf-8, or other words."
        ) from error


def as_excel(layout: Layout, rows: list[list[str]]) -> bytes:
    """Every cell is text, so that no number loses a digit or a zero on its way."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False}) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # the same rows give the same bytes
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("KAA")
        for place, row in enumerate(_with_header(layout, rows)):
            for column, value in enumerate(row):
                sheet.write_string(place, column, value, text)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(layout.columns) - 1, 22)
    return buffer.getvalue()


def _with_header(layout: Layout, rows: list[list[str]]) -> Iterator[list[str]]:
    yield [column.name for column in layout.columns]
    yield from rows
