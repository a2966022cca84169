"""What auditors ask, and which published figures, pages and columns of the deliveries answer it
(``data_contracts/audit_questions.yaml``).

How it is shown, and with which numbers, belongs in ``dashboards``.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pipelines.configuration.catalogue import Catalogue, Figure, PeriodKind, Total, read_catalogue
from pipelines.configuration.contract import CONTRACTS, code_lists, load_sources
from pipelines.configuration.yaml_file import read_yaml, twice, validated
from pipelines.runtime.errors import UsageError

AUDIT_QUESTIONS = CONTRACTS / "audit_questions.yaml"

Text = Annotated[str, StringConstraints(pattern=r"\S")]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Measure = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+/[a-z0-9_]+$")]
ColumnName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+/[a-z0-9_]+/[a-z0-9_]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(_Strict):
    """A published number of the whole municipality (``figure/measure``), and perhaps what it is a part of."""

    label: Text
    number: Measure
    category: str | None = None
    of: Measure | None = None


class Question(_Strict):
    """A question with what answers it from data, and what data cannot answer. ``pages``: pages of the report by their id."""

    id: Id
    question: Text
    answer: Text
    figures: list[Answer] = []
    pages: list[Id] = []
    not_answered: Text


class QuestionPart(_Strict):
    """Questions that come from the same place."""

    id: Id
    title: Text
    source: Text
    questions: Annotated[list[Question], Field(min_length=1)]


class DocumentationPoint(_Strict):
    """What is to be documented, the delivered columns that hold it, and what is not delivered of it."""

    title: Text
    columns: list[ColumnName] = []
    not_delivered: Text | None = None


class Documentation(_Strict):
    """What is to be documented of each measure, and where that is said."""

    source: Text
    points: Annotated[list[DocumentationPoint], Field(min_length=1)]


class Command(_Strict):
    """What an auditor types, and what it gives."""

    command: Annotated[str, StringConstraints(pattern=r"^kaa \S")]
    gives: Text


class AuditQuestions(_Strict):
    """Everything of the file."""

    parts: Annotated[list[QuestionPart], Field(min_length=1)]
    documentation: Documentation
    commands: Annotated[list[Command], Field(min_length=1)]


@cache
def read_audit_questions(path: Path = AUDIT_QUESTIONS) -> AuditQuestions:
    """The file's content. Raises UsageError with its first fault."""
    what = "file of audit questions"
    content = validated(AuditQuestions, read_yaml(path, what), path, what)
    fault = next(_faults(content), None)
    if fault:
        raise UsageError(f"The {what} {path} {fault}.")
    return content


def _faults(content: AuditQuestions) -> Iterator[str]:
    """What is named and not there, each with what to do."""
    ids = [part.id for part in content.parts] + [each.id for part in content.parts for each in part.questions]
    if again := twice(ids):
        yield f"has two parts or questions {again!r}; give one another id"
    catalogue = read_catalogue()
    for part in content.parts:
        for question in part.questions:
            if not question.figures and not question.pages:
                yield f"gives neither figure nor page for the question {question.id!r}; name one"
            for answer in question.figures:
                yield from _wrong_numbers(question.id, answer, catalogue)
    columns = {
        f"{source.name}/{dataset.name}/{column.name}"
        for source in load_sources().values()
        for dataset in source.datasets.values()
        for column in dataset.columns
    }
    for point in content.documentation.points:
        if not point.columns and not point.not_delivered:
            yield f"says nothing of the point {point.title!r}: name its columns, or what is not delivered"
        if unknown := [name for name in point.columns if name not in columns]:
            yield f"names the column {unknown[0]!r} for the point {point.title!r}, which no contract has"


def _wrong_numbers(question: str, answer: Answer, catalogue: Catalogue) -> Iterator[str]:
    for name, category in ((answer.number, answer.category), *([(answer.of, None)] if answer.of else [])):
        figure_id, _, measure = name.partition("/")
        figure = catalogue.get(figure_id)
        if figure is None or measure not in figure.measures:
            yield f"names {name!r} for the question {question!r}, which the catalogue does not have"
        elif figure.period is not PeriodKind.PERIOD:
            yield f"names {name!r} for the question {question!r}, which is of a single day; name a figure of a period"
        elif fault := _wrong_category(figure, category):
            yield f"{fault} of {name!r} for the question {question!r}"


def _wrong_category(figure: Figure, category: str | None) -> str | None:
    level = figure.category
    if category is None:
        return "leaves out the category" if level and level.total is Total.NONE else None
    listed = level.code_list if level else None
    codes = [str(entry["code"]) for entry in code_lists()[listed]["codes"]] if listed else []
    return None if category in codes else f"names the category {category!r}, which there is not,"
