"""The documents for the data protection officer as Word files, to be filled in and kept."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from dashboards.data_protection.parts import Document, Paragraph, Part, Table, ToFillIn
from dashboards.documents.outline import plain
from dashboards.documents.word_document import Writer, package
from dashboards.documents.word_elements import Element, paragraph, run, words_table
from dashboards.documents.word_styles import FrontMatter
from dashboards.wording import numbers

HOW_TO = (
    "De grå fälten ”Fylls i av …” försvinner när du skriver i dem. Allt annat är framställt ur systemet: ändra det där och inte "
    "här. Framställ dokumentet på nytt när en källa, en kolumn eller en roll har tillkommit, och för över det som du har fyllt i."
)


def document(content: Document, author: str, made_on: date, how_to: str = HOW_TO) -> bytes:
    """The file's content. ``how_to``: what stands before the contents, for who works with it."""
    front = FrontMatter(
        title=content.title,
        subtitle=f"Kommunens aktivitetsansvar i {author}",
        subject=content.lead,
        author=author,
        audience="Internt underlag. Innehåller inga uppgifter om enskilda personer.",
        footer=f"Internt underlag, framställt {numbers.long_date(made_on)}",
        made_at=datetime.combine(made_on, time(), UTC),
    )
    return package(front, lambda made: _Writer().parts(content, front, how_to))


class _Writer(Writer):
    """Puts a document together, in order."""

    def parts(self, content: Document, front: FrontMatter, how_to: str) -> Iterable[Element]:
        yield paragraph("Title", run(front.title))
        yield paragraph("Subtitle", run(front.subtitle))
        yield paragraph("Normal", run(content.lead))
        yield paragraph("Viktigt", run(f"{front.footer}."))
        yield self.write_here(how_to)
        body = list(self._sections(content))
        yield self.contents()
        yield from body

    def _sections(self, content: Document) -> Iterable[Element]:
        for place, section in enumerate(content.sections):
            yield self.heading(1, section.title, new_page=place == 0)
            for part in section.parts:
                yield from self._part(part)

    def _part(self, part: Part) -> Iterable[Element]:
        if isinstance(part, Paragraph):
            yield paragraph("Normal", run(plain(part.text)))
        elif isinstance(part, ToFillIn):
            yield self.write_here(part.text)
        else:
            yield from self._table(part)

    def _table(self, table: Table) -> Iterable[Element]:
        yield paragraph("Caption", run(plain(table.caption)))
        rows = [[self._in_cell(cell) for cell in row] for row in table.rows]
        yield words_table(table.head, rows, table.shares, plain(table.caption))
        yield paragraph("Tabellnot")  # two tables without anything between them would be one

    def _in_cell(self, cell: str | ToFillIn) -> Element:
        return self.write_in_line(cell.text) if isinstance(cell, ToFillIn) else run(plain(cell))
