"""What a municipality has no source for is not shown as nothing: no chapter, table, row, fact, heading or answer of it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document

from dashboards.content.report import Report
from dashboards.documents import names
from dashboards.pages import site
from dashboards.published.report import Published, read_report
from pipelines.configuration.municipality import load_municipality
from tests.dashboards.published_file import Maker

PERIOD = "kalenderar-2023"
OF_SOURCES = ("innan-skolan", "flai", "jobbtorg-unga")
THE_SIX = ("folkbokforing", "skolregister", "beda", "ber", "enkat", "nyckeltal")


def _file(path: Path, *sources: str) -> Path:
    """Nacka, with deliveries of these sources, and the numbers that are counted from them."""
    maker = Maker(
        name="Nacka kommun", profile=load_municipality("nacka"), districts=[], job_centres=[], kind="kalenderar"
    )
    maker.first_extract, maker.last_extract = date(2022, 1, 1), date(2023, 12, 31)
    for year in maker.years:
        maker.fill(year)
    for source in sources:
        for day in (date(2022, 6, 1), date(2023, 6, 1)):
            name = f"{source}-{day}"
            maker.deliveries.append((source, day, 1, "accepted", None, "Inläst.", 9, 0, name, f"{source}/{day}"))
    has = {
        "not_admitted": {"antagning"}, "school_entry_visits": {"skolslussen"}, "consented_participants": {"flai"},
        "youth_20_29": {"jobbtorg_unga"},
    }  # fmt: skip
    maker.figures = {
        key: value
        for key, value in maker.figures.items()
        if has.get(key[0], set()) <= set(sources)
        and (key[1] not in ("guided", "guided_and_placed") or "skolslussen" in sources)
    }
    return maker.write(path)


def _read(path: Path, *sources: str) -> Published:
    return read_report(_file(path / "published.duckdb", *sources), PERIOD)


def test_without_the_sources_there_are_no_chapters_of_them(tmp_path: Path) -> None:
    titles = Report(_read(tmp_path, *THE_SIX)).titles()
    assert not titles.keys() & set(OF_SOURCES)
    assert {"registret", "sysselsattning", "stod"} <= titles.keys()


@pytest.mark.parametrize(
    ("source", "chapter"), [("flai", "flai"), ("jobbtorg_unga", "jobbtorg-unga"), ("skolslussen", "innan-skolan")]
)
def test_a_source_that_has_delivered_has_its_chapter(tmp_path: Path, source: str, chapter: str) -> None:
    titles = Report(_read(tmp_path, *THE_SIX, source)).titles()
    assert titles.keys() & set(OF_SOURCES) == {chapter}


def test_of_admission_without_skolslussen_there_is_no_guidance(tmp_path: Path) -> None:
    report = Report(_read(tmp_path, *THE_SIX, "antagning"))
    (chapter,) = [each for each in report.chapters() if each.id == "innan-skolan"]
    assert [fact.id for fact in chapter.facts] == ["not_admitted", "placed"]
    assert [block.id for block in chapter.blocks] == ["inte-antagna", "inte-antagna-per-kon"]
    first, second = chapter.blocks
    assert [row.label for row in first.table.rows] == ["Kom inte in", "Fick en plats"]
    assert [column.label for column in second.table.columns] == ["Kom inte in", "Antal", "Andel"]
    assert first.finding and "vägledning" not in first.finding


def test_a_source_that_delivered_and_has_nothing_to_tell_is_shown_with_zeros(tmp_path: Path) -> None:
    data = _read(tmp_path, *THE_SIX, "flai")
    values = {key: value for key, value in data.numbers.values.items() if key.figure != "consented_participants"}
    assert len(values) < len(data.numbers.values)
    assert "flai" in Report(replace(data, numbers=replace(data.numbers, values=values))).titles()


def test_where_nothing_at_all_has_come_everything_says_so(tmp_path: Path) -> None:
    assert set(OF_SOURCES) <= Report(_read(tmp_path)).titles().keys()


def test_no_page_and_no_document_speaks_of_what_never_came(tmp_path: Path) -> None:
    path = _file(tmp_path / "published.duckdb", *THE_SIX)
    out = tmp_path / "site"
    site.build_report(path, PERIOD, out, documents=True)
    assert not [each.name for each in out.glob("kapitel-*") if each.stem.removeprefix("kapitel-") in OF_SOURCES]
    auditor = (out / "revisorn.html").read_text(encoding="utf-8")
    assert "20–29-åringar</" not in auditor
    assert "Inte antagna" not in auditor
    document = Document(str(out / names.WORD))
    headings = [each.text for each in document.paragraphs if each.style.name.startswith("Heading")]
    assert "Ungdomar i aktivitetsansvaret" in headings
    assert not {"Innan skolan börjar", "Jobbtorgens insatser, med samtycke", "Jobbtorg Unga 20–29"} & set(headings)
