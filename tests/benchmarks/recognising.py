"""Whether the hash tables of ``delivery.distinct_records`` are worth having: the same nights with them and with a plain join.

``python -m tests.benchmarks.recognising [NIGHTS]`` makes untidy nights of a city and has each file's records recognised from the
file before, in both ways by turns, each in a process of its own. What counts are the ratios of processor time and of the memory
that a way adds to its process (reading the files included, which is the same for both).
"""

import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.delivery.distinct_records import DistinctRecords, RecognisedFile, RecordIds
from tests.benchmarks.untidy_city import City, nights

REPEATS = 3
Way = type[DistinctRecords]


class JoinedRecords(DistinctRecords):
    """The records of the file before are found by a join of Polars."""

    _earlier: pl.DataFrame | None = None

    def recognise(self, header: tuple[str, ...], records: pl.Series) -> RecognisedFile:
        wanted = records.alias("record").to_frame()
        earlier = self._earlier if self._earlier is not None else wanted.clear().with_columns(id=pl.lit(0, pl.UInt32))
        found = wanted.join(earlier, on="record", how="left", maintain_order="left")
        if len(found) > len(wanted):  # a record stood there twice
            found = wanted.join(earlier.unique("record"), on="record", how="left", maintain_order="left")
        new = found["id"].is_null().arg_true().to_numpy().astype(np.int64)
        texts = cast(pa.LargeStringArray, records[new].to_arrow(compat_level=pl.CompatLevel.oldest()))
        return RecognisedFile(header, records, found["id"].fill_null(0).to_numpy(), new, texts)

    def remember(self, file: RecognisedFile) -> RecordIds:
        ids = file.ids.copy()
        ids[file.new] = np.arange(self.count, self.count + len(file.new), dtype=np.uint32)
        self.count += len(file.new)
        self._texts.setdefault(file.header, []).append((self.count - len(file.new), file.texts))
        if len(ids):
            self._earlier = pl.DataFrame({"record": file.records, "id": ids})
        return ids


WAYS: dict[str, Way] = {"tables": DistinctRecords, "join": JoinedRecords}


def _peak_memory() -> float:
    """The most that this process has held, in MB (what its parent held does not count, as it would in ``getrusage``)."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def _recognise(drop: Path, way: Way) -> None:
    """Print the seconds of the processor and the memory (MB) that recognising took."""
    files = defaultdict(list)
    for path in sorted(drop.glob("*/*/*.csv")):
        files[path.parent.parent.name, path.name].append(path)
    seconds, before, kept = 0.0, _peak_memory(), []
    for paths in files.values():
        known = way()
        for path in paths:
            lines = pl.read_csv(path, has_header=False, separator="\x01", quote_char=None).to_series()
            start = time.process_time()
            known.remember(known.recognise((lines[0],), lines[1:]))
            seconds += time.process_time() - start
        kept.append(known)
    print(seconds, _peak_memory() - before)


def _measured(drop: Path, way: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "tests.benchmarks.recognising", str(drop), way]
    seconds, memory = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(memory)


def main() -> None:
    """Make the nights, recognise their records in both ways by turns, and print the medians and their ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with TemporaryDirectory() as folder:
        city = City()
        size = sum(city.write_night(Path(folder), day) for day in nights(count))
        print(f"{count} nights, {size / 1e6:.0f} MB of CSV")
        measured: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
        for _ in range(REPEATS):
            for way in WAYS:
                measured[way].append(_measured(Path(folder), way))
        medians = {
            way: [statistics.median(values) for values in zip(*told, strict=True)] for way, told in measured.items()
        }
        for way, (seconds, memory) in medians.items():
            print(f"{way}: {seconds:.2f} s, {memory:.0f} MB")
        time_ratio, memory_ratio = (
            join / tables for join, tables in zip(medians["join"], medians["tables"], strict=True)
        )
        print(f"join to tables: time {time_ratio:.2f}, memory {memory_ratio:.2f}")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _recognise(Path(sys.argv[1]), WAYS[sys.argv[2]])
    else:
        main()
