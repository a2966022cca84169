"""The keys of a KAA_HOME: of the pseudonyms (secret), and of the archive, whose private one is to be moved away."""

import re
import secrets
from pathlib import Path

import pyrage

from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import write_new

PSEUDONYM_KEY, ARCHIVE_PUBLIC, ARCHIVE_PRIVATE = "pseudonym.key", "archive.public", "archive.private"


def read_pseudonym_key(path: Path) -> bytes:
    """The 32 bytes of a key file. Raises UsageError when it cannot be read or holds no such key."""
    text = _read(path)
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise _damaged(path)
    return bytes.fromhex(text)


def read_archive_public(path: Path) -> str:
    """The key that the archive is sealed to. Raises UsageError when it cannot be read or is no such key."""
    key = _read(path)
    try:
        pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError:
        raise _damaged(path) from None
    return key


def missing_keys(folder: Path) -> list[str]:
    """The keys that a nightly needs and that are not there."""
    return [name for name in (PSEUDONYM_KEY, ARCHIVE_PUBLIC) if not (folder / name).exists()]


def make_missing_keys(folder: Path) -> list[str]:
    """Make them; returns the names of the files that were made."""
    made = []
    for name in missing_keys(folder):
        if name == PSEUDONYM_KEY:
            texts = {PSEUDONYM_KEY: secrets.token_hex(32)}
        else:
            identity = pyrage.x25519.Identity.generate()
            # The private key first: a public one without it would seal what nobody can open.
            texts = {ARCHIVE_PRIVATE: str(identity), ARCHIVE_PUBLIC: str(identity.to_public())}
        for file, text in texts.items():
            write_new(folder / file, f"{text}\n", 0o600)
        made += sorted(texts, reverse=True)
    return made


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise _damaged(path) from None
    except OSError as error:
        raise UsageError(
            f"The key file {path} cannot be read ({getattr(error, 'strerror', 'no text')}): restore it from your key store."
        ) from error


def _damaged(path: Path) -> UsageError:
    return UsageError(f"The key file {path} is damaged: restore it from your key store.")
