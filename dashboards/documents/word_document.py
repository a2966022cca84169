"""What every Word document of ours has, whatever it is about: the package, headings that the contents lead to, places to write
in, and content controls around what is made from data. The pieces belong in ``word_elements``, how they look in ``word_styles``.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from dashboards.documents.word_elements import (
    Element,
    bookmark,
    content_control,
    field_begin,
    field_end,
    page_reference,
    paragraph,
    run,
    tab,
    tag,
    w,
)
from dashboards.documents.word_styles import FrontMatter, set_up

#: Headings of the first two levels, as links.
CONTENTS_FIELD = 'TOC \\o "1-2" \\h \\z \\u'

#: What stands in the contents where a page is not known.
NO_PAGE = ""


def package(front: FrontMatter, parts: Callable[[Any], Iterable[Element]]) -> bytes:
    """The file's content. ``parts``: gives the body's paragraphs and tables for python-docx's document, which holds pictures."""
    made = Document()
    set_up(made, front)
    fill(made, parts(made))
    return saved(made)


def fill(made: Any, elements: Iterable[Element]) -> None:
    """Put paragraphs and tables into a document in place of those that it has."""
    body = made.element.body
    body.clear_content()
    section = body.find(qn("w:sectPr"))  # the page, which stands last
    for element in elements:
        section.addprevious(element)


def saved(made: Any) -> bytes:
    """The file's content: the same document gives the same bytes."""
    file = io.BytesIO()
    made.save(file)
    return _without_clock(file.getvalue())


def _without_clock(content: bytes) -> bytes:
    """The same package with the zip format's first day as every part's time."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(result, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
    return result.getvalue()


@dataclass(frozen=True)
class Entry:
    """A line of a list of headings, tables or diagrams, and the bookmark that it leads to."""

    style: str
    text: str
    anchor: str
    number: str = ""


class Writer:
    """Puts a body together, in order: headings, bookmarks, controls and places to write in are counted as they come."""

    def __init__(self) -> None:
        self.headings: list[Entry] = []
        self.bookmarks = 0
        self.controls = 0

    def heading(
        self, level: int, title: str, number: str = "", new_page: bool = False, properties: Sequence[Element] = ()
    ) -> Element:
        """A heading with a bookmark for the contents to lead to. ``number``: what Word's numbering writes before it."""
        anchor = f"_Toc{len(self.headings) + 1:06d}"  # as Word itself would call it
        self.headings.append(Entry(f"TOC{level}", title, anchor, number))
        breaks = [w("pageBreakBefore")] if new_page else []
        return paragraph(f"Heading{level}", *self.marked(anchor, run(title)), properties=[*breaks, *properties])

    def marked(self, name: str, *inside: Element) -> list[Element]:
        """Runs with a bookmark around them."""
        self.bookmarks += 1
        return bookmark(self.bookmarks, name, *inside)

    def contents(self, pages: Mapping[str, int] | None = None) -> Element:
        """A contents field with an entry for each heading so far. ``pages``: of bookmarks, as far as they are known; None: the
        entries have no pages until Word updates the field."""
        gallery = w("docPartObj", w("docPartGallery", val="Table of Contents"), w("docPartUnique"))
        listed = self.listing(CONTENTS_FIELD, self.headings, pages)
        return content_control([self.control_id(), gallery], paragraph("TOCHeading", run("Innehåll")), *listed)

    def listing(self, code: str, entries: Sequence[Entry], pages: Mapping[str, int] | None) -> list[Element]:
        """A field that lists headings or captions."""
        lines = [self._entry(entry, pages) for entry in entries]
        lines[0][1:1] = field_begin(code)
        lines[-1].append(field_end())
        return lines

    def _entry(self, entry: Entry, pages: Mapping[str, int] | None) -> Element:
        number = [run(entry.number), tab()] if entry.number else []
        page = str(pages.get(entry.anchor, NO_PAGE)) if pages is not None else NO_PAGE
        behind = [tab(), *page_reference(entry.anchor, page)] if pages is not None else []
        link = w("hyperlink", *number, run(entry.text), *behind, anchor=entry.anchor, history=1)
        return paragraph(entry.style, link)

    def write_here(self, text: str) -> Element:
        """A paragraph to write in: it shows what to write and disappears with the first letter written."""
        return content_control(self._place_to_write(), paragraph("Normal", self._placeholder(text)))

    def write_in_line(self, text: str) -> Element:
        """The same within a paragraph, for a table's cell."""
        return content_control(self._place_to_write(), self._placeholder(text))

    def data(self, name: str, title: str, *inside: Element, locked: bool = True) -> Element:
        """A control around what is made from data, by whose tag it is found when the document is updated. ``inside``: runs, or
        whole paragraphs and tables. ``locked``: nobody writes in it by mistake what the next update takes away."""
        lock = [w("lock", val="contentLocked")] if locked else []
        return content_control([w("alias", val=title), w("tag", val=tag(name)), self.control_id(), *lock], *inside)

    def _place_to_write(self) -> list[Element]:
        named = [w("alias", val="Skriv här"), w("tag", val="skriv-har"), self.control_id()]
        return [*named, w("temporary"), w("showingPlcHdr")]

    def _placeholder(self, text: str) -> Element:
        return run(text, w("rStyle", val="SkrivHar"))

    def control_id(self) -> Element:
        self.controls += 1
        return w("id", val=self.controls)
