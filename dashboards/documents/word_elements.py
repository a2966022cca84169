"""The pieces that a Word document is made of: runs, fields, content controls, paragraphs and tables, as lxml elements.

python-docx knows neither fields, captions nor content controls. What stands in a document belongs in ``word``.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from dashboards.content.tables import TableContent
from dashboards.documents.outline import column_widths
from dashboards.drawing.theme import PAGE

Element = Any  # lxml's, and python-docx's own kinds of it

#: Twentieths of a point: the width of the text between the margins of an A4 page, of a letter in a table, of a cell's margins.
TEXT_WIDTH, LETTER, PADDING = 9526, 104, 150
WIDEST = 1300
#: A table with no more rows than this is kept on one page.
KEPT_TOGETHER = 24


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


def paragraph(style: str, *inside: Element, properties: Iterable[Element] = ()) -> Element:
    """A paragraph of runs; ``properties``: what it has besides its style."""
    return w("p", w("pPr", w("pStyle", val=style), *properties), *inside)


def content_control(properties: Iterable[Element], *inside: Element) -> Element:
    """Paragraphs that Word treats as one: a place to write in, or a table of contents."""
    return w("sdt", w("sdtPr", *properties), w("sdtContent", *inside))


# -- tables --------------------------------------------------------------------------------------------------------------


def table(content: TableContent, title: str) -> Element:
    """A table whose head is repeated on each page; ``title`` is for who hears it read."""
    widths = column_widths(content, TEXT_WIDTH, LETTER, PADDING, WIDEST)
    return w("tbl", *_table_properties(widths, title), *_head(content, widths), *_rows(content, widths))


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
    # The last rows stay with the notes below.
    first_kept = 0 if len(content.rows) <= KEPT_TOGETHER else len(content.rows) - 3
    for place, (line, cells) in enumerate(zip(content.rows, content.cells, strict=True)):
        texts = [("Tabelltext", line.label), *(("Tabelltal", cell.text) for cell in cells)]
        made = []
        for width, (style, text) in zip(widths, texts, strict=True):
            keep = [w("keepNext")] if place >= first_kept else []
            border = [w("tcBorders", w("top", val="single", sz=8))] if line.total else []
            words = bold(text) if line.total else run(text)
            made.append(_cell(width, paragraph(style, words, properties=keep), border))
        yield _row(made)


def _row(cells: Iterable[Element], *properties: Element) -> Element:
    return w("tr", w("trPr", w("cantSplit"), *properties), *cells)


def _cell(width: int, content: Element, properties: Iterable[Element]) -> Element:
    return w("tc", w("tcPr", w("tcW", w=width, type="dxa"), *properties), content)


def _head(content: TableContent, widths: list[int]) -> list[Element]:
    """One heading row, or two where columns have a heading in common."""
    columns = list(zip(widths[1:], content.columns, strict=True))
    if not any(column.group for column in content.columns):
        cells = [_head_cell(width, column.label, "right") for width, column in columns]
        return [_row([_head_cell(widths[0], content.corner), *cells], w("tblHeader"))]
    upper = [_head_cell(widths[0], content.corner, merged=w("vMerge", val="restart"))]
    lower = [_head_cell(widths[0], "", merged=w("vMerge"))]
    for group, found in groupby(columns, key=lambda item: item[1].group):
        below = list(found)
        if group:
            across = w("gridSpan", val=len(below))
            upper.append(_head_cell(sum(width for width, _ in below), group, "center", across))
            lower += [_head_cell(width, column.label, "right") for width, column in below]
        else:  # one cell over both rows
            upper += [_head_cell(width, column.label, "right", w("vMerge", val="restart")) for width, column in below]
            lower += [_head_cell(width, "", "right", w("vMerge")) for width, _ in below]
    return [_row(upper, w("tblHeader")), _row(lower, w("tblHeader"))]


def _head_cell(width: int, text: str, side: str | None = None, merged: Element = None) -> Element:
    words = paragraph("Tabellhuvud", run(text), properties=[w("jc", val=side)] if side else [])
    look = [w("shd", val="clear", color="auto", fill=colour("tint")), w("vAlign", val="bottom")]
    return _cell(width, words, look if merged is None else [merged, *look])
