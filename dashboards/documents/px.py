"""A table as a PC-Axis file, by Statistics Sweden's specification of the format, version 2013 (PX-file format specification
AXIS-VERSION 2013: keywords, their recommended order, texts of at most 256 characters on a line).

Zero is written ``"-"``, which the format shows as nothing, a number that is not available ``".."`` and one that cannot occur
``"."``, as in the tables of the pages. The file is UTF-8 and says so: names can hold letters that no single-byte code page
has (Sami place names).
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from dashboards.content.tables import Block, Cell, Points
from dashboards.documents.cube import CONTENTS, Cube, cube, sign, value
from dashboards.documents.outline import Outline
from dashboards.wording import numbers

ENCODING = "utf-8"

#: Longest text between two quotation marks, and longest line; the format allows 256.
LONGEST_TEXT = 240
LONGEST_LINE = 256

#: Statistics Sweden's code for the subject area education and research.
SUBJECT_CODE, SUBJECT_AREA = "UF", "Utbildning och forskning"


def table(block: Block, outline: Outline) -> str:
    """The file's text; the block has rows and columns."""
    content = cube(block, outline.data)
    day = f"{outline.publication.published_at:%Y%m%d %H:%M}"
    notes = "#".join((outline.audience, *block.notes, *outline.notes))
    head = [
        _texts("CHARSET", ["ANSI"]),
        _texts("AXIS-VERSION", ["2013"]),
        _texts("CODEPAGE", [ENCODING]),
        _texts("LANGUAGE", ["sv"]),
        _texts("CREATION-DATE", [day]),
        f"DECIMALS={content.decimals};",
        f"SHOWDECIMALS={min(content.decimals, 6)};",
        _texts("MATRIX", ["".join(sign for sign in block.id.upper() if sign.isalnum())[:20]]),
        # Persons of one row can be in another as well, and shares cannot be added.
        "AGGREGALLOWED=NO;",
        "AUTOPEN=YES;",
        _texts("SUBJECT-CODE", [SUBJECT_CODE]),
        _texts("SUBJECT-AREA", [SUBJECT_AREA]),
        "COPYRIGHT=NO;",
        _long("DESCRIPTION", block.heading),
        _texts("TITLE", [block.heading]),
        "DESCRIPTIONDEFAULT=YES;",
        _texts("CONTENTS", [block.title]),
        _texts("UNITS", [" och ".join(dict.fromkeys(content.units))]),
        _texts("STUB", [content.stub.name]),
        _texts("HEADING", [variable.name for variable in content.heading]),
    ]
    kinds = [variable for variable in content.heading if variable.name == CONTENTS]
    head += [_texts("CONTVARIABLE", [variable.name]) for variable in kinds]
    head += [_texts(_of("VALUES", variable.name), variable.values) for variable in content.variables]
    head += [_texts(_of("CODES", variable.name), variable.codes) for variable in content.variables if variable.codes]
    each: list[tuple[str, str]] = [("LAST-UPDATED", day), ("CONTACT", outline.contact)]
    each += [("REFPERIOD", " och ".join(period.title for period in block.periods))] if block.periods else []
    for variable in kinds:
        for place, kind in enumerate(variable.values):
            head.append(_texts(_of("UNITS", kind), [_unit(content, place, len(variable.values))]))
    # With a variable of contents these are given for each of its values.
    for keyword, text in each:
        head += [_texts(_of(keyword, kind), [text]) for variable in kinds for kind in variable.values] or [
            _texts(keyword, [text])
        ]
    head += [
        _texts("SOURCE", [outline.author]),
        "OFFICIAL-STATISTICS=NO;",
        _long("NOTE", notes),
        _texts("DATASYMBOL1", [numbers.CANNOT_OCCUR]),
        _texts("DATASYMBOL2", [numbers.NOT_AVAILABLE]),
        _texts("DATASYMBOLNIL", [numbers.NOTHING]),
    ]
    return "\r\n".join([*head, "DATA=", *_data(block.table.cells)]) + ";\r\n"


def _unit(content: Cube, place: int, values: int) -> str:
    """The unit of one kind of number: contents are always the last variable, which changes fastest."""
    return " och ".join(dict.fromkeys(content.units[place::values]))


def _of(keyword: str, name: str) -> str:
    return f"{keyword}({_quoted(name)})"


def _safe(text: str) -> str:
    """A text that cannot be taken for the format's own signs: many readers look for the word before the numbers anywhere."""
    return text.replace('"', "”").replace("DATA=", "DATA =")


def _quoted(text: str) -> str:
    text = _safe(text)
    return f'"{text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"}"'


def _texts(keyword: str, texts: Iterable[str]) -> str:
    """A keyword with one text or several; a line is broken after a comma."""
    quoted = [_quoted(text) for text in texts]
    found, last = [], f"{keyword}={quoted[0]}"
    for text in quoted[1:]:
        if len(last) + len(text) + 2 > LONGEST_LINE:
            found.append(last + ",")
            last = text
        else:
            last += "," + text
    return "\r\n".join([*found, last + ";"])


def _long(keyword: str, text: str) -> str:
    """A keyword with a text that may be longer than a line: it goes on between new quotation marks."""
    text = _safe(text)
    pieces = [text[start : start + LONGEST_TEXT] for start in range(0, len(text), LONGEST_TEXT)]
    return f"{keyword}=" + "\r\n".join(f'"{piece}"' for piece in pieces) + ";"


def _number(cell: Cell) -> str:
    if sign(cell):
        return f'"{sign(cell)}"'
    if not cell.part and not isinstance(cell, Points):
        return '"-"'
    number = value(cell)
    return f"{number:f}" if isinstance(number, Decimal) else str(number)


def _data(rows: Sequence[Sequence[Cell]]) -> list[str]:
    """One line per row of the table, broken where it is too long; the format wants a blank at each line's end but the last."""
    lines = []
    for row in rows:
        line = ""
        for cell in row:
            number = _number(cell)
            if len(line) + len(number) + 1 > LONGEST_LINE:
                lines.append(line)
                line = ""
            line += number + " "
        lines.append(line)
    lines[-1] = lines[-1].rstrip()
    return lines
