"""The page ”Målgrupp och register”: counts of the published summary, and never a person."""

from datetime import date
from pathlib import Path

import pytest

from dashboards.content import target_group
from dashboards.pages import site
from dashboards.published.report import read_report
from tests.dashboards import published_file
from tests.dashboards.built_site import Site
from tests.dashboards.html_page import Page

PAGE = "malgrupp.html"
NOW = "verksamhetsar-2023"


def _warnings(file: Path) -> str:
    return " ".join(target_group.read(file, read_report(file, NOW)).warnings)


def test_what_changed_since_the_extract_before(stockholm: Site) -> None:
    table = stockholm.page(PAGE).table("sedan-forra-natten")
    assert table.row("Målgrupp men inte i registret") == ["–", "157", "1"]
    assert table.row("I registret men inte målgrupp") == ["2", "10", "–"]


def test_reasons_and_lengths_are_named_and_an_unknown_reason_is_not_lost(stockholm: Site) -> None:
    page = stockholm.page(PAGE)
    surplus = page.table("reason-in-register-not-eligible")
    assert surplus.row("Studerar i gymnasieskolan (4)") == ["9"]
    assert surplus.row("9_NY_REGEL") == ["3"]
    assert page.table("length-eligible-not-in-register").row("Hela tiden som undersöks") == ["157"]


def test_how_many_the_worklist_leaves_out_is_said_where_the_worklist_is(stockholm: Site) -> None:
    assert "Antal skillnader som därför saknas där: 3." in stockholm.page(PAGE).text


def test_the_last_night_of_each_report_year(stockholm: Site) -> None:
    rows = stockholm.page(PAGE).table("arens-slut").rows
    assert rows == [
        ("2022 (2022-11-30)", ["2\u00a0993", "2\u00a0848", "257", "12"]),
        ("2023 (2023-11-30)", ["2\u00a0893", "2\u00a0748", "157", "12"]),
    ]


def test_by_job_centre_and_gender(stockholm: Site) -> None:
    page = stockholm.page(PAGE)
    assert page.table("jobbtorg").row("Saknar stadsdel") == ["7", "–"]
    assert page.table("jobbtorg").row("Totalt") == page.table("kon").row("Totalt") == ["157", "12"]


@pytest.mark.parametrize(
    ("night", "closed", "stale"),
    [
        (date(2023, 5, 31), False, False),
        (date(2023, 6, 1), True, False),
        (date(2023, 9, 15), True, False),
        (date(2023, 9, 16), False, False),
        (date(2023, 12, 14), False, False),
        (date(2023, 12, 15), False, True),
    ],
)
def test_a_closed_or_old_school_register_is_told(tmp_path: Path, night: date, closed: bool, stale: bool) -> None:
    def at(maker: published_file.Maker) -> None:
        maker.summary = [(night, "size", "*", "eligible", 5)]

    warnings = _warnings(published_file.stockholm(tmp_path / "p.duckdb", at))
    assert ("Skolregistret är stängt 1 juni–15 september" in warnings) == closed
    assert ("Det senaste uttaget ur skolregistret är från" in warnings) == stale


def test_without_a_register_there_is_nothing_to_compare(nacka: Site) -> None:
    page = nacka.page(PAGE)
    assert "Inget uttag ur registret har lästs in." in page.text
    assert page.tables == []


def test_without_a_school_register_everybody_seems_to_be_outside_school(tmp_path: Path) -> None:
    def never(maker: published_file.Maker) -> None:
        maker.deliveries = [each for each in maker.deliveries if each[0] != "skolregister"]

    file = published_file.stockholm(tmp_path / "p.duckdb", never)
    assert "Inget uttag ur skolregistret har lästs in." in _warnings(file)
    text = site.render_page("malgrupp", file, read_report(file, NOW))
    assert "Inget uttag ur skolregistret har lästs in." in Page(text).text
