"""Benchmarks at Stockholm's size: ``make bench`` (about ten minutes and 3 GB of disk; ``--nights 60`` for a short one).

Three questions, each answered as a ratio within one run, because machines differ and are noisy:

1. Does one more night cost the same after 20 nights and after 260? (before dbt; promised: at most 1.2)
2. What does a backlog of 260 nights cost in one `kaa nightly`, against a script written by hand that only reads the lines
   and builds the intervals? (promised: at most 3 times)
3. How much memory does that take? (promised: under 1.5 GB)
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.stockholm import City, nights
from tests.pipeline import Pipeline

REPEATS = 3


def _measured(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, float]:
    """Wall seconds and peak memory (GB, of the largest of its processes) of a command."""
    start = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, used.ru_maxrss * 1024 / 1e9  # Linux counts it in KiB


def _one_more_night(place: Path, loaded: int, all_nights: Path, days: list[str]) -> float:
    """Median seconds to extend a history of so many nights by one, everything before dbt."""
    pipeline = Pipeline(place)
    _link(all_nights, pipeline.drop, days[:loaded])
    pipeline.run()
    seconds = []
    for day in days[loaded : loaded + REPEATS]:
        _link(all_nights, pipeline.drop, [day])
        start = time.monotonic()
        pipeline.run()
        seconds.append(time.monotonic() - start)
    return statistics.median(seconds)


def _link(all_nights: Path, drop: Path, days: list[str]) -> None:
    for source in all_nights.iterdir():
        for day in days:
            (drop / source.name).mkdir(exist_ok=True)
            shutil.copytree(source / day, drop / source.name / day, copy_function=os.link)


def main() -> None:
    """Run all three and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, default=260)
    parser.add_argument("--place", type=Path, help="a folder on a disk with room (default: the system's temporary one)")
    arguments = parser.parse_args()
    with TemporaryDirectory(dir=arguments.place) as folder:
        place = Path(folder)
        everything = place / "all"
        city = City()
        days = nights(arguments.nights + REPEATS)
        size = sum(city.write_night(everything, day) for day in days)
        names = [day.isoformat() for day in days]
        print(f"{len(days)} nights, {size / 1e9:.1f} GB of CSV")

        short = _one_more_night(place / "short", 20, everything, names)
        long = _one_more_night(place / "long", arguments.nights, everything, names)
        print(
            f"one more night: {short:.2f} s after 20, {long:.2f} s after {arguments.nights}: ratio {long / short:.2f}"
        )

        backlog = place / "backlog"
        backlog.mkdir()
        _link(everything, backlog, names[: arguments.nights])
        by_hand, hand_memory = _measured(
            [sys.executable, "-m", "tests.benchmarks.by_hand", str(backlog), str(place / "by_hand.duckdb")]
        )
        kaa = str(Path(sys.executable).parent / "kaa")
        home = {"KAA_HOME": str(place / "home")}
        _measured([kaa, "init", "--municipality", "stockholm", "--drop", str(backlog)], home)
        program, memory = _measured([kaa, "nightly"], home)
        print(f"backlog of {arguments.nights} nights: by hand {by_hand:.1f} s ({hand_memory:.2f} GB), "
              f"kaa nightly {program:.1f} s ({memory:.2f} GB): ratio {program / by_hand:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
