"""Benchmarks at Stockholm's size, on registers as untidy as real ones: ``make bench`` (a quarter of an hour and 8 GB of disk;
``python -m tests.benchmarks --nights 20 60`` for a short one).

Each question is answered as a ratio within one run, because machines differ and are noisy:

1. What does a backlog of so many nights cost in one `kaa nightly`, against a program written by hand that only reads the lines
   and builds the intervals, and how much memory does it take?
2. Which models take the time, and does any model's time grow faster than its rows? (``growth``; then the benchmark fails)
3. How long does a question for another day of knowledge take? (promised: under 3 seconds)
4. Does one more night cost the same after the fewest nights and after the most? (before dbt; promised: at most 1.2)
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.state.home import Version
from tests.benchmarks.costs import read_costs
from tests.benchmarks.growth import Costs, grown_too_fast
from tests.benchmarks.untidy_city import MOST_NIGHTS, City, nights
from tests.pipeline import Pipeline

KAA = str(Path(sys.executable).parent / "kaa")
REPEATS = 3
SHOWN = 10


@dataclass(frozen=True)
class Backlog:
    """So many nights taken in at once."""

    nights: int
    by_hand: float
    seconds: float
    memory: float
    question: float
    costs: Costs


def _measured(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, float]:
    """Wall seconds and peak memory (GB, of the largest of its processes) of a command; ends with its sentence if it fails."""
    start = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, used.ru_maxrss * 1024 / 1e9  # Linux counts it in KiB


def _link(everything: Path, drop: Path, days: list[str]) -> None:
    for source in everything.iterdir():
        for day in days:
            if (source / day).is_dir():
                (drop / source.name).mkdir(parents=True, exist_ok=True)
                shutil.copytree(source / day, drop / source.name / day, copy_function=os.link)


def _backlog(place: Path, everything: Path, days: list[str]) -> Backlog:
    """Take in all these nights at once, by hand and by the program, and ask for what was known in the middle of them."""
    drop = place / "drop"
    _link(everything, drop, days)
    by_hand, _ = _measured([sys.executable, "-m", "tests.benchmarks.by_hand", str(drop), str(place / "by_hand.duckdb")])
    home = {"KAA_HOME": str(place / "home")}
    _measured([KAA, "init", "--municipality", "stockholm", "--drop", str(drop)], home)
    seconds, memory = _measured([KAA, "nightly"], home)
    middle = days[len(days) // 2]
    question, _ = _measured([KAA, "figures", "--period", "verksamhetsar-2023", "--as-known", middle], home)
    costs = read_costs(Version(place / "home", 1))
    return Backlog(len(days), by_hand, seconds, memory, question, costs)


def _one_more_night(place: Path, everything: Path, days: list[str], more: list[str]) -> float:
    """Median seconds of the processor to extend a history of these nights by one, everything before dbt: it is too short to be
    measured by a clock that other programs share."""
    pipeline = Pipeline(place)
    _link(everything, pipeline.drop, days)
    pipeline.run()
    seconds = []
    for day in more:
        _link(everything, pipeline.drop, [day])
        start = time.process_time()
        pipeline.run()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def _size(everything: Path, day: str) -> int:
    """The bytes that all sources delivered on a day."""
    return sum(file.stat().st_size for file in everything.glob(f"*/{day}/*.csv"))


def _tell(backlog: Backlog) -> None:
    models = sorted(backlog.costs.items(), key=lambda item: -item[1].seconds)
    print(
        f"{backlog.nights} nights: by hand {backlog.by_hand:.1f} s, kaa nightly {backlog.seconds:.1f} s "
        f"({backlog.memory:.2f} GB): ratio {backlog.seconds / backlog.by_hand:.1f}; a question {backlog.question:.1f} s; "
        f"all models {sum(cost.seconds for cost in backlog.costs.values()):.1f} s"
    )
    for name, cost in models[:SHOWN]:
        print(f"    {name:<32}{cost.seconds:6.2f} s {cost.rows:>10} rows")
    sys.stdout.flush()


def main() -> None:
    """Run all sizes, print what they took, and fail where a model's time grows faster than its rows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, nargs="+", default=[20, 100, 260, 520])
    parser.add_argument("--place", type=Path, help="a folder on a disk with room (default: the system's temporary one)")
    arguments = parser.parse_args()
    sizes = sorted(set(arguments.nights))
    if not 1 <= sizes[0] <= sizes[-1] <= MOST_NIGHTS - REPEATS:
        parser.error(f"--nights takes numbers from 1 to {MOST_NIGHTS - REPEATS}")
    with TemporaryDirectory(dir=arguments.place) as folder:
        place = Path(folder)
        everything = place / "all"
        city, days = City(), nights(sizes[-1] + REPEATS)
        size = sum(city.write_night(everything, day) for day in days)
        names = [day.isoformat() for day in days]
        print(f"{len(days)} nights, {size / 1e9:.1f} GB of CSV", flush=True)

        backlogs = []
        for count in sizes:
            backlogs.append(_backlog(place / str(count), everything, names[:count]))
            _tell(backlogs[-1])
            shutil.rmtree(place / str(count))
        seconds = {
            count: _one_more_night(place / f"more-{count}", everything, names[:count], names[count : count + REPEATS])
            for count in {sizes[0], sizes[-1]}
        }
        few, many = seconds[sizes[0]], seconds[sizes[-1]]
        larger = _size(everything, names[sizes[-1]]) / _size(everything, names[sizes[0]])
        print(
            f"one more night: {few:.2f} s after {sizes[0]}, {many:.2f} s after {sizes[-1]}: ratio {many / few:.2f} for files "
            f"that are {larger:.2f} times as large"
        )
    grown = grown_too_fast({backlog.nights: backlog.costs for backlog in backlogs})
    if grown:
        raise SystemExit("These models' time grows faster than their rows:\n" + "\n".join(grown))
    print("No model's time grows faster than its rows.")


if __name__ == "__main__":
    main()
