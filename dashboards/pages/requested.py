"""Documents, and pages of periods that have none, made when somebody asks `kaa serve` for them and kept for as long as what they
are made from is what counts.

They lie in a folder of the server's own, which goes with it: who only reads leaves nothing in KAA_HOME.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from dashboards.documents import build_documents
from dashboards.pages import reports, site


class Requested:
    """What has been made, of one published file at a time. One thing is made at a time; who asks for the same waits for it."""

    def __init__(self) -> None:
        self._place = TemporaryDirectory(prefix="kaa-serve-", ignore_cleanup_errors=True)
        self._lock = Lock()
        self._made_from: Path | None = None

    def close(self) -> None:
        """Remove all of it."""
        self._place.cleanup()

    def documents(self, published_file: Path, period_id: str) -> Path:
        """The folder with the documents of a period's report. Raises what the making raises; then nothing is kept."""
        return self._kept(
            published_file, f"documents/{period_id}", lambda out: build_documents(published_file, period_id, out)
        )

    def pages(self, published_file: Path, shown: Path, period_id: str) -> Path:
        """The folder with the pages of a period's report, which lead to the reports that are shown. Raises as ``documents``."""

        def make(out: Path) -> None:
            site.build_report(published_file, period_id, out)
            beside = [reports.read_reports(published_file, folder)[1] for folder in (shown, out.parent)]
            (out / reports.FILE).write_text(reports.script([*beside[0], *beside[1]]), encoding="utf-8")

        return self._kept(published_file, f"pages/{period_id}", make)

    def _kept(self, published_file: Path, name: str, make: Callable[[Path], object]) -> Path:
        """The folder of this name, made where it is not there; it is there when all of it is."""
        top = Path(self._place.name)
        with self._lock:
            if published_file != self._made_from:
                for old in top.iterdir():
                    shutil.rmtree(old)
                self._made_from = published_file
            kept = top / name
            if not kept.is_dir():
                with TemporaryDirectory(dir=top) as making:
                    new = Path(making) / kept.name
                    make(new)
                    kept.parent.mkdir(exist_ok=True)
                    new.rename(kept)
            return kept
