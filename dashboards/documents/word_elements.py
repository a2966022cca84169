"""The pieces that a Word document is made of: runs, fields, content controls, paragraphs and tables, as lxml elements.

python-docx knows neither fields, captions nor content controls. What stands in a document belongs in ``word``.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import groupby
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from dashboards.content.tables import TableContent
from dashboards.documents.outline import column_widths, letters
from dashboards.drawing.theme import PAGE

Element = Any  # lxml's, and python-docx's own kinds of it

#: Twentieths of a point: the width of the text between the margins of an A4 page, of a letter in a table, of a cell's margins.
TEXT_WIDTH, LETTER, PADDING = 9526, 104, 150
WIDEST = 1300
#: How much of the width the number columns may take before those with a common heading share one cell of it.
MOST_FOR_NUMBERS = 0.75
#: A table with no more rows than this is kept on one page; a longer one would leave half a page empty before it.
KEPT_TOGETHER = 12


def w(tag: str, *inside: Element, **attributes: object) -> Element:
    """An element of WordprocessingML: ``w("jc", val="right")`` is ``<w:jc w:val="right"/>``."""
    made = OxmlElement(f"w:{tag}", {qn(f"w:{name}"): str(value) for name, value in attributes.items()})
    made.extend(inside)
    return made


def colour(name: str) -> str:
    """A colour of the pages as Word writes it."""
    return PAGE[name].light.removeprefix("#").upper()


# -- runs and paragraphs -------------------------------------------------------------------------------------------------


def _text(tag: str, text: str) -> Element:
    made = w(tag)
    made.text = text
    made.set(qn("xml:space"), "preserve")
    return made


def run(text: str, *look: Element) -> Element:
    """A piece of text that looks the same throughout."""
    return w("r", *([w("rPr", *look)] if look else []), _text("t", text))


def bold(text: str) -> Element:
    """A run in bold."""
    return run(text, w("b"))


def tab() -> Element:
    """A step to the next tab stop."""
    return w("r", w("tab"))


def field(code: str, *shown: Element) -> list[Element]:
    """A field that Word counts by itself, with what it shows until then."""
    return [*field_begin(code), *shown, field_end()]


def field_begin(code: str) -> list[Element]:
    """What comes before that which a field shows."""
    return [_field_mark("begin"), w("r", _text("instrText", f" {code} ")), _field_mark("separate")]


def field_end() -> Element:
    """What comes after it."""
    return _field_mark("end")


def _field_mark(kind: str) -> Element:
    return w("r", w("fldChar", fldCharType=kind))


def _short(name: str, most: int) -> str:
    """A name of at most so many letters; a longer one ends with what tells it from others that begin alike."""
    return name if len(name) <= most else f"{name[: most - 9]}-{sha256(name.encode()).hexdigest()[:8]}"


def bookmark_name(id_: str) -> str:
    """The name of the bookmark on a caption's label and number. It hangs on the table alone: what has been written elsewhere
    still leads to it when the document is updated."""
    return "_Ref_" + re.sub(r"[^A-Za-z0-9]", "_", _short(id_, 35))


def bookmark(number: int, name: str, *inside: Element) -> list[Element]:
    """What a link or a cross-reference leads to. ``number``: no other bookmark has it."""
    return [w("bookmarkStart", id=number, name=name), *inside, w("bookmarkEnd", id=number)]


def reference(name: str, shown: str) -> list[Element]:
    """A cross-reference to what a bookmark is around, as Word itself makes them."""
    return field(f"REF {name} \\h", run(shown))


def page_reference(name: str, shown: str) -> list[Element]:
    """The page on which a bookmark is."""
    return field(f"PAGEREF {name} \\h", run(shown))


def paragraph(style: str, *inside: Element, properties: Iterable[Element] = ()) -> Element:
    """A paragraph of runs; ``properties``: what it has besides its style."""
    return w("p", w("pPr", w("pStyle", val=style), *properties), *inside)


def content_control(properties: Iterable[Element], *inside: Element) -> Element:
    """Paragraphs that Word treats as one: a place to write in, or a table of contents."""
    return w("sdt", w("sdtPr", *properties), w("sdtContent", *inside))


#: How the tags of our controls begin, so that they are told from those that people put in.
TAG_PREFIX = "kaa:"


def tag(name: str) -> str:
    """A content control's tag, which Word lets be 64 letters."""
    return _short(TAG_PREFIX + name, 64)


# -- tables --------------------------------------------------------------------------------------------------------------


def table(content: TableContent, title: str, room: int = TEXT_WIDTH) -> Element:
    """A table whose head is repeated on each page; ``title`` is for who hears it read, ``room`` the width of the text."""
    each_alone = _with_group_in_label(content)
    merged = sum(LETTER * count + PADDING for count in letters(each_alone)[1:]) > room * MOST_FOR_NUMBERS
    widths = column_widths(content if merged else each_alone, room, LETTER, PADDING, WIDEST)
    return w("tbl", *_table_properties(widths, title), *_head(content, widths, merged), *_rows(content, widths))


def _with_group_in_label(content: TableContent) -> TableContent:
    """The table as wide as it must be when each column carries its common heading itself."""
    columns = (replace(column, label=f"{column.label} {column.group or ''}") for column in content.columns)
    return replace(content, columns=tuple(columns))


def _table_properties(widths: Sequence[int], title: str) -> list[Element]:
    """What comes before a table's rows."""
    properties = w(
        "tblPr",
        w("tblStyle", val="Statistiktabell"),
        w("tblW", w=sum(widths), type="dxa"),
        w("tblLayout", type="fixed"),
        w("tblLook", val="04A0", firstRow=1, lastRow=0, firstColumn=1, lastColumn=0, noHBand=0, noVBand=1),
        w("tblCaption", val=title),
    )
    return [properties, w("tblGrid", *(w("gridCol", w=width) for width in widths))]


def words_table(head: Sequence[str], rows: Iterable[Sequence[Element]], shares: Sequence[int], title: str) -> Element:
    """A table of words over the whole width. ``rows``: what stands in each cell's paragraph; ``shares``: how wide the columns
    are, in relation to each other."""
    widths = [TEXT_WIDTH * share // sum(shares) for share in shares]
    heading = _row([_head_cell(width, text) for width, text in zip(widths, head, strict=True)], w("tblHeader"))
    body = [
        _row(_cell(width, paragraph("Tabelltext", text), []) for width, text in zip(widths, row, strict=True))
        for row in rows
    ]
    return w("tbl", *_table_properties(widths, title), heading, *body)


def _rows(content: TableContent, widths: list[int]) -> Iterable[Element]:
    # The last rows stay with the notes below, and the first with the head.
    kept = len(content.rows) if len(content.rows) <= KEPT_TOGETHER else 3
    for place, (line, cells) in enumerate(zip(content.rows, content.cells, strict=True)):
        texts = [("Tabelltext", line.label), *(("Tabelltal", cell.text) for cell in cells)]
        made = []
        for width, (style, text) in zip(widths, texts, strict=True):
            keep = [w("keepNext")] if place < kept or place >= len(content.rows) - kept else []
            border = [w("tcBorders", w("top", val="single", sz=8))] if line.total else []
            words = bold(text) if line.total else run(text)
            made.append(_cell(width, paragraph(style, words, properties=keep), border))
        yield _row(made)


def _row(cells: Iterable[Element], *properties: Element) -> Element:
    return w("tr", w("trPr", w("cantSplit"), *properties), *cells)


def _cell(width: int, content: Element, properties: Iterable[Element]) -> Element:
    return w("tc", w("tcPr", w("tcW", w=width, type="dxa"), *properties), content)


def _head(content: TableContent, widths: list[int], merged: bool) -> list[Element]:
    """One heading row, or two where columns have a heading in common: above each of them, or ``merged`` in one cell above all."""
    columns = list(zip(widths[1:], content.columns, strict=True))
    lower = [
        _head_cell(widths[0], content.corner),
        *(_head_cell(width, each.label, "right") for width, each in columns),
    ]
    if not any(column.group for column in content.columns):
        return [_row(lower, w("tblHeader"))]
    upper = [_head_cell(widths[0], "")]
    for group, found in groupby(columns, key=lambda item: item[1].group or ""):
        below = [width for width, _ in found]
        if merged and group and len(below) > 1:
            upper.append(_head_cell(sum(below), group, "center", w("gridSpan", val=len(below))))
        else:
            upper += [_head_cell(width, group, "right") for width in below]
    return [_row(upper, w("tblHeader")), _row(lower, w("tblHeader"))]


def _head_cell(width: int, text: str, side: str | None = None, merged: Element = None) -> Element:
    words = paragraph("Tabellhuvud", run(text), properties=[w("jc", val=side)] if side else [])
    look = [w("shd", val="clear", color="auto", fill=colour("tint")), w("vAlign", val="bottom")]
    return _cell(width, words, look if merged is None else [merged, *look])
