"""The page ”Likvärdighet”: the printed numbers of 2023, the sentences made of them, and what is left out."""

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.content import equality, equality_words
from dashboards.content.chance import Difference, funnel_limits, newcombe
from dashboards.content.equality import FunnelChart, IntervalChart, Item, MonthChart
from dashboards.drawing import chance_charts
from dashboards.pages import site
from dashboards.published.numbers import NumberKey
from dashboards.published.publication import PublicTreatment
from dashboards.published.report import Published, read_report
from pipelines.configuration.disclosure import read_disclosure
from pipelines.history.purge import AGED
from tests.dashboards import published_file
from tests.dashboards.built_site import Site
from tests.dashboards.html_page import Page

pytestmark = pytest.mark.long

PERIOD = "verksamhetsar-2023"
PRINTED = Path(__file__).resolve().parents[2] / "demo" / "golden" / "arsrapport_2023.csv"


def _printed(figure: str, measure: str, year: int, **where: str) -> int:
    """One number of the printed report."""
    wanted = {"figure": figure, "measure": measure, "period": f"verksamhetsar-{year}", "kind": "exact"}
    wanted |= {name: where.get(name, "*") for name in ("gender", "district", "job_centre", "category", "subcategory")}
    with PRINTED.open(encoding="utf-8", newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if wanted.items() <= row.items()]
    return int(row["value"])


def _in_points(difference: Difference) -> tuple[float, float, float]:
    value, low, high = (round(100 * end, 1) for end in (float(difference.value), difference.low, difference.high))
    return value, low, high


def test_women_and_men_of_the_print_were_reached_alike() -> None:
    counts = [
        _printed("outreach", measure, 2023, gender=gender)
        for gender in ("kvinna", "man")
        for measure in ("reached", "sought")
    ]
    found = newcombe(*counts)
    assert _in_points(found) == (-0.5, -3.0, 2.1)
    assert not found.is_more_than_chance


def test_as_many_were_reached_in_the_print_as_the_year_before() -> None:
    counts = [_printed("outreach", measure, year) for year in (2023, 2022) for measure in ("reached", "sought")]
    found = newcombe(*counts)
    assert _in_points(found) == (-0.8, -2.7, 1.0)
    assert not found.is_more_than_chance


def test_two_groups_of_the_print_are_outside_the_inner_limits_and_none_outside_the_outer() -> None:
    centres = ("GLOBEN", "SKARHOLMEN", "VALLINGBY", "KISTA", "SAKNAS")
    middle = _printed("exits", "ended", 2023, category="STUDIER") / _printed("participants", "ended", 2023)
    shares = {}
    for centre in centres:
        part = _printed("exits", "ended", 2023, category="STUDIER", job_centre=centre)
        whole = _printed("participants", "ended", 2023, job_centre=centre)
        shares[centre] = (whole, part / whole)
    outside = {
        level: [
            centre for centre, (whole, share) in shares.items() if not funnel_limits(whole, middle, level).has(share)
        ]
        for level in (0.95, 0.998)
    }
    assert outside == {0.95: ["VALLINGBY", "SAKNAS"], 0.998: []}
    assert [round(100 * shares[centre][1]) for centre in outside[0.95]] == [67, 36]


# -- the page ------------------------------------------------------------------------------------------------------------


def _items(path: Path, data: Published) -> dict[str, Item]:
    sections = equality.read(path, data).sections()
    return {item.block.id: item for section in sections for item in section.items}


def _read(path: Path, period: str = PERIOD) -> dict[str, Item]:
    return _items(path, read_report(path, period))


def test_the_page_says_what_the_print_says_of_women_and_men_and_of_the_years(stockholm: Site) -> None:
    page = stockholm.page("likvardighet.html")
    assert page.table("lika-kon").row("Nådda av de sökta")[:3] == ["−0,5", "−3,0", "2,1"]
    assert page.table("lika-ar").row("Nådda av de sökta")[6:] == ["−0,8", "−2,7", "1,0"]
    notes = _read(stockholm.published)["lika-kon"].block.notes
    assert notes[0] == (
        "Nådda av de sökta: 53\u00a0% av 2\u00a0643 (kvinnor), 54\u00a0% av 3\u00a0134 (män). Skillnaden −0,5 procentenheter "
        "(−3,0 till 2,1) ligger inom vad slumpen i små grupper kan ge."
    )
    assert " ".join(notes[0].split()) in " ".join(page.text.split())


def test_the_page_names_who_is_outside_the_limits(stockholm: Site) -> None:
    item = _read(stockholm.published)["lika-studier-jobbtorg"]
    assert item.block.notes[0] == (
        "Utanför de inre gränserna: Jobbtorg Vällingby (67\u00a0% av 123) och Saknar stadsdel (36\u00a0% av 53). "
        "Ingen ligger utanför de yttre."
    )
    row = stockholm.page("likvardighet.html").table("lika-studier-jobbtorg").row("Jobbtorg Vällingby")
    assert row == ["123", "83", "67\u00a0%", "45\u00a0%", "63\u00a0%", "40\u00a0%", "68\u00a0%"]


def test_a_table_is_headed_by_what_it_says(stockholm: Site) -> None:
    found = {id_: item.block.finding for id_, item in _read(stockholm.published).items()}
    assert found["lika-ar"] == "Större ändring sedan 2022 än slumpen brukar ge: sysselsatta av de nådda"
    assert found["lika-studier-ar"] == (
        "Större ändring sedan 2022 än slumpen brukar ge: Jobbtorg Skärholmen, Jobbtorg Vällingby och Saknar stadsdel"
    )
    assert found["lika-erbjudande-jobbtorg"] == "Skillnaderna mellan jobbtorgen ryms i vad slumpen i små grupper kan ge"
    assert found["lika-erbjudande-ar"] == "Ingen ändring per jobbtorg sedan 2022 är större än slumpen brukar ge"
    assert found["lika-nadda"] is None


def test_each_share_stands_with_its_base_and_interval(stockholm: Site) -> None:
    row = stockholm.page("likvardighet.html").table("lika-nadda").row("Kvinnor")
    assert row[:5] == ["2\u00a0643", "1\u00a0408", "53\u00a0%", "51\u00a0%", "55\u00a0%"]
    assert row[5:8] == ["2\u00a0406", "1\u00a0297", "54\u00a0%"]


def test_a_difference_beyond_chance_is_told_with_its_group(tmp_path: Path) -> None:
    def half(maker: published_file.Maker) -> None:
        maker.put("exits", "ended", 2023, 20, job_centre="VALLINGBY", category="STUDIER")

    found = _read(published_file.stockholm(tmp_path / "p.duckdb", half))
    told = found["lika-studier-ar"].block.notes[0]
    assert told.startswith("Större än vad slumpen i små grupper brukar ge, i procentenheter: ")
    assert "Jobbtorg Vällingby (−35,5)" in told and "Globen" not in told
    assert (
        "Utanför de yttre gränserna, mer än vad slumpen i små grupper brukar ge: Jobbtorg Vällingby (16\u00a0% av 123)."
        in (found["lika-studier-jobbtorg"].block.notes[0])
    )


def test_a_group_that_is_too_small_has_its_counts_and_no_share(tmp_path: Path) -> None:
    def few(maker: published_file.Maker) -> None:
        for figure in ("participants", "exits"):
            maker.put(figure, "ended", 2023, 9, job_centre="VALLINGBY")
        maker.put("exits", "ended", 2023, 9, job_centre="VALLINGBY", category="STUDIER")

    found = _read(published_file.stockholm(tmp_path / "p.duckdb", few))
    shares, funnel = found["lika-studier"], found["lika-studier-jobbtorg"]
    row = next(
        cells
        for row, cells in zip(shares.block.table.rows, shares.block.table.cells, strict=True)
        if "Väll" in row.label
    )
    assert [cell.text for cell in row[:5]] == ["9", "9", "..", "..", ".."]
    assert isinstance(shares.chart, IntervalChart) and isinstance(funnel.chart, FunnelChart)
    assert not [mark for mark in shares.chart.marks if "Väll" in mark.label]
    assert not [name for name, _ in funnel.chart.groups if "Väll" in name]
    said = [(item.block.finding, *item.block.notes) for item in (funnel, found["lika-studier-ar"])]
    assert not any("Väll" in str(text) for texts in said for text in texts)
    assert "färre än 10 är för få" in " ".join(equality_words.TOO_FEW.split())


def test_ten_are_enough(tmp_path: Path) -> None:
    def ten(maker: published_file.Maker) -> None:
        for figure in ("participants", "exits"):
            maker.put(figure, "ended", 2023, 10, job_centre="VALLINGBY")
        maker.put("exits", "ended", 2023, 5, job_centre="VALLINGBY", category="STUDIER")

    chart = _read(published_file.stockholm(tmp_path / "p.duckdb", ten))["lika-studier-jobbtorg"].chart
    assert isinstance(chart, FunnelChart)
    assert ("Jobbtorg Vällingby", 10) in {(name, share.whole) for name, share in chart.groups}


def test_nothing_is_said_or_drawn_of_a_hidden_number(stockholm: Site, tmp_path: Path) -> None:
    hidden = [
        NumberKey("outreach", "reached", PERIOD, gender="kvinna"),
        NumberKey("exits", "ended", PERIOD, job_centre="VALLINGBY", category="STUDIER"),
        NumberKey("exits", "ended", PERIOD, category="ARBETE"),
    ]
    file = published_file.public(stockholm.published, tmp_path / "public.duckdb", PERIOD, hidden)
    data = read_report(file, PERIOD)
    found = _items(file, data)
    assert not any("Nådda av de sökta: " in note for note in found["lika-kon"].block.notes)
    chart = found["lika-kon"].chart
    assert isinstance(chart, IntervalChart)
    assert "Nådda av de sökta" not in {mark.label for mark in chart.marks}
    studies = found["lika-studier-jobbtorg"]
    assert "Vällingby" not in str(studies.chart) + " ".join(studies.block.notes) + str(studies.block.finding)
    # Without the whole's share there is nothing to compare the groups with.
    assert "lika-arbete-jobbtorg" not in found
    page = Page(site.render_page("likvardighet", file, data))
    assert page.table("lika-nadda").row("Kvinnor")[:5] == ["2\u00a0643", "..", "..", "..", ".."]
    assert page.table("lika-kon").row("Nådda av de sökta")[:3] == ["..", "..", ".."]
    assert "1\u00a0408" not in page.text


def test_changed_numbers_are_said_to_be_and_a_part_above_its_whole_is_no_share(tmp_path: Path) -> None:
    def changed(maker: published_file.Maker) -> None:
        maker.put("outreach", "reached", 2023, 163, job_centre="SAKNAS")
        maker.put("outreach", "sought", 2023, 162, job_centre="SAKNAS")

    file = published_file.stockholm(tmp_path / "p.duckdb", changed)
    method = {"method": "cell_key", "D": 3, "V": 2, "js": 2, "decided": "2023-01-01", "by": "Nämnden"}
    data = replace(read_report(file, PERIOD), public_output=PublicTreatment(read_disclosure(method)))
    content = equality.read(file, data)
    assert equality_words.CHANGED in content.how_to_read()
    assert equality_words.CHANGED not in equality.read(file, read_report(file, PERIOD)).how_to_read()
    (item,) = [item for section in content.sections() for item in section.items if item.block.id == "lika-nadda"]
    cells = dict(zip((row.label for row in item.block.table.rows), item.block.table.cells, strict=True))
    assert [cell.text for cell in cells["Saknar stadsdel"][3:5]] == ["..", ".."]


def test_a_municipality_without_job_centres_has_women_men_and_years(nacka: Site) -> None:
    page = nacka.page("likvardighet.html")
    assert page.table("lika-kon").row("Nådda av de sökta")[:3] == ["−0,5", "−3,0", "2,1"]
    assert [row for row, _ in page.table("lika-nadda").rows] == ["Kvinnor", "Män", "Totalt"]
    assert not [table for table in page.tables if table.section.endswith("-jobbtorg")]
    items = _read(nacka.published, "kalenderar-2023").values()
    assert not any("jobbtorg" in text.lower() for item in items for text in (item.block.title, *item.block.notes))


def test_groups_that_are_all_too_small_are_said_to_be(tmp_path: Path) -> None:
    def tiny(maker: published_file.Maker) -> None:
        maker.figures = {key: value // 400 for key, value in maker.figures.items() if value >= 400}

    found = _read(published_file.stockholm(tmp_path / "p.duckdb", tiny))
    assert found["lika-kon"].block.finding == "Talen räcker inte för en jämförelse"
    assert found["lika-kon"].chart is None and len(found["lika-kon"].block.notes) == 1
    page = Page(site.render_page("likvardighet", tmp_path / "p.duckdb", read_report(tmp_path / "p.duckdb", PERIOD)))
    assert page.table("lika-kon").row("Nådda av de sökta")[:3] == ["..", "..", ".."]


def test_a_first_year_is_compared_with_nothing(first_year: Site) -> None:
    page = first_year.page("likvardighet.html")
    assert len(page.table("lika-kon").row("Nådda av de sökta")) == 3
    assert "Jämfört med året före" not in page.text
    assert not [table for table in page.tables if table.section.endswith("-ar")]


def test_a_difference_of_years_says_whom_it_may_lack(tmp_path: Path) -> None:
    def purged(maker: published_file.Maker) -> None:
        days = (date(2022, 1, 1), date(2022, 11, 30))
        maker.purged_of_datasets += [(2023, name, 7, *days, True) for name in ("ber/register", "ber/kontakter")]
        maker.purged.append((2, 2023, 7, 1, 0, 0, AGED, *days))

    file = published_file.stockholm(tmp_path / "p.duckdb", purged)
    html = site.render_page("likvardighet", file, read_report(file, PERIOD))
    for id_ in ("lika-kon", "lika-ar", "lika-nadda-ar"):
        section = html.partition(f'id="{id_}"')[2].partition("</section>")[0]
        assert (
            "Verksamhetsåret 2022: uppgifter om högst 7\u00a0personer som kan ha räknats här är gallrade" in section
        ), id_
        assert "Verksamhetsåret 2023: uppgifter" not in section


def test_the_numbers_lead_to_their_traces(stockholm: Site) -> None:
    text = (stockholm.out / "spar-lika-studier-jobbtorg.html").read_text(encoding="utf-8")
    asked = "--figure exits --measure ended --job-centre VALLINGBY --category STUDIER"
    assert asked in text and "--figure participants --measure ended --job-centre VALLINGBY" in text


# -- months --------------------------------------------------------------------------------------------------------------


def _with_months(reached: dict[date, tuple[int, int]]) -> published_file.Maker:
    maker = published_file.Maker()
    for year in maker.years:
        maker.fill(year)
    for first, (part, whole) in reached.items():
        last = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        name = f"manad-{first:%Y-%m}"
        ends = date.fromordinal(last.toordinal() - 1)
        maker.periods.append((name, "manad", first, ends, f"månad {first.month} {first.year}", None))
        for measure, count in (("reached", part), ("sought", whole)):
            maker.figures["outreach", measure, name, *("*",) * 5] = Decimal(count)
    return maker


def _year(year: int) -> list[date]:
    return [date(year, month, 1) for month in range(1, 13)]


def _months_of(maker: published_file.Maker, path: Path) -> Item | None:
    return _read(maker.write(path)).get("lika-nadda-manad")


def test_a_month_outside_the_usual_course_is_named(tmp_path: Path) -> None:
    months = {month: (48 + 8 * (place % 2), 100) for place, month in enumerate(_year(2022) + _year(2023)[:11])}
    months[date(2023, 3, 1)] = (90, 100)
    item = _months_of(_with_months(months), tmp_path / "p.duckdb")
    assert item and isinstance(item.chart, MonthChart)
    assert "Utanför gränserna: månad 3 2023 (90\u00a0% av 100)." in item.block.notes[0]
    assert [item.chart.months[place][0].id for place in item.chart.told] == ["manad-2023-03"]
    steady = _months_of(_with_months(months | {date(2023, 3, 1): (50, 100)}), tmp_path / "q.duckdb")
    assert steady and "Ingen månad avviker mer än vad slumpen i små grupper kan ge." in steady.block.notes[0]


def test_a_long_run_of_months_is_named(tmp_path: Path) -> None:
    months = {month: (44 + place % 2, 100) for place, month in enumerate(_year(2022))}
    months |= {month: (56 + place % 2, 100) for place, month in enumerate(_year(2023)[:11])}
    item = _months_of(_with_months(months), tmp_path / "p.duckdb")
    assert item and item.block.notes[0].endswith(
        "Minst åtta månader i rad på samma sida om medelvärdet: månad 1 2022–månad 12 2022 och månad 1 2023–månad 11 2023."
    )


def test_a_month_that_is_short_too_small_or_still_going_on_is_not_drawn(tmp_path: Path) -> None:
    months = dict.fromkeys([date(2021, 11, 1), *_year(2022), *_year(2023)], (50, 100))
    months[date(2022, 7, 1)] = (8, 9)
    maker = _with_months(months)
    maker.first_extract, maker.last_extract = date(2021, 11, 15), date(2023, 11, 20)
    item = _months_of(maker, tmp_path / "p.duckdb")
    assert item and isinstance(item.chart, MonthChart)
    drawn = [month.id for month, _ in item.chart.months]
    assert (drawn[0], drawn[-1], len(drawn)) == ("manad-2022-01", "manad-2023-10", 21)
    assert "manad-2022-07" not in drawn
    (july,) = [
        cells
        for row, cells in zip(item.block.table.rows, item.block.table.cells, strict=True)
        if row.label == "Månad 7 2022"
    ]
    assert [cell.text for cell in july] == ["9", "8", ".."]


def test_fewer_than_twelve_months_tell_no_usual_course(tmp_path: Path) -> None:
    maker = _with_months(dict.fromkeys(_year(2023)[:11], (50, 100)))
    file = maker.write(tmp_path / "p.duckdb")
    (section,) = [each for each in equality.read(file, read_report(file, PERIOD)).sections() if each.id == "nadda"]
    assert "lika-nadda-manad" not in {item.block.id for item in section.items}
    assert section.lead.endswith("Månaderna visas inte: för få av dem har en andel som går att visa.")


# -- charts --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def items(stockholm: Site) -> dict[str, Item]:
    return _read(stockholm.published)


def test_an_interval_is_drawn_where_its_table_says(items: dict[str, Item]) -> None:
    drawn = chance_charts.as_json(items["lika-kon"])
    strokes, intervals, dots, texts = drawn["data"]
    assert set(strokes["x"]) == {0, None}
    assert [round(end, 1) for end in intervals["x"][:2]] == [-3.0, 2.1]
    assert [round(value, 1) for value in dots["x"]][:1] == [-0.5]
    assert texts["text"][0].strip("\u00a0") == "−0,5"
    low, high = drawn["layout"]["xaxis"]["range"]
    assert all(low < end < high for end in intervals["x"] if end is not None)
    roles = {trace["meta"]["role"] for trace in chance_charts.as_json(items["lika-nadda"])["data"]}
    assert {"women", "men", "year", "mark"} <= roles


def test_a_dot_is_beyond_the_drawn_line_where_the_sentence_says_so(items: dict[str, Item]) -> None:
    drawn = chance_charts.as_json(items["lika-studier-jobbtorg"])
    _, _, inner_high, _, outer_high, dots = drawn["data"]
    place = dots["x"].index(123)

    def at(line: dict[str, list[float]]) -> float:
        return min(zip(line["x"], line["y"], strict=True), key=lambda point: abs(point[0] - 123))[1]

    assert at(inner_high) < dots["y"][place] < at(outer_high)
    assert {name["text"] for name in drawn["layout"]["annotations"]} == {
        "Jobbtorg Globen", "Jobbtorg Skärholmen", "Jobbtorg Vällingby", "Jobbtorg Kista", "Saknar stadsdel",
    }  # fmt: skip


def test_the_names_of_a_funnel_lie_on_no_dot_and_on_no_other_name(items: dict[str, Item]) -> None:
    names = ["Jobbtorg Vällingby", "Jobbtorg Kista", "Jobbtorg Globen", "Saknar stadsdel"]
    places = [(0.30, 0.50), (0.31, 0.48), (0.9, 0.05), (0.05, 0.95)]
    shifts = chance_charts._shifts(names, places, places)
    assert shifts[2] > 0 > shifts[3]
    for width in chance_charts.DRAWING_WIDTHS:
        shown = [
            chance_charts._box(place, width, shift, 7.8 * len(name), 20, chance_charts._anchor(name, place[0]))
            for name, place, shift in zip(names, places, shifts, strict=True)
        ]
        dots = [chance_charts._box(place, width, 0, 18, 18, "center") for place in places]
        for number, box in enumerate(shown):
            assert chance_charts._is_free(box, shown[:number] + dots)


def test_each_chart_says_in_words_what_it_shows(items: dict[str, Item], tmp_path: Path) -> None:
    said = chance_charts.alternative(items["lika-studier-jobbtorg"])
    assert said.startswith(
        "Trattdiagram. Jobbtorg Vällingby och Saknar stadsdel ligger utanför de inre gränserna, ingen utanför de yttre. "
    )
    assert "Jobbtorg Vällingby: 67\u00a0% av 123" in said and said.endswith("tabellen under diagrammet.")
    months = dict.fromkeys(_year(2022), (50, 100)) | {date(2023, 3, 1): (90, 100)}
    by_month = _months_of(_with_months(months), tmp_path / "p.duckdb")
    assert by_month and "månad 3 2023: 90\u00a0% av 100" in chance_charts.alternative(by_month)
    kinds = [sign.kind for sign in chance_charts.legend(by_month)]
    assert kinds == ["dot", "diamond", "line", "dashed"]
    with pytest.raises(ValueError, match="no chart"):
        chance_charts.as_json(items["lika-studier-ar"])
