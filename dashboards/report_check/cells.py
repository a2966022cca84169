"""One printed number and its arithmetic: what it says about which published numbers, and whether it agrees with them.

Reading files, relations between numbers and words for people do not belong here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from dashboards.published import Address
from dashboards.wording.numbers import whole_percent

#: A sum of published numbers, each with its sign; one published number is the shortest one.
Quantity = tuple[tuple[int, Address], ...]

#: The value of a published number; None where the warehouse does not know it.
Lookup = Callable[[Address], Decimal | None]

#: ”Ca”: within one per cent, and at least one unit.
ABOUT = Decimal("0.01")


class Kind(StrEnum):
    """What a printed number says. The first two are counts of one published number."""

    EXACT = "exact"
    APPROX = "approx"
    SHARE = "share"
    SUM = "sum"
    DIFFERENCE = "difference"


def one(address: Address) -> Quantity:
    """A single published number as a quantity."""
    return ((1, address),)


@dataclass(frozen=True)
class Cell:
    """A printed number.

    ``terms`` are the published numbers that it is made of: one for a count; the parts and last the whole for a share;
    the summands; what is taken from and what is taken away for a difference.
    """

    file: str
    line: int
    printed: str
    label: str
    kind: Kind
    terms: tuple[Address, ...]
    value: Decimal
    #: Whether it comes from a table of derived numbers.
    derived: bool = False

    @property
    def is_share(self) -> bool:
        return self.kind is Kind.SHARE

    @property
    def quantity(self) -> Quantity:
        """What is printed, or for a share its numerator."""
        if self.is_share:
            return tuple((1, address) for address in self.terms[:-1])
        if self.kind is Kind.DIFFERENCE:
            return ((1, self.terms[0]), *((-1, address) for address in self.terms[1:]))
        return tuple((1, address) for address in self.terms)

    @property
    def whole(self) -> Quantity:
        """What a share is a share of."""
        assert self.is_share
        return one(self.terms[-1])

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
        values = [lookup(address) for address in self.terms]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        if self.is_share:
            return rounded_share(sum(known[:-1], Decimal(0)), known[-1], self.step)
        return sum((sign * value for (sign, _), value in zip(self.quantity, known, strict=True)), Decimal(0))

    def agrees(self, computed: Decimal | None) -> bool:
        """Whether the printed number may stand beside the computed one."""
        return computed is not None and abs(computed - self.value) <= self.tolerance


def rounded_share(part: Decimal, whole: Decimal, step: Decimal) -> Decimal | None:
    """A share in per cent, rounded as the pages round it; None: of nothing."""
    return whole_percent(part, whole * step) * step if whole else None
