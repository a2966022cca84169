"""What chance in small groups can do to a share: intervals, differences, and the limits of the two charts that tell chance from
more than chance.

    wilson(1408, 2643)                     # a share's interval
    newcombe(1408, 2643, 1684, 3134)       # the difference of two shares, with its interval
    funnel_limits(123, 438 / 807, 0.998)   # between which a group of 123 lies when it is like the whole
    process_limits([0.31, 0.28, 0.30])     # between which a steady series lies (XmR chart)

Everybody is counted, so nothing here is a sampling error: the question is how much a share would move if the same work met
other youths. Shares are fractions. Which numbers are compared, and the words for it, belong in ``equality``.

Wilson, E. B. (1927); Newcombe, R. G. (1998), Statistics in Medicine 17, 873-890, method 10; Spiegelhalter, D. J. (2005),
Statistics in Medicine 24, 1185-1202, appendix A.1; Wheeler, D. J. (1993), Understanding Variation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise
from math import sqrt
from statistics import fmean

# scipy.special is loaded where it is needed: it takes longer to load than a page to make, and few commands and pages need it.
# Not scipy.stats, which has these by name too: that takes longer still.

#: The limits of a funnel plot: one group in twenty is outside the inner ones by chance, one in five hundred outside the outer.
INNER, OUTER = 0.95, 0.998

#: Three standard deviations, given the mean distance of two neighbouring values (Wheeler).
OF_MOVING_RANGE = 2.66

#: So many values in a row on one side of the mean are more than chance: in a steady series one run in 128.
RUN = 8


@dataclass(frozen=True)
class Interval:
    low: float
    high: float

    def has(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Difference(Interval):
    """One share minus another. ``value`` is exact: it is rounded as it is in the tables that have it too."""

    value: Fraction

    @property
    def is_more_than_chance(self) -> bool:
        return not self.has(0)


@dataclass(frozen=True)
class ProcessLimits(Interval):
    mean: float


def wilson(part: Decimal | int, whole: Decimal | int, level: float = 0.95) -> Interval:
    """The score interval of a share. Raises ValueError where it is no share: the whole is nothing, or less than the part."""
    _check(part, whole)
    n, z = float(whole), _quantile(level)
    share = float(part) / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # The share lies in it also where rounding would have it just outside: 0 of 20, 10 of 10.
    return Interval(min(max(middle - half, 0.0), share), max(min(middle + half, 1.0), share))


def newcombe(
    part: Decimal | int,
    whole: Decimal | int,
    other_part: Decimal | int,
    other_whole: Decimal | int,
    level: float = 0.95,
) -> Difference:
    """One share minus another, with the interval that follows from both of theirs. Raises ValueError as ``wilson``."""
    one, other = wilson(part, whole, level), wilson(other_part, other_whole, level)
    share, other_share = float(part) / float(whole), float(other_part) / float(other_whole)
    return Difference(
        low=share - other_share - sqrt((share - one.low) ** 2 + (other.high - other_share) ** 2),
        high=share - other_share + sqrt((one.high - share) ** 2 + (other_share - other.low) ** 2),
        value=Fraction(part) / Fraction(whole) - Fraction(other_part) / Fraction(other_whole),
    )


def funnel_limits(whole: Decimal | int, share: float, level: float) -> Interval:
    """Between which the share of a group of this size lies when each of it has the chance ``share``.

    From the binomial distribution itself, for the usual approximation is too narrow where few of a small group are expected:
    a count below or above is one that chance gives, together with those still farther off, in at most half of 1 - ``level``.
    Between whole counts the limits go evenly (Spiegelhalter), so that they can be drawn as lines.
    """
    if whole < 1 or not 0 < share < 1:
        raise ValueError(f"no limits for a group of {whole} about a share of {share}")
    tail, n = (1 - level) / 2, int(whole)
    return Interval(_lowest(n, share, tail) / n, 1 - _lowest(n, 1 - share, tail) / n)


def _lowest(n: int, share: float, tail: float) -> float:
    """The least count that chance gives more often than in ``tail``, less the part of it that is left over."""
    from scipy.special import bdtr, bdtrik

    count = max(int(bdtrik(tail, n, share)), 0)
    while bdtr(count, n, share) <= tail:
        count += 1
    below = float(bdtr(count - 1, n, share)) if count else 0.0
    up_to = float(bdtr(count, n, share))
    return max(count - (up_to - tail) / (up_to - below), 0.0)


def process_limits(values: Sequence[float]) -> ProcessLimits:
    """The mean of a series and how far a steady one strays from it. Raises ValueError for fewer than two values."""
    if len(values) < 2:
        raise ValueError("a series of fewer than two values has no moving range")
    mean = fmean(values)
    reach = OF_MOVING_RANGE * fmean(abs(later - earlier) for earlier, later in pairwise(values))
    return ProcessLimits(mean - reach, mean + reach, mean)


def outside(values: Sequence[float], limits: Interval) -> tuple[int, ...]:
    """The places of a series that lie outside its limits."""
    return tuple(place for place, value in enumerate(values) if not limits.has(value))


def long_runs(values: Sequence[float], mean: float) -> tuple[tuple[int, int], ...]:
    """The first and last place of each run on one side of the mean that is too long for a steady series."""
    runs = [
        (side, list(run)) for side, run in groupby(range(len(values)), key=lambda place: _side(values[place], mean))
    ]
    return tuple((places[0], places[-1]) for side, places in runs if side and len(places) >= RUN)


def _side(value: float, mean: float) -> int:
    return (value > mean) - (value < mean)


def _quantile(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def _check(part: Decimal | int, whole: Decimal | int) -> None:
    if whole < 1 or not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is no share")
