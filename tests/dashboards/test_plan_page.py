"""The page ”Så följs handlingsplanen”: which rules it shows, with which counts, and what it says where it cannot."""

from pathlib import Path

import pytest

from dashboards.content import plan
from dashboards.documents import outline
from dashboards.published.plan import Outcome
from dashboards.published.report import read_report
from tests.dashboards import published_file
from tests.dashboards.built_site import Site, built

QUOTE = published_file.PLAN_QUOTE


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("plan")
    file = published_file.stockholm(folder / "published.duckdb", published_file.with_plans)
    return built(folder, file, "verksamhetsar-2023")


def test_a_rule_stands_with_its_citation_and_parameters(site: Site) -> None:
    text = site.page("handlingsplan.html").text
    for expected in (f"”{QUOTE}”", "Handlingsplan 2018, avsnitt 4.3.2, steg 5", "Kanal Hembesök", "Minst 2"):
        assert expected in text, expected


def test_a_rule_shows_its_cases_by_group_and_over_the_years(site: Site) -> None:
    _, groups, years, groups_by_year = site.page("handlingsplan.html").tables
    rows = dict(groups.rows)
    # the share is of the cases that could be decided: 1 000 of 1 200
    assert rows["Totalt"] == ["1\u00a0210", "1\u00a0000", "83\u00a0%", "200", "10"]
    assert rows["Män"] == ["600", "400", "67\u00a0%", "195", "5"]
    assert rows["Jobbtorg Kista"] == rows["Totalt"]
    assert rows["Jobbtorg Globen"] == ["–", "–", ".", "–", "–"]
    assert years.row("verksamhetsåret 2022") == ["8", "1", "13\u00a0%", "7", "–"]
    assert groups_by_year.head == ["Grupp", "2023", "2022"]
    assert groups_by_year.row("Män") == ["67\u00a0% (595)", "13\u00a0% (8)"]
    assert groups_by_year.row("Jobbtorg Kista") == ["83\u00a0% (1\u00a0200)", "."]
    assert groups_by_year.row("Totalt") == ["83\u00a0% (1\u00a0200)", "13\u00a0% (8)"]


def test_a_rule_that_cannot_be_answered_says_why_and_shows_no_number(site: Site) -> None:
    page = site.page("handlingsplan.html")
    assert "Kan inte besvaras: Brevets innehåll är okänt." in page.text
    # The score card, and those of one rule: the other has no cases, and this one cannot have any.
    assert len(page.tables) == 4


def test_the_score_card_tells_how_often_each_promise_was_kept(site: Site) -> None:
    card = site.page("handlingsplan.html").table("planens-loften")
    assert card.head == [
        "Löfte", "2023", "2022", "Andel per jobbtorg, 2023", *["Fall", "Följde", "Andel"] * 2, "Jobbtorg Globen",
        "Jobbtorg Skärholmen", "Jobbtorg Vällingby", "Jobbtorg Kista", "Saknar jobbtorg",
    ]  # fmt: skip
    assert card.rows == [
        (
            "Hembesök av minst två",
            ["1\u00a0200", "1\u00a0000", "83\u00a0%", "8", "1", "13\u00a0%", ".", ".", ".", "83\u00a0%", "."],
        ),
        ("Knackakort före hembesök", ["–", "–", ".", "–", "–", ".", ".", ".", ".", ".", "."]),
    ]
    # Nothing is said of the promise that had no case.
    assert "Oftast hölls ”Hembesök av minst två”, 83 % av 1 200 Så ofta hölls" in site.page(
        "handlingsplan.html"
    ).text.replace("\u00a0", " ")


def test_the_score_card_stands_in_the_documents(site: Site) -> None:
    content = outline.read(site.published, read_report(site.published, "verksamhetsar-2023"))
    chapter = content.follow_up[-1]
    assert (chapter.id, [block.id for block in chapter.blocks]) == ("handlingsplan", ["planens-loften"])


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
    text = site.page("handlingsplan.html").text
    assert "lämnas till enheten av den som förvaltar datalagret" in text


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (
            {"A": (12, 12), "B": (20, 20), "C": (5, 10)},
            "Av 3 löften hölls 2 alltid, och mest sällan hölls ”C”, 50 % av 10",
        ),
        ({"A": (12, 12), "B": (20, 20)}, "Alla 2 löften som kan avgöras hölls alltid"),
        ({"A": (12, 12)}, "Alltid hölls ”A”, 100 % av 12"),
        ({"A": (9, 10), "B": (8, 10)}, "Oftast hölls ”A”, 90 % av 10, och mest sällan hölls ”B”, 80 % av 10"),
        ({"A": (9, 9), "B": None}, None),
    ],
)
def test_the_score_card_says_what_was_kept_most_and_least(
    kept: dict[str, tuple[int, int] | None], said: str | None
) -> None:
    outcomes = {
        title: Outcome(counts[1], counts[0], counts[1] - counts[0]) if counts else None
        for title, counts in kept.items()
    }
    found = plan.most_and_least(outcomes)
    assert (found.replace("\u00a0", " ") if found else found) == said
