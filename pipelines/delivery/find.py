"""Sees the deliveries in the drop folder: folders two levels down that hold a manifest. Nothing is judged here."""

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from pipelines.delivery.manifest import MANIFEST_NAME
from pipelines.delivery.trouble import Trouble, is_absent, trouble
from pipelines.runtime.errors import DropFolderMissing, UsageError
from pipelines.runtime.os_errors import is_temporary

#: What a file holds beyond this is not read: it is no manifest, and is not to fill the memory.
_LONGEST_MANIFEST = 4 * 1024**2


@dataclass(frozen=True)
class Found:
    """A delivery folder: ``folder`` is its path below the drop folder, ``delivery_id`` follows from it and the manifest.

    ``written``: the manifest's file time, in seconds.
    """

    path: Path
    folder: str
    manifest: bytes
    delivery_id: str
    written: float

    @property
    def is_unchanged(self) -> bool:
        """Whether the manifest still stands there as it was found."""
        try:
            return _manifest(self.path / MANIFEST_NAME) == self.manifest
        except OSError:
            return False


@dataclass(frozen=True)
class Closed:
    """A folder of the drop folder that cannot be read; ``has_manifest``: it is a delivery, for its manifest can be seen."""

    folder: str
    has_manifest: bool
    trouble: Trouble


def delivery_id(folder: str, manifest: bytes) -> str:
    """A delivery is known by its path and its manifest's bytes: 16 hex digits made from both."""
    return hashlib.sha256(folder.encode(errors="surrogateescape") + b"\0" + manifest).hexdigest()[:16]


def find_deliveries(drop: Path) -> tuple[list[Found], list[Closed]]:
    """Every folder with a manifest, in path order, and what cannot be read here. A folder without a manifest is not a
    delivery yet and is left alone.

    Raises UsageError when the drop folder cannot be listed, DropFolderMissing when it is not there or does not answer.
    """
    try:
        entries = sorted(drop.iterdir())
    except OSError as error:
        kind = DropFolderMissing if is_absent(error) or is_temporary(error) else UsageError
        raise kind(
            f"The drop folder {error.filename or drop} cannot be read ({error.strerror}): mount it, give the nightly job "
            "access to it, or correct `drop` in the settings file."
        ) from error
    found: list[Found] = []
    closed: list[Closed] = []
    for entry in entries:
        for path in _folders(entry, drop, closed):
            delivery = delivery_at(path, drop, closed)
            if delivery:
                found.append(delivery)
    return found, closed


def _folders(entry: Path, drop: Path, closed: list[Closed]) -> list[Path]:
    try:
        return sorted(entry.iterdir()) if entry.is_dir() else []
    except OSError as error:
        if not is_absent(error):
            closed.append(Closed(_shown(entry, drop), False, trouble(entry, error)))
        return []


def delivery_at(path: Path, drop: Path, closed: list[Closed]) -> Found | None:
    """The delivery in a folder below the drop folder; None where there is none, or none that can be read tonight (``closed``)."""
    place = path / MANIFEST_NAME
    has_manifest = False
    try:
        seen = place.stat()
        if not stat.S_ISREG(seen.st_mode):
            return None
        has_manifest = True
        manifest = _manifest(place)
    except OSError as error:
        if not is_absent(error):
            closed.append(Closed(_shown(path, drop), has_manifest, trouble(place if has_manifest else path, error)))
        return None
    folder = path.relative_to(drop).as_posix()
    return Found(path, _shown(path, drop), manifest, delivery_id(folder, manifest), seen.st_mtime)


def _manifest(place: Path) -> bytes:
    with place.open("rb") as file:
        return file.read(_LONGEST_MANIFEST)


def _shown(path: Path, drop: Path) -> str:
    """The path below the drop folder; what is not UTF-8 in it is replaced."""
    return path.relative_to(drop).as_posix().encode(errors="surrogateescape").decode(errors="replace")
