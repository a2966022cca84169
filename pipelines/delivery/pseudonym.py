"""Personnummer become pseudonyms here, and nowhere else; after this module no personnummer exists in the program.

A pseudonym is the first 128 bits of HMAC-SHA-256 over the twelve digits with the municipality's secret key. A plain hash
would be no protection: all numbers of a year of births can be tried in seconds.
"""

import hmac
from hashlib import sha256

import polars as pl

#: What is known of a number before it is dropped (deliveries.md section 3, figures.md section 1).
NUMBER_SCHEMA = {"number": pl.String, "pseudonym": pl.String, "birth_date": pl.Date, "gender": pl.String}


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
        return hmac.new(self._key, number.encode(), sha256).hexdigest()[:32]

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
