"""Puts a delivery into the drop folder: whole or not at all, and never in place of another.

It is made in a folder directly below the drop folder, where nobody takes it for a delivery, put on the disk (the manifest
last), and then renamed to where it belongs, two levels down.
"""

import os
import re
import secrets
import shutil
import time
from pathlib import Path

from pipelines.delivery.find import find_deliveries
from pipelines.delivery.manifest import MANIFEST_NAME, read_manifest
from pipelines.personnummer import mask_name
from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import sync
from pipelines.sending.mapping import Mapping
from pipelines.sending.pack import Packed

#: What a delivery's folder is called while it is made, and for how long somebody may still be making it.
_PART = re.compile(r"\.[0-9a-f]{16}\.part")
_LEFT_ALONE_SECONDS = 24 * 60 * 60


def there_already(drop: Path, mapping: Mapping, packed: Packed) -> Path | None:
    """Where the same delivery lies already; None where there is none of its source, day and revision.

    Raises UsageError where one with other content has them, and where there is no drop folder that can be read.
    """
    if not drop.is_dir():
        raise UsageError(f"There is no drop folder {mask_name(str(drop))}: mount it, or correct --drop.")
    found, _ = find_deliveries(drop)
    manifest = packed.manifest
    sources = {mapping.source.name: mapping.source}
    for delivery in found:
        other = read_manifest(delivery.manifest, delivery.path, sources, mapping.municipality.first_day).manifest
        if other is None or other.municipality_code != manifest.municipality_code:
            continue
        if (other.extract_date, other.revision) != (manifest.extract_date, manifest.revision):
            continue
        if other.content == manifest.content:
            return delivery.path
        raise UsageError(
            f"{mask_name(delivery.folder)} is already the delivery of {manifest.source} for {manifest.extract_date} "
            f"with revision {manifest.revision}, and has other content: to replace it give --revision {manifest.revision + 1}."
        )
    return None


def write_delivery(drop: Path, packed: Packed) -> Path:
    """Write a delivery; returns its folder. Raises OSError when it cannot be written; there is nothing of it then."""
    manifest = packed.manifest
    _sweep(drop)
    part = drop / f".{secrets.token_hex(8)}.part"
    place = drop / manifest.source
    try:
        part.mkdir()
        for name, content in [*packed.files.items(), (MANIFEST_NAME, packed.written)]:
            (part / name).write_bytes(content)
            sync(part / name)
        sync(part)
        place.mkdir(exist_ok=True)
        target = _free_name(place, f"{manifest.extract_date}-{manifest.revision}")
        part.rename(target)
        sync(place)
        sync(drop)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return target


def _sweep(drop: Path) -> None:
    """Remove what was left by a program that was killed while it wrote."""
    for path in drop.glob(".*.part"):
        if _PART.fullmatch(path.name) and time.time() - path.stat().st_mtime > _LEFT_ALONE_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _free_name(place: Path, name: str) -> Path:
    """A folder's name that nothing has: what lies there may be somebody's unfinished delivery."""
    target, number = place / name, 1
    while os.path.lexists(target):
        number += 1
        target = place / f"{name}-{number}"
    return target
