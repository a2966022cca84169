"""No page says a word that its readers should not meet: a code, a command, a name out of the program, English, a wrong form."""

from pathlib import Path

import pytest

from tests.dashboards import published_file
from tests.dashboards.built_site import Site, built
from tests.dashboards.words import Forbidden, faults, forbidden, page_texts

NOW = "verksamhetsar-2023"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("full")
    return built(folder, published_file.stockholm(folder / "published.duckdb", published_file.with_everything), NOW)


@pytest.fixture(scope="module")
def public(full: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("public")
    return built(folder, published_file.public(full.published, folder / "published.duckdb", NOW), NOW)


@pytest.mark.parametrize("rule", forbidden(), ids=lambda rule: rule.example)
def test_each_rule_catches_its_example(rule: Forbidden) -> None:
    assert rule.pattern.search(rule.example)
    assert rule.because


def test_a_planted_word_is_found_wherever_it_stands() -> None:
    html = '<title>Ett</title><p aria-label="1 personer">Två<code>kaa figures</code></p><script>null</script><h2>Värde</h2>'
    texts = page_texts(html)
    assert texts == ["Ett", "1 personer", "Två", "Värde"]
    assert len(list(faults(texts, "index"))) == 2


def test_what_is_right_is_not_accused() -> None:
    right = (
        "1 234 personer, 21 personer och 1 person", "2023 års 7 546 ungdomar", "skollagen (2010:800), 29 kap. 9 §",
        "−14 och 54 % (50 %)", "2023-07-01", "Mål 1,5 gånger", "avsnitt 4.3.2, steg 5", "Svar på skalan",
    )  # fmt: skip
    assert not list(faults(right, "index"))


@pytest.mark.parametrize("site", ["full", "public", "nacka", "first_year"])
def test_no_page_says_a_forbidden_word(site: str, request: pytest.FixtureRequest) -> None:
    out: Path = request.getfixturevalue(site).out
    pages = sorted(out.glob("*.html"))
    assert len(pages) > 10
    found = [line for page in pages for line in faults(page_texts(page.read_text(encoding="utf-8")), page.stem)]
    assert not found, "\n".join(found[:40])
