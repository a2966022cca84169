"""`kaa report --update`: a Word report that people have written in gets the published numbers, and the old one stays."""

from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn

from dashboards.documents import names
from tests.cli.conftest import Kaa, Published

PERIOD = "verksamhetsar-2023"


@pytest.fixture
def written(published: Published, kaa: Kaa, tmp_path: Path) -> Path:
    """A report in which somebody has written a sentence, and in which a number is an older one."""
    assert kaa("report", "--period", PERIOD, "--out", tmp_path / "report").exit_code == 0
    path = tmp_path / "Vår rapport.docx"
    document = Document(str(tmp_path / "report" / names.WORD))
    document.add_paragraph("Vi har skrivit detta.")
    (control,) = [
        tag.getparent().getparent()
        for tag in document.element.iter(qn("w:tag"))
        if tag.get(qn("w:val")) == "kaa:tabell-1"
    ]
    cell = list(control.iter(qn("w:tc")))[-1]
    next(cell.iter(qn("w:t"))).text = "4711"
    document.save(str(path))
    return path


def test_a_document_is_updated_beside_the_old_one(written: Path, kaa: Kaa, tmp_path: Path) -> None:
    before = written.read_bytes()
    said = kaa("report", "--period", PERIOD, "--update", written)
    assert said.exit_code == 0, said.err
    assert [line for line in said.out.splitlines() if line.startswith("Tabell 1, 2022, Totalt: 4711 → ")]
    new = tmp_path / "Vår rapport (2).docx"
    assert f"Wrote {new}" in said.err and written.read_bytes() == before
    document = Document(str(new))
    assert document.paragraphs[-1].text == "Vi har skrivit detta."
    assert "4711" not in document.element.xml

    said = kaa("report", "--period", PERIOD, "--update", new)
    assert (said.exit_code, said.out) == (0, "") and "Nothing has changed since" in said.err
    assert not (tmp_path / "Vår rapport (2) (2).docx").exists()

    for arguments, sentence in (
        (["--period", PERIOD, "--update", written, "--out", new], f"{new} exists already, and is not replaced"),
        (["--period", "verksamhetsar-2022", "--update", written], "is the report of verksamhetsar-2023: give --period"),
        (["--period", PERIOD, "--update", written, "--public"], "is an internal report: leave out --public."),
        (["--period", PERIOD, "--update", written, "--appendices"], "keeps the appendices that it has"),
    ):
        said = kaa("report", *arguments)
        assert said.exit_code == 64 and sentence in said.err and said.err.count("\n") == 1
    assert written.read_bytes() == before


def test_a_document_that_is_no_report_is_one_sentence(published: Published, kaa: Kaa, tmp_path: Path) -> None:
    Document().save(str(tmp_path / "annat.docx"))
    (tmp_path / "text.docx").write_text("text", encoding="utf-8")
    for name, sentence in (
        ("annat", "is no report that kaa report made"),
        ("text", "cannot be updated: it is no Word file"),
    ):
        said = kaa("report", "--period", PERIOD, "--update", tmp_path / f"{name}.docx")
        assert said.exit_code == 64 and sentence in said.err and said.err.count("\n") == 1
    assert not (tmp_path / "annat (2).docx").exists()
