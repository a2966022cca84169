"""`kaa backup`: a copy of one published version and all that belongs to it, taken while a nightly may be at work.

The nightly is not waited for and does not wait. Nothing that is published is written in place, so a copy is of one state when
what counts was the same before it and after it; otherwise it is taken again, and what is copied already stays. What has not
changed since the backup before is a hard link to it. The copy is read back whole, linked files too, and gets its name last.
The form of a backup belongs in ``state.backups``, the way back in ``restore_backup``.
"""

import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from io import RawIOBase
from pathlib import Path, PurePosixPath

from pipelines.audit.access_log import FILE as ACCESS_LOG
from pipelines.audit.access_log import held_still
from pipelines.commands.verify_archive import judged_deliveries, kept_deliveries
from pipelines.configuration.municipality import known_profiles, profile_files, profile_path
from pipelines.delivery.archive_checksums import read_checksums
from pipelines.intake.take_in import Progress
from pipelines.runtime import clock
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.files import sync
from pipelines.runtime.log import Event, event
from pipelines.runtime.program import program_version
from pipelines.state.backups import (
    UNFINISHED,
    Entry,
    Folder,
    Listed,
    backups,
    damaged_files,
    new_name,
    read_list,
    remove_backup,
    sweep_backups,
    version_of,
    walk,
    write_list,
)
from pipelines.state.databases import version_faults
from pipelines.state.home import ACCESS_HEAD, BACKLOG, ZONES, Home
from pipelines.state.last_backup import FILE as LAST_BACKUP
from pipelines.state.last_backup import LastBackup, read_last_backup, write_last_backup
from pipelines.state.night_records import RECORDS
from pipelines.state.versions import ASIDE, POINTER, Pointer, Version, write_pointer
from pipelines.state.versions import UNFINISHED as UNFINISHED_VERSION

#: What of a KAA_HOME is in no backup: what can be made again, what is at work, and what a person was to look at and remove.
#: The folder of the keys is left out wherever it lies.
LEFT_OUT = {
    "dagster", "dbt", "scratch", "libraries", "restoring", "rekeying", "recomputing", "demo", ASIDE, BACKLOG,
    POINTER, LAST_BACKUP,
}  # fmt: skip

#: Where a backup holds the municipality's own profile, which lies outside KAA_HOME.
PROFILE = "profile"

#: Copied together, while nobody adds to the log.
_ACCESS = (ACCESS_LOG, ACCESS_HEAD)

#: Grows or is written anew at any time, and belongs to no version.
_ANY_TIME = ("logs/", "last_")

#: A nightly publishes once: more often than this nothing should change under a backup.
_ATTEMPTS = 10
_LONGEST_WAIT = 30

_LOCK = ".backup.lock"
_BLOCK = 1 << 20


@dataclass
class Taken:
    """What a backup came to: where it lies, its version, files and bytes, how many of them were copied and not "
    "linked, the older
    backups that were removed, and sentences about what a person must look at."""

    folder: Path
    version: int
    files: int
    size: int
    copied: int
    removed: list[Path] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def take_backup(home: Home, place: Path, keep: int | None = None, progress: Progress = lambda text: None) -> Taken:
    """Take a backup into a new folder below ``place``, and then remove all but the ``keep`` newest (None: none is removed).

    Raises UsageError when ``place`` cannot hold this home's backups or nothing is published, and NightlyFailed when what is
    published is damaged or does not stay the same for long enough. Nothing half is left where it fails.
    """
    began = time.monotonic()
    with _locked(home, place):
        sweep_backups(place)
        _refuse_another_homes(home, place)
        try:
            with _naming(place):
                taken = _take(home, place, progress)
        except Exception as error:
            sweep_backups(place)
            event(home.path, Event.BACKUP_FAILED, why=type(error).__name__)
            _remember(home, replace(read_last_backup(home.path), failed_at=_now()))
            raise
        if keep:
            for path in backups(place)[:-keep]:
                remove_backup(path)
                taken.removed.append(path)
    seconds = round(time.monotonic() - began, 1)
    _remember(home, LastBackup(str(taken.folder), _now(), taken.version, taken.files, taken.size))
    event(home.path, Event.BACKUP_MADE, files=taken.files, bytes=taken.size, seconds=seconds)
    return taken


def _remember(home: Home, last: LastBackup) -> None:
    with suppress(OSError):  # a home that cannot be written says nothing about the backup
        write_last_backup(home.path, last)


def _now() -> str:
    return clock.now("UTC").isoformat(timespec="seconds")


@contextmanager
def _locked(home: Home, place: Path) -> Iterator[None]:
    """One backup at a time in a folder that is there and lies outside the home."""
    if not place.is_dir():
        raise UsageError(f"The folder {place} does not exist: mount it or make it, then run kaa backup again.")
    if place.resolve().is_relative_to(home.path.resolve()):
        raise UsageError(
            f"{place} lies in KAA_HOME: a backup belongs on another disk or machine. Choose another folder."
        )
    with (place / _LOCK).open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NightlyFailed(f"Another kaa backup is at work in {place}; wait until it has ended.") from None
        yield


def _refuse_another_homes(home: Home, place: Path) -> None:
    others = {
        found.home
        for path in backups(place)
        if (found := _readable_list(path)) and found.municipality != home.municipality.code
    }
    if others:
        raise UsageError(
            f"{place} holds backups of another municipality's KAA_HOME ({min(others)}): choose a folder of its own. "
            f"Nothing was "
            "written."
        )


def _take(home: Home, place: Path, progress: Progress) -> Taken:
    name = new_name(clock.now("UTC"), lambda name: (place / name).exists())
    earlier = next((path for path in reversed(backups(place)) if _readable_list(path)), None)
    copy = _Copy(home, place / f"{UNFINISHED}{name}", earlier, progress)
    version = copy.until_it_stays()
    ended_at = _now()
    listed = Listed(
        municipality=home.municipality.code,
        home=str(home.path),
        program=program_version(),
        version=version.number,
        began_at=copy.began_at,
        ended_at=ended_at,
        files=dict(sorted(copy.files.items())),
        folders=dict(sorted(copy.folders.items())),
    )
    faults = copy.read_back(listed)
    _check_version(home, version, version_of(copy.folder, listed))
    faults += _archive_faults(copy.folder, listed)
    copy.give_folders_their_time()
    write_list(copy.folder, listed)
    sync(copy.folder)
    os.replace(copy.folder, place / name)
    sync(place)
    return Taken(place / name, version.number, len(listed.files), listed.size, copy.copied, faults=faults)


def _check_version(home: Home, version: Version, copied: Version) -> None:
    """Raises NightlyFailed: the copy is as its original was, so what cannot be read is damaged there."""
    if faults := version_faults(copied, thorough=True):
        at_home = version_faults(version, thorough=True)
        raise NightlyFailed((at_home or faults)[0] + " No backup was taken; earlier backups are as they were.")


def _archive_faults(folder: Path, listed: Listed) -> list[str]:
    """What is wrong with the archive that was copied, by its own checksums; its files have been read already."""
    judged = judged_deliveries(folder / "archive")
    broken = []
    for delivery in sorted(judged):
        try:
            lists = read_checksums(folder / "archive" / delivery)
        except ValueError:
            broken.append(delivery)
            continue
        there = {name: listed.files.get(f"archive/{delivery}/{name}") for one in lists for name in one.files}
        known = {name: {one.files[name].sha256 for one in lists if name in one.files} for name in there}
        is_whole = all(entry and entry.sha256 in known[name] for name, entry in there.items())
        if not is_whole or f"archive/{delivery}" not in listed.folders:
            broken.append(delivery)
    if not broken:
        return []
    return [
        f"{len(broken)} archived deliveries are not whole ({broken[0]}), and are in the backup as they are: run kaa "
        f"archive verify, "
        "and put them back from an earlier backup."
    ]


def _readable_list(path: Path) -> Listed | None:
    try:
        return read_list(path)
    except UsageError:
        return None


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """What the system refuses to write or to read in an open file, it refuses without a name."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def _lasting(there: dict[str, os.stat_result]) -> dict[str, tuple[int, int, int]]:
    """What must not change while a copy is made: all files but those that grow or are written anew at any time."""
    return {
        name: (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        for name, status in there.items()
        if stat.S_ISREG(status.st_mode) and not _changes_any_time(name)
    }


def _changes_any_time(name: str) -> bool:
    return name.startswith(_ANY_TIME)


def _is_same(entry: Entry | None, status: os.stat_result) -> bool:
    """Whether a file is still as it was copied."""
    known = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return entry is not None and (entry.size, entry.changed, entry.original) == known


class _ChangedMeanwhile(Exception):
    """A file is not what it was when it was listed."""


class _Belonging:
    """Which paths below KAA_HOME belong to a backup of a version."""

    def __init__(self, home: Home, version: Version) -> None:
        self._version = version.number
        self._number = version.folder(ZONES[0]).name
        judged = judged_deliveries(home.archive, version.number)
        self._archived = kept_deliveries(home.archive, judged.keys())
        keys, root = home.keys.resolve(), home.path.resolve()
        self._keys = keys.relative_to(root).as_posix() if keys.is_relative_to(root) else None

    def __call__(self, name: str) -> bool:
        parts = PurePosixPath(name).parts
        zone = parts[0]
        if zone in LEFT_OUT or name == self._keys or zone.endswith((".lock", ".part")):
            return False
        if zone in ZONES:
            return len(parts) == 1 or (parts[1] == self._number and parts[2:] != (UNFINISHED_VERSION,))
        if zone == "archive":
            return len(parts) == 1 or self._is_archived(*parts[1:])
        return not any(part.startswith(".") for part in parts)  # what is being written, or a lock

    def _is_archived(self, delivery: str, *inside: str) -> bool:
        if delivery != RECORDS:
            return delivery in self._archived
        return all(name.endswith(".json") and int(name.partition(".")[0]) <= self._version for name in inside)


class _Copy:
    """A backup in the making."""

    def __init__(self, home: Home, folder: Path, earlier: Path | None, progress: Progress) -> None:
        self.home, self.folder, self.progress = home, folder, progress
        self.earlier = earlier
        self._before = read_list(earlier).files if earlier else {}
        self.began_at = _now()
        self.files: dict[str, Entry] = {}
        self.folders: dict[str, Folder] = {}
        self.copied = 0
        self._linked: set[str] = set()

    def until_it_stays(self) -> Version:
        """Copy until what counts was the same before and after; returns the published version that was copied."""
        self.folder.mkdir(mode=0o700)
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(min(_LONGEST_WAIT, 2**attempt / 2))
            version = self._published()
            before = self._there(version)
            try:
                self._copy(before)
            except _ChangedMeanwhile:
                continue
            if self._published() == version and _lasting(self._there(version)) == _lasting(before):
                self._copy_access_log()
                self._copy_profile()
                write_pointer(self.folder, Pointer(version.number))
                self._note(POINTER)
                return version
        raise NightlyFailed(
            f"{self.home.path} changed {_ATTEMPTS} times while it was copied; no backup was taken. Run kaa backup "
            f"when the nightly "
            "has ended."
        )

    def _published(self) -> Version:
        if self.home.restoring.exists():
            raise NightlyFailed(
                f"A kaa restore of {self.home.path} is going on or was not finished: no backup was taken. Wait for "
                f"it, or run it "
                "again."
            )
        version = self.home.current()
        if version is None:
            raise UsageError(f"Nothing has been published in {self.home.path} yet: run kaa nightly first.")
        return version

    # --- what there is -------------------------------------------------------------------------------------------------

    def _there(self, version: Version) -> dict[str, os.stat_result]:
        """Every file and folder that is to be copied."""
        return dict(walk(self.home.path, _Belonging(self.home, version)))

    # --- copying -------------------------------------------------------------------------------------------------------

    def _copy(self, wanted: dict[str, os.stat_result]) -> None:
        """Have exactly this in the copy; raises _ChangedMeanwhile."""
        for name in self.files.keys() - wanted.keys():
            (self.folder / name).unlink()
            del self.files[name]
        for name in sorted(self.folders.keys() - wanted.keys(), reverse=True):
            (self.folder / name).rmdir()
            del self.folders[name]
        done = 0
        for name, status in wanted.items():
            if stat.S_ISDIR(status.st_mode):
                (self.folder / name).mkdir(mode=0o700, exist_ok=True)
                self.folders[name] = Folder(stat.S_IMODE(status.st_mode), status.st_mtime_ns)
            elif stat.S_ISREG(status.st_mode) and name not in _ACCESS:
                self._copy_file(name, status)
                done += 1
                if done % 1000 == 0:
                    self.progress(f"{done} files")

    def _copy_file(self, name: str, status: os.stat_result) -> None:
        if _is_same(self.files.get(name), status):
            return
        (self.folder / name).unlink(missing_ok=True)
        entry = self._before.get(name)
        if entry is not None and _is_same(entry, status) and self._link(name):
            self.files[name] = replace(entry, mode=stat.S_IMODE(status.st_mode))
            return
        self.files[name] = self._copied(name, may_grow=_changes_any_time(name))

    def _link(self, name: str) -> bool:
        """Whether the file could be linked to the one of the earlier backup: not every file system can."""
        assert self.earlier is not None
        try:
            os.link(self.earlier / name, self.folder / name)
        except OSError:
            return False
        self._linked.add(name)
        return True

    def _copied(self, name: str, may_grow: bool) -> Entry:
        """Copy a file, on to the disk."""
        digest, size = sha256(), 0
        target = self.folder / name
        try:
            with (self.home.path / name).open("rb", buffering=0) as source:
                before = os.fstat(source.fileno())
                with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    while block := self._read(source, name):
                        digest.update(block)
                        size += file.write(block)
                    file.flush()
                    os.fsync(file.fileno())
                after = os.fstat(source.fileno())
        except FileNotFoundError:
            raise _ChangedMeanwhile(name) from None
        if not may_grow and (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, size):
            target.unlink()
            raise _ChangedMeanwhile(name)
        os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
        self._linked.discard(name)
        self.copied += size
        return Entry(size, digest.hexdigest(), before.st_mtime_ns, stat.S_IMODE(before.st_mode), before.st_ctime_ns)

    def _read(self, source: RawIOBase, name: str) -> bytes:
        with _naming(self.home.path / name):
            return source.read(_BLOCK) or b""

    def _copy_access_log(self) -> None:
        """The log and what says how it ends, as they are at one moment."""
        with held_still(self.home.path):
            for name in _ACCESS:
                if (self.home.path / name).exists():
                    (self.folder / name).unlink(missing_ok=True)
                    self.files[name] = self._copied(name, may_grow=False)

    def _copy_profile(self) -> None:
        """The municipality's profile, where it is its own and lies elsewhere, with the files that it names."""
        if self.home.settings.municipality in known_profiles():
            return
        profile = profile_path(self.home.settings.municipality)
        if profile.is_relative_to(self.home.path.resolve()):
            return
        for path in profile_files(profile):
            is_beside = path.is_relative_to(profile.parent)
            target = self.folder / PROFILE / (path.relative_to(profile.parent) if is_beside else path.name)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy2(path, target)
            sync(target)
            self._note(target.relative_to(self.folder).as_posix())

    def _note(self, name: str) -> None:
        path = self.folder / name
        content, status = path.read_bytes(), path.stat()
        self.files[name] = Entry(
            len(content), sha256(content).hexdigest(), status.st_mtime_ns, 0o644, status.st_ctime_ns
        )

    # --- reading back --------------------------------------------------------------------------------------------------

    def read_back(self, listed: Listed) -> list[str]:
        """Read every file back. One that is linked to a damaged one of earlier backups is copied anew, and that is said; raises
        NightlyFailed when the disk does not give back what was written."""
        damaged = damaged_files(self.folder, listed)
        rotten = sorted(damaged.keys() & self._linked)
        for name in rotten:
            (self.folder / name).unlink(missing_ok=True)
            listed.files[name] = self._copied(name, may_grow=False)
        damaged = {name: fault for name, fault in damaged.items() if name not in rotten}
        damaged |= damaged_files(self.folder, listed, rotten)
        if damaged:
            name, fault = next(iter(damaged.items()))
            raise NightlyFailed(
                f"The disk of {self.folder.parent} does not give back what was written ({PurePosixPath(name).name} "
                f"{fault}, and "
                f"{len(damaged) - 1} more): no backup was taken. Have the disk looked at, or use another one."
            )
        if not rotten:
            return []
        return [
            f"{len(rotten)} files of earlier backups in {self.folder.parent} are damaged ({rotten[0]}) and were "
            f"copied anew: have its disk "
            "looked at, and do not count on the earlier backups (kaa backup --check says which)."
        ]

    def give_folders_their_time(self) -> None:
        """Last, for what is written into a folder changes its time."""
        for name in sorted(self.folders, reverse=True):
            moment = self.folders[name].changed
            os.utime(self.folder / name, ns=(moment, moment))
            sync(self.folder / name)
