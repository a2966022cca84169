"""What auditors ask: each figure, page and column that is named is there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.content.annual_report import COMMON
from dashboards.pages.site import PAGES
from pipelines.configuration.audit_questions import AUDIT_QUESTIONS, read_audit_questions
from pipelines.runtime.errors import UsageError

KNOWN = read_audit_questions()
QUESTIONS = [question for part in KNOWN.parts for question in part.questions]


def test_the_five_questions_of_2016_and_five_control_objectives_are_there() -> None:
    assert [len(part.questions) for part in KNOWN.parts] == [5, 5]
    assert all(question.not_answered for question in QUESTIONS)


def test_every_page_that_answers_is_a_page_of_the_report() -> None:
    pages = PAGES.keys() | {f"kapitel-{chapter.id}" for chapter in COMMON}
    assert {page for question in QUESTIONS for page in question.pages} <= pages


def test_what_skolverket_wants_documented_is_there() -> None:
    titles = [point.title for point in KNOWN.documentation.points]
    for wanted in (
        "Planering och mål",
        "Vem som ansvarar",
        "Start",
        "Slut",
        "Orsak till att den upphörde",
        "Datum för uppföljning",
    ):
        assert wanted in titles


def changed(change: Any, folder: Path) -> Path:
    content = yaml.safe_load(AUDIT_QUESTIONS.read_text(encoding="utf-8"))
    change(content)
    path = folder / "audit_questions.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def first_figure(**values: Any) -> Any:
    return lambda content: content["parts"][0]["questions"][0]["figures"][0].update(values)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (first_figure(number="participants/reached"), "names 'participants/reached' for the question 'roller', which"),
        (first_figure(number="nobody/reached"), "names 'nobody/reached' for the question 'roller', which"),
        (first_figure(of="participants/reached"), "names 'participants/reached' for the question 'roller', which"),
        (first_figure(number="target_group/eligible", category=None), "which is of a single day; name a figure of a period"),
        (first_figure(category="XYZ"), "names the category 'XYZ', which there is not, of 'participants/enrolled'"),
        (first_figure(number="measure_exits/ended", category=None), "leaves out the category of 'measure_exits/ended'"),
        (lambda content: content["parts"][1]["questions"][0].update(id="roller"), "has two parts or questions 'roller'"),
        (lambda content: content["parts"][0]["questions"][0].update(figures=[], pages=[]), "gives neither figure nor page"),
        (lambda content: content["documentation"]["points"][3].update(columns=["ber/insatser/start"]), "'ber/insatser/start'"),
        (lambda content: content["documentation"]["points"][3].update(columns=[]), "says nothing of the point 'Start'"),
        (lambda content: content["parts"][0]["questions"][0].update(wrong="x"), "wrong"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_one_sentence(change: Any, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        read_audit_questions(changed(change, tmp_path))
