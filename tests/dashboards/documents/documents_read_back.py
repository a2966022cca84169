"""Reads the tables of each kind of file back, with another library than wrote them, as the texts that a page shows.

A table is a list of rows, a row is its label and its cells. Nothing of ``dashboards.documents`` that decides what is shown is
used here; only the blocks' ids, order and files' names.
"""

import csv
import json
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import openpyxl
from docx import Document
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from pyaxis import pyaxis

from tests.dashboards import html_page

Row = tuple[str, ...]
Rows = list[Row]

NOTHING, MINUS, BLANK = "\u2013", "\u2212", "\u00a0"


def number_text(number: Decimal, decimals: int | None = None) -> str:
    """``1234.5`` as ``1 234,5``, written here once more so that an error in the program is not repeated."""
    digits = format(abs(number), "f")
    whole, _, rest = digits.partition(".")
    rest = rest.rstrip("0") if decimals is None else rest.ljust(decimals, "0")[:decimals]
    groups = re.sub(r"(?<=\d)(?=(\d{3})+$)", BLANK, whole)
    return (MINUS if number < 0 else "") + groups + (f",{rest}" if rest else "")


def plain(text: str) -> str:
    """Text on one line, as documents show it: control characters and line ends are blanks."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]+", " ", text).split(" ")).strip()


# -- the site ------------------------------------------------------------------------------------------------------------


def site(folder: Path) -> dict[str, list[Rows]]:
    """Section's id -> its tables, from the pages that show blocks."""
    found: dict[str, list[Rows]] = {}
    # A public output has no page of the target group.
    for page in filter(
        lambda name: (folder / name).exists(),
        (
            "arsrapport.html",
            "likvardighet.html",
            "uppfoljning.html",
            "malgrupp.html",
        ),
    ):
        for table in html_page.Page((folder / page).read_text(encoding="utf-8")).tables:
            rows = [(plain(label), *cells) for label, cells in table.rows]
            found.setdefault(table.section, []).append(rows)
    return found


# -- Excel ---------------------------------------------------------------------------------------------------------------


def _shown(value: Any, shape: str) -> str:
    """A cell as Excel shows it, for the number formats that the workbook uses, in Swedish."""
    if isinstance(value, str):
        return value
    positive, negative, zero = shape.split(";")
    number = Decimal(repr(value))
    used = negative if number < 0 else zero if number == 0 else positive
    if used == f'"{NOTHING}"':
        return NOTHING
    match = re.fullmatch(r'(?:"(.)")?#,##0(\.0+)?( %)?', used)
    assert match, used
    sign, point, percent = match.groups()
    decimals = len(point) - 1 if point else 0
    # Excel rounds a half away from zero.
    number = (abs(number) * (100 if percent else 1)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = number_text(number, decimals)
    return f"{sign or ''}{text}{BLANK + '%' if percent else ''}"


def excel(path: Path) -> dict[str, Rows]:
    """Title of the sheet -> its table."""
    book = openpyxl.load_workbook(path)
    found = {}
    for sheet in book.worksheets[3:-1]:
        head = sheet.freeze_panes
        first = int(re.sub(r"\D", "", str(head)))
        rows = []
        for line in sheet.iter_rows(min_row=first):
            if line[0].value is None:
                break
            cells = [cell for cell in line[1:] if cell.value is not None]
            rows.append((plain(str(line[0].value)), *(_shown(cell.value, cell.number_format) for cell in cells)))
        found[str(sheet["A1"].value)] = rows
    return found


# -- Word ----------------------------------------------------------------------------------------------------------------


def word(path: Path) -> list[tuple[str, str, Rows]]:
    """(the content control's id, the caption above, rows) in the document's order; a table that goes on below is put together
    again."""
    document = Document(str(path))
    found: list[tuple[str, str, Rows]] = []
    caption = ""
    for element in document.element.body.iter(qn("w:p"), qn("w:tbl")):
        if element.tag.endswith("}p"):
            if element.pPr is not None and element.pPr.style in ("Caption", "Tabelltitel"):
                caption = "".join(text.text or "" for text in element.iter(qn("w:t")))
        elif element.tag.endswith("}tbl"):
            rows = []
            for line in WordTable(element, document).rows:
                if line._tr.trPr is not None and line._tr.trPr.xpath("./w:tblHeader"):
                    continue
                rows.append(tuple(cell.text for cell in line.cells))
            rows = [(plain(row[0]), *row[1:]) for row in rows]
            if caption.endswith(" (forts.)"):
                before = found[-1][2]
                assert [row[0] for row in before] == [row[0] for row in rows]
                found[-1] = (*found[-1][:2], [(*old, *new[1:]) for old, new in zip(before, rows, strict=True)])
            else:
                found.append((_control(element), caption, rows))
    return found


def _control(table: Any) -> str:
    """The id of the content control that a table stands in."""
    (tag,) = table.xpath("ancestor::w:sdt[1]/w:sdtPr/w:tag/@w:val")
    return str(tag).removeprefix("kaa:")


# -- data files ----------------------------------------------------------------------------------------------------------


def px(path: Path) -> Rows:
    """The rows of a PC-Axis file. Values that were made unique keep their number."""
    read = pyaxis.parse(str(path), encoding="utf-8")
    units = read["METADATA"]
    kinds = units.get("CONTVARIABLE", [None])[0]
    stub = units["STUB"]
    rows: Rows = []
    for label, lines in groupby(read["DATA"].to_dict("records"), key=lambda line: [line[name] for name in stub]):
        cells = []
        for line in lines:
            unit = units[f"UNITS({line[kinds]})"][0] if kinds else units["UNITS"][0]
            data = line["DATA"]
            # pyaxis turns one dot into nothing and two into not-a-number.
            if data == "":
                cells.append(".")
            elif data != data:
                cells.append("..")
            elif data == '"-"':
                cells.append(NOTHING)
            else:
                cells.append(_with_unit(Decimal(data), unit))
        rows.append((", ".join(label), *cells))
    return rows


def csv_rows(path: Path) -> Rows:
    """The rows of a CSV file by its description: (label, number, or the sign where there is none) with its unit.

    A label that a spreadsheet would take for a formula has an apostrophe before it.
    """
    description = json.loads(path.with_name(path.name + "-metadata.json").read_text(encoding="utf-8"))
    keys = description["tableSchema"]["primaryKey"]
    names = [column["name"] for column in description["tableSchema"]["columns"]]
    with path.open(encoding="utf-8", newline="") as file:
        lines = [dict(zip(names, line, strict=True)) for line in list(csv.reader(file))[1:]]
    # What names a row on the page is what the PX file has before the rows.
    stub = len(pyaxis.parse(str(path.with_suffix(".px")), encoding="utf-8")["METADATA"]["STUB"])
    rows = []
    for labels, cells in groupby(lines, key=lambda line: [line[key] for key in keys[:stub]]):
        assert not [label for label in labels if label.startswith(("=", "+", "-", "@"))], labels
        label = ", ".join(re.sub("^'(?=[=+@-])", "", label) for label in labels)
        rows.append((label, *(_csv_cell(cell) for cell in cells)))
    return rows


def _csv_cell(cell: dict[str, str]) -> str:
    if not cell["tal"]:
        return cell["tecken"]
    assert not cell["tecken"]
    return _with_unit(Decimal(cell["tal"]), cell["enhet"])


def _with_unit(number: Decimal, unit: str) -> str:
    """As a page shows a number of this unit: a difference of shares always has its decimal."""
    if unit == "procentenheter":
        return number_text(number, 1)
    return number_text(number) + (f"{BLANK}%" if unit == "procent" else "")


def zero_as_number(rows: Iterable[Row], like: Iterable[Row]) -> Rows:
    """A page's rows as a data file has them, where zero is the number 0 and not a sign. ``like`` tells which are shares."""
    return [
        (row[0], *(("0" + other[1:] if other.startswith("0") else other) if text == NOTHING else text
                   for text, other in zip(row[1:], line[1:], strict=True)))
        for row, line in zip(rows, like, strict=True)
    ]  # fmt: skip
