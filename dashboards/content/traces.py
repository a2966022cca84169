"""The question behind each number that is shown: the command that follows it to the delivered rows it counts.

    command(NumberKey("outreach", "reached", "verksamhetsar-2023", gender="kvinna"))
    # kaa audit trace --period verksamhetsar-2023 --figure outreach --measure reached --gender kvinna

Each table and each chapter's numbers in the text have a page of such questions; a page of numbers leads to it by the number's id.
What is answered belongs in ``pipelines.audit``.
"""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dashboards.content.report import ChapterContent
from dashboards.content.tables import Block, Cell, TableContent
from dashboards.published.file import ALL
from dashboards.published.numbers import DIMENSIONS, Change, Number, NumberKey, Share

#: Fields of a key in the order in which the command names them.
_ASKED = ("period", "figure", "measure", *(name for name in DIMENSIONS if name not in ("period", "figure", "measure")))

_PROGRAM = ("kaa", "audit", "trace")


def command(key: NumberKey) -> str:
    """What an auditor types; a dimension that is all of it is left out."""
    options = [
        (f"--{name.replace('_', '-')}", code) for name in _ASKED if (code := getattr(key, name)) not in (ALL, "")
    ]
    return shlex.join([*_PROGRAM, *(part for option in options for part in option)])


def explain_command(key: NumberKey, before: str) -> str:
    """What an auditor types to see who came and who left since a period."""
    options = command(key._replace(period="")).removeprefix(shlex.join(_PROGRAM))
    return f"kaa audit explain{options} --from {before} --to {key.period}"


def asked_key(text: str) -> NumberKey:
    """The number that a command of ``command`` asks for."""
    options = shlex.split(text)[len(_PROGRAM) :]
    names = (option.removeprefix("--").replace("-", "_") for option in options[::2])
    return NumberKey(**dict(zip(names, options[1::2], strict=True)))


@dataclass(frozen=True)
class Question:
    """One published number of those that a shown one is made of. ``asked``: the words that ask for its rows."""

    id: str
    asked: str
    command: str


@dataclass(frozen=True)
class TracedNumber:
    """A number as it is shown, and its questions. ``id`` names it in the page's address."""

    id: str
    label: str
    text: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class TracePage:
    """The questions of one table, or of a chapter's numbers in the text. ``shown_in``: the file in which they are shown."""

    id: str
    title: str
    shown_in: str
    numbers: tuple[TracedNumber, ...]

    @property
    def file(self) -> str:
        return trace_file(self.id)


def trace_file(id_: str) -> str:
    """The page of questions of a table, or of a chapter's numbers in the text (then the chapter's id with ``-text``)."""
    return f"spar-{id_}.html"


def is_traced(cell: Cell) -> bool:
    """Whether a number can be followed: a published one that is shown as a number. A dash counts nothing."""
    return cell.number is not None and any(sign.isdigit() for sign in cell.text)


def has_traces(table: TableContent) -> bool:
    """Whether any number of a table can be followed."""
    return any(is_traced(cell) for row in table.cells for cell in row)


def cell_id(row: int, column: int) -> str:
    """How a page's script names a table's cell, both counted from 1."""
    return f"r{row}k{column}"


def of_chapter(chapter: ChapterContent, shown_in: str) -> Iterator[TracePage]:
    """Of the numbers in the text, and of each table."""
    facts = [
        traced_number(id_, label, cell)
        for fact in chapter.facts
        for id_, label, cell in (
            (fact.id, fact.label, fact.cell),
            (f"{fact.id}-fore", f"{fact.label}, {fact.before_label}", fact.before),
            *([(f"{fact.id}-mer", fact.aside.text, fact.aside.reading.cell)] if fact.aside else []),
        )
        if is_traced(cell)
    ]
    if facts:
        yield TracePage(f"{chapter.id}-text", f"Siffrorna i texten: {chapter.title}", shown_in, tuple(facts))
    for block in chapter.blocks:
        yield from of_block(block, shown_in)


def of_block(block: Block, shown_in: str, more: Iterable[tuple[str, TableContent]] = ()) -> Iterator[TracePage]:
    """Of a table or the table behind a diagram, and of those to open below it."""
    yield from of_table(block.id, block.heading, block.table, shown_in)
    for place, (what, table) in enumerate(more, start=1):
        yield from of_table(f"{block.id}-{place}", f"{block.heading}. {what}", table, shown_in)


def of_table(id_: str, title: str, table: TableContent, shown_in: str) -> Iterator[TracePage]:
    """Of a table that has numbers to follow."""
    numbers = [
        traced_number(cell_id(row, column), _label(table, row, column), cell)
        for row, cells in enumerate(table.cells, start=1)
        for column, cell in enumerate(cells, start=1)
        if is_traced(cell)
    ]
    if numbers:
        yield TracePage(id_, title, shown_in, tuple(numbers))


def _label(table: TableContent, row: int, column: int) -> str:
    heading = table.columns[column - 1]
    return ", ".join([table.rows[row - 1].label, *([heading.group] if heading.group else []), heading.label])


def traced_number(id_: str, label: str, cell: Cell) -> TracedNumber:
    """A number that can be followed, with its questions."""
    assert cell.number is not None
    parts = list(_parts(cell.number))
    if len(parts) == 1:
        return TracedNumber(id_, label, cell.in_text, (Question(id_, "Visa raderna", command(parts[0][1])),))
    questions = [Question(f"{id_}-{place}", asked, command(key)) for place, (asked, key) in enumerate(parts, start=1)]
    return TracedNumber(id_, label, cell.in_text, tuple(questions))


def _parts(number: Number | Change) -> Iterator[tuple[str, NumberKey]]:
    """The published numbers of a shown one, with the words that ask for the rows of each."""
    if isinstance(number, Change):
        for when, of in (("nu", number.now), ("året före", number.before)):
            for asked, key in _parts(of):
                yield f"{asked}, {when}", key
    elif isinstance(number, Share):
        for side, count in (("delen", number.part), ("helheten", number.whole)):
            for sign, key in count.terms:
                yield f"Visa raderna i {side}" if sign > 0 else f"Visa raderna som dras av från {side}", key
    else:
        for sign, key in number.terms:
            yield f"Visa raderna som {'läggs till' if sign > 0 else 'dras av'}", key
