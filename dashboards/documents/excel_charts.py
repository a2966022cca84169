"""The report's diagrams as Excel's own, drawn from the numbers of the sheet that they stand on: they can be changed, copied and
follow the numbers. Colours and texts are those of the pages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range_abs

from dashboards.content.tables import Block, Cell, TableContent
from dashboards.drawing.theme import DIAGRAM, PAGE

#: In pixels: the width of a diagram, the thickness of a bar, and the blank between two groups of bars.
WIDTH, BAR, GAP = 720, 17, 12
#: Height of title and legend.
AROUND = 90
#: How much lighter the year before is than its year, in per cent, where it is no row of bars of its own.
PALER = 55


#: Row and column of a cell in a table.
Place = tuple[int, int]


@dataclass(frozen=True)
class Series:
    """One row of bars: where its numbers stand in the table, its name and its colour."""

    places: list[Place]
    name: str
    role: str
    is_before: bool = False


def chart(book: xlsxwriter.Workbook, block: Block, sheet: str, first_row: int) -> Any:
    """The diagram of a block whose table stands on a sheet: its numbers from ``first_row`` and the second column, its headings
    before them."""
    drawn = block.charted
    assert drawn is not None, f"{block.id} is no diagram"
    series = list(_series(block))
    made = book.add_chart({"type": "bar"})
    for each in series:
        colour = {"color": DIAGRAM[each.role].light}
        made.add_series(
            {
                "name": each.name,
                "categories": _cells(sheet, [_heading(each, place, first_row) for place in each.places]),
                "values": _cells(sheet, [(first_row + row, column + 1) for row, column in each.places]),
                "fill": {**colour, "transparency": PALER} if each.is_before else colour,
                "gap": round(100 * GAP / BAR),
                "data_labels": {"value": True, "font": {"size": 9, "color": PAGE["text"].light}},
            }
        )
    title = f"{block.heading} ({block.target.label})" if block.target else block.heading
    made.set_title({"name": title, "name_font": {"size": 11, "color": PAGE["text"].light}, "overlay": False})
    made.set_legend({"position": "top" if len(series) > 1 else "none"})
    # The first row of the table is the uppermost, and the numbers stand at the bars: no axis of numbers.
    made.set_y_axis({"reverse": True, "num_font": {"size": 9}, "major_tick_mark": "none"})
    made.set_x_axis({"visible": False, "min": 0, "major_gridlines": {"visible": False}})
    made.set_size({"width": WIDTH, "height": AROUND + len(drawn.rows) * (BAR * len(series) + GAP)})
    return made


def _series(block: Block) -> Iterator[Series]:
    """The diagram's columns, each followed by the year before where the diagram marks it."""
    assert block.charted is not None
    for number, line in enumerate(block.charted.columns):
        role = line.role or "year"
        yield Series(_places(block.table, block.charted, number), line.label, role)
        if block.marks is not None:
            places = _places(block.table, block.marks, number)
            yield Series(places, f"{line.label}, {block.marks_label}", role, is_before=True)


def _places(table: TableContent, drawn: TableContent, column: int) -> list[Place]:
    """Where the numbers of a diagram's column stand in its table: below each other, or beside each other where the diagram has
    the table's columns as rows."""
    rows, columns = range(len(table.rows)), range(len(table.columns))
    lines = [[(row, place) for row in rows] for place in columns] + [
        [(row, place) for place in columns] for row in rows
    ]
    for line in lines:
        # In the same order, but the table may have more: a total, rows without a bar.
        left = iter(line)
        found = [_next(left, table, cells[column]) for cells in drawn.cells]
        if None not in found:
            return [place for place in found if place is not None]
    raise ValueError(f"a diagram draws numbers that its table does not have: {drawn.columns[column].label}")


def _next(places: Iterator[Place], table: TableContent, wanted: Cell) -> Place | None:
    def is_it(cell: Cell) -> bool:
        return cell == wanted and cell.number == wanted.number

    return next(((row, column) for row, column in places if is_it(table.cells[row][column])), None)


def _heading(series: Series, place: Place, first_row: int) -> Place:
    """Where the heading of a number stands on the sheet: before its row, or above its column."""
    row, column = place
    is_row = len({row for row, _ in series.places}) == 1 and len(series.places) > 1
    return (first_row - 1, column + 1) if is_row else (first_row + row, 0)


def _cells(sheet: str, places: Sequence[Place]) -> str:
    """Cells of one row or column as a formula: those that follow each other are one range."""
    runs = groupby(enumerate(places), key=lambda found: sum(found[1]) - found[0])
    ranges = [[place for _, place in run] for _, run in runs]
    quoted = "'" + sheet.replace("'", "''") + "'"
    named = ",".join(f"{quoted}!{xl_range_abs(*run[0], *run[-1])}" for run in ranges)
    return f"=({named})" if len(ranges) > 1 else f"={named}"
