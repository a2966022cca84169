"""Who answers, how figures are corrected, how accessible the pages are: what the profile says, and what nobody has decided."""

from pathlib import Path

import pytest

from dashboards.content import accessibility
from dashboards.pages import site
from dashboards.published.report import read_report
from pipelines.configuration.municipality import load_municipality
from tests.dashboards import published_file
from tests.dashboards.built_site import Site
from tests.dashboards.html_page import Page
from tests.municipality.test_profile import STRANDBY

NOW = "verksamhetsar-2023"


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file whose profile says all of it."""

    def everything(maker: published_file.Maker) -> None:
        maker.profile = load_municipality(str(STRANDBY))

    return published_file.stockholm(tmp_path_factory.mktemp("decided") / "published.duckdb", everything)


def page(page_id: str, file: Path) -> str:
    return site.render_page(page_id, file, read_report(file, NOW))


@pytest.mark.parametrize("page_id", ["kontakt", "rattelser", "tillganglighet"])
def test_who_answers_stands_on_each_page_with_the_ways_to_reach_them(decided: Path, page_id: str) -> None:
    text = page(page_id, decided)
    assert "Ungdomshuset i Strandby" in text
    assert '<a href="mailto:kaa@strandby.example">' in text and '<a href="tel:018100000">018-10 00 00</a>' in text
    assert "inte bestämt" not in text


def test_what_nobody_has_decided_is_said_and_not_made_up(stockholm: Site, nacka: Site) -> None:
    for built, name in ((stockholm, "Stockholms stad"), (nacka, "Nacka kommun")):
        for file in ("kontakt.html", "rattelser.html", "tillganglighet.html"):
            text = (built.out / file).read_text(encoding="utf-8")
            assert f"{name}, kommunens aktivitetsansvar." in text
            assert "Vilken e-postadress och vilket telefonnummer som gäller för frågor är inte bestämt än." in text
            assert "mailto:" not in text and "tel:" not in text
        assert f"{name} har inte gjort någon egen bedömning än." in built.page("tillganglighet.html").text


def test_without_a_contact_the_reader_is_sent_to_the_municipality(tmp_path: Path) -> None:
    def nobody(maker: published_file.Maker) -> None:
        maker.profile = maker.profile.model_copy(update={"contact": None})

    text = Page(page("kontakt", published_file.stockholm(tmp_path / "p.duckdb", nobody))).text
    assert "Vem som svarar är inte bestämt än. Vänd dig till Stockholms stad." in text


def test_the_accessibility_statement_says_what_the_law_asks_for(decided: Path, stockholm: Site) -> None:
    own, others = Page(page("tillganglighet", decided)), stockholm.page("tillganglighet.html")
    for found in (own, others):
        assert "delvis förenliga med lagen (2018:1937)" in found.text
        assert all(sentence in found.text for sentence in accessibility.SHORTCOMINGS)
        assert ("a", {"href": accessibility.SUPERVISION}) in found.tags
        assert "Senast 28\u00a0november 2026.".replace("\u00a0", " ") in found.text
    assert "4 mars 2027. Granskning av tio sidor med skärmläsare." in own.text
    assert "Ortnamnen läses upp på finska." in own.text
    assert own.text.count("4 mars 2027") == 2 and others.text.count("28 november 2026") == 2


def test_the_public_has_these_pages_too_and_no_way_to_internal_ones(stockholm: Site, tmp_path: Path) -> None:
    public = published_file.public(stockholm.published, tmp_path / "published.duckdb", NOW)
    site.build_report(public, NOW, tmp_path / "site")
    names = {path.name for path in (tmp_path / "site").glob("*.html")}
    assert {"kontakt.html", "rattelser.html", "tillganglighet.html", "sok.html"} <= names
    for path in (tmp_path / "site").glob("*.html"):
        links = {attributes.get("href") or "" for tag, attributes in Page(path.read_text("utf-8")).tags if tag == "a"}
        assert {link.partition("#")[0] for link in links if ".html" in link} <= names, path.name
