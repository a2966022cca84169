"""The pages as files: self-contained, light, escaped, and built the same each time."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import published_file
import pytest
from built_site import Site
from html_page import Page

from dashboards import published, site, theme

NOW = "verksamhetsar-2023"
EVIL = "<script>alert('x')</script> & \"Söder\" {{ 7 * 7 }}"


def _pages(built: Site) -> list[Path]:
    return [built.out / page.file for page in site.PAGES.values()]


def test_all_pages_and_shared_files_are_written(stockholm: Site) -> None:
    assert sorted(path.relative_to(stockholm.out).as_posix() for path in stockholm.written) == sorted(
        ["assets/charts.js", "assets/plotly.min.js", "assets/site.css", *(page.file for page in site.PAGES.values())]
    )
    assert sorted(path for path in stockholm.out.rglob("*") if path.is_file()) == sorted(stockholm.written)


def test_a_page_by_itself_is_the_same_page(stockholm: Site, tmp_path: Path) -> None:
    for page_id, page in site.PAGES.items():
        path = site.build_page(page_id, stockholm.published, NOW, tmp_path)
        assert path == tmp_path / page.file
        assert path.read_bytes() == (stockholm.out / page.file).read_bytes()


def test_nothing_is_fetched_from_elsewhere(stockholm: Site, nacka: Site) -> None:
    for built in (stockholm, nacka):
        for path in built.written:
            if path.name != "plotly.min.js":  # Plotly's own library names addresses of maps that we do not draw
                assert not re.search(r"(https?:)?//\w", path.read_text(encoding="utf-8")), path.name
        for path in _pages(built):
            for tag, attributes in Page(path.read_text(encoding="utf-8")).tags:
                for name in ("src", "href"):
                    target = (attributes.get(name) or "").split("#")[0]
                    if target and not target.startswith("data:"):
                        assert (built.out / target).is_file(), (tag, target)


def test_links_within_pages_lead_somewhere(stockholm: Site) -> None:
    ids = {
        path.name: {a.get("id") for _, a in Page(path.read_text(encoding="utf-8")).tags} for path in _pages(stockholm)
    }
    for path in _pages(stockholm):
        for _, attributes in Page(path.read_text(encoding="utf-8")).tags:
            file, mark, anchor = (attributes.get("href") or "").partition("#")
            if mark:
                assert anchor in ids[file or path.name], (path.name, file, anchor)


def test_a_page_weighs_less_than_300_kb(stockholm: Site, nacka: Site) -> None:
    for built in (stockholm, nacka):
        shared = sum((built.out / "assets" / name).stat().st_size for name in ("site.css", "charts.js"))
        for path in _pages(built):
            assert path.stat().st_size + shared < 300_000, path.name


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
    for page in site.PAGES.values():
        text = (tmp_path / "site" / page.file).read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "49" not in re.findall(r"Söder\W* (\w+)", text)
        parsed = Page(text)
        assert "<script>alert('x')</script>" in parsed.text
        scripts = [attributes for tag, attributes in parsed.tags if tag == "script"]
        assert all(
            attributes.get("src", "").startswith("assets/") or attributes["type"] == "application/json"
            for attributes in scripts
        )  # type: ignore[union-attr]
    # Plotly reads HTML in labels: what it gets is escaped once more, so that a browser shows the name as it is.
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "\\u0026lt;script\\u0026gt;" in index


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
    assert len(drawings) == 8


def test_status_page_tells_what_was_not_used(stockholm: Site) -> None:
    page = stockholm.page("underlag.html")
    table = page.tables[0]
    assert table.row("Barn- och elevregistret (BER)") == ["204", "–", "–", "1", "1", "2023-11-30"]
    assert table.row("Totalt")[:5] == ["453", "–", "1", "1", "2"]
    for expected in (
        "Filen leverans.json är inte giltig JSON.",
        "Datasetet register har 1 204 rader",
        "Kolumnen kommentar finns inte i avtalet",
        "Koden finns inte i kodlistan",
        "Senaste uttaget är 9 dagar gammalt.",
        "1 kontroller är utan anmärkning",
    ):
        assert expected in page.text
    assert "bad_code" not in page.text
    assert "(200 leveranser)" not in page.text  # what was loaded without remark is not a remark
    assert "Antalet rader är rimligt" not in page.text


def test_status_page_shows_large_jumps_first_and_all_on_request(stockholm: Site, nacka: Site) -> None:
    tables = [table for table in stockholm.page("underlag.html").tables if table.section == "hopp"]
    large, everything = tables
    assert [heading for heading, _ in large.rows] == ["Ungdomar i registret: Jobbtorg Kista"]
    assert large.rows[0][1] == [
        "uttaget före, 2023-11-29", "300", "413", "−27\u00a0%",
        "10\u00a0%, minst 20. Registret ändras långsamt. (2023-01-09)",
    ]  # fmt: skip
    assert everything.row("Ungdomar i registret: Saknar stadsdel")[3] == ".."
    assert everything.row("Ungdomar i registret: Hela kommunen")[3] == "−1\u00a0%"
    assert "Det finns inget tidigare uttag att jämföra med." in nacka.page("underlag.html").text


def test_only_the_report_year_is_called_annual_report(stockholm: Site, tmp_path: Path) -> None:
    assert "Årsrapport 2023 – Kommunens aktivitetsansvar, Stockholms stad" in stockholm.page().text

    def other_year(maker: published_file.Maker) -> None:
        maker.report_year_kind = "kalenderar"

    file = published_file.stockholm(tmp_path / "p.duckdb", other_year)
    path = site.build_page("arsrapport", file, NOW, tmp_path)
    assert "Rapport för verksamhetsåret 2023 – Kommunens" in Page(path.read_text(encoding="utf-8")).text


def test_status_page_without_trouble(nacka: Site) -> None:
    text = nacka.page("underlag.html").text
    assert "Alla leveranser har lästs in." in text
    assert "Inga rader ligger i karantän." in text


def test_definitions_come_from_the_catalogue(stockholm: Site) -> None:
    page = stockholm.page("definitioner.html")
    for title, definition, _, source, _, _, measures in published_file.CATALOGUE.values():
        assert {title, definition, source} <= {text.strip() for text in page.texts}
        assert all(words in page.text for texts in measures.values() for words in texts)
    assert page.text.count("29 kap. 9 § skollagen (2010:800)") == len(published_file.CATALOGUE)


def test_reading_leaves_the_published_file_as_it_was(stockholm: Site) -> None:
    before = stockholm.published.read_bytes()
    data = published.read(stockholm.published, NOW)
    site.render_page("arsrapport", stockholm.published, replace(data))
    assert stockholm.published.read_bytes() == before
    assert not stockholm.published.with_name(stockholm.published.name + ".wal").exists()


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_contrast(mode: str) -> None:
    page = {name: getattr(colour, mode) for name, colour in theme.PAGE.items()}
    for text in ("text", "muted", "link"):
        for ground in ("paper", "surface", "tint"):
            assert _contrast(page[text], page[ground]) >= 4.5, (text, ground)
    for role, colour in theme.DIAGRAM.items():
        if role != "halo":
            assert _contrast(getattr(colour, mode), page["surface"]) >= 3, role
    for one, other in (("women", "men"), ("year", "year_before"), ("reached", "not_reached")):
        pair = getattr(theme.DIAGRAM[one], mode), getattr(theme.DIAGRAM[other], mode)
        assert _contrast(*pair) >= 1.5, (one, other)
