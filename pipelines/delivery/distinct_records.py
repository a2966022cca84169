"""Gives each record of a dataset's files an id: nights are alike, so most records stood in the file before and keep theirs.

The same id is always the same text, so what holds for one (its fields, its type, its faults) is worked out once per id and
not once per night. Nothing here knows what a record means.

A record that is a line of its own is first looked for where it stood (``same_lines``); where the order is another one, and for
records of several lines, there are hash tables. A plain join instead of them takes 1.4 times the time and 1.1 times the memory
(docs/benchmarks.md).
"""

from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import cast

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.delivery.same_lines import Lines, lines_of, same_stretches

RecordIds = np.ndarray[tuple[int], np.dtype[np.uint32]]
LineNumbers = np.ndarray[tuple[int], np.dtype[np.uint32]]
Places = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]

#: Slots of a hash table, per record: few records meet in one slot, so a second, small table finds nearly all the others.
_SLOTS_PER_RECORD = 8
_OTHER_BITS = np.uint64(32)

#: Where more than one line of so many is not found in the order of the file before, they are looked for by their hash.
_MANY = 16
#: Stands for the id that a record has not got yet.
_NONE = np.uint32(2**32 - 1)


@dataclass(frozen=True)
class RecognisedFile:
    """A file's records with the ids that they have from the file before.

    ``new``: the places of those that have none yet; ``texts``: what stands there.
    """

    header: tuple[str, ...]
    all_records: Lines | pl.Series
    ids: RecordIds
    new: Places
    texts: pa.LargeStringArray

    @property
    def records(self) -> pl.Series:
        """The text of each record."""
        return self.all_records.as_series if isinstance(self.all_records, Lines) else self.all_records


class DistinctRecords:
    """The records of one dataset in a batch of deliveries. Several threads may use it at once.

    A record is recognised from the file that was read last. So one text can have several ids: what is to be counted once
    per text must still be grouped, but among few.
    """

    def __init__(self) -> None:
        self.count = 0
        self._texts: dict[tuple[str, ...], list[tuple[int, pa.LargeStringArray]]] = {}
        self._lock = Lock()
        self._before: _FileBefore | None = None
        self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes that the texts and the files' ids take."""
        return self._bytes

    def recognise(self, header: tuple[str, ...], records: pl.Series) -> RecognisedFile:
        """Which of the records stood in the file before, if that had the same header."""
        before = self._before
        if before is None or before.header != header:
            ids, new = np.zeros(len(records), dtype=np.uint32), np.arange(len(records))
        else:
            ids, new = before.index.look_up(records)
        # By themselves, for a part of a file's records would keep the whole file in memory.
        texts = records[new].to_arrow(compat_level=pl.CompatLevel.oldest())
        return RecognisedFile(header, records, ids, new, cast(pa.LargeStringArray, texts))

    def recognise_lines(self, header: tuple[str, ...], text: bytes, start: int) -> RecognisedFile:
        """The same where each line of a text is a record, from a place on."""
        before = self._before
        if before is None or before.header != header or not isinstance(before.records, Lines):
            lines = lines_of(text, start)
            if before is not None and before.header == header:
                return self.recognise(header, lines.as_series)
            places = np.arange(len(lines))
            return RecognisedFile(header, lines, np.zeros(len(lines), np.uint32), places, lines.as_array)
        lines, ids, new, fresh = _side_by_side(before.records, before.ids, text, start)
        texts = fresh.as_array
        if len(new) * _MANY > len(lines):  # in another order
            ids[new], unknown = before.index.look_up(fresh.as_series)
            new, texts = new[unknown], texts.take(pa.array(unknown))
        return RecognisedFile(header, lines, ids, new, texts)

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
            self._before = _FileBefore(file.header, file.all_records, ids)
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


@dataclass(frozen=True)
class _FileBefore:
    """The file that was read last."""

    header: tuple[str, ...]
    records: Lines | pl.Series
    ids: RecordIds

    @cached_property
    def index(self) -> "_FileIndex":
        """Its records by their hash: made when it is needed, for mostly it is not."""
        records = self.records
        return _FileIndex(records.as_series if isinstance(records, Lines) else records, self.ids)


def _side_by_side(
    before: Lines, ids_before: RecordIds, text: bytes, start: int
) -> tuple[Lines, RecordIds, Places, Lines]:
    """The lines of a text, the ids of those that stood in the one before, the places of the others, and these by themselves."""
    stretches = same_stretches(before, text, start)
    begins = [start, *(one.place + before.bytes_of(one.first, one.after) for one in stretches)]
    ends = [*(one.place for one in stretches), len(text)]
    fresh = lines_of(b"".join(text[begin:end] for begin, end in zip(begins, ends, strict=True)))
    fresh_begins = np.concatenate([[0], np.cumsum(np.subtract(ends, begins))])
    of_gap = np.searchsorted(fresh.bounds, fresh_begins).tolist()
    bounds, ids = [], []
    for gap, begin in enumerate(begins):
        first, after = of_gap[gap], of_gap[gap + 1]
        bounds.append(fresh.bounds[first:after] + (begin - fresh_begins[gap]))
        ids.append(np.full(after - first, _NONE, dtype=np.uint32))
        if gap < len(stretches):
            same = stretches[gap]
            bounds.append(before.bounds[same.first : same.after] + (same.place - before.bounds[same.first]))
            ids.append(ids_before[same.first : same.after])
    lines = Lines(text, np.concatenate([*bounds, [len(text)]]))
    known = np.concatenate(ids)
    return lines, known, np.flatnonzero(known == _NONE), fresh


class _FileIndex:
    """The records of one file, to be found by their hash."""

    def __init__(self, records: pl.Series, ids: RecordIds) -> None:
        self._records = records
        self._ids = ids
        hashes = records.hash().to_numpy()
        places = np.arange(len(ids), dtype=np.uint32)
        self._first = _HashTable(hashes, places)
        crowded_out = places[self._first.places(hashes) != places]  # another record has taken their slot
        self._second = _HashTable(hashes[crowded_out] >> _OTHER_BITS, crowded_out)

    def look_up(self, records: pl.Series) -> tuple[RecordIds, Places]:
        """The records' ids, and the places of those that have none here."""
        hashes = records.hash().to_numpy()
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
