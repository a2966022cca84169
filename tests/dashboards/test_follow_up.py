"""The page ”Uppföljning av uppsök och stöd”: shares of published counts, over the periods that had ended."""

from datetime import date
from pathlib import Path

import published_file
from built_site import Site
from html_page import Page

from dashboards import follow_up, published, site

PAGE = "uppfoljning.html"


def _share(part: int, whole: int) -> str:
    return f"{(200 * part + whole) // (2 * whole)}\u00a0%" if part else "–"


def _digits(cell: str) -> int:
    return int(cell.replace("\u00a0", "").replace("–", "0"))


def test_answer_rates_are_answered_of_attempts_by_gender(stockholm: Site) -> None:
    cells = stockholm.page(PAGE).table("telefon").row("2023")
    for place, gender in enumerate(("kvinna", "man", "*")):
        where = {"period": "verksamhetsar-2023", "category": "TELEFON", "gender": gender}
        attempts = stockholm.value("contacts", "attempts", **where)
        answered = stockholm.value("contacts", "answered", **where)
        assert [_digits(cell) for cell in cells[3 * place : 3 * place + 2]] == [attempts, answered]
        if attempts:
            assert cells[3 * place + 2] == _share(answered, attempts)
    assert _digits(cells[6]) > 0


def test_letters_at_the_start_of_the_school_year_are_those_of_september_and_october(stockholm: Site) -> None:
    cells = stockholm.page(PAGE).table("brev").row("Hösten 2023")
    assert [_digits(cells[6]), _digits(cells[7]), cells[8]] == [1200, 60, "5\u00a0%"]


def test_the_choice_of_support_is_a_share_of_the_reached_per_administration(stockholm: Site) -> None:
    page = stockholm.page(PAGE)
    reached = stockholm.value("outreach", "reached", "verksamhetsar-2023")
    for section, code in (("stod-val", "*"), ("stod-amf", "AMF"), ("stod-utbf", "UTBF")):
        chose = stockholm.value("support_choice", "reached_then_enrolled", "verksamhetsar-2023", category=code)
        cells = page.table(section).row("2023")
        assert [_digits(cells[6]), _digits(cells[7]), cells[8]] == [reached, chose, _share(chose, reached)]


def test_rates_are_also_given_per_job_centre(stockholm: Site, nacka: Site) -> None:
    tables = [table for table in stockholm.page(PAGE).tables if table.section == "tid-30"]
    cells = tables[1].row("Jobbtorg Kista, 2023")
    where = {"period": "verksamhetsar-2023", "job_centre": "KISTA"}
    assert _digits(cells[6]) == stockholm.value("timeliness", "registered", **where) > 0
    assert _digits(cells[7]) == stockholm.value("timeliness", "contacted_in_30_days", **where)
    assert "Visa per jobbtorg" not in nacka.page(PAGE).text


def test_reasons_for_ending_in_all_and_per_measure(stockholm: Site) -> None:
    page = stockholm.page(PAGE)
    studies = stockholm.value("exits", "ended", "verksamhetsar-2023", category="STUDIER")
    row = next(cells for heading, cells in page.table("avslut").rows if heading == "Studier")
    assert _digits(row[-1]) == studies > 0
    own = stockholm.value("measure_exits", "ended", "verksamhetsar-2023", category="AIM", subcategory="STUDIER")
    assert _digits(page.table("avslut-insats").row("Aim: studier")[-1]) == own > 0


def test_only_periods_that_had_ended_stand_on_the_page(stockholm: Site) -> None:
    text = stockholm.page(PAGE).text
    assert "Tertial 1 2023" in text
    assert "Tertial 1 2024" not in text


def test_what_the_deliveries_cover_in_part_is_named(stockholm: Site) -> None:
    text = stockholm.page(PAGE).text
    assert "Underlaget börjar 1 december 2021. Siffrorna omfattar därför inte hela läsåret 2021/2022." in text


def test_shares_of_one_section_are_drawn_on_one_scale(stockholm: Site) -> None:
    data = published.read(stockholm.published, "verksamhetsar-2023")
    assert data.period.ends_on == date(2023, 11, 30)
    section = next(
        each for each in follow_up.read(stockholm.published, data).sections() if each.id == "tid-till-kontakt"
    )
    small, large = section.blocks
    assert small.charted and large.charted
    assert small.charted.cells[0][0].size < large.charted.cells[0][0].size < 100
    reaches = [f'"reach": {large.charted.cells[row][column].size}' for row in range(2) for column in range(2)]
    text = (stockholm.out / PAGE).read_text(encoding="utf-8")
    assert sum(text.count(reach) for reach in set(reaches)) == 2


def test_every_number_has_its_definition(stockholm: Site) -> None:
    page = stockholm.page(PAGE)
    for figure in ("contacts", "support_choice", "exits", "measure_exits", "timeliness", "offer_90_days"):
        assert published_file.CATALOGUE[figure][1] in page.text, figure


def test_a_file_with_one_tertial_only_has_the_page_too(tmp_path: Path) -> None:
    def tertials(maker: published_file.Maker) -> None:
        maker.kind, maker.report_year_kind = "kalenderar", "verksamhetsar"

    file = published_file.stockholm(tmp_path / "p.duckdb", tertials)
    page = Page(site.render_page("uppfoljning", file, published.read(file, "tertial1-2023")))
    assert [heading for heading, _ in page.table("telefon").rows] == ["Tertial 1 2023"]
