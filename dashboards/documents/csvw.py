"""A table as CSV, and its description as JSON (W3C: Metadata Vocabulary for Tabular Data, ”CSV on the Web”).

One line per number, with a column for each variable: that reads the same whatever the table looks like on a page, needs no
knowledge of merged headings, and puts the unit beside each number. The number itself is plain (``7546``, a share in whole per
cent, ``0`` for zero); where a table has a sign instead of a number, the number is left out and the sign stands beside it.
"""

import csv
import io
import json
import unicodedata
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from dashboards.content.tables import Block
from dashboards.documents import names
from dashboards.documents.cube import Cube, cube, sign, value
from dashboards.documents.outline import Outline, days, period_line
from dashboards.wording import numbers

NUMBER, UNIT, SIGN = "Värde", "Enhet", "Tecken"

#: What a spreadsheet takes for the beginning of a formula.
_BEGINS_A_FORMULA = ("=", "+", "-", "@")


def table(block: Block, outline: Outline) -> str:
    """The file's text; the block has rows and columns."""
    content = cube(block, outline.data)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([*(variable.name for variable in content.variables), NUMBER, UNIT, SIGN])
    for where, cell, unit in zip(content.combinations(), content.cells, content.units, strict=True):
        number = value(cell)
        text = "" if number is None else f"{number:f}" if isinstance(number, Decimal) else str(number)
        writer.writerow([*map(_label, where), text, unit, sign(cell)])
    return file.getvalue()


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
    columns.append(
        _column(
            NUMBER, number, columns, null="", description="Antal, eller andel i hela procent. Tomt där talet saknas."
        )
    )
    columns.append(_column(UNIT, {"base": "string"}, columns, required=True))
    signs = "; ".join(f"”{mark}” {meaning}" for mark, meaning in numbers.SIGNS if mark != numbers.NOTHING)
    columns.append(_column(SIGN, {"base": "string"}, columns, null="", description=f"Varför talet saknas: {signs}."))
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
