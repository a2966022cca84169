"""On which page each heading and caption is going to stand: the contents have page numbers before Word has counted them, for who
reads the document in a program that does not count.

An estimate by the heights of lines, rows and pictures. Word puts its own numbers in their place when it is first opened there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

from docx.oxml.ns import qn

from dashboards.documents.word_elements import Element, w

#: How wide a letter is on average and how high a line, as parts of the letters' size.
LETTER, LINE = 0.5, 1.22
#: A table row's rules, and the margins of its cells, in points.
RULE, MARGINS = 0.5, 7.5
#: A paragraph with no more lines than these stands on one page.
FEW_LINES = 3
TWIPS, EMU = 20, 12700


@dataclass(frozen=True)
class _Look:
    """How a paragraph stands on the page, in points; ``line``: the distance of lines as a part of the usual one."""

    size: float = 10
    before: float = 0
    after: float = 0
    line: float = 1
    keep_next: bool = False
    new_page: bool = False


@dataclass(frozen=True)
class _Box:
    """What stands on one page whole. ``marks``: the names of its bookmarks."""

    height: float
    keep_next: bool
    new_page: bool
    marks: tuple[str, ...]


def fill_in_pages(made: Any) -> None:
    """Write the estimated page into each field that shows one."""
    section = made.sections[-1]
    height = (section.page_height - section.top_margin - section.bottom_margin) / EMU
    width = (section.page_width - section.left_margin - section.right_margin) / EMU
    looks = _looks(made.styles.element)
    pages = dict(_pages(list(_boxes(made.element.body, looks, width)), height))
    for name, shown in _page_fields(made.element.body):
        if name in pages:
            shown.text = str(pages[name])


def _page_fields(body: Element) -> Iterator[tuple[str, Element]]:
    """Each field that shows a page: the bookmark, and the text that it shows."""
    for code in body.iter(qn("w:instrText")):
        if code.text.split()[0] == "PAGEREF":
            shown = (text for run in code.getparent().itersiblings() for text in run.iter(qn("w:t")))
            yield code.text.split()[1], next(shown)


def _pages(boxes: list[_Box], height: float) -> Iterator[tuple[str, int]]:
    page, used, place = 1, 0.0, 0
    while place < len(boxes):
        end = place
        while boxes[end].keep_next and end + 1 < len(boxes) and not boxes[end + 1].new_page:
            end += 1
        together = boxes[place : end + 1]
        needed = sum(box.height for box in together)
        if used and (together[0].new_page or (needed <= height < used + needed)):
            page, used = page + 1, 0.0
        for box in together:
            if used and used + box.height > height:
                page, used = page + 1, 0.0
            yield from ((mark, page) for mark in box.marks)
            used += box.height
        place = end + 1


def _boxes(parent: Element, looks: dict[str, _Look], width: float) -> Iterator[_Box]:
    for element in parent:
        if element.tag == qn("w:p"):
            yield from _paragraph(element, _of_paragraph(element, looks), width)
        elif element.tag == qn("w:tbl"):
            yield from (_row(row, looks) for row in element.iter(qn("w:tr")))
        elif element.tag == qn("w:sdt"):
            yield from _boxes(element.find(qn("w:sdtContent")), looks, width)


def _paragraph(paragraph: Element, look: _Look, width: float) -> Iterator[_Box]:
    """A paragraph, which a page's end may part between two lines where it has many."""
    marks = tuple(mark.get(qn("w:name")) for mark in paragraph.iter(qn("w:bookmarkStart")))
    whole, lines = _height(paragraph, look, width), _lines(paragraph, look, width)
    if lines <= FEW_LINES:
        yield _Box(whole, look.keep_next, look.new_page, marks)
        return
    for place in range(lines):
        yield _Box(
            whole / lines,
            look.keep_next and place == lines - 1,
            look.new_page and place == 0,
            marks if not place else (),
        )


def _row(row: Element, looks: dict[str, _Look]) -> _Box:
    heights = [RULE]
    keep = False
    for cell in row.iter(qn("w:tc")):
        width = int(cell.find(f"{qn('w:tcPr')}/{qn('w:tcW')}").get(qn("w:w"))) / TWIPS - MARGINS
        found = [(each, _of_paragraph(each, looks)) for each in cell.iter(qn("w:p"))]
        heights.append(RULE + sum(_height(each, look, width) for each, look in found))
        keep = keep or any(look.keep_next for _, look in found)
    return _Box(max(heights), keep, False, ())


def _height(paragraph: Element, look: _Look, width: float) -> float:
    pictures = sum(int(extent.get("cy")) / EMU for extent in paragraph.iter(qn("wp:extent")))
    return look.before + look.after + (pictures or _lines(paragraph, look, width) * LINE * look.size * look.line)


def _lines(paragraph: Element, look: _Look, width: float) -> int:
    letters = sum(len(text.text or "") for text in paragraph.iter(qn("w:t")))
    return max(1, ceil(letters * LETTER * look.size / width))


# -- how paragraphs look -------------------------------------------------------------------------------------------------


def _looks(styles: Element) -> dict[str, _Look]:
    """How the paragraphs of each style stand, with what a style has from the one that it is based on."""
    defaults = styles.find(qn("w:docDefaults"))
    usual = _altered(_Look(), defaults if defaults is not None else w("docDefaults"))
    by_id = {style.get(qn("w:styleId")): style for style in styles.findall(qn("w:style"))}

    def look(id_: str) -> _Look:
        based_on = by_id[id_].find(qn("w:basedOn"))
        parent = str(based_on.get(qn("w:val"))) if based_on is not None else ""
        return _altered(look(parent) if parent in by_id else usual, by_id[id_])

    return {id_: look(id_) for id_ in by_id}


def _of_paragraph(paragraph: Element, looks: dict[str, _Look]) -> _Look:
    properties = paragraph.pPr
    if properties is None:
        return looks.get("Normal", _Look())
    return _altered(looks.get(properties.style, _Look()), properties)


def _altered(look: _Look, properties: Element) -> _Look:
    """A look with what a style, or a paragraph itself, says otherwise."""
    spacing = _first(properties, "spacing", {})
    size = _first(properties, "sz", {}).get(qn("w:val"))
    line = spacing.get(qn("w:line")) if spacing.get(qn("w:lineRule"), "auto") == "auto" else None
    return _Look(
        size=int(size) / 2 if size else look.size,
        before=int(spacing.get(qn("w:before"), look.before * TWIPS)) / TWIPS,
        after=int(spacing.get(qn("w:after"), look.after * TWIPS)) / TWIPS,
        line=int(line) / 240 if line else look.line,
        keep_next=_is_on(properties, "keepNext", look.keep_next),
        new_page=_is_on(properties, "pageBreakBefore", look.new_page),
    )


def _first(properties: Element, name: str, otherwise: Any) -> Any:
    return next(properties.iter(qn(f"w:{name}")), otherwise)


def _is_on(properties: Element, name: str, otherwise: bool) -> bool:
    found = _first(properties, name, None)
    return otherwise if found is None else found.get(qn("w:val"), "1") not in ("0", "false", "off")
