"""By what a record is known whose consent is withdrawn (deliveries.md section 4, `flai`): a keyed fingerprint of its key.

Nothing else of it is kept, and that only so that a late extract does not bring it back. The fingerprints' key is made from the
pseudonyms': who has a history without that key can neither read nor guess a record's key in it. Which rows withdraw is said in
``intake.withdrawals``, what is removed in ``history.consents``.
"""

import hmac

import polars as pl

from pipelines.configuration.contract import Dataset

_PURPOSE = b"fingerprints of records whose consent is withdrawn"


class ConsentFingerprints:
    """Makes the fingerprints of one home's records."""

    def __init__(self, pseudonym_key: bytes) -> None:
        self._key = hmac.digest(pseudonym_key, _PURPOSE, "sha256")

    def of(self, dataset: Dataset, keys: pl.Series) -> pl.Series:
        """The fingerprints of records of a dataset, by their keys as the history has them: 32 hex digits; null where there is no
        key."""
        made = {key: self._make(dataset.table, key) for key in keys.drop_nulls().unique()}
        return keys.replace_strict(list(made), list(made.values()), default=None, return_dtype=pl.String)

    def _make(self, table: str, key: str) -> str:
        return hmac.digest(self._key, f"{table}\0{key}".encode(), "sha256").hex()[:32]
