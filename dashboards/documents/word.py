"""The report as a Word document that the statistician writes the text in: real styles, captions, a contents field, tables whose
head is repeated, and diagrams as pictures with alternative text.

The body is put together as WordprocessingML, because python-docx knows neither captions, fields nor content controls.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Emu

from dashboards.content.tables import Block, TableContent
from dashboards.documents.outline import (
    SIGNS_TEXT,
    Chapter,
    Outline,
    below,
    column_widths,
    definition,
    fact_lines,
    panels,
)
from dashboards.documents.pictures import Picture
from dashboards.drawing.theme import PAGE
from dashboards.wording import numbers

NAMESPACES = nsdecls("w", "r", "wp", "a", "pic")
FONT = "Calibri"
#: Twentieths of a point: the width of the text between the margins of an A4 page, of a letter in a table, of a cell's margins.
TEXT_WIDTH, LETTER, PADDING = 9526, 104, 150
WIDEST = 1300
#: A table with no more rows than this is kept on one page.
KEPT_TOGETHER = 24

#: Headings of the first two levels, as links.
CONTENTS_FIELD = 'TOC \\o "1-2" \\h \\z \\u'

HOW_TO = (
    "De grå fälten ”Skriv här” försvinner när du skriver i dem; de som inte behövs kan tas bort. "
    "Högerklicka på innehållsförteckningen och välj Uppdatera fält när texten är klar, så får den sidnummer. "
    "Siffrorna är hämtade ur det som är publicerat och ska inte ändras här."
)
WRITE_CHAPTER = "Skriv här: vad siffrorna visar, och vad som ligger bakom förändringen sedan året före."
WRITE_AFTER = "Skriv här: kommentarer till tabeller och diagram."


def document(outline: Outline, pictures: Mapping[str, Picture]) -> bytes:
    """The file's content. ``pictures``: the diagrams by block id."""
    made = Document()
    _drop_template_parts(made)
    _set_up(made, outline)
    body = made.element.body
    for element in list(body):
        if element.tag != qn("w:sectPr"):
            body.remove(element)
    writer = _Writer(made, outline, pictures)
    fragment = parse_xml(f"<w:body {NAMESPACES}>{''.join(writer.parts())}</w:body>")
    for place, element in enumerate(list(fragment)):
        body.insert(place, element)
    file = io.BytesIO()
    made.save(file)
    return _without_clock(file.getvalue())


def _without_clock(content: bytes) -> bytes:
    """The same package with the zip format's first day as every part's time: the same report gives the same bytes."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(result, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
    return result.getvalue()


def _drop_template_parts(made: Any) -> None:
    """The template of python-docx brings a thumbnail, a bibliography and a second style sheet that say nothing about us."""
    for holder in (made.part.package, made.part):
        for key, relation in list(holder.rels.items()):
            if relation.reltype.rsplit("/", 1)[-1] in ("thumbnail", "customXml", "stylesWithEffects"):
                del holder.rels[key]


# -- styles and settings -------------------------------------------------------------------------------------------------


def _set_up(made: Any, outline: Outline) -> None:
    properties = made.core_properties
    properties.title = f"{outline.title}: {outline.subtitle}"
    properties.subject = outline.when
    properties.author = properties.last_modified_by = outline.author
    properties.language = "sv-SE"
    properties.comments = properties.keywords = ""
    properties.created = properties.modified = outline.publication.published_at
    properties.revision = 1
    _settings(made.settings.element)
    _styles(made.styles.element)
    section = made.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Emu((Cm(21) - TEXT_WIDTH * 635) // 2)
    section.top_margin, section.bottom_margin = Cm(2.5), Cm(2.2)
    section.header_distance = section.footer_distance = Cm(1.1)
    section.different_first_page_header_footer = True
    _line(section.header.paragraphs[0], f"{_run(outline.title)}{_tab()}{_run(outline.author)}")
    page = f"{_run('Sida ')}{_field('PAGE', '1')}{_run(' av ')}{_field('NUMPAGES', '1')}"
    _line(section.footer.paragraphs[0], f"{_run(outline.short_source)}{_tab()}{page}")


def _line(paragraph: Any, runs: str) -> None:
    for element in parse_xml(f"<w:p {NAMESPACES}>{runs}</w:p>"):
        paragraph._p.append(element)


def _settings(settings: Any) -> None:
    for name in ("useFELayout", "savePreviewPicture", "proofState"):
        for element in settings.findall(f".//{qn(f'w:{name}')}"):
            element.getparent().remove(element)
    for setting in settings.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")
    for name, attribute, value in (
        ("themeFontLang", "val", "sv-SE"),
        ("decimalSymbol", "val", ","),
        ("listSeparator", "val", ";"),
    ):
        for element in settings.iter(qn(f"w:{name}")):
            element.set(qn(f"w:{attribute}"), value)


def _colour(name: str) -> str:
    return PAGE[name].light.removeprefix("#").upper()


def _style_sheet() -> dict[str, str]:
    """Style id -> what it is: replaces the template's style of that id, or is added."""
    accent, text, muted, rule = (_colour(name) for name in ("accent", "text", "muted", "line"))
    following = '<w:next w:val="Normal"/>'
    built_in = '<w:basedOn w:val="Normal"/>'

    def paragraph(id_: str, name: str, inside: str, look: str, rest: str = built_in, own: bool = False) -> str:
        custom = ' w:customStyle="1"' if own else ""
        return (
            f'<w:style {NAMESPACES} w:type="paragraph"{custom} w:styleId="{id_}"><w:name w:val="{name}"/>{rest}'
            f"<w:qFormat/><w:pPr>{inside}</w:pPr><w:rPr>{look}</w:rPr></w:style>"
        )

    def heading(level: int, before: int, size: int, extra: str = "") -> str:
        return paragraph(
            f"Heading{level}", f"heading {level}",
            f'<w:keepNext/><w:keepLines/>{extra}<w:spacing w:before="{before}" w:after="120" w:line="240" w:lineRule="auto"/>'
            f'<w:outlineLvl w:val="{level - 1}"/>',
            f'<w:b/><w:color w:val="{accent}"/><w:sz w:val="{size}"/>', built_in + following,
        )  # fmt: skip

    def table_text(id_: str, name: str, keep: str = "", side: str = "", look: str = "") -> str:
        return paragraph(
            id_, name, f'{keep}<w:spacing w:before="20" w:after="20" w:line="240" w:lineRule="auto"/>{side}',
            f'{look}<w:sz w:val="18"/>', own=True,
        )  # fmt: skip

    tight = '<w:spacing w:before="0" w:after="40" w:line="240" w:lineRule="auto"/>'
    tabs = f'<w:tabs><w:tab w:val="right" w:pos="{TEXT_WIDTH}"/></w:tabs>'
    bottom = f'<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="4" w:color="{rule}"/></w:pBdr>'
    contents = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{TEXT_WIDTH}"/></w:tabs>'
    return {
        "Normal": f'<w:style {NAMESPACES} w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        f'<w:qFormat/><w:pPr><w:spacing w:after="140" w:line="276" w:lineRule="auto"/></w:pPr><w:rPr>'
        f'<w:color w:val="{text}"/><w:sz w:val="22"/></w:rPr></w:style>',
        "Title": paragraph(
            "Title", "Title", '<w:spacing w:before="2400" w:after="120" w:line="240" w:lineRule="auto"/>',
            f'<w:b/><w:color w:val="{accent}"/><w:sz w:val="64"/>', built_in + following,
        ),
        "Subtitle": paragraph(
            "Subtitle", "Subtitle", '<w:spacing w:after="240"/>', f'<w:color w:val="{muted}"/><w:sz w:val="32"/>',
            built_in + following,
        ),
        "Heading1": heading(1, 480, 34),
        "Heading2": heading(2, 320, 26),
        "TOCHeading": paragraph(
            "TOCHeading", "TOC Heading", '<w:keepNext/><w:pageBreakBefore/><w:spacing w:before="480" w:after="120"/>',
            f'<w:b/><w:color w:val="{accent}"/><w:sz w:val="28"/>', built_in + following,
        ),
        "TOC1": paragraph("TOC1", "toc 1", f'{contents}<w:spacing w:before="80" w:after="40"/>', ""),
        "TOC2": paragraph("TOC2", "toc 2", f'{contents}<w:spacing w:after="20"/><w:ind w:left="280"/>', ""),
        "Caption": paragraph(
            "Caption", "caption", '<w:keepNext/><w:keepLines/><w:spacing w:before="280" w:after="80" w:line="240" '
            'w:lineRule="auto"/>', '<w:b/><w:sz w:val="20"/>', built_in + following,
        ),
        "Header": paragraph("Header", "header", f"{bottom}{tabs}{tight}", f'<w:color w:val="{muted}"/><w:sz w:val="18"/>'),
        "Footer": paragraph("Footer", "footer", f"{tabs}{tight}", f'<w:color w:val="{muted}"/><w:sz w:val="18"/>'),
        "Tabelltext": table_text("Tabelltext", "Tabelltext"),
        "Tabelltal": table_text("Tabelltal", "Tabelltal", side='<w:jc w:val="right"/>'),
        "Tabellhuvud": table_text("Tabellhuvud", "Tabellhuvud", keep="<w:keepNext/>", look="<w:b/>"),
        "Diagram": paragraph("Diagram", "Diagram", f"<w:keepNext/>{tight}", "", own=True),
        "Tabellnot": paragraph(
            "Tabellnot", "Tabellnot", '<w:keepLines/><w:spacing w:before="40" w:after="0" w:line="240" w:lineRule="auto"/>',
            f'<w:color w:val="{muted}"/><w:sz w:val="17"/>', own=True,
        ),
        "Viktigt": paragraph(
            "Viktigt", "Viktigt", f'<w:pBdr><w:left w:val="single" w:sz="24" w:space="8" w:color="{accent}"/></w:pBdr>'
            '<w:ind w:left="200"/>', "", own=True,
        ),
        "SkrivHar": f'<w:style {NAMESPACES} w:type="character" w:customStyle="1" w:styleId="SkrivHar">'
        '<w:name w:val="Skriv här"/><w:qFormat/><w:rPr><w:i/><w:color w:val="6B6B6B"/><w:shd w:val="clear" '
        'w:color="auto" w:fill="F1F1F1"/></w:rPr></w:style>',
        "Statistiktabell": f'<w:style {NAMESPACES} w:type="table" w:customStyle="1" w:styleId="Statistiktabell">'
        '<w:name w:val="Statistiktabell"/><w:basedOn w:val="TableNormal"/><w:qFormat/><w:tblPr><w:tblBorders>'
        f'<w:top w:val="single" w:sz="8" w:color="{text}"/><w:bottom w:val="single" w:sz="8" w:color="{text}"/>'
        f'<w:insideH w:val="single" w:sz="4" w:color="{rule}"/></w:tblBorders><w:tblCellMar>'
        f'<w:left w:w="{PADDING // 2}" w:type="dxa"/><w:right w:w="{PADDING // 2}" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f'<w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="{_colour("tint")}"/>'
        '</w:tcPr></w:tblStylePr></w:style>',
    }  # fmt: skip


def _styles(styles: Any) -> None:
    defaults = styles.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    fonts = defaults.find(qn("w:rFonts"))
    fonts.attrib.clear()
    for kind in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{kind}"), FONT)
    language = defaults.find(qn("w:lang"))
    language.attrib.clear()
    language.set(qn("w:val"), "sv-SE")
    wanted = _style_sheet()
    for style in list(styles.findall(qn("w:style"))):
        id_, kind = style.get(qn("w:styleId")), style.get(qn("w:type"))
        if id_ in wanted or (kind == "table" and style.get(qn("w:default")) is None) or id_.endswith("Char"):
            styles.remove(style)
    for link in list(styles.iter(qn("w:link"))):
        link.getparent().remove(link)
    for xml in wanted.values():
        styles.append(parse_xml(xml))


# -- runs and paragraphs -------------------------------------------------------------------------------------------------


def _run(text: str, look: str = "") -> str:
    return f'<w:r>{f"<w:rPr>{look}</w:rPr>" if look else ""}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _tab() -> str:
    return "<w:r><w:tab/></w:r>"


def _mark(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def _instruction(code: str) -> str:
    return f'<w:r><w:instrText xml:space="preserve"> {escape(code)} </w:instrText></w:r>'


def _field(code: str, shown: str) -> str:
    """A field that Word counts by itself, with what it shows until then."""
    return f"{_mark('begin')}{_instruction(code)}{_mark('separate')}{_run(shown)}{_mark('end')}"


def _paragraph(style: str, inside: str, more: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>{inside}</w:p>'


class _Writer:
    """Puts the body together, in order: captions and headings are counted as they come."""

    def __init__(self, made: Any, outline: Outline, pictures: Mapping[str, Picture]) -> None:
        self.made = made
        self.outline = outline
        self.pictures = pictures
        self.headings: list[tuple[int, str]] = []
        self.captions: dict[str, int] = {}
        self.controls = 0
        self.drawings = 0

    def parts(self) -> Iterable[str]:
        """The body's paragraphs and tables."""
        outline = self.outline
        yield _paragraph("Title", _run(outline.title))
        yield _paragraph("Subtitle", _run(outline.subtitle))
        yield _paragraph("Normal", _run(outline.when))
        yield _paragraph("Normal", _run(f"Siffrorna är framställda {outline.produced}."))
        for note in outline.notes:
            yield _paragraph("Viktigt", _run(note))
        yield self._write_here(HOW_TO)
        report = list(self._report())
        yield self._contents()
        yield from report

    def _report(self) -> Iterable[str]:
        outline = self.outline
        for place, chapter in enumerate(outline.chapters):
            yield self._heading(1, chapter.title, new_page=place == 0)
            yield from self._chapter(chapter)
        diagrams = [block for chapter in outline.chapters for block in chapter.blocks if block.is_diagram]
        if diagrams:
            yield self._heading(1, "Bilaga 1. Värden till diagrammen", new_page=True)
        for block in diagrams:
            number = f"{block.number}, värden. " if block.number else "Värden till diagrammet. "
            yield from self._table(block, _run(number + block.title))
        yield self._heading(1, "Bilaga 2. Uppföljning av uppsök och stöd", new_page=True)
        yield _paragraph("Normal", _run("Det som handlingsplanerna för aktivitetsansvaret vill följa, över tid."))
        if outline.follow_up_lead:
            yield _paragraph("Viktigt", _run(outline.follow_up_lead))
        for chapter in (*outline.follow_up, *([outline.target_group] if outline.target_group else [])):
            if chapter is outline.target_group:
                yield self._heading(1, f"Bilaga 3. {chapter.title}", new_page=True)
            else:
                yield self._heading(2, chapter.title)
            yield _paragraph("Normal", _run(chapter.lead), "<w:keepNext/>")
            for block in chapter.blocks:
                if block.id in self.pictures:
                    yield from self._diagram(block)
                yield from self._table(block, _run(block.heading))
        yield from self._definitions()

    def _chapter(self, chapter: Chapter) -> Iterable[str]:
        if chapter.lead:
            yield _paragraph("Normal", _run(chapter.lead), "<w:keepNext/>")
        for number, rest in fact_lines(chapter):
            yield _paragraph("ListBullet", _run(number, "<w:b/>") + _run(" " + rest))
        yield self._write_here(WRITE_CHAPTER)
        for block in chapter.blocks:
            if block.is_diagram:
                yield from self._diagram(block)
            else:
                yield from self._table(block, self._caption(block))
        if chapter.blocks:
            yield self._write_here(WRITE_AFTER)

    # -- parts of a chapter --------------------------------------------------------------------------------------

    def _heading(self, level: int, title: str, new_page: bool = False) -> str:
        self.headings.append((level, title))
        number = len(self.headings)
        return _paragraph(
            f"Heading{level}",
            f'<w:bookmarkStart w:id="{number}" w:name="_Toc{number:06d}"/>{_run(title)}<w:bookmarkEnd w:id="{number}"/>',
            "<w:pageBreakBefore/>" if new_page else "",
        )

    def _contents(self) -> str:
        """A contents field with its entries filled in. Page numbers come when Word updates it: to make Word do so on opening
        would greet every reader with a question."""
        lines = []
        for number, (level, title) in enumerate(self.headings, start=1):
            start = _mark("begin") + _instruction(CONTENTS_FIELD) + _mark("separate") if number == 1 else ""
            end = _mark("end") if number == len(self.headings) else ""
            link = f'<w:hyperlink w:anchor="_Toc{number:06d}" w:history="1">{_run(title)}</w:hyperlink>'
            lines.append(_paragraph(f"TOC{level}", start + link + end))
        self.controls += 1
        return (
            f'<w:sdt><w:sdtPr><w:id w:val="{self.controls}"/><w:docPartObj><w:docPartGallery w:val="Table of Contents"/>'
            f"<w:docPartUnique/></w:docPartObj></w:sdtPr><w:sdtContent>{_paragraph('TOCHeading', _run('Innehåll'))}"
            f"{''.join(lines)}</w:sdtContent></w:sdt>"
        )

    def _write_here(self, text: str) -> str:
        """A content control that shows what to write and disappears with the first letter written."""
        self.controls += 1
        style = '<w:rStyle w:val="SkrivHar"/>'
        return (
            f'<w:sdt><w:sdtPr><w:alias w:val="Skriv här"/><w:tag w:val="skriv-har"/><w:id w:val="{self.controls}"/>'
            f"<w:temporary/><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{_paragraph('Normal', _run(text, style))}"
            "</w:sdtContent></w:sdt>"
        )

    def _caption(self, block: Block) -> str:
        """The caption's runs. A number is a field, so that it follows when tables are added; it shows the report's own."""
        found = re.fullmatch(r"(\w+) (\d+)", block.number or "")
        if not found:
            return _run(block.heading)
        kind, number = found[1], int(found[2])
        self.captions[kind] = self.captions.get(kind, 0) + 1
        # Where the report's numbers jump, the field is told to jump as well.
        jump = "" if self.captions[kind] == number else f" \\r {number}"
        self.captions[kind] = number
        counted = _field(f"SEQ {kind} \\* ARABIC{jump}", str(number))
        return _run(f"{kind} ") + counted + _run(f". {block.title}")

    def _notes(self, block: Block) -> Iterable[str]:
        lines = below(block, self.outline)
        for line in lines[:-1]:
            yield _paragraph("Tabellnot", _run(line), "<w:keepNext/>")
        yield _paragraph("Tabellnot", _run(lines[-1]), '<w:spacing w:after="280"/>')

    def _diagram(self, block: Block) -> Iterable[str]:
        yield _paragraph("Caption", self._caption(block))
        if block.id not in self.pictures:
            yield _paragraph("Normal", _run("Det finns inga uppgifter att visa i diagrammet."))
            return
        picture = self.pictures[block.id]
        relation, _ = self.made.part.get_or_add_image(io.BytesIO(picture.png))
        self.drawings += 1
        yield _paragraph("Diagram", _drawing(picture, relation, self.drawings, block.heading))
        yield from self._notes(block)

    def _table(self, block: Block, caption: str) -> Iterable[str]:
        parts = panels(block.table)
        for place, part in enumerate(parts):
            yield _paragraph("Caption", caption if place == 0 else _run(f"{block.heading} (forts.)"))
            yield _table(part, block.heading)
        yield from self._notes(block)

    def _definitions(self) -> Iterable[str]:
        yield self._heading(1, self.outline.definitions_title, new_page=True)
        yield self._heading(2, "Tecken och avrundning")
        for mark, meaning in numbers.SIGNS:
            yield _paragraph("ListBullet", _run(mark, "<w:b/>") + _run(f" {meaning}"))
        for text in SIGNS_TEXT:
            yield _paragraph("Normal", _run(text))
        for figure in self.outline.figures:
            entry = definition(figure)
            yield self._heading(2, entry.title)
            yield _paragraph("Normal", _run(entry.text))
            for warning in entry.warnings:
                yield _paragraph("Viktigt", _run("Tänk på: ", "<w:b/>") + _run(warning))
            for title, text in entry.measures:
                yield _paragraph("ListBullet", _run(f"{title}: ", "<w:b/>") + _run(text))
            for title, text in entry.facts:
                yield _paragraph("Tabellnot", _run(f"{title}: {text}"))


def _drawing(picture: Picture, relation: str, number: int, name: str) -> str:
    width, height = int(picture.width * 914400), int(picture.height * 914400)
    named = f'id="{number}" name="Diagram {number}" title={quoteattr(name)} descr={quoteattr(picture.text)}'
    size = f'cx="{width}" cy="{height}"'
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/><wp:docPr {named}/>'
        '<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
        f'<pic:nvPicPr><pic:cNvPr {named}/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="{relation}"/>'
        f'<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r>"
    )


# -- tables --------------------------------------------------------------------------------------------------------------


def _cell(width: int, content: str, more: str = "") -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{more}</w:tcPr>{content}</w:tc>'


def _table(table: TableContent, title: str) -> str:
    widths = column_widths(table, TEXT_WIDTH, LETTER, PADDING, WIDEST)
    # The last rows stay with the notes below.
    first_kept = 0 if len(table.rows) <= KEPT_TOGETHER else len(table.rows) - 3
    rows = _head(table, widths)
    for place, (line, cells) in enumerate(zip(table.rows, table.cells, strict=True)):
        keep = "<w:keepNext/>" if place >= first_kept else ""
        look = "<w:b/>" if line.total else ""
        border = '<w:tcBorders><w:top w:val="single" w:sz="8"/></w:tcBorders>' if line.total else ""
        found = _cell(widths[0], _paragraph("Tabelltext", _run(line.label, look), keep), border)
        for width, cell in zip(widths[1:], cells, strict=True):
            found += _cell(width, _paragraph("Tabelltal", _run(cell.text, look), keep), border)
        rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{found}</w:tr>")
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="Statistiktabell"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/><w:tblLook w:val="04A0" w:firstRow="1" w:lastRow="0" w:firstColumn="1" '
        f'w:lastColumn="0" w:noHBand="0" w:noVBand="1"/><w:tblCaption w:val={quoteattr(title)}/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def _head(table: TableContent, widths: list[int]) -> list[str]:
    """One heading row, or two where columns have a heading in common; both are repeated on the next page."""
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{_colour("tint")}"/>'
    low = '<w:vAlign w:val="bottom"/>'
    right = '<w:jc w:val="right"/>'
    centred = '<w:jc w:val="center"/>'
    grouped = any(line.group for line in table.columns)

    def text(words: str, side: str = "") -> str:
        return _paragraph("Tabellhuvud", _run(words), side)

    def row(cells: str) -> str:
        return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>"

    if not grouped:
        cells = _cell(widths[0], text(table.corner), shade + low)
        for width, line in zip(widths[1:], table.columns, strict=True):
            cells += _cell(width, text(line.label, right), shade + low)
        return [row(cells)]
    begin, go_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    upper = _cell(widths[0], text(table.corner), begin + shade + low)
    lower = _cell(widths[0], text(""), go_on + shade + low)
    place = 1
    for group, lines in groupby(table.columns, key=lambda line: line.group):
        found = list(lines)
        own = widths[place : place + len(found)]
        if group:
            upper += _cell(sum(own), text(group, centred), f'<w:gridSpan w:val="{len(found)}"/>' + shade + low)
        for width, line in zip(own, found, strict=True):
            if not group:
                upper += _cell(width, text(line.label, right), begin + shade + low)
            lower += _cell(width, text(line.label if group else "", right), ("" if group else go_on) + shade + low)
        place += len(found)
    return [row(upper), row(lower)]
