"""A table as CSV, for programs and for spreadsheets in Swedish, and the description of the first as JSON (W3C: Metadata
Vocabulary for Tabular Data, ”CSV on the Web”).

One line per number, with a column for each variable: that reads the same whatever the table looks like on a page, needs no
knowledge of merged headings, and puts period and unit beside each number. The number itself is plain (``7546``, ``0`` for zero, a
share in whole per cent with what it is a share of beside it). Where a table has a sign instead of a number, the number is left
out and the sign stands beside it.
"""

import csv
import io
import json
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from dashboards.content.tables import Block, Cell
from dashboards.documents import names
from dashboards.documents.cube import Cube, Periods, cube, sign, value
from dashboards.documents.outline import Outline, days, period_line
from dashboards.wording import numbers

FROM, TO, NUMBER, UNIT, BASE, SIGN = "Från och med", "Till och med", "Tal", "Enhet", "Bas", "Tecken"

#: What a spreadsheet takes for the beginning of a formula.
_BEGINS_A_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    separator: str
    decimal_sign: str
    encoding: str


FOR_PROGRAMS = Dialect(",", ".", "utf-8")
#: Excel in Swedish takes a comma for a decimal sign, and UTF-8 for another code page unless a byte-order mark says so.
FOR_EXCEL = Dialect(";", ",", "utf-8-sig")


def table(block: Block, outline: Outline, dialect: Dialect) -> bytes:
    """The file's content; the block has rows and columns."""
    content = cube(block, outline.data)
    file = io.StringIO()
    writer = csv.writer(file, delimiter=dialect.separator, lineterminator="\r\n")
    writer.writerow([*(variable.name for variable in content.variables), FROM, TO, NUMBER, UNIT, BASE, SIGN])
    lines = zip(content.combinations(), content.periods, content.cells, content.units, strict=True)
    for where, periods, cell, unit in lines:
        found = [_plain(number, dialect) for number in (value(cell), _base(cell))]
        first, last = _days(periods, outline)
        writer.writerow([*map(_label, where), first, last, found[0], unit, found[1], sign(cell)])
    return file.getvalue().encode(dialect.encoding)


def _plain(number: Decimal | int | None, dialect: Dialect) -> str:
    if number is None:
        return ""
    text = f"{number:f}" if isinstance(number, Decimal) else str(number)
    return text.replace(".", dialect.decimal_sign)


def _base(cell: Cell) -> int | Decimal | None:
    """What a published share is a share of."""
    return value(Cell(cell.whole)) if cell.is_share and cell.number is not None else None


def _days(periods: Periods, outline: Outline) -> tuple[str, str]:
    """The first and last day of some periods, empty where it is not known."""
    known = [outline.periods[period] for period in periods if period in outline.periods]
    starts = [period.starts_on for period in known if period.starts_on]
    ends = [period.ends_on for period in known if period.ends_on]
    return (str(min(starts)) if starts else "", str(max(ends)) if ends else "")


def _label(text: str) -> str:
    """A label as a text for spreadsheets too: some come from deliveries, and a file of this kind cannot say what a text is."""
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text


def description(block: Block, outline: Outline) -> str:
    """The JSON file that tells what is in the CSV file, in Swedish."""
    content = cube(block, outline.data)
    publication = outline.publication
    text = " ".join(
        [
            f"{outline.title}. {outline.subtitle}. {period_line(block, outline)}",
            *(f"{one.figure.title}: {one.figure.definition}" for one in block.definitions),
        ]
    )
    found: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "sv"}],
        "url": PurePosixPath(names.csv(block.id)).name,
        "dc:title": block.heading,
        "dc:description": text,
        "dc:publisher": publication.municipality_name,
        "dc:license": {"@id": outline.open_data.licence},
        "dc:modified": {"@value": publication.published_at.date().isoformat(), "@type": "xsd:date"},
        "dc:language": "sv",
        "dc:source": outline.source,
        "dc:temporal": "/".join(str(day) for day in days(block, outline) if day),
        "rdfs:comment": [outline.audience, *block.notes, *outline.notes],
        "dialect": {"encoding": "utf-8", "delimiter": ",", "header": True, "doubleQuote": True},
        "tableSchema": _schema(content),
    }
    return json.dumps({name: value for name, value in found.items() if value}, ensure_ascii=False, indent=2) + "\n"


def _schema(content: Cube) -> dict[str, Any]:
    columns: list[dict[str, Any]] = []
    for variable in content.variables:
        columns.append(_column(variable.name, {"base": "string"}, columns, required=True))
    keys = [column["name"] for column in columns]
    number = {"base": "decimal"} if content.decimals else {"base": "integer"}
    signs = "; ".join(f"”{mark}” {meaning}" for mark, meaning in numbers.SIGNS if mark != numbers.NOTHING)
    for name, datatype, text in (
        (FROM, {"base": "date"}, "Periodens första dag."),
        (TO, {"base": "date"}, "Periodens sista dag."),
        (NUMBER, number, "Antal, eller andel i hela procent. Tomt där talet saknas."),
        (UNIT, {"base": "string"}, ""),
        (BASE, {"base": "integer"}, "Antalet som en andel är räknad på. Tomt där talet inte är en andel."),
        (SIGN, {"base": "string"}, f"Varför talet saknas: {signs}."),
    ):
        empty: dict[str, Any] = {"required": True} if name == UNIT else {"null": ""}
        columns.append(_column(name, datatype, columns, description=text, **empty))
    return {"columns": columns, "primaryKey": keys}


def _column(
    title: str, datatype: dict[str, Any], before: list[dict[str, Any]], description: str = "", **rest: Any
) -> dict[str, Any]:
    name = _name(title)
    while name in [column["name"] for column in before]:
        name += "_"
    column: dict[str, Any] = {"name": name, "titles": title, "datatype": datatype, **rest}
    if description:
        column["dc:description"] = description
    return column


def _name(title: str) -> str:
    """A heading as a name for programs: ``Tabellinnehåll`` is ``tabellinnehall``."""
    plain = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    return "_".join("".join(sign if sign.isalnum() else " " for sign in plain).split()) or "kolumn"
