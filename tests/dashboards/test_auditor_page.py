"""The page ”För revisorn”: each question with its number of the period, and what data cannot answer."""

from pathlib import Path

from dashboards.pages import site
from dashboards.wording import numbers
from pipelines.configuration.audit_questions import read_audit_questions
from tests.dashboards import published_file
from tests.dashboards.built_site import Site
from tests.dashboards.test_traces import questions

NOW, NACKA = "verksamhetsar-2023", "kalenderar-2023"


def _plain(text: str) -> str:
    return text.replace(numbers.BLANK, " ")


def test_every_question_stands_with_its_number_and_what_is_not_answered(stockholm: Site, nacka: Site) -> None:
    for built, period in ((stockholm, NOW), (nacka, NACKA)):
        text = _plain(built.page("revisorn.html").text)
        for part in read_audit_questions().parts:
            assert part.source in text
            for question in part.questions:
                assert question.question in text and question.not_answered in text
                for answer in question.figures:
                    figure, _, measure = answer.number.partition("/")
                    where = {"category": answer.category} if answer.category else {}
                    value = built.value(figure, measure, period, **where)
                    assert f"{answer.label} {_plain(numbers.number(value))}" in text, answer


def test_each_number_leads_to_its_question_and_to_a_table_that_shows_it(stockholm: Site) -> None:
    tags = stockholm.page("revisorn.html").tags
    links = [attributes["href"] or "" for tag, attributes in tags if tag == "a" and "href" in attributes]
    asked = questions(stockholm, "spar-revisorn.html")
    assert asked["kontaktade-2"] == f"kaa audit trace --period {NOW} --figure outreach --measure reached"
    assert "spar-revisorn.html?kontaktade-2#kontaktade-2" in links
    assert "kapitel-uppsokande.html#tabell-2" in links


def test_columns_are_named_as_the_contracts_name_them(stockholm: Site) -> None:
    table = next(table for table in stockholm.page("revisorn.html").tables if "Levereras som" in table.head)
    assert len(table.rows) == len(read_audit_questions().documentation.points)
    assert table.row("Planering och mål")[0] == "Nej"
    assert "ber/insatser/slutdatum" in table.row("Slut")[0] and table.row("Slut")[1] == "–"


def test_it_is_for_inside_the_house(stockholm: Site, tmp_path: Path) -> None:
    public = published_file.public(stockholm.published, tmp_path / "published.duckdb", NOW)
    assert "revisorn" not in site.read_build(public, NOW).pages
