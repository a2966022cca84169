"""The ways in which a sender writes a personnummer, made into the one that is delivered: twelve digits (deliveries.md
section 3).

Whether a number is a right one is judged in ``pipelines.personnummer``, by the receiver too.
"""

import re
from datetime import date

#: Ten or twelve digits, and the sign before the last four if there is one. Population registers write blanks for looks.
_WRITTEN = re.compile("((?:[0-9]{2})?)([0-9]{2})([0-9]{2})([0-9]{2})([-+]?)([0-9]{4})")
_BLANKS = re.compile(r"\s+")

#: Dashes that a word processor or a spreadsheet puts in place of the hyphen.
_HYPHENS = str.maketrans("‐‑‒–—−", "------")


def as_twelve_digits(text: str, on: date) -> str:
    """The number as twelve digits; the text as it was where it is no personnummer or samordningsnummer in any form.

    ``on`` is the day of the extract. A number without a century is that of the youngest person who can have it: born that
    day or earlier, and with a plus sign somebody who turns 100 that calendar year or has done so.
    """
    match = _WRITTEN.fullmatch(_BLANKS.sub("", text).translate(_HYPHENS))
    if match is None:
        return text
    century, year, month, day, sign, last = match.groups()
    if not century:
        born = _year_of_birth(int(year), int(month), _day_of_birth(day), sign == "+", on)
        century = f"{born:04d}"[:2]
    return f"{century}{year}{month}{day}{last}" if _is_day(f"{century}{year}", month, day) else text


def _year_of_birth(year: int, month: int, day: int, is_old: bool, on: date) -> int:
    latest = on.year - 100 if is_old else on.year
    born = latest - (latest - year) % 100
    return born - 100 if (born, month, day) > (on.year, on.month, on.day) else born


def _day_of_birth(day: str) -> int:
    """60 is added to the day in a samordningsnummer."""
    return int(day) - 60 if int(day) > 60 else int(day)


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), _day_of_birth(day))
    except ValueError:
        return False
    return True
