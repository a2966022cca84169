"""What each nightly judged, kept in the archive: `kaa restore` makes the nights again from it, in their order.

A record counts once its night is published; until then it has another name, and what a killed night left is swept away.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.files import atomic_write, sync

#: Their folder in the archive.
RECORDS = ".runs"


@dataclass(frozen=True)
class NightRecord:
    """What one night judged: its version, its moment, whose it was, the deliveries as the list showed them then, "
    "what people had
    decided about held ones, and which archived deliveries it purged (of so many files)."""

    version: int
    now: str
    owner: dict[str, str]
    judged: list[dict[str, Any]]
    decided: dict[str, str]
    purged: list[str] = field(default_factory=list)
    purged_files: int = 0

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.now)

    @property
    def is_empty(self) -> bool:
        """Whether the night had nothing to do."""
        return not (self.judged or self.decided or self.purged)


class NightRecords:
    """The records of an archive: a file per published night, and one of the night that is going on."""

    def __init__(self, archive: Path) -> None:
        self.folder = archive / RECORDS

    def published(self) -> dict[int, Path]:
        """The records that count, in the order of their versions."""
        return {int(path.stem): path for path in sorted(self.folder.glob("*.json"))}

    def write(self, record: NightRecord) -> None:
        """Write the record of the night that is going on, in one step."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        atomic_write(self._unpublished(record.version), json.dumps(asdict(record)))

    def note_purged(self, version: int, deliveries: list[str], files: int) -> None:
        """Add to the record of the night that is going on which deliveries it purged from the archive."""
        self.write(replace(read_record(self._unpublished(version)), purged=deliveries, purged_files=files))

    def confirm(self, version: int) -> None:
        """The night is about to be published: its record counts. One that had nothing to do leaves none, unless keys have
        changed since the last one: a restore asks which were used."""
        written = self._unpublished(version)
        if not written.exists():
            return
        record = read_record(written)
        if record.is_empty and record.owner == self._last_owner(record.owner):
            written.unlink()
        else:
            sync(written)
            os.replace(written, self.folder / f"{version:06d}.json")
            sync(self.folder)

    def _last_owner(self, unknown: dict[str, str]) -> dict[str, str]:
        records = list(self.published().values())
        return read_record(records[-1]).owner if records else unknown

    def sweep(self, was_killed: Callable[[int], bool]) -> None:
        """Remove what killed nights left; one may have been killed between its confirmation and the moving of the pointer."""
        for path in self.folder.glob("*.part"):
            path.unlink()
        for version, path in self.published().items():
            if was_killed(version):
                path.unlink()

    def _unpublished(self, version: int) -> Path:
        return self.folder / f"{version:06d}.part"


def read_record(path: Path) -> NightRecord:
    """Raises UsageError when the file is torn, NightlyFailed when a newer program wrote it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.keys() - {item.name for item in fields(NightRecord)}:
            raise NightlyFailed(
                f"{path}, which says what a nightly judged, was written by a newer version of this program: install that one. "
                "Nothing was changed."
            )
        return NightRecord(**content)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path}, which says what a nightly judged, is torn: put it back from a backup, or remove it to restore what is in "
            "its deliveries without it."
        ) from error
