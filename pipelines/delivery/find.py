"""Sees the deliveries in the drop folder: folders two levels down that hold a manifest. Nothing is judged here."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipelines.delivery.manifest import MANIFEST_NAME
from pipelines.errors import UsageError


@dataclass(frozen=True)
class Found:
    """A delivery folder: ``folder`` is its path below the drop folder, ``delivery_id`` follows from it and the manifest."""

    path: Path
    folder: str
    manifest: bytes
    delivery_id: str

    @property
    def is_unchanged(self) -> bool:
        """Whether the manifest still stands there as it was found."""
        try:
            return (self.path / MANIFEST_NAME).read_bytes() == self.manifest
        except OSError:
            return False


def delivery_id(folder: str, manifest: bytes) -> str:
    """A delivery is known by its path and its manifest's bytes: 16 hex digits made from both."""
    return hashlib.sha256(folder.encode(errors="surrogateescape") + b"\0" + manifest).hexdigest()[:16]


def find_deliveries(drop: Path) -> list[Found]:
    """Every folder with a manifest, in path order. A folder without one is not a delivery yet and is left alone.

    Raises UsageError when the drop folder is missing or cannot be listed.
    """
    try:
        folders = sorted(folder for source in drop.iterdir() if source.is_dir() for folder in source.iterdir())
    except OSError as error:
        raise UsageError(
            f"The drop folder {error.filename or drop} cannot be read ({error.strerror}): mount it, give the nightly job "
            "access to it, or correct `drop` in the settings file."
        ) from error
    found = []
    for path in folders:
        try:
            if not (path / MANIFEST_NAME).is_file():
                continue
            manifest = (path / MANIFEST_NAME).read_bytes()
        except OSError:
            # No manifest, or one that cannot be read tonight: not a delivery yet.
            continue
        folder = path.relative_to(drop).as_posix()
        shown = folder.encode(errors="surrogateescape").decode(errors="replace")
        found.append(Found(path, shown, manifest, delivery_id(folder, manifest)))
    return found
