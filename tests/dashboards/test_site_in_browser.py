"""The site in Debian's chromium: it draws, fits, and asks the network for nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from built_site import Site
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists() and os.environ.get("CI") != "true", reason="Debian's chromium is not installed"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


CUT_OFF = """
() => [...document.querySelectorAll('.drawing')].flatMap(place => {
  const box = place.getBoundingClientRect();
  return [...place.querySelectorAll('text')].filter(text => {
    const own = text.getBoundingClientRect();
    return own.width && (own.left < box.left - 1 || own.right > box.right + 1);
  }).map(text => place.dataset.diagram + ': ' + text.textContent);
})
"""
OVERFLOWING = """
() => [...document.querySelectorAll('main *:not(.unseen):not(svg *)')].filter(element =>
  element.getClientRects().length && !element.closest('.unseen') && getComputedStyle(element).clipPath === 'none' &&
  !element.closest('thead') && element.getBoundingClientRect().right > document.documentElement.clientWidth + 1
).map(element => element.outerHTML.slice(0, 80))
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_pages_fit_and_draw(
    browser: Browser, stockholm: Site, nacka: Site, first_year: Site, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(("file:", "data:")) else said.append(request.url))
    for built, drawings in ((stockholm, 8), (nacka, 8), (first_year, 7)):
        for file in sorted(path.name for path in built.written if path.suffix == ".html"):
            page.goto((built.out / file).as_uri())
            if file == "index.html":
                assert page.locator(".drawing.drawn").count() == drawings
            assert page.locator(".drawing:not(.drawn)").count() == 0
            assert page.evaluate(CUT_OFF) == []
            page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            assert page.evaluate(OVERFLOWING) == []
    assert said == []
    context.close()


def test_a_diagram_follows_the_width_and_the_scheme(browser: Browser, stockholm: Site) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page.goto((stockholm.out / "index.html").as_uri())
    bar = page.locator("[data-diagram=diagram-1-data] .bars path").first
    svg = page.locator("[data-diagram=diagram-1-data] .main-svg").first
    light, wide = bar.evaluate("path => path.style.fill"), int(svg.get_attribute("width") or 0)
    page.set_viewport_size({"width": 360, "height": 900})
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "document.querySelector('[data-diagram=diagram-1-data] .main-svg').getAttribute('width') < 360"
    )
    assert int(svg.get_attribute("width") or 0) < 360 < wide
    assert bar.evaluate("path => path.style.fill") != light
    page.close()


def test_numbers_are_there_without_javascript(browser: Browser, stockholm: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((stockholm.out / "index.html").as_uri())
    assert page.get_by_text("7\u00a0546").first.is_visible()
    page.get_by_text("Visa värdena som tabell").first.click()
    assert page.locator("#diagram-1 table").is_visible()
    context.close()


def test_the_keyboard_reaches_content_and_tables(browser: Browser, stockholm: Site) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto((stockholm.out / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "innehall"
    page.locator("#diagram-1 summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#diagram-1 table").is_visible()
    page.close()


def test_the_report_prints_on_a4_in_light_colours(browser: Browser, stockholm: Site, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page.goto((stockholm.out / "index.html").as_uri())
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    fill = page.locator("[data-diagram=diagram-1-data] .bars path").first.evaluate("path => path.style.fill")
    assert fill == "rgb(11, 90, 82)"
    pdf = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    page.close()
