"""KAA_HOME: settings, keys, zones, and the one pointer that says which version is published.

A nightly builds version n + 1 beside version n and moves the pointer last, so readers see n or n + 1 and never a mixture,
whatever happens to the process. What the versions hold does not belong here.

    settings.toml            municipality, drop folder
    keys/                    pseudonym key (secret), archive keys (the private one is to be moved away)
    decisions/               what people decided about held deliveries, until the next nightly
    archive/                 deliveries as received, encrypted
    history/<n>/             the interval tables: the nightly job's
    warehouse/<n>/           what dbt built: rows about persons, for statisticians and auditors
    published/<n>/           figures, definitions, pages: no rows about persons
    dagster/, dbt/, logs/    the orchestrator's own storage; what dbt made of the project; what dbt said last night
    current.json             the pointer
"""

import fcntl
import json
import os
import secrets
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pyrage
import tomli_w
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.errors import NightlyFailed, UsageError
from pipelines.files import atomic_write
from pipelines.municipality import Municipality, load_municipality, profile_path
from pipelines.os_errors import first_foreign, owner, sentence, user_name
from pipelines.surroundings import home_path

ZONES = ("history", "warehouse", "published")

#: What the program itself writes in KAA_HOME; settings and keys may well belong to somebody else.
MANAGED = (*ZONES, "archive", "decisions", "dagster", "dbt", "logs", "nightly.lock")

#: The homes that this process has locked.
_LOCKED: set[Path] = set()


class Settings(BaseModel):
    """settings.toml: ``municipality`` is the name or path of a profile, ``drop`` the folder the sources deliver to."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    municipality: str
    drop: str


@dataclass(frozen=True)
class Version:
    """The files of one version."""

    home: Path
    number: int

    def folder(self, zone: str) -> Path:
        return self.home / zone / f"{self.number:06d}"

    @property
    def history(self) -> Path:
        return self.folder("history") / "history.duckdb"

    @property
    def warehouse(self) -> Path:
        return self.folder("warehouse") / "warehouse.duckdb"

    @property
    def models(self) -> Path:
        """The compiled SQL that built the warehouse, to ask it again for another day or period."""
        return self.folder("warehouse") / "models.json"

    @property
    def published(self) -> Path:
        return self.folder("published") / "published.duckdb"


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
    def pseudonym_key(self) -> bytes:
        return bytes.fromhex(_read_key(self.path / "keys" / "pseudonym.key"))

    @property
    def archive_public_key(self) -> str:
        return _read_key(self.path / "keys" / "archive.public")

    @property
    def archive(self) -> Path:
        return self.path / "archive"

    # --- versions ------------------------------------------------------------------------------------------------------

    def current(self) -> Version | None:
        """The published version, or None before the first nightly."""
        try:
            pointer = json.loads((self.path / "current.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Version(self.path, int(pointer["version"]))

    def start_next(self) -> Version:
        """Empty folders for the version after the current one; what a killed nightly left is swept away."""
        self.sweep()
        current = self.current()
        version = Version(self.path, current.number + 1 if current else 1)
        for zone in ZONES:
            version.folder(zone).mkdir(parents=True, mode=0o755 if zone == "published" else 0o700)
        if current:
            shutil.copyfile(current.history, version.history)
        return version

    def put_in_place(self, version: Version, archived: Iterable[str] = ()) -> None:
        """Make a finished version the published one, in one step, and remove the one before it.

        ``archived``: the deliveries that it has judged; what is archived of them must outlast a power cut as it does.
        """
        for file in (version.history, version.warehouse, version.published):
            beside = file.with_name(file.name + ".wal")
            if beside.exists():
                raise NightlyFailed(
                    f"{file.name} was not closed properly; nothing is published. Run kaa nightly again."
                )
        self.write_out_archive(archived)
        for zone in ZONES:
            for path in version.folder(zone).rglob("*"):
                _sync(path)
        for folder in [self.archive, *(version.folder(zone).parent for zone in ZONES)]:
            if folder.is_dir():
                _sync(folder)
        part = self.path / "current.json.part"
        part.write_text(json.dumps({"version": version.number}), encoding="utf-8")
        _sync(part)
        os.replace(part, self.path / "current.json")
        _sync(self.path)
        # From here on the new version is the published one: what cannot be removed now is removed next time.
        with suppress(OSError):
            self.sweep()

    def write_out_archive(self, deliveries: Iterable[str]) -> None:
        """Have what is archived of these deliveries on the disk; what is there already takes no time."""
        for delivery_id in deliveries:
            folder = self.archive / delivery_id
            for path in [*folder.rglob("*"), *([folder] if folder.is_dir() else [])]:
                _sync(path)

    def sweep(self) -> None:
        """Remove every version but the published one and what is half-written; only the holder of the lock may do that."""
        keep = self.current()
        for zone in ZONES:
            folder = self.path / zone
            for path in folder.iterdir() if folder.is_dir() else ():
                if keep is None or path != keep.folder(zone):
                    shutil.rmtree(path)
        (self.path / "current.json.part").unlink(missing_ok=True)
        shutil.rmtree(self.archive / ".incoming", ignore_errors=True)

    # --- one at a time -------------------------------------------------------------------------------------------------

    @contextmanager
    def nightly_lock(self) -> Iterator[None]:
        """Held by the one nightly that may write; the operating system lets go of it when the process ends.

        The process that holds it may enter again: `kaa nightly` holds it around the job, and the job, which the schedule
        starts without `kaa nightly`, takes it for itself.
        """
        if self.path in _LOCKED:
            yield
            return
        with (self.path / "nightly.lock").open("w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise NightlyFailed(
                    "Another nightly is running on this KAA_HOME; wait until it has ended and run kaa nightly again."
                ) from None
            _LOCKED.add(self.path)
            try:
                yield
            finally:
                _LOCKED.discard(self.path)

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


def _read_key(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The key file {path} cannot be read ({getattr(error, 'strerror', 'no text')}): restore it from your key store."
        ) from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_home(path: Path | None = None, writing: bool = False) -> Home:
    """The initialised KAA_HOME. ``writing``: for a command that may change something in it; every such command says so.

    Raises UsageError when there is none or its settings are wrong, or when root would write into another user's;
    NightlyFailed when something in it belongs to another user and cannot be written by this one.
    """
    path = path or home_path()
    if writing:
        refuse_to_write_for_another(path)
    file = path / "settings.toml"
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"KAA_HOME {path} is not set up: run kaa init --municipality NAME --drop DIR first.") from None
    except OSError as error:
        raise UsageError(f"The settings file cannot be read. {sentence(error)}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"The settings file {file} cannot be read: {error}.") from error
    try:
        settings = Settings.model_validate(content)
    except ValidationError as error:
        raise UsageError(f"The settings file {file} is wrong: {_setting_fault(error)}.") from error
    if writing:
        _refuse_what_is_anothers(path)
    return Home(path, settings, load_municipality(settings.municipality))


def refuse_to_write_for_another(path: Path) -> None:
    """Raises UsageError when this is root and KAA_HOME is another user's, who could not use what root would leave in it."""
    if os.geteuid() != 0:
        return
    for place in (path, path / "settings.toml"):
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


def _setting_fault(error: ValidationError) -> str:
    # A misspelt key is told before the one that is missing for it.
    first = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    name = ".".join(str(part) for part in first["loc"])
    allowed = ", ".join(Settings.model_fields)
    if first["type"] == "extra_forbidden":
        return f"it has an unknown key {name!r}; remove it (allowed are {allowed})"
    if first["type"] == "missing":
        return f"the key {name!r} is missing; add it (needed are {allowed})"
    return f"the key {name!r} must be a text"


def initialise(municipality: str, drop: Path, path: Path | None = None) -> tuple[Home, list[str]]:
    """Set up KAA_HOME; returns it and what was made. What exists already is left as it is.

    Raises UsageError for an unknown municipality or a drop folder that is not there.
    """
    path = path or home_path()
    refuse_to_write_for_another(path)
    made: list[str] = []
    if not (path / "settings.toml").exists():
        profile = profile_path(municipality)
        load_municipality(municipality)
        if not drop.is_dir():
            raise UsageError(f"The drop folder {drop} does not exist: create it or mount it, then run kaa init again.")
        try:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o711)
        except OSError as error:
            raise UsageError(f"KAA_HOME cannot be set up. {sentence(error)}") from error
        name = municipality if profile.stem == municipality else str(profile)
        settings = Settings(municipality=name, drop=str(drop.absolute()))
        _write_once(path / "settings.toml", tomli_w.dumps(settings.model_dump()), 0o640)
        made.append("settings.toml")
    for zone in (*ZONES, "archive", "keys", "decisions"):
        (path / zone).mkdir(mode=0o755 if zone == "published" else 0o700, exist_ok=True)
    made += _make_keys(path / "keys")
    return open_home(path), made


def _make_keys(folder: Path) -> list[str]:
    made = []
    if not (folder / "pseudonym.key").exists():
        _write_once(folder / "pseudonym.key", secrets.token_hex(32) + "\n", 0o600)
        made.append("keys/pseudonym.key")
    if not (folder / "archive.public").exists():
        identity = pyrage.x25519.Identity.generate()
        _write_once(folder / "archive.private", f"{identity}\n", 0o600)
        _write_once(folder / "archive.public", f"{identity.to_public()}\n", 0o600)
        made += ["keys/archive.public", "keys/archive.private"]
    return made


def _write_once(path: Path, text: str, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
