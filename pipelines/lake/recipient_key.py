"""The key of a lake's pseudonyms: made by the recipient, or by a third party for it, and sealed to each municipality.

With one key a person who moves between municipalities has one pseudonym; which numbers become pseudonyms with it belongs in
``export``. A key is known by its fingerprint, from which nobody can find the key.
"""

import hmac
import re
import secrets
from pathlib import Path

import pyrage

from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import write_new
from pipelines.runtime.os_errors import sentence
from pipelines.state.keys import read_archive_public

#: How a key file begins, sealed or not: so nobody takes another secret, such as a home's own pseudonym key, for it.
_MARK = "kaa-recipient-key-1"
_FORM = re.compile(rf"{_MARK} ([0-9a-f]{{64}})\n?")


def new_key(path: Path) -> bytes:
    """Make a key of 32 bytes in a file that is not there yet, readable for its owner alone. Raises UsageError."""
    key = secrets.token_bytes(32)
    _write(path, _text(key))
    return key


def read_key(path: Path) -> bytes:
    """The key in a file of ``new_key``. Raises UsageError when it cannot be read, is no such key, or is open to others."""
    content = _read(path)
    found = _FORM.fullmatch(content.decode("ascii", "replace"))
    if found is None:
        raise UsageError(f"{path} is no recipient's key: give the file that kaa lake new-key made.")
    if path.stat().st_mode & 0o077:
        raise UsageError(f"{path} is open to others than its owner: run chmod 600 '{path}'.")
    return bytes.fromhex(found[1])


def seal_key(key: bytes, to: Path, out: Path) -> None:
    """Seal a key to a municipality's ``archive.public``, in a file that is not there yet. Raises UsageError."""
    try:
        recipient = pyrage.x25519.Recipient.from_str(read_archive_public(to))
    except UsageError:
        raise UsageError(f"{to} is no archive.public: have the municipality send the one of its KAA_HOME.") from None
    _write(out, bytes(pyrage.encrypt(_text(key).encode(), [recipient])))


def open_key(sealed: Path, private_key: str) -> bytes:
    """The key that was sealed to a municipality, for who holds its archive's private key. Raises UsageError."""
    content = _read(sealed)
    try:
        opened = bytes(pyrage.decrypt(content, [pyrage.x25519.Identity.from_str(private_key)]))
    except (pyrage.DecryptError, ValueError):
        raise UsageError(
            f"{sealed} cannot be opened with this private key: give the file that kaa lake seal-key made for this municipality, "
            "or send its archive.public and have the key sealed again."
        ) from None
    found = _FORM.fullmatch(opened.decode("ascii", "replace"))
    if found is None:
        raise UsageError(f"{sealed} holds no recipient's key: give the file that kaa lake seal-key made.")
    return bytes.fromhex(found[1])


def fingerprint(key: bytes) -> str:
    """32 hex digits by which sender and recipient see that they have the same key."""
    return hmac.digest(key, b"fingerprint of the recipient's key", "sha256").hex()[:32]


def _text(key: bytes) -> str:
    return f"{_MARK} {key.hex()}\n"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"The recipient's key cannot be read. {sentence(error)}") from error


def _write(path: Path, content: bytes | str) -> None:
    try:
        write_new(path, content, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} exists already: choose another file with --out.") from None
    except OSError as error:
        raise UsageError(f"The recipient's key cannot be written. {sentence(error)}") from error
