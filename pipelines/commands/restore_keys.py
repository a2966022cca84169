"""The keys that a home is restored with."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

import pyrage

from pipelines.runtime.errors import UsageError
from pipelines.state.home import Home
from pipelines.state.keys import (
    ARCHIVE_PRIVATE,
    ARCHIVE_PUBLIC,
    PSEUDONYM_FINGERPRINT,
    PSEUDONYM_KEY,
    keep_aside,
    pseudonym_fingerprint,
    read_pseudonym_key,
    replace_key,
)
from pipelines.state.night_records import NightRecord


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


def choose_pseudonym_key(home: Home, keys: Keys, given: Path | None, nights: list[NightRecord]) -> None:
    """The key that is given, else the home's; where that is lost a new one."""
    used = next((found for night in reversed(nights) if (found := night.owner.get(PSEUDONYM_FINGERPRINT))), None)
    own = home.keys / PSEUDONYM_KEY
    if given:
        keys.pseudonym = read_pseudonym_key(given)
        if used and pseudonym_fingerprint(keys.pseudonym) != used:
            raise UsageError(
                f"{given} is not the pseudonym key that was used before: give that one, or none for new pseudonyms. Nothing "
                "was changed."
            )
        return
    keys.pseudonym = home.pseudonym_key if own.exists() else secrets.token_bytes(32)
    if not own.exists():
        keys.notes.append("The pseudonym key was lost: a new one was made, so every pseudonym is new.")
    elif used and pseudonym_fingerprint(keys.pseudonym) != used:
        keys.notes.append(f"{own} is not the key that was used before, so every pseudonym is new.")


def write_keys(home: Home, keys: Keys) -> None:
    """Write the keys that a home needs at night; those that give way to others are kept aside."""
    home.keys.mkdir(mode=0o700, exist_ok=True)
    wanted = {PSEUDONYM_KEY: keys.pseudonym.hex(), ARCHIVE_PUBLIC: keys.public, ARCHIVE_PRIVATE: keys.private}
    others = [name for name, text in wanted.items() if _is_another(home.keys / name, text)]
    keep_aside(
        home.keys, others, "These keys were here before kaa restore, which needed others: see what they are for."
    )
    if ARCHIVE_PRIVATE in others:  # it opens another archive
        (home.keys / ARCHIVE_PRIVATE).unlink()
    for name in (PSEUDONYM_KEY, ARCHIVE_PUBLIC):
        replace_key(home.keys / name, wanted[name])


def _is_another(path: Path, text: str) -> bool:
    return path.exists() and path.read_bytes().decode(errors="replace").strip() != text
