"""The page ”Varför ändrades siffran?”: from the number of the year before to this year's, step by step."""

import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dashboards.content import bridges
from dashboards.content.annual_report import EXPLAINED
from dashboards.drawing.charts import waterfall
from dashboards.pages import site
from dashboards.published.report import read_report
from tests.dashboards import published_file
from tests.dashboards.built_site import Site
from tests.dashboards.test_traces import questions

NOW = "verksamhetsar-2023"


def test_each_main_number_is_explained_from_year_to_year(stockholm: Site) -> None:
    found = bridges.read(stockholm.published, read_report(stockholm.published, NOW))
    assert [bridge.title for bridge in found] == [item.label for item in EXPLAINED]
    for bridge, item in zip(found, EXPLAINED, strict=True):
        (key,) = item.number.keys
        where = {"category": key.category}
        first, *_, last = bridge.steps
        assert first.length == stockholm.value(key.figure, key.measure, "verksamhetsar-2022", **where)
        assert last.length == stockholm.value(key.figure, key.measure, NOW, **where)


def test_each_bar_begins_where_the_one_before_ended(stockholm: Site) -> None:
    for bridge in bridges.read(stockholm.published, read_report(stockholm.published, NOW)):
        level = bridge.steps[0].length
        for step in bridge.steps[1:-1]:
            adds = step.text.startswith("+")
            assert (step.base if adds else step.top) == level
            level = step.top if adds else step.base
        assert level == bridge.steps[-1].length
        drawn = {
            y: (base, x)
            for bar in waterfall(bridge)["data"]
            for y, base, x in zip(bar["y"], bar["base"], bar["x"], strict=True)
        }
        assert drawn == {place: (step.base, step.length) for place, step in enumerate(bridge.steps)}


def test_the_table_holds_what_the_diagram_shows_and_the_years_lead_to_their_questions(stockholm: Site) -> None:
    page = stockholm.page("varfor.html")
    table = page.table("varfor-population-in-register")
    assert [heading for heading, _ in table.rows] == ["2022", "Inte längre med", "Nya", "2023"]
    drawing = next(
        attributes
        for _, attributes in page.tags
        if attributes.get("data-diagram") == "varfor-population-in-register-data"
    )
    for heading, (text,) in table.rows:
        assert f"{heading}: {text}" in (drawing["aria-label"] or "")
    asked = questions(stockholm, "spar-varfor.html")
    assert asked["varfor-population-in-register-4"].endswith(
        f"--period {NOW} --figure population --measure in_register"
    )
    between = f"--from verksamhetsar-2022 --to {NOW}"
    assert f"kaa audit explain --figure exits --measure ended --category STUDIER {between}" in page.text


def test_without_a_year_before_the_page_says_so(first_year: Site) -> None:
    page = first_year.page("varfor.html")
    assert "Inga steg finns för perioden" in page.text and not page.tables


def test_a_bridge_to_another_number_than_the_published_one_is_not_shown(tmp_path: Path) -> None:
    path = published_file.stockholm(tmp_path / "p.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("update bridge_step set change = change + 1 where position = 0")
    with pytest.raises(ValueError, match="does not lead to its number"):
        bridges.read(path, read_report(path, NOW))


def test_the_public_learns_nothing_of_it(stockholm: Site, tmp_path: Path) -> None:
    public = published_file.public(stockholm.published, tmp_path / "published.duckdb", NOW)
    assert "varfor" not in site.read_build(public, NOW).pages
    with duckdb.connect(str(public), read_only=True) as connection:
        assert connection.execute("select count(*) from bridge_step").fetchone() == (0,)
    for path in site.build_report(public, NOW, tmp_path / "site"):
        if path.suffix == ".html":
            assert not re.search(r"varfor|Inte längre med", path.read_text(encoding="utf-8"))


def test_the_steps_that_change_no_number_are_told_below(stockholm: Site) -> None:
    with duckdb.connect(str(stockholm.published), read_only=True) as connection:
        ((units, change),) = connection.execute(
            "select units, change from bridge_step where reason = 'stayed' and measure = 'sought' and period = ?", [NOW]
        ).fetchall()
    assert change == Decimal(0) and units > 0
    assert f"Med båda åren: {units:,}.".replace(",", " ") in stockholm.page("varfor.html").text.replace("\u00a0", " ")
