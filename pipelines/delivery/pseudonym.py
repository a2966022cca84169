"""Personnummer become pseudonyms here, and nowhere else; after this module no personnummer exists in the program.

A pseudonym is the first 128 bits of HMAC-SHA-256 over the twelve digits with the municipality's secret key. A plain hash
would be no protection: all numbers of a year of births can be tried in seconds.

A sender may also write a personnummer where none belongs: in a record's id, a file's or a folder's name. There it is hidden.
"""

import hmac
import re
from collections.abc import Callable
from datetime import date

import polars as pl

#: What is known of a number before it is dropped (deliveries.md section 3, figures.md section 1).
NUMBER_SCHEMA = {"number": pl.String, "pseudonym": pl.String, "birth_date": pl.Date, "gender": pl.String}

#: What stands where somebody wrote a personnummer in a text.
HIDDEN = "*" * 12

#: Somebody born later is in no source; so a name that holds a day and a time of recent years is no number.
_LEAST_AGE = 10

#: Births up to this year are hidden in ids and other texts. An id must be the same every night, so this cannot follow the
#: clock; it covers everybody who is under 20 until 2032, and leaves alone ids that begin with the day they were made.
_LATEST_BIRTH_IN_TEXT = 2012

#: How people write a number: twelve digits, with or without a mark before the last four, or ten with the mark.
_WRITTEN = r"(?:19|20)[0-9]{6}[-+ ]?[0-9]{4}|[0-9]{6}[-+][0-9]{4}"
_NUMBER = re.compile(f"(?<![0-9])(?:{_WRITTEN})(?![0-9])")


def mask(text: str, today: date) -> str:
    """A name or a sentence without the numbers in it of anybody born at least ten years before today.

    The check digit does not matter: a mistyped number is still somebody's.
    """
    return _without_numbers(text, lambda number: HIDDEN, today)


def _without_numbers(text: str, replacement: Callable[[str], str], today: date | None) -> str:
    def replaced(match: re.Match[str]) -> str:
        return replacement(match[0]) if _may_be_a_number(match[0], today) else match[0]

    return _NUMBER.sub(replaced, text)


def _may_be_a_number(written: str, today: date | None) -> bool:
    """Whether it is somebody's number by its birth date: of somebody old enough, where ``today`` is given; else born in the
    years of the register's youths and with a right check digit, for an id may well consist of a date and a serial."""
    digits = re.sub("[^0-9]", "", written)[:-4]
    centuries = ("",) if len(digits) == 8 else ("19",) if "+" in written else ("20", "19")  # a plus: over 100 years old
    for century in centuries:
        year, month, day = int(century + digits[:-4]), int(digits[-4:-2]), int(digits[-2:])
        try:
            birth = date(year, month, day - 60 if day > 60 else day)
        except ValueError:
            continue
        if today is None:
            return year <= _LATEST_BIRTH_IN_TEXT and _is_sound(re.sub("[^0-9]", "", written)[-10:])
        if birth <= today:
            return (year + _LEAST_AGE, birth.month, birth.day) <= (today.year, today.month, today.day)
    return False


def _is_sound(ten_digits: str) -> bool:
    """Serial number and check digit of the ten-digit form."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(ten_digits)]
    return ten_digits[6:9] != "000" and sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


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

    def mask(self, text: str, today: date | None = None) -> str:
        """As the function ``mask``, but different numbers stay different texts: for names and ids that must stay unique.

        Without ``today`` the clock makes no difference: an id must be the same every night.
        """
        return _without_numbers(text, lambda number: f"{HIDDEN}-{self.pseudonym(number)[:12]}", today)

    def mask_all(self, texts: pl.Series) -> pl.Series:
        """``mask`` for every value of a column."""
        written = texts.filter(texts.str.contains(_WRITTEN)).unique().to_list()
        return texts.replace({text: self.mask(text) for text in written}) if written else texts

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
