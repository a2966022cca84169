"""What has been given to the public from a KAA_HOME, in the order in which it was made: later outputs must not give it away.

Each output is a gzipped CSV below ``public/``: every number in it with its value, also of a hidden one. It is internal: who has
it knows what was hidden. Which numbers are hidden is decided in ``dashboards.disclosure``. Beside them lie the pages and
documents as they were given, the last of each period, for `kaa serve --public`.
"""

import csv
import gzip
import io
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.runtime.files import atomic_write

FOLDER = "public"

#: Below it: a folder for each period of which a public report was made.
PAGES = "report"

#: A number's key in the order of figures.md's columns, its value, and whether it is hidden.
Entry = tuple[tuple[str, ...], int, bool]

_KEYS = 8


def read_outputs(home: Path) -> list[list[Entry]]:
    """All outputs, the oldest first."""
    return [list(_read(path)) for path in sorted((home / FOLDER).glob("*.csv.gz"))]


def remember_output(home: Path, entries: Iterable[Entry]) -> None:
    """Keep an output; one that has been told before tells nothing new."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        (*key, value, int(hidden)) for key, value, hidden in sorted(entries)
    )
    folder = home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    made = sorted(folder.glob("*.csv.gz"))
    content = gzip.compress(text.getvalue().encode(), mtime=0)
    if content not in (path.read_bytes() for path in made):
        atomic_write(folder / f"{len(made) + 1:06d}.csv.gz", content)


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
