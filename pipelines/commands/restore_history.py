"""Makes the history again from the archive, night by night, by the steps that take deliveries in."""

import json
import os
import shutil
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb

from pipelines.commands.restore_keys import Keys
from pipelines.commands.restore_nights import listed_deliveries
from pipelines.configuration.contract import Source, load_sources
from pipelines.configuration.municipality import Municipality
from pipelines.configuration.settings import Settings
from pipelines.delivery.archive import RECORD, SUFFIX, Received, archived_name, open_archived, read_received
from pipelines.delivery.archive_checksums import archive_faults
from pipelines.delivery.find import delivery_id
from pipelines.delivery.judging import DUPLICATE, REJECTED, Judged
from pipelines.delivery.manifest import MANIFEST_NAME
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.history.purge import Removal, data_year
from pipelines.history.purge_archives import OUTLIVED, note_removal
from pipelines.history.store import History
from pipelines.intake.take_in import Progress, take_in
from pipelines.runtime.errors import UsageError
from pipelines.state.home import REBUILT_HISTORY, Home
from pipelines.state.night_records import NightRecord

#: A manifest laid out again is as old as this: nothing that is archived is still arriving.
_LONG_AGO = datetime(2000, 1, 1).timestamp()


class _HomeInTheMaking(Home):
    """Knows its keys without a file: no copy of them lies where a backup may find it."""

    def __init__(self, path: Path, settings: Settings, municipality: Municipality, keys: Keys) -> None:
        super().__init__(path, settings, municipality)
        self._keys = keys

    @property
    def pseudonym_key(self) -> bytes:
        return self._keys.pseudonym

    @property
    def archive_public_key(self) -> str:
        return self._keys.public


class RestoredHistory:
    """The history as it is made again in a folder below KAA_HOME: a small home of its own, with a drop folder that holds one
    night's deliveries in clear text for as long as that night is made."""

    def __init__(self, home: Home, folder: Path, archive: Path, keys: Keys) -> None:
        self._archive = archive
        self._keys = keys
        self._listed_before = listed_deliveries(home)
        self._history = folder / REBUILT_HISTORY
        self._sources: dict[str, Source] = load_sources(home.municipality.district_codes)
        settings = Settings(municipality=home.settings.municipality, drop=str(folder / "drop"))
        self._home = _HomeInTheMaking(folder, settings, home.municipality, keys)
        self._pseudonymiser = Pseudonymiser(keys.pseudonym)
        self._gone: list[dict[str, Any]] = []
        self._judged_otherwise: list[str] = []
        self.deliveries = 0

    def rebuild(self, nights: list[NightRecord], progress: Progress) -> None:
        """Make every night again."""
        for number, night in enumerate(nights, start=1):
            try:
                self._make_again(night)
            finally:
                for name in ("drop", "decisions", "archive"):
                    shutil.rmtree(self._home.path / name, ignore_errors=True)
            progress(f"{number} of {len(nights)} nightlies rebuilt")

    def notes(self) -> list[str]:
        """What could not be rebuilt, and what is judged otherwise today."""
        notes = []
        if self._gone:
            named = ", ".join(f"{entry.get('source')} {entry.get('extract_date')}" for entry in self._gone[:5])
            more = f" and {len(self._gone) - 5} more" if len(self._gone) > 5 else ""
            notes.append(
                f"{len(self._gone)} deliveries are not in the archive any more (gallring, or lost): what only they held could "
                f"not be rebuilt: {named}{more}."
            )
        if self._judged_otherwise:
            notes.append(
                f"{len(self._judged_otherwise)} deliveries are judged otherwise than then, because the program, the contracts or "
                f"the profile have changed since or others are gone: {', '.join(self._judged_otherwise[:5])}."
            )
        return notes

    def _make_again(self, night: NightRecord) -> None:
        self._home.drop.mkdir(mode=0o700)
        self._home.archive.mkdir(mode=0o700)
        names = dict(filter(None, map(self._lay_out, night.judged)))
        for delivery, decision in night.decided.items():
            self._home.decide(delivery, decision)
        with History(self._history, self._sources) as history:
            take_in(self._home, self._sources, history, night.version, lambda rows, dates: None, now=night.moment)
            _rename(history.connection, {made: archived for made, archived in names.items() if made != archived})
            history.purge(night.version)
            _note_purged_archives(history.connection, night)
            self._list_what_is_gone(history, night)
            self._compare_verdicts(history.connection, night)
        self.deliveries += len(names)

    def _lay_out(self, entry: dict[str, Any]) -> tuple[str, str] | None:
        """Lay a delivery out as it lay in the drop folder; returns the id it has there and the archive's. None: it is gone."""
        manifest = self._manifest(entry)
        if not manifest.is_file():
            return None
        folder, content = manifest.parent, self._open(manifest)
        received = self._received(folder, content)
        target = self._home.drop / received.folder
        target.mkdir(mode=0o700, parents=True)
        for name, archived in received.files.items():
            if (folder / archived).is_file():
                (target / name).write_bytes(self._open(folder / archived))
        for name in received.links:
            if not (target / name).exists():
                (target / name).symlink_to(self._home.drop / "elsewhere")
        (target / MANIFEST_NAME).write_bytes(content)
        for path in target.iterdir():
            os.utime(path, (_LONG_AGO, _LONG_AGO), follow_symlinks=False)
        return delivery_id(received.folder, content), folder.name

    def _manifest(self, entry: dict[str, Any]) -> Path:
        return self._archive / str(entry["delivery_id"]) / f"{MANIFEST_NAME}{SUFFIX}"

    def _open(self, path: Path) -> bytes:
        try:
            return open_archived(path, self._keys.private)
        except UsageError:
            fault = next((fault for fault in archive_faults(path.parent) if fault.startswith(path.name)), None)
            raise UsageError(
                f"{path}: {fault or f'{path.name} is damaged, or sealed to another key'}; put it back from a backup, or "
                "move its folder out of the archive to restore without it. Nothing was changed."
            ) from None

    def _received(self, folder: Path, manifest: bytes) -> Received:
        """Where a delivery lay and what its files were called."""
        record = folder / RECORD
        received = read_received(self._open(record)) if record.is_file() else self._guess_received(folder, manifest)
        steps = PurePosixPath(received.folder).parts
        names = [*steps, *received.files, *received.links]
        if len(steps) != 2 or any(name in ("", ".", "..") or "/" in name or "\0" in name for name in names):
            raise UsageError(
                f"{folder / RECORD} names a place that no delivery can have had: restore it from a backup."
            )
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
        shown = self._listed_before.get(folder.name, {}).get("folder") or ""
        is_exact = delivery_id(shown, manifest) == folder.name
        return Received(shown if is_exact else f"{source}/{folder.name}", files)

    def _list_what_is_gone(self, history: History, night: NightRecord) -> None:
        """What is gone stands in the list as it did, but for what was loaded: nothing of that is there any more."""
        gone = [entry for entry in night.judged if not self._manifest(entry).is_file()]
        self._gone += gone
        never_loaded = [entry for entry in gone if entry.get("status") in (REJECTED, DUPLICATE)]
        if not never_loaded:
            return
        ledger = history.ledger(self._home.municipality.thresholds)
        for entry in never_loaded:
            day = entry["extract_date"]
            ledger.remember(Judged(**entry | {"extract_date": date.fromisoformat(day) if day else None}))
        history.write_ledger(ledger, [entry["delivery_id"] for entry in never_loaded], night.version)

    def _compare_verdicts(self, connection: duckdb.DuckDBPyConnection, night: NightRecord) -> None:
        rows = connection.execute("select delivery_id, status, reason from delivery").fetchall()
        verdicts = {delivery: verdict for delivery, *verdict in rows}
        for entry in night.judged:
            verdict = verdicts.get(entry["delivery_id"])
            if verdict and "status" in entry and verdict != [entry["status"], entry["reason"]]:
                self._judged_otherwise.append(entry["delivery_id"])


def _note_purged_archives(connection: duckdb.DuckDBPyConnection, night: NightRecord) -> None:
    year = data_year(connection)
    if night.purged and year:
        removal = Removal(OUTLIVED, archives=night.purged_files)
        note_removal(connection, night.version, year, night.purged, removal)


def _rename(connection: duckdb.DuckDBPyConnection, names: dict[str, str]) -> None:
    """Give deliveries the ids that they are archived under, where these cannot be made again from where they lay."""
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
