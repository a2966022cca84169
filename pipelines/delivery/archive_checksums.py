"""What the archive keeps so that a delivery can be seen to be whole without being opened: size and sha256 of each file as it
lies there, encrypted.

The list (`checksums.json`) is written when all of a delivery is archived. While the archive's key is rotated it names each file
twice, as it was and as it will be, so that a kill at any moment leaves a list that is true. Checksums tell of damage; that nobody
has replaced both a file and its list is known by who opens it (``commands.verify_archive``).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

CHECKSUMS = "checksums.json"

#: Said of a delivery that has no such list.
NONE_KEPT = "cannot be verified: archived before the archive kept checksums"


@dataclass(frozen=True)
class Checksum:
    """What a file is known by."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Checksums:
    """A delivery's files as they are when they are sealed to a key, which is named by its fingerprint."""

    key: str
    files: dict[str, Checksum]


def checksum(content: bytes) -> Checksum:
    """What this content is known by."""
    return Checksum(len(content), hashlib.sha256(content).hexdigest())


def as_json(lists: Iterable[Checksums]) -> bytes:
    """Lists as they are kept."""
    return json.dumps([asdict(one) for one in lists]).encode()


def read_checksums(folder: Path) -> list[Checksums]:
    """What was kept of an archived delivery: one list, two while it is sealed to another key, none of an old delivery.

    Raises ValueError when it is torn.
    """
    try:
        lists = json.loads((folder / CHECKSUMS).read_bytes())
        return [Checksums(one["key"], {name: Checksum(**kept) for name, kept in one["files"].items()}) for one in lists]
    except FileNotFoundError:
        return []
    except (OSError, TypeError, AttributeError, KeyError) as error:
        raise ValueError(folder / CHECKSUMS) from error


def keys_sealed_to(folder: Path) -> set[str]:
    """The fingerprints of the keys to which an archived delivery is sealed, as far as it says."""
    try:
        return {one.key for one in read_checksums(folder)}
    except ValueError:
        return set()


def archive_faults(folder: Path) -> list[str]:
    """What is wrong with an archived delivery, without opening it; nothing when it is whole."""
    try:
        lists = read_checksums(folder)
    except ValueError:
        return [f"{CHECKSUMS} is torn"]
    if not lists:
        return [NONE_KEPT]
    found = ((name, _file_fault(folder / name, [one.files[name] for one in lists])) for name in lists[0].files)
    return [f"{name} {fault}" for name, fault in found if fault]


def _file_fault(path: Path, kept: list[Checksum]) -> str | None:
    try:
        there = checksum(path.read_bytes())
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if there in kept:
        return None
    return "is cut short" if there.bytes < min(one.bytes for one in kept) else "is damaged"
