"""Numbers the records of a dataset's files: nights are alike, so most records stood in the file before.

The same number is always the same text, so what holds for one (its fields, its type, its faults) is worked out once per
number and not once per night. Nothing here knows what a record means.
"""

from dataclasses import dataclass
from threading import Lock
from typing import cast

import numpy as np
import polars as pl

Numbers = np.ndarray[tuple[int], np.dtype[np.uint32]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]

#: Slots of a table, per record: few records meet in one slot, so a second, small table finds nearly all the others.
_SLOTS = 8
_OTHER_BITS = np.uint64(32)


@dataclass(frozen=True)
class Recognised:
    """A file's records with the numbers they have from another file; those flagged ``fresh`` have none yet."""

    header: tuple[str, ...]
    records: pl.Series
    numbers: Numbers
    fresh: Flags
    hashes: Hashes


class Lines:
    """The records of one dataset in a batch of deliveries. Several threads may use it at once.

    A record is recognised from the file that was read last. So one text can have several numbers: what is to be counted once
    per text must still be grouped, but among few.
    """

    def __init__(self) -> None:
        self.count = 0
        self._texts: list[tuple[tuple[str, ...], int, pl.Series]] = []
        self._lock = Lock()
        self._before: _Table | None = None
        self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes that the texts and the files' numbers take."""
        return self._bytes

    def recognise(self, header: tuple[str, ...], records: pl.Series) -> Recognised:
        """Which of the records stood in the file before, if that had the same header."""
        before = self._before
        hashes = records.hash().to_numpy()
        if before is None or before.header != header:
            numbers, fresh = np.zeros(len(records), dtype=np.uint32), np.ones(len(records), dtype=np.bool_)
        else:
            numbers, fresh = before.look_up(hashes, records)
        return Recognised(header, records, numbers, fresh, hashes)

    def remember(self, file: Recognised) -> Numbers:
        """The number of each record of a file, new ones for those that had none."""
        numbers = file.numbers.copy()
        places = np.flatnonzero(file.fresh)
        texts = _compact(file.records[places])
        with self._lock:
            first = self.count
            self.count += len(texts)
            self._bytes += int(texts.estimated_size()) + numbers.nbytes
            self._texts.append((file.header, first, texts))
        numbers[places] = np.arange(first, first + len(texts), dtype=np.uint32)
        if len(numbers):
            self._before = _Table(file.header, file.records, numbers, file.hashes)
        return numbers

    def texts(self) -> dict[tuple[str, ...], pl.DataFrame]:
        """`number, record` of everything numbered, by the header under which it stood."""
        by_header: dict[tuple[str, ...], list[pl.DataFrame]] = {}
        for header, first, texts in self._texts:
            numbers = np.arange(first, first + len(texts), dtype=np.uint32)
            by_header.setdefault(header, []).append(pl.DataFrame({"number": numbers, "record": texts}))
        return {header: pl.concat(frames) for header, frames in by_header.items()}


class _Table:
    """The records of one file, to be found by their hash."""

    def __init__(self, header: tuple[str, ...], records: pl.Series, numbers: Numbers, hashes: Hashes) -> None:
        self.header = header
        self._records = records
        self._numbers = numbers
        places = np.arange(len(records), dtype=np.uint32)
        self._first = _Slots(hashes, places)
        lost = places[self._first.at(hashes) != places]  # another record has taken their slot
        self._second = _Slots(hashes[lost] >> _OTHER_BITS, lost)

    def look_up(self, hashes: Hashes, records: pl.Series) -> tuple[Numbers, Flags]:
        """The records' numbers, and which of them have none here."""
        numbers, fresh = self._compared(self._first.at(hashes), records)
        rest = np.flatnonzero(fresh)
        numbers[rest], fresh[rest] = self._compared(self._second.at(hashes[rest] >> _OTHER_BITS), records[rest])
        return numbers, fresh

    def _compared(self, places: Numbers, records: pl.Series) -> tuple[Numbers, Flags]:
        """A hash only says where to look; that a record is the same is seen by comparing the texts."""
        same = self._records[places] == records
        return self._numbers[places], ~same.to_numpy()


class _Slots:
    """For the low bits of a hash the place of a record; where several meet, of the last."""

    def __init__(self, hashes: Hashes, places: Numbers) -> None:
        self._mask = np.uint64((1 << (_SLOTS * len(places)).bit_length()) - 1)
        self._table = np.zeros(int(self._mask) + 1, dtype=np.uint32)
        self._table[hashes & self._mask] = places

    def at(self, hashes: Hashes) -> Numbers:
        places: Numbers = self._table[hashes & self._mask]
        return places


def _compact(texts: pl.Series) -> pl.Series:
    """The texts by themselves: a part of a file's records would keep the whole file in memory."""
    return cast(pl.Series, pl.from_arrow(texts.to_arrow(compat_level=pl.CompatLevel.oldest())))
