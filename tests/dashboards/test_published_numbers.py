"""A published number that was not read is an error, never a zero; what was read and is left out is zero."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dashboards import published
from dashboards.content import annual_report as report
from dashboards.content import target_group, trends
from dashboards.content.report import Report
from dashboards.drawing import charts
from dashboards.published import Address, NotPublished, Published
from pipelines.configuration.catalogue import read_catalogue
from tests.dashboards.built_site import Site

NOW, BEFORE = "verksamhetsar-2023", "verksamhetsar-2022"


@pytest.fixture(scope="module")
def data(stockholm: Site) -> Published:
    return published.read(stockholm.published, NOW)


def _value(figure: str, measure: str, category: str = "*") -> report.Count:
    return report.Count((report.Select(figure, measure, category),))


OWN_COLUMNS = report.Items((
    report.Item("Sökta", _value("reached_by_channel", "sought"), role="reached"),
    report.Item("Nådda", _value("reached_by_channel", "reached"), role="not_reached"),
    report.Item("Andel", report.Share(_value("reached_by_channel", "reached"), _value("reached_by_channel", "sought"))),
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
    drawn = [[bar["x"][bar["customdata"].index("Hembesök")] for bar in charts.as_json(block)["data"]]]
    assert drawn == [[120, 25]]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (Address("reached_by_chanel", "sought", NOW), "finns inte i det som är publicerat"),
        (Address("outreach", "sougth", NOW), "inget mått"),
        (Address("outreach", "sought", "verksamhetsar-2021"), "Perioden ”verksamhetsar-2021” är inte inläst"),
        (Address("outreach", "sought", "manad-2023-09"), "Perioden ”manad-2023-09” är inte inläst"),
        (Address("outreach", "sought", NOW, category="BREV"), "inte publicerad per kategori"),
        (Address("contacts", "attempts", NOW, category="BREVDUVA"), "finns inte i listan kanal"),
        (Address("survey", "answers", NOW, gender="man"), "inte publicerad per kön"),
    ],
)
def test_what_was_never_read_is_an_error(data: Published, address: Address, why: str) -> None:
    with pytest.raises(NotPublished, match=why):
        data.value(address)
    line = replace(
        Report(data)._lines(report.Periods(), data.period)[0], period=replace(data.period, id=address.period)
    )
    select = report.Select(address.figure, address.measure, address.category, gender=address.gender)
    with pytest.raises(NotPublished, match=why):
        Report(data).cell(report.Count((select,)), line)


def test_what_was_read_and_is_left_out_is_zero(data: Published) -> None:
    assert data.value(Address("contacts", "answered", NOW, category="DROPIN")) == 0
    assert data.value(Address("reached_by_channel", "sought", BEFORE, category="SMS")) == 0


def test_a_number_that_nobody_reported_and_a_median_of_nothing_are_no_zeros(data: Published) -> None:
    assert data.value(Address("key_numbers", "value", BEFORE, category="Ungvux", subcategory="nyinskrivna")) is None
    assert data.value(Address("median_wait", "days", NOW, job_centre="GLOBEN")) is None
    assert data.value(Address("median_wait", "days", NOW, job_centre="KISTA")) == Decimal(34)


def test_a_year_without_figures_has_no_zeros(first_year: Site) -> None:
    data = published.read(first_year.published, NOW)
    assert data.value(Address("outreach", "sought", BEFORE)) is None
    with pytest.raises(NotPublished, match="inget mått"):
        data.value(Address("outreach", "sougth", BEFORE))


def test_a_series_knows_what_it_holds(stockholm: Site, data: Published) -> None:
    assert data.period.ends_on
    series = published.read_series(stockholm.published, ["verksamhetsar"], ["reached_by_channel"], data.period.ends_on)
    assert series.numbers.value(Address("reached_by_channel", "sought", NOW, category="HEMBESOK")) == 120
    for address in (
        Address("outreach", "sought", NOW),
        Address("reached_by_channel", "sought", "tertial1-2023"),
        Address("reached_by_channel", "sought", NOW, district="03"),
    ):
        with pytest.raises(NotPublished):
            series.numbers.value(address)
    with pytest.raises(NotPublished):
        series.numbers.used("job_centre", "outreach")


def test_a_median_of_nothing_is_not_zero_over_time(stockholm: Site, data: Published) -> None:
    found = trends.read(stockholm.published, data)
    for kinds in found._values["median_wait"].values():
        kinds.get(("days", "*", "*", "t", "*"), {}).pop(BEFORE, None)
    rows = dict(found.main_tables())[f"{read_catalogue()['median_wait'].title} (dagar)"]
    assert [cell.text for cell in rows[0][2]] == ["..", "32"]
    with pytest.raises(NotPublished, match="inget mått"):
        found._value(trends.Part("outreach", "sougth"), data.period)


def test_a_night_that_is_not_published_is_no_zero() -> None:
    with pytest.raises(NotPublished):
        target_group._Summary({}).cell(date(2023, 1, 1), "size", "*", "eligible")


def test_a_figure_of_a_day_has_no_number_of_a_period(data: Published) -> None:
    with pytest.raises(NotPublished, match="gäller en dag"):
        data.value(Address("target_group", "eligible", NOW))
    with pytest.raises(NotPublished, match="bara publicerad per kategori"):
        data.value(Address("measure_exits", "ended", NOW))
