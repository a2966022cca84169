"""The pages as files: self-contained, light, escaped, and built the same each time."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from dashboards.content.accessibility import SUPERVISION
from dashboards.content.report import Report
from dashboards.documents import names
from dashboards.pages import site
from dashboards.published.report import read_report
from dashboards.wording import numbers
from pipelines.configuration.catalogue import read_catalogue
from tests.dashboards import published_file
from tests.dashboards.built_site import Site
from tests.dashboards.html_page import Page

pytestmark = pytest.mark.long

NOW = "verksamhetsar-2023"
EVIL = "<script>alert('x')</script> & \"Söder\" {{ 7 * 7 }}"


def _pages(built: Site) -> list[Path]:
    return [built.out / page.file for page in built.pages.values()]


def test_all_pages_and_shared_files_are_written(stockholm: Site) -> None:
    written = [path.relative_to(stockholm.out).as_posix() for path in stockholm.written]
    assets = ["charts.js", "downloads.js", "plotly.min.js", "search.js", "site.css", "site.js", "trends.js"]
    assert sorted(name for name in written if not name.startswith(("data/", "spar-"))) == sorted(
        [*(f"assets/{name}" for name in assets), *(page.file for page in stockholm.pages.values())]
    )
    assert len(set(written)) == len(written)
    assert sorted(path for path in stockholm.out.rglob("*") if path.is_file()) == sorted(stockholm.written)


def test_a_page_by_itself_is_the_same_page(stockholm: Site) -> None:
    data = read_report(stockholm.published, NOW)
    for page_id, page in stockholm.pages.items():
        text = site.render_page(page_id, stockholm.published, data)
        assert text == (stockholm.out / page.file).read_text(encoding="utf-8")


def test_every_page_is_reached_from_the_start_page_and_from_every_other(stockholm: Site) -> None:
    menu = {page.file for page in stockholm.pages.values() if page.menu or page.foot}
    chapters = {page.file for page in stockholm.pages.values() if page.parent}
    assert menu | chapters == {page.file for page in stockholm.pages.values()}
    for path in _pages(stockholm):
        links = {
            attributes.get("href") for tag, attributes in Page(path.read_text(encoding="utf-8")).tags if tag == "a"
        }
        assert menu <= links
        if path.name == "index.html" or path.name in chapters:
            assert chapters <= links


def test_chapters_follow_each_other_and_hold_what_the_whole_report_holds(stockholm: Site) -> None:
    whole = stockholm.page("arsrapport.html")
    pages = [page for page in stockholm.pages.values() if page.parent == "arsrapport"]
    found = []
    for place, page in enumerate(pages):
        parsed = stockholm.page(page.file)
        turns = {attributes.get("rel"): attributes["href"] for _, attributes in parsed.tags if attributes.get("rel")}
        assert turns.get("prev") == (pages[place - 1].file if place else None)
        assert turns.get("next") == (pages[place + 1].file if place + 1 < len(pages) else None)
        found += [(table.section, table.head, table.rows) for table in parsed.tables]
    assert found == [(table.section, table.head, table.rows) for table in whole.tables]


def test_a_page_below_another_leads_back_the_way_it_was_reached(stockholm: Site) -> None:
    for file, way in (
        ("kapitel-stod.html", ["index.html", "arsrapport.html"]),
        ("spar-tabell-5.html", ["index.html", "arsrapport.html"]),
        ("spar-over-tid.html", ["index.html", "trender.html"]),
    ):
        trail = re.search(r'<nav class="trail".*?</nav>', (stockholm.out / file).read_text(encoding="utf-8"), re.DOTALL)
        assert trail and re.findall(r'href="([^"]+)"', trail[0]) == way, file
        assert 'aria-current="page"' in trail[0]
    assert 'class="trail"' not in (stockholm.out / "trender.html").read_text(encoding="utf-8")


def test_every_page_says_in_a_sentence_of_its_own_what_it_is(stockholm: Site, nacka: Site) -> None:
    for built in (stockholm, nacka):
        said = {}
        for path in built.out.glob("*.html"):
            tags = Page(path.read_text(encoding="utf-8")).tags
            (content,) = [attributes["content"] for _, attributes in tags if attributes.get("name") == "description"]
            said[path.name] = content
            assert content and len(content) > 20, path.name
        assert len(set(said.values())) == len(said)


def test_the_start_page_shows_the_way_to_studies_or_work(stockholm: Site) -> None:
    text = (stockholm.out / "index.html").read_text(encoding="utf-8")
    assert "plotly" not in text
    steps = re.findall(r'<li data-step="(\w+)">(.*?)</li>', text, re.DOTALL)
    assert [step for step, _ in steps] == ["in_register", "sought", "reached", "enrolled", "either"]
    now = [stockholm.value(*what, NOW) for what in (("population", "in_register"), ("outreach", "sought"))]
    before = stockholm.value("population", "in_register", "verksamhetsar-2022")
    shown = [Page(html).text for _, html in steps]
    assert [text.split(" ungdomar")[0].split(" söktes")[0] for text in shown[:2]] == [
        numbers.number(value).replace(numbers.BLANK, " ") for value in now
    ]
    assert f"2022: {numbers.number(before)}".replace(numbers.BLANK, " ") in shown[0]
    lengths = [[float(length) for length in re.findall(r"--length:([\d.]+)", html)] for _, html in steps]
    assert lengths[0][0] == 100 and lengths[1][0] == pytest.approx(100 * now[1] / now[0], abs=0.05)
    assert lengths[0][1] == pytest.approx(100 * before / now[0], abs=0.05)


def test_without_a_year_before_there_is_no_bar_for_it(first_year: Site) -> None:
    text = (first_year.out / "index.html").read_text(encoding="utf-8")
    assert text.count('class="bar year"') == 5
    assert "year_before" not in text
    assert "2022: .." in Page(text).text


def test_no_link_to_a_document_that_is_not_made(stockholm: Site) -> None:
    for path in _pages(stockholm):
        tags = Page(path.read_text(encoding="utf-8")).tags
        links = [attributes.get("href") for _, attributes in tags if "download" in attributes]
        assert not any(links), path.name  # one without an address is given it by a script, from what is shown


def test_documents_made_with_the_pages_are_linked_to(stockholm: Site, tmp_path: Path) -> None:
    public = published_file.public(stockholm.published, tmp_path / "published.duckdb", NOW)
    written = [*site.build_report(public, NOW, tmp_path, documents=True), public]
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(written)
    (tmp_path / names.CELLS).touch()  # it is written by who has chosen the numbers
    linked = set()
    for page in (page for page in stockholm.pages.values() if not page.is_internal):
        for tag, attributes in Page((tmp_path / page.file).read_text(encoding="utf-8")).tags:
            if tag == "a" and "download" in attributes and attributes.get("href"):
                linked.add(attributes["href"] or "")
    assert all((tmp_path / link).is_file() for link in linked)
    assert {names.WORD, names.EXCEL, names.PDF, names.CATALOGUE} <= linked
    blocks = [block for chapter in Report(read_report(stockholm.published, NOW)).chapters() for block in chapter.blocks]
    for block in blocks:
        files = (names.csv_for_excel, names.csv, names.csv_description, names.px)
        assert {name(block.id) for name in files} <= linked


@pytest.mark.parametrize("period", ["tertial1-2023", "lasar-2022-2023", "manad-2023-05"])
def test_other_periods_have_the_same_pages(period: str, tmp_path: Path) -> None:
    starts, ends, title = {
        "tertial1-2023": (date(2023, 1, 1), date(2023, 4, 30), "tertial 1 2023"),
        "lasar-2022-2023": (date(2022, 7, 1), date(2023, 6, 30), "läsåret 2022/2023"),
        "manad-2023-05": (date(2023, 5, 1), date(2023, 5, 31), "maj 2023"),
    }[period]

    def other(maker: published_file.Maker) -> None:
        maker.periods.append((period, period.rstrip("0123456789-"), starts, ends, title, None))
        maker.figures.update(
            {(*key[:2], period, *key[3:]): value for key, value in maker.figures.items() if key[2] == NOW}
        )

    file = published_file.stockholm(tmp_path / "p.duckdb", other)
    site.build_report(file, period, tmp_path / "site")
    start = Page((tmp_path / "site" / "index.html").read_text(encoding="utf-8")).text
    assert f"Rapport för {title}" in start and "Perioden i korthet" in start and "Året i korthet" not in start
    for page in site.read_build(file, period).pages.values():
        text = Page((tmp_path / "site" / page.file).read_text(encoding="utf-8")).text
        assert "Årsrapport 2023 – Kommunens" not in text, page.file


def test_nothing_is_fetched_from_elsewhere(stockholm: Site, nacka: Site) -> None:
    for built in (stockholm, nacka):
        for path in built.written:
            if path.name != "plotly.min.js":  # Plotly's own library names addresses of maps that we do not draw
                text = path.read_text(encoding="utf-8").replace(
                    f'<a href="{SUPERVISION}">', ""
                )  # a link is not fetched
                assert not re.search(r"(https?:)?//\w", text), path.name
        for path in _pages(built):
            for tag, attributes in Page(path.read_text(encoding="utf-8")).tags:
                for name in ("src", "href"):
                    target = (attributes.get(name) or "").split("#")[0].split("?")[0]
                    if target and not target.startswith("data:") and target != SUPERVISION:
                        assert (built.out / target).is_file(), (tag, target)


def test_links_within_pages_lead_somewhere(stockholm: Site) -> None:
    every = {path.name: Page(path.read_text(encoding="utf-8")) for path in stockholm.out.glob("*.html")}
    ids = {name: {attributes.get("id") for _, attributes in page.tags} for name, page in every.items()}
    for name, page in every.items():
        for _, attributes in page.tags:
            file, mark, anchor = (attributes.get("href") or "").partition("#")
            if mark and "=" not in anchor:  # with a view's choices it is none of the page's places
                assert anchor in ids[file.split("?")[0] or name], (name, file, anchor)


def test_a_page_weighs_less_than_300_kb(stockholm: Site, nacka: Site) -> None:
    """But for the whole report on one page, for print: its chapters have pages of their own."""
    for built in (stockholm, nacka):
        names_ = ("site.css", "site.js", "charts.js", "downloads.js")
        shared = sum((built.out / "assets" / name).stat().st_size for name in names_)
        for path in _pages(built):
            most = 400_000 if path.name == "arsrapport.html" else 300_000
            assert path.stat().st_size + shared < most, path.name


def test_names_from_the_file_are_text_and_never_code(tmp_path: Path) -> None:
    def rename(maker: published_file.Maker) -> None:
        maker.districts = [
            (code, EVIL if code == "08" else name, *rest)
            for code, name, *rest in maker.districts  # type: ignore[misc]
        ]
        maker.job_centres[0] = ("GLOBEN", EVIL)
        maker.codes = {**maker.codes, "sysselsattning": {**maker.codes["sysselsattning"], "ARBETE": EVIL}}
        maker.name = EVIL
        maker.deliveries.append((EVIL, None, 1, "rejected", "bad_manifest", EVIL, 0, 0, "evil", "x"))

    file = published_file.stockholm(tmp_path / "p.duckdb", rename)
    site.build_report(file, NOW, tmp_path / "site")
    for page in site.read_build(file, NOW).pages.values():
        text = (tmp_path / "site" / page.file).read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "49" not in re.findall(r"Söder\W* (\w+)", text)
        parsed = Page(text)
        assert "<script>alert('x')</script>" in parsed.text
        scripts = [attributes for tag, attributes in parsed.tags if tag == "script"]
        assert all(
            attributes.get("src", "").startswith(("assets/", "data/")) or attributes["type"] == "application/json"
            for attributes in scripts
        )  # type: ignore[union-attr]
    # Plotly reads HTML in labels: what it gets is escaped once more, so that a browser shows the name as it is.
    report = (tmp_path / "site" / "arsrapport.html").read_text(encoding="utf-8")
    assert "\\u0026lt;script\\u0026gt;" in report


def test_accessible_structure(stockholm: Site, nacka: Site, first_year: Site) -> None:
    for built in (stockholm, nacka, first_year):
        for path in _pages(built):
            text = path.read_text(encoding="utf-8")
            page = Page(text)
            tags = [tag for tag, _ in page.tags]
            assert '<html lang="sv">' in text
            assert tags.count("main") == tags.count("header") == tags.count("footer") == tags.count("h1") == 1
            levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
            main = levels[levels.index(1) :]
            assert all(after - before <= 1 for before, after in pairwise(main)), path.name
            assert tags.count("caption") == tags.count("table")
            assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
            drawings = [attributes for _, attributes in page.tags if "data-diagram" in attributes]
            assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in drawings)
            ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
            assert len(ids) == len(set(ids))
    drawings = [attributes for _, attributes in stockholm.page().tags if "data-diagram" in attributes]
    # Eight with a number, those who went to work by job-centre, what the young did last and after support, who was not admitted,
    # two of the job-centres' older youths, and one for each target of the report's year.
    assert len(drawings) == 16


def test_only_the_report_year_is_called_annual_report(stockholm: Site, tmp_path: Path) -> None:
    assert "Årsrapport 2023 – Kommunens aktivitetsansvar, Stockholms stad" in stockholm.page().text

    def other_year(maker: published_file.Maker) -> None:
        maker.report_year_kind = "kalenderar"

    file = published_file.stockholm(tmp_path / "p.duckdb", other_year)
    page = Page(site.render_page("start", file, read_report(file, NOW)))
    assert "Rapport för verksamhetsåret 2023 – Kommunens" in page.text


def test_definitions_come_from_the_catalogue(stockholm: Site) -> None:
    page = stockholm.page("definitioner.html")
    texts = {text.strip() for text in page.texts}
    for figure in read_catalogue().values():
        assert {figure.title, figure.definition, figure.source, figure.legal_ground, *figure.warnings} <= texts, (
            figure.id
        )
        for measure in figure.measures.values():
            assert measure.title in page.text and measure.definition in page.text, figure.id


def test_that_districts_became_others_is_said_where_they_did(stockholm: Site, nacka: Site) -> None:
    said = "Stadsdelsindelningen ändrades den 1 juli 2023."
    by_district = [figure for figure in read_catalogue().values() if "district" in figure.dimensions]
    assert stockholm.page("definitioner.html").text.count(said) == len(by_district) > 20
    start = (stockholm.out / "index.html").read_text(encoding="utf-8")
    assert start.partition('aria-labelledby="tank-pa-rubrik"')[2].count(said) == 1  # of all figures at once
    for page in ("definitioner.html", "index.html"):
        assert "indelningen ändrades" not in nacka.page(page).text


def test_reading_leaves_the_published_file_as_it_was(stockholm: Site) -> None:
    before = stockholm.published.read_bytes()
    data = read_report(stockholm.published, NOW)
    site.render_page("arsrapport", stockholm.published, replace(data))
    assert stockholm.published.read_bytes() == before
    assert not stockholm.published.with_name(stockholm.published.name + ".wal").exists()
