"""What has been given to the public from a KAA_HOME, in the order in which it was made: later outputs must not give it away.

Each output is a gzipped CSV below ``public/``: every number in it with its value, also of a hidden one. It is internal: who has
it knows what was hidden. Which numbers are hidden is decided in ``dashboards.disclosure``.
"""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.runtime.files import atomic_write

FOLDER = "public"

#: A number's key in the order of figures.md's columns, its value, and whether it is hidden.
Entry = tuple[tuple[str, ...], int, bool]

_KEYS = 8


def read_outputs(home: Path) -> list[list[Entry]]:
    """All outputs, the oldest first."""
    return [list(_read(path)) for path in sorted((home / FOLDER).glob("*.csv.gz"))]


def remember_output(home: Path, entries: Iterable[Entry]) -> None:
    """Keep an output; one that is exactly the last is kept once."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        (*key, value, int(hidden)) for key, value, hidden in sorted(entries)
    )
    folder = home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    made = sorted(folder.glob("*.csv.gz"))
    content = gzip.compress(text.getvalue().encode(), mtime=0)
    if not made or made[-1].read_bytes() != content:
        atomic_write(folder / f"{len(made) + 1:06d}.csv.gz", content)


def _read(path: Path) -> Iterator[Entry]:
    for row in csv.reader(io.StringIO(gzip.decompress(path.read_bytes()).decode())):
        yield tuple(row[:_KEYS]), int(row[_KEYS]), row[_KEYS + 1] == "1"
