"""Personnummer become pseudonyms here, and nowhere else; after this module no personnummer exists in the program.

A pseudonym is the first 128 bits of HMAC-SHA-256 over the twelve digits with the municipality's secret key. A plain hash
would be no protection: all numbers of a year of births can be tried in seconds.

Numbers that a sender has written in text and ids, where none belongs, are hidden so that different numbers stay different
texts: keys and references still fit together. What such a number looks like is said in ``pipelines.personnummer``.
"""

import hmac

import polars as pl

from pipelines.delivery.consent import ConsentFingerprints
from pipelines.personnummer import FEWEST_DIGITS, HIDDEN, Masked, born, replace_in_name, replace_numbers

#: What is known of a number before it is dropped (deliveries.md section 3, figures.md section 1).
NUMBER_SCHEMA = {"number": pl.String, "pseudonym": pl.String, "birth_date": pl.Date, "gender": pl.String}


class Pseudonymiser:
    """Makes pseudonyms with one key and remembers them for the length of a run: nights are alike."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        #: What is made with the same key: what records are known by whose consent is withdrawn.
        self.consents = ConsentFingerprints(key)
        self._known = pl.DataFrame(schema=NUMBER_SCHEMA)

    def pseudonym(self, number: str) -> str:
        """The pseudonym of one personnummer: 32 hex digits."""
        return hmac.digest(self._key, number.encode(), "sha256").hex()[:32]

    def name(self, name: str) -> str:
        """As ``mask_name``, but different names stay different."""
        return replace_in_name(name, self._hidden)

    def mask_all(self, texts: pl.Series, column: Masked) -> pl.Series:
        """The values of a column without the numbers in them; different values stay different."""
        suspects = texts.filter(texts.str.count_matches(r"\p{N}") >= FEWEST_DIGITS).unique().to_list()
        masked = {text: replace_numbers(text, column, self._hidden) for text in suspects}
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
        made = []
        for (number,) in fresh.iter_rows():
            person = born(number)
            known = (self.pseudonym(number), person.birth_date, person.gender) if person else (None, None, None)
            made.append((number, *known))
        return pl.DataFrame(made, schema=NUMBER_SCHEMA, orient="row")
