"""The formulas against what their authors printed, against scipy.stats, and against numbers worked out by hand."""

from math import comb

import pytest
from scipy import stats

from dashboards.content.chance import (
    Interval,
    funnel_limits,
    long_runs,
    newcombe,
    outside,
    process_limits,
    wilson,
)

#: Newcombe 1998, Statistics in Medicine 17, 857-872, table I: part, whole, low, high of the score method.
PRINTED_SHARES = ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718))

#: Newcombe 1998, Statistics in Medicine 17, 873-890, table II: parts and wholes, low, high of method 10.
PRINTED_DIFFERENCES = (
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
    (10, 10, 0, 10, 0.6075, 1.0),
)


@pytest.mark.parametrize(("part", "whole", "low", "high"), PRINTED_SHARES)
def test_a_shares_interval_is_the_printed_one(part: int, whole: int, low: float, high: float) -> None:
    found = wilson(part, whole)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.998])
@pytest.mark.parametrize(("part", "whole"), [(0, 1), (1, 1), (0, 40), (40, 40), (7, 11), (3092, 5777)])
def test_a_shares_interval_is_scipys(part: int, whole: int, level: float) -> None:
    theirs = stats.binomtest(part, whole).proportion_ci(level, method="wilson")
    found = wilson(part, whole, level)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= found.low <= part / whole <= found.high <= 1


@pytest.mark.parametrize(("part", "whole", "other_part", "other_whole", "low", "high"), PRINTED_DIFFERENCES)
def test_a_differences_interval_is_the_printed_one(
    part: int, whole: int, other_part: int, other_whole: int, low: float, high: float
) -> None:
    found = newcombe(part, whole, other_part, other_whole)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.value == pytest.approx(part / whole - other_part / other_whole)
    assert found.is_more_than_chance == (low > 0)
    mirrored = newcombe(other_part, other_whole, part, whole)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


@pytest.mark.parametrize(("part", "whole"), [(0, 0), (3, 2), (-1, 5)])
def test_what_is_no_share_has_no_interval(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(part, whole)
    with pytest.raises(ValueError, match="no share"):
        newcombe(1, 2, part, whole)


def _tail(count: int, whole: int, share: float) -> float:
    """How often chance gives so few or fewer, added up."""
    return sum(comb(whole, each) * share**each * (1 - share) ** (whole - each) for each in range(count + 1))


@pytest.mark.parametrize("level", [0.95, 0.998])
@pytest.mark.parametrize("share", [0.02, 0.2, 438 / 807, 0.97])
@pytest.mark.parametrize("whole", [1, 10, 53, 123])
def test_a_group_is_outside_the_funnel_where_chance_gives_such_a_count_too_seldom(
    whole: int, share: float, level: float
) -> None:
    limits = funnel_limits(whole, share, level)
    tail = (1 - level) / 2
    for count in range(whole + 1):
        too_few = _tail(count, whole, share) <= tail
        too_many = _tail(whole - count, whole, 1 - share) <= tail
        assert limits.has(count / whole) == (not too_few and not too_many), count


def test_a_funnel_is_narrow_for_large_groups_and_the_outer_limits_hold_the_inner() -> None:
    inner = [funnel_limits(whole, 0.54, 0.95) for whole in range(10, 400)]
    outer = [funnel_limits(whole, 0.54, 0.998) for whole in range(10, 400)]
    assert all(
        wide.low < narrow.low < 0.54 < narrow.high < wide.high for narrow, wide in zip(inner, outer, strict=True)
    )
    # By hand, for a large group: 0.54 less and plus 1.96 standard deviations of 0.0249.
    assert (inner[-1].low, inner[-1].high) == pytest.approx((0.491, 0.589), abs=0.002)


@pytest.mark.parametrize(("whole", "share"), [(0, 0.5), (20, 0.0), (20, 1.0)])
def test_a_funnel_needs_a_group_and_a_share_between_none_and_all(whole: int, share: float) -> None:
    with pytest.raises(ValueError, match="no limits"):
        funnel_limits(whole, share, 0.95)


def test_the_limits_of_a_series_are_those_worked_out_by_hand() -> None:
    # 72 over six values; neighbours are 2, 4, 1, 3 and 9 apart, 3.8 in the mean.
    limits = process_limits([10, 12, 8, 9, 12, 21])
    assert limits.mean == 12
    assert (limits.low, limits.high) == pytest.approx((12 - 2.66 * 3.8, 12 + 2.66 * 3.8))
    with pytest.raises(ValueError, match="two values"):
        process_limits([10])


def test_a_value_outside_the_limits_is_found() -> None:
    values = [10, 11, 10, 11, 10, 30, 11, 10, 11, 10, 11, 10, 11]
    assert outside(values, process_limits(values)) == (5,)


def test_eight_values_in_a_row_on_one_side_are_a_long_run_and_seven_are_not() -> None:
    assert long_runs([11] * 7 + [9] * 7, mean=10) == ()
    assert long_runs([9] + [11] * 8 + [9] * 9, mean=10) == ((1, 8), (9, 17))
    # A value that is the mean is on neither side.
    assert long_runs([11] * 4 + [10] + [11] * 4, mean=10) == ()


def test_an_interval_holds_its_ends() -> None:
    assert Interval(0.1, 0.2).has(0.1) and Interval(0.1, 0.2).has(0.2) and not Interval(0.1, 0.2).has(0.21)
