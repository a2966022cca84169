"""Keeps each delivery's files as received, encrypted to the archive's public key (age format).

The nightly job can write here but cannot read: only the holder of the private key can open a file, with
``kaa archive open`` or with the public tools: ``age --decrypt -i KEY FILE | zstd -d``. Nothing of the pipeline reads the
archive back but ``kaa restore``. For it the archive also holds where each delivery lay (`record.age`, encrypted too, for a folder
may be named after somebody) and what each published run judged and people had decided (`.runs/<version>.json`, no personal data).
"""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyrage

from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import atomic_write
from pipelines.state.home import RECORD, run_record

SUFFIX = ".zst.age"

#: A fast level: compressing a year's backlog must not take longer than reading it.
_CODEC = pa.Codec("zstd", compression_level=-1)

#: A file system's names hold 255 bytes; a longer name is cut, and what is cut away becomes a fingerprint.
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Received:
    """Where a delivery lay: its path below the drop folder, what its files are called in the archive, and which of the names in
    its folder were links that led out of it."""

    folder: str
    files: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RunRecord:
    """What one run judged: its version, its moment, whose it was, the deliveries as the list showed them then, what people had
    decided about held ones, and which archived deliveries it purged (of so many files)."""

    version: int
    now: str
    owner: dict[str, str]
    judged: list[dict[str, Any]]
    decided: dict[str, str]
    purged: list[str] = field(default_factory=list)
    purged_files: int = 0

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.now)


def write_run(path: Path, run: RunRecord) -> None:
    """Write what a run judged, in one step."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    atomic_write(path, json.dumps(asdict(run)))


def note_purged(archive: Path, version: int, deliveries: list[str], files: int) -> None:
    """Add to what the run that is going on leaves in the archive: which deliveries it purged from there."""
    path = run_record(archive, version, published=False)
    write_run(path, replace(read_run(path), purged=deliveries, purged_files=files))


def read_run(path: Path) -> RunRecord:
    """Raises UsageError when the file is torn."""
    try:
        return RunRecord(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"{path}, which says what a nightly judged, is torn: put it back from a backup, or remove it to restore what is in "
            "its deliveries without it."
        ) from error


class Archive:
    """The folder of archived deliveries: one folder per delivery id, one encrypted file per delivered file."""

    def __init__(self, folder: Path, public_key: str) -> None:
        self.folder = folder
        self._recipient = pyrage.x25519.Recipient.from_str(public_key)

    def store(self, delivery_id: str, name: str, content: bytes) -> None:
        """Keep one file, in one step; `home` has it put on the disk before the version is published that loaded it.

        What stands there already was left by a nightly that did not finish; the file may be another since then, and what is
        kept must be what is loaded.
        """
        self._store(self.folder / delivery_id / archived_name(name), content)

    def store_record(self, delivery_id: str, received: Received) -> None:
        """Keep where a delivery lay; written before its files, so that no file is without it."""
        self._store(self.folder / delivery_id / RECORD, json.dumps(asdict(received)).encode())

    def _store(self, target: Path, content: bytes) -> None:
        part = self._incoming / f"{target.parent.name} {target.name}"
        sealed = pyrage.encrypt(_CODEC.compress(content, asbytes=True), [self._recipient])
        try:
            part.write_bytes(sealed)
        except FileNotFoundError:  # the first file of a run
            self._incoming.mkdir(parents=True, exist_ok=True)
            part.write_bytes(sealed)
        try:
            os.replace(part, target)
        except FileNotFoundError:  # the first file of a delivery
            target.parent.mkdir(exist_ok=True)
            os.replace(part, target)

    def holds(self, delivery_id: str) -> bool:
        """Whether anything of a delivery is kept."""
        return (self.folder / delivery_id).is_dir()

    def forget(self, delivery_id: str) -> None:
        """Remove a delivery's files."""
        shutil.rmtree(self.folder / delivery_id, ignore_errors=True)

    @property
    def _incoming(self) -> Path:
        """Where files are written before they get their name; `home` sweeps it."""
        return self.folder / ".incoming"


def archived_name(name: str) -> str:
    """What a delivered file is called in the archive."""
    return _short(name) + SUFFIX


def _short(name: str) -> str:
    encoded = name.encode()
    if len(encoded) <= _LONGEST_NAME:
        return name
    return encoded[: _LONGEST_NAME - 17].decode(errors="ignore") + "-" + hashlib.sha256(encoded).hexdigest()[:16]


def read_received(record: bytes) -> Received:
    """Where a delivery lay, by its opened record."""
    return Received(**json.loads(record))


def open_archived(path: Path, private_key: str) -> bytes:
    """The bytes of one archived file as they were received.

    Raises UsageError when it is no archived file or the key does not fit.
    """
    try:
        identity = pyrage.x25519.Identity.from_str(private_key)
        packed = pyrage.decrypt(path.read_bytes(), [identity])
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
            return bytes(stream.read())
    except (pyrage.IdentityError, pyrage.DecryptError, ValueError, OSError) as error:
        raise UsageError(
            f"{path} cannot be opened with this key: give a file of the archive and the private key it was encrypted for."
        ) from error
