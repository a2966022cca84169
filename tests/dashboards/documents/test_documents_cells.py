"""All cells of all tables are equal on the pages, in Word, Excel, PDF, PX and CSV, for a year and for a tertial."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from pypdf import PdfReader

from dashboards.content.tables import Block, Cell, Heading, Points, TableContent
from dashboards.documents import names, outline
from dashboards.documents.excel import number_format
from dashboards.published.report import read_report
from tests.dashboards.documents import documents_read_back as read_back
from tests.dashboards.documents.documents_report import HOSTILE, Built

pytestmark = pytest.mark.long


def _blocks(built: Built) -> tuple[Block, ...]:
    return outline.read(built.published, read_report(built.published, built.period)).blocks


def _on_site(built: Built) -> dict[str, read_back.Rows]:
    """Block's id -> its table on the page; a further table has the id of its block with its place behind."""
    found = {}
    for section, tables in read_back.site(built.out).items():
        for place, rows in enumerate(tables, start=1):
            if rows:
                found[section if place == 1 else names.more_id(section, place)] = rows
    return found


def _unquoted(rows: read_back.Rows) -> read_back.Rows:
    """As PX has labels: what the format itself uses cannot stand in them."""
    return [(row[0].replace('"', "”").replace("DATA=", "DATA ="), *row[1:]) for row in rows]


def test_every_table_of_the_pages_is_in_the_documents_and_no_other(built: Built) -> None:
    blocks = _blocks(built)
    assert len({block.id for block in blocks}) == len(blocks) > 40
    assert {block.id for block in blocks} == set(_on_site(built))


def test_excel_shows_what_the_pages_show(built: Built) -> None:
    shown, sheets = _on_site(built), read_back.excel(built.out / names.EXCEL)
    assert {block.heading: shown[block.id] for block in _blocks(built)} == sheets


def test_word_shows_what_the_pages_show(built: Built) -> None:
    shown, tables = _on_site(built), read_back.word(built.out / names.WORD)
    of = {
        block.id: [rows for id_, caption, rows in tables if id_ == block.id and caption.endswith(block.title)]
        for block in _blocks(built)
    }
    assert {id_: [shown[id_]] for id_ in of} == of
    assert len(tables) == len(shown)


def _any_case(rows: read_back.Rows) -> read_back.Rows:
    """What a row of a page names in one text, such as a job-centre and women, a data file has in two, each with a capital."""
    return [(row[0].lower(), *row[1:]) for row in rows]


def test_px_shows_what_the_pages_show(open_built: Built) -> None:
    shown = {id_: _any_case(_unquoted(rows)) for id_, rows in _on_site(open_built).items()}
    assert {id_: _any_case(read_back.px(open_built.out / names.px(id_))) for id_ in shown} == shown


def test_csv_says_what_the_pages_show(open_built: Built) -> None:
    shown = _on_site(open_built)
    files = {id_: _any_case(read_back.csv_rows(open_built.out / names.csv(id_))) for id_ in shown}
    assert {id_: _any_case(read_back.zero_as_number(rows, files[id_])) for id_, rows in shown.items()} == files


def _without_blanks(texts: Iterable[str]) -> str:
    return re.sub(r"\s+", "", "".join(texts))


def _panels_of(row: list[str], widths: Iterable[int]) -> Iterator[list[str]]:
    """A row's numbers as a table too wide for the page prints them: some columns, and below the next."""
    cells = iter(row[1:])
    for width in widths:
        yield list(islice(cells, width))


def test_the_pdf_prints_what_the_pages_show(tertial: Built) -> None:
    """Each table from its first row to its last; where it is too wide, or a label so long that it is broken over lines, each
    row's numbers."""
    printed = _without_blanks(page.extract_text() for page in PdfReader(tertial.out / names.PDF).pages)
    missing = {
        id_: rows for id_, rows in _on_site(tertial).items() if _without_blanks(map("".join, rows)) not in printed
    }
    assert len(missing) < len(_on_site(tertial)) / 2
    assert '=1+1"a"#panic()*x*<b>&amp;$x^2$' in printed
    widths = {block.id: [len(part.columns) for part in outline.panels(block.table)] for block in _blocks(tertial)}
    for id_, rows in missing.items():
        assert max(len(row[0]) for row in rows) > 30 or len(widths[id_]) > 1, id_
        panels = [_without_blanks(panel) for row in rows for panel in _panels_of(row, widths[id_])]
        assert not [panel for panel in panels if panel not in printed], id_


def test_a_wide_table_is_continued_below_with_common_headings_together() -> None:
    columns = tuple(Heading(label, group=group) for group in ("2021", "2022", "2023") for label in ("a", "b", "c", "d"))
    row = tuple(Cell(Decimal(number)) for number in range(len(columns)))
    parts = outline.panels(TableContent("Mått", (Heading("x"),), columns, (row,)))
    assert [[line.group for line in part.columns] for part in parts] == [["2021"] * 4 + ["2022"] * 4, ["2023"] * 4]
    assert [cell for part in parts for cell in part.cells[0]] == list(row)
    many = tuple(Heading(str(number)) for number in range(20))
    cells = tuple(Cell(Decimal(number)) for number in range(20))
    parts = outline.panels(TableContent("Mått", (Heading("x"),), many, (cells,)))
    assert [len(part.columns) for part in parts] == [9, 9, 2]


def test_hostile_names_are_text_everywhere(tertial: Built) -> None:
    shown = _on_site(tertial)
    assert any(HOSTILE in row[0] for row in shown["tabell-5"])
    assert any(row[0].startswith("@SUM(A1:A9) _emph_") for row in shown["nyckeltal"])


@pytest.mark.parametrize("format_", ["WORD", "EXCEL", "PDF"])
def test_the_documents_are_where_the_pages_link_to(year: Built, format_: str) -> None:
    path: Path = year.out / getattr(names, format_)
    assert path in year.written and path.stat().st_size > 10_000


def test_a_difference_of_shares_has_one_decimal_and_a_unit_of_its_own() -> None:
    for value, text, shown in ((-0.0046, "−0,5", "#,##0.0"), (0.03, "3,0", "#,##0.0"), (-0.0004, "0,0", "#,##0.0")):
        cell = Points.of_fraction(value)
        assert (cell.text, cell.in_text) == (text, text)
        assert number_format(cell).split(";")[2] == shown
    assert Points(None).text == ".."
