"""Each sentence of figures.md: the program answers the example as it was worked out by hand."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from pipelines.configuration.municipality import receivers
from pipelines.warehouse.dbt import PROJECT
from tests.pipeline import Pipeline
from tests.spec.cases import DIMENSIONS, FOLDER, Case, Question, all_cases, chapters, read_chapter
from tests.spec.manual import MANUAL, manual

CASES = all_cases()

#: measure and the dimensions -> value
Answer = dict[tuple[str, ...], Decimal]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_example(case: Case, tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path, case.municipality)
    for extract in case.extracts():
        extract.write(pipeline.drop)
    pipeline.run()
    assert not [one["message"] for one in pipeline.deliveries() if one["status"] not in ("accepted", "superseded")]
    for question in case.ask:
        assert _answered(pipeline, question) == _expected(question), (question.figure, question.period)


def _answered(pipeline: Pipeline, question: Question) -> Answer:
    """The figure's rows in which every dimension that the table leaves out is "all"; without zeros."""
    figures = pipeline.figures(question.period, question.as_known, question.figure)
    rows = {(key[1], *key[3:]): value for key, value in figures.items() if value}
    left_out = [
        place for place, name in enumerate(("measure", *DIMENSIONS)) if place and name not in question.answer.header
    ]
    return {key: value for key, value in rows.items() if all(key[place] == "*" for place in left_out)}


def _expected(question: Question) -> Answer:
    records = question.answer.records()
    return {
        (record["measure"], *(record.get(name, "*") for name in DIMENSIONS)): Decimal(record["value"])
        for record in records
        if Decimal(record["value"])
    }


def test_the_printed_manual_is_current() -> None:
    assert MANUAL.read_text(encoding="utf-8") == manual(), "print it again: python -m tests.spec.manual"


def test_every_example_says_what_it_is_an_example_of() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    assert len({case.title for case in CASES}) == len(CASES)
    for case in CASES:
        assert case.title and case.rule.endswith((".", ")")) and case.section and case.given and case.ask, case.id
        for question in case.ask:
            header = question.answer.header
            assert {"measure", "value"} <= set(header) <= {"measure", *DIMENSIONS, "value"}, case.id


def test_every_person_of_an_example_occurs_in_its_rows() -> None:
    for case in CASES:
        values = {
            value
            for delivery in case.given
            for table in delivery.tables.values()
            for row in table.rows
            for value in row
        }
        assert set(case.persons) <= values, case.id


def test_every_measure_of_the_catalogue_has_an_example_with_a_number() -> None:
    published = set()
    for path in sorted((PROJECT / "models" / "figures").glob("figure_*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            entry = model["config"]["meta"]["figure"]
            published |= {(entry["id"], measure) for measure in entry["measures"]}
    shown = {(question.figure, key[0]) for case in CASES for question in case.ask for key in _expected(question)}
    assert published == shown


def test_every_period_kind_and_municipality_has_an_example() -> None:
    kinds = {question.period.partition("-")[0] for case in CASES for question in case.ask}
    assert kinds == {
        "verksamhetsar", "kalenderar", "lasar", "tertial1", "tertial2", "halvar1", "halvar2", "manad", "dag",
    }  # fmt: skip
    assert {case.municipality for case in CASES} == set(receivers())


@pytest.mark.parametrize("key", ["title", "rule", "section", "persons", "given", "ask"])
def test_an_example_that_lacks_something_is_refused(key: str, tmp_path: Path) -> None:
    content = yaml.safe_load((FOLDER / "1_perioder_och_personer.yaml").read_text(encoding="utf-8"))
    del content["cases"][0][key]
    (tmp_path / "half.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ValueError, match=key):
        read_chapter(tmp_path / "half.yaml")


def test_every_chapter_has_examples() -> None:
    assert all(chapter.title and chapter.introduction and chapter.cases for chapter in chapters())
