"""Keeps each delivery's files as received, encrypted to the archive's public key (age format).

The nightly job can write here but cannot read: only the holder of the private key can open a file, with
``kaa archive open`` or with the public tools: ``age --decrypt -i KEY FILE | zstd -d``. Nothing of the pipeline reads the
archive back but ``kaa restore``. For it the archive also holds where each delivery lay (`record.age`, encrypted too, for a folder
may be named after somebody) and what each published night judged and people had decided (``state.night_records``).
"""

import gzip
import hashlib
import json
import os
import shutil
import zlib
from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pyrage

from pipelines.delivery.archive_checksums import CHECKSUMS, Checksum, Checksums, as_json, checksum
from pipelines.delivery.manifest import MANIFEST_NAME
from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import sync
from pipelines.state.keys import archive_fingerprint

SUFFIX = ".zst.age"

#: What is archived of a delivery besides what was received: where it lay, and what its files are called here.
RECORD = "record.age"

#: The level with which compressing, encrypting and writing together take the least: faster ones leave half as much again.
_LEVEL = 1

#: A file system's names hold 255 bytes; a longer name is cut, and what is cut away becomes a fingerprint.
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Received:
    """Where a delivery lay: its path below the drop folder, what its files are called in the archive, and which of the names in
    its folder were links that led out of it."""

    folder: str
    files: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)


class Archive:
    """The folder of archived deliveries: one folder per delivery id, one encrypted file per delivered file."""

    def __init__(self, folder: Path, public_key: str) -> None:
        self.folder = folder
        self.key = archive_fingerprint(public_key)
        self._recipient = pyrage.x25519.Recipient.from_str(public_key)
        self._checksums: defaultdict[str, dict[str, Checksum]] = defaultdict(dict)
        #: The deliveries of which nothing stands in the archive until all of it is there.
        self._begun: set[str] = set()

    def store(self, delivery_id: str, name: str, content: bytes) -> None:
        """Keep one file; `home` has it put on the disk before the version is published that loaded it.

        What stands there already was left by a nightly that did not finish; the file may be another since then, and what is
        kept must be what is loaded.
        """
        self._store(delivery_id, archived_name(name), content)

    def store_record(self, delivery_id: str, received: Received) -> None:
        """Keep where a delivery lay; written before its files, so that no file is without it."""
        if not self.holds(delivery_id):
            shutil.rmtree(self._incoming / delivery_id, ignore_errors=True)
            (self._incoming / delivery_id).mkdir(parents=True)
            self._begun.add(delivery_id)
        self._store(delivery_id, RECORD, json.dumps(asdict(received)).encode())

    def sign_off(self, delivery_id: str) -> None:
        """All of a delivery is kept: have it known by what it is whole."""
        self.write_checksums(delivery_id, Checksums(self.key, self._checksums.pop(delivery_id)))
        if delivery_id in self._begun:
            os.replace(self._incoming / delivery_id, self.folder / delivery_id)
            self._begun.discard(delivery_id)

    def write_checksums(self, delivery_id: str, *lists: Checksums) -> None:
        """Replace what a delivery is known by, in one step."""
        self._put(delivery_id, CHECKSUMS, as_json(lists))

    def seal(self, packed: bytes) -> bytes:
        """Encrypt what is packed."""
        return bytes(pyrage.encrypt(packed, [self._recipient]))

    def replace(self, target: Path, sealed: bytes) -> None:
        """Put a file that is sealed anew in place of the one of that name; it is on the disk first, and keeps its time."""
        time = target.stat()
        self._incoming.mkdir(parents=True, exist_ok=True)
        part = self._incoming / f"{target.parent.name} {target.name}"
        part.write_bytes(sealed)
        os.utime(part, ns=(time.st_atime_ns, time.st_mtime_ns))
        sync(part)
        os.replace(part, target)

    def _store(self, delivery_id: str, name: str, content: bytes) -> None:
        sealed = self.seal(_codec().compress(content, asbytes=True))
        self._put(delivery_id, name, sealed)
        self._checksums[delivery_id][name] = checksum(sealed)

    def _put(self, delivery_id: str, name: str, content: bytes) -> None:
        """Write a file where nobody looks yet, or in one step in place of the one of that name."""
        if delivery_id in self._begun:
            (self._incoming / delivery_id / name).write_bytes(content)
            return
        self._incoming.mkdir(parents=True, exist_ok=True)
        part = self._incoming / f"{delivery_id} {name}"
        part.write_bytes(content)
        (self.folder / delivery_id).mkdir(exist_ok=True)
        os.replace(part, self.folder / delivery_id / name)

    def holds(self, delivery_id: str) -> bool:
        """Whether anything of a delivery is kept."""
        return (self.folder / delivery_id).is_dir()

    def forget(self, delivery_id: str) -> None:
        """Remove a delivery's files."""
        self._checksums.pop(delivery_id, None)
        self._begun.discard(delivery_id)
        for folder in (self.folder, self._incoming):
            shutil.rmtree(folder / delivery_id, ignore_errors=True)

    @property
    def _incoming(self) -> Path:
        """Where deliveries and files lie before they get their name; `home` sweeps it."""
        return self.folder / ".incoming"


@cache
def _codec() -> Any:
    import pyarrow as pa  # see `open_archived`

    return pa.Codec("zstd", compression_level=_LEVEL)


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
    import pyarrow as pa  # it takes a while to load, and most commands that know the archive open nothing of it

    try:
        with pa.CompressedInputStream(pa.BufferReader(unsealed(path, private_key)), "zstd") as stream:
            return bytes(stream.read())
    except OSError as error:
        raise _cannot_be_opened(path) from error


def row_count(path: Path, content: bytes) -> int:
    """How many rows an opened file holds below its header, as lines; none where it was made by nobody's system."""
    if path.name in (RECORD, archived_name(MANIFEST_NAME)):
        return 0
    if content.startswith(b"\x1f\x8b"):
        with suppress(OSError, EOFError, zlib.error):  # half a gzip is archived as it is
            content = gzip.decompress(content)
    return max(0, len(content.splitlines()) - 1)


def unsealed(path: Path, private_key: str) -> bytes:
    """What was packed and sealed. Raises UsageError when it is no archived file or the key does not fit."""
    try:
        identity = pyrage.x25519.Identity.from_str(private_key)
        return bytes(pyrage.decrypt(path.read_bytes(), [identity]))
    except (pyrage.IdentityError, pyrage.DecryptError, ValueError, OSError) as error:
        raise _cannot_be_opened(path) from error


def _cannot_be_opened(path: Path) -> UsageError:
    return UsageError(
        f"{path} cannot be opened with this key: give a file of the archive and the private key it was encrypted for."
    )
