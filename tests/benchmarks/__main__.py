"""What a night costs at Stockholm's size, on registers as untidy as real ones, in one run: ``make bench`` (an hour on a quiet
machine with two cores, and 12 GB of disk; ``--pairs 1 --year 6`` for a look; ``--nation`` measures the whole country besides).

Machines differ and are noisy, so what matters is measured in rounds within one run: a year's backlog in one `kaa nightly` on an
empty home, and beside it the same files by a program written by hand (``by_hand``), one further night, and one with nothing new.
What comes of it is a report in Markdown (docs/benchmarks.md), which says of each aim whether it was met; the run fails where a
model's time grows faster than its rows (``growth``).
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.runtime import clock
from pipelines.state.home import Version
from tests.benchmarks.costs import read_costs
from tests.benchmarks.growth import Costs, grown_too_fast
from tests.benchmarks.measure import KAA, Used, measured
from tests.benchmarks.nights import Pair, Steps, steps_of
from tests.benchmarks.report import Latency, Nation, Report
from tests.benchmarks.untidy_city import MOST_NIGHTS, City, nights

#: Nights of the small home that the year's night is held against.
FEW = 6
NATION_NIGHTS = 20
PERIOD = "verksamhetsar-2023"
REPEATS = 5

#: Around the report in a document that says more.
BEGINS, ENDS = "<!-- measured -->", "<!-- /measured -->"


def link(everything: Path, drop: Path, days: list[str]) -> None:
    """Have the deliveries of these nights in a drop folder, without copying a byte."""
    for source in everything.iterdir():
        for day in days:
            if (source / day).is_dir():
                (drop / source.name).mkdir(parents=True, exist_ok=True)
                shutil.copytree(source / day, drop / source.name / day, copy_function=os.link)


class Household:
    """A home and its drop folder."""

    def __init__(self, place: Path, everything: Path, days: list[str]) -> None:
        self._everything = everything
        self.drop, self.home = place / "drop", place / "home"
        self._environment = {"KAA_HOME": str(self.home)}
        link(everything, self.drop, days)
        self.kaa("init", "--municipality", "stockholm", "--drop", str(self.drop))

    def kaa(self, *arguments: str) -> Used:
        """Run a command of the program."""
        return measured([KAA, *arguments], self._environment)

    def deliver(self, day: str) -> None:
        """One more night comes."""
        link(self._everything, self.drop, [day])


@contextmanager
def household(place: Path, everything: Path, days: list[str]) -> Iterator[Household]:
    """A home that is gone afterwards: each holds a year's archive."""
    place.mkdir()
    try:
        yield Household(place, everything, days)
    finally:
        shutil.rmtree(place)


def _by_hand(place: Path, drop: Path) -> Used:
    return measured([sys.executable, "-m", "tests.benchmarks.by_hand", str(drop), str(place / "by_hand.duckdb")])


def _by_pandas(place: Path, drop: Path, days: list[str]) -> Used:
    out = str(place / "by_pandas.csv")
    return measured([sys.executable, "-m", "tests.benchmarks.by_pandas", str(drop), days[0], days[-1], out])


def measure_pair(place: Path, everything: Path, days: list[str]) -> Pair:
    """The year, by hand and by the program, and the nights after it; ``days``: the year's and one more."""
    with household(place / "few", everything, days[: FEW - 1]) as small:
        small.kaa("nightly")
        small.deliver(days[FEW - 1])
        sixth = small.kaa("nightly")
    with household(place / "year", everything, days[:-1]) as city:
        by_hand, pandas = _by_hand(place, city.drop), _by_pandas(place, city.drop, days)
        year = city.kaa("nightly")
        city.deliver(days[-1])
        ordinary = city.kaa("nightly")
        steps = steps_of(city.home)
        quiet = city.kaa("nightly")
        latencies = _latencies(city, days[len(days) // 2])
    return Pair(by_hand, pandas, year, ordinary, quiet, sixth, steps, latencies)


def _latencies(city: Household, middle: str) -> list[Latency]:
    questions = {
        "kaa --help": (["--help"], 0.2),
        "kaa figures": (["figures", "--period", PERIOD], 0.5),
        "kaa figures --as-known": (["figures", "--period", PERIOD, "--as-known", middle], 3.0),
        "kaa figures of a single day": (["figures", "--period", f"dag-{middle}"], 3.0),
    }
    return [
        Latency(name, min(city.kaa(*command).seconds for _ in range(REPEATS)), aim)
        for name, (command, aim) in questions.items()
    ]


def measure_growth(place: Path, everything: Path, days: list[str], sizes: list[int]) -> dict[int, Costs]:
    """What each model took, by the number of nights that were taken in at once."""
    costs = {}
    for size in sizes:
        with household(place / f"growth-{size}", everything, days[:size]) as city:
            city.kaa("nightly")
            costs[size] = read_costs(Version(city.home, 1))
    return costs


def measure_nation(place: Path) -> Nation:
    """Twenty nights of the whole country at once, and one more."""
    everything = place / "country"
    country, days = City(residents=620_000, students=480_000, register=35_000), nights(NATION_NIGHTS + 1)
    size = sum(country.write_night(everything, day) for day in days)
    names = [day.isoformat() for day in days]
    with household(place / "nation", everything, names[:-1]) as home:
        backlog = home.kaa("nightly")
        home.deliver(names[-1])
        more = home.kaa("nightly")
        steps: Steps = steps_of(home.home)
    shutil.rmtree(everything)
    return Nation(size, backlog, more, steps)


def put(out: Path, text: str) -> None:
    """Write the report; in a file that has the marks, in place of the one that stands between them."""
    before, begin, rest = (out.read_text(encoding="utf-8") if out.exists() else "").partition(BEGINS)
    _, end, after = rest.partition(ENDS)
    out.write_text(f"{before}{begin}\n{text}{end}{after}" if begin and end else text, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures what a night costs, and writes the report.")
    parser.add_argument("--pairs", type=int, default=6, help="how often the year is taken in (default: 6)")
    parser.add_argument("--year", type=int, default=260, help="nights of the year (default: 260)")
    parser.add_argument("--growth", type=int, nargs="*", default=[20, 100, 260, 520], help="nights of the growth check")
    parser.add_argument("--nation", action="store_true", help="measure the whole country too")
    parser.add_argument("--place", type=Path, help="a folder on a disk with room (default: the system's temporary one)")
    parser.add_argument("--out", type=Path, help="where the report goes (default: standard output)")
    arguments = parser.parse_args()
    longest = max([arguments.year + 1, *arguments.growth])
    if not arguments.year >= FEW or longest > MOST_NIGHTS or arguments.pairs < 1:
        parser.error(f"from {FEW} to {MOST_NIGHTS - 1} nights, and a pair at least")
    return arguments


def main() -> None:
    """Measure everything, write the report, and fail where a model's time grows faster than its rows."""
    arguments = _arguments()
    with TemporaryDirectory(dir=arguments.place) as folder:
        place = Path(folder)
        everything = place / "all"
        days = nights(max([arguments.year + 1, *arguments.growth]))
        city, size = City(), 0
        for number, day in enumerate(days):
            written = city.write_night(everything, day)
            size += written if number < arguments.year else 0
        names = [day.isoformat() for day in days]
        report = Report(clock.today(), arguments.year, size)
        for _ in range(arguments.pairs):
            report.pairs.append(measure_pair(place, everything, names[: arguments.year + 1]))
            print(report.last_pair(), file=sys.stderr, flush=True)
        report.costs = measure_growth(place, everything, names, sorted(set(arguments.growth)))
        shutil.rmtree(everything)
        report.nation = measure_nation(place) if arguments.nation else None
    text = report.as_markdown()
    if arguments.out:
        put(arguments.out, text)
    else:
        print(text)
    grown = grown_too_fast(report.costs)
    if grown:
        raise SystemExit("These models' time grows faster than their rows:\n" + "\n".join(grown))


if __name__ == "__main__":
    main()
