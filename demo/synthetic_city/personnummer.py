"""Made-up personnummer and samordningsnummer with a right check digit, never two alike.

Belongs here: the numbers. Does not belong here: whose they are.
"""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt

from demo.synthetic_city.timeline import as_date

Digits = npt.NDArray[np.int64]


def check_digits(ten_less_one: Digits) -> Digits:
    """Luhn's check digit of nine-digit numbers (YYMMDDNNN)."""
    total = np.zeros_like(ten_less_one)
    rest = ten_less_one.copy()
    for position in range(9):
        digit = rest % 10
        rest //= 10
        doubled = digit * 2 if position % 2 == 0 else digit
        total += doubled // 10 + doubled % 10
    return (10 - total % 10) % 10


def with_check_digit(eleven: Digits) -> Digits:
    """YYYYMMDDNNN → YYYYMMDDNNNC."""
    return eleven * 10 + check_digits(eleven % 1_000_000_000)


class NumberOffice:
    """Gives out numbers; remembers which are taken."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.taken: set[int] = set()

    def give(self, birth: int, gender: str, coordination: bool = False) -> str:
        born = as_date(birth)
        stem = born.year * 10_000 + born.month * 100 + born.day + (60 if coordination else 0)
        while True:
            # The third serial digit is the 11th digit of the number: odd for men, even for women.
            serial = 2 * self._rng.randint(1, 498) + (1 if gender == "M" else 0)
            number = int(with_check_digit(np.array([stem * 1000 + serial], dtype=np.int64))[0])
            if number not in self.taken:
                self.taken.add(number)
                return str(number)


def give_many(rng: np.random.Generator, stems: Digits, men: npt.NDArray[np.bool_], taken: set[int]) -> Digits:
    """One number per stem (YYYYMMDD); ``men`` says where the 11th digit is odd. Adds them to ``taken``."""
    numbers = np.zeros(len(stems), dtype=np.int64)
    open_rows = np.arange(len(stems))
    while len(open_rows):
        serial = 2 * rng.integers(1, 499, len(open_rows)) + men[open_rows]
        made = with_check_digit(stems[open_rows] * 1000 + serial)
        refused = []
        for row, number in zip(open_rows.tolist(), made.tolist(), strict=True):
            if number in taken:
                refused.append(row)
            else:
                taken.add(number)
                numbers[row] = number
        open_rows = np.array(refused, dtype=np.int64)
    return numbers
