"""The report in a municipality's own Word template: its styles, logo, header, footer and page stay, and ours are added."""

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.enum.section import WD_SECTION
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from dashboards.documents import build_documents, names
from dashboards.documents.word_update import update
from pipelines.configuration.municipality import PROFILES, load_municipality
from tests.dashboards.published_file import Maker

LOGO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
#: What a Swedish Word calls its styles.
SWEDISH = {
    "Heading1": "Rubrik1",
    "Heading2": "Rubrik2",
    "Title": "Rubrik",
    "Caption": "Beskrivning",
    "Header": "Sidhuvud",
}


def _template(path: Path) -> None:
    """As a municipality's: a Swedish Word's, with a cover in a section of its own, a logo, wide margins and few styles."""
    document = Document()
    heading = document.styles["Heading 1"]
    heading.font.name, heading.font.size = "Verdana", Pt(21)
    bullets = document.styles["List Bullet"].element
    bullets.getparent().remove(bullets)
    section = document.sections[0]
    section.left_margin = section.right_margin = Cm(4)
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.header.paragraphs[0].text = "Strandby kommun"
    section.header.paragraphs[0].add_run().add_picture(io.BytesIO(LOGO), width=Cm(2))
    section.footer.paragraphs[0].text = "Dnr"
    document.add_paragraph("Mallens text")
    document.add_section(WD_SECTION.NEW_PAGE)
    for root in (document.styles.element, document.element):
        for name in ("w:pStyle", "w:basedOn", "w:next", "w:link"):
            for used in root.iter(qn(name)):
                used.set(qn("w:val"), SWEDISH.get(used.get(qn("w:val")), used.get(qn("w:val"))))
    for style in document.styles.element.iter(qn("w:style")):
        style.set(qn("w:styleId"), SWEDISH.get(style.get(qn("w:styleId")), style.get(qn("w:styleId"))))
    saved = io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(b"document.main+xml", b"template.main+xml")
            target.writestr(name, content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    _template(folder / "mall.dotx")
    text = (PROFILES / "nacka.yaml").read_text(encoding="utf-8")
    (folder / "profile.yaml").write_text(f"{text}\nword_template: mall.dotx\n", encoding="utf-8")
    maker = Maker(profile=load_municipality(str(folder)), districts=[], job_centres=[], kind="kalenderar")
    for year in maker.years:
        maker.fill(year)
    build_documents(maker.write(folder / "published.duckdb"), "kalenderar-2023", folder)
    return folder


@pytest.fixture(scope="module")
def document(folder: Path) -> Any:
    return Document(str(folder / names.WORD))


def _used(document: Any, *tags: str) -> set[str]:
    return {each.get(qn("w:val")) for tag in tags for each in document.element.iter(qn(tag))}


def test_its_styles_are_used_as_they_are_and_ours_are_added(document: Any) -> None:
    heading = document.styles["Heading 1"]
    assert (heading.style_id, heading.font.name, heading.font.size) == ("Rubrik1", "Verdana", Pt(21))
    used = _used(document, "w:pStyle", "w:rStyle", "w:tblStyle")
    known = {style.get(qn("w:styleId")) for style in document.styles.element.iter(qn("w:style"))}
    assert used <= known and {"Rubrik1", "Rubrik2", "Beskrivning", "Tabelltal", "Statistiktabell"} <= used
    assert not used & set(SWEDISH)
    assert _used(document, "w:basedOn") <= known
    names_ = [style.find(qn("w:name")).get(qn("w:val")) for style in document.styles.element.iter(qn("w:style"))]
    assert len(names_) == len(set(names_))


def test_its_headings_are_numbered(document: Any) -> None:
    number = document.styles["Heading 1"].element.pPr.numPr.numId.val
    numbering = document.part.numbering_part.element
    (abstract,) = numbering.xpath(f"./w:num[@w:numId={number}]/w:abstractNumId/@w:val")
    levels = numbering.xpath(f"./w:abstractNum[@w:abstractNumId={abstract}]/w:lvl/w:pStyle/@w:val")
    assert levels == ["Rubrik1", "Rubrik2"]


def test_its_logo_header_footer_and_page_stay_and_the_page_says_for_whom_it_is(document: Any) -> None:
    (section,) = document.sections
    texts = [paragraph.text for paragraph in section.header.paragraphs]
    assert texts[0] == "Strandby kommun" and any(text.startswith("Internt underlag") for text in texts)
    (embedded,) = [blip.get(qn("r:embed")) for blip in section.header._element.iter(qn("a:blip"))]
    assert section.header.part.rels[embedded].target_part.blob == LOGO
    assert [paragraph.text for paragraph in section.footer.paragraphs] == ["Dnr"]
    assert round(section.left_margin.cm, 1) == 4.0
    assert not [paragraph for paragraph in document.paragraphs if paragraph.text == "Mallens text"]


def test_tables_and_pictures_fit_between_its_margins(document: Any) -> None:
    room = Cm(13)
    assert max(int(extent.get("cx")) for extent in document.element.iter(qn("wp:extent"))) <= room
    for grid in document.element.iter(qn("w:tblGrid")):
        assert sum(int(column.get(qn("w:w"))) for column in grid) * 635 <= room


def test_it_is_a_document_and_can_be_updated(folder: Path) -> None:
    content = (folder / names.WORD).read_bytes()
    types = zipfile.ZipFile(io.BytesIO(content)).read("[Content_Types].xml")
    assert b"template.main" not in types and b"document.main" in types
    assert update(content, content).content == content
