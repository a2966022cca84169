"""The last backup that was taken of a KAA_HOME, and the last time that one could not be: `last_backup.json`, for who watches.

Where backups lie and whether they are whole is known by themselves (``backups``), not by this.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.runtime.files import atomic_write

FILE = "last_backup.json"


@dataclass(frozen=True)
class LastBackup:
    """Its folder, when it was taken and read back, of which version, its files and bytes, and when one failed since (ISO 8601
    with offset; None: none has been taken, none has failed since)."""

    folder: str | None = None
    taken_at: str | None = None
    version: int = 0
    files: int = 0
    bytes: int = 0
    failed_at: str | None = None


def read_last_backup(home: Path) -> LastBackup:
    """The record; one that says nothing where there is none, or none that can be read."""
    try:
        return LastBackup(**json.loads((home / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return LastBackup()


def write_last_backup(home: Path, last: LastBackup) -> None:
    """Put it in place in one step. Raises OSError when it cannot be written."""
    atomic_write(home / FILE, json.dumps(asdict(last)), 0o640)
