"""Numbers the records of a dataset's files: nights are alike, so most records stood in the file before.

The same number is always the same text, so what holds for one (its fields, its type, its faults) is worked out once per
number and not once per night. Nothing here knows what a record means.
"""

from dataclasses import dataclass
from threading import Lock
from typing import cast

import numpy as np
import polars as pl
import pyarrow as pa

Numbers = np.ndarray[tuple[int], np.dtype[np.uint32]]
Places = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]

#: Slots of a table, per record: few records meet in one slot, so a second, small table finds nearly all the others.
_SLOTS = 8
_OTHER_BITS = np.uint64(32)


@dataclass(frozen=True)
class Recognised:
    """A file's records with the numbers they have from another file.

    ``new``: the places of those that have none yet; ``texts``: what stands there.
    """

    header: tuple[str, ...]
    records: pl.Series
    hashes: Hashes
    numbers: Numbers
    new: Places
    texts: pa.LargeStringArray


class Lines:
    """The records of one dataset in a batch of deliveries. Several threads may use it at once.

    A record is recognised from the file that was read last. So one text can have several numbers: what is to be counted once
    per text must still be grouped, but among few.
    """

    def __init__(self) -> None:
        self.count = 0
        self._texts: dict[tuple[str, ...], list[tuple[int, pa.LargeStringArray]]] = {}
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
            numbers, new = np.zeros(len(records), dtype=np.uint32), np.arange(len(records))
        else:
            numbers, new = before.look_up(hashes, records)
        # By themselves, for a part of a file's records would keep the whole file in memory.
        texts = records[new].to_arrow(compat_level=pl.CompatLevel.oldest())
        return Recognised(header, records, hashes, numbers, new, cast(pa.LargeStringArray, texts))

    def remember(self, file: Recognised) -> Numbers:
        """The number of each record of a file, new ones for those that had none."""
        numbers = file.numbers.copy()
        with self._lock:
            first = self.count
            self.count += len(file.new)
            self._bytes += file.texts.nbytes + numbers.nbytes
            self._texts.setdefault(file.header, []).append((first, file.texts))
        numbers[file.new] = np.arange(first, first + len(file.new), dtype=np.uint32)
        if len(numbers):
            self._before = _Table(file.header, file.records, numbers, file.hashes)
        return numbers

    def texts(self) -> dict[tuple[str, ...], pl.DataFrame]:
        """`number, record` of everything numbered, by the header under which it stood."""
        return {
            header: pl.DataFrame(
                {
                    "number": np.concatenate([first + np.arange(len(part), dtype=np.uint32) for first, part in parts]),
                    "record": pl.from_arrow(pa.chunked_array([part for _, part in parts], pa.large_string())),
                },
                schema={"number": pl.UInt32, "record": pl.String},
            )
            for header, parts in self._texts.items()
        }


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

    def look_up(self, hashes: Hashes, records: pl.Series) -> tuple[Numbers, Places]:
        """The records' numbers, and the places of those that have none here."""
        numbers, differs = self._compared(self._first.at(hashes), records)
        rest = np.flatnonzero(differs)
        numbers[rest], differs = self._compared(self._second.at(hashes[rest] >> _OTHER_BITS), records[rest])
        return numbers, rest[differs]

    def _compared(self, places: Numbers, records: pl.Series) -> tuple[Numbers, Flags]:
        """A hash only says where to look; that a record is the same is seen by comparing the texts."""
        return self._numbers[places], (self._records[places] != records).to_numpy()


class _Slots:
    """For the low bits of a hash the place of a record; where several meet, of the last."""

    def __init__(self, hashes: Hashes, places: Numbers) -> None:
        self._mask = np.uint64((1 << (_SLOTS * len(places)).bit_length()) - 1)
        self._table = np.zeros(int(self._mask) + 1, dtype=np.uint32)
        self._table[self._slots(hashes)] = places

    def at(self, hashes: Hashes) -> Numbers:
        places: Numbers = self._table[self._slots(hashes)]
        return places

    def _slots(self, hashes: Hashes) -> Places:
        return (hashes & self._mask).view(np.int64)  # numpy takes places of no other type without a copy
