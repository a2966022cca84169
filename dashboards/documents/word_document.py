"""What every Word document of ours has, whatever it is about: the package, headings that the contents lead to, and places to
write in. The pieces belong in ``word_elements``, how they look in ``word_styles``.
"""

import io
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from dashboards.documents.word_elements import Element, content_control, field_begin, field_end, paragraph, run, w
from dashboards.documents.word_styles import FrontMatter, set_up

#: Headings of the first two levels, as links.
CONTENTS_FIELD = 'TOC \\o "1-2" \\h \\z \\u'


def package(front: FrontMatter, parts: Callable[[Any], Iterable[Element]]) -> bytes:
    """The file's content. ``parts``: gives the body's paragraphs and tables for python-docx's document, which holds pictures."""
    made = Document()
    set_up(made, front)
    body = made.element.body
    body.clear_content()
    section = body.find(qn("w:sectPr"))  # the page, which stands last
    for element in parts(made):
        section.addprevious(element)
    file = io.BytesIO()
    made.save(file)
    return _without_clock(file.getvalue())


def _without_clock(content: bytes) -> bytes:
    """The same package with the zip format's first day as every part's time: the same content gives the same bytes."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(result, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
    return result.getvalue()


class Writer:
    """Puts a body together, in order: headings and places to write in are counted as they come."""

    def __init__(self) -> None:
        self.headings: list[tuple[int, str]] = []
        self.controls = 0

    def heading(self, level: int, title: str, new_page: bool = False) -> Element:
        """A heading with a bookmark for the contents to lead to."""
        self.headings.append((level, title))
        number = len(self.headings)
        begin, end = w("bookmarkStart", id=number, name=_bookmark(number)), w("bookmarkEnd", id=number)
        properties = [w("pageBreakBefore")] if new_page else []
        return paragraph(f"Heading{level}", begin, run(title), end, properties=properties)

    def contents(self) -> Element:
        """A contents field with an entry for each heading so far. Page numbers come when Word updates it: to make Word do so on
        opening would greet every reader with a question."""
        entries = [
            paragraph(f"TOC{level}", w("hyperlink", run(title), anchor=_bookmark(number), history=1))
            for number, (level, title) in enumerate(self.headings, start=1)
        ]
        entries[0][1:1] = field_begin(CONTENTS_FIELD)
        entries[-1].append(field_end())
        gallery = w("docPartObj", w("docPartGallery", val="Table of Contents"), w("docPartUnique"))
        return content_control([self._control_id(), gallery], paragraph("TOCHeading", run("Innehåll")), *entries)

    def write_here(self, text: str) -> Element:
        """A paragraph to write in: it shows what to write and disappears with the first letter written."""
        return content_control(self._place_to_write(), paragraph("Normal", self._placeholder(text)))

    def write_in_line(self, text: str) -> Element:
        """The same within a paragraph, for a table's cell."""
        return content_control(self._place_to_write(), self._placeholder(text))

    def _place_to_write(self) -> list[Element]:
        named = [w("alias", val="Skriv här"), w("tag", val="skriv-har"), self._control_id()]
        return [*named, w("temporary"), w("showingPlcHdr")]

    def _placeholder(self, text: str) -> Element:
        return run(text, w("rStyle", val="SkrivHar"))

    def _control_id(self) -> Element:
        self.controls += 1
        return w("id", val=self.controls)


def _bookmark(number: int) -> str:
    """The name of a heading's bookmark, as Word itself would call it."""
    return f"_Toc{number:06d}"
