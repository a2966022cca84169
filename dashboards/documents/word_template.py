"""A municipality's own Word template: its styles, fonts, logo, headers and footers, with the styles of ours that it lacks.

Of what stands in the template's body nothing is kept but the page. How our own document looks belongs in ``word_styles``.
"""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from dashboards.documents.word_elements import Element
from dashboards.documents.word_numbering import add_bullets
from dashboards.documents.word_styles import FrontMatter, number_pages, say_for_whom, set_properties, style_sheet

_TEMPLATE_TYPE = b"wordprocessingml.template.main+xml"
_DOCUMENT_TYPE = b"wordprocessingml.document.main+xml"


def opened(template: bytes) -> Any:
    """The template as a document, whether it was saved as .dotx or as .docx."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(template)) as source, zipfile.ZipFile(copy, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(_TEMPLATE_TYPE, _DOCUMENT_TYPE)
            target.writestr(name, content)
    return Document(copy)


def adopt(made: Any, front: FrontMatter) -> Mapping[str, str]:
    """Make an opened template ready for our text. Returns what it calls the styles that ours has under other ids (a Swedish Word
    calls Heading1 Rubrik1)."""
    set_properties(made, front)
    _keep_page(made.element.body)
    ids = _add_missing_styles(made)
    section = made.sections[-1]
    if section._sectPr.find(qn("w:footerReference")) is None:
        number_pages(section, front)
    headers = [section.header]
    if section.different_first_page_header_footer:
        headers.append(section.first_page_header)
    if made.settings.odd_and_even_pages_header_footer:
        headers.append(section.even_page_header)
    for header in headers:
        say_for_whom(header, front)
    return ids


def _keep_page(body: Element) -> None:
    """The last section is the whole document's: it gets the headers and footers that it inherited from those before it."""
    *earlier, last = body.iter(qn("w:sectPr"))
    for section in reversed(earlier):
        for kind in ("headerReference", "footerReference"):
            known = {found.get(qn("w:type")) for found in last.findall(qn(f"w:{kind}"))}
            for found in section.findall(qn(f"w:{kind}")):
                if found.get(qn("w:type")) not in known:
                    last.insert(0, found)
    if earlier and earlier[0].find(qn("w:titlePg")) is not None:
        last.get_or_add_titlePg()


def style_called(styles: Element, kind: str, name: str) -> Element | None:
    """A style by its name, which is the same in every language's Word."""
    for style in styles.findall(qn("w:style")):
        called = style.find(qn("w:name"))
        if style.get(qn("w:type")) == kind and called is not None and called.get(qn("w:val")).lower() == name.lower():
            return style
    return None


def _add_missing_styles(made: Any) -> Mapping[str, str]:
    styles = made.styles.element
    ours = style_sheet(add_bullets(made))
    ids: dict[str, str] = {}
    missing = []
    for style in ours:
        name = style.find(qn("w:name")).get(qn("w:val"))
        theirs = style_called(styles, style.get(qn("w:type")), name)
        if theirs is None:
            missing.append(style)
        else:
            ids[style.get(qn("w:styleId"))] = theirs.get(qn("w:styleId"))
    taken = {style.get(qn("w:styleId")) for style in styles.findall(qn("w:style"))}
    for style in missing:
        id_ = style.get(qn("w:styleId"))
        if id_ in taken:  # another style of theirs, by another name
            ids[id_] = f"{id_}Kaa"
    for style in missing:
        rename(style, ids)
        style.set(qn("w:styleId"), ids.get(style.get(qn("w:styleId")), style.get(qn("w:styleId"))))
        styles.append(style)
    return ids


_STYLE_REFERENCES = tuple(qn(f"w:{name}") for name in ("pStyle", "rStyle", "tblStyle", "basedOn", "next"))


def rename(element: Element, ids: Mapping[str, str]) -> None:
    """Write what the template calls a style wherever ours is named."""
    for reference in element.iter(*_STYLE_REFERENCES):
        reference.set(qn("w:val"), ids.get(reference.get(qn("w:val")), reference.get(qn("w:val"))))
