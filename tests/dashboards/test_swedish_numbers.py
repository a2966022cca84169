"""Numbers, shares and dates as Swedish statistics write them."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.content.chance import newcombe
from dashboards.content.tables import Points
from dashboards.wording import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1231, "1\u00a0231"),
        (40212345, "40\u00a0212\u00a0345"),
        (-676, "\u2212676"),
        (Decimal("18.500000000000000000"), "18,5"),
        (Decimal("1000.000000000000000000"), "1\u00a0000"),
        (Decimal("-0.05"), "\u22120,05"),
        (Decimal("1E+3"), "1\u00a0000"),
    ],
)
def test_number(value: int | Decimal, text: str) -> None:
    assert numbers.number(value) == text


def test_signs_of_a_table_cell() -> None:
    assert numbers.count_cell(0) == "–"
    assert numbers.count_cell(None) == ".."
    assert numbers.count_cell(Decimal(7)) == "7"
    assert numbers.share_cell(0, 10) == "–"
    assert numbers.share_cell(0, 0) == "."
    assert numbers.share_cell(None, 10) == ".."
    assert numbers.share_cell(1, None) == ".."
    assert numbers.share_cell(1, 300) == "0\u00a0%"


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [
        (1, 200, 1),  # 0,5 is rounded up, where banker's rounding gives 0
        (1, 8, 13),  # 12,5 is rounded up, where banker's rounding gives 12
        (122, 201, 61),  # printed as 60 in the report of 2022
        (30, 53, 57),  # printed as 75 in the report of 2023
        (2, 3, 67),
        (10, 10, 100),
    ],
)
def test_whole_percent(part: int, whole: int, percent: int) -> None:
    assert numbers.whole_percent(part, whole) == percent


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_whole_percent_is_nearest_and_halves_go_up(part: int, whole: int) -> None:
    percent = numbers.whole_percent(Decimal(part), Decimal(whole))
    exact = Fraction(100 * part, whole)
    assert Fraction(-1, 2) < percent - exact <= Fraction(1, 2)


def test_change() -> None:
    assert numbers.change(7546, 7154, "2022") == "392 fler än 2022"
    assert numbers.change(5, 1005, "2022") == "1\u00a0000 färre än 2022"
    assert numbers.change(5, 5, "2022") == "lika många som 2022"


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (1231, 983, "25\u00a0% fler än 2022"),
        (983, 1231, "20\u00a0% färre än 2022"),
        (1004, 1000, "ungefär lika många som 2022"),
        (1005, 1000, "1\u00a0% fler än 2022"),
        (5, 5, "lika många som 2022"),
    ],
)
def test_change_in_per_cent(now: int, before: int, text: str) -> None:
    assert numbers.percent_more(now, before, "2022") == text


@pytest.mark.parametrize(
    ("shares", "value", "text"),
    [
        ((438, 807, 325, 651), "4.4", "4,4 procentenheter"),
        ((3092, 5777, 2801, 5152), "-0.8", "\u22120,8 procentenheter"),  # both are 54 % when rounded
        ((1, 8, 1, 10), "2.5", "2,5 procentenheter"),
        ((1, 16, 0, 10), "6.3", "6,3 procentenheter"),  # 6,25 is rounded away from zero, as is −6,25
        ((0, 10, 1, 16), "-6.3", "\u22126,3 procentenheter"),
        ((1, 3, 333, 999), "0", "0,0 procentenheter"),
    ],
)
def test_percentage_points_are_of_shares_that_are_not_rounded(
    shares: tuple[int, int, int, int], value: str, text: str
) -> None:
    found = numbers.points_between(*shares)
    assert (found, numbers.points_in_text(found)) == (Decimal(value), text)
    # The page on equality, which has its interval too, rounds it to the same.
    assert Points.of_fraction(newcombe(*shares).value).part == found


def test_dates() -> None:
    assert numbers.interval(date(2022, 12, 1), date(2023, 11, 30)) == "1\u00a0december 2022–30\u00a0november 2023"


def test_a_sentence_agrees_with_its_numbers() -> None:
    several = "1 ungdomar fanns, 21 ungdomar söktes, 1\u00a01 ungdomar och 2,1 personer"
    assert numbers.agreeing(several) == several.replace("1 ungdomar fanns", "1 ungdom fanns")
    assert numbers.agreeing("0 % av 1\u00a0sökta män nåddes") == "0 % av 1\u00a0sökt man nåddes"
    assert numbers.counted(1, "rad", "rader") == "1\u00a0rad"
    assert numbers.counted(1204, "rad", "rader") == "1\u00a0204\u00a0rader"
