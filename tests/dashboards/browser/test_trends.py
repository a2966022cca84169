"""The page ”Utveckling över tid” in a browser: it shows what is published, and the address says what it shows."""

from pathlib import Path

import pytest

from dashboards.published.numbers import NumberKey
from dashboards.wording import numbers
from tests.dashboards import published_file
from tests.dashboards.browser.looking import Looker
from tests.dashboards.built_site import Site, built

pytestmark = pytest.mark.long


def test_a_view_is_shown_as_published_and_stands_in_the_address(looker: Looker, stockholm: Site) -> None:
    page = looker.page
    address = (stockholm.out / "trender.html").as_uri()

    def table(view: str) -> list[list[str]]:
        page.goto("about:blank")
        page.goto(f"{address}#{view}")
        page.wait_for_selector("#vy[data-shown] #vy-diagram.drawn")
        rows: list[list[str]] = page.locator("#vy-tabell tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        return rows

    def value(measure: str, year: int, **where: str) -> int:
        return stockholm.value("outreach", measure, f"verksamhetsar-{year}", **where)

    def count(year: int, **where: str) -> str:
        return numbers.count_cell(value("reached", year, **where))

    by_gender = table("matt=outreach.reached&period=verksamhetsar&visa=kon")
    assert by_gender == [
        ["Period", "Kvinnor", "Män"],
        *([str(year), count(year, gender="kvinna"), count(year, gender="man")] for year in (2022, 2023)),
    ]
    head, before, now = table("matt=outreach.reached&period=verksamhetsar&visa=stadsdel")
    assert head.index("Järva") < head.index("Rinkeby-Kista")  # what there is no more stands last
    assert before[head.index("Järva")] == now[head.index("Rinkeby-Kista")] == numbers.CANNOT_OCCUR
    assert now[head.index("Järva")] == count(2023, district="21")
    assert before[head.index("Rinkeby-Kista")] == count(2022, district="01")
    shares = table("matt=andel-nadda&period=verksamhetsar&visa=jobbtorg")
    assert shares[2][1] == numbers.share_cell(
        value("reached", 2023, job_centre="GLOBEN"), value("sought", 2023, job_centre="GLOBEN")
    )


def test_an_impossible_view_becomes_the_nearest_and_a_choice_changes_the_address(
    looker: Looker, stockholm: Site
) -> None:
    page = looker.page
    page.goto(f"{(stockholm.out / 'trender.html').as_uri()}#matt=nonsens&period=nonsens&visa=nonsens")
    page.wait_for_selector("#vy[data-shown]")
    page.locator("#matt").select_option("contacts.attempts")
    page.locator("#kategori").select_option("TELEFON")
    page.wait_for_function("document.getElementById('vy').dataset.shown === location.hash")
    assert "kategori=TELEFON" in page.evaluate("location.hash")
    shown = page.locator("#vy-tabell td").all_inner_texts()
    page.reload()
    page.wait_for_selector("#vy[data-shown] #vy-diagram.drawn")
    assert page.locator("#vy-tabell td").all_inner_texts() == shown
    assert (page.locator("#vy-csv").get_attribute("href") or "").startswith("data:text/csv")


def test_a_public_view_says_where_what_is_mostly_hidden_is_given(
    looker: Looker, stockholm: Site, tmp_path: Path
) -> None:
    period = "verksamhetsar-2023"
    hidden = [NumberKey("contacts", "attempts", f"manad-2023-{month:02}", category="BREV") for month in (8, 9)]
    file = published_file.public(stockholm.published, tmp_path / "public.duckdb", period, hidden)
    public = built(tmp_path, file, period)
    address = (public.out / "trender.html").as_uri()
    notes = looker.page.locator("#vy-noter")
    for view, is_given in (("verksamhetsar&visa=kategori", True), ("manad&visa=kategori", False)):
        looker.page.goto("about:blank")
        looker.page.goto(f"{address}#matt=contacts.attempts&period={view}")
        looker.page.wait_for_selector("#vy[data-shown]")
        assert ("Brev" in looker.page.locator("#vy-tabell").inner_text()) == is_given
        assert ("De ges i stället per verksamhetsår" in notes.inner_text()) != is_given
    # Nothing is left to draw, and the empty axes are not shown.
    assert not looker.page.locator("#vy-diagram").is_visible()
    assert looker.complaints == []
