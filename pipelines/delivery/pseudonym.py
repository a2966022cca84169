"""Personnummer become pseudonyms here, and nowhere else; after this module no personnummer exists in the program.

A pseudonym is the first 128 bits of HMAC-SHA-256 over the twelve digits with the municipality's secret key. A plain hash
would be no protection: all numbers of a year of births can be tried in seconds.

A sender may also write a personnummer where none belongs. What is looked for is one thing everywhere (`_spellings`): ten or
twelve digits of any script that are no part of a longer run of digits, with any few signs between them that are no letters
(dashes, blanks, dots, what cannot be seen), and whose first six or eight can be a birth date, also that of a samordningsnummer
with an unknown month or day. What is done with one that is found differs:

* in text (a question, a name of an activity: `Masked.TEXT`) it is hidden, right or mistyped: hiding too much does no harm;
* in names of folders and files, and in sentences about them (`mask_name`), it is hidden when its check digit is right, so that
  a day and a time mostly stay readable;
* in ids of records (`Masked.ID`) it is hidden when its check digit is right and it can be the number of somebody who is old
  enough for the register. An id must be the same every night, whatever the clock shows, and many ids begin with the day on which
  the record was made: ids are compared as text where figures have a tie, so those are left as they are.

In text and ids different numbers stay different texts, so keys and references still fit together.
"""

import hmac
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from enum import Enum

import polars as pl

from pipelines.contract import Column

#: What is known of a number before it is dropped (deliveries.md section 3, figures.md section 1).
NUMBER_SCHEMA = {"number": pl.String, "pseudonym": pl.String, "birth_date": pl.Date, "gender": pl.String}

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

#: A text with fewer digits is not looked at.
_FEWEST_DIGITS = 10


class Masked(Enum):
    """What a column holds: running text, or ids of records."""

    TEXT = "text"
    ID = "id"


def masking_of(column: Column) -> Masked:
    """How numbers are looked for in a text column: ids are named so."""
    return Masked.ID if column.name.endswith("_id") else Masked.TEXT


def mask_name(text: str) -> str:
    """The name of a folder or file, or a sentence about one, without the numbers in it whose check digit is right."""
    return _without_numbers(text, lambda written: HIDDEN, _is_sound)


def mask_text(text: str) -> str:
    """What a person writes, a reason for example, without the numbers in it, right or mistyped."""
    return _without_numbers(text, lambda written: HIDDEN, _RULES[Masked.TEXT])


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
    if sum(map(str.isdigit, text)) < _FEWEST_DIGITS:
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


def _digit(position: int) -> pl.Expr:
    return pl.col("number").str.slice(position, 1).cast(pl.Int32, strict=False)


def _luhn_sum() -> pl.Expr:
    """Luhn sum over the last ten of twelve digits: every second digit is doubled, beginning with the first."""
    doubled = [_digit(position) * 2 for position in range(2, 12, 2)]
    terms = [pl.when(value > 9).then(value - 9).otherwise(value) for value in doubled]
    return pl.sum_horizontal(terms + [_digit(position) for position in range(3, 12, 2)])


def _birth_date() -> pl.Expr:
    """Birth date; 60 is taken from the day of a samordningsnummer. Null where there is no such date."""
    day = pl.col("number").str.slice(6, 2).cast(pl.Int32, strict=False)
    day = pl.when(day > 60).then(day - 60).otherwise(day)
    text = pl.concat_str(pl.col("number").str.slice(0, 6), day.cast(pl.String).str.zfill(2))
    return pl.when(pl.col("number").str.slice(0, 4) != "0000").then(text.str.to_date("%Y%m%d", strict=False))


class Pseudonymiser:
    """Makes pseudonyms with one key and remembers them for the length of a run: nights are alike."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known = pl.DataFrame(schema=NUMBER_SCHEMA)

    def pseudonym(self, number: str) -> str:
        """The pseudonym of one personnummer: 32 hex digits."""
        return hmac.digest(self._key, number.encode(), "sha256").hex()[:32]

    def name(self, name: str) -> str:
        """As ``mask_name``, but different names stay different."""
        return _without_numbers(name, self._hidden, _is_sound)

    def mask_all(self, texts: pl.Series, column: Masked) -> pl.Series:
        """The values of a column without the numbers in them; different values stay different."""
        suspects = texts.filter(texts.str.count_matches(r"\p{N}") >= _FEWEST_DIGITS).unique().to_list()
        masked = {text: _without_numbers(text, self._hidden, _RULES[column]) for text in suspects}
        return texts.replace({text: new for text, new in masked.items() if new != text})

    def _hidden(self, written: str) -> str:
        return f"{HIDDEN}-{self.pseudonym(written)[:12]}"

    @property
    def known(self) -> pl.DataFrame:
        """`pseudonym, birth_date` of every sound number that this run has looked up."""
        return self._known.select("pseudonym", "birth_date").drop_nulls("pseudonym")

    def look_up(self, numbers: pl.Series) -> pl.DataFrame:
        """Rows of NUMBER_SCHEMA for the distinct values; a value that is no valid personnummer has null pseudonym."""
        wanted = pl.DataFrame({"number": numbers.drop_nulls().unique()}, schema={"number": pl.String})
        fresh = wanted.join(self._known, on="number", how="anti")
        if fresh.height:
            self._known = pl.concat([self._known, self._make(fresh)])
        return wanted.join(self._known, on="number", how="left")

    def _make(self, fresh: pl.DataFrame) -> pl.DataFrame:
        shaped = fresh.with_columns(shape=pl.col("number").str.contains(r"^[0-9]{12}$"))
        checked = shaped.with_columns(
            birth_date=pl.when(pl.col("shape")).then(_birth_date()),
            sound=pl.col("shape") & (_luhn_sum() % 10 == 0) & (pl.col("number").str.slice(8, 3) != "000"),
        ).with_columns(sound=pl.col("sound") & pl.col("birth_date").is_not_null())
        pseudonyms = [
            self.pseudonym(number) if sound else None for number, sound in checked.select("number", "sound").iter_rows()
        ]
        return checked.with_columns(
            pseudonym=pl.Series(pseudonyms, dtype=pl.String),
            birth_date=pl.when(pl.col("sound")).then(pl.col("birth_date")),
            gender=pl.when(pl.col("sound")).then(
                pl.when(_digit(10) % 2 == 1).then(pl.lit("man")).otherwise(pl.lit("kvinna"))
            ),
        ).select(list(NUMBER_SCHEMA))
