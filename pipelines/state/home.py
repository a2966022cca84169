"""KAA_HOME: its folders, and the one pointer that says which version is published.

A nightly builds version n + 1 beside version n and moves the pointer last, so readers see n or n + 1 and never a mixture,
whatever happens to the process. Which versions are whole is said in ``versions``; what they hold does not belong here.

    settings.toml            municipality, drop folder (``configuration.settings``)
    keys/                    pseudonym key (secret), archive keys (the private one is to be moved away; ``keys``); or elsewhere
    decisions/               what people decided about held deliveries, until the next nightly
    archive/                 deliveries as received, encrypted
    history/<n>/             the interval tables: the nightly job's
    warehouse/<n>/           what dbt built: rows about persons, for statisticians and auditors
    public/                  what public outputs have told, each number with its value; the pages of the last ones
    editions/<id>/           signed editions as they are exported; beside each what bridges need, in <id>.private/
    signers                  who may sign editions, in OpenSSH's form
    published/<n>/           figures, definitions, pages: no rows about persons
    dagster/, dbt/           the orchestrator's own storage; what dbt made of the project
    logs/                    what dbt said last night; who has looked at rows; what each night was made with
    current.json             the pointer
    decided.jsonl            what people decided about the state, known figures, the clock and troubles (``decision_log``)
    last_run.json            the last run, whatever came of it (``last_run``)
    troubles.json            what is wrong, since when and who has been told (``monitoring.known``)
    metrics/                 what the node exporter reads, unless the settings name another folder
    access.json              how the access log, `logs/access.jsonl`, ends (``audit.access_log``)
    aside/<time>/            what was put out of the way for a person to look at
    restoring/, rekeying/    while `kaa restore` or `kaa keys rotate --pseudonym` works, or after it was killed
    backlog/                 what of a long backlog is taken in, until it is published (``intake.backlog``)
    recomputing/             while `kaa edition verify --archive` works, or until the nightly after it was killed
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import tomli_w

from pipelines.configuration.municipality import (
    Municipality,
    known_profiles,
    load_municipality,
    load_receiver,
    profile_path,
)
from pipelines.configuration.settings import SETTINGS, Settings, read_settings
from pipelines.runtime import clock
from pipelines.runtime.database import use_home
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.files import atomic_write, sync, sync_all, write_new
from pipelines.runtime.os_errors import first_foreign, owner, sentence, user_name
from pipelines.runtime.surroundings import home_path
from pipelines.state.keys import (
    ARCHIVE_PUBLIC,
    NEXT_PSEUDONYM_KEY,
    PSEUDONYM_FINGERPRINT,
    PSEUDONYM_KEY,
    keep_aside,
    make_missing_keys,
    missing_keys,
    pseudonym_fingerprint,
    read_archive_public,
    read_pseudonym_key,
    refuse_open_to_others,
    replace_key,
)
from pipelines.state.night_records import NightRecords
from pipelines.state.nightly_lock import Lock, hold
from pipelines.state.versions import (
    POINTER,
    ZONES,
    Pointer,
    Version,
    disagreement,
    read_pointer,
    refuse_newer_state,
    sweep,
    unexplained,
    versions,
    write_pointer,
)

__all__ = ["ZONES", "Home", "Version", "home_path", "initialise", "open_home"]

#: How the access log ends.
ACCESS_HEAD = "access.json"

#: Where a night keeps what it has taken in of a long backlog.
BACKLOG = "backlog"

#: What the program itself writes in KAA_HOME; settings and keys may well belong to somebody else.
MANAGED = (
    *ZONES,
    "archive",
    BACKLOG,
    "decisions",
    "public",
    "editions",
    "signers",
    "dagster",
    "dbt",
    "logs",
    "scratch",
    "nightly.lock",
    "last_run.json",
    "troubles.json",
    "troubles.lock",
    "metrics",
    ACCESS_HEAD,
)

#: The homes that this process restores, and those that it gives another pseudonym key.
_RESTORING: set[Path] = set()
_REKEYING: set[Path] = set()

#: The history that is made again from the archive, in the folder of who makes it.
REBUILT_HISTORY = "history.duckdb"


class Home:
    """An initialised KAA_HOME."""

    def __init__(self, path: Path, settings: Settings, municipality: Municipality) -> None:
        self.path = path
        self.settings = settings
        self.municipality = municipality

    @property
    def drop(self) -> Path:
        return Path(self.settings.drop)

    @property
    def keys(self) -> Path:
        """The folder of the keys; a relative path in the settings begins at KAA_HOME."""
        return self.path / (self.settings.keys or "keys")

    @property
    def pseudonym_key(self) -> bytes:
        """Raises UsageError when it is missing, damaged or open to others."""
        path = self.keys / (NEXT_PSEUDONYM_KEY if self.is_being_rekeyed else PSEUDONYM_KEY)
        refuse_open_to_others(path)
        return read_pseudonym_key(path)

    @property
    def archive_public_key(self) -> str:
        return read_archive_public(self.keys / ARCHIVE_PUBLIC)

    def check_keys(self) -> None:
        """Raises UsageError when a key that the nightly needs is missing, damaged or open to others."""
        _ = self.pseudonym_key, self.archive_public_key

    @property
    def archive(self) -> Path:
        return self.path / "archive"

    @property
    def night_records(self) -> NightRecords:
        return NightRecords(self.archive)

    # --- versions ------------------------------------------------------------------------------------------------------

    def current(self) -> Version | None:
        """The published version, or None before the first nightly.

        Raises NightlyFailed when the pointer is torn, or is lost though there is something it could name.
        """
        pointer = read_pointer(self.path)
        if pointer is None and (found := unexplained(self.path, None)):
            pointer = read_pointer(self.path)  # the first nightly may have published meanwhile
            if pointer is None:
                raise disagreement(self.path, found)
        if pointer is None and self.restoring.exists():
            raise self._unfinished_restore()
        return Version(self.path, pointer.version) if pointer else None

    def start_next(self) -> Version:
        """Empty folders for the version after the current one, with its history; what a killed nightly left is swept away.

        Raises NightlyFailed when the state disagrees with itself: what nobody can explain is never taken for a fresh start.
        """
        history: Path | None
        if self.is_being_rebuilt:
            folder = self.rekeying if self.is_being_rekeyed else self.restoring
            number, history = self._last_number() + 1, folder / REBUILT_HISTORY
        else:
            self.check_state()
            self.sweep()
            current = self.current()
            number, history = (current.number + 1, current.history) if current else (1, None)
        version = Version(self.path, number)
        version.begin()
        if history:
            shutil.copyfile(history, version.history)
        return version

    def check_state(self) -> None:
        """Raises NightlyFailed when the versions, the pointer and the archive disagree or a restore is not finished."""
        shutil.rmtree(self.recomputing, ignore_errors=True)  # deliveries in clear text
        if self.restoring.exists():
            shutil.rmtree(self.restoring / "drop", ignore_errors=True)  # deliveries in clear text
            raise self._unfinished_restore()
        pointer = read_pointer(self.path)
        if found := unexplained(self.path, pointer):
            raise disagreement(self.path, found)
        if pointer:
            # duckdb takes a moment to load, and few commands need it
            from pipelines.state.databases import version_faults

            for sentence in version_faults(Version(self.path, pointer.version)):
                raise NightlyFailed(sentence)
        if pointer is None and not versions(self.path) and self.night_records.published():
            raise self.lost_history()
        self.settle_pseudonym_key()

    def lost_history(self) -> NightlyFailed:
        """The error for an archive of deliveries that were taken in, of which there is no history."""
        return NightlyFailed(
            f"There is no history below {self.path}, but the archive {self.archive} holds deliveries that were taken in: run kaa "
            "restore to rebuild all of it from them, or move the archive away to begin anew. Nothing was changed."
        )

    def put_in_place(self, version: Version, archived: Iterable[str] = (), made_with: str | None = None) -> None:
        """Make a finished version the published one, in one step, and remove the one before it.

        ``archived``: the deliveries that it has judged; what is archived of them must outlast a power cut as it does.
        ``made_with``: what identifies the program and the rules that made it (``Version.seal``).
        """
        for file in version.databases:
            if file.with_name(file.name + ".wal").exists():
                raise NightlyFailed(
                    f"{file.name} was not closed properly; nothing is published. Run kaa nightly again."
                )
        self.write_out_archive(archived)
        version.seal(made_with)
        sync_all([path for zone in ZONES for path in version.folder(zone).rglob("*")])
        for folder in [self.archive, *(version.folder(zone).parent for zone in ZONES)]:
            if folder.is_dir():
                sync(folder)
        before = None if self.is_being_restored else read_pointer(self.path)
        self.night_records.confirm(version.number)
        write_pointer(self.path, Pointer(version.number, self._replaced(before)))
        # From here on the new version is the published one: what cannot be removed now is removed next time.
        shutil.rmtree(self.path / BACKLOG, ignore_errors=True)
        with suppress(OSError):
            version.finish()
            self.sweep()

    def _replaced(self, before: Pointer | None) -> tuple[int, ...]:
        """The versions that give way to the next one: the one before it, and those before that of which something is left."""
        if before is None:
            return ()
        there = {version.number for version in versions(self.path)}
        return tuple(number for number in (*before.replaced, before.version) if number in there)

    def _last_number(self) -> int:
        return max([0, *(version.number for version in versions(self.path)), *self.night_records.published()])

    def was_killed(self, number: int) -> bool:
        """Whether a version was begun and never published."""
        try:
            pointer = read_pointer(self.path)
        except NightlyFailed:
            pointer = None
        return Version(self.path, number).is_unfinished and (pointer is None or pointer.version != number)

    def write_out_archive(self, deliveries: Iterable[str]) -> None:
        """Have what is archived of these deliveries on the disk; what is there already takes no time."""
        folders = [self.archive / delivery_id for delivery_id in deliveries]
        there = [folder for folder in folders if folder.is_dir()]
        sync_all([path for folder in there for path in (*folder.iterdir(), folder)])

    def sweep(self) -> None:
        """Remove what a published version has replaced and what is half-written; only the holder of the lock may do that."""
        shutil.rmtree(self.archive / ".incoming", ignore_errors=True)
        if self.restoring.exists():
            return
        with suppress(NightlyFailed):  # what nobody can explain stays; the next nightly says so
            if unexplained(self.path, read_pointer(self.path)) is None:
                self.night_records.sweep(self.was_killed)
                sweep(self.path)

    # --- restoring -------------------------------------------------------------------------------------------------------

    @property
    def restoring(self) -> Path:
        """Where `kaa restore` works; while it is there nobody else publishes."""
        return self.path / "restoring"

    @property
    def is_being_restored(self) -> bool:
        """Whether this process restores this home, which has nothing that its next version could be held against."""
        return self.path in _RESTORING

    @property
    def is_being_rebuilt(self) -> bool:
        """Whether this process restores this home or gives it another pseudonym key: the next version is built from a history
        that was made again from the archive, and the drop folder is not looked at."""
        return self.is_being_restored or self.is_being_rekeyed

    @contextmanager
    def being_restored(self) -> Iterator[None]:
        """The holder of the lock restores this home."""
        _RESTORING.add(self.path)
        try:
            yield
        finally:
            _RESTORING.discard(self.path)

    def _unfinished_restore(self) -> NightlyFailed:
        return NightlyFailed(
            f"A kaa restore of {self.path} is going on or was not finished: wait for it, or run kaa restore again."
        )

    # --- counting an edition again ---------------------------------------------------------------------------------------

    @property
    def recomputing(self) -> Path:
        """Where `kaa edition verify --archive` works; what lies there counts for nobody."""
        return self.path / "recomputing"

    # --- another pseudonym key -------------------------------------------------------------------------------------------

    @property
    def rekeying(self) -> Path:
        """Where `kaa keys rotate --pseudonym` works; what lies there counts for nobody else."""
        return self.path / "rekeying"

    @property
    def is_being_rekeyed(self) -> bool:
        """Whether this process gives this home another pseudonym key: its next version is made with that one."""
        return self.path in _REKEYING

    @contextmanager
    def being_rekeyed(self) -> Iterator[None]:
        """The holder of the lock publishes this home's figures from the history that was made with the next pseudonym key."""
        _REKEYING.add(self.path)
        try:
            yield
        finally:
            _REKEYING.discard(self.path)

    def settle_pseudonym_key(self) -> None:
        """End a rotation of the pseudonym key, also one that was killed; only the holder of the lock may do that.

        The published history says which of the two keys it was made with: that one counts, and where it is the next one, the one
        before it is kept aside.
        """
        shutil.rmtree(self.rekeying, ignore_errors=True)  # deliveries in clear text
        following = self.keys / NEXT_PSEUDONYM_KEY
        version = self.current()
        if version is None or not following.exists():
            return
        from pipelines.state.databases import recorded_owner

        key = read_pseudonym_key(following)
        if recorded_owner(version).get(PSEUDONYM_FINGERPRINT) == pseudonym_fingerprint(key):
            keep_aside(self.keys, [PSEUDONYM_KEY], self._note_on_pseudonym_key(key))
            replace_key(self.keys / PSEUDONYM_KEY, key.hex())
        following.unlink()

    def _note_on_pseudonym_key(self, following: bytes) -> str:
        before = pseudonym_fingerprint(read_pseudonym_key(self.keys / PSEUDONYM_KEY))
        return (
            f"Until {clock.today()} pseudonyms were made with this key, fingerprint {before}; since then with one whose "
            f"fingerprint is {pseudonym_fingerprint(following)}. Pseudonyms that were given out before can still be "
            "tied to persons with it. Destroy it when nobody needs that any more, at once where it has leaked."
        )

    # --- one at a time -------------------------------------------------------------------------------------------------

    @contextmanager
    def nightly_lock(self, purpose: str = "command") -> Iterator[Lock]:
        """Held by the one process that may write; the operating system lets go of it when the process ends.

        The process that holds it may enter again: `kaa nightly` holds it around the job, and the job, which the schedule
        starts without `kaa nightly`, takes it for itself. ``purpose``: `nightly_lock.RUN` for a run of the nightly.

        Raises AnotherRuns when another process holds it.
        """
        with hold(self.path, purpose) as lock:
            yield lock

    # --- decisions -----------------------------------------------------------------------------------------------------

    def decide(self, delivery_id: str, decision: str) -> None:
        """Note what a person decided about a held delivery; the next nightly carries it out."""
        atomic_write(self.path / "decisions" / delivery_id, decision)

    def decisions(self) -> dict[str, str]:
        """Undone decisions: delivery id -> release | reject."""
        folder = self.path / "decisions"
        files = sorted(folder.glob("[!.]*")) if folder.is_dir() else []
        return {file.name: file.read_text(encoding="utf-8") for file in files}

    def forget_decisions(self, still_held: set[str]) -> None:
        """Forget the decisions that are carried out: those about deliveries that are not held any more."""
        for delivery_id in self.decisions().keys() - still_held:
            (self.path / "decisions" / delivery_id).unlink(missing_ok=True)


def open_home(path: Path | None = None, writing: bool = False) -> Home:
    """The initialised KAA_HOME. ``writing``: for a command that may change something in it; every such command says so.

    Raises UsageError when there is none or its settings are wrong, or when root would write into another user's;
    NightlyFailed when a newer program wrote it, or something in it belongs to another user and cannot be written by this one.
    """
    path = path or home_path()
    refuse_newer_state(path)
    if writing:
        refuse_to_write_for_another(path)
    settings = read_settings(path)
    if writing:
        _refuse_what_is_anothers(path)
    use_home(path, settings.memory)
    return Home(path, settings, load_municipality(settings.municipality))


def refuse_to_write_for_another(path: Path) -> None:
    """Raises UsageError when this is root and KAA_HOME is another user's, who could not use what root would leave in it."""
    if os.geteuid() != 0:
        return
    for place in (path, path / SETTINGS):
        if place.exists() and place.stat().st_uid != 0:
            name = owner(place)
            raise UsageError(
                f"{place} belongs to {name}: root changes nothing in another user's KAA_HOME. Run the command as {name}."
            )


def _refuse_what_is_anothers(path: Path) -> None:
    """Root, or another user, has been at work here: what was left of it would stop the nightly half-way."""
    for name in MANAGED:
        if foreign := first_foreign(path / name):
            user = os.geteuid()
            raise NightlyFailed(
                f"{foreign} belongs to {owner(foreign)} and may not be written by {user_name(user)}, who runs this: have "
                f"root run chown -R {user} '{path}', then run the command again."
            )


def initialise(
    municipality: str, drop: Path, path: Path | None = None, keys: Path | None = None
) -> tuple[Home, list[str]]:
    """Set up KAA_HOME; returns it and what was made. What exists already is left as it is.

    ``keys``: the folder of the keys, where it is not to lie in KAA_HOME.

    Raises UsageError for an unknown municipality or one that takes in nothing, a drop folder that is not there, and where
    something was made with a key that is missing: a new one would not fit. Raises NightlyFailed when a newer program wrote
    what is there.
    """
    path = path or home_path()
    refuse_newer_state(path)
    refuse_to_write_for_another(path)
    made: list[str] = []
    if not (path / SETTINGS).exists():
        profile = profile_path(municipality)
        load_receiver(municipality)
        if not drop.is_dir():
            raise UsageError(f"The drop folder {drop} does not exist: create it or mount it, then run kaa init again.")
        try:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o711)
        except OSError as error:
            raise UsageError(f"KAA_HOME cannot be set up. {sentence(error)}") from error
        name = municipality if municipality in known_profiles() else str(profile)
        settings = Settings(municipality=name, drop=str(drop.absolute()), keys=str(keys.absolute()) if keys else None)
        write_new(path / SETTINGS, tomli_w.dumps(settings.model_dump(exclude_defaults=True)), 0o640)
        made.append(SETTINGS)
    for zone in (*ZONES, "archive", "decisions"):
        (path / zone).mkdir(mode=0o755 if zone == "published" else 0o700, exist_ok=True)
    home = open_home(path)
    home.keys.mkdir(mode=0o700, exist_ok=True)
    refuse_open_to_others(home.keys / PSEUDONYM_KEY)
    missing = missing_keys(home.keys)
    if missing and _holds_state(home):
        raise UsageError(
            f"The key {home.keys / missing[0]} is missing, and {home.path} holds what was made with it; a new key would not fit. "
            "Put it back from your key store, or run kaa restore with the archive's private key. No key was made."
        )
    return home, [*made, *(f"{home.settings.keys or 'keys'}/{name}" for name in make_missing_keys(home.keys))]


def _holds_state(home: Home) -> bool:
    """Whether there is a history (whatever its state) or an archive."""
    folders = [*home.archive.glob("[!.]*"), *home.night_records.folder.glob("*")]
    return bool((home.path / POINTER).exists() or versions(home.path) or folders)
