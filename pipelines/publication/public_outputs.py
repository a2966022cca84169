"""What has been given to the public from a KAA_HOME, in the order in which it was made: later outputs must not give it away.

Each output is a gzipped CSV below ``public/``: every number in it with its value, also of a hidden one. It is internal: who has
it knows what was hidden. Which numbers are hidden is decided in ``dashboards.disclosure``. The file's name says how it was
protected where that is not by hiding. Beside them lie the pages and documents as they were given, the last of each period, for
`kaa serve --public`.
"""

import csv
import gzip
import io
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.configuration.disclosure import CellSuppression, Disclosure
from pipelines.configuration.municipality import Municipality
from pipelines.runtime.files import atomic_write
from pipelines.warehouse.periods import Period, parse_period

FOLDER = "public"
SUFFIX = ".csv.gz"

#: Below it: a folder for each period of which a public report was made.
PAGES = "report"

#: A number's key in the order of figures.md's columns, its value, and whether it is hidden.
Entry = tuple[tuple[str, ...], int, bool]

_KEYS = 8
_PERIOD = 2
_USUAL = CellSuppression().kind


@dataclass(frozen=True)
class Output:
    """What one output told. ``kind``: of a ``Disclosure``."""

    kind: str
    entries: list[Entry]


def read_outputs(home: Path) -> list[Output]:
    """All outputs, the oldest first."""
    return [Output(_kind(path), list(_read(path))) for path in _made(home)]


def told_otherwise(
    outputs: Iterable[Output], disclosure: Disclosure, municipality: Municipality, periods: Iterable[Period]
) -> frozenset[str]:
    """Those of these periods that have a day of which an output tells that was protected in another way."""
    told = {entry[_PERIOD] for output in outputs if output.kind != disclosure.kind for entry, _, _ in output.entries}
    theirs = [parse_period(period_id, municipality) for period_id in told]
    return frozenset(
        period.period_id
        for period in periods
        if any(other.starts_on <= period.ends_on and period.starts_on <= other.ends_on for other in theirs)
    )


def remember_output(home: Path, disclosure: Disclosure, entries: Iterable[Entry]) -> None:
    """Keep an output; one that has been told before tells nothing new."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        (*key, value, int(hidden)) for key, value, hidden in sorted(entries)
    )
    (home / FOLDER).mkdir(mode=0o700, exist_ok=True)
    made = _made(home)
    content = gzip.compress(text.getvalue().encode(), mtime=0)
    if (disclosure.kind, content) not in ((_kind(path), path.read_bytes()) for path in made):
        kind = "" if disclosure.kind == _USUAL else f".{disclosure.kind}"
        atomic_write(home / FOLDER / f"{len(made) + 1:06d}{kind}{SUFFIX}", content)


def _made(home: Path) -> list[Path]:
    return sorted((home / FOLDER).glob(f"*{SUFFIX}"))


def _kind(path: Path) -> str:
    return path.name.removesuffix(SUFFIX).partition(".")[2] or _USUAL


def public_pages(home: Path) -> Path:
    """Where the pages of public reports are kept, in a folder for each period; it is there when one has been made."""
    return home / FOLDER / PAGES


def keep_pages(home: Path, period_id: str, made: Path, names: Iterable[str]) -> None:
    """Keep the files of these names of a period's public report, in the place of an earlier one's."""
    kept = public_pages(home) / period_id
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(dir=home / FOLDER, prefix=".pages-") as folder:
        for name in names:
            to = Path(folder) / "new" / name
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made / name, to)
        if kept.exists():
            kept.rename(Path(folder) / "old")
        (Path(folder) / "new").rename(kept)


def _read(path: Path) -> Iterator[Entry]:
    for row in csv.reader(io.StringIO(gzip.decompress(path.read_bytes()).decode())):
        yield tuple(row[:_KEYS]), int(row[_KEYS]), row[_KEYS + 1] == "1"
