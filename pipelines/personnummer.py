"""What a personnummer looks like: whether one is right, whose it is, and where one stands in a text.

A sender may write a personnummer where none belongs. What is looked for is one thing everywhere (`_spellings`): ten or
twelve digits of any script that are no part of a longer run of digits, with any few signs between them that are no letters
(dashes, blanks, dots, what cannot be seen), and whose first six or eight can be a birth date, also that of a samordningsnummer
with an unknown month or day. What is done with one that is found differs:

* in text (a question, a name of an activity: `Masked.TEXT`) it is hidden, right or mistyped: hiding too much does no harm;
* in names of folders and files, and in sentences about them (`mask_name`), it is hidden when its check digit is right, so that
  a day and a time mostly stay readable;
* in ids of records (`Masked.ID`) it is hidden when its check digit is right and it can be the number of somebody who is old
  enough for the register. An id must be the same every night, whatever the clock shows, and many ids begin with the day on which
  the record was made: ids are compared as text where figures have a tie, so those are left as they are.

Replacing personnummer by pseudonyms belongs in ``delivery.pseudonym``.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

#: What stands where somebody wrote a personnummer in a text.
HIDDEN = "*" * 12

#: What stands there where different numbers stay different; its hex digits may look like a number themselves.
_PUT_IN_PLACE = re.compile(re.escape(HIDDEN) + "-[0-9a-f]{12}")

#: Births up to this year are hidden in ids. It covers everybody who turns 15 until 2027.
_LATEST_BIRTH_IN_ID = 2012

#: Only in a samordningsnummer can the month be unknown.
_MONTH_LENGTHS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

#: What may stand between two digits: any few signs that are no letters, blanks and invisible ones among them.
_GAP = r"[\W_]{0,8}"

#: Twelve digits with a century, or ten, from one place on.
_LONG = re.compile(_GAP.join(["[12]", "[089]", *["[0-9]"] * 10]) + "(?![0-9])")
_SHORT = re.compile(_GAP.join(["[0-9]"] * 10) + "(?![0-9])")
_START = re.compile("(?<![0-9])[0-9]")

_TWELVE_DIGITS = re.compile("[0-9]{12}")

#: A text with fewer digits is not looked at.
FEWEST_DIGITS = 10


class Masked(Enum):
    """What a column holds: running text, or ids of records."""

    TEXT = "text"
    ID = "id"


@dataclass(frozen=True)
class Born:
    """What a personnummer says of its holder."""

    birth_date: date
    gender: str


def born(number: str) -> Born | None:
    """Who a valid personnummer of twelve digits belongs to; None for any other text (deliveries.md section 3).

    60 is taken from the day of a samordningsnummer.
    """
    if not _TWELVE_DIGITS.fullmatch(number) or not _is_sound(number):
        return None
    day = int(number[6:8])
    try:
        birth_date = date(int(number[:4]), int(number[4:6]), day - 60 if day > 60 else day)
    except ValueError:
        return None
    return Born(birth_date, "man" if int(number[10]) % 2 else "kvinna")


def masking_of(column: str) -> Masked:
    """How numbers are looked for in the text column of this name: ids are named so."""
    return Masked.ID if column.endswith("_id") else Masked.TEXT


def mask_name(text: str) -> str:
    """The name of a folder or file, or a sentence about one, without the numbers in it whose check digit is right."""
    return replace_in_name(text, lambda written: HIDDEN)


def replace_in_name(text: str, replacement: Callable[[str], str]) -> str:
    """As ``mask_name``, with what ``replacement`` makes of each number in its place."""
    return _without_numbers(text, replacement, _is_sound)


def mask_text(text: str) -> str:
    """What a person writes, a reason for example, without the numbers in it, right or mistyped."""
    return replace_numbers(text, Masked.TEXT, lambda written: HIDDEN)


def replace_numbers(text: str, column: Masked, replacement: Callable[[str], str]) -> str:
    """A column's text with what ``replacement`` makes of each number in its place."""
    return _without_numbers(text, replacement, _RULES[column])


def holds_a_number(text: str, column: Masked) -> bool:
    """Whether a number stands in a text that was to be masked."""
    return next(_spellings(_PUT_IN_PLACE.sub(HIDDEN, text), _RULES[column]), None) is not None


def _without_numbers(text: str, replacement: Callable[[str], str], is_one: Callable[[str], bool]) -> str:
    parts, end = [], 0
    for first, last in _spellings(text, is_one):
        parts += [text[end:first], replacement(text[first:last])]
        end = last
    return "".join([*parts, text[end:]])


def _spellings(text: str, is_one: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Where in a text numbers stand, from and to. ``is_one`` is asked of the digits that may be one: ten or twelve."""
    if sum(map(str.isdigit, text)) < FEWEST_DIGITS:
        return
    plain, places = (text, range(len(text))) if text.isascii() else _with_plain_digits(text)
    end = 0
    for start in _START.finditer(plain):
        for spelling in (_LONG, _SHORT):
            match = spelling.match(plain, start.start()) if start.start() >= end else None
            digits = re.sub("[^0-9]", "", match[0]) if match else ""
            if match and _may_be_born(digits) and is_one(digits):
                end = match.end()
                yield places[match.start()], places[end - 1] + 1
                break


def _with_plain_digits(text: str) -> tuple[str, Sequence[int]]:
    """A text with the digits of every script as 0–9, and for each of its signs the place that it comes from."""
    signs = [(sign, place) for place, written in enumerate(text) for sign in unicodedata.normalize("NFKC", written)]
    plain = "".join(str(unicodedata.decimal(sign, sign)) for sign, _ in signs)
    return plain, [place for _, place in signs]


def _may_be_born(digits: str) -> bool:
    """Whether the digits before the last four can be a birth date, one with an unknown month or day too."""
    month, day = int(digits[-8:-6]), int(digits[-6:-4])
    in_a_century = len(digits) == 10 or digits[:2] in ("18", "19", "20")
    return in_a_century and month <= 12 and (1 <= day <= 31 or 60 <= day <= 91)


def _is_sound(digits: str) -> bool:
    """Serial number and check digit."""
    ten = digits[-10:]
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(ten)]
    return ten[6:9] != "000" and sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _is_of_the_register(digits: str) -> bool:
    """Whether it is a right number of somebody born in the years of the register's youths or before."""
    is_a_day = digits[-6:-4] >= "60" or 1 <= int(digits[-6:-4]) <= _MONTH_LENGTHS[int(digits[-8:-6])]
    return is_a_day and _is_sound(digits) and (len(digits) == 10 or int(digits[:4]) <= _LATEST_BIRTH_IN_ID)


_RULES: dict[Masked, Callable[[str], bool]] = {Masked.TEXT: lambda digits: True, Masked.ID: _is_of_the_register}
