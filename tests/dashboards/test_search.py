"""The index of the search: what stands on the pages is found where it stands, and it holds no number of a table."""

import json
from pathlib import Path

from dashboards.pages import search
from pipelines.configuration.catalogue import read_catalogue
from tests.dashboards.built_site import Site
from tests.dashboards.html_page import Page

Line = tuple[str, str, str, str]


def lines(built: Site) -> list[Line]:
    text = (built.out / search.FILE).read_text(encoding="utf-8")
    return [tuple(line) for line in json.loads(text.removeprefix("kaaSearch(").removesuffix(");\n"))]


def test_what_is_found_is_where_the_index_says(stockholm: Site, nacka: Site) -> None:
    for built in (stockholm, nacka):
        found = lines(built)
        assert {address.partition("#")[0] for address, *_ in found} == {
            page.file for page in built.pages.values() if page.id != "arsrapport"
        }
        for address, heading, title, words in found:
            file, _, anchor = address.partition("#")
            page = built.page(file)
            assert heading and title and heading in page.text.replace("\u00ad", ""), address
            assert not anchor or anchor in {attributes.get("id") for _, attributes in page.tags}, address
            letters = "".join(page.texts)
            assert all(word in letters for word in words.split()), address


def test_headings_tables_measures_and_their_words_are_found(stockholm: Site) -> None:
    found = lines(stockholm)

    def addresses(word: str) -> set[str]:
        return {address for address, *texts in found if word in " ".join(texts)}

    assert "kapitel-stod.html#tabell-5" in addresses("Resultat per jobbtorg")
    assert "kapitel-stod.html#tabell-5" in addresses("Jobbtorg Kista")  # a heading of its rows
    assert "definitioner.html#outreach" in addresses(read_catalogue()["outreach"].measures["reached"].title)
    assert "tillganglighet.html" in addresses("Tillgänglighetsredogörelse")
    assert "underlag.html#gallring" in addresses("Gallring")


def test_no_number_of_a_table_is_in_the_index() -> None:
    page = """<main><h1>Sida</h1><section id="a"><h2 id="a-rubrik">Hälften</h2><p class="shows">Tabell</p>
    <p class="lead">Om tabellen</p>
    <table class="numbers"><thead><tr><th>Kön</th><th>2023</th></tr></thead><tr><th>Kvinnor</th><td>4321</td></tr></table>
    <details class="about"><p class="lead">Definition</p></details></section>
    <table class="words"><tr><th>Mått</th><td>Betydelse</td></tr></table></main><footer><h2>Fot</h2></footer>"""
    (top, table) = search.places(page)
    assert (top.heading, top.anchor, table.heading, table.anchor) == ("Sida", "", "Tabell", "a")
    assert table.words == ["Hälften", "Om tabellen", "Kön", "2023", "Kvinnor", "Mått", "Betydelse"]


def test_what_a_page_says_cannot_end_the_script(tmp_path: Path) -> None:
    script = search.index(search.entries("a.html", "A", '<h1>"]); alert(1); &lt;/script&gt;</h1>'))
    assert json.loads(script.removeprefix("kaaSearch(").removesuffix(");\n")) == [
        ["a.html", '"]); alert(1); </script>', "A", ""]
    ]


def test_every_page_is_listed_for_who_has_no_script(stockholm: Site) -> None:
    listed = {attributes.get("href") for tag, attributes in stockholm.page("sok.html").tags if tag == "a"}
    assert {page.file for page in stockholm.pages.values()} <= listed
    assert "Sökningen behöver JavaScript" in Page((stockholm.out / "sok.html").read_text(encoding="utf-8")).text
