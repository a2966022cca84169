"""Every control by keyboard alone: reached with Tab in the order of reading, with a focus that is seen, and operable."""

import pytest
from playwright.sync_api import Browser, Page

from tests.dashboards.browser.looking import Looker
from tests.dashboards.browser.test_pages import pages
from tests.dashboards.built_site import Site

pytestmark = pytest.mark.long

#: One page of each kind; the slow suite goes through all.
STOPS = ("index.html", "kapitel-uppsokande.html", "trender.html", "sok.html", "drift.html")


def faults_of(looker: Looker) -> list[str]:
    return [f"{stop['name']} {fault}" for stop in looker.stops() for fault in stop["faults"]]


def test_tab_reaches_every_control_in_order_and_shows_where_it_is(looker: Looker, stockholm: Site) -> None:
    for file in STOPS:
        looker.open((stockholm.out / file).as_uri())
        assert faults_of(looker) == [], file


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("name", ["stockholm", "nacka", "first_year"])
def test_tab_goes_through_every_page(browser: Browser, sites: dict[str, Site], name: str, width: int) -> None:
    looker = Looker(browser, width=width, scheme="dark" if name == "nacka" else "light")
    faults = []
    for path in pages(sites[name]):
        for unfolded in (False, True):
            looker.open(path.as_uri())
            if unfolded:
                looker.open_details()
                looker.settle()
            faults += [f"{path.name}: {fault}" for fault in faults_of(looker)]
    assert faults == []
    looker.close()


def test_the_first_stop_leads_past_the_menu(looker: Looker, stockholm: Site) -> None:
    looker.open((stockholm.out / "index.html").as_uri())
    looker.page.keyboard.press("Tab")
    assert looker.page.evaluate("document.activeElement.className") == "skip"
    looker.page.keyboard.press("Enter")
    assert looker.page.evaluate("document.activeElement.id") == "innehall"


def test_what_is_folded_unfolds_with_enter_and_folds_with_space(looker: Looker, stockholm: Site) -> None:
    unfolded = 0
    for file in ("kapitel-uppsokande.html", "drift.html", "handlingsplan.html"):
        looker.open((stockholm.out / file).as_uri())
        for summary in looker.page.locator("summary:visible").all():
            summary.focus()
            is_open = summary.evaluate("summary => summary.parentElement.open")
            looker.page.keyboard.press("Enter")
            assert summary.evaluate("summary => summary.parentElement.open") is not is_open
            looker.page.keyboard.press("Space")
            assert summary.evaluate("summary => summary.parentElement.open") is is_open
            unfolded += 1
        assert looker.complaints == []
    assert unfolded > 10


def _choose(page: Page, key: str, control: str) -> str:
    """Press a key in a control; returns the view that is shown then."""
    before = page.locator("#vy").get_attribute("data-shown")
    page.locator(control).first.focus()
    page.keyboard.press(key)
    page.wait_for_function("before => document.getElementById('vy').dataset.shown !== before", arg=before, timeout=3000)
    return page.locator("#vy").get_attribute("data-shown") or ""


def test_the_choices_of_the_trends_change_what_is_shown(looker: Looker, stockholm: Site) -> None:
    looker.open((stockholm.out / "trender.html").as_uri())
    page = looker.page
    seen = {page.locator("#vy").get_attribute("data-shown")}
    for key, control in (
        ("ArrowDown", "select#matt"),
        ("ArrowRight", "#visa input:checked"),
        ("ArrowRight", "#visa input:checked"),
        ("ArrowRight", "#period input:checked"),
        ("ArrowDown", "select#matt"),
    ):
        seen.add(_choose(page, key, control))
        looker.settle()
        answer = page.evaluate("looking.drawnAndTabled()")
        assert answer["faults"] == []
        assert looker.misplaced() == []
    assert len(seen) == 6
    assert looker.complaints == []


@pytest.mark.slow
def test_every_choice_of_the_trends_draws_what_its_table_says(browser: Browser, stockholm: Site) -> None:
    """All measures, by all that they can be divided by, on a phone."""
    looker = Looker(browser, width=360)
    looker.open((stockholm.out / "trender.html").as_uri())
    page = looker.page
    compared = 0
    for measure in page.locator("select#matt option").evaluate_all("options => options.map(option => option.value)"):
        page.locator("select#matt").select_option(measure)
        for way in page.locator("#visa input").evaluate_all("inputs => inputs.map(input => input.value)"):
            page.locator(f"#visa input[value='{way}']").check(force=True)
            page.wait_for_function("document.getElementById('vy').dataset.shown === location.hash")
            looker.settle()
            answer = page.evaluate("looking.drawnAndTabled()")
            assert answer["faults"] == [], (measure, way)
            assert looker.misplaced() == [], (measure, way)
            compared += answer["compared"]
    assert compared > 50
    assert looker.complaints == []
    looker.close()
