"""`kaa restore`: rebuilds history, warehouse and publication from the archive and its private key, delivery by delivery.

Each run that was published is made again: its deliveries are laid out as they lay in the drop folder, judged by the moment at
which it judged them, with what people had decided by then, and purged. Building and publishing are the ordinary job's. Nothing
of the home changes until the history is rebuilt; what lies there of an earlier state is put aside, never deleted.
"""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb
import pyrage

from pipelines.configuration.contract import Source, load_sources
from pipelines.delivery.archive import (
    SUFFIX,
    Received,
    RunRecord,
    archived_name,
    open_archived,
    read_received,
    read_run,
)
from pipelines.delivery.find import delivery_id
from pipelines.delivery.judging import DUPLICATE, REJECTED, Judged
from pipelines.delivery.manifest import MANIFEST_NAME
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.history.purge import Removal, data_year
from pipelines.history.purge_archives import OUTLIVED, note_removal
from pipelines.history.store import History
from pipelines.intake.owner import MUNICIPALITY, PSEUDONYM_KEY, owner, pseudonym_fingerprint
from pipelines.intake.take_in import take_in
from pipelines.orchestration.nightly import Outcome, run_nightly
from pipelines.runtime.errors import NightlyFailed, UsageError, tells_of_full_disk
from pipelines.state import decided
from pipelines.state.home import RECORD, RUN_SUFFIX, RUNS, Home, Settings, read_pseudonym_key
from pipelines.state.opening import opened, trouble
from pipelines.state.versions import POINTER, Version, folders_of, new_aside, put_aside, read_pointer, versions

Say = Callable[[str], None]

#: Deliveries without a record of their run, archived within so many seconds of each other, are taken for one run's.
_ONE_RUN = 3600

#: A manifest laid out again is as old as this: nothing that is archived is still arriving.
_LONG_AGO = datetime(2000, 1, 1).timestamp()


@dataclass
class Restored:
    """What a restore came to: the nightly that published it, and what a person must know."""

    outcome: Outcome
    deliveries: int
    runs: int
    notes: list[str] = field(default_factory=list)


@dataclass
class _Keys:
    """The keys that the history is rebuilt with; ``notes`` say what is new about them."""

    private: str
    public: str
    pseudonym: bytes
    notes: list[str] = field(default_factory=list)


def restore(
    home: Home,
    key: Path,
    archive: Path | None = None,
    pseudonym_key: Path | None = None,
    progress: Say = lambda text: None,
) -> Restored:
    """Rebuild a home from its archive, or from another archive folder, which is then copied in.

    Raises UsageError when the home is whole, the key does not open the archive or there is nothing to restore, and NightlyFailed
    when the last step, the nightly that publishes, fails.
    """
    source = (archive or home.archive).absolute()
    keys = _private_key(key)
    with home.nightly_lock():
        if not home.restoring.exists() and is_whole(home):
            raise UsageError(f"{home.path} is whole, so there is nothing to restore; nothing was changed.")
        runs, unlisted = _runs(home, source, keys)
        _choose_pseudonym_key(home, keys, pseudonym_key, runs)
        rebuilt = _Rebuilding(home, source, keys, progress)
        with _cleared(home.restoring):
            rebuilt.run(runs)
            if archive and archive.absolute() != home.archive:
                shutil.copytree(source, home.restoring / "archive")
        outcome = _publish(home, keys)
    return Restored(outcome, rebuilt.deliveries, len(runs), [*keys.notes, *unlisted, *rebuilt.notes()])


def is_whole(home: Home) -> bool:
    """Whether the published version and the keys are there, can be read, and belong together."""
    try:
        home.check_state()
        pointer, now = read_pointer(home.path), owner(home)
        if pointer is None or trouble(Version(home.path, pointer.version), thorough=True):
            return False
        with opened(Version(home.path, pointer.version).history) as connection:
            tables = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
            known = dict(connection.execute("from belongs_to").fetchall()) if "belongs_to" in tables else {}
        return not known or known == now
    except (NightlyFailed, UsageError):
        return False


@contextmanager
def _cleared(restoring: Path) -> Iterator[None]:
    """An empty folder for the restore's own files; while nothing of the home has changed, a failure leaves nothing behind.

    An unforeseen error is told by its kind only: its text may quote the data.
    """
    try:
        shutil.rmtree(restoring, ignore_errors=True)
        restoring.mkdir(mode=0o700)
        yield
    except (NightlyFailed, UsageError):
        raise
    except Exception as error:
        kind = f", {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        full = " (the disk is full)" if tells_of_full_disk(str(error)) else ""
        raise NightlyFailed(
            f"The history could not be rebuilt in {restoring}{full} ({type(error).__name__}{kind}); nothing was changed. Mend "
            "the cause, which may be too little room or missing rights there, and run kaa restore again."
        ) from None
    finally:
        if sys.exception():
            shutil.rmtree(restoring, ignore_errors=True)


# --- keys --------------------------------------------------------------------------------------------------------------


def _private_key(path: Path) -> _Keys:
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
    return _Keys(private, str(identity.to_public()), b"")


def _choose_pseudonym_key(home: Home, keys: _Keys, given: Path | None, runs: list[RunRecord]) -> None:
    """The key that is given, else the home's; where that is lost a new one."""
    known = next((run.owner[PSEUDONYM_KEY] for run in reversed(runs) if PSEUDONYM_KEY in run.owner), None)
    own = home.path / "keys" / "pseudonym.key"
    if given:
        keys.pseudonym = read_pseudonym_key(given)
        if known and pseudonym_fingerprint(keys.pseudonym) != known:
            raise UsageError(
                f"{given} is not the pseudonym key that was used before: give that one, or none for new pseudonyms. Nothing "
                "was changed."
            )
        return
    keys.pseudonym = read_pseudonym_key(own) if own.exists() else secrets.token_bytes(32)
    if not own.exists():
        keys.notes.append("The pseudonym key was lost: a new one was made, so every pseudonym is new.")
    elif known and pseudonym_fingerprint(keys.pseudonym) != known:
        keys.notes.append(f"{own} is not the key that was used before, so every pseudonym is new.")


# --- what the archive knows --------------------------------------------------------------------------------------------


def _runs(home: Home, archive: Path, keys: _Keys) -> tuple[list[RunRecord], list[str]]:
    """The runs to make again, in their order, and what is to be said of deliveries that no run lists."""
    if not archive.is_dir():
        raise UsageError(f"The archive {archive} does not exist: give its folder with --archive.")
    runs = [read_run(path) for path in sorted((archive / RUNS).glob(f"*{RUN_SUFFIX}")) if _was_published(home, path)]
    other = next((run for run in runs if run.owner.get(MUNICIPALITY) != home.municipality.code), None)
    if other:
        raise UsageError(
            f"The archive {archive} is of municipality {other.owner.get(MUNICIPALITY)}, but {home.path} is set up for "
            f"{home.municipality.title} ({home.municipality.code}). Nothing was changed."
        )
    listed = {line["delivery_id"] for run in runs for line in run.judged}
    there = [folder for folder in sorted(archive.glob("[!.]*")) if (folder / f"{MANIFEST_NAME}{SUFFIX}").is_file()]
    _try_key(there, keys)
    without = [folder for folder in there if folder.name not in listed]
    old = [folder for folder in without if not (folder / RECORD).exists()]
    notes = []
    if len(old) < len(without):
        notes.append(f"{len(without) - len(old)} archived deliveries were never published and were left out.")
    if old:
        notes.append(
            f"{len(old)} deliveries were archived before the archive kept what a nightly judged: they were judged in the order "
            "of their files' times, and where they lay and what people decided about them is taken from what was left here."
        )
        runs = _with_old(home, runs, old)
    if not runs:
        raise UsageError(f"The archive {archive} holds nothing that was published: there is nothing to restore.")
    return runs, notes


def _was_published(home: Home, path: Path) -> bool:
    """Not when the home still shows that the run was killed before the pointer was moved."""
    try:
        pointer = read_pointer(home.path)
    except NightlyFailed:
        pointer = None
    version = Version(home.path, int(path.stem))
    return path.parent.parent != home.archive or not version.is_unfinished or (
        pointer is not None and pointer.version == version.number
    )  # fmt: skip


def _try_key(folders: list[Path], keys: _Keys) -> None:
    """Raises UsageError when the key does not open what is archived; the first and the last tell a change of keys."""
    for folder in folders[:1] + folders[-1:]:
        open_archived(folder / f"{MANIFEST_NAME}{SUFFIX}", keys.private)


def _with_old(home: Home, runs: list[RunRecord], old: list[Path]) -> list[RunRecord]:
    """Add runs for deliveries that no run lists: as an earlier state below the home knows them, else by their files' times."""
    known = _known_lines(home)
    first = min((run.version for run in runs), default=None)
    groups: dict[int, list[Path]] = {}
    moments = {folder: (folder / f"{MANIFEST_NAME}{SUFFIX}").stat().st_mtime for folder in old}
    before, number = 0.0, 0
    for folder in sorted(old, key=lambda folder: (moments[folder], folder.name)):
        number += moments[folder] - before > _ONE_RUN
        before = moments[folder]
        judged_in = known[folder.name]["judged_in"] if folder.name in known else number
        groups.setdefault(judged_in if first is None else min(judged_in, first - 1), []).append(folder)
    zone = datetime.now().astimezone().tzinfo
    made = [
        RunRecord(
            version=version,
            now=datetime.fromtimestamp(max(moments[folder] for folder in folders), zone).isoformat(),
            owner={},
            judged=[{"delivery_id": folder.name} for folder in folders],
            decided={},
        )
        for version, folders in sorted(groups.items())
    ]
    return _with_old_decisions([*made, *runs], known)


def _with_old_decisions(runs: list[RunRecord], known: dict[str, dict[str, Any]]) -> list[RunRecord]:
    """What people decided takes effect in the run after the one that held the delivery; which it was nobody knows any more."""
    decided_later = {one for run in runs for one in run.decided}
    made, waiting = [], dict[str, str]()
    for run in runs:
        made.append(replace(run, decided={**waiting, **run.decided}))
        waiting = {
            line["delivery_id"]: known[line["delivery_id"]]["decided"]
            for line in run.judged
            if not run.owner and known.get(line["delivery_id"], {}).get("decided")
        }
        waiting = {one: decision for one, decision in waiting.items() if one not in decided_later}
    if waiting:
        made.append(replace(made[-1], version=made[-1].version + 1, judged=[], decided=waiting, purged=[]))
    return made


def _known_lines(home: Home) -> dict[str, dict[str, Any]]:
    """The list of deliveries as any version that can still be read holds it, the newest first."""
    for version in reversed(versions(home.path)):
        for path in (version.history, version.published):
            try:
                with opened(path) as connection:
                    rows = connection.execute("select delivery_id, folder, judged_in, decided from delivery").fetchall()
            except (NightlyFailed, duckdb.Error):
                continue
            return {row[0]: {"folder": row[1], "judged_in": row[2], "decided": row[3]} for row in rows}
    return {}


# --- run by run --------------------------------------------------------------------------------------------------------


class _Rebuilding:
    """The history as it is made again, run by run, in `restoring/`: a small home of its own, with a drop folder that holds one
    run's deliveries in clear text for as long as that run is made."""

    def __init__(self, home: Home, archive: Path, keys: _Keys, progress: Say) -> None:
        self._archive = archive
        self._keys = keys
        self._progress = progress
        self._old = _known_lines(home)
        self._history = home.restored_history
        self._sources: dict[str, Source] = load_sources(home.municipality.district_codes)
        settings = Settings(municipality=home.settings.municipality, drop=str(home.restoring / "drop"))
        self._home = Home(home.restoring, settings, home.municipality)
        self._pseudonymiser = Pseudonymiser(keys.pseudonym)
        self._gone: list[dict[str, Any]] = []
        self._otherwise: list[str] = []
        self.deliveries = 0

    def run(self, runs: list[RunRecord]) -> None:
        """Make every run again."""
        write_keys(self._home, self._keys)
        for number, run in enumerate(runs, start=1):
            try:
                self._make_again(run)
            finally:
                for name in ("drop", "decisions", "archive"):
                    shutil.rmtree(self._home.path / name, ignore_errors=True)
            self._progress(f"{number} of {len(runs)} nightlies rebuilt")

    def notes(self) -> list[str]:
        """What could not be rebuilt, and what is judged otherwise today."""
        said = []
        if self._gone:
            named = ", ".join(f"{line.get('source')} {line.get('extract_date')}" for line in self._gone[:5])
            more = f" and {len(self._gone) - 5} more" if len(self._gone) > 5 else ""
            said.append(
                f"{len(self._gone)} deliveries are not in the archive any more (gallring, or lost): what only they held could "
                f"not be rebuilt: {named}{more}."
            )
        if self._otherwise:
            said.append(
                f"{len(self._otherwise)} deliveries are judged otherwise than then, because the program, the contracts or the "
                f"profile have changed since or others are gone: {', '.join(self._otherwise[:5])}."
            )
        return said

    def _make_again(self, run: RunRecord) -> None:
        self._home.drop.mkdir(mode=0o700)
        self._home.archive.mkdir(mode=0o700)
        names = dict(filter(None, map(self._lay_out, run.judged)))
        for delivery, decision in run.decided.items():
            self._home.decide(delivery, decision)
        with History(self._history, self._sources) as history:
            take_in(self._home, self._sources, history, run.version, lambda rows, dates: None, now=run.moment)
            _rename(history.connection, {made: archived for made, archived in names.items() if made != archived})
            history.purge(run.version)
            year = data_year(history.connection)
            if run.purged and year:
                note_removal(
                    history.connection, run.version, year, run.purged, Removal(OUTLIVED, archives=run.purged_files)
                )
            self._list_gone(history, run)
            self._compare(history.connection, run)
        self.deliveries += len(names)

    def _lay_out(self, line: dict[str, Any]) -> tuple[str, str] | None:
        """Lay a delivery out as it lay in the drop folder; returns the id it has there and the archive's. None: it is gone."""
        manifest = self._manifest(line)
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

    def _manifest(self, line: dict[str, Any]) -> Path:
        return self._archive / str(line["delivery_id"]) / f"{MANIFEST_NAME}{SUFFIX}"

    def _open(self, path: Path) -> bytes:
        try:
            return open_archived(path, self._keys.private)
        except UsageError:
            raise UsageError(
                f"{path} is damaged, or sealed to another key: put it back from a backup, or move its folder out of the archive "
                "to restore without it. Nothing was changed."
            ) from None

    def _received(self, folder: Path, manifest: bytes) -> Received:
        """Where a delivery lay and what its files were called."""
        record = folder / RECORD
        received = read_received(self._open(record)) if record.is_file() else self._guessed(folder, manifest)
        steps = PurePosixPath(received.folder).parts
        names = [*steps, *received.files, *received.links]
        if len(steps) != 2 or any(name in ("", ".", "..") or "/" in name or "\0" in name for name in names):
            raise UsageError(
                f"{folder / RECORD} names a place that no delivery can have had: restore it from a backup."
            )
        return received

    def _guessed(self, folder: Path, manifest: bytes) -> Received:
        """For a delivery that was archived without a record: as the list of deliveries shows it, else under its own id."""
        try:
            told = json.loads(manifest)
            names = [str(entry["fil"]) for entry in told["filer"]]
            source = told["kalla"] if told["kalla"] in self._sources else "okand"
        except (ValueError, TypeError, KeyError, RecursionError):
            names, source = [], "okand"
        plain = [name for name in names if name not in ("", ".", "..") and not set(name) & {"/", "\\", "\0"}]
        files = {name: archived_name(self._pseudonymiser.name(name)) for name in plain}
        shown = self._old.get(folder.name, {}).get("folder") or ""
        is_exact = delivery_id(shown, manifest) == folder.name
        return Received(shown if is_exact else f"{source}/{folder.name}", files)

    def _list_gone(self, history: History, run: RunRecord) -> None:
        """What is gone stands in the list as it did, but for what was loaded: nothing of that is there any more."""
        gone = [line for line in run.judged if not self._manifest(line).is_file()]
        self._gone += gone
        lines = [line for line in gone if line.get("status") in (REJECTED, DUPLICATE)]
        if not lines:
            return
        ledger = history.ledger(self._home.municipality.thresholds)
        for line in lines:
            day = line["extract_date"]
            ledger.remember(Judged(**line | {"extract_date": date.fromisoformat(day) if day else None}))
        history.write_ledger(ledger, [line["delivery_id"] for line in lines], run.version)

    def _compare(self, connection: duckdb.DuckDBPyConnection, run: RunRecord) -> None:
        now = {
            row[0]: row[1:] for row in connection.execute("select delivery_id, status, reason from delivery").fetchall()
        }
        for line in run.judged:
            found = now.get(line["delivery_id"])
            if found and "status" in line and found != (line["status"], line["reason"]):
                self._otherwise.append(line["delivery_id"])


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


# --- putting it in place -----------------------------------------------------------------------------------------------


def write_keys(home: Home, keys: _Keys) -> None:
    """Write the keys that a home needs at night."""
    folder = home.path / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in (("pseudonym.key", keys.pseudonym.hex()), ("archive.public", keys.public)):
        part = folder / f".{name}.part"
        part.touch(mode=0o600)
        part.write_text(f"{text}\n", encoding="utf-8")
        os.replace(part, folder / name)


def _publish(home: Home, keys: _Keys) -> Outcome:
    """Put keys and archive in place, have the ordinary job publish, and put the earlier state aside."""
    aside = new_aside(home.path)
    before = [folder for version in versions(home.path) for folder in folders_of(version)]
    decided.record(home, "restore", "the home was not whole", aside=aside.name)
    _put_keys_aside(home, keys, aside)
    write_keys(home, keys)
    copied = home.restoring / "archive"
    if copied.exists():
        put_aside(home.path, [home.archive] if home.archive.exists() else [], aside)
        os.replace(copied, home.archive)
    if (home.path / POINTER).exists():
        aside.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(home.path / POINTER, aside / POINTER)
    with home.being_restored():
        outcome = run_nightly(home)
    put_aside(home.path, [folder for folder in before if folder.exists()], aside)
    shutil.rmtree(home.restoring)
    return outcome


def _put_keys_aside(home: Home, keys: _Keys, aside: Path) -> None:
    """Keys that give way to others, and a private key that belongs to another archive."""
    folder = home.path / "keys"
    wanted = {"pseudonym.key": keys.pseudonym.hex(), "archive.public": keys.public, "archive.private": keys.private}
    old = [folder / name for name, text in wanted.items() if (folder / name).exists() and _differs(folder / name, text)]
    put_aside(home.path, old, aside)


def _differs(path: Path, text: str) -> bool:
    return path.read_bytes().decode(errors="replace").strip() != text
