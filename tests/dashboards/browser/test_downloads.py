"""What a reader takes along, in a browser and from disk: a link to a diagram, its picture, and a table as CSV."""

import csv
import struct
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dashboards.wording.audience import audience
from tests.dashboards.browser.looking import Looker
from tests.dashboards.built_site import Site

pytestmark = pytest.mark.long

DIAGRAM = "#mal-till-studier"


def _taken(looker: Looker, button: str) -> tuple[str, bytes]:
    """The name and content of what a button gives."""
    with looker.page.expect_download() as download:
        looker.page.locator(button).first.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_a_picture_says_what_its_page_says_of_it(browser: Browser, stockholm: Site) -> None:
    """In the colours of paper, also from a narrow page in the dark."""
    looker = Looker(browser, width=360, scheme="dark")
    looker.open((stockholm.out / "kapitel-stod.html").as_uri())
    name, content = _taken(looker, f"{DIAGRAM} .tools button:has-text('SVG')")
    assert name == "mal-till-studier-verksamhetsar-2023.svg"
    svg = content.decode().replace("\u00a0", " ")
    section = looker.page.locator(DIAGRAM)
    for text in (
        section.locator("h2").inner_text(),
        section.locator(".shows").inner_text(),
        "Mål: minst 50 %",
        "52 % av 319 (52 %)",
        "Källa: Stockholms stad, kommunens aktivitetsansvar.",
        "Avser verksamhetsåret 2022 och verksamhetsåret 2023.",
        audience(None),
    ):
        # A long text may stand on two lines.
        assert all(word in svg for word in text.replace("\u00a0", " ").split()), text
    assert "rgb(255, 255, 255)" in svg and "rgb(27, 36, 44)" in svg and "rgb(232, 237, 241)" not in svg
    name, png = _taken(looker, f"{DIAGRAM} .tools button:has-text('PNG')")
    assert name == "mal-till-studier-verksamhetsar-2023.png"
    assert png.startswith(b"\x89PNG") and struct.unpack(">I", png[16:20]) == (1800,)
    assert looker.complaints == []
    looker.close()


def test_a_link_leads_to_its_diagram(looker: Looker, stockholm: Site) -> None:
    looker.context.grant_permissions(["clipboard-read", "clipboard-write"])
    address = (stockholm.out / "kapitel-stod.html").as_uri()
    looker.open(address)
    looker.page.locator(f"{DIAGRAM} .tools button:has-text('länk')").click()
    said = looker.page.locator(f"{DIAGRAM} > .tools [role=status]")
    said.get_by_text("Länken").wait_for()
    # Where nothing may be written to the clipboard, as from disk, the link stands in the address.
    found = (
        looker.page.url
        if "adressfältet" in said.inner_text()
        else looker.page.evaluate("navigator.clipboard.readText()")
    )
    assert found == address + DIAGRAM


def test_a_table_as_csv_has_its_numbers_unrounded_and_as_excel_in_swedish_reads_them(
    looker: Looker, stockholm: Site
) -> None:
    looker.open((stockholm.out / "kapitel-stod.html").as_uri())
    name, content = _taken(looker, "#tabell-5 .tools button")
    assert name == "tabell-5-verksamhetsar-2023.csv" and content.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    assert head[:5] == [
        "Jobbtorg", "Inskrivna", "Avslutade, Antal", "Avslutade, Andel (procent)", "Avslutade till studier, Antal",
    ]  # fmt: skip
    for (_, code), row in zip(
        (("Globen", "GLOBEN"), ("Skärholmen", "SKARHOLMEN"), ("Vällingby", "VALLINGBY")), rows, strict=False
    ):
        where = {"period": "verksamhetsar-2023", "job_centre": code}
        enrolled, ended = (stockholm.value("participants", measure, **where) for measure in ("enrolled", "ended"))
        studies = stockholm.value("exits", "ended", category="STUDIER", **where)
        assert row[1:3] == [str(enrolled), str(ended)] and row[4] == str(studies)
        assert abs(float(row[3].replace(",", ".")) - 100 * ended / enrolled) < 0.00005
        assert abs(float(row[5].replace(",", ".")) - 100 * studies / ended) < 0.00005
    assert rows[-1][:3] == ["Totalt", "1231", "807"]  # no blank between thousands
    _, content = _taken(looker, "#resultat-bada-aren .tools button")
    found = {row[0]: row for row in csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")}
    assert found["Till arbete, Jobbtorg Vällingby"][3] == "-7" and found["Inskrivna, totalt"][4:] == [".", ".", "."]
    assert looker.complaints == []


def test_the_buttons_are_neither_on_paper_nor_there_without_javascript(browser: Browser, stockholm: Site) -> None:
    address = (stockholm.out / "kapitel-stod.html").as_uri()
    looker = Looker(browser)
    looker.open(address)
    assert looker.page.locator(".tools button:visible").count() > 10
    looker.page.emulate_media(media="print")
    assert looker.page.locator(".tools button:visible").count() == 0
    looker.close()
    without = Looker(browser, javascript=False)
    without.page.goto(address)
    assert without.page.locator(".tools").count() == 0
    without.close()
