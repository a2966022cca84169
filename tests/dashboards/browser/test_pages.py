"""Every page, at three widths, light and dark, as people with and without a mouse, a screen, or JavaScript meet it.

Quick: each page of one site is opened once and looked at in all widths, and one page of each kind is given to axe-core light
and dark. Slow: every page of three sites afresh, with screenshots that are kept in tests/artefacts.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.dashboards.browser.conftest import ARTEFACTS
from tests.dashboards.browser.looking import WIDTHS, Looker
from tests.dashboards.built_site import Site

pytestmark = pytest.mark.long

#: One page of each kind; the other chapters are built by the same template.
KINDS = (
    "index.html", "kapitel-uppsokande.html", "trender.html", "uppfoljning.html", "handlingsplan.html", "malgrupp.html",
    "definitioner.html", "revisorn.html", "varfor.html", "likvardighet.html", "spar-tabell-5.html", "underlag.html",
    "kontakt.html", "rattelser.html", "tillganglighet.html", "sok.html", "drift.html",
)  # fmt: skip
#: Its tables, unfolded, take axe-core as long as all other kinds together.
FOR_THE_SLOW_SUITE = ("uppfoljning.html",)


def pages(site: Site) -> list[Path]:
    """Every page that the site consists of, whatever it is called."""
    found = sorted(site.out.rglob("*.html"))
    assert {path.name for path in found} >= set(KINDS)
    return found


def test_every_page_in_every_width(browser: Browser, stockholm: Site) -> None:
    """One walk, because opening a page takes longer than looking at it. Each page is opened once, unfolded, and drawn in all
    widths; it says nothing to the console, asks the network for nothing, and hides nothing from anybody."""
    faults: list[str] = []
    compared = 0
    looker = Looker(browser)
    for path in pages(stockholm):
        looker.open(path.as_uri())
        found = ["a diagram is not drawn"] * looker.page.locator(".drawing:not(.drawn)").count()
        answer = looker.page.evaluate("looking.drawnAndTabled()")
        found += answer["faults"]
        compared += answer["compared"]
        looker.open_details()
        for width in WIDTHS:
            looker.resize(width)
            found += [f"at {width}: {fault}" for fault in looker.misplaced()]
        if path.name in KINDS and path.name not in FOR_THE_SLOW_SUITE:
            found += looker.violations()
        faults += [f"{path.name}: {fault}" for fault in found + looker.complaints]
        looker.complaints.clear()
    assert faults == []
    assert compared > 100
    looker.close()


def test_axe_finds_nothing_on_a_phone_in_the_dark(browser: Browser, stockholm: Site) -> None:
    looker = Looker(browser, width=360, scheme="dark")
    faults = []
    for file in KINDS[:3]:
        looker.open((stockholm.out / file).as_uri())
        looker.open_details()
        looker.settle()
        faults += [f"{file}: {fault}" for fault in looker.violations()]
    assert faults + looker.complaints == []
    looker.close()


WAYS = [("stockholm", width, scheme) for width in WIDTHS for scheme in ("light", "dark")]
WAYS += [
    (name, width, scheme) for name in ("nacka", "first_year") for width, scheme in ((360, "dark"), (1440, "light"))
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "width", "scheme"), WAYS)
def test_every_page_in_every_way(browser: Browser, sites: dict[str, Site], name: str, width: int, scheme: str) -> None:
    looker = Looker(browser, width=width, scheme=scheme)
    folder = ARTEFACTS / name
    folder.mkdir(parents=True, exist_ok=True)
    faults = []
    for path in pages(sites[name]):
        looker.open(path.as_uri())
        looker.page.screenshot(path=folder / f"{path.stem}-{width}-{scheme}.png", full_page=True)
        faults += [f"{path.name}: {fault}" for fault in looker.misplaced()]
        looker.open_details()
        looker.settle()
        faults += [f"{path.name}, unfolded: {fault}" for fault in looker.misplaced() + looker.violations()]
    assert faults + looker.complaints == []
    looker.close()


def test_the_numbers_are_there_without_javascript(browser: Browser, sites: dict[str, Site]) -> None:
    looker = Looker(browser, width=360, javascript=False)
    # Playwright's own script still runs: only the page's is off.
    for path in [sites[name].out / file for name in ("stockholm", "nacka") for file in KINDS]:
        looker.page.goto(path.as_uri())
        assert looker.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert looker.page.locator(".drawing:visible").count() == 0, path
    looker.page.goto((sites["stockholm"].out / "index.html").as_uri())
    period = "verksamhetsar-2023"
    for figure, measure in (("population", "in_register"), ("outreach", "sought"), ("outreach", "reached")):
        number = f"{sites['stockholm'].value(figure, measure, period):,}".replace(",", "\u00a0")
        assert looker.page.get_by_text(number).first.is_visible()
    looker.close()


def test_a_diagram_follows_the_width_and_the_scheme(looker: Looker, stockholm: Site) -> None:
    looker.open((stockholm.out / "arsrapport.html").as_uri())
    place = looker.page.locator(".drawing").first
    bar, svg = place.locator(".bars path").first, place.locator(".main-svg").first
    light, wide = bar.evaluate("path => path.style.fill"), int(svg.get_attribute("width") or 0)
    looker.page.emulate_media(color_scheme="dark")
    looker.resize(360)
    assert int(svg.get_attribute("width") or 0) < 360 < wide
    assert bar.evaluate("path => path.style.fill") != light


def test_the_report_prints_on_a4_in_light_colours(browser: Browser, stockholm: Site) -> None:
    looker = Looker(browser, width=660, scheme="dark")
    looker.open((stockholm.out / "arsrapport.html").as_uri())
    looker.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    bar = looker.page.locator(".drawing .bars path").first
    assert bar.evaluate("path => path.style.fill") == "rgb(11, 90, 82)"
    looker.page.emulate_media(media="print")
    looker.settle()
    assert looker.misplaced() == []
    assert not looker.page.locator("header nav").first.is_visible()
    assert looker.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    looker.close()


@pytest.mark.parametrize("name", ["first_year", "nacka"])
def test_the_first_number_stands_on_a_phones_first_screen(browser: Browser, sites: dict[str, Site], name: str) -> None:
    looker = Looker(browser, width=390, height=844)
    looker.open((sites[name].out / "index.html").as_uri())
    box = looker.page.locator("main .happened li, main .value").first.bounding_box()
    assert box and box["y"] + box["height"] < 844
    looker.close()


def test_the_menu_is_folded_on_a_phone_only_and_opens_without_javascript(browser: Browser, stockholm: Site) -> None:
    looker = Looker(browser, width=360, javascript=False)
    page = looker.page
    page.goto((stockholm.out / "kapitel-uppsokande.html").as_uri())
    links, menu = page.locator(".menu nav a"), page.locator(".menu summary")
    assert links.count() >= 10 and not links.first.is_visible()
    assert "Rapporten" in menu.inner_text()  # where the reader is, folded too
    menu.press("Enter")
    assert all(link.is_visible() for link in links.all())
    assert page.locator(".menu a[aria-current]").inner_text() == "Rapporten"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    menu.press("Enter")
    page.set_viewport_size({"width": 768, "height": 900})
    assert all(link.is_visible() for link in links.all()) and not menu.is_visible()
    looker.close()
