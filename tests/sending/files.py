"""Small inputs and their mapping, for what one thing in them does."""

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl

from tests.sending.dialects import write_mapping

HEADER = ["Personnummer", "Bevis", "Datum"]

#: A mapping of beda's one dataset, which is small and has a number, a code and a day.
COLUMNS: dict[str, Any] = {
    "personnummer": {"from": "Personnummer", "personnummer": True},
    "bevis": {"from": "Bevis", "code": {"Examen": "GYMNASIEEXAMEN", "Studiebevis": "STUDIEBEVIS"}},
    "datum": {"from": "Datum", "date": ["%Y-%m-%d"]},
}


def mapping(place: Path, columns: dict[str, Any] | None = None, **how: Any) -> Path:
    """The mapping file; ``columns`` are laid over COLUMNS; `where` is the dataset's, all else the input's."""
    dataset: dict[str, Any] = {"where": how.pop("where", {}), "columns": COLUMNS | (columns or {})}
    dataset["input"] = {"file": "bevis*", **how}
    return write_mapping(place / "beda.yaml", "beda", {"bevis": dataset})


def csv_file(
    path: Path, *rows: list[str], header: list[str] | None = None, encoding: str = "utf-8", separator: str = ";"
) -> Path:
    """A CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([HEADER if header is None else header, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def excel_file(path: Path, *rows: list[Any], merged: str | None = None, sheet: str = "Blad1") -> Path:
    """An Excel file, its rows as they are given."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    if merged:
        page.merge_cells(merged)
    book.save(path)
    return path
