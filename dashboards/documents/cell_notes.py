"""What a data user must be told of single numbers of a public table, where they stand: that they are hidden, or have been changed
to protect somebody. A file goes from hand to hand, and what is said beside it is lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dashboards.content.tables import Cell
from dashboards.documents.cube import Cube, Periods, sign
from dashboards.documents.outline import Outline
from dashboards.wording import audience, numbers

#: All values of a variable.
EACH = "*"


@dataclass(frozen=True)
class CellNote:
    """``where``: one value for each variable, or ``EACH``."""

    where: tuple[str, ...]
    text: str


def cell_notes(content: Cube, outline: Outline) -> list[CellNote]:
    """The notes of a table's numbers, each for as many of them at once as it holds for."""
    found: dict[str, list[int]] = {}
    for place, (cell, periods) in enumerate(zip(content.cells, content.periods, strict=True)):
        text = _of_cell(cell, periods, outline)
        if text:
            found.setdefault(text, []).append(place)
    return [CellNote(where, text) for text, places in found.items() for where in _together(content, places)]


def _of_cell(cell: Cell, periods: Periods, outline: Outline) -> str:
    public = outline.data.public_output
    if public is None or not _is_count(cell, outline):
        return ""
    if sign(cell) == numbers.NOT_AVAILABLE:
        return "" if _was_not_there(periods, outline) else audience.of_hidden(public)
    return audience.of_changed(public)


def _is_count(cell: Cell, outline: Outline) -> bool:
    """Whether a public output protects a number: a count, or what is made of counts; not one that was delivered as such."""
    catalogue = outline.data.catalogue
    return cell.number is None or all(catalogue[key.figure].absent_is_zero for key in cell.number.keys)


def _was_not_there(periods: Periods, outline: Outline) -> bool:
    before = outline.data.before
    return before.id in periods and not before.available


def _together(content: Cube, places: list[int]) -> Iterator[tuple[str, ...]]:
    """These cells, as few times as the format can say it: all of them, all of one value, and the others one by one."""
    combinations = content.combinations()
    left = {combinations[place] for place in places}
    count = len(content.variables)
    if len(left) == len(combinations):
        yield (EACH,) * count
        return
    for place, variable in enumerate(content.variables):
        for value in variable.values:
            of_value = {where for where in combinations if where[place] == value}
            if of_value <= left:
                yield tuple(value if each == place else EACH for each in range(count))
                left -= of_value
    yield from (where for where in combinations if where in left)
