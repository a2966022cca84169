"""Keeps each delivery's files as received, encrypted to the archive's public key (age format).

The nightly job can write here but cannot read: only the holder of the private key can open a file, with
``kaa archive open`` or with the public tools: ``age --decrypt -i KEY FILE | zstd -d``. Nothing of the pipeline reads the
archive back.
"""

import os
from pathlib import Path

import pyarrow as pa
import pyrage

SUFFIX = ".zst.age"


class Archive:
    """The folder of archived deliveries: one folder per delivery id, one encrypted file per delivered file."""

    def __init__(self, folder: Path, public_key: str) -> None:
        self.folder = folder
        self._recipient = pyrage.x25519.Recipient.from_str(public_key)

    def store(self, delivery_id: str, name: str, content: bytes) -> None:
        """Keep one file; storing it again changes nothing that a reader sees."""
        target = self.folder / delivery_id / (name + SUFFIX)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        packed = pa.compress(content, codec="zstd", asbytes=True)
        part = target.with_name(target.name + ".part")
        part.write_bytes(pyrage.encrypt(packed, [self._recipient]))
        os.replace(part, target)


def open_archived(path: Path, private_key: str) -> bytes:
    """The bytes of one archived file as they were received."""
    identity = pyrage.x25519.Identity.from_str(private_key)
    packed = pyrage.decrypt(path.read_bytes(), [identity])
    with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
        return bytes(stream.read())
