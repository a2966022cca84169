"""A table as a PC-Axis file, by Statistics Sweden's specification of the format, version 2013 (PX-file format specification
AXIS-VERSION 2013: keywords, their recommended order, texts of at most 256 characters on a line).

Zero is written ``"-"``, which the format shows as nothing, a number that is not available ``".."`` and one that cannot occur
``"."``, as in the tables of the pages. The file is UTF-8 and says so: names can hold letters that no single-byte code page
has (Sami place names).
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from dashboards.content.tables import Block, Cell, Points
from dashboards.documents.cell_notes import cell_notes
from dashboards.documents.cube import CONTENTS, Cube, Variable, cube, sign, value
from dashboards.documents.outline import Outline, with_days
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
    kinds = [variable for variable in content.heading if variable.name == CONTENTS]
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
        *_long("DESCRIPTION", block.heading),
        _texts("TITLE", [block.heading]),
        "DESCRIPTIONDEFAULT=YES;",
        _texts("CONTENTS", [block.title]),
        _texts("UNITS", [" och ".join(dict.fromkeys(content.units))]),
        _texts("STUB", [variable.name for variable in content.stub]),
        _texts("HEADING", [variable.name for variable in content.heading]),
        *(_texts("CONTVARIABLE", [variable.name]) for variable in kinds),
        *(_texts(_of("VALUES", variable.name), variable.values) for variable in content.variables),
        *(_times(variable) for variable in content.variables if variable.times),
        *(_texts(_of("CODES", variable.name), variable.codes) for variable in content.variables if variable.codes),
        *_of_contents(kinds, content, block, outline, day),
        _texts("SOURCE", [outline.author]),
        "OFFICIAL-STATISTICS=NO;",
        *_notes(content, block, outline),
        _texts("DATASYMBOL1", [numbers.CANNOT_OCCUR]),
        _texts("DATASYMBOL2", [numbers.NOT_AVAILABLE]),
        _texts("DATASYMBOLNIL", [numbers.NOTHING]),
    ]
    return "\r\n".join([*head, "DATA=", *_data(block.table.cells)]) + ";\r\n"


def _times(variable: Variable) -> str:
    """The variable of time on its scale: ``A1`` are years."""
    return _joined(f"{_of('TIMEVAL', variable.name)}=TLIST({variable.scale})", map(_quoted, variable.times))


def _of_contents(kinds: Sequence[Variable], content: Cube, block: Block, outline: Outline, day: str) -> Iterator[str]:
    """What is given once, or with a variable of contents for each of its values."""
    values = [value for variable in kinds for value in variable.values]
    once = [("LAST-UPDATED", day), ("CONTACT", outline.contact)]
    if block.periods:
        once.append(("REFPERIOD", " och ".join(map(with_days, block.periods))))
    for keyword, text in once:
        if keyword == "CONTACT":
            for place, value in enumerate(values):
                yield _texts(_of("UNITS", value), [_unit(content, place, len(values))])
        yield from [_texts(_of(keyword, value), [text]) for value in values] or [_texts(keyword, [text])]


def _notes(content: Cube, block: Block, outline: Outline) -> Iterator[str]:
    """First what must be shown with the table, then what is said of all of it, then what must be shown with single numbers."""
    yield from _long("NOTEX", outline.audience)
    general = [*block.notes, *outline.notes]
    if general:
        yield from _long("NOTE", "#".join(general))
    for note in cell_notes(content, outline):
        yield from _long(f"CELLNOTEX({','.join(map(_quoted, note.where))})", note.text)


def _unit(content: Cube, place: int, values: int) -> str:
    """The unit of a kind of number: contents are always the last variable, which changes fastest. What cannot occur has none."""
    found = zip(content.units[place::values], content.cells[place::values], strict=True)
    units = [unit for unit, cell in found if sign(cell) != numbers.CANNOT_OCCUR]
    return " och ".join(dict.fromkeys(units or content.units[place::values]))


def _of(keyword: str, name: str) -> str:
    return f"{keyword}({_quoted(name)})"


def _safe(text: str) -> str:
    """A text that cannot be taken for the format's own signs: many readers look for the word before the numbers anywhere."""
    return text.replace('"', "”").replace("DATA=", "DATA =")


def _quoted(text: str) -> str:
    text = _safe(text)
    return f'"{text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"}"'


def _texts(keyword: str, texts: Iterable[str]) -> str:
    """A keyword with one text or several."""
    first, *others = map(_quoted, texts)
    return _joined(f"{keyword}={first}", others)


def _joined(first: str, others: Iterable[str]) -> str:
    """What stands after each other with commas between; a line is broken after a comma."""
    found, last = [], first
    for text in others:
        if len(last) + len(text) + 2 > LONGEST_LINE:
            found.append(last + ",")
            last = text
        else:
            last += "," + text
    return "\r\n".join([*found, last + ";"])


def _long(keyword: str, text: str) -> list[str]:
    """The lines of a keyword with a text that may be longer than a line: it goes on between new quotation marks."""
    text = _safe(text)
    first = max(1, min(LONGEST_TEXT, LONGEST_LINE - len(keyword) - len('="";')))
    pieces = [text[:first], *(text[start : start + LONGEST_TEXT] for start in range(first, len(text), LONGEST_TEXT))]
    lines = [f'"{piece}"' for piece in pieces]
    return [f"{keyword}={lines[0]}", *lines[1:-1], f"{lines[-1]};"] if lines[1:] else [f"{keyword}={lines[0]};"]


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
