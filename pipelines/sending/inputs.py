"""Reads what a sender has, CSV of any dialect and encoding, Excel or JSON, into a table of text.

What is wrong with a file is told in one sentence that says what to do, without any value in it that could be a person's. What
the values mean does not belong here (``convert``).
"""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.personnummer import mask_name, mask_text
from pipelines.runtime.errors import UsageError
from pipelines.sending.mapping import Input, tidy

#: Among so many rows the headings are looked for where the mapping does not say on which they are.
_FIRST_ROWS = 50

_SEPARATORS = {";": "';'", ",": "','", "\t": '"\\t" (tab)', "|": "'|'"}

#: The first bytes of the file format that Excel had until 2007, and in which it keeps files with a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

#: What a spreadsheet shows in place of a value, in English and in Swedish, and where a column is too narrow for it.
_NO_VALUE = re.compile(
    "#{3,}|#(REF|REFERENS|VALUE|VÄRDEFEL|DIV/0|DIVISION/0|NAME|NAMN|NULL|SKÄRNING|NUM|OGILTIGT|SPILL|CALC)[!?]|#N/A|#SAKNAS!?"
)

_SUM_ROW = re.compile("(summa|delsumma|totalsumma|totalt|total|sum|summering)( [a-zåäö]+)?[ :]*", re.IGNORECASE)

#: Signs of ISO 8859-1 that no text holds; where they stand, windows-1252 has dashes and quotation marks.
_CONTROL_SIGNS = re.compile("[\x80-\x9f]")

_ZEROS = re.compile("0{2,}")


@dataclass
class Table:
    """The rows of an input that hold something, as text. ``lines``: where each stands in the input, from 1. ``places``: of the
    headings that the mapping names."""

    name: str
    places: dict[str, int]
    rows: list[list[str]]
    lines: list[int]

    def column(self, heading: str) -> list[str]:
        """The values below a heading, trimmed."""
        place = self.places[heading]
        return [row[place].strip() if place < len(row) else "" for row in self.rows]


@dataclass
class _Grid:
    """Everything that stands in an input. ``merged``: first and last row, first and last place of cells that are one."""

    rows: list[tuple[int, list[str]]]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


def read_table(path: Path, how: Input, wanted: list[str]) -> Table:
    """The rows of an input. ``wanted``: the headings that it must have. Raises UsageError with what is wrong."""
    name = mask_name(path.name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"The input {name} cannot be read ({error.strerror}): give a file that can.") from error
    if not content.strip():
        raise UsageError(f"{name} is empty: export it again.")
    if how.kind == "json":
        return _json_table(content, name, how, wanted)
    grid = _excel(content, name, how) if how.kind == "excel" else _csv(content, name, how, wanted)
    return _table(grid, f"{name} ({how.sheet})" if how.sheet else name, how, wanted)


def first_sum_row(table: Table) -> int | None:
    """Where a row says that it is the sum of others; None where none does."""
    places = sorted(table.places.values())
    for line, row in zip(table.lines, table.rows, strict=True):
        filled = [cell.strip() for cell in row if cell.strip()]
        used = [row[place].strip() for place in places if place < len(row)]
        if any(_SUM_ROW.fullmatch(cell) for cell in [*filled[:1], *used]):
            return line
    return None


# --- text --------------------------------------------------------------------------------------------------------------


def _text(content: bytes, name: str, encoding: str) -> str:
    """The file's text. Raises UsageError where it is written in another encoding than the mapping says."""
    is_utf8, is_wide = (
        tidy(encoding).lower().replace("-", "").startswith(begin) for begin in ("utf8", ("utf16", "utf32"))
    )
    looks_like = None
    if not is_wide and (content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content):
        looks_like = "utf-16"
    elif not is_wide or b"\0" in content:
        try:
            text = content.decode("utf-8-sig" if is_utf8 else encoding)
        except UnicodeDecodeError:
            looks_like = "windows-1252" if is_utf8 else None
        else:
            if is_utf8 or is_wide or content.isascii():
                return text
            if not _is_utf8(content) and not _CONTROL_SIGNS.search(text):
                return text
            looks_like = "utf-8" if _is_utf8(content) else "windows-1252"
    advice = f" (this looks like {looks_like})" if looks_like else ""
    raise UsageError(f"{name} is not written in {encoding}: correct `encoding` in the mapping{advice}.")


def _is_utf8(content: bytes) -> bool:
    """Text in another encoding that is not plain ASCII is hardly ever sound UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _csv(content: bytes, name: str, how: Input, wanted: list[str]) -> _Grid:
    if content.startswith((b"PK\x03\x04", _OLE)):
        raise UsageError(
            f"{name} is an Excel file and no CSV: write `format: excel` in the mapping, or export it as CSV."
        )
    text = _text(content, name, how.encoding)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=how.separator,
        quotechar=how.quote,
        quoting=csv.QUOTE_NONE if how.quote is None else csv.QUOTE_MINIMAL,
        strict=True,
    )
    rows: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for row in reader:
            rows.append((begins, [_without_formula(cell) for cell in row]))
            begins = reader.line_num + 1
    except csv.Error:
        raise UsageError(
            f"{name} cannot be taken apart at line {begins}: a quotation mark there does not end as it should; "
            "correct `quote` in the mapping (`quote: null` where the file quotes nothing), or the line."
        ) from None
    _check_separator(rows, name, how, wanted)
    return _Grid(rows)


def _without_formula(cell: str) -> str:
    """A text that a sender has made a formula, `="0501"`, so that Excel leaves its zeros alone."""
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') and len(cell) > 2 else cell


def _check_separator(rows: list[tuple[int, list[str]]], name: str, how: Input, wanted: list[str]) -> None:
    """Whether every line is one field, while several columns are wanted."""
    filled = [row for _, row in rows[:_FIRST_ROWS] if any(cell.strip() for cell in row)]
    if len(wanted) < 2 or any(len(row) > 1 for row in filled):
        return
    lines = [row[0] for row in filled]
    better = max(
        (sign for sign in _SEPARATORS if sign != how.separator), key=lambda sign: sum(sign in line for line in lines)
    )
    advice = f" (this looks like {_SEPARATORS[better]})" if any(better in line for line in lines) else ""
    said = _SEPARATORS.get(how.separator, repr(how.separator))
    raise UsageError(
        f"{name} has one column only when it is parted at {said}: correct `separator` in the mapping{advice}."
    )


# --- Excel -------------------------------------------------------------------------------------------------------------


def _excel(content: bytes, name: str, how: Input) -> _Grid:
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise UsageError(f"{name} is protected with a password: save it without one, and run it again.")
        raise UsageError(f"{name} is an old Excel file (.xls): open it in Excel and save it as .xlsx.")
    from openpyxl import load_workbook  # takes a while, and most inputs are no Excel files

    try:
        book = load_workbook(io.BytesIO(content), data_only=True)
        formulas = load_workbook(io.BytesIO(content)) if _has_formulas(content) else None
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise UsageError(
            f"{name} cannot be read as an Excel file ({type(error).__name__}): open it in Excel and save it as .xlsx."
        ) from None
    sheets = {tidy(sheet.title): sheet for sheet in book.worksheets}
    if how.sheet is None and len(sheets) > 1:
        raise UsageError(f"{name} has several sheets: name one as `sheet` in the mapping ({_listed(sheets)}).")
    wanted = how.sheet or next(iter(sheets), "")
    if wanted not in sheets:
        raise UsageError(f"{name} has no sheet {wanted!r}: correct `sheet` in the mapping ({_listed(sheets)}).")
    sheet = sheets[wanted]
    computed = formulas[sheet.title] if formulas else None
    rows = []
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = [_cell(cell.value, cell.number_format) for cell in cells]
        if computed:
            for cell in cells:
                if cell.value is None and str(computed[cell.coordinate].value or "").startswith("="):
                    raise UsageError(
                        f"{name} holds a formula in cell {cell.coordinate} whose result is not in the file: open it "
                        "in Excel, let it calculate, and save it."
                    )
        rows.append((number, row))
    merged = [(area.min_row, area.max_row, area.min_col - 1, area.max_col - 1) for area in sheet.merged_cells.ranges]
    return _Grid(rows, merged)


def _has_formulas(content: bytes) -> bool:
    """Whether any sheet holds one; only then the file is read twice."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [part for part in parts.namelist() if part.startswith("xl/worksheets/") and part.endswith(".xml")]
        return any(re.search(rb"<(\w+:)?f[ >/]", parts.read(part)) for part in sheets)


def _cell(value: Any, number_format: str) -> str:
    """A cell as text: what Excel holds, not what it shows; but for zeros that a format puts before a number."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        is_day = value.time() == time(0)
        return value.date().isoformat() if is_day else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int | float):
        # Excel computes with fifteen digits; the further ones of a float are no part of what somebody wrote.
        text = str(value) if isinstance(value, int) else format(Decimal(format(value, ".15g")), "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text.zfill(len(number_format)) if _ZEROS.fullmatch(number_format) else text
    return str(value)


def _listed(names: Any) -> str:
    return ", ".join(repr(mask_name(name)) for name in names)


# --- JSON --------------------------------------------------------------------------------------------------------------


class _Twice(Exception):
    """A name that an object holds twice."""


def _json_table(content: bytes, name: str, how: Input, wanted: list[str]) -> Table:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        again = next((key for key, count in Counter(key for key, _ in pairs).items() if count > 1), None)
        if again is not None:
            raise _Twice(again)
        return dict(pairs)

    text = _text(content, name, how.encoding)
    try:
        found = json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=once)
    except _Twice as error:
        raise UsageError(
            f"{name} has an object with two fields named {mask_text(str(error))!r}: export it with one of each."
        ) from None
    except (ValueError, RecursionError):
        raise UsageError(f"{name} is no JSON: export it again, or correct `format` in the mapping.") from None
    for part in how.rows.split(".") if how.rows else []:
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        place = f"at {how.rows!r}" if how.rows else "at its top"
        raise UsageError(
            f"{name} holds no list of objects {place}: say in the mapping where it is (`rows`, names with dots between)."
        )
    entries = [dict(_flat(entry)) for entry in found]
    for heading in wanted:
        if entries and not any(heading in entry for entry in entries):
            raise UsageError(
                f"{name} has no field {heading!r} in any object: correct the mapping, or export it with that field."
            )
    rows = [[entry.get(heading, "") for heading in wanted] for entry in entries]
    return Table(name, {heading: place for place, heading in enumerate(wanted)}, rows, list(range(1, len(rows) + 1)))


def _flat(entry: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """The fields of an object, those of objects in it with dots between the names; lists are left out."""
    for key, value in entry.items():
        name = f"{before}{tidy(key)}"
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        elif not isinstance(value, list):
            text = "" if value is None else str(value).lower() if isinstance(value, bool) else value
            yield name, text.encode(errors="replace").decode()  # JSON can hold half a sign


# --- the table in it ---------------------------------------------------------------------------------------------------


def _table(grid: _Grid, name: str, how: Input, wanted: list[str]) -> Table:
    at = _header(grid, name, how, wanted)
    header_line, header = grid.rows[at][0], [tidy(cell) for cell in grid.rows[at][1]]
    for heading in wanted:
        if header.count(heading) > 1:
            raise UsageError(
                f"{name} has two columns named {heading!r} on row {header_line}: give them different names, for "
                "nothing says which is meant."
            )
    rows = [(line, row) for line, row in grid.rows[at + 1 + how.skip_rows :] if any(cell.strip() for cell in row)]
    rows = _without_footer(rows, how)
    places = {heading: header.index(heading) for heading in wanted}
    last = rows[-1][0] if rows else header_line
    for top, bottom, left, right in grid.merged:
        if bottom >= header_line and top <= last and any(left <= place <= right for place in places.values()):
            raise UsageError(
                f"{name} has merged cells in its table (rows {top} to {bottom}): split them in Excel (Dela celler) "
                "and fill in each, for nothing says what the empty ones hold."
            )
    _check_widths(rows, len(header), name, how)
    _check_shown(rows, places, name)
    return Table(name, places, [row for _, row in rows], [line for line, _ in rows])


def _header(grid: _Grid, name: str, how: Input, wanted: list[str]) -> int:
    """Where among the rows the headings are."""
    if how.header_row is not None:
        places = [place for place, (line, _) in enumerate(grid.rows) if line == how.header_row]
        if not places:
            raise UsageError(f"{name} has no row {how.header_row}: correct `header_row` in the mapping.")
        candidates = places
    else:
        candidates = list(range(min(_FIRST_ROWS, len(grid.rows))))
    found = {place: {tidy(cell) for cell in grid.rows[place][1]} & set(wanted) for place in candidates}
    best = max(candidates, key=lambda place: (len(found[place]), -place), default=None)
    if best is None or (wanted and not found[best]):
        where = f"on row {how.header_row}" if how.header_row else f"among its first {_FIRST_ROWS} rows"
        raise UsageError(
            f"No header row was found in {name} {where}: none of the columns that the mapping names is there; "
            "correct `header_row` or the names in the mapping."
        )
    missing = [heading for heading in wanted if heading not in found[best]]
    if missing:
        there = [mask_text(tidy(cell)) for cell in grid.rows[best][1] if cell.strip()]
        raise UsageError(
            f"{name} has no column {', '.join(map(repr, missing))}: correct the mapping, or export it with that "
            f"column. Row {grid.rows[best][0]} has {', '.join(there)}."
        )
    return best


def _without_footer(rows: list[tuple[int, list[str]]], how: Input) -> list[tuple[int, list[str]]]:
    if isinstance(how.footer, int):
        return rows[: len(rows) - how.footer] if how.footer else rows
    for place, (_, row) in enumerate(rows):
        if tidy(next(cell for cell in row if cell.strip())).startswith(how.footer):
            return rows[:place]
    return rows


def _check_widths(rows: list[tuple[int, list[str]]], width: int, name: str, how: Input) -> None:
    """Whether every line of a CSV has as many values as there are headings; empty ones at the end do not count."""
    if how.kind != "csv":
        return
    for line, row in rows:
        if len(row) < width or any(cell.strip() for cell in row[width:]):
            raise UsageError(
                f"Line {line} of {name} has {len(row)} values and the header {width}: a value there holds the separator "
                "without being quoted, or the line is no data; mend it, or cut it off with `footer` or `skip_rows` in the "
                "mapping."
            )


def _check_shown(rows: list[tuple[int, list[str]]], places: dict[str, int], name: str) -> None:
    """Whether a spreadsheet shows that it has no value, or that a column was too narrow for it."""
    for line, row in rows:
        for heading, place in places.items():
            cell = row[place].strip() if place < len(row) else ""
            if cell.startswith("#") and _NO_VALUE.fullmatch(cell):
                raise UsageError(
                    f"Row {line} of {name} holds {cell[:12]} in the column {heading!r}, which Excel writes in place "
                    "of a value: mend the cell (or widen the column) and export it again."
                )
