"""A Word report that people have written in gets new numbers, tables and diagrams, and loses nothing."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Cm
from lxml import etree

from dashboards.documents import build_documents, names, word
from dashboards.documents.word_elements import paragraph, run, w
from dashboards.documents.word_update import CannotUpdate, Change, identity, update
from tests.dashboards import published_file

pytestmark = pytest.mark.long

YEAR = "kalenderar-2023"
WRITTEN = "  Under året  har vi ökat samverkan\u00a0– se även ”Uppsöksboken”. "


def _report(folder: Path, change: str = "") -> bytes:
    """The Word report of a small municipality; ``change``: SQL that alters what is published first."""
    published = published_file.nacka(folder / "published.duckdb")
    if change:
        with duckdb.connect(str(published)) as connection:
            connection.execute(change)
    build_documents(published, YEAR, folder)
    return (folder / names.WORD).read_bytes()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return _report(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The same report after a woman more was in the register."""
    more = (
        "update figures set value = value + 1 where figure = 'population' and measure = 'in_register' "
        f"and period = '{YEAR}' and gender in ('*', 'kvinna') and district = '*' and job_centre = '*'"
    )
    return _report(tmp_path_factory.mktemp("revised"), more)


def _edited(content: bytes, edit: Callable[[Any], None]) -> bytes:
    document = Document(io.BytesIO(content))
    edit(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _control(document: Any, name: str) -> Any:
    (tag,) = [each for each in document.element.iter(qn("w:tag")) if each.get(qn("w:val")) == f"kaa:{name}"]
    return tag.getparent().getparent()


def _write(document: Any) -> None:
    """What a statistician does: writes in a grey field, adds a paragraph with words in bold and a picture of her own."""
    grey = next(each for each in document.element.iter(qn("w:sdt")) if each.find(f".//{qn('w:temporary')}") is not None)
    grey.addprevious(paragraph("Normal", run(WRITTEN)))
    grey.getparent().remove(grey)
    own = document.add_paragraph("Eget stycke med ")
    own.add_run("viktiga").bold = True
    own.add_run(" ord.")
    parts = document.part.package.iter_parts()
    picture = next(part.blob for part in parts if part.partname.endswith(".png"))
    document.add_picture(io.BytesIO(picture), width=Cm(3))
    document.add_comment(own.runs, text="Kontrollera", author="A B", initials="AB")


def _text(element: Any) -> str:
    return "".join(text.text or "" for text in element.iter(qn("w:t")))


def _outside(content: bytes) -> list[bytes]:
    """Every paragraph that no control of ours holds, as it stands in the file but for what is in controls within its line."""
    root = etree.fromstring(zipfile.ZipFile(io.BytesIO(content)).read("word/document.xml"))
    for sdt in list(root.iter(qn("w:sdt"))):
        tag = sdt.find(f"{qn('w:sdtPr')}/{qn('w:tag')}")
        if tag is not None and tag.get(qn("w:val")).startswith("kaa:"):
            for child in list(sdt.find(qn("w:sdtContent"))):
                child.getparent().remove(child)
    return [etree.tostring(each, method="c14n") for each in root.find(qn("w:body"))]


def test_numbers_are_new_and_texts_are_kept_byte_for_byte(made: bytes, revised: bytes) -> None:
    edited = _edited(made, _write)
    updated = update(edited, revised)
    assert _outside(updated.content) == _outside(edited)
    assert WRITTEN in [_text(each) for each in Document(io.BytesIO(updated.content)).element.iter(qn("w:p"))]
    before, after = (zipfile.ZipFile(io.BytesIO(content)) for content in (edited, updated.content))
    changed = {
        name for name in before.namelist() if name not in after.namelist() or before.read(name) != after.read(name)
    }
    assert {name for name in changed if not name.startswith("word/media/")} <= {
        "word/document.xml", "word/_rels/document.xml.rels", "[Content_Types].xml", "word/settings.xml",
    }  # fmt: skip
    shown, wanted = (Document(io.BytesIO(content)) for content in (updated.content, revised))
    for name in ("tabell-1", "tabell-1.rubrik", "vad-hande", "sammanfattning.in_register"):
        assert _text(_control(shown, name)) == _text(_control(wanted, name)) != ""


def test_what_changed_is_listed_old_and_new(made: bytes, revised: bytes) -> None:
    updated = update(made, revised)
    assert Change("Tabell 1, 2023, Kvinnor", "3\u00a0497", "3\u00a0498") in updated.changes
    assert Change("Tabell 1, 2023, Totalt", "7\u00a0546", "7\u00a0547") in updated.changes
    assert any(change.what == "Diagram 1" and "7\u00a0547" in change.after for change in updated.changes)
    assert not [change for change in updated.changes if change.before == change.after]
    assert not updated.missing and not updated.obsolete
    again = update(updated.content, revised)
    assert (again.content, again.changes) == (updated.content, ())


def test_a_document_in_which_nothing_changed_is_the_same_file(made: bytes) -> None:
    edited = _edited(made, lambda document: document.add_paragraph("Eget."))
    updated = update(edited, made)
    assert updated.content == edited and not updated.changes


def test_a_new_diagram_takes_the_place_of_the_old_one_and_nothing_of_the_old_is_left(
    made: bytes, revised: bytes
) -> None:
    updated = Document(io.BytesIO(update(made, revised).content))
    wanted = Document(io.BytesIO(revised))
    assert _pictures(_control(updated, "diagram-1.diagram"), updated) == _pictures(
        _control(wanted, "diagram-1.diagram"), wanted
    )
    assert {part.blob for part in updated.part.package.iter_parts() if "/media/" in part.partname} == {
        part.blob for part in wanted.part.package.iter_parts() if "/media/" in part.partname
    }
    ids = [each.get("id") for each in updated.element.iter(qn("wp:docPr"))]
    assert len(ids) == len(set(ids))


def _pictures(control: Any, document: Any) -> list[bytes]:
    shown = [
        *control.iter(qn("a:blip")),
        *control.iter("{http://schemas.microsoft.com/office/drawing/2016/SVG/main}svgBlip"),
    ]
    assert len(shown) == 2
    return [document.part.rels[each.get(qn("r:embed"))].target_part.blob for each in shown]


def test_a_table_that_somebody_took_out_stays_out_and_is_named(made: bytes, revised: bytes) -> None:
    def take_out(document: Any) -> None:
        for name in ("tabell-1", "tabell-1.rubrik"):
            control = _control(document, name)
            control.getparent().remove(control)

    updated = update(_edited(made, take_out), revised)
    assert updated.missing == ("Tabell 1, rubrik", "Tabell 1")
    tags = Document(io.BytesIO(updated.content)).element.iter(qn("w:tag"))
    assert not {tag.get(qn("w:val")) for tag in tags} & {"kaa:tabell-1", "kaa:tabell-1.rubrik"}


def test_a_reference_to_a_caption_that_was_taken_out_keeps_its_words(made: bytes, revised: bytes) -> None:
    def take_out(document: Any) -> None:
        for mark in list(document.element.iter(qn("w:bookmarkStart"))):
            if mark.get(qn("w:name")).startswith("_Ref_"):
                mark.getparent().remove(mark)
        control = _control(document, "vad-hande")
        control.find(qn("w:sdtContent")).append(paragraph("Normal", run("Något annat.")))

    updated = Document(io.BytesIO(update(_edited(made, take_out), revised).content))
    happened = _control(updated, "vad-hande")
    assert not list(happened.iter(qn("w:instrText"))) and not list(happened.iter(qn("w:fldChar")))
    assert re.search(r"\((Tabell|Diagram) \w+\)", _text(happened))


def test_a_copied_table_and_an_emptied_number_are_renewed(made: bytes, revised: bytes) -> None:
    def copy(document: Any) -> None:
        number = _control(document, "sammanfattning.in_register")
        number.find(qn("w:sdtPr")).append(w("showingPlcHdr"))
        table = _control(document, "tabell-1")
        table.addnext(etree.fromstring(etree.tostring(table)))

    updated = Document(io.BytesIO(update(_edited(made, copy), revised).content))
    assert _text(updated.element).count("3\u00a0498") >= 2
    number = _control(updated, "sammanfattning.in_register")
    assert number.find(f"{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}") is None


def test_styles_are_called_as_the_document_calls_them(made: bytes, revised: bytes) -> None:
    """As when Word has saved it in another language."""

    def rename(document: Any) -> None:
        for style in document.styles.element.iter(qn("w:style")):
            if style.get(qn("w:styleId")) == "Tabelltal":
                style.set(qn("w:styleId"), "Siffror")
        for used in document.element.iter(qn("w:pStyle")):
            if used.get(qn("w:val")) == "Tabelltal":
                used.set(qn("w:val"), "Siffror")

    updated = Document(io.BytesIO(update(_edited(made, rename), revised).content))
    styles = {each.get(qn("w:val")) for each in _control(updated, "tabell-1").iter(qn("w:pStyle"))}
    assert "Siffror" in styles and "Tabelltal" not in styles


def _tracked(document: Any) -> None:
    text = next(_control(document, "tabell-1").iter(qn("w:r")))
    change = w("ins", id=900, author="A B")
    text.addprevious(change)
    change.append(text)


def _protected(document: Any) -> None:
    document.settings.element.append(w("documentProtection", edit="readOnly", enforcement="1"))


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (_tracked, "Tabell 1 has tracked changes: accept or reject them in Word"),
        (_protected, "editing is restricted in it: stop the protection in Word"),
    ],
)
def test_what_cannot_be_updated_without_loss_is_one_sentence(
    made: bytes, revised: bytes, edit: Callable[[Any], None], sentence: str
) -> None:
    with pytest.raises(CannotUpdate, match=sentence):
        update(_edited(made, edit), revised)


def test_tracked_changes_in_what_people_wrote_are_no_hindrance(made: bytes, revised: bytes) -> None:
    def write(document: Any) -> None:
        own = document.add_paragraph()
        own._p.append(w("ins", run("Nytt."), id=901, author="A B"))

    assert "Nytt." in _text(Document(io.BytesIO(update(_edited(made, write), revised).content)).element)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600, "it is protected by a password"),
        (b"%PDF-1.7", "it is no Word file"),
        (b"PK\x03\x04 cut short", "it is no Word file"),
    ],
)
def test_what_is_no_word_file_is_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(CannotUpdate, match=sentence):
        identity(content)


def test_a_report_knows_which_it_is_and_another_document_does_not(made: bytes) -> None:
    assert identity(made) == {
        word.MUNICIPALITY: "0180", word.PERIOD: YEAR, word.KIND: word.INTERNAL, word.APPENDICES: "false",
    }  # fmt: skip
    other = io.BytesIO()
    Document().save(other)
    assert identity(other.getvalue()) == {}
