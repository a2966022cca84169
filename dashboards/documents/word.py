"""The report as a Word document that the statistician writes the text in: real styles, captions, a contents field, tables whose
head is repeated, and diagrams as pictures with alternative text.

What all our documents have is in ``word_document``, the pieces in ``word_elements``, how they look in ``word_styles``.
"""

import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

from docx.shared import Inches

from dashboards.content.tables import Block
from dashboards.documents.outline import SIGNS_TEXT, Chapter, Outline, below, definition, fact_lines, panels
from dashboards.documents.pictures import Picture
from dashboards.documents.word_document import Writer, package
from dashboards.documents.word_elements import Element, bold, field, paragraph, run, table, w
from dashboards.documents.word_styles import FrontMatter
from dashboards.wording import numbers

HOW_TO = (
    "De grå fälten ”Skriv här” försvinner när du skriver i dem; de som inte behövs kan tas bort. "
    "Högerklicka på innehållsförteckningen och välj Uppdatera fält när texten är klar, så får den sidnummer. "
    "Siffrorna är hämtade ur det som är publicerat och ska inte ändras här."
)
WRITE_CHAPTER = "Skriv här: vad siffrorna visar, och vad som ligger bakom förändringen sedan året före."
WRITE_AFTER = "Skriv här: kommentarer till tabeller och diagram."


def document(outline: Outline, pictures: Mapping[str, Picture]) -> bytes:
    """The file's content. ``pictures``: the diagrams by block id."""
    return package(_front(outline), lambda made: _Writer(made, outline, pictures).parts())


def _front(outline: Outline) -> FrontMatter:
    return FrontMatter(
        title=outline.title,
        subtitle=outline.subtitle,
        subject=outline.when,
        author=outline.author,
        audience=outline.audience,
        footer=outline.short_source,
        made_at=outline.publication.published_at,
    )


class _Writer(Writer):
    """Puts the report together, in order: captions are counted as they come."""

    def __init__(self, made: Any, outline: Outline, pictures: Mapping[str, Picture]) -> None:
        super().__init__()
        self.made = made
        self.outline = outline
        self.pictures = pictures
        self.captions: dict[str, int] = {}
        self.drawings = 0

    def parts(self) -> Iterable[Element]:
        """The body's paragraphs and tables."""
        outline = self.outline
        yield paragraph("Title", run(outline.title))
        yield paragraph("Subtitle", run(outline.subtitle))
        yield paragraph("Normal", run(outline.when))
        yield paragraph("Normal", run(f"Siffrorna är framställda {outline.produced}."))
        for note in outline.notes:
            yield paragraph("Viktigt", run(note))
        yield self.write_here(HOW_TO)
        report = list(self._report())
        yield self.contents()
        yield from report

    def _report(self) -> Iterable[Element]:
        outline = self.outline
        for place, chapter in enumerate(outline.chapters):
            yield self.heading(1, chapter.title, new_page=place == 0)
            yield from self._chapter(chapter)
        diagrams = [block for chapter in outline.chapters for block in chapter.blocks if block.is_diagram]
        if diagrams:
            yield self.heading(1, "Bilaga 1. Värden till diagrammen", new_page=True)
        for block in diagrams:
            number = f"{block.number}, värden. " if block.number else "Värden till diagrammet. "
            yield from self._table(block, [run(number + block.title)])
        yield from self._follow_up()
        yield from self._definitions()

    def _follow_up(self) -> Iterable[Element]:
        outline = self.outline
        yield self.heading(1, "Bilaga 2. Uppföljning av uppsök och stöd", new_page=True)
        yield paragraph("Normal", run("Det som handlingsplanerna för aktivitetsansvaret vill följa, över tid."))
        if outline.follow_up_lead:
            yield paragraph("Viktigt", run(outline.follow_up_lead))
        for chapter in outline.follow_up:
            yield self.heading(2, chapter.title)
            yield from self._measures_over_time(chapter)
        if outline.target_group:
            yield self.heading(1, f"Bilaga 3. {outline.target_group.title}", new_page=True)
            yield from self._measures_over_time(outline.target_group)

    def _measures_over_time(self, chapter: Chapter) -> Iterable[Element]:
        """Each diagram with its table."""
        yield paragraph("Normal", run(chapter.lead), properties=[w("keepNext")])
        for block in chapter.blocks:
            if block.id in self.pictures:
                yield from self._diagram(block)
            yield from self._table(block, [run(block.heading)])

    def _chapter(self, chapter: Chapter) -> Iterable[Element]:
        if chapter.lead:
            yield paragraph("Normal", run(chapter.lead), properties=[w("keepNext")])
        for number, rest in fact_lines(chapter):
            yield paragraph("ListBullet", bold(number), run(" " + rest))
        yield self.write_here(WRITE_CHAPTER)
        for block in chapter.blocks:
            if block.is_diagram:
                yield from self._diagram(block)
            else:
                yield from self._table(block, self._caption(block))
        if chapter.blocks:
            yield self.write_here(WRITE_AFTER)

    # -- parts of a chapter --------------------------------------------------------------------------------------

    def _caption(self, block: Block) -> list[Element]:
        """The caption's runs. A number is a field, so that it follows when tables are added; it shows the report's own."""
        found = re.fullmatch(r"(\w+) (\d+)", block.number or "")
        if not found:
            return [run(block.heading)]
        kind, number = found[1], int(found[2])
        # Where the report's numbers jump, the field is told to jump as well.
        jump = "" if self.captions.get(kind, 0) + 1 == number else f" \\r {number}"
        self.captions[kind] = number
        counted = field(f"SEQ {kind} \\* ARABIC{jump}", run(str(number)))
        return [run(f"{kind} "), *counted, run(f". {block.title}")]

    def _notes(self, block: Block) -> Iterable[Element]:
        lines = below(block, self.outline)
        for line in lines[:-1]:
            yield paragraph("Tabellnot", run(line), properties=[w("keepNext")])
        yield paragraph("Tabellnot", run(lines[-1]), properties=[w("spacing", after=280)])

    def _diagram(self, block: Block) -> Iterable[Element]:
        yield paragraph("Caption", *self._caption(block))
        if block.id not in self.pictures:
            yield paragraph("Normal", run("Det finns inga uppgifter att visa i diagrammet."))
            return
        yield paragraph("Diagram", w("r", w("drawing", self._drawing(self.pictures[block.id], block.heading))))
        yield from self._notes(block)

    def _drawing(self, picture: Picture, title: str) -> Element:
        """The picture in a line of its own, with what it shows in words."""
        size = Inches(picture.width), Inches(picture.height)
        drawing = self.made.part.new_pic_inline(io.BytesIO(picture.png), *size)
        self.drawings += 1
        named = {"id": self.drawings, "name": f"Diagram {self.drawings}", "title": title, "descr": picture.text}
        for properties in (drawing.docPr, drawing.graphic.graphicData.pic.nvPicPr.cNvPr):
            for name, value in named.items():
                properties.set(name, str(value))
        return drawing

    def _table(self, block: Block, caption: Iterable[Element]) -> Iterable[Element]:
        for place, part in enumerate(panels(block.table)):
            yield paragraph("Caption", *(caption if place == 0 else [run(f"{block.heading} (forts.)")]))
            yield table(part, block.heading)
        yield from self._notes(block)

    def _definitions(self) -> Iterable[Element]:
        yield self.heading(1, self.outline.definitions_title, new_page=True)
        yield self.heading(2, "Tecken och avrundning")
        for mark, meaning in numbers.SIGNS:
            yield paragraph("ListBullet", bold(mark), run(f" {meaning}"))
        for text in SIGNS_TEXT:
            yield paragraph("Normal", run(text))
        for figure in self.outline.figures:
            entry = definition(figure)
            yield self.heading(2, entry.title)
            yield paragraph("Normal", run(entry.text))
            for warning in entry.warnings:
                yield paragraph("Viktigt", bold("Tänk på: "), run(warning))
            for title, text in entry.measures:
                yield paragraph("ListBullet", bold(f"{title}: "), run(text))
            for title, text in entry.facts:
                yield paragraph("Tabellnot", run(f"{title}: {text}"))
