"""One printed number: what it says about which published numbers, and whether it agrees with them.

Reading files, relations between numbers and words for people do not belong here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

from dashboards.published.numbers import Count, Lookup, Number, NumberKey, Share
from dashboards.wording.numbers import whole_percent

#: ”Ca”: within one per cent, and at least one unit.
ABOUT = Decimal("0.01")
#: A share that is said in words or with ”ca” is near within a tenth of itself, and loose within a fifth; in percentage points at
#: most these.
_NEAR, _LOOSE = (Decimal("0.1"), Decimal("2.5")), (Decimal("0.2"), Decimal(5))


class Kind(StrEnum):
    """What a printed number says. The first two are counts of one published number."""

    EXACT = "exact"
    APPROX = "approx"
    SHARE = "share"
    SUM = "sum"
    DIFFERENCE = "difference"
    CHANGE = "change"
    CHANGE_PERCENT = "change_percent"
    MEAN = "mean"
    #: A change of which only a word is printed: it rose, it fell.
    DIRECTION = "direction"


#: What is said of counts themselves, and not of a share, a mean or the like.
_OF_COUNTS = frozenset({Kind.EXACT, Kind.APPROX, Kind.SUM, Kind.DIFFERENCE, Kind.CHANGE})


def number_of(kind: Kind, keys: Sequence[NumberKey]) -> Number:
    """What a number of this kind says of these published numbers: one for a count; the summands; what is taken from and what
    is taken away for a difference; the parts and last the whole for a share; the earlier and the later number for a change."""
    *parts, last = keys
    if kind is Kind.SHARE:
        return Share(Count(tuple(parts)), Count((last,)))
    if kind is Kind.DIFFERENCE:
        return Count((keys[0],), tuple(keys[1:]))
    if kind in (Kind.CHANGE, Kind.DIRECTION):
        return Count((last,), tuple(parts))
    if kind is Kind.CHANGE_PERCENT:
        return Share(Count((last,), tuple(parts)), Count(tuple(parts)))
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
    #: As what other numbers of the report know it, where they do and it follows from others itself.
    key: NumberKey | None = None
    in_per_cent: bool = False
    #: Printed in words or with ”ca”.
    is_about: bool = False
    #: Rounded to its last digit: whatever has decimals or is in per cent, and what follows from such numbers.
    is_rounded: bool = False
    #: How it is printed where that is not in digits.
    words: str = ""

    @property
    def is_share(self) -> bool:
        """Whether it is one count of another: a share, or a change in per cent."""
        return isinstance(self.number, Share)

    @property
    def is_of_counts(self) -> bool:
        """Whether it says a count itself."""
        return self.kind in _OF_COUNTS

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
    def prints(self) -> tuple[Count, ...]:
        """The quantities whose value it is."""
        return (*((self.count,) if self.is_of_counts else ()), *((Count((self.key,)),) if self.key else ()))

    @property
    def times(self) -> int:
        """How many times the number its terms are together: a mean of eight is an eighth of their sum."""
        return len(self.keys) if self.kind is Kind.MEAN else 1

    @property
    def step(self) -> Decimal:
        """The unit to which it is rounded: the last digit; a share in halves where it ends so (26,5)."""
        exponent = self.value.as_tuple().exponent
        decimals = max(0, -exponent) if isinstance(exponent, int) else 0
        if self.is_share and decimals == 1 and self.value % 1 == Decimal("0.5"):
            return Decimal("0.5")
        return Decimal(1).scaleb(-decimals)

    @property
    def tolerance(self) -> Decimal:
        """How far a count may be from the printed number."""
        if self.is_about and self.in_per_cent:
            return _within(_LOOSE, self.value)
        if self.is_about:
            return max(ABOUT * abs(self.value), Decimal(1))
        return self.step / 2 if self.is_rounded else Decimal(0)

    @property
    def near(self) -> Decimal:
        """How far what is printed in words or with ”ca” may be from the number, to be no loose talk."""
        return _within(_NEAR, self.value)

    def share_bounds(self) -> tuple[Fraction, Fraction]:
        """The shares in per cent, from the first up to but not including the last, that are rounded to this one: halves are
        rounded up (figures.md)."""
        half = Fraction(self.tolerance if self.is_about else self.step / 2)
        return Fraction(self.value) - half, Fraction(self.value) + half

    def computed(self, lookup: Lookup) -> Decimal | None:
        """What should be printed if the published numbers are these; None where they are not known, or a share is one of
        nothing."""
        count, whole = self.count.value(lookup), self.whole.value(lookup) if self.is_share else None
        if count is None:
            return None
        if self.is_share:
            return None if whole is None else rounded_share(count, whole, self.step)
        return self.rounded(count / self.times) if self.is_rounded else count

    def rounded(self, value: Decimal) -> Decimal:
        """A value in the unit in which this number is printed."""
        return (value / self.step).quantize(Decimal(1), ROUND_HALF_UP) * self.step

    def agrees(self, computed: Decimal | None) -> bool:
        """Whether the printed number may stand beside the computed one."""
        if computed is None:
            return False
        if self.kind is Kind.DIRECTION:
            return self.value == sign(computed)
        return abs(computed - self.value) <= self.tolerance


def sign(value: Decimal) -> int:
    """1, 0 or −1."""
    return (value > 0) - (value < 0)


def _within(limit: tuple[Decimal, Decimal], value: Decimal) -> Decimal:
    part, points = limit
    return min(part * abs(value), points)


def rounded_share(part: Decimal, whole: Decimal, step: Decimal) -> Decimal | None:
    """A share in per cent, rounded as the pages round it, a fall like a rise; None: of nothing."""
    return sign(part) * whole_percent(abs(part), whole * step) * step if whole else None
