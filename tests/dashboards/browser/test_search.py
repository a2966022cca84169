"""The search in a browser: from any page, from disk, by keyboard, and told to a screen reader."""

from playwright.sync_api import Browser

from tests.dashboards.browser.looking import Looker
from tests.dashboards.built_site import Site


def test_a_word_asked_for_on_any_page_leads_to_where_it_stands(looker: Looker, stockholm: Site) -> None:
    page = looker.page
    looker.open((stockholm.out / "trender.html").as_uri())
    page.locator("#sokord").fill("tabell 5 resultat")
    page.keyboard.press("Enter")
    page.wait_for_selector("#traffar li")
    assert page.url.startswith((stockholm.out / "sok.html").as_uri())
    assert page.locator("#sokord").input_value() == "tabell 5 resultat"
    assert page.locator("#traffar a").first.inner_text().startswith("Tabell 5 Resultat per jobbtorg")
    assert page.locator("#svar").inner_text() == f"{page.locator('#traffar li').count()} träffar."
    looker.open(page.url)
    assert looker.misplaced() + looker.violations() == []
    page.locator("#traffar a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/kapitel-stod.html#tabell-5")
    assert looker.complaints == []


def test_what_is_written_is_searched_at_once(looker: Looker, stockholm: Site) -> None:
    page = looker.page
    looker.open((stockholm.out / "sok.html").as_uri())
    assert page.locator("#traffar li").count() == 0
    for asked, answer in (("KONTAKTFÖRSÖK", "träff"), ("xyz", "Inga träffar."), ("<b>", "Inga träffar."), ("j", "")):
        page.locator("#sokord").fill(asked)
        said = page.locator("#svar").inner_text()
        assert answer in said and bool(answer) == bool(said), asked
    assert looker.complaints == []


def test_without_javascript_there_is_the_list_of_pages(browser: Browser, stockholm: Site) -> None:
    looker = Looker(browser, width=360, javascript=False)
    looker.page.goto((stockholm.out / "sok.html").as_uri())
    assert looker.page.locator("main noscript p").is_visible()
    looker.page.locator("main").get_by_role("link", name="Utveckling över tid").click()
    assert looker.page.url.endswith("/trender.html")
    looker.close()
