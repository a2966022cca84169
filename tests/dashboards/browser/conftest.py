"""One browser for the whole run, and the sites that it reads."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from pipelines.history.purge import AGED
from tests.dashboards import published_file
from tests.dashboards.browser.looking import Looker
from tests.dashboards.built_site import Site, built

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
#: Kept by CI, ignored by git.
ARTEFACTS = Path(__file__).resolve().parents[2] / "artefacts" / "screenshots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    missing = not CHROMIUM.exists() and os.environ.get("CI") != "true"
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if missing:
                item.add_marker(pytest.mark.skip(reason="Debian's chromium is not installed"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def looker(browser: Browser) -> Iterator[Looker]:
    """A tab of its own, wide and light."""
    looker = Looker(browser)
    yield looker
    looker.close()


def _with_everything(maker: published_file.Maker) -> None:
    """What most sites have none of, so that it is looked at too: plans, purged persons, lists that are long enough to fold."""
    published_file.with_plans(maker)
    for version, year in ((2, 2024), (3, 2025)):
        maker.purged.append((version, year, 12, 340, 0, 0, AGED, date(2022, 12, 5), date(2023, 2, 1)))
    maker.purged.append((3, 2025, 7, 9, 0, 0, "kom in efter gallringstiden", date(2022, 1, 1), date(2022, 11, 30)))
    for place in range(40):
        folder = f"skolregister/{'lång-mapp-' * 6}{place}"
        sentence = (
            f"Filen studieperioder-{place}.csv har 3 kolumner på rad 17, inte 8. Be avsändaren rätta och leverera igen."
        )
        line = (
            "skolregister",
            date(2024, 1, 1),
            1,
            "rejected",
            "malformed_csv",
            sentence,
            0,
            0,
            f"{place:016x}",
            folder,
        )
        maker.deliveries.append(line)
        maker.judged_in[folder] = published_file.VERSION


@pytest.fixture(scope="session")
def stockholm(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """With districts and job-centres, and with something of everything that a page may show."""
    folder = tmp_path_factory.mktemp("everything")
    file = published_file.stockholm(folder / "published.duckdb", _with_everything)
    return built(folder, file, "verksamhetsar-2023")


@pytest.fixture(scope="session")
def sites(stockholm: Site, nacka: Site, first_year: Site) -> dict[str, Site]:
    """With everything; without districts and job-centres; a year without one before it."""
    return {"stockholm": stockholm, "nacka": nacka, "first_year": first_year}
