"""The nation's report as people with and without a mouse, a screen, or JavaScript meet it: every width, dark and on paper."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dashboards.pages.nation import build_nation
from tests.dashboards.browser.conftest import ARTEFACTS
from tests.dashboards.browser.looking import WIDTHS, Looker
from tests.lake.nation import PERIOD, synthetic_nation

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of sixty municipalities from 20 to 7 500 youths; twelve others are not in it."""
    folder = tmp_path_factory.mktemp("nation")
    file, _ = synthetic_nation(60, unheard=12).write(folder)
    build_nation(file, PERIOD, folder / "site")
    return folder / "site" / "index.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_in_every_width(browser: Browser, page: Path, scheme: str) -> None:
    looker = Looker(browser, scheme=scheme)
    faults: list[str] = []
    for path in (page, page.with_name("definitioner.html")):
        looker.open(path.as_uri())
        faults += ["a diagram is not drawn"] * looker.page.locator(".drawing:not(.drawn)").count()
        answer = looker.page.evaluate("looking.drawnAndTabled()")
        faults += answer["faults"]
        assert path != page or answer["compared"] > 100
        ARTEFACTS.joinpath("nation").mkdir(parents=True, exist_ok=True)
        for width in WIDTHS:
            looker.resize(width)
            place = ARTEFACTS / "nation" / f"{path.stem}-{width}-{scheme}.png"
            looker.page.screenshot(path=place, full_page=True)
            faults += [f"{path.name} at {width}: {fault}" for fault in looker.misplaced()]
        looker.open_details()
        for width in (WIDTHS[0], WIDTHS[-1]):
            looker.resize(width)
            faults += [
                f"{path.name} at {width}, unfolded: {fault}" for fault in looker.misplaced() + looker.violations()
            ]
    assert faults + looker.complaints == []
    looker.close()


def test_everything_is_reached_by_keyboard(looker: Looker, page: Path) -> None:
    looker.open(page.as_uri())
    stops = looker.stops()
    assert len(stops) > 30 and not [stop for stop in stops if stop["faults"]]


def test_the_numbers_are_there_without_javascript(browser: Browser, page: Path) -> None:
    looker = Looker(browser, width=360, javascript=False)
    looker.page.goto(page.as_uri())
    assert looker.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert looker.page.locator(".drawing:visible, #val:visible").count() == 0
    assert looker.page.locator("#kommuntabell tbody tr:not(.part):visible").count() == 61
    looker.close()


def test_the_page_prints_on_a4_in_light_colours(browser: Browser, page: Path) -> None:
    looker = Looker(browser, width=660, scheme="dark")
    looker.open(page.as_uri())
    looker.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    looker.page.emulate_media(media="print")
    looker.settle()
    assert looker.misplaced() == [] and not looker.page.locator("#val").is_visible()
    assert looker.page.locator("#kommuntabell tbody tr:not(.part):visible").count() == 61
    assert looker.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    looker.close()


# -- the table of municipalities -----------------------------------------------------------------------------------------


def _shown(looker: Looker, column: int | None = None) -> list[str]:
    """The names of the municipalities that are shown, or what stands in one of their columns, in order."""
    cell = "th" if column is None else f"td:nth-of-type({column})"
    rows = looker.page.locator(f"#kommuntabell tbody:not(.rest) tr:not(.part):visible {cell}")
    return [text.replace("\u00a0", "").replace("%", "") for text in rows.all_inner_texts()]


def test_municipalities_are_found_by_name_and_by_county(looker: Looker, page: Path) -> None:
    looker.open(page.as_uri())
    everybody = _shown(looker)
    assert len(everybody) == 60
    looker.page.locator("#val-namn").fill("ängs")
    found = _shown(looker)
    assert found == [name for name in everybody if "Ängsholm" in name] and found
    assert looker.page.locator("#val-svar").inner_text() == f"{len(found)} av 60 kommuner visas."
    assert looker.page.locator("#kommuntabell .part:visible").count() <= len(found)
    looker.page.locator("#val-namn").fill("")
    looker.page.locator("#val-lan").select_option("Uppsala län")
    assert 0 < len(_shown(looker)) < 60
    assert looker.page.locator("#kommuntabell .part:visible").all_inner_texts() == ["Uppsala län"]
    assert looker.page.locator("#kommuntabell .total").is_visible()  # the nation, to compare with
    assert looker.violations() + looker.complaints == []


@pytest.mark.parametrize("column", [1, 3, 9])
def test_municipalities_are_ordered_by_a_column_and_what_is_hidden_comes_last(
    looker: Looker, page: Path, column: int
) -> None:
    looker.open(page.as_uri())
    by_county = _shown(looker)
    looker.page.locator("#val-ordning").select_option(str(column - 1))
    texts = _shown(looker, column)
    assert len(texts) == 60 and looker.page.locator("#kommuntabell .part:visible").count() == 0
    known = [0 if text == "–" else int(text) for text in texts if text not in ("..", ".")]
    assert known == sorted(known, reverse=True)
    assert all(text in ("..", ".") for text in texts[len(known) :])
    looker.page.locator("#val-ordning").select_option("namn")
    assert _shown(looker)[0].startswith("Björkö") and _shown(looker)[-1].startswith("Ängsholm")
    looker.page.locator("#val-ordning").select_option("")
    assert _shown(looker) == by_county
    assert looker.complaints == []
