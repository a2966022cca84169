"""The keys that a home is restored with."""

import secrets
from pathlib import Path

from pipelines.runtime.errors import UsageError
from pipelines.state.home import Home
from pipelines.state.keys import (
    ARCHIVE_PRIVATE,
    ARCHIVE_PUBLIC,
    PSEUDONYM_FINGERPRINT,
    PSEUDONYM_KEY,
    Keys,
    keep_aside,
    pseudonym_fingerprint,
    read_pseudonym_key,
    replace_key,
)
from pipelines.state.night_records import NightRecord


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
