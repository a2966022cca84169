"""How a KAA_HOME grows: bytes of each zone after some nights of an untidy city and after more, and what a year adds
(``python -m tests.benchmarks.disk``; some minutes and 6 GB of disk).

The nights up to each number are taken in at once on an empty home, which leaves what as many single nights leave but for the
records of runs: what a further run adds to those is measured with further nights, one `kaa nightly` each.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.__main__ import link
from tests.benchmarks.measure import KAA
from tests.benchmarks.untidy_city import City, nights

#: What grows, by folder below KAA_HOME; `backup` is a first backup, `next backup` what a second one adds after one more night.
ZONES = ("archive", "history", "warehouse", "published", "dagster", "dbt", "logs")

#: Weekdays of a year on which something is delivered.
NIGHTS_A_YEAR = 250

Sizes = dict[str, int]


def _sizes(home: Path) -> Sizes:
    return {zone: _size(home / zone) for zone in ZONES}


def _size(folder: Path) -> int:
    """Bytes on the disk, each file once, however many names it has."""
    found = {status.st_ino: status.st_blocks * 512 for path in folder.rglob("*") if (status := path.lstat())}
    return sum(found.values())


def _kaa(home: Path, *arguments: str) -> None:
    done = subprocess.run([KAA, *arguments], env={"KAA_HOME": str(home), "PATH": "/usr/bin:/bin"}, check=False)
    if done.returncode not in (0, 2):
        raise SystemExit(f"kaa {' '.join(arguments)} ended with {done.returncode}")


def _backlog(place: Path, everything: Path, days: list[str]) -> Path:
    drop, home = place / "drop", place / "home"
    link(everything, drop, days)
    _kaa(home, "init", "--municipality", "stockholm", "--drop", str(drop))
    _kaa(home, "nightly")
    return home


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, nargs=2, default=[260, 520])
    parser.add_argument("--further", type=int, default=3, help="single nights after the most")
    parser.add_argument("--place", type=Path, help="a folder on a disk with room (default: the system's temporary one)")
    arguments = parser.parse_args()
    few, many = sorted(arguments.nights)
    with TemporaryDirectory(dir=arguments.place) as folder:
        place = Path(folder)
        city, days = City(), nights(many + arguments.further)
        delivered = sum(city.write_night(place / "all", day) for day in days) / len(days)
        names = [day.isoformat() for day in days]
        sizes = {}
        for count in (few, many):
            home = _backlog(place / str(count), place / "all", names[:count])
            sizes[count] = _sizes(home)
            print(f"after {count} nights: {sizes[count]}", file=sys.stderr)
            if count == few:
                shutil.rmtree(place / str(count))
        (place / "backups").mkdir()
        _kaa(home, "backup", str(place / "backups"))
        first = _size(place / "backups")
        for day in names[many:]:
            link(place / "all", place / str(many) / "drop", [day])
            _kaa(home, "nightly")
        _kaa(home, "backup", str(place / "backups"))
        runs = {zone: (size - sizes[many][zone]) / arguments.further for zone, size in _sizes(home).items()}
        _tell(few, many, delivered, sizes, runs, first, _size(place / "backups") - first)


def _tell(
    few: int, many: int, delivered: float, sizes: dict[int, Sizes], runs: dict[str, float], first: int, more: int
) -> None:
    print(f"{delivered / 1e6:.1f} MB of CSV a night", file=sys.stderr)
    print(
        f"| MB | after {few} nights | after {many} | a year more | one more run of the nightly |\n|---|---|---|---|---|"
    )
    for zone in ZONES:
        before, after = sizes[few][zone], sizes[many][zone]
        year = (after - before) / (many - few) * NIGHTS_A_YEAR
        print(f"| `{zone}/` | {before / 1e6:.1f} | {after / 1e6:.1f} | {year / 1e6:.1f} | {runs[zone] / 1e6:.2f} |")
    print(f"a first backup {first / 1e6:.1f} MB, one more night's {more / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
