"""The numbering of a Word document: chapters with their sections, appendices, bullets. It hangs on the heading styles, so that a
chapter that somebody adds is numbered too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.oxml.ns import qn
from docx.parts.numbering import NumberingPart

from dashboards.documents.word_elements import Element, w

#: What stands before a heading of each level, and how far its text is indented, in twentieths of a point.
CHAPTERS = (("%1.", 567), ("%1.%2", 709))
APPENDICES = (("Bilaga %1.", 1500),)


@dataclass(frozen=True)
class Numbering:
    """The ids of a report's numberings."""

    chapters: int
    appendices: int


def number_headings(made: Any, first: Element, second: Element) -> Numbering:
    """Number a document's headings: the styles of the first and the second level, unless they are numbered already."""
    numbering = _numbering(made)
    levels = []
    for place, (style, (text, indent)) in enumerate(zip((first, second), CHAPTERS, strict=True)):
        levels.append(_level(place, text, indent, style.get(qn("w:styleId"))))
    number = _add(numbering, levels)
    for place, style in enumerate((first, second)):
        properties = style.get_or_add_pPr()
        if properties.numPr is None:
            properties.get_or_add_numPr().extend(numbered(number, place))
    appendices = _add(numbering, [_level(place, *level) for place, level in enumerate(APPENDICES)])
    return Numbering(number, appendices)


def add_bullets(made: Any) -> int:
    """The numbering of a list with bullets."""
    return _add(_numbering(made), [_bullet()])


def numbered(number: int, level: int = 0) -> Element:
    """A paragraph's or a style's numbering; with the number 0 it has none, whatever its style says."""
    return w("numPr", w("ilvl", val=level), w("numId", val=number))


def _numbering(made: Any) -> Element:
    """The part's root; a template without lists has no such part."""
    part = made.part
    for relation in part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.NUMBERING:
            return relation.target_part.element
    root = w("numbering")
    new = NumberingPart(PackURI("/word/numbering.xml"), CONTENT_TYPE.WML_NUMBERING, root, part.package)
    part.relate_to(new, RELATIONSHIP_TYPE.NUMBERING)
    return root


def _add(numbering: Element, levels: Sequence[Element]) -> int:
    """A numbering of its own; returns its id."""
    abstract = 1 + max((int(id_) for id_ in numbering.xpath("./w:abstractNum/@w:abstractNumId")), default=-1)
    number = 1 + max((int(id_) for id_ in numbering.xpath("./w:num/@w:numId")), default=0)
    kind = "multilevel" if len(levels) > 1 else "singleLevel"
    definition = w("abstractNum", w("multiLevelType", val=kind), *levels, abstractNumId=abstract)
    # All definitions come before those that use them.
    before = numbering.findall(qn("w:abstractNum"))
    numbering.insert(numbering.index(before[-1]) + 1 if before else 0, definition)
    using = w("num", w("abstractNumId", val=abstract), numId=number)
    last = numbering.findall(qn("w:num"))
    numbering.insert(numbering.index(last[-1] if last else numbering.findall(qn("w:abstractNum"))[-1]) + 1, using)
    return number


def _level(place: int, text: str, indent: int, style: str | None = None) -> Element:
    linked = [w("pStyle", val=style)] if style else []
    return w(
        "lvl", w("start", val=1), w("numFmt", val="decimal"), *linked, w("lvlText", val=text), w("lvlJc", val="left"),
        w("pPr", w("ind", left=indent, hanging=indent)), ilvl=place,
    )  # fmt: skip


def _bullet() -> Element:
    return w(
        "lvl", w("start", val=1), w("numFmt", val="bullet"), w("lvlText", val="\u2022"), w("lvlJc", val="left"),
        w("pPr", w("ind", left=360, hanging=360)), ilvl=0,
    )  # fmt: skip
