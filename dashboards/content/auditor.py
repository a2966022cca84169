"""What auditors ask, with the published number, page or command that answers it, for the page ”För revisorn”.

The questions are data (``pipelines.configuration.audit_questions``). A number links to the table that shows it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dashboards.content.delivered import Delivered
from dashboards.content.report import Report
from dashboards.content.tables import Block, Cell
from dashboards.content.traces import TracePage, is_traced, traced_number
from dashboards.published.numbers import Count, Number, NumberKey, Share, one
from dashboards.published.report import Published
from pipelines.configuration.audit_questions import Answer, Command, Documentation, Question, read_audit_questions
from pipelines.configuration.contract import load_sources

#: Names the page of questions behind the numbers.
TRACES = "revisorn"


@dataclass(frozen=True)
class AnsweringNumber:
    """A number that answers. ``id``: its question's; ``shown_in``: (address, title) of the table that shows it, if one does."""

    id: str
    label: str
    cell: Cell
    part: Cell | None
    shown_in: tuple[str, str] | None


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question with what answers it from data."""

    asked: Question
    numbers: tuple[AnsweringNumber, ...]


@dataclass(frozen=True)
class AskedPart:
    id: str
    title: str
    source: str
    questions: tuple[AnsweredQuestion, ...]


@dataclass(frozen=True)
class DocumentedPoint:
    """What is to be documented, with the (dataset, column, what it is) that hold it, and what is not delivered of it."""

    title: str
    columns: tuple[tuple[str, str, str], ...]
    not_delivered: str | None


@dataclass(frozen=True)
class Auditor:
    """The page's content."""

    parts: tuple[AskedPart, ...]
    documentation: tuple[DocumentedPoint, ...]
    documentation_source: str
    commands: tuple[Command, ...]

    @property
    def numbers(self) -> tuple[AnsweringNumber, ...]:
        return tuple(number for part in self.parts for question in part.questions for number in question.numbers)

    def trace_pages(self, shown_in: str) -> Iterator[TracePage]:
        """The questions behind the numbers."""
        found = []
        for number in self.numbers:
            for id_, cell in ((number.id, number.cell), (f"{number.id}-andel", number.part)):
                if cell and is_traced(cell):
                    found.append(traced_number(id_, number.label, cell))
        if found:
            yield TracePage(TRACES, "Siffrorna för revisorn", shown_in, tuple(found))


def read(data: Published, shown: Iterable[tuple[str, Block]]) -> Auditor:
    """The page's content. ``shown``: the report's tables and diagrams, each with the file of its page."""
    content = read_audit_questions()
    tables = _tables(shown)
    report = Report(data)
    parts = tuple(
        AskedPart(
            part.id, part.title, part.source,
            tuple(AnsweredQuestion(each, tuple(_numbers(each, report, tables))) for each in part.questions),
        )
        for part in content.parts
    )  # fmt: skip
    points = tuple(_points(content.documentation))
    return Auditor(parts, points, content.documentation.source, tuple(content.commands))


def _numbers(
    question: Question, report: Report, tables: Mapping[NumberKey, tuple[str, str]]
) -> Iterator[AnsweringNumber]:
    delivered = Delivered(report.published)
    for place, answer in enumerate(question.figures, start=1):
        counted = _count(answer.number, answer.category)
        if not delivered.has_source(counted):
            continue
        cell = report.readings.cell(counted)
        share = _share(answer, counted)
        (key,) = counted.at(period=report.published.period.id).keys
        yield AnsweringNumber(
            f"{question.id}-{place}",
            answer.label,
            cell,
            report.readings.cell(share) if share else None,
            tables.get(key),
        )


def _count(number: str, category: str | None = None) -> Count:
    figure, _, measure = number.partition("/")
    return one(figure, measure, **({"category": category} if category else {}))


def _share(answer: Answer, counted: Count) -> Number | None:
    return Share(counted, _count(answer.of)) if answer.of else None


def _tables(shown: Iterable[tuple[str, Block]]) -> dict[NumberKey, tuple[str, str]]:
    """Published number -> where it is shown by itself: the first table, or the first diagram where no table does."""
    found: dict[NumberKey, tuple[str, str]] = {}
    for file, block in sorted(shown, key=lambda each: each[1].is_diagram):
        for number in (cell.number for row in block.table.cells for cell in row):
            if isinstance(number, Count) and len(number.keys) == 1:
                found.setdefault(number.keys[0], (f"{file}#{block.id}", block.heading))
    return found


def _points(documentation: Documentation) -> Iterator[DocumentedPoint]:
    """What the contracts say of each column."""
    sources = load_sources()
    for point in documentation.points:
        columns = []
        for name in point.columns:
            source, dataset, column_name = name.split("/")
            columns.append(
                next(
                    (f"{source}/{dataset}", column.name, column.label)
                    for column in sources[source].datasets[dataset].columns
                    if column.name == column_name
                )
            )
        yield DocumentedPoint(point.title, tuple(columns), point.not_delivered)
