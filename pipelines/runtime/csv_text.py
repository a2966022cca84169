"""Rows as CSV text: comma, RFC 4180, LF, a header row."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The whole text; nothing is an empty field."""
    return "".join(_line(row) for row in [columns, *rows])


def _line(row: Sequence[Any]) -> str:
    # With the line end of RFC 4180, for a value with a lone carriage return is quoted only then.
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(row)
    return buffer.getvalue().removesuffix("\r\n") + "\n"
