"""A published number that was not read is an error, never a zero; what was read and is left out is zero."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dashboards.content import annual_report as report
from dashboards.content import trends
from dashboards.content.readings import Readings
from dashboards.content.report import Report
from dashboards.drawing import charts
from dashboards.published.file import NotPublished
from dashboards.published.numbers import Count, NumberKey, Share, one
from dashboards.published.report import Published, read_report
from dashboards.published.series import read_series
from dashboards.published.target_group import TargetGroup
from pipelines.configuration.catalogue import read_catalogue
from tests.dashboards.built_site import Site

NOW, BEFORE = "verksamhetsar-2023", "verksamhetsar-2022"


@pytest.fixture(scope="module")
def data(stockholm: Site) -> Published:
    return read_report(stockholm.published, NOW)


SOUGHT, REACHED = one("reached_by_channel", "sought"), one("reached_by_channel", "reached")
OWN_COLUMNS = report.Items((
    report.Item("Sökta", SOUGHT, role="reached"),
    report.Item("Nådda", REACHED, role="not_reached"),
    report.Item("Andel", Share(REACHED, SOUGHT)),
))  # fmt: skip
OWN_GRID = report.Grid(report.Categories("reached_by_channel"), OWN_COLUMNS, "Kanal", when="both")


def test_a_table_of_a_figure_of_our_own_shows_its_numbers(data: Published) -> None:
    block = Report(data).block(report.Table("Nådda per kanal", OWN_GRID, "egen"))
    cells = {
        row.label: [cell.text for cell in cells] for row, cells in zip(block.table.rows, block.table.cells, strict=True)
    }
    assert cells["Hembesök"] == ["120", "25", "21\u00a0%", "120", "25", "21\u00a0%"]
    assert cells["Brev"] == ["–", "–", ".", "–", "–", "."]


def test_a_chart_of_a_figure_of_our_own_draws_its_numbers(data: Published) -> None:
    block = Report(data).block(report.Diagram("Nådda per kanal", OWN_GRID, "egen", "Diagram 9"))
    bars = [trace for trace in charts.as_json(block)["data"] if trace["type"] == "bar"]
    drawn = [[bar["x"][bar["customdata"].index("Hembesök")] for bar in bars]]
    assert drawn == [[120, 25]]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (NumberKey("reached_by_chanel", "sought", NOW), "finns inte i det som är publicerat"),
        (NumberKey("outreach", "sougth", NOW), "inget mått"),
        (NumberKey("outreach", "sought", "verksamhetsar-2021"), "Perioden ”verksamhetsar-2021” är inte inläst"),
        (NumberKey("outreach", "sought", "manad-2023-09"), "Perioden ”manad-2023-09” är inte inläst"),
        (NumberKey("outreach", "sought", NOW, category="BREV"), "inte publicerad per kategori"),
        (NumberKey("contacts", "attempts", NOW, category="BREVDUVA"), "finns inte i listan kanal"),
        (NumberKey("survey", "answers", NOW, gender="man"), "inte publicerad per kön"),
    ],
)
def test_what_was_never_read_is_an_error(data: Published, key: NumberKey, why: str) -> None:
    with pytest.raises(NotPublished, match=why):
        data.value(key)
    pattern = Count((key._replace(period=""),))
    with pytest.raises(NotPublished, match=why):
        Readings(data, replace(data.period, id=key.period), None).cell(pattern)


def test_what_was_read_and_is_left_out_is_zero(data: Published) -> None:
    assert data.value(NumberKey("contacts", "answered", NOW, category="DROPIN")) == 0
    assert data.value(NumberKey("reached_by_channel", "sought", BEFORE, category="SMS")) == 0


def test_a_number_that_nobody_reported_and_a_median_of_nothing_are_no_zeros(data: Published) -> None:
    assert data.value(NumberKey("key_numbers", "value", BEFORE, category="Ungvux", subcategory="nyinskrivna")) is None
    assert data.value(NumberKey("median_wait", "days", NOW, job_centre="GLOBEN")) is None
    assert data.value(NumberKey("median_wait", "days", NOW, job_centre="KISTA")) == Decimal(34)


def test_a_year_without_figures_has_no_zeros(first_year: Site) -> None:
    data = read_report(first_year.published, NOW)
    assert data.value(NumberKey("outreach", "sought", BEFORE)) is None
    with pytest.raises(NotPublished, match="inget mått"):
        data.value(NumberKey("outreach", "sougth", BEFORE))


def test_a_series_knows_what_it_holds(stockholm: Site, data: Published) -> None:
    assert data.period.ends_on
    series = read_series(
        stockholm.published, ["verksamhetsar"], data.period.ends_on, ["reached_by_channel"], frozenset({"district"})
    )
    assert series.numbers.value(NumberKey("reached_by_channel", "sought", NOW, category="HEMBESOK")) == 120
    for key in (
        NumberKey("outreach", "sought", NOW),
        NumberKey("reached_by_channel", "sought", "tertial1-2023"),
        NumberKey("reached_by_channel", "sought", NOW, district="03"),
    ):
        with pytest.raises(NotPublished):
            series.numbers.value(key)
    with pytest.raises(NotPublished):
        series.numbers.used("job_centre", "outreach")


def test_a_median_of_nothing_is_not_zero_over_time(stockholm: Site, data: Published) -> None:
    found = trends.read(stockholm.published, data)
    found.series.numbers.values.pop(NumberKey("median_wait", "days", BEFORE))  # type: ignore[attr-defined]
    rows = dict(found.main_tables())[f"{read_catalogue()['median_wait'].title} (dagar)"]
    assert [cell.text for cell in rows[0][2]] == ["..", "32"]
    with pytest.raises(NotPublished, match="inget mått"):
        found._cells(one("outreach", "sougth"))
    with pytest.raises(NotPublished, match="på en gång"):
        found.series.numbers.value(NumberKey("outreach", "sought", NOW, gender="man", job_centre="KISTA"))


def test_a_night_that_is_not_published_is_no_zero() -> None:
    with pytest.raises(NotPublished):
        TargetGroup({}, (), None, ()).count(date(2023, 1, 1), "size", "*", "eligible")


def test_a_cell_says_of_which_published_numbers_it_is_made(data: Published) -> None:
    cell = Report(data).block(report.Table("Nådda per kanal", OWN_GRID, "egen")).table.cells[0][5]
    assert isinstance(cell.number, Share)
    place = {"period": BEFORE, "category": "BREV"}
    assert cell.number.keys == (*REACHED.at(**place).keys, *SOUGHT.at(**place).keys)


def test_counts_are_added_taken_away_and_placed() -> None:
    ended, studies, work = (
        one("exits", "ended"),
        *(one("exits", "ended", category=code) for code in ("STUDIER", "ARBETE")),
    )
    others = (ended - (studies + work)).at(period=NOW, district=("01", "02"))
    assert [sign for sign, _ in others.terms] == [1, 1, -1, -1, -1, -1]
    assert others.value(lambda key: Decimal(10) if key.category == "*" else Decimal(1)) == 16
    assert others.value(lambda key: None if key.district == "02" else Decimal(1)) is None


def test_a_figure_of_a_day_has_no_number_of_a_period(data: Published) -> None:
    with pytest.raises(NotPublished, match="gäller en dag"):
        data.value(NumberKey("target_group", "eligible", NOW))
    with pytest.raises(NotPublished, match="bara publicerad per kategori"):
        data.value(NumberKey("measure_exits", "ended", NOW))
