"""The page ”Uppföljning av uppsök och stöd”: shares of published counts, over the periods that had ended."""

from datetime import date
from pathlib import Path

import pytest

from dashboards.content import follow_up
from dashboards.content.report import Report
from dashboards.pages import site
from dashboards.published.file import ALL
from dashboards.published.report import read_report
from pipelines.configuration.catalogue import read_catalogue
from tests.dashboards import published_file
from tests.dashboards.built_site import Site
from tests.dashboards.html_page import Page

pytestmark = pytest.mark.long

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


def test_a_share_is_headed_by_what_it_was_and_has_its_target(stockholm: Site) -> None:
    data = read_report(stockholm.published, "verksamhetsar-2023")
    sections = follow_up.read(stockholm.published, data).sections()
    found = {block.id: block for section in sections for block in section.blocks}
    said = {name: (block.finding or "").replace("\u00a0", " ") for name, block in found.items()}
    assert said["erbjudande"] == "2023: 32 % av 730, lika stor andel som 2022"
    assert said["stod-val"] == "2023: 28 % av 3 092, lika stor andel som 2022"
    # The attempts to reach one youth hang together, so that chance cannot be told from change.
    assert said["telefon"] == "2023: 40 % av 6 542"
    assert said["brev"] == "Hösten 2023: 5 % av 1 200"
    assert said["avslut"] == "Vanligast var Studier, 438 av 807"
    assert said["i-stod"] == "1 231 ungdomar tog del av stöd, 248 fler än 2022"
    assert said["tid-fordelning"] == "Mediantiden till första försöket var 32 dagar"
    assert [(name, block.target.value) for name, block in found.items() if block.target] == [("erbjudande", 70)]


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
    data = read_report(stockholm.published, "verksamhetsar-2023")
    assert data.period.ends_on == date(2023, 11, 30)
    section = next(
        each for each in follow_up.read(stockholm.published, data).sections() if each.id == "tid-till-kontakt"
    )
    small, large, waits = section.blocks
    assert waits.charted
    assert small.charted and large.charted
    assert small.charted.cells[0][0].size < large.charted.cells[0][0].size < 100
    largest = max(cell.size for row in (*large.charted.cells, *waits.charted.cells) for cell in row)
    text = (stockholm.out / PAGE).read_text(encoding="utf-8")
    assert text.count(f'"reach":{largest}') == 3


def test_every_number_has_its_definition(stockholm: Site) -> None:
    page = stockholm.page(PAGE)
    for figure in follow_up.FIGURES:
        assert read_catalogue()[figure].plain.counts in page.text, figure


def test_a_file_with_one_tertial_only_has_the_page_too(tmp_path: Path) -> None:
    def tertials(maker: published_file.Maker) -> None:
        maker.kind, maker.report_year_kind = "kalenderar", "verksamhetsar"

    file = published_file.stockholm(tmp_path / "p.duckdb", tertials)
    page = Page(site.render_page("uppfoljning", file, read_report(file, "tertial1-2023")))
    assert [heading for heading, _ in page.table("telefon").rows] == ["Tertial 1 2023"]


def test_no_diagram_has_periods_of_different_lengths_beside_each_other(tmp_path: Path) -> None:
    """The first tertial, the second, which is counted from the year's beginning and holds the first, and the year."""
    years = ("2022", "2023")

    def tertials(maker: published_file.Maker) -> None:
        maker.periods = [row for row in maker.periods if row[1] != "tertial"]
        for year in years:
            for number, month in ((1, 4), (2, 8)):
                name, before = f"tertial{number}-{year}", f"tertial{number}-{int(year) - 1}"
                days = (date(int(year), 1, 1), date(int(year), month, 28))
                maker.periods.append((name, "tertial", *days, f"tertial {number} {year}", before))
                maker.figures.update(
                    {
                        (*key[:2], name, *key[3:]): value
                        for key, value in maker.figures.items()
                        if key[2] == f"verksamhetsar-{year}"
                    }
                )

    file = published_file.stockholm(tmp_path / "p.duckdb", tertials)
    for kind in ("verksamhetsar", "tertial1", "tertial2"):
        data = read_report(file, f"{kind}-2023")
        of_report = [block for chapter in Report(data).chapters() for block in chapter.blocks]
        sections = follow_up.read(file, data).sections()
        drawn = 0
        for block in (*of_report, *(block for section in sections for block in section.blocks)):
            if block.charted:
                codes = [str(each.codes["period"]) for each in (*block.charted.rows, *block.charted.columns)
                         if "period" in each.codes and block.id != "brev"]  # fmt: skip
                assert {code.partition("-")[0] for code in codes} <= {kind}, block.id
                drawn += len(codes) > 1
        assert drawn > 10
        # The others are told in the tables.
        rows = [row.label for row in next(each for each in sections[0].blocks if each.id == "telefon").table.rows]
        assert {"2023", "Tertial 1 2023", *(["Tertial 2 2023"] if kind != "tertial1" else [])} - set(rows) == (
            {"2023"} if kind != "verksamhetsar" else set()
        )


def test_who_was_reached_by_home_visits_is_counted_in_persons(stockholm: Site) -> None:
    page = stockholm.page(PAGE)
    by_visit = {"period": "verksamhetsar-2023", "category": "HEMBESOK"}
    sought, reached, first = (
        stockholm.value("reached_by_channel", measure, **by_visit) for measure in ("sought", "reached", "first_reached")
    )
    assert 0 < first < reached < sought
    cells = page.table("hembesok-personer").row("2023")
    assert [_digits(cells[6]), _digits(cells[7]), cells[8]] == [sought, reached, _share(reached, sought)]
    cells = page.table("hembesok-forst").row("2023")
    everybody = stockholm.value("outreach", "reached", "verksamhetsar-2023")
    assert [_digits(cells[6]), _digits(cells[7]), cells[8]] == [everybody, first, _share(first, everybody)]


def test_the_time_to_contact_in_classes_with_its_median(stockholm: Site) -> None:
    first, over_time, by_centre = (table for table in stockholm.page(PAGE).tables if table.section == "tid-fordelning")
    counts = [
        stockholm.value("time_to_contact", "stays", "verksamhetsar-2023", gender="kvinna", category=code)
        for code in ("D0_14", "D15_30", "OVER_90", "INGEN", "*")
    ]
    row = first.row("Kvinnor, 2023")
    assert [_digits(cell) for cell in row[:5]] == counts
    assert row[5:] == [*(_share(count, counts[-1]) for count in counts[:-1]), "31"]
    assert over_time.row("2023")[-1] == "32"
    assert by_centre.row("Jobbtorg Kista, män")[-1] == "35"


def test_a_place_where_nobody_was_contacted_has_no_median(tmp_path: Path) -> None:
    def untouched(maker: published_file.Maker) -> None:
        for key in [key for key in maker.figures if key[0] == "time_to_contact" and key[6] not in ("*", "INGEN")]:
            del maker.figures[key]
        for key in [key for key in maker.figures if key[0] == "time_to_contact" and key[6] == "*"]:
            maker.figures[key] = maker.figures[(*key[:6], "INGEN", "*")]

    file = published_file.stockholm(tmp_path / "p.duckdb", untouched)
    page = Page(site.render_page("uppfoljning", file, read_report(file, "verksamhetsar-2023")))
    assert page.table("tid-fordelning").row("Totalt, 2023")[-1] == ".."


def test_ten_years_fit_on_the_page(tmp_path: Path) -> None:
    """The bound of a page is 300 kB; what is shown must not grow with every year."""

    def ten_years(maker: published_file.Maker) -> None:
        for measure in range(9):
            for reason in (ALL, *maker.codes["avslutsorsak"]):
                maker.spread_total(
                    "measure_exits", "ended", 2023, 1000, category=f"INSATS_{measure}", subcategory=reason
                )
        figures = {
            key: value for key, value in maker.figures.items() if key[2] == "verksamhetsar-2023" and key[4] == "*"
        }
        for year in range(2010, 2022):
            for period, kind, first, last in (
                (f"verksamhetsar-{year}", "verksamhetsar", date(year - 1, 12, 1), date(year, 11, 30)),
                (f"tertial1-{year}", "tertial", date(year, 1, 1), date(year, 4, 30)),
                (f"tertial2-{year}", "tertial", date(year, 1, 1), date(year, 8, 31)),
                (f"lasar-{year - 1}-{year}", "lasar", date(year - 1, 7, 1), date(year, 6, 30)),
                (f"manad-{year}-09", "manad", date(year, 9, 1), date(year, 9, 30)),
            ):
                maker.periods.append((period, kind, first, last, f"perioden {period}", None))
                maker.figures.update({(*key[:2], period, *key[3:]): value for key, value in figures.items()})

    file = published_file.stockholm(tmp_path / "p.duckdb", ten_years)
    html = site.render_page("uppfoljning", file, read_report(file, "verksamhetsar-2023"))
    assert [heading for heading, _ in Page(html).table("telefon").rows][:2] == ["2014", "2015"]
    assert len(html.encode()) < 300_000
