"""The page ”Så följs handlingsplanen”: which rules it shows, with which counts, and what it says where it cannot."""

from datetime import date
from pathlib import Path

import published_file
import pytest
from built_site import Site, built

TITLE_2018, QUOTE = "Handlingsplan 2018", "Hembesöken genomförs alltid av minst två personal."


def _with_plans(maker: published_file.Maker) -> None:
    old = ("gammal/two", "gammal", "Handlingsplan 2016", date(2016, 1, 1), date(2022, 11, 30))
    new = ("ny/two", "ny", TITLE_2018, date(2018, 7, 1), None)
    words = ("4.3.2, steg 5", QUOTE, "Ett fall är ett hembesök.", None)
    maker.plan_rules = [
        (*old, "staff_at_least", "Gammal regel", *words, 1),
        (*new, "staff_at_least", "Hembesök av minst två", *words, 2),
        ("ny/card", *new[1:], "attempts_before", "Knackakort före hembesök", *words, 3),
        ("ny/20", *new[1:], None, "Informationsbrev", "4.3.2", "Till den som fyller 20.", None, "Brevets innehåll är okänt.", 4),
    ]  # fmt: skip
    maker.plan_parameters = [("ny/two", "channel", "HEMBESOK"), ("ny/two", "at_least", "2")]
    now, before = maker.period(2023), maker.period(2022)
    maker.plan_counts = [
        ("ny/two", now, "*", "*", 1210, 1000, 200, 10),
        ("ny/two", now, "kvinna", "*", 610, 600, 5, 5),
        ("ny/two", now, "man", "*", 600, 400, 195, 5),
        ("ny/two", now, "*", "KISTA", 1210, 1000, 200, 10),
        ("ny/two", before, "*", "*", 8, 1, 7, 0),
        ("gammal/two", before, "*", "*", 99, 99, 0, 0),
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("plan")
    file = published_file.stockholm(folder / "published.duckdb", _with_plans)
    return built(folder, file, "verksamhetsar-2023")


def test_a_rule_stands_with_its_citation_and_parameters(site: Site) -> None:
    text = site.page("handlingsplan.html").text
    for expected in (f"”{QUOTE}”", "Handlingsplan 2018, avsnitt 4.3.2, steg 5", "Kanal Hembesök", "Minst 2"):
        assert expected in text, expected


def test_a_rule_shows_its_cases_by_group_and_over_the_years(site: Site) -> None:
    groups, years = site.page("handlingsplan.html").tables
    rows = dict(groups.rows)
    # the share is of the cases that could be decided: 1 000 of 1 200
    assert rows["Totalt"] == ["1\u00a0210", "1\u00a0000", "83\u00a0%", "200", "10"]
    assert rows["Män"] == ["600", "400", "67\u00a0%", "195", "5"]
    assert rows["Jobbtorg Kista"] == rows["Totalt"]
    assert rows["Jobbtorg Globen"] == ["–", "–", ".", "–", "–"]
    assert years.row("verksamhetsåret 2022") == ["8", "1", "13\u00a0%", "7", "–"]


def test_a_rule_that_cannot_be_answered_says_why_and_shows_no_number(site: Site) -> None:
    page = site.page("handlingsplan.html")
    assert "Kan inte besvaras: Brevets innehåll är okänt." in page.text
    assert len(page.tables) == 2  # those of one rule: the other has no cases, and this one cannot have any


def test_a_rule_without_cases_says_so(site: Site) -> None:
    assert "Inga fall under verksamhetsåret 2023." in site.page("handlingsplan.html").text


def test_a_plan_that_no_longer_holds_is_not_shown(site: Site, tmp_path: Path) -> None:
    assert "Gammal regel" not in site.page("handlingsplan.html").text
    earlier = built(tmp_path, site.published, "verksamhetsar-2022").page("handlingsplan.html")
    assert "Gammal regel" in earlier.text
    assert next(table for table in earlier.tables if table.section == "gammal-two").row("Totalt")[0] == "99"


def test_a_municipality_without_plans_says_so(nacka: Site) -> None:
    assert "Det finns ingen handlingsplan inlagd" in nacka.page("handlingsplan.html").text


def test_the_page_tells_how_the_unit_gets_the_list(site: Site) -> None:
    assert "plan_rule_case" in site.page("handlingsplan.html").text
