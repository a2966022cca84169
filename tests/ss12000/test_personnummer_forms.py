"""Every way of writing a personnummer becomes the twelve digits that it says."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sending.personnummer_forms import as_twelve_digits
from tests.model.world import personnummer

ON = date(2023, 6, 1)


@given(
    birth=st.dates(date(1924, 1, 1), ON), serial=st.integers(1, 999), sign=st.sampled_from(["", "-", "–", " ", " -"])
)
def test_a_number_without_its_century_is_that_of_somebody_under_a_hundred(birth: date, serial: int, sign: str) -> None:
    number = personnummer(birth, serial)
    assert as_twelve_digits(number[2:8] + sign + number[8:], ON) == number
    assert as_twelve_digits(number[:8] + sign + number[8:], ON) == number


@given(birth=st.dates(date(1850, 1, 1), date(1923, 12, 31)).filter(lambda day: ON.year - day.year < 200))
def test_a_plus_says_that_somebody_has_turned_a_hundred(birth: date) -> None:
    number = personnummer(birth, 12)
    assert as_twelve_digits(f"{number[2:8]}+{number[8:]}", ON) == number


@pytest.mark.parametrize("days, century", [(0, "20"), (1, "19")])
def test_nobody_is_born_after_the_extract(days: int, century: str) -> None:
    assert as_twelve_digits(f"{ON + timedelta(days):%y%m%d}-1234", ON).startswith(century)


def test_a_samordningsnummer_has_its_day_sixty_later() -> None:
    assert as_twelve_digits("070569-1234", ON) == "200705691234"
    assert as_twelve_digits("070591-1234", ON) == "200705911234"


@pytest.mark.parametrize(
    "text",
    ["", "070532-1234", "071301-1234", "070592-1234", "0705091234567", "07050-91234", "20130101TF01", "070509/1234",
     "1,99605E+11", "705091234", "010229-1234", "٠٧٠٥٠٩-١٢٣٤"],
)  # fmt: skip
def test_what_is_no_number_stays_as_it_was_written(text: str) -> None:
    assert as_twelve_digits(text, ON) == text
