"""Numbers and dates as Swedish statistics write them, by the Unicode locale data (CLDR) that Babel brings.

In tables: ``–`` is nothing (exactly zero), ``..`` is not available, ``.`` cannot occur (a share of nothing). Which number is
shown where does not belong here.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from babel.dates import format_date, get_month_names
from babel.numbers import format_decimal

SWEDISH = "sv"

#: Thousands mark and the blank before %: a number must never be broken over two lines.
BLANK = "\u00a0"
MINUS = "\u2212"
NOTHING = "\u2013"
NOT_AVAILABLE = ".."
CANNOT_OCCUR = "."

#: The signs of our tables, in the order in which the pages explain them.
SIGNS = (
    (NOTHING, "värdet är noll"),
    (NOT_AVAILABLE, "uppgiften finns inte eller visas inte"),
    (CANNOT_OCCUR, "uppgiften kan inte förekomma, till exempel en andel av noll"),
)

#: What is counted in sentences, several and one.
_OF_ONE = (
    ("ungdomar", "ungdom"),
    ("personer", "person"),
    ("nyinskrivna", "nyinskriven"),
    ("inskrivna vid", "inskriven vid"),
    ("sökta kvinnor", "sökt kvinna"),
    ("sökta män", "sökt man"),
    ("sökta", "sökt"),
    ("adresser anmälda", "adress anmäld"),
)

MONTHS = tuple(get_month_names("wide", locale=SWEDISH).values())


@lru_cache(maxsize=2**16)  # a report writes each of its numbers some ten times
def number(value: Decimal | int) -> str:
    """``7546`` as ``7 546``, ``-1.50`` as ``−1,5``; zero is ``0`` (running text)."""
    return format_decimal(value, locale=SWEDISH, decimal_quantization=False).replace("-", MINUS)


def counted(count: Decimal | int, one: str, many: str) -> str:
    """``1 leverans``, ``3 leveranser``."""
    return f"{number(count)}{BLANK}{one if count == 1 else many}"


def points(value: Decimal) -> str:
    """A difference of two shares in percentage points, with one decimal: ``−0,5``, ``3,0``."""
    return format_decimal(value, "#,##0.0", locale=SWEDISH).replace("-", MINUS)


def agreeing(text: str) -> str:
    """``1 ungdomar fanns`` as ``1 ungdom fanns``: a text made for any number, where the number is one."""
    for several, one in _OF_ONE:
        text = re.sub(rf"(?<![\d,.{BLANK}{MINUS}{NOTHING}])1([ {BLANK}]){several}\b", rf"1\g<1>{one}", text)
    return text


def plain(value: Decimal) -> str:
    """As data files write it: ``7546``, ``1.5``, without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def count_cell(value: Decimal | int | None) -> str:
    """A count in a table."""
    if value is None:
        return NOT_AVAILABLE
    return number(value) if value else NOTHING


def whole_percent(part: Decimal | int, whole: Decimal | int) -> int:
    """Whole per cent, halves rounded up, from the counts themselves (never from a rounded share)."""
    return int((200 * part + whole) // (2 * whole))


def share_cell(part: Decimal | int | None, whole: Decimal | int | None) -> str:
    """A share in a table."""
    if part is None or whole is None:
        return NOT_AVAILABLE
    if not whole:
        return CANNOT_OCCUR
    return share(part, whole) if part else NOTHING


def share(part: Decimal | int, whole: Decimal | int) -> str:
    """A share in running text; the whole is not zero."""
    return f"{number(whole_percent(part, whole))}{BLANK}%"


def change(now: Decimal | int, before: Decimal | int, before_label: str) -> str:
    """``392 fler än 2022``."""
    if now == before:
        return f"lika många som {before_label}"
    difference = Decimal(now) - Decimal(before)
    return f"{number(abs(difference))} {'fler' if difference > 0 else 'färre'} än {before_label}"


def percent_more(now: Decimal | int, before: Decimal | int, before_label: str) -> str:
    """``25 % fler än 2022``: what was more than nothing before; less than half a per cent is no change."""
    percent = whole_percent(abs(Decimal(now) - Decimal(before)), before)
    if not percent:
        return f"ungefär lika många som {before_label}" if now != before else change(now, before, before_label)
    return f"{number(percent)}{BLANK}% {'fler' if now > before else 'färre'} än {before_label}"


def points_between(
    part: Decimal | int, whole: Decimal | int, other_part: Decimal | int, other_whole: Decimal | int
) -> Decimal:
    """One share less another in percentage points with one decimal, from the counts: of rounded shares it would be wrong by up
    to a whole one, and a whole number could contradict the two shares beside it."""
    return percentage_points(Fraction(part) / Fraction(whole) - Fraction(other_part) / Fraction(other_whole))


def percentage_points(difference: Fraction | float) -> Decimal:
    """A difference of fractions in percentage points with one decimal, half a tenth away from zero."""
    tenths = int(abs(Fraction(difference)) * 1000 + Fraction(1, 2))
    return Decimal(tenths if difference > 0 else -tenths) / 10


def points_in_text(value: Decimal) -> str:
    """``4,4 procentenheter``."""
    return f"{points(value)} procentenheter"


def signed(text: str, value: Decimal) -> str:
    """The text of a difference with its sign."""
    return f"+{text}" if value > 0 else text


def long_date(day: date) -> str:
    """``30 november 2023``."""
    return format_date(day, f"d'{BLANK}'MMMM y", locale=SWEDISH)


def day_of_year(day: str) -> str:
    """``06-01`` as ``1 juni``."""
    month, number_ = (int(part) for part in day.split("-"))
    return f"{number_} {MONTHS[month - 1]}"


def interval(first: date, last: date) -> str:
    """``1 december 2022–30 november 2023``."""
    return f"{long_date(first)}\u2013{long_date(last)}"


def listed(words: Sequence[str], last: str = "och") -> str:
    """``a``, ``a och b``, ``a, b och c``; ``last``: the word before the last."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
