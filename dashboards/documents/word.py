"""The report as the Word document that the municipality hands in: numbered chapters, of which some hold numbers and the others
ask people to write, with captions, cross-references and lists that Word counts itself.

Every number, table and diagram is a content control, so that ``word_update`` can put new ones in their place in a document that
people have written in. What all our documents have is in ``word_document``, the pieces in ``word_elements``, how they look in
``word_styles``; a municipality's own template in ``word_template``.
"""

import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docx import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part as PackagePart
from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml
from docx.shared import Inches

from dashboards.content.happened import HOW_TO_READ, Statement
from dashboards.content.tables import Block
from dashboards.documents.outline import (
    DEFINITIONS,
    SIGNS_TEXT,
    Chapter,
    Outline,
    Part,
    below,
    definition,
    fact_lines,
    panels,
)
from dashboards.documents.pictures import Picture
from dashboards.documents.word_document import Entry, Writer, fill, saved
from dashboards.documents.word_elements import (
    TEXT_WIDTH,
    Element,
    bold,
    bookmark_name,
    field,
    paragraph,
    reference,
    run,
    table,
    w,
)
from dashboards.documents.word_numbering import Numbering, number_headings, numbered
from dashboards.documents.word_pages import fill_in_pages
from dashboards.documents.word_styles import FrontMatter, keep_variables, set_up, update_fields_on_opening
from dashboards.documents.word_template import adopt, opened, rename, style_called
from dashboards.wording import numbers
from dashboards.wording.letters import lower_first

HOW_TO = (
    "De grå fälten ”Skriv här” försvinner när du skriver i dem; de som inte behövs kan tas bort. Svara Ja när Word frågar om "
    "fälten får uppdateras, så får innehållsförteckningen rätt sidnummer. Siffror, tabeller och diagram är hämtade ur det som är "
    "publicerat och är låsta. De kan förnyas i det här dokumentet när underlaget har ändrats, och det du har skrivit är då kvar."
)

#: The lists of the chapters' tables and diagrams, each with Word's counters in the order in which it has them. Those of the
#: appendices would fill pages before the first chapter; the contents lead to the headings that they stand below.
LISTS = {"Tabeller": ("Tabell", "Tabell_bokstav"), "Diagram": ("Diagram", "Diagram_bokstav")}

#: What the document remembers of itself, for who updates it.
MUNICIPALITY, PERIOD, KIND, APPENDICES = "kaa-municipality", "kaa-period", "kaa-kind", "kaa-appendices"
INTERNAL, PUBLIC = "internal", "public"

_SVG_EXTENSION = (
    '<a:extLst xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<a:ext uri="{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}">'
    '<asvg:svgBlip xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:embed="{}"/>'
    "</a:ext></a:extLst>"
)


def document(outline: Outline, pictures: Mapping[str, Picture], appendices: bool = False) -> bytes:
    """The file's content. ``pictures``: the diagrams by block id. ``appendices``: also the values behind the diagrams, the
    follow-up and the definitions."""
    template = outline.data.profile.word_template
    made = opened(template.content) if template else Document()
    front = _front(outline)
    ids: Mapping[str, str] = {}
    if template:
        ids = adopt(made, front)
    else:
        set_up(made, front)
    styles = made.styles.element
    first, second = (style_called(styles, "paragraph", f"heading {level}") for level in (1, 2))
    writer = _Writer(made, outline, pictures, number_headings(made, first, second))
    elements = list(writer.parts(appendices))
    for element in elements:
        rename(element, ids)
    fill(made, elements)
    fill_in_pages(made)
    settings = made.settings.element
    update_fields_on_opening(settings)
    keep_variables(settings, identity(outline, appendices))
    return saved(made)


def identity(outline: Outline, appendices: bool) -> dict[str, str]:
    """Which report a document is."""
    return {
        MUNICIPALITY: outline.publication.municipality_code,
        PERIOD: outline.data.period.id,
        KIND: INTERNAL if outline.data.public_output is None else PUBLIC,
        APPENDICES: str(appendices).lower(),
    }


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


@dataclass(frozen=True)
class Label:
    """What a caption counts: ``Tabell 5``. ``sequence``: Word's counter, which ``switches`` tell how to count."""

    kind: str
    sequence: str
    number: str
    switches: str = "\\* ARABIC"

    @property
    def text(self) -> str:
        return f"{self.kind} {self.number}"


def _labels(blocks: Iterable[Block]) -> dict[str, Label]:
    """The labels of the report's own tables and diagrams, by block id. Those that have no number on the pages get letters, so
    that the others keep theirs."""
    found: dict[str, Label] = {}
    counted: Counter[str] = Counter()
    for block in blocks:
        kind = "Diagram" if block.is_diagram else "Tabell"
        number = re.fullmatch(rf"{kind} (\d+)", block.number or "")
        if number is None:
            letters = f"{kind}_bokstav"
            counted[letters] += 1
            found[block.id] = Label(kind, letters, _letter(counted[letters]), "\\* ALPHABETIC")
            continue
        # Where the report's numbers jump, the field is told to jump as well.
        jump = "" if counted[kind] + 1 == int(number[1]) else f" \\r {number[1]}"
        counted[kind] = int(number[1])
        found[block.id] = Label(kind, kind, number[1], f"\\* ARABIC{jump}")
    return found


def _letter(number: int) -> str:
    """A, B, … Z, AA, BB, …, as Word counts."""
    times, place = divmod(number - 1, 26)
    return chr(ord("A") + place) * (times + 1)


class _Writer(Writer):
    """Puts the report together, in order."""

    def __init__(self, made: Any, outline: Outline, pictures: Mapping[str, Picture], numbering: Numbering) -> None:
        super().__init__()
        self.made = made
        self.outline = outline
        self.pictures = pictures
        self.numbering = numbering
        section = made.sections[-1]
        room = section.page_width - section.left_margin - section.right_margin
        #: The width of the text, in twentieths of a point.
        self.room = min(TEXT_WIDTH, room // 635)
        shown = [part.chapter for each in outline.parts for part in (each, *each.sections) if part.chapter]
        self.shown = {chapter.id for chapter in shown}
        self.labels = _labels(block for chapter in shown for block in chapter.blocks)
        self.captions: dict[str, list[Entry]] = {}
        self.appendices: Counter[str] = Counter()
        self.drawings = 0
        #: Signs that are explained once for the whole document.
        self.explained: Sequence[str] = ()

    def parts(self, appendices: bool) -> Iterable[Element]:
        """The body's paragraphs and tables."""
        self.explained = (numbers.NOTHING,) if appendices else ()
        report = list(self._report())
        if appendices:
            report += self._appendices()
        yield from self._title_page()
        yield self.contents(pages=True)
        yield from self._lists()
        yield from report

    def _title_page(self) -> Iterable[Element]:
        outline = self.outline
        yield paragraph("Title", run(outline.title))
        yield paragraph("Subtitle", run(outline.subtitle))
        yield paragraph("Normal", run(outline.when))
        produced = paragraph("Normal", run(f"Siffrorna är framställda {outline.produced}."))
        notes = [paragraph("Viktigt", run(note)) for note in outline.notes]
        yield self.data("om-siffrorna", "Om siffrorna", produced, *notes)
        yield self.write_here(HOW_TO)

    def _lists(self) -> Iterable[Element]:
        """The lists of tables and of diagrams: one field for each way of counting."""
        for title, sequences in LISTS.items():
            used = [name for name in sequences if name in self.captions]
            if used:
                yield paragraph("TOCHeading", run(title), properties=[w("pageBreakBefore", val=0)])
            for name in used:
                yield from self.listing(f'TOC \\h \\z \\c "{name}"', self.captions[name], pages=True)

    def _report(self) -> Iterable[Element]:
        for place, part in enumerate(self.outline.parts, start=1):
            yield self.heading(1, part.title, f"{place}.")
            yield from self._part(part)
            for inner, section in enumerate(part.sections, start=1):
                yield self.heading(2, section.title, f"{place}.{inner}")
                yield from self._part(section)

    def _part(self, part: Part) -> Iterable[Element]:
        """What stands below a heading. A chapter that has sections, and no text of its own, begins with the first of them."""
        if part.chapter:
            yield from self._lead(part.chapter)
        if part.chapter or not part.sections:
            yield self.write_here(f"Skriv här: {lower_first(part.write)}")
        for block in part.chapter.blocks if part.chapter else ():
            yield from self._diagram(block) if block.is_diagram else self._table(block)

    def _lead(self, chapter: Chapter) -> Iterable[Element]:
        if chapter.statements:
            lines = [paragraph("ListBullet", *self._statement(each)) for each in chapter.statements]
            # Word cannot count the references anew in a control that is locked.
            yield self.data("vad-hande", "Vad hände", *lines, paragraph("Tabellnot", run(HOW_TO_READ)), locked=False)
        if chapter.lead:
            yield paragraph("Normal", run(chapter.lead), properties=[w("keepNext")])
        for place, (fact, (number, rest)) in enumerate(zip(chapter.facts, fact_lines(chapter), strict=True), start=1):
            name, title = f"{chapter.id}.{fact.id}", f"{chapter.title}, siffra {place}"
            yield paragraph("ListBullet", self.data(name, title, bold(number), run(f" {rest}")))
        if chapter.blocks:
            yield paragraph("Normal", run("Siffrorna finns i "), *self._references(chapter.blocks), run("."))

    def _statement(self, statement: Statement) -> Iterable[Element]:
        """A sentence with the table that it rests on."""
        yield run(statement.text.removesuffix("."))
        if label := self.labels.get(statement.block_id):
            yield run(" (")
            yield from reference(bookmark_name(statement.block_id), label.text)
            yield run(")")
        yield run(".")

    def _references(self, blocks: Sequence[Block]) -> Iterable[Element]:
        """Cross-references to tables and diagrams, as a list of words."""
        for place, block in enumerate(blocks):
            if place:
                yield run(" och " if place == len(blocks) - 1 else ", ")
            yield from reference(bookmark_name(block.id), self.labels[block.id].text)

    # -- tables and diagrams -------------------------------------------------------------------------------------------

    def _caption(self, id_: str, label: Label, *title: Element) -> Element:
        """A caption that Word counts, with a bookmark on its number for references to lead to."""
        anchor = bookmark_name(id_)
        counted = field(f"SEQ {label.sequence} {label.switches}", run(label.number))
        words = "".join(text.text for each in title for text in each.iter(qn("w:t")))
        self.captions.setdefault(label.sequence, []).append(Entry("TableofFigures", f"{label.text}. {words}", anchor))
        numbered_ = self.marked(anchor, run(f"{label.kind} "), *counted)
        return paragraph("Caption", *numbered_, run(". "), *title)

    def _title(self, id_: str, label: Label, block: Block) -> Element:
        """What the table says, or where there is nothing to say what it shows."""
        return self.data(f"{id_}.rubrik", f"{label.text}, rubrik", run(block.finding or block.title))

    def _subtitle(self, block: Block) -> list[Element]:
        """What a table shows, below a heading that tells what it says."""
        return [paragraph("Tabelltitel", run(block.title))] if block.finding else []

    def _table(self, block: Block, label: Label | None = None, before: Sequence[Element] = ()) -> Iterable[Element]:
        """A table with its caption. ``label`` where it is in an appendix; ``before``: what stands before its title."""
        anchor = f"{block.id}.tabell" if label else block.id
        label = label or self.labels[block.id]
        yield self._caption(anchor, label, *before, self._title(block.id, label, block))
        inside = self._subtitle(block)
        for place, part in enumerate(panels(block.table)):
            if place:
                inside.append(paragraph("Caption", run(f"{label.text}. {block.title} (forts.)")))
            inside.append(table(part, block.heading, self.room))
        yield self.data(block.id, label.text, *inside, *self._notes(block))

    def _diagram(self, block: Block, label: Label | None = None) -> Iterable[Element]:
        id_ = f"{block.id}.diagram"
        anchor = id_ if label else block.id
        label = label or self.labels[block.id]
        yield self._caption(anchor, label, self._title(id_, label, block))
        if block.id in self.pictures:
            drawing = self._drawing(self.pictures[block.id], block.heading)
            shown = [*self._subtitle(block), paragraph("Diagram", w("r", w("drawing", drawing))), *self._notes(block)]
        else:
            shown = [paragraph("Normal", run("Det finns inga uppgifter att visa i diagrammet."))]
        yield self.data(id_, label.text, *shown)

    def _notes(self, block: Block) -> Iterable[Element]:
        lines = below(block, self.outline, self.explained)
        for line in lines[:-1]:
            yield paragraph("Tabellnot", run(line), properties=[w("keepNext")])
        yield paragraph("Tabellnot", run(lines[-1]), properties=[w("spacing", after=280)])

    def _drawing(self, picture: Picture, title: str) -> Element:
        """The picture in a line of its own, as lines where the reader's program can draw them and else as dots, with what it
        shows in words."""
        self.drawings += 1
        scale = min(1.0, self.room / (picture.width * 1440))
        size = Inches(picture.width * scale), Inches(picture.height * scale)
        part = self.made.part
        drawing = part.new_pic_inline(io.BytesIO(picture.png), *size)
        svg = PackagePart(
            PackURI(f"/word/media/diagram{self.drawings}.svg"), "image/svg+xml", picture.svg, part.package
        )
        relation = part.relate_to(svg, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image")
        shown = drawing.graphic.graphicData.pic
        shown.blipFill.blip.append(parse_xml(_SVG_EXTENSION.format(relation)))
        named = {"id": self.drawings, "name": f"Diagram {self.drawings}", "title": title, "descr": picture.text}
        for properties in (drawing.docPr, shown.nvPicPr.cNvPr):
            for name, value in named.items():
                properties.set(name, str(value))
        return drawing

    # -- appendices ------------------------------------------------------------------------------------------------------

    def _appendices(self) -> Iterable[Element]:
        outline = self.outline
        diagrams = [block for chapter in outline.chapters for block in chapter.blocks if block.is_diagram]
        if diagrams:
            yield self._appendix("Värden till diagrammen")
        for block in diagrams:
            to = [*reference(bookmark_name(block.id), self.labels[block.id].text), run(", värden. ")]
            yield from self._values(block, to)
        yield self._appendix("Uppföljning av uppsök och stöd")
        yield paragraph("Normal", run("Det som handlingsplanerna för aktivitetsansvaret vill följa, över tid."))
        if outline.follow_up_lead:
            yield self.data(
                "uppfoljning.period", "Uppföljning, period", paragraph("Viktigt", run(outline.follow_up_lead))
            )
        for chapter in (each for each in outline.follow_up if each.id not in self.shown):
            yield self._unnumbered(chapter.title)
            yield from self._over_time(chapter)
        if outline.target_group:
            yield self._appendix(outline.target_group.title)
            yield from self._over_time(outline.target_group)
        yield from self._definitions()

    def _appendix(self, title: str) -> Element:
        self.appendices["bilaga"] += 1
        number = self.appendices["bilaga"]
        return self.heading(
            1, title, f"Bilaga {number}.", new_page=number == 1, properties=[numbered(self.numbering.appendices)]
        )

    def _unnumbered(self, title: str) -> Element:
        return self.heading(2, title, properties=[numbered(0)])

    def _counted(self, kind: str) -> Label:
        """The next table or diagram of the appendices."""
        self.appendices[kind] += 1
        return Label(kind, kind, str(self.appendices[kind]))

    def _values(self, block: Block, before: Sequence[Element] = ()) -> Iterable[Element]:
        """A table in an appendix."""
        label = self._counted("Bilagetabell")
        yield from self._table(block, label, before)

    def _over_time(self, chapter: Chapter) -> Iterable[Element]:
        """Each diagram with its table."""
        lead = paragraph("Normal", run(chapter.lead), properties=[w("keepNext")])
        yield self.data(f"{chapter.id}.ingress", f"{chapter.title}, ingress", lead)
        for block in chapter.blocks:
            if block.id in self.pictures:
                yield from self._diagram(block, self._counted("Bilagediagram"))
            yield from self._values(block)

    def _definitions(self) -> Iterable[Element]:
        yield self._appendix(DEFINITIONS)
        yield self._unnumbered("Tecken och avrundning")
        for mark, meaning in numbers.SIGNS:
            yield paragraph("ListBullet", bold(mark), run(f" {meaning}"))
        for text in SIGNS_TEXT:
            yield paragraph("Normal", run(text))
        for figure in self.outline.figures:
            entry = definition(figure)
            yield self._unnumbered(entry.title)
            yield paragraph("Normal", run(entry.text))
            for warning in entry.warnings:
                yield paragraph("Viktigt", bold("Tänk på: "), run(warning))
            for title, text in entry.measures:
                yield paragraph("ListBullet", bold(f"{title}: "), run(text))
            for title, text in entry.facts:
                yield paragraph("Tabellnot", run(f"{title}: {text}"))
