"""How the Word document looks: page, styles, and the settings of a Swedish text. What stands in it belongs in ``word``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from docx.oxml.ns import qn
from docx.shared import Cm, Emu

from dashboards.documents.word_elements import PADDING, TEXT_WIDTH, Element, colour, field, run, tab, w
from dashboards.documents.word_numbering import add_bullets, numbered

FONT = "Calibri"


@dataclass(frozen=True)
class FrontMatter:
    """What a document says of itself in its properties, header and footer."""

    title: str
    subtitle: str
    subject: str
    author: str
    #: For whom it is: on each page.
    audience: str
    footer: str
    made_at: datetime


def set_properties(made: Any, front: FrontMatter) -> None:
    """What a document says of itself where nobody opens it."""
    properties = made.core_properties
    properties.title = f"{front.title}: {front.subtitle}"
    properties.subject = front.subject
    properties.author = properties.last_modified_by = front.author
    properties.language = "sv-SE"
    properties.comments = properties.keywords = ""
    properties.created = properties.modified = front.made_at
    properties.revision = 1


def set_up(made: Any, front: FrontMatter) -> None:
    """Make python-docx's empty document ours: properties, settings, styles, page, header and footer."""
    set_properties(made, front)
    _drop_template_parts(made)
    _settings(made.settings.element)
    _styles(made.styles.element, style_sheet(add_bullets(made)))
    _page(made.sections[0], front)


def _drop_template_parts(made: Any) -> None:
    """The template of python-docx brings a thumbnail, a bibliography and a second style sheet that say nothing about us."""
    for holder in (made.part.package, made.part):
        for key, relation in list(holder.rels.items()):
            if relation.reltype.rsplit("/", 1)[-1] in ("thumbnail", "customXml", "stylesWithEffects"):
                del holder.rels[key]


def _page(section: Any, front: FrontMatter) -> None:
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Emu((Cm(21) - TEXT_WIDTH * 635) // 2)
    section.top_margin, section.bottom_margin = Cm(2.5), Cm(2.2)
    section.header_distance = section.footer_distance = Cm(1.1)
    section.different_first_page_header_footer = True
    section.header.paragraphs[0]._p.extend([run(front.title), tab(), run(front.author)])
    for header in (section.header, section.first_page_header):
        say_for_whom(header, front)
    number_pages(section, front)


def say_for_whom(header: Any, front: FrontMatter) -> None:
    """For whom a document is stands on each page, in whichever header the page has."""
    header.add_paragraph(front.audience, style="Header")


def number_pages(section: Any, front: FrontMatter) -> None:
    """The footer, with the page's number."""
    page = [run("Sida "), *field("PAGE", run("1")), run(" av "), *field("NUMPAGES", run("1"))]
    section.footer.paragraphs[0]._p.extend([run(front.footer), tab(), *page])


def _settings(settings: Any) -> None:
    for name in ("useFELayout", "savePreviewPicture", "proofState"):
        for element in settings.findall(f".//{qn(f'w:{name}')}"):
            element.getparent().remove(element)
    for setting in settings.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")
    for name, value in (("themeFontLang", "sv-SE"), ("decimalSymbol", ","), ("listSeparator", ";")):
        for element in settings.iter(qn(f"w:{name}")):
            element.set(qn("w:val"), value)


# -- styles --------------------------------------------------------------------------------------------------------------


def _styles(styles: Any, ours: Sequence[Element]) -> None:
    """Put our styles into the sheet, in place of the template's of the same name, and drop what nobody uses."""
    defaults = styles.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    fonts = defaults.find(qn("w:rFonts"))
    fonts.attrib.clear()
    for kind in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{kind}"), FONT)
    language = defaults.find(qn("w:lang"))
    language.attrib.clear()
    language.set(qn("w:val"), "sv-SE")
    replaced = {style.get(qn("w:styleId")) for style in ours}
    for style in list(styles.findall(qn("w:style"))):
        id_, kind = style.get(qn("w:styleId")), style.get(qn("w:type"))
        if id_ in replaced or (kind == "table" and style.get(qn("w:default")) is None) or id_.endswith("Char"):
            styles.remove(style)
    for link in list(styles.iter(qn("w:link"))):
        link.getparent().remove(link)
    styles.extend(ours)


def style_sheet(bullets: int) -> list[Element]:
    """All styles that our documents use. ``bullets``: the numbering of lists."""
    accent, muted = colour("accent"), colour("muted")
    line_below = _rule("bottom", 4, 4, colour("line"))
    return [
        _style(
            "paragraph", "Normal", "Normal",
            w("pPr", _spacing(after=140, line=276, lineRule="auto")), w("rPr", *_text(22, colour("text"))), default=1,
        ),
        _title("Title", "Title", [_single_spacing(2400, 120)], _strong(64, accent)),
        _title("Subtitle", "Subtitle", [_spacing(after=240)], _text(32, muted)),
        _heading(1, before=480, size=34),
        _heading(2, before=320, size=26),
        _title(
            "TOCHeading", "TOC Heading", [w("keepNext"), w("pageBreakBefore"), _spacing(before=480, after=120)],
            _strong(28, accent),
        ),
        _paragraph("TOC1", "toc 1", [_right_tab(480, leader="dot"), _spacing(before=80, after=40)]),
        _paragraph("TOC2", "toc 2", [_right_tab(1060, leader="dot"), _spacing(after=20), w("ind", left=480)]),
        _paragraph("TableofFigures", "table of figures", [_right_tab(leader="dot"), _spacing(after=20)]),
        _paragraph("ListBullet", "List Bullet", [numbered(bullets), _spacing(after=80), w("contextualSpacing")]),
        _title("Caption", "caption", [w("keepNext"), w("keepLines"), _single_spacing(280, 80)], _strong(20)),
        _paragraph("Header", "header", [line_below, _right_tab(), _single_spacing(0, 40)], _text(18, muted)),
        _paragraph("Footer", "footer", [_right_tab(), _single_spacing(0, 40)], _text(18, muted)),
        _own("Tabelltitel", [w("keepNext"), w("keepLines"), _single_spacing(0, 80)], _text(18, muted)),
        _own("Tabelltext", [_single_spacing(20, 20)], _text(18)),
        _own("Tabelltal", [_single_spacing(20, 20), w("jc", val="right")], _text(18)),
        _own("Tabellhuvud", [w("keepNext"), _single_spacing(20, 20)], _strong(18)),
        _own("Diagram", [w("keepNext"), _single_spacing(0, 40)]),
        _own("Tabellnot", [w("keepLines"), _single_spacing(40, 0)], _text(17, muted)),
        _own("Viktigt", [_rule("left", 24, 8, accent), w("ind", left=200)]),
        _placeholder(),
        _table_style(),
    ]  # fmt: skip


def _style(
    kind: str, id_: str, name: str, *looks: Element, relations: Sequence[Element] = (), **attributes: object
) -> Element:
    return w("style", w("name", val=name), *relations, w("qFormat"), *looks, type=kind, styleId=id_, **attributes)


def _paragraph(
    id_: str,
    name: str,
    properties: Sequence[Element],
    text: Sequence[Element] = (),
    *following: Element,
    **attributes: object,
) -> Element:
    relations = [w("basedOn", val="Normal"), *following]
    looks = w("pPr", *properties), w("rPr", *text)
    return _style("paragraph", id_, name, *looks, relations=relations, **attributes)


def _title(id_: str, name: str, properties: Sequence[Element], text: Sequence[Element]) -> Element:
    """After a title comes ordinary text."""
    return _paragraph(id_, name, properties, text, w("next", val="Normal"))


def _heading(level: int, before: int, size: int) -> Element:
    kept = [w("keepNext"), w("keepLines"), _single_spacing(before, 120), w("outlineLvl", val=level - 1)]
    return _title(f"Heading{level}", f"heading {level}", kept, _strong(size, colour("accent")))


def _own(name: str, properties: Sequence[Element], text: Sequence[Element] = ()) -> Element:
    """A style that Word does not know by itself."""
    return _paragraph(name, name, properties, text, customStyle=1)


def _placeholder() -> Element:
    """The text of a place to write in."""
    look = w("rPr", w("i"), w("color", val="6B6B6B"), w("shd", val="clear", color="auto", fill="F1F1F1"))
    return _style("character", "SkrivHar", "Skriv här", look, customStyle=1)


def _table_style() -> Element:
    thick, thin = (
        {"val": "single", "sz": 8, "color": colour("text")},
        {"val": "single", "sz": 4, "color": colour("line")},
    )
    borders = w("tblBorders", w("top", **thick), w("bottom", **thick), w("insideH", **thin))
    margins = w("tblCellMar", *(w(side, w=PADDING // 2, type="dxa") for side in ("left", "right")))
    head = w("tblStylePr", w("tcPr", w("shd", val="clear", color="auto", fill=colour("tint"))), type="firstRow")
    based_on = w("basedOn", val="TableNormal")
    looks = w("tblPr", borders, margins), head
    return _style("table", "Statistiktabell", "Statistiktabell", *looks, relations=[based_on], customStyle=1)


def _spacing(**distances: object) -> Element:
    return w("spacing", **distances)


def _single_spacing(before: int, after: int) -> Element:
    return _spacing(before=before, after=after, line=240, lineRule="auto")


def _text(size: int, shade: str | None = None) -> list[Element]:
    """``size`` in half points."""
    return [*([w("color", val=shade)] if shade else []), w("sz", val=size)]


def _strong(size: int, shade: str | None = None) -> list[Element]:
    return [w("b"), *_text(size, shade)]


def _rule(side: str, size: int, space: int, shade: str) -> Element:
    return w("pBdr", w(side, val="single", sz=size, space=space, color=shade))


def _right_tab(number: int = 0, **leader: str) -> Element:
    """A tab stop at the right margin, and one for the text behind a ``number`` so wide."""
    left = [w("tab", val="left", pos=number)] if number else []
    return w("tabs", *left, w("tab", val="right", pos=TEXT_WIDTH, **leader))


# -- settings ------------------------------------------------------------------------------------------------------------

#: What comes after a setting in Word's order, as far as documents have it.
_AFTER_FIELDS = ("hdrShapeDefaults", "footnotePr", "endnotePr", "compat")
_AFTER_VARIABLES = (
    "rsids", "attachedSchema", "themeFontLang", "clrSchemeMapping", "doNotIncludeSubdocsInStats", "shapeDefaults",
    "decimalSymbol", "listSeparator",
)  # fmt: skip


def update_fields_on_opening(settings: Any) -> None:
    """Word fills in the pages of the contents when the document is first opened, after asking whether it may."""
    _put(settings, w("updateFields", val="true"), (*_AFTER_FIELDS, "docVars", *_AFTER_VARIABLES))


def keep_variables(settings: Any, variables: Mapping[str, str]) -> None:
    """Keep what nobody sees in the document and Word keeps with it."""
    kept = settings.find(qn("w:docVars"))
    if kept is None:
        kept = w("docVars")
        _put(settings, kept, _AFTER_VARIABLES)
    kept.extend(w("docVar", name=name, val=value) for name, value in variables.items())


def _put(settings: Any, element: Element, following: Sequence[str]) -> None:
    after = [each for each in settings if each.tag in {qn(f"w:{name}") for name in following} | {qn("m:mathPr")}]
    if after:
        after[0].addprevious(element)
    else:
        settings.append(element)
