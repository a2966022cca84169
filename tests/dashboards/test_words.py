"""No page says a word that its readers should not meet: a code, a command, a name out of the program, English, a wrong form."""

from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.content.report import Report
from dashboards.published.report import read_report
from dashboards.wording.numbers import SIGNS
from tests.dashboards import html_page, published_file
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
        "Planen, avsnitt 1: ”ska vara 90%.”",
    )  # fmt: skip
    assert not list(faults(right, "index"))


@pytest.mark.parametrize("site", ["full", "public", "nacka", "first_year"])
def test_no_page_says_a_forbidden_word(site: str, request: pytest.FixtureRequest) -> None:
    out: Path = request.getfixturevalue(site).out
    pages = sorted(out.glob("*.html"))
    assert len(pages) > 10
    found = [line for page in pages for line in faults(page_texts(page.read_text(encoding="utf-8")), page.stem)]
    assert not found, "\n".join(found[:40])


@pytest.mark.parametrize("site", ["full", "public", "nacka", "first_year"])
def test_every_page_explains_the_signs_that_stand_in_its_tables(site: str, request: pytest.FixtureRequest) -> None:
    out: Path = request.getfixturevalue(site).out
    unexplained = []
    for path in sorted(out.glob("*.html")):
        page = html_page.Page(path.read_text(encoding="utf-8"))
        used = {text.strip() for table in page.tables for _, cells in table.rows for text in cells}
        unexplained += [
            (path.name, sign) for sign, meaning in SIGNS if sign in used and f"{sign} = {meaning}" not in page.text
        ]
    assert not unexplained


def test_a_number_of_one_is_told_as_one(tmp_path: Path) -> None:
    def one_of_each(maker: published_file.Maker) -> None:
        for key in list(maker.figures):
            if key[:2] in (("population", "in_register"), ("residence_checks", "reported"), ("participants", "new")):
                maker.figures[key] = Decimal(1)

    file = published_file.stockholm(tmp_path / "p.duckdb", one_of_each)
    report = Report(read_report(file, NOW))
    facts = {fact.id: fact.label for chapter in report.chapters() for fact in chapter.facts}
    assert facts["in_register"] == "ungdom i registret"
    assert facts["checks"] == "adress anmäld till Skatteverket"
    assert facts["new"] == "nyinskriven"
    for chapter in report.chapters():
        assert not list(faults([chapter.lead, *(block.finding or "" for block in chapter.blocks)], "index"))
