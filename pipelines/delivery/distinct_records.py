"""Gives each record of a dataset's files an id: nights are alike, so most records stood in the file before and keep theirs.

The same id is always the same text, so what holds for one (its fields, its type, its faults) is worked out once per id and
not once per night. Nothing here knows what a record means.

A plain join instead of the hash tables takes 1.4 times the time and 1.1 times the memory (docs/benchmarks.md).
"""

from dataclasses import dataclass
from threading import Lock
from typing import cast

import numpy as np
import polars as pl
import pyarrow as pa

RecordIds = np.ndarray[tuple[int], np.dtype[np.uint32]]
LineNumbers = np.ndarray[tuple[int], np.dtype[np.uint32]]
Places = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]

#: Slots of a hash table, per record: few records meet in one slot, so a second, small table finds nearly all the others.
_SLOTS_PER_RECORD = 8
_OTHER_BITS = np.uint64(32)


@dataclass(frozen=True)
class RecognisedFile:
    """A file's records with the ids that they have from the file before.

    ``new``: the places of those that have none yet; ``texts``: what stands there.
    """

    header: tuple[str, ...]
    records: pl.Series
    hashes: Hashes
    ids: RecordIds
    new: Places
    texts: pa.LargeStringArray


class DistinctRecords:
    """The records of one dataset in a batch of deliveries. Several threads may use it at once.

    A record is recognised from the file that was read last. So one text can have several ids: what is to be counted once
    per text must still be grouped, but among few.
    """

    def __init__(self) -> None:
        self.count = 0
        self._texts: dict[tuple[str, ...], list[tuple[int, pa.LargeStringArray]]] = {}
        self._lock = Lock()
        self._before: _FileIndex | None = None
        self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes that the texts and the files' ids take."""
        return self._bytes

    def recognise(self, header: tuple[str, ...], records: pl.Series) -> RecognisedFile:
        """Which of the records stood in the file before, if that had the same header."""
        before = self._before
        hashes = records.hash().to_numpy()
        if before is None or before.header != header:
            ids, new = np.zeros(len(records), dtype=np.uint32), np.arange(len(records))
        else:
            ids, new = before.look_up(hashes, records)
        # By themselves, for a part of a file's records would keep the whole file in memory.
        texts = records[new].to_arrow(compat_level=pl.CompatLevel.oldest())
        return RecognisedFile(header, records, hashes, ids, new, cast(pa.LargeStringArray, texts))

    def remember(self, file: RecognisedFile) -> RecordIds:
        """The id of each record of a file, new ones for those that had none."""
        ids = file.ids.copy()
        with self._lock:
            first = self.count
            self.count += len(file.new)
            self._bytes += file.texts.nbytes + ids.nbytes
            self._texts.setdefault(file.header, []).append((first, file.texts))
        ids[file.new] = np.arange(first, first + len(file.new), dtype=np.uint32)
        if len(ids):
            self._before = _FileIndex(file, ids)
        return ids

    def texts(self) -> dict[tuple[str, ...], pl.DataFrame]:
        """`record_id, record` of everything remembered, by the header under which it stood."""
        return {
            header: pl.DataFrame(
                {
                    "record_id": np.concatenate([np.arange(first, first + len(part)) for first, part in parts]).astype(
                        np.uint32
                    ),
                    "record": pl.from_arrow(pa.chunked_array([part for _, part in parts], pa.large_string())),
                },
                schema={"record_id": pl.UInt32, "record": pl.String},
            )
            for header, parts in self._texts.items()
        }


class _FileIndex:
    """The records of one file, to be found by their hash."""

    def __init__(self, file: RecognisedFile, ids: RecordIds) -> None:
        self.header = file.header
        self._records = file.records
        self._ids = ids
        places = np.arange(len(ids), dtype=np.uint32)
        self._first = _HashTable(file.hashes, places)
        crowded_out = places[self._first.places(file.hashes) != places]  # another record has taken their slot
        self._second = _HashTable(file.hashes[crowded_out] >> _OTHER_BITS, crowded_out)

    def look_up(self, hashes: Hashes, records: pl.Series) -> tuple[RecordIds, Places]:
        """The records' ids, and the places of those that have none here."""
        ids, differs = self._compared(self._first.places(hashes), records)
        rest = np.flatnonzero(differs)
        ids[rest], differs = self._compared(self._second.places(hashes[rest] >> _OTHER_BITS), records[rest])
        return ids, rest[differs]

    def _compared(self, places: RecordIds, records: pl.Series) -> tuple[RecordIds, Flags]:
        """A hash only says where to look; that a record is the same is seen by comparing the texts."""
        return self._ids[places], (self._records[places] != records).to_numpy()


class _HashTable:
    """For the low bits of a hash the place of a record; where several meet, of the last."""

    def __init__(self, hashes: Hashes, places: RecordIds) -> None:
        self._mask = np.uint64((1 << (_SLOTS_PER_RECORD * len(places)).bit_length()) - 1)
        self._table = np.zeros(int(self._mask) + 1, dtype=np.uint32)
        self._table[self._slots(hashes)] = places

    def places(self, hashes: Hashes) -> RecordIds:
        """Where in its file the record with each hash may stand."""
        found: RecordIds = self._table[self._slots(hashes)]
        return found

    def _slots(self, hashes: Hashes) -> Places:
        return (hashes & self._mask).view(np.int64)  # numpy takes places of no other type without a copy
