"""A table as a data user wants it: variables with values, and one number for each combination (PX, CSV).

Which words stand in a table comes from ``content``; the syntax of a file format does not belong here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby, product

from dashboards.content.tables import Block, Cell, Heading, Points, TableContent
from dashboards.documents.outline import plain
from dashboards.published.publication import Period
from dashboards.published.report import Published
from dashboards.wording import numbers
from dashboards.wording.letters import capital, lower_first

#: The variable whose values are different kinds of numbers (PX: CONTVARIABLE).
CONTENTS = "Tabellinnehåll"
#: The variable that is given to a table of one period.
PERIOD = "Period"
GENDERS = {"Kvinnor", "Män", "Totalt"}
SHARE_UNIT, POINTS_UNIT = "procent", "procentenheter"
#: The dimensions whose codes are the codes of a row or column, in this order.
CODED = ("district", "job_centre", "category", "subcategory", "gender", "period")


#: The scales that PX knows for a variable of time, and how a period of each is written; by the beginning of the period's id.
TIME_SCALES = (
    ("A1", re.compile(r"(?:verksamhetsar|kalenderar)-(\d{4})"), r"\1"),
    ("H1", re.compile(r"halvar([12])-(\d{4})"), r"\2\1"),
    ("M1", re.compile(r"manad-(\d{4})-(\d\d)"), r"\1\2"),
)

#: Ids of the periods that a number is of: several where they are added up, none where it is no figure's.
Periods = tuple[str, ...]


@dataclass(frozen=True)
class Variable:
    """``values`` are unique. ``codes`` is empty where the values have none, ``times`` where they are no periods of one length
    (``scale``)."""

    name: str
    values: tuple[str, ...]
    codes: tuple[str, ...] = ()
    is_time: bool = False
    scale: str = ""
    times: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cube:
    """``cells``, ``units`` and ``periods`` follow the product of all variables, the last one fastest. One of the variables says
    which period a number is of."""

    stub: tuple[Variable, ...]
    heading: tuple[Variable, ...]
    cells: tuple[Cell, ...]
    units: tuple[str, ...]
    periods: tuple[Periods, ...]

    @property
    def variables(self) -> tuple[Variable, ...]:
        return (*self.stub, *self.heading)

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
        return cell.part.quantize(Decimal("0.1"))
    return int(cell.part) if cell.part == int(cell.part) else cell.part.normalize()


def exact(cell: Cell) -> int | Decimal | None:
    """The same number for who counts on with it: a share is not rounded, and is a part of one."""
    number = value(cell)
    if number is None or not cell.is_share:
        return number
    assert cell.part is not None and cell.whole
    return cell.part / cell.whole


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
    stub, heading = _stub(table), _heading(table, data)
    cells = tuple(cell for row in table.cells for cell in row)
    periods = tuple(_all_periods(table, block.periods))
    variables = _with_times([*stub, *heading], periods)
    if len(set(periods)) == 1 and not any(variable.is_time for variable in variables):
        variables.insert(len(stub), _with_times([Variable(PERIOD, (_label(periods[0], data),))], periods)[0])
    named = _named(variables)
    counts = unit(block)
    units = tuple(_unit(cell, counts) for cell in cells)
    return Cube(tuple(named[: len(stub)]), tuple(named[len(stub) :]), cells, units, periods)


def _all_periods(table: TableContent, of_block: Sequence[Period]) -> Iterator[Periods]:
    """The periods of each number. What is computed from numbers, such as a difference, is of the period that heads it, or of all
    periods of the table."""
    named = {capital(period.label): period.id for period in of_block}
    for row, cells in zip(table.rows, table.cells, strict=True):
        for column, cell in zip(table.columns, cells, strict=True):
            found = [named[text] for text in (column.group, column.label, row.label) if text in named]
            yield _periods(cell) or tuple(found[:1]) or tuple(period.id for period in of_block)


def _periods(cell: Cell) -> Periods:
    return tuple(sorted({key.period for key in cell.number.keys})) if cell.number else ()


def _label(periods: Periods, data: Published) -> str:
    titles = {each.id: each.label for each in (data.before, data.period)}
    return capital(" och ".join(titles.get(period, period) for period in periods))


def _with_times(variables: Sequence[Variable], periods: Sequence[Periods]) -> list[Variable]:
    """The variables; one of whose values each is another period has the points in time that they are."""
    found, after = [], len(periods)
    for variable in variables:
        after //= len(variable.values)
        of_values = [
            {of for cell, of in enumerate(periods) if cell // after % len(variable.values) == place}
            for place in range(len(variable.values))
        ]
        single = [of.pop() for of in of_values if len(of) == 1]
        differ = len(set(single)) == len(variable.values) and (len(single) > 1 or variable.name == PERIOD)
        found.append(_on_scale(replace(variable, is_time=True), single) if differ else variable)
    return found


def _on_scale(variable: Variable, periods: Sequence[Periods]) -> Variable:
    for scale, pattern, time in TIME_SCALES:
        found = [pattern.fullmatch(of[0]) for of in periods if len(of) == 1]
        times = tuple(match.expand(time) for match in found if match)
        if len(times) == len(periods):
            return replace(variable, scale=scale, times=times)
    return variable


def _named(variables: Sequence[Variable]) -> list[Variable]:
    """The variables with names that are unique."""
    taken: list[str] = []
    for variable in variables:
        taken.append(_free(variable.name, taken))
    return [replace(variable, name=name) for variable, name in zip(variables, taken, strict=True)]


def _unit(cell: Cell, counts: str) -> str:
    if isinstance(cell, Points):
        return POINTS_UNIT
    return SHARE_UNIT if cell.is_share else counts


def _without_codes(table: TableContent) -> TableContent:
    rows, columns = (tuple(replace(one, codes={}) for one in axis) for axis in (table.rows, table.columns))
    return replace(table, rows=rows, columns=columns)


def _stub(table: TableContent) -> list[Variable]:
    """One variable, or two where each row is a value of both (``Jobbtorg Globen, 2023``) and none is left out."""
    names = table.corner.split(" och ")
    labels = [row.label.rpartition(", ") for row in table.rows]
    outer, inner = (tuple(dict.fromkeys(label[place] for label in labels)) for place in (0, 2))
    if len(names) == 2 and all(outer) and [(first, last) for first, _, last in labels] == list(product(outer, inner)):
        return [Variable(names[0], outer), Variable(capital(names[1]), tuple(map(capital, inner)))]
    return [Variable(table.corner, _unique([row.label for row in table.rows]), _codes(table.rows))]


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
    labels = [f"{line.group}, {lower_first(line.label)}" if line.group else line.label
              for line in table.columns]  # fmt: skip
    return [Variable(CONTENTS, _unique(labels))]


def _variable(lines: Sequence[Heading], data: Published) -> Variable:
    labels = [line.label for line in lines]
    return Variable(_name(labels, data), _unique(labels), _codes(lines))


def _name(labels: list[str], data: Published) -> str:
    if set(labels) <= GENDERS:
        return "Kön"
    periods = {capital(text) for text in (data.period.label, data.before.label)}
    if all(label in periods or re.search(r"\b[12]\d{3}$", label) for label in labels):
        return PERIOD
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
