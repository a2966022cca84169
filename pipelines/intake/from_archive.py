"""Archived deliveries laid out again as they lay in the drop folder, in a small home of its own where they can be taken in anew.

They lie there in clear text: the folder is its owner's alone, and who works in it clears it when done. Which deliveries these
are, and what becomes of them, belongs to those who ask (``commands.restore``, ``audit.editions.recompute``).
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb

from pipelines.configuration.contract import Source
from pipelines.configuration.municipality import Municipality
from pipelines.configuration.settings import Settings
from pipelines.delivery.archive import RECORD, SUFFIX, Received, archived_name, open_archived, read_received
from pipelines.delivery.archive_checksums import archive_faults
from pipelines.delivery.find import delivery_id
from pipelines.delivery.manifest import MANIFEST_NAME
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.runtime.errors import NightlyFailed, UsageError, tells_of_full_disk
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home
from pipelines.state.keys import Keys
from pipelines.state.versions import versions

#: A manifest laid out again is as old as this: nothing that is archived is still arriving.
_LONG_AGO = datetime(2000, 1, 1).timestamp()


class ArchiveDamaged(UsageError):
    """An archived file that is not what was archived; ``fault`` says what is wrong with it."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(
            f"{path}: {fault}; put it back from a backup, or move its folder out of the archive to do without it. Nothing was "
            "changed."
        )
        self.fault = fault


class HomeInTheMaking(Home):
    """Knows its keys without a file: no copy of them lies where a backup may find it."""

    def __init__(self, path: Path, municipality: Municipality, keys: Keys) -> None:
        super().__init__(path, Settings(municipality=municipality.name, drop=str(path / "drop")), municipality)
        self._keys = keys

    @property
    def pseudonym_key(self) -> bytes:
        return self._keys.pseudonym

    @property
    def archive_public_key(self) -> str:
        return self._keys.public

    def lay_empty(self) -> None:
        """Have the folders there that taking in needs, with nothing in them."""
        self.clear()
        for folder in (self.drop, self.archive):
            folder.mkdir(mode=0o700)

    def clear(self) -> None:
        """Remove what was laid out, and what taking it in has left besides the history."""
        for folder in (self.drop, self.archive, self.path / "decisions"):
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class LaidOut:
    """A delivery in the drop folder: the id that it has there, the one it is archived under, and where it lies."""

    delivery_id: str
    archived_id: str
    path: Path


class ArchivedDeliveries:
    """The deliveries of an archive, for who holds its private key."""

    def __init__(self, home: Home, archive: Path, sources: dict[str, Source], keys: Keys) -> None:
        """``home``: whose list of deliveries tells where one lay that was archived without a record of it."""
        self._archive = archive
        self._sources = sources
        self._private = keys.private
        self._pseudonymiser = Pseudonymiser(keys.pseudonym)
        self._listed = listed_deliveries(home)

    def holds(self, delivery: str) -> bool:
        """Whether a delivery is in the archive."""
        return self._manifest(delivery).is_file()

    def opens(self, delivery: str) -> bool:
        """Whether the key opens a delivery's manifest."""
        try:
            open_archived(self._manifest(delivery), self._private)
        except UsageError:
            return False
        return True

    def lay_out(self, delivery: str, drop: Path) -> LaidOut:
        """Lay a delivery out as it lay in the drop folder. Raises ArchiveDamaged when it is not what was archived."""
        manifest = self._manifest(delivery)
        folder, content = manifest.parent, self._open(manifest)
        received = self._received(folder, content)
        target = drop / received.folder
        target.mkdir(mode=0o700, parents=True)
        for name, archived in received.files.items():
            if (folder / archived).is_file():
                (target / name).write_bytes(self._open(folder / archived))
        for name in received.links:
            if not (target / name).exists():
                (target / name).symlink_to(drop / "elsewhere")
        (target / MANIFEST_NAME).write_bytes(content)
        for path in target.iterdir():
            os.utime(path, (_LONG_AGO, _LONG_AGO), follow_symlinks=False)
        return LaidOut(delivery_id(received.folder, content), delivery, target)

    def _manifest(self, delivery: str) -> Path:
        return self._archive / delivery / f"{MANIFEST_NAME}{SUFFIX}"

    def _open(self, path: Path) -> bytes:
        try:
            return open_archived(path, self._private)
        except UsageError:
            fault = next((fault for fault in archive_faults(path.parent) if fault.startswith(path.name)), None)
            raise ArchiveDamaged(path, fault or f"{path.name} is damaged, or sealed to another key") from None

    def _received(self, folder: Path, manifest: bytes) -> Received:
        """Where a delivery lay and what its files were called."""
        record = folder / RECORD
        received = read_received(self._open(record)) if record.is_file() else self._guess_received(folder, manifest)
        steps = PurePosixPath(received.folder).parts
        names = [*steps, *received.files, *received.links]
        if len(steps) != 2 or any(name in ("", ".", "..") or "/" in name or "\0" in name for name in names):
            raise ArchiveDamaged(record, f"{RECORD} names a place that no delivery can have had")
        return received

    def _guess_received(self, folder: Path, manifest: bytes) -> Received:
        """For a delivery that was archived without a record: as the list of deliveries shows it, else under its own id."""
        try:
            content = json.loads(manifest)
            names = [str(file["fil"]) for file in content["filer"]]
            source = content["kalla"] if content["kalla"] in self._sources else "okand"
        except (ValueError, TypeError, KeyError, RecursionError):
            names, source = [], "okand"
        plain = [name for name in names if name not in ("", ".", "..") and not set(name) & {"/", "\\", "\0"}]
        files = {name: archived_name(self._pseudonymiser.name(name)) for name in plain}
        shown = self._listed.get(folder.name, {}).get("folder") or ""
        is_exact = delivery_id(shown, manifest) == folder.name
        return Received(shown if is_exact else f"{source}/{folder.name}", files)


def rename(connection: duckdb.DuckDBPyConnection, laid_out: Iterable[LaidOut]) -> None:
    """Give deliveries the ids that they are archived under, where these cannot be made again from where they lay."""
    names = {one.delivery_id: one.archived_id for one in laid_out if one.delivery_id != one.archived_id}
    if not names:
        return
    tables = connection.execute("select table_name from duckdb_columns() where column_name = 'delivery_id'").fetchall()
    for made, archived in names.items():
        for (table,) in tables:
            connection.execute(f'update "{table}" set delivery_id = ? where delivery_id = ?', [archived, made])
        connection.execute(
            "update delivery set message = replace(message, $made, $archived), remarks = replace(remarks, $made, $archived) "
            "where delivery_id = $archived",
            {"made": made, "archived": archived},
        )


def listed_deliveries(home: Home) -> dict[str, dict[str, Any]]:
    """The list of deliveries as any version that can still be read holds it, the newest first."""
    for version in reversed(versions(home.path)):
        for path in (version.history, version.published):
            try:
                with open_for_reading(path) as connection:
                    rows = connection.execute("select delivery_id, folder, judged_in, decided from delivery").fetchall()
            except (NightlyFailed, duckdb.Error):
                continue
            return {row[0]: {"folder": row[1], "judged_in": row[2], "decided": row[3]} for row in rows}
    return {}


@contextmanager
def cleared(folder: Path, command: str) -> Iterator[None]:
    """An empty folder for what is made again; while nothing of the home has changed, a failure leaves nothing behind.

    An unforeseen error is told by its kind only: its text may quote the data.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        yield
    except (NightlyFailed, UsageError):
        raise
    except Exception as error:
        kind = f", {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        full = " (the disk is full)" if tells_of_full_disk(str(error)) else ""
        raise NightlyFailed(
            f"The history could not be rebuilt in {folder}{full} ({type(error).__name__}{kind}); nothing was changed. Mend "
            f"the cause, which may be too little room or missing rights there, and run {command} again."
        ) from None
    finally:
        if sys.exception():
            shutil.rmtree(folder, ignore_errors=True)
