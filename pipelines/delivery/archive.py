"""Keeps each delivery's files as received, encrypted to the archive's public key (age format).

The nightly job can write here but cannot read: only the holder of the private key can open a file, with
``kaa archive open`` or with the public tools: ``age --decrypt -i KEY FILE | zstd -d``. Nothing of the pipeline reads the
archive back.
"""

import hashlib
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyrage

from pipelines.errors import UsageError

SUFFIX = ".zst.age"

#: A fast level: compressing a year's backlog must not take longer than reading it.
_CODEC = pa.Codec("zstd", compression_level=-1)

#: A file system's names hold 255 bytes; a longer name is cut, and what is cut away becomes a fingerprint.
_LONGEST_NAME = 200


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
        target = self.folder / delivery_id / (_short(name) + SUFFIX)
        part = self._incoming / f"{delivery_id} {target.name}"
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


def _short(name: str) -> str:
    encoded = name.encode()
    if len(encoded) <= _LONGEST_NAME:
        return name
    return encoded[: _LONGEST_NAME - 17].decode(errors="ignore") + "-" + hashlib.sha256(encoded).hexdigest()[:16]


def open_archived(path: Path, private_key: str) -> bytes:
    """The bytes of one archived file as they were received.

    Raises UsageError when it is no archived file or the key does not fit.
    """
    try:
        identity = pyrage.x25519.Identity.from_str(private_key)
        packed = pyrage.decrypt(path.read_bytes(), [identity])
    except (pyrage.IdentityError, pyrage.DecryptError) as error:
        raise UsageError(
            f"{path} cannot be opened with this key: give a file of the archive and the private key it was encrypted for."
        ) from error
    with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
        return bytes(stream.read())
