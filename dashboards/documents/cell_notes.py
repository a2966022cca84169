"""What a data user must be told of single numbers of a table: that they are hidden, have been changed to protect somebody, or
lack persons who have been purged. A file goes from hand to hand, and what is said beside it is lost.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from dashboards.content import purge_notes
from dashboards.content.tables import Cell
from dashboards.documents.cube import Cube, Periods, sign
from dashboards.documents.outline import Outline, plain
from dashboards.wording import audience, numbers

#: All values of a variable.
EACH = "*"


@dataclass(frozen=True)
class CellNote:
    """``where``: one value for each variable, or ``EACH``. ``must_be_shown``: without it the number is misread."""

    where: tuple[str, ...]
    text: str
    must_be_shown: bool


def cell_notes(content: Cube, outline: Outline) -> list[CellNote]:
    """The notes of a table's numbers, each for as many of them at once as it holds for."""
    found: dict[tuple[str, bool], list[int]] = {}
    for place, (cell, periods) in enumerate(zip(content.cells, content.periods, strict=True)):
        for text, must_be_shown in _of_cell(cell, periods, outline):
            found.setdefault((text, must_be_shown), []).append(place)
    return [
        CellNote(where, text, must_be_shown)
        for (text, must_be_shown), places in found.items()
        for where in _together(content, places)
    ]


def purged(periods: Collection[str], outline: Outline) -> list[str]:
    """Whom numbers of these periods lack, in the words of the pages."""
    known = [outline.periods[period] for period in periods if period in outline.periods]
    found = [purge_notes.note(outline.data.purges, period) for period in known]
    return [plain(str(note)) for note in found if note]


def _of_cell(cell: Cell, periods: Periods, outline: Outline) -> Iterator[tuple[str, bool]]:
    public = outline.data.public_output
    if public is not None and _is_count(cell, outline):
        if sign(cell) == numbers.NOT_AVAILABLE:
            hidden = audience.of_hidden(public)
            if hidden and not _was_not_there(periods, outline):
                yield hidden, True
            return
        changed = audience.of_changed(public)
        if changed:
            yield changed, True
    yield from ((text, False) for text in purged(periods, outline))


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
