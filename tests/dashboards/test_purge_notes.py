"""That purged persons are missing is said below the tables that they may have been counted in, of the years that it touches, with
how many it can be at most; and nowhere else."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from dashboards.content import purge_notes
from dashboards.content.tables import Cell
from dashboards.documents import outline
from dashboards.pages import site
from dashboards.published.numbers import Number, one
from dashboards.published.report import read_report
from pipelines.history.purge import AGED, CAME_LATE
from tests.dashboards import published_file
from tests.dashboards.built_site import Site

pytestmark = pytest.mark.long

NOW, BEFORE = "verksamhetsar-2023", "verksamhetsar-2022"
REGISTER, CONTACTS, ENROLMENTS = "ber/register", "ber/kontakter", "ber/inskrivningar"
IN_2022 = (date(2022, 1, 1), date(2022, 11, 30))

#: Asks for the sentences of a number, of this year and the year before, in a file with these lines of the protocol.
Said = Callable[[Number], tuple[str, ...]]


def _lines(*lines: tuple[int, str, int, bool]) -> Callable[[published_file.Maker], None]:
    def change(maker: published_file.Maker) -> None:
        for year, dataset, persons, has_aged in lines:
            maker.purged_of_datasets.append((year, dataset, persons, *IN_2022, has_aged))
            maker.purged.append((2, year, 99, 1, 0, 0, AGED if has_aged else CAME_LATE, *IN_2022))

    return change


@pytest.fixture
def said(tmp_path: Path, request: pytest.FixtureRequest) -> Said:
    data = read_report(published_file.stockholm(tmp_path / "p.duckdb", _lines(*request.param)), NOW)

    def of(number: Number) -> tuple[str, ...]:
        cells = [Cell.of(number.at(period=period), data.value) for period in (BEFORE, NOW)]
        return purge_notes.lacking(data, cells)

    return of


IN_REGISTER, REACHED, ENROLLED = (
    one("population", "in_register"),
    one("outreach", "reached"),
    one("participants", "enrolled"),
)


@pytest.mark.parametrize(
    "said", [[(2024, REGISTER, 12, True), (2025, REGISTER, 1, True), (2025, CONTACTS, 5, True)]], indirect=True
)
def test_those_who_aged_are_other_persons_each_time(said: Said) -> None:
    (sentence,) = said(IN_REGISTER)
    assert sentence.startswith(
        "Verksamhetsåret 2022: uppgifter om högst 13\u00a0personer som kan ha räknats här är gallrade (7\u00a0§"
    )
    assert said(REACHED) == said(IN_REGISTER)  # nobody is reached who was not in the register
    assert said(ENROLLED) == ()  # the enrolments lost nobody, and those need no place in the register


@pytest.mark.parametrize(
    "said", [[(2024, REGISTER, 7, False), (2025, REGISTER, 9, False), (2025, REGISTER, 1, True)]], indirect=True
)
def test_what_comes_late_may_be_the_same_rows_every_year(said: Said) -> None:
    (sentence,) = said(IN_REGISTER)
    assert "högst 10\u00a0personer" in sentence


@pytest.mark.parametrize("said", [[(2024, ENROLMENTS, 1, True)]], indirect=True)
def test_one_person_is_one(said: Said) -> None:
    (sentence,) = said(ENROLLED)
    assert "högst 1\u00a0person som" in sentence
    assert said(IN_REGISTER) == ()


@pytest.mark.parametrize("said", [[(2024, "folkbokforing/personer", 6636, False)]], indirect=True)
def test_residents_are_those_of_the_last_extract(said: Said, tmp_path: Path) -> None:
    assert len(said(one("residents", "aged_16_19"))) == 1

    def earlier(maker: published_file.Maker) -> None:
        line = (2024, "folkbokforing/personer", 6636, date(2021, 12, 1), date(2022, 1, 4), False)
        maker.purged_of_datasets.append(line)

    data = read_report(published_file.stockholm(tmp_path / "q.duckdb", earlier), NOW)
    shown = [Cell.of(one("residents", "aged_16_19").at(period=BEFORE), data.value)]
    assert purge_notes.lacking(data, shown) == ()


def test_a_protocol_without_datasets_is_taken_for_all_of_them(tmp_path: Path) -> None:
    def purge(maker: published_file.Maker) -> None:
        maker.purged.append((2, 2024, 12, 340, 0, 0, AGED, *IN_2022))

    data = read_report(published_file.stockholm(tmp_path / "p.duckdb", purge), NOW)
    for number, times in ((ENROLLED, 1), (one("survey", "answers", category=published_file.QUESTION), 0)):
        assert len(purge_notes.lacking(data, [Cell.of(number.at(period=BEFORE), data.value)])) == times


def test_pages_and_documents_say_it_below_the_tables_it_touches(tmp_path: Path) -> None:
    file = published_file.stockholm(tmp_path / "p.duckdb", _lines((2024, REGISTER, 12, True)))
    written = site.build_report(file, NOW, tmp_path / "site")
    sections = _sections((tmp_path / "site" / "arsrapport.html").read_text(encoding="utf-8"))
    assert {id_ for id_, text in sections.items() if "gallrade" in text} >= {"tabell-1", "tabell-3", "diagram-1"}
    assert "gallrade" not in sections["tabell-2"] and "gallrade" not in sections["tabell-4"]
    blocks = {block.id: block for block in outline.read(file, read_report(file, NOW)).blocks}
    for id_ in ("tabell-1", "tabell-3", "tabell-2", "tabell-4"):
        assert any("gallrade" in note for note in blocks[id_].notes) == ("gallrade" in sections[id_]), id_
    assert "högst 12" in next(path for path in written if path.name == "index.html").read_text(encoding="utf-8")


def test_where_nobody_is_purged_nothing_is_said(stockholm: Site) -> None:
    assert "gallrade" not in stockholm.page("arsrapport.html").text


def _sections(page: str) -> dict[str, str]:
    """Id of a block -> what stands in it."""
    parts = re.split(r'<section class="block[^"]*" id="([^"]+)"', page)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
