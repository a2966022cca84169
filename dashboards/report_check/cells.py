"""One printed number: what it says about which published numbers, and whether it agrees with them.

Reading files, relations between numbers and words for people do not belong here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from dashboards.published.numbers import Count, Lookup, Number, NumberKey, Share
from dashboards.wording.numbers import whole_percent

#: ”Ca”: within one per cent, and at least one unit.
ABOUT = Decimal("0.01")


class Kind(StrEnum):
    """What a printed number says. The first two are counts of one published number."""

    EXACT = "exact"
    APPROX = "approx"
    SHARE = "share"
    SUM = "sum"
    DIFFERENCE = "difference"


def number_of(kind: Kind, keys: Sequence[NumberKey]) -> Number:
    """What a number of this kind says of these published numbers: one for a count; the summands; what is taken from and what
    is taken away for a difference; the parts and last the whole for a share."""
    *parts, last = keys
    if kind is Kind.SHARE:
        return Share(Count(tuple(parts)), Count((last,)))
    if kind is Kind.DIFFERENCE:
        return Count((keys[0],), tuple(keys[1:]))
    return Count(tuple(keys))


@dataclass(frozen=True)
class Cell:
    """A printed number, and which published numbers it is made of."""

    file: str
    line: int
    printed: str
    label: str
    kind: Kind
    number: Number
    value: Decimal
    #: Whether it comes from a table of derived numbers.
    derived: bool = False

    @property
    def is_share(self) -> bool:
        return self.kind is Kind.SHARE

    @property
    def keys(self) -> tuple[NumberKey, ...]:
        return self.number.keys

    @property
    def count(self) -> Count:
        """What is printed, or for a share its numerator."""
        return self.number.part if isinstance(self.number, Share) else self.number

    @property
    def whole(self) -> Count:
        """What a share is a share of."""
        assert isinstance(self.number, Share)
        return self.number.whole

    @property
    def counts(self) -> tuple[Count, ...]:
        """The counts that it says something about."""
        return (self.count, self.whole) if self.is_share else (self.count,)

    @property
    def step(self) -> Decimal:
        """The unit to which a share is rounded: whole per cent; where decimals are printed, halves (26,5) or the last
        decimal (49,9)."""
        exponent = self.value.normalize().as_tuple().exponent
        decimals = max(0, -exponent) if isinstance(exponent, int) else 0
        if decimals == 1 and self.value % 1 == Decimal("0.5"):
            return Decimal("0.5")
        return Decimal(1).scaleb(-decimals)

    @property
    def tolerance(self) -> Decimal:
        """How far a count may be from the number that is printed as ”ca”."""
        return max(ABOUT * abs(self.value), Decimal(1)) if self.kind is Kind.APPROX else Decimal(0)

    def share_bounds(self) -> tuple[Fraction, Fraction]:
        """The shares in per cent, from the first up to but not including the last, that are rounded to this one: halves are
        rounded up (figures.md)."""
        half = Fraction(self.step) / 2
        return Fraction(self.value) - half, Fraction(self.value) + half

    def computed(self, lookup: Lookup) -> Decimal | None:
        """What should be printed if the published numbers are these; None where they are not known, or a share is one of
        nothing."""
        count, whole = self.count.value(lookup), self.whole.value(lookup) if self.is_share else None
        if not self.is_share or count is None:
            return count
        return None if whole is None else rounded_share(count, whole, self.step)

    def agrees(self, computed: Decimal | None) -> bool:
        """Whether the printed number may stand beside the computed one."""
        return computed is not None and abs(computed - self.value) <= self.tolerance


def rounded_share(part: Decimal, whole: Decimal, step: Decimal) -> Decimal | None:
    """A share in per cent, rounded as the pages round it; None: of nothing."""
    return whole_percent(part, whole * step) * step if whole else None
