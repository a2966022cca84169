"""What a page is made of: tables of numbers with their headings, ready to show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from dashboards.published.catalogue import Figure, Measure, Source
from dashboards.published.numbers import Change, Count, Lookup, Number, NumberKey, Share
from dashboards.published.publication import Period
from dashboards.wording import numbers

#: The report's own words for who has no district, and so no job-centre.
MISSING_LABEL = "Saknar stadsdel"


def _counted(count: Count, lookup: Lookup) -> Decimal | None:
    """A count's value. What is left of a whole is not less than nothing: of numbers that a public output has changed, the parts
    can be more than the whole."""
    value = count.value(lookup)
    return max(value, Decimal(0)) if value is not None and count.minus else value


@dataclass(frozen=True)
class Cell:
    """One number of a table: a count (``whole`` is None and ``is_share`` false) or a share of two counts. ``number``: which
    published numbers it is made of; None where it is no figure's."""

    part: Decimal | None
    whole: Decimal | None = None
    is_share: bool = False
    number: Number | Change | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, number: Number, lookup: Lookup) -> "Cell":
        """A count or share with its values."""
        if isinstance(number, Share):
            return cls(_counted(number.part, lookup), _counted(number.whole, lookup), True, number)
        return cls(_counted(number, lookup), number=number)

    @property
    def text(self) -> str:
        """As it stands in a table."""
        return numbers.share_cell(self.part, self.whole) if self.is_share else numbers.count_cell(self.part)

    @property
    def in_text(self) -> str:
        """As it stands in a sentence, where zero is 0."""
        if self.part is None or (self.is_share and not self.whole):
            return self.text
        return numbers.share(self.part, self.whole or 0) if self.is_share else numbers.number(self.part)

    @property
    def is_known(self) -> bool:
        """Whether there is a number to draw: one that is neither hidden nor a share of nothing."""
        return self.part is not None and (not self.is_share or bool(self.whole))

    @property
    def with_base(self) -> str:
        """As ``in_text``, a share with what it is a share of: `54 % av 807`."""
        if not self.is_share or not self.is_known:
            return self.in_text
        return f"{self.in_text} av {numbers.number(self.whole or 0)}"

    @property
    def size(self) -> float:
        """How long its bar is: the count, or the share in per cent."""
        if self.is_share:
            return float(100 * (self.part or 0) / self.whole) if self.whole else 0.0
        return float(self.part or 0)

    @property
    def is_empty(self) -> bool:
        return not self.part and not self.whole


@dataclass(frozen=True)
class Points(Cell):
    """A difference of two shares, or an end of its interval, in percentage points with one decimal."""

    @classmethod
    def of_fraction(cls, value: Fraction | float) -> "Points":
        """Of a difference of fractions."""
        return cls(numbers.percentage_points(value))

    @property
    def text(self) -> str:
        return numbers.NOT_AVAILABLE if self.part is None else numbers.points(self.part)

    @property
    def in_text(self) -> str:
        return self.text


#: Dimension -> its code, or several that are added up.
Codes = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Heading:
    """The heading of a row or column, and what it says of the numbers below or beside it: their codes, or which number they
    are. ``role`` is its colour in a diagram; neighbouring columns of one ``group`` share a heading."""

    label: str
    codes: Codes = field(default_factory=dict)
    number: Number | None = None
    role: str | None = None
    total: bool = False
    group: str | None = None

    def has(self, dimension: str, code: str) -> bool:
        found = self.codes.get(dimension, ())
        return code in ((found,) if isinstance(found, str) else found)


@dataclass(frozen=True)
class TableContent:
    """A table with its numbers: ``columns[i]`` heads ``cells[row][i]``."""

    corner: str
    rows: tuple[Heading, ...]
    columns: tuple[Heading, ...]
    cells: tuple[tuple[Cell, ...], ...]

    @property
    def is_empty(self) -> bool:
        return all(cell.is_empty for row in self.cells for cell in row)


def fill(
    corner: str,
    rows: Iterable[Heading],
    columns: Iterable[Heading],
    lookup: Lookup,
    number: Number | None = None,
    codes: Codes | None = None,
) -> TableContent:
    """The table of these rows and columns. ``number`` and ``codes`` hold where no heading says anything else."""
    rows, columns = tuple(rows), tuple(columns)

    def cell(row: Heading, column: Heading) -> Cell:
        shown = row.number or column.number or number
        assert shown, f"{corner}: neither a heading nor the table says which number"
        return Cell.of(shown.at(**{**(codes or {}), **column.codes, **row.codes}), lookup)

    return TableContent(corner, rows, columns, tuple(tuple(cell(row, column) for column in columns) for row in rows))


@dataclass(frozen=True)
class Definition:
    """Where numbers come from: a figure of the catalogue, and those of its measures that are used."""

    figure: Figure
    measures: tuple[Measure, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        """What these measures are counted from."""
        used = {measure.id for measure in self.measures}
        return tuple(each for each in self.figure.sources if each.measure in used)


def definitions(catalogue: Mapping[str, Figure], keys: Iterable[NumberKey]) -> tuple[Definition, ...]:
    """The definitions of published numbers, once each, in the catalogue's order."""
    wanted = {(key.figure, key.measure) for key in keys}
    return tuple(
        Definition(figure, measures)
        for figure in catalogue.values()
        if (measures := tuple(each for each in figure.measures if (figure.id, each.id) in wanted))
    )


@dataclass(frozen=True)
class TargetLine:
    """What a diagram's shares should come to, in per cent, and how that is said."""

    value: float
    label: str


@dataclass(frozen=True)
class Block:
    """A table or diagram. ``table`` is the whole table (for a diagram the one behind it), ``charted`` the part that the
    diagram draws and ``marks`` the same for the year before. ``finding``: what the table says, which heads it where there is
    one; the title then says what is shown."""

    id: str
    title: str
    table: TableContent
    finding: str | None = None
    number: str | None = None
    notes: tuple[str, ...] = ()
    definitions: tuple[Definition, ...] = ()
    #: Stands beside the one before it where the screen is wide enough.
    side_by_side: bool = False
    charted: TableContent | None = None
    marks: TableContent | None = None
    marks_label: str | None = None
    #: Drawn across the bars, which are shares then.
    target: TargetLine | None = None
    #: The periods that the table is of, the earlier one first; empty where it is over all periods that are published.
    periods: tuple[Period, ...] = ()

    @property
    def is_diagram(self) -> bool:
        return self.charted is not None

    @property
    def heading(self) -> str:
        return f"{self.number}. {self.title}" if self.number else self.title
