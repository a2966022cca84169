"""The Word document is one that a statistician can hand in, and that a screen reader can read."""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.table import Table

from dashboards.documents import build_documents, names
from tests.dashboards import published_file
from tests.dashboards.documents.documents_report import Built

pytestmark = pytest.mark.long

#: The print's chapters: the year is the report's.
CHAPTERS = [
    "Inledning och bakgrund",
    "Sammanfattning av resultat",
    "Organisation",
    "Uppsökande arbete, stöd och insatser",
    "Samverkan",
    "Resultat av det uppsökande arbetet",
    "Ungdomar som tagit del av insatser och resultat vid utskrivning",
    "Uppföljning av utvecklingsarbete under 2023",
    "Utvecklingsområden för 2024",
]
APPENDICES = ["Värden till diagrammen", "Uppföljning av uppsök och stöd", "Målgrupp och register", "Så räknas det"]


@pytest.fixture(scope="module")
def document(year: Built) -> Any:
    return Document(str(year.out / names.WORD))


@pytest.fixture(scope="module")
def nacka(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A municipality without districts, job-centres, own measures or a survey; without appendices."""
    folder = tmp_path_factory.mktemp("nacka-word")
    build_documents(published_file.nacka(folder / "published.duckdb"), "kalenderar-2023", folder)
    return Document(str(folder / names.WORD))


def _parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name).decode() for name in package.namelist() if name.endswith((".xml", ".rels"))}


def _text(element: Any) -> str:
    return "".join(text.text or "" for text in element.iter(qn("w:t")))


def _styled(document: Any, *styles: str) -> list[str]:
    """The texts of all paragraphs of these styles, also of those inside content controls."""
    found = document.element.body.iter(qn("w:p"))
    return [_text(each) for each in found if each.pPr is not None and each.pPr.style in styles]


def _tables(document: Any) -> list[Table]:
    return [Table(each, document) for each in document.element.body.iter(qn("w:tbl"))]


def _attributes(document: Any, tag: str, name: str) -> list[str]:
    return [element.get(qn(name)) for element in document.element.iter(qn(tag))]


def _codes(document: Any, kind: str) -> list[str]:
    texts = (element.text.strip() for element in document.element.iter(qn("w:instrText")))
    return [text for text in texts if text.split()[0] == kind]


def test_the_chapters_are_those_of_the_print_and_are_numbered_by_their_style(document: Any) -> None:
    assert _styled(document, "Title", "Subtitle") == [
        "Årsrapport 2023",
        "Kommunens aktivitetsansvar i Stockholms stad",
    ]
    assert _styled(document, "Heading1") == CHAPTERS + APPENDICES
    assert _styled(document, "Heading2")[:11] == [
        "Uppsökande arbete", "Stöd och insatser", "Innan skolan börjar", "Ungdomar i aktivitetsansvaret",
        "Ungdomar som söktes och nåddes", "Vad gör de unga som nås?", "Ungdomar som tog del av stöd", "Inskrivna vid Aim",
        "Jobbtorgens insatser, med samtycke", "Ungdomarnas synpunkter på stödet", "Jobbtorg Unga 20–29",
    ]  # fmt: skip
    style = document.styles["Heading 1"].element.pPr.numPr
    chapters = [p for p in document.paragraphs if p.style.name == "Heading 1"]
    own = [p._p.pPr.numPr.numId.val for p in chapters if p._p.pPr.numPr is not None]
    assert style.numId.val not in own and len(own) == len(APPENDICES) and len(set(own)) == 1
    numbers = document.part.numbering_part.element.xpath("//w:lvlText/@w:val")
    assert {"%1.", "%1.%2", "Bilaga %1."} <= set(numbers)


def test_without_appendices_there_are_the_numbered_chapters_alone(nacka: Any) -> None:
    assert _styled(nacka, "Heading1") == CHAPTERS
    assert "Ungdomarnas synpunkter på stödet" not in _styled(nacka, "Heading2")
    assert not [text for text in _styled(nacka, "Caption") if text.startswith("Bilage")]


def test_the_plans_promises_stand_with_the_outreach_and_not_in_an_appendix_too(tmp_path: Path) -> None:
    published = published_file.stockholm(tmp_path / "published.duckdb", published_file.with_plans)
    build_documents(published, "verksamhetsar-2023", tmp_path, appendices=True)
    document = Document(str(tmp_path / names.WORD))
    texts = _styled(document, "Heading1", "Heading2", "Caption", "Tabelltitel")
    place = next(place for place, text in enumerate(texts) if "Så ofta hölls planens löften" in text)
    before = next(text for text in reversed(texts[:place]) if not text.startswith("Tabell "))
    assert before == "Uppsökande arbete" and any(text.startswith("Tabell A. ") for text in texts[place - 1 : place + 1])
    assert "Så följs handlingsplanen" not in texts


def test_without_appendices_each_sign_is_explained_below_the_table_that_has_it(nacka: Any) -> None:
    controls = [control for control in nacka.element.body.iter(qn("w:sdt")) if list(control.iter(qn("w:tbl")))]
    for control in controls:
        used = {_text(cell) for cell in control.iter(qn("w:tc"))} & {"\u2013", ".."}
        assert all(f"{sign} = " in _text(control) for sign in used)
    assert len(controls) > 5


def test_the_contents_list_every_heading_with_its_number_and_ask_word_for_the_page(document: Any, year: Built) -> None:
    entries = _styled(document, "TOC1", "TOC2")
    headings = _styled(document, "Heading1", "Heading2")
    assert len(entries) == len(headings)
    assert all(heading in entry for entry, heading in zip(entries, headings, strict=True))
    assert entries[0].startswith("1.Inledning") and any(entry.startswith("6.3Ungdomar som söktes") for entry in entries)
    assert '<w:updateFields w:val="true"/>' in _parts(year.out / names.WORD)["word/settings.xml"]


def test_the_contents_have_pages_until_word_counts_them(document: Any) -> None:
    pages = []
    for paragraph in document.element.body.iter(qn("w:p")):
        if paragraph.pPr is not None and paragraph.pPr.style in ("TOC1", "TOC2"):
            shown = list(paragraph.iter(qn("w:t")))[-1].text
            pages.append(int(shown))
    assert len(pages) == len(_styled(document, "Heading1", "Heading2"))
    assert pages == sorted(pages) and pages[0] in (2, 3, 4, 5) and len(set(pages)) > 10
    assert len(_codes(document, "PAGEREF")) == len(pages) + len(_styled(document, "TableofFigures"))


def test_what_links_and_references_lead_to_is_there(document: Any) -> None:
    marks = Counter(_attributes(document, "w:bookmarkStart", "w:name"))
    assert max(marks.values()) == 1 and all(len(name) <= 40 for name in marks)
    assert Counter(_attributes(document, "w:bookmarkStart", "w:id")) == Counter(
        _attributes(document, "w:bookmarkEnd", "w:id")
    )
    assert set(_attributes(document, "w:hyperlink", "w:anchor")) <= set(marks)
    wanted = {code.split()[1] for code in [*_codes(document, "REF"), *_codes(document, "PAGEREF")]}
    assert len(_codes(document, "REF")) > 20 and wanted <= set(marks)


def test_a_reference_says_what_its_caption_says(document: Any) -> None:
    for paragraph in document.element.body.iter(qn("w:p")):
        if (
            paragraph.pPr is None
            or paragraph.pPr.style != "Normal"
            or not _text(paragraph).startswith("Siffrorna finns i")
        ):
            continue
        shown = re.findall(r"(?:Tabell|Diagram) \w+", _text(paragraph))
        to = [code.text.split()[1] for code in paragraph.iter(qn("w:instrText"))]
        assert [_marked(document, name) for name in to] == shown


def _marked(document: Any, name: str) -> str:
    """The text inside a bookmark."""
    (start,) = document.element.xpath(f"//w:bookmarkStart[@w:name='{name}']")
    found = []
    for following in start.itersiblings():
        if following.tag == qn("w:bookmarkEnd"):
            break
        found.append(_text(following))
    return "".join(found)


def _counted(document: Any) -> Iterable[tuple[str, str]]:
    """Each caption that Word counts: (the counter, its text)."""
    for paragraph in document.element.body.iter(qn("w:p")):
        codes = [code.text.split()[1] for code in paragraph.iter(qn("w:instrText")) if " SEQ " in code.text]
        if codes:
            assert paragraph.pPr.style == "Caption" and len(codes) == 1
            yield codes[0], _text(paragraph).split(".")[0]


def test_every_table_and_picture_has_a_caption_that_word_counts_in_order(document: Any) -> None:
    counted: dict[str, list[str]] = {}
    for sequence, label in _counted(document):
        counted.setdefault(sequence, []).append(label)
    assert counted.pop("Tabell") == [f"Tabell {number}" for number in range(1, 7)]
    assert counted.pop("Diagram") == [f"Diagram {number}" for number in range(1, 9)]
    for kind in ("Tabell", "Diagram"):
        letters = counted.pop(f"{kind}_bokstav")
        assert letters == [f"{kind} {letter}" for letter in ascii_uppercase[: len(letters)]] and len(letters) > 1
    assert {name: [label.rpartition(" ")[2] for label in labels] for name, labels in counted.items()} == {
        name: [str(number) for number in range(1, len(labels) + 1)] for name, labels in counted.items()
    }
    assert counted.keys() == {"Bilagetabell", "Bilagediagram"}
    assert not [code for code in _codes(document, "SEQ") if "\\r" in code]
    continued = [text for text in _styled(document, "Caption") if text.endswith("(forts.)")]
    tables, pictures = len(_tables(document)), len(list(document.element.body.iter(qn("w:drawing"))))
    empty = [text for text in _styled(document, "Normal") if text == "Det finns inga uppgifter att visa i diagrammet."]
    assert len(_codes(document, "SEQ")) + len(continued) == tables + pictures + len(empty)


def test_the_lists_of_tables_and_diagrams_are_their_captions(document: Any) -> None:
    listed = _styled(document, "TableofFigures")
    captions = [text for text in _styled(document, "Caption") if re.match(r"(Tabell|Diagram) ", text)]
    captions = [text for text in captions if not text.endswith("(forts.)")]
    assert sorted(re.sub(r"\d+$", "", text) for text in listed) == sorted(
        re.sub(r"\d+$", "", text) for text in captions
    )
    assert all(re.search(r"\d+$", text) for text in listed), "each with its page"
    lists = [code.split()[-1].strip('"') for code in _codes(document, "TOC") if "\\c" in code]
    assert lists == ["Tabell", "Tabell_bokstav", "Diagram", "Diagram_bokstav"]


def test_tables_repeat_their_head_and_keep_rows_whole(document: Any) -> None:
    assert len(_tables(document)) > 40
    for table in _tables(document):
        rows = table._tbl.tr_lst
        assert table.style is not None and table.style.name == "Statistiktabell"
        assert rows[0].trPr.find(qn("w:tblHeader")) is not None
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
        assert rows[-1].trPr.find(qn("w:tblHeader")) is None
        assert table.rows[-1].cells[1].paragraphs[0].style.name == "Tabelltal"
        assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))
        assert sum(int(width) for width in _grid(table)) <= 9526


def _grid(table: Any) -> list[str]:
    return [column.get(qn("w:w")) for column in table._tbl.tblGrid]


def test_cells_are_merged_only_where_words_would_break(document: Any) -> None:
    assert not list(document.element.body.iter(qn("w:vMerge")))
    merged = [table for table in _tables(document) if list(table._tbl.iter(qn("w:gridSpan")))]
    assert len(merged) < 20 and all(len(_grid(table)) > 6 for table in merged)
    for table in _tables(document):
        heads = [row for row in table._tbl.tr_lst if row.trPr.find(qn("w:tblHeader")) is not None]
        assert all(_text(cell) for cell in heads[-1].tc_lst), "the row beside the numbers names every column"


def test_the_statistician_writes_in_fields_that_disappear(document: Any) -> None:
    fields = [
        field for field in document.element.iter(qn("w:sdt")) if field.find(f".//{qn('w:temporary')}") is not None
    ]
    texts = [_text(field) for field in fields]
    assert len([text for text in texts if text.startswith("Skriv här: ")]) == 17
    assert "Skriv här: vad som ska utvecklas, varför, och hur det ska följas upp." in texts
    for field in fields:
        assert field.find(f".//{qn('w:showingPlcHdr')}") is not None
        assert [style.get(qn("w:val")) for style in field.iter(qn("w:rStyle"))] == ["SkrivHar"]


def test_what_is_made_from_data_is_in_controls_with_tags(document: Any) -> None:
    tags = Counter(_attributes(document, "w:tag", "w:val"))
    wanted = ("tabell-5", "tabell-5.rubrik", "diagram-4.diagram", "sammanfattning.in_register", "om-siffrorna")
    assert {f"kaa:{name}" for name in wanted} <= set(tags)
    assert all(count == 1 for name, count in tags.items() if name != "skriv-har") and max(map(len, tags)) <= 64
    ids = _attributes(document, "w:id", "w:val")
    assert len(ids) == len(set(ids))
    for element in [*document.element.body.iter(qn("w:tbl")), *document.element.body.iter(qn("w:drawing"))]:
        assert list(element.iterancestors(qn("w:sdt")))


def _summary(document: Any) -> list[Any]:
    """What stands between the heading of the summary and the next one."""
    elements = list(document.element.body)
    headings = [element for element in elements if element.tag == qn("w:p") and element.pPr.style == "Heading1"]
    begin, end = headings[1], headings[2]
    return elements[elements.index(begin) + 1 : elements.index(end)]


def test_the_summary_begins_with_what_happened_and_where_that_stands(document: Any) -> None:
    first = _summary(document)[0]
    assert [tag.get(qn("w:val")) for tag in first.iter(qn("w:tag"))] == ["kaa:vad-hande"]
    lines = [_text(p) for p in first.iter(qn("w:p")) if p.pPr.style == "ListBullet"]
    assert 3 <= len(lines) <= 6 and all(re.search(r" \((Tabell|Diagram) \w+\)\.$", line) for line in lines)
    assert lines[0].startswith("54\u00a0% av de 807 som avslutades gick till studier")


def test_the_summary_counts_up_no_number_that_it_has_told(document: Any) -> None:
    told, *others = _summary(document)
    sentences = _text(told)
    counted = [_text(p) for p in others if p.tag == qn("w:p") and p.pPr.style == "ListBullet"]
    assert counted and "1\u00a0231" in sentences and "5\u00a0777" in sentences
    for line in counted:
        number = re.match(r"[\d\u00a0]*\d(\u00a0%)?", line)
        assert number and number[0] not in sentences


def test_captions_say_what_a_table_says_and_below_what_it_shows(document: Any) -> None:
    captions = _styled(document, "Caption", "Tabelltitel")
    place = next(place for place, text in enumerate(captions) if text.startswith("Tabell 4. "))
    assert captions[place].startswith("Tabell 4. 1\u00a0231 ungdomar tog del av stöd")
    assert captions[place + 1] == "Ungdomar som tog del av stöd, 2023 och 2022"


def test_pictures_are_lines_with_dots_behind_them_and_say_in_words_what_they_show(document: Any, year: Built) -> None:
    texts = [picture.get("descr") for picture in document.element.iter(qn("wp:docPr"))]
    assert len(texts) > 15
    assert texts[0].startswith(
        "Stapeldiagram. Från registret till studier eller arbete, 2023 och 2022. I registret: 2023 7\u00a0546"
    )
    assert all(re.match(r"(Stapeldiagram|Diagram med två punkter per rad)\. ", text) for text in texts)
    ids = [picture.get("id") for picture in document.element.iter(qn("wp:docPr"))]
    assert len(set(ids)) == len(ids)
    relations = document.part.rels
    for blip in document.element.iter(qn("a:blip")):
        (svg,) = blip.iter("{http://schemas.microsoft.com/office/drawing/2016/SVG/main}svgBlip")
        assert relations[blip.get(qn("r:embed"))].target_part.blob.startswith(b"\x89PNG")
        shown = relations[svg.get(qn("r:embed"))].target_part
        assert b"<svg" in shown.blob and shown.content_type == "image/svg+xml"
    for extent in document.element.iter(qn("wp:extent")):
        assert int(extent.get("cx")) > 5_000_000 and int(extent.get("cy")) > 300_000


def test_the_document_is_swedish_a4_and_names_only_the_municipality(document: Any, year: Built) -> None:
    properties = document.core_properties
    assert (properties.title, properties.author, properties.last_modified_by, properties.language) == (
        "Årsrapport 2023: Kommunens aktivitetsansvar i Stockholms stad", "Stockholms stad", "Stockholms stad", "sv-SE",
    )  # fmt: skip
    assert f"{properties.created:%Y-%m-%d %H:%M}" == "2024-01-08 04:07"
    section = document.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    parts = _parts(year.out / names.WORD)
    assert '<w:lang w:val="sv-SE"/>' in parts["word/styles.xml"] and "en-US" not in "".join(parts.values())
    assert not re.search(r"python-docx|/root|/home|/tmp|/work", "".join(parts.values()))
    assert " NUMPAGES " in "".join(text for name, text in parts.items() if "footer" in name)


def test_the_parts_of_the_package_have_no_time_of_their_own(year: Built) -> None:
    with zipfile.ZipFile(io.BytesIO((year.out / names.WORD).read_bytes())) as package:
        assert {item.date_time for item in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in package.namelist() if "thumbnail" in name or "customXml" in name]


def test_every_style_that_is_used_is_there_and_no_paragraph_is_empty(document: Any) -> None:
    known = {style.style_id for style in document.styles}
    used = {name for tag in ("w:pStyle", "w:rStyle", "w:tblStyle") for name in _attributes(document, tag, "w:val")}
    assert used <= known
    empty = [p for p in document.paragraphs if not p.text.strip() and not list(p._p.iter(qn("w:sdt")))]
    assert not empty
