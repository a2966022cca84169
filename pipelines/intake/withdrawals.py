"""Which rows of a night's deliveries withdraw a consent (deliveries.md section 4).

A sound row withdraws whose consent ended on or before the day of its extract, in a delivery that was accepted or superseded, also
one that was superseded before it was loaded: in whatever order deliveries come, the same consents are withdrawn. A held delivery
withdraws when it is held no more, unless a person rejects it. What becomes of the records belongs in ``history.consents``.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from pipelines.delivery.consent import ConsentFingerprints
from pipelines.delivery.judging import ACCEPTED, SUPERSEDED, Judged
from pipelines.delivery.rows import BatchRows
from pipelines.delivery.runs import each_extract
from pipelines.history.store import History


class Withdrawals:
    """A night's withdrawals, on their way into its history."""

    def __init__(self, history: History, fingerprints: ConsentFingerprints) -> None:
        self._history = history
        self._fingerprints = fingerprints

    def of_batch(self, batch: Mapping[str, BatchRows], judged: Mapping[int, Judged]) -> None:
        """Withdraw what the rows of a batch say. ``judged``: extract -> the verdict on it, once all are judged."""
        withdrawing = {extract: entry for extract, entry in judged.items() if _withdraws(entry)}
        dates = {extract: entry.extract_date for extract, entry in withdrawing.items() if entry.extract_date}
        ids = pl.DataFrame(
            [(extract, entry.delivery_id) for extract, entry in withdrawing.items()],
            schema={"extract": pl.UInt32, "delivery_id": pl.String},
            orient="row",
        )
        for rows in batch.values():
            found = withdrawn_in(rows, dates).join(ids, on="extract").select("delivery_id", "key")
            self._history.withdraw(rows.dataset, found, self._fingerprints)

    def of_held(self, ledger: Iterable[Judged]) -> None:
        """Withdraw what deliveries say that were held until tonight, and were not turned away."""
        withdrawing = {entry.delivery_id: entry.extract_date for entry in ledger if _withdraws(entry)}
        for dataset in self._history.datasets():
            if dataset.consent_end:
                found = self._history.withdrawn_in_held(dataset, withdrawing)
                self._history.withdraw(dataset, found, self._fingerprints)

    def mark_records(self) -> None:
        """Have the history know by their keys all records that it holds and that are withdrawn: what purging removes."""
        self._history.mark_withdrawn(self._fingerprints)


def withdrawn_in(rows: BatchRows, dates: Mapping[int, date]) -> pl.DataFrame:
    """`extract, key` of the records whose consent the sound rows of these extracts (extract -> date) withdraw."""
    end = rows.dataset.consent_end
    if end is None or not dates:
        return pl.DataFrame(schema={"extract": pl.UInt32, "key": pl.String})
    days = pl.DataFrame(list(dates.items()), schema={"extract": pl.UInt32, "day": pl.Date}, orient="row")
    ended = rows.contents.select("content", key=rows.dataset.consent_key, until=end.history_name).drop_nulls("until")
    seen = each_extract(rows.runs.join(ended, on="content"))
    return seen.join(days, on="extract").filter(pl.col("until") <= pl.col("day")).select("extract", "key").unique()


def _withdraws(entry: Judged) -> bool:
    return entry.status in (ACCEPTED, SUPERSEDED)
