"""The report as a Word document that people have written in: its numbers, tables and diagrams made anew.

What is put where belongs in ``dashboards.documents.word_update``.
"""

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipelines.commands.queries import from_published, refuse_own_folders, report_files
from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import atomic_write
from pipelines.runtime.os_errors import sentence
from pipelines.state.home import Home
from pipelines.warehouse.periods import parse_period

if TYPE_CHECKING:
    from dashboards.documents.word_update import Updated


def update_document(
    home: Home, document: Path, period_id: str, out: Path | None, public: bool
) -> "tuple[Updated, Path | None]":
    """Update a Word report; returns what changed, and the new document, which is never put in an old one's place (None: nothing
    has changed). Raises UsageError when it cannot be updated, or the new one cannot be written there.
    """
    from dashboards.documents import names, word
    from dashboards.documents.word_update import CannotUpdate, identity, update

    period = parse_period(period_id, home.municipality)
    new = out or _beside(document)
    refuse_own_folders(home, new)
    if new.exists():
        raise UsageError(f"{new} exists already, and is not replaced: choose another name with --out.")
    try:
        edited = document.read_bytes()
        made_as = identity(edited)
        _refuse_another(
            document, made_as, home.municipality.code, period.period_id, word.PUBLIC if public else word.INTERNAL
        )
        with TemporaryDirectory(prefix="kaa-report-") as folder:
            made = Path(folder)
            appendices = made_as.get(word.APPENDICES) == "true"
            from_published(home, lambda version: report_files(home, version, period, made, public, appendices))
            updated = update(edited, (made / names.WORD).read_bytes())
        return updated, atomic_write(new, updated.content) if updated.content != edited else None
    except CannotUpdate as error:
        raise UsageError(f"{document} cannot be updated: {error}.") from error
    except OSError as error:
        raise UsageError(f"The document cannot be updated. {sentence(error)}") from error


def _beside(document: Path) -> Path:
    """The first name beside a document that is free."""
    names = (document.with_stem(f"{document.stem} ({place})") for place in count(2))
    return next(name for name in names if not name.exists())


def _refuse_another(document: Path, made_as: dict[str, str], municipality: str, period: str, kind: str) -> None:
    """Raises UsageError for a document that is no report of ours, or of something else than is asked for."""
    from dashboards.documents import word

    if not {word.MUNICIPALITY, word.PERIOD, word.KIND} <= made_as.keys():
        raise UsageError(f"{document} is no report that kaa report made: give the Word file of one.")
    if made_as[word.MUNICIPALITY] != municipality:
        raise UsageError(
            f"{document} is the report of another municipality ({made_as[word.MUNICIPALITY]}): give one of {municipality}."
        )
    if made_as[word.PERIOD] != period:
        raise UsageError(
            f"{document} is the report of {made_as[word.PERIOD]}: give --period {made_as[word.PERIOD]}, or make the report of "
            f"{period} without --update."
        )
    if made_as[word.KIND] != kind:
        which = "a public report: add --public" if kind == word.INTERNAL else "an internal report: leave out --public"
        raise UsageError(f"{document} is {which}.")
