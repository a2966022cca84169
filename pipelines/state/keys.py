"""The keys of a KAA_HOME: of the pseudonyms (secret), and of the archive, whose private one is to be moved away.

Their folder is `keys` below KAA_HOME, or where `settings.toml` says. Nobody but its owner may look into it. A key is known by its
fingerprint, from which nobody can find the key.
"""

import hashlib
import hmac
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyrage

from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import sync, write_new
from pipelines.state.versions import ASIDE, new_aside

PSEUDONYM_KEY, ARCHIVE_PUBLIC, ARCHIVE_PRIVATE = "pseudonym.key", "archive.public", "archive.private"

#: The pseudonym key that follows, while it is changed.
NEXT_PSEUDONYM_KEY = "pseudonym.key.next"

#: What a history calls the fingerprint of its pseudonym key.
PSEUDONYM_FINGERPRINT = "pseudonym_key"

#: What keys that are put aside were for.
NOTE = "note.txt"


def pseudonym_fingerprint(key: bytes) -> str:
    """A keyed fingerprint: nobody can try personnummer or keys with it faster than with the pseudonyms themselves."""
    return hmac.digest(key, b"fingerprint of the pseudonym key", "sha256").hex()[:32]


def archive_fingerprint(public_key: str) -> str:
    """Which key the archive is sealed to."""
    return hashlib.sha256(public_key.encode()).hexdigest()[:32]


def refuse_open_to_others(path: Path) -> None:
    """Raises UsageError when others than its owner may read a secret key or look into its folder."""
    for place, mode in ((path.parent, 0o700), (path, 0o600)):
        with suppress(OSError):  # what cannot be seen is told by who reads it
            if place.stat().st_mode & 0o077:
                raise UsageError(
                    f"{place} is open to others than its owner: run chmod {mode:o} '{place}', and where somebody may have read "
                    "the pseudonym key, kaa keys rotate --pseudonym."
                )


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


@dataclass
class Keys:
    """The archive's private key and its public one, and the key of the pseudonyms; ``notes`` say what is new about them."""

    private: str
    public: str
    pseudonym: bytes
    notes: list[str] = field(default_factory=list)


def read_private_key(path: Path) -> Keys:
    """The archive's keys, by the file of the private one; the pseudonyms' is to be chosen yet. Raises UsageError."""
    try:
        lines = path.read_text(encoding="utf-8").split()
        private = next(line for line in lines if line.startswith("AGE-SECRET-KEY-"))
        identity = pyrage.x25519.Identity.from_str(private)
    except OSError as error:
        raise UsageError(
            f"The key file {path} cannot be read ({error.strerror}): give the archive's private key."
        ) from error
    except (StopIteration, UnicodeDecodeError, pyrage.IdentityError):
        raise UsageError(f"{path} is no private key: give the file archive.private that kaa init made.") from None
    return Keys(private, str(identity.to_public()), b"")


def missing_keys(folder: Path) -> list[str]:
    """The keys that a nightly needs and that are not there."""
    return [name for name in (PSEUDONYM_KEY, ARCHIVE_PUBLIC) if not (folder / name).exists()]


def make_missing_keys(folder: Path) -> list[str]:
    """Make them; returns the names of the files that were made."""
    made = []
    for name in missing_keys(folder):
        if name == PSEUDONYM_KEY:
            write_new(folder / PSEUDONYM_KEY, f"{secrets.token_hex(32)}\n", 0o600)
            made.append(PSEUDONYM_KEY)
        else:
            made += make_archive_keys(folder)
    return made


def make_archive_keys(folder: Path) -> list[str]:
    """Make a pair of archive keys; returns the names of the files. Raises FileExistsError where there is one."""
    identity = pyrage.x25519.Identity.generate()
    # The private key first: a public one without it would seal what nobody can open.
    write_new(folder / ARCHIVE_PRIVATE, f"{identity}\n", 0o600)
    write_new(folder / ARCHIVE_PUBLIC, f"{identity.to_public()}\n", 0o600)
    return [ARCHIVE_PUBLIC, ARCHIVE_PRIVATE]


def keep_aside(folder: Path, names: Iterable[str], note: str) -> None:
    """Keep keys that give way to others below the folder of the keys, with a note of what they were for."""
    there = [folder / name for name in names if (folder / name).exists()]
    if not there:
        return
    aside = new_aside(folder)
    for made in (folder / ASIDE, aside):
        made.mkdir(mode=0o700, exist_ok=True)
    for path in there:
        shutil.copy(path, aside / path.name)
    (aside / NOTE).write_text(f"{note}\n", encoding="utf-8")


def replace_key(path: Path, text: str) -> None:
    """Put a key in place of the one of that name, in one step, readable for its owner alone."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    write_new(part, f"{text}\n", 0o600)
    sync(part)
    os.replace(part, path)
    sync(path.parent)


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
