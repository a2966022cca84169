"""A number beside that of the year before, and what may be said of the two.

Of a share nothing is called a change that chance in small groups explains. What is hidden or was not there is compared with
nothing, and a year of which only a part was delivered is compared with none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from dashboards.content.chance import newcombe
from dashboards.content.tables import Cell
from dashboards.published.numbers import Number
from dashboards.published.publication import Period
from dashboards.published.report import Published
from dashboards.wording import numbers

#: What is said of a difference that chance in small groups explains.
MAY_BE_CHANCE = ", kan vara slump"


class Change(Enum):
    """How a number is another one than the year before. ``SAME``: as it is written; ``CHANCE``: it differs, but chance in small
    groups can do that."""

    MORE = "more"
    LESS = "less"
    SAME = "same"
    CHANCE = "chance"


@dataclass(frozen=True)
class Reading:
    """A number and the same of the year before."""

    cell: Cell
    before: Cell
    before_label: str
    #: Whether both are of whole periods.
    is_of_whole_periods: bool = field(default=True, kw_only=True)

    @property
    def is_known(self) -> bool:
        """Whether it can stand in a sentence: neither hidden nor a share of nothing."""
        return self.cell.is_known

    @property
    def is_compared(self) -> bool:
        return self.is_of_whole_periods and self.is_known and self.before.is_known

    @property
    def before_text(self) -> str:
        """`50 % av 651`: a share with what it is a share of."""
        return self.before.with_base

    @property
    def change(self) -> Change | None:
        """None where there is nothing to compare."""
        if not self.is_compared:
            return None
        if self.cell.in_text == self.before.in_text:
            return Change.SAME
        if self.cell.is_share and not differ(self.cell, self.before):
            return Change.CHANCE
        return Change.MORE if self.cell.size > self.before.size else Change.LESS

    @property
    def difference(self) -> str | None:
        """`+392`, `+4,4 procentenheter, kan vara slump`; None where there is nothing to compare."""
        if not self.is_compared:
            return None
        assert self.cell.part is not None and self.before.part is not None
        if self.cell.is_share:
            value = numbers.points_between(*_counts(self.cell), *_counts(self.before))
            text = numbers.signed(numbers.points_in_text(value), value) if value else "oförändrat"
            return text + (MAY_BE_CHANCE if value and not differ(self.cell, self.before) else "")
        value = self.cell.part - self.before.part
        return numbers.signed(numbers.number(value), value) if value else "oförändrat"

    def in_brackets(self, text: str) -> str:
        """It in brackets behind a number: `(2022: 50 %)`, and whether chance explains the difference. Nothing without it."""
        if not self.is_compared:
            return ""
        chance = MAY_BE_CHANCE if self.change is Change.CHANCE else ""
        return f" ({self.before_label}:{numbers.BLANK}{text}{chance})"


def _counts(cell: Cell) -> tuple[int, int]:
    assert cell.part is not None and cell.whole is not None
    return int(cell.part), int(cell.whole)


def differ(one: Cell, other: Cell) -> bool:
    """Whether two shares differ more than chance in small groups explains. Numbers that a public output has changed may be no
    share; then nothing is said of them."""
    if not (one.is_known and other.is_known):
        return False
    if any(part > whole for part, whole in (_counts(one), _counts(other))):
        return False
    return newcombe(*_counts(one), *_counts(other)).is_more_than_chance


@dataclass(frozen=True)
class Readings:
    """The numbers of one period, each beside the same of the year before."""

    published: Published
    period: Period
    before: Period | None

    @classmethod
    def of(cls, published: Published) -> Self:
        return cls(published, published.period, published.before)

    def cell(self, number: Number, **codes: str) -> Cell:
        """A number of the period; without codes of the whole municipality."""
        return Cell.of(number.at(**codes, period=self.period.id), self.published.value)

    def reading(self, number: Number, **codes: str) -> Reading:
        """A number with the same of the year before."""
        cell = self.cell(number, **codes)
        if self.before is None:
            return Reading(cell, Cell(None, is_share=cell.is_share), "")
        before = Cell.of(number.at(**codes, period=self.before.id), self.published.value)
        whole = all(self.published.covers(period) for period in (self.period, self.before))
        return Reading(cell, before, self.before.label, is_of_whole_periods=whole)

    def by_job_centre(self, number: Number) -> Mapping[str, Reading]:
        """By the job-centre's name, in the report's order; who has none is in none of them."""
        return {name: self.reading(number, job_centre=code) for code, name in self.published.job_centres}
