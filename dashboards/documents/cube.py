"""A table as a data user wants it: variables with values, and one number for each combination (PX, CSV).

Which words stand in a table comes from ``content``; the syntax of a file format does not belong here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby, product

from dashboards.content.tables import Block, Cell, Heading, Points, TableContent
from dashboards.documents.outline import plain
from dashboards.published.report import Published
from dashboards.wording import numbers

#: The variable whose values are different kinds of numbers (PX: CONTVARIABLE).
CONTENTS = "Tabellinnehåll"
GENDERS = {"Kvinnor", "Män", "Totalt"}
SHARE_UNIT, POINTS_UNIT = "procent", "procentenheter"
#: The dimensions whose codes are the codes of a row or column, in this order.
CODED = ("district", "job_centre", "category", "subcategory", "gender", "period")


@dataclass(frozen=True)
class Variable:
    """``values`` are unique. ``codes`` is empty where the values have none."""

    name: str
    values: tuple[str, ...]
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cube:
    """``cells`` and ``units`` follow the product of all variables, the last one fastest."""

    stub: Variable
    heading: tuple[Variable, ...]
    cells: tuple[Cell, ...]
    units: tuple[str, ...]

    @property
    def variables(self) -> tuple[Variable, ...]:
        return (self.stub, *self.heading)

    def combinations(self) -> list[tuple[str, ...]]:
        """The values of all variables, one tuple per cell."""
        return list(product(*(variable.values for variable in self.variables)))

    @property
    def decimals(self) -> int:
        """The most decimals that a cell has."""
        return max((decimals(cell) for cell in self.cells), default=0)


def value(cell: Cell) -> int | Decimal | None:
    """The number that the page shows: a count, or a share in whole per cent; None where the page has a sign for it
    (``sign``) and that sign is not zero's."""
    if sign(cell):
        return None
    assert cell.part is not None
    if cell.is_share:
        assert cell.whole
        return numbers.whole_percent(cell.part, cell.whole)
    if isinstance(cell, Points):
        return cell.part
    return int(cell.part) if cell.part == int(cell.part) else cell.part.normalize()


def sign(cell: Cell) -> str:
    """``..`` or ``.`` for a number that is not there, else nothing."""
    return cell.text if cell.text in (numbers.NOT_AVAILABLE, numbers.CANNOT_OCCUR) else ""


def decimals(cell: Cell) -> int:
    """How many decimals a cell is written with."""
    number = value(cell)
    return max(0, -int(number.as_tuple().exponent)) if isinstance(number, Decimal) else 0


def unit(block: Block) -> str:
    """What the counts of a table count, by the catalogue: ``personer``; ``antal`` where it is more than one thing."""
    found = {one.figure.unit for one in block.definitions if one.figure.unit}
    return found.pop() if len(found) == 1 else "antal"


def cube(block: Block, data: Published) -> Cube:
    """The table of a block with its variables."""
    # Codes are given where a table is of one period or two; over all of them a value is known by its words.
    table = block.table if block.periods else _without_codes(block.table)
    stub = Variable(table.corner, _unique([row.label for row in table.rows]), _codes(table.rows))
    heading = _heading(table, data)
    taken = [stub.name]
    named = []
    for variable in heading:
        name = _free(variable.name, taken)
        taken.append(name)
        named.append(Variable(name, variable.values, variable.codes))
    counts = unit(block)
    cells = tuple(cell for row in table.cells for cell in row)
    return Cube(stub, tuple(named), cells, tuple(_unit(cell, counts) for cell in cells))


def _unit(cell: Cell, counts: str) -> str:
    if isinstance(cell, Points):
        return POINTS_UNIT
    return SHARE_UNIT if cell.is_share else counts


def _without_codes(table: TableContent) -> TableContent:
    rows, columns = (tuple(replace(one, codes={}) for one in axis) for axis in (table.rows, table.columns))
    return replace(table, rows=rows, columns=columns)


def _heading(table: TableContent, data: Published) -> list[Variable]:
    """One variable, or two where each common heading is over the same columns."""
    groups = [(group, list(lines)) for group, lines in groupby(table.columns, key=lambda line: line.group)]
    first = [line.label for line in groups[0][1]]
    names = [group for group, _ in groups]
    if all(names) and len(set(names)) == len(names) and all([x.label for x in lines] == first for _, lines in groups):
        labels = [str(name) for name in names]
        outer = Variable(_name(labels, data), _unique(labels))
        return [outer, _variable(groups[0][1], data)]
    if not any(names):
        return [_variable(table.columns, data)]
    labels = [f"{line.group}, {line.label[:1].lower()}{line.label[1:]}" if line.group else line.label
              for line in table.columns]  # fmt: skip
    return [Variable(CONTENTS, _unique(labels))]


def _variable(lines: Sequence[Heading], data: Published) -> Variable:
    labels = [line.label for line in lines]
    return Variable(_name(labels, data), _unique(labels), _codes(lines))


def _name(labels: list[str], data: Published) -> str:
    if set(labels) <= GENDERS:
        return "Kön"
    periods = {text[:1].upper() + text[1:] for text in (data.period.label, data.before.label)}
    if all(label in periods or re.search(r"\b[12]\d{3}$", label) for label in labels):
        return "Period"
    if {name for _, name in data.job_centres} & set(labels):
        return "Jobbtorg"
    return CONTENTS


def _codes(lines: Sequence[Heading]) -> tuple[str, ...]:
    """The codes that the published figures have, where each line has one of its own."""
    codes = []
    for line in lines:
        found = [line.codes[name] for name in CODED if name in line.codes]
        places = [code for one in found for code in ((one,) if isinstance(one, str) else one)]
        codes.append("TOTALT" if line.total and not places else plain("+".join(places)))
    return tuple(codes) if all(codes) and len(set(codes)) == len(codes) else ()


def _free(text: str, taken: Sequence[str]) -> str:
    found, place = text, 2
    while found in taken:
        found, place = f"{text} ({place})", place + 1
    return found


def _unique(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels with a number behind those that occur again: a variable's values are told apart by their text."""
    found: list[str] = []
    for label in labels:
        found.append(_free(label, found))
    return tuple(found)
