"""The Word document is one that a statistician can work in, and that a screen reader can read."""

import io
import re
import zipfile
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from dashboards.documents import names
from tests.dashboards.documents.documents_report import Built


@pytest.fixture(scope="module")
def document(year: Built) -> Any:
    return Document(str(year.out / names.WORD))


def _parts(year: Built) -> dict[str, str]:
    with zipfile.ZipFile(year.out / names.WORD) as package:
        return {name: package.read(name).decode() for name in package.namelist() if name.endswith((".xml", ".rels"))}


def _attributes(document: Any, tag: str, name: str) -> list[str]:
    return [element.get(qn(name)) for element in document.element.iter(qn(tag))]


def test_headings_have_heading_styles(document: Any) -> None:
    found = [(paragraph.style.name, paragraph.text) for paragraph in document.paragraphs]
    assert found[:2] == [("Title", "Årsrapport 2023"), ("Subtitle", "Kommunens aktivitetsansvar i Stockholms stad")]
    first = [text for style, text in found if style == "Heading 1"]
    assert first[:3] == ["Sammanfattning", "Verksamheternas egna nyckeltal", "Ungdomar i aktivitetsansvaret"]
    assert first[-1] == "Bilaga 4. Så räknas det"
    assert ("Heading 2", "Svarsfrekvens per kanal") in found


def test_the_contents_field_lists_every_heading_and_asks_nothing_on_opening(document: Any, year: Built) -> None:
    entries = [
        "".join(text.text or "" for text in paragraph.iter(qn("w:t")))
        for paragraph in document.element.iter(qn("w:p"))
        if paragraph.pPr is not None and paragraph.pPr.style in ("TOC1", "TOC2")
    ]
    headings = [p.text for p in document.paragraphs if p.style.name in ("Heading 1", "Heading 2")]
    assert entries == headings
    targets = [anchor for anchor in _attributes(document, "w:hyperlink", "w:anchor")]
    assert targets == [name for name in _attributes(document, "w:bookmarkStart", "w:name") if name.startswith("_Toc")]
    assert (
        "updateFields" not in _parts(year)["word/settings.xml"] and "w:dirty" not in _parts(year)["word/document.xml"]
    )


def test_captions_are_counted_by_fields_that_show_the_reports_numbers(document: Any) -> None:
    counted = []
    for paragraph in document.element.iter(qn("w:p")):
        codes = [code.text for code in paragraph.iter(qn("w:instrText")) if "SEQ" in code.text]
        if codes:
            assert paragraph.pPr.style == "Caption"
            counted.append(
                (codes[0].split()[1], "".join(text.text for text in paragraph.iter(qn("w:t"))).split(".")[0])
            )
    assert [label for kind, label in counted if kind == "Tabell"] == [f"Tabell {number}" for number in range(1, 7)]
    assert [label for kind, label in counted if kind == "Diagram"] == [f"Diagram {number}" for number in range(1, 9)]
    assert not [code for code in _texts(document, "w:instrText") if "SEQ" in code and "\\r" in code]


def _texts(document: Any, tag: str) -> list[str]:
    return [element.text for element in document.element.iter(qn(tag))]


def test_tables_repeat_their_head_and_keep_rows_whole(document: Any) -> None:
    assert len(document.tables) > 40
    for table in document.tables:
        rows = table._tbl.tr_lst
        assert table.style.name == "Statistiktabell"
        assert rows[0].trPr.find(qn("w:tblHeader")) is not None
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
        assert rows[-1].trPr.find(qn("w:tblHeader")) is None
        assert table.rows[-1].cells[1].paragraphs[0].style.name == "Tabelltal"
        assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))
        assert sum(int(width) for width in _grid(table)) <= 9526


def _grid(table: Any) -> list[str]:
    return [column.get(qn("w:w")) for column in table._tbl.tblGrid]


def test_the_statistician_writes_in_fields_that_disappear(document: Any) -> None:
    fields = [
        field for field in document.element.iter(qn("w:sdt")) if field.find(f".//{qn('w:temporary')}") is not None
    ]
    texts = ["".join(text.text for text in field.iter(qn("w:t"))) for field in fields]
    assert len([text for text in texts if text.startswith("Skriv här: vad siffrorna visar")]) == 8
    for field in fields:
        assert field.find(f".//{qn('w:showingPlcHdr')}") is not None
        assert [style.get(qn("w:val")) for style in field.iter(qn("w:rStyle"))] == ["SkrivHar"]


def test_pictures_say_in_words_what_they_show(document: Any) -> None:
    texts = [picture.get("descr") for picture in document.element.iter(qn("wp:docPr"))]
    assert len(texts) == len(document.inline_shapes) > 15
    assert texts[0].startswith(
        "Stapeldiagram. Från registret till studier eller arbete, 2023 och 2022. I registret: 2023 7\u00a0546"
    )
    assert all(text.startswith("Stapeldiagram. ") for text in texts)
    ids = [picture.get("id") for picture in document.element.iter(qn("wp:docPr"))]
    assert len(set(ids)) == len(ids)


def test_the_document_is_swedish_a4_and_names_only_the_municipality(document: Any, year: Built) -> None:
    properties = document.core_properties
    assert (properties.title, properties.author, properties.last_modified_by, properties.language) == (
        "Årsrapport 2023: Kommunens aktivitetsansvar i Stockholms stad", "Stockholms stad", "Stockholms stad", "sv-SE",
    )  # fmt: skip
    assert f"{properties.created:%Y-%m-%d %H:%M}" == "2024-01-08 04:07"
    section = document.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    parts = _parts(year)
    assert '<w:lang w:val="sv-SE"/>' in parts["word/styles.xml"] and "en-US" not in "".join(parts.values())
    assert not re.search(r"python-docx|/root|/home|/tmp|/work", "".join(parts.values()))
    assert " NUMPAGES " in "".join(text for name, text in parts.items() if "footer" in name)


def test_the_parts_of_the_package_have_no_time_of_their_own(year: Built) -> None:
    with zipfile.ZipFile(io.BytesIO((year.out / names.WORD).read_bytes())) as package:
        assert {item.date_time for item in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in package.namelist() if "thumbnail" in name or "customXml" in name]


def test_zero_sized_and_empty_parts_do_not_occur(document: Any) -> None:
    assert all(shape.width.cm > 15 and shape.height.cm > 1 for shape in document.inline_shapes)
    assert not [p for p in document.paragraphs if not p.text.strip() and p.style.name != "Diagram"]
