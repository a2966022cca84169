"""The page ”Utveckling över tid” in a browser: it shows what is published, and the address says what it shows."""

from dashboards.wording import numbers
from tests.dashboards.browser.looking import Looker
from tests.dashboards.built_site import Site


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
