"""What the archive keeps so that a delivery can be seen to be whole without being opened: size and sha256 of each file as it
lies there, encrypted.

The list (`checksums.json`) is written when all of a delivery is archived. While the archive's key is rotated it names each file
twice, as it was and as it will be, so that a kill at any moment leaves a list that is true. Checksums tell of damage; that nobody
has replaced both a file and its list is known by who opens it (``commands.verify_archive``).
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
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
    """A delivery's files, and how those will be that are being encrypted to another key."""

    files: dict[str, Checksum]
    rotated: dict[str, Checksum] = field(default_factory=dict)

    def as_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()


def checksum(content: bytes) -> Checksum:
    """What this content is known by."""
    return Checksum(len(content), hashlib.sha256(content).hexdigest())


def read_checksums(folder: Path) -> Checksums | None:
    """The list of an archived delivery; None where none was kept. Raises ValueError when it is torn."""
    try:
        content = json.loads((folder / CHECKSUMS).read_bytes())
        lists = {name: {file: Checksum(**kept) for file, kept in files.items()} for name, files in content.items()}
        return Checksums(**lists)
    except FileNotFoundError:
        return None
    except (OSError, TypeError, AttributeError) as error:
        raise ValueError(folder / CHECKSUMS) from error


def archive_faults(folder: Path) -> list[str]:
    """What is wrong with an archived delivery, without opening it; nothing when it is whole."""
    try:
        kept = read_checksums(folder)
    except ValueError:
        return [f"{CHECKSUMS} is torn"]
    if kept is None:
        return [NONE_KEPT]
    found = ((name, _file_fault(folder / name, kept, name)) for name in kept.files)
    return [f"{name} {fault}" for name, fault in found if fault]


def _file_fault(path: Path, kept: Checksums, name: str) -> str | None:
    try:
        there = checksum(path.read_bytes())
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if there in (kept.files[name], kept.rotated.get(name)):
        return None
    return "is cut short" if there.bytes < kept.files[name].bytes else "is damaged"
