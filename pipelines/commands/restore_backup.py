"""`kaa restore --backup`: an empty KAA_HOME becomes the one that a backup was taken of.

Nothing is computed: the files are copied, each is compared with the backup's list, and the pointer is put in place last. Until
then `restoring/` says that it is not finished, and a restore that was killed is run again. What is made again from the archive
belongs in ``restore``.
"""

import os
import shutil
from pathlib import Path

from pipelines.commands.take_backup import PROFILE
from pipelines.configuration.municipality import known_profiles, load_municipality
from pipelines.configuration.settings import read_settings
from pipelines.intake.owner import ARCHIVE_FINGERPRINT, after_rotation
from pipelines.intake.take_in import Progress
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.files import sync
from pipelines.runtime.log import Event, event
from pipelines.runtime.os_errors import sentence
from pipelines.state import decision_log
from pipelines.state.backups import BEING_RESTORED, Entry, Listed, checksum_of, damaged_files, read_list, version_of
from pipelines.state.databases import recorded_owner, version_faults
from pipelines.state.home import Home, open_home, refuse_to_write_for_another
from pipelines.state.keys import (
    ARCHIVE_PRIVATE,
    ARCHIVE_PUBLIC,
    PSEUDONYM_FINGERPRINT,
    PSEUDONYM_KEY,
    archive_fingerprint,
    pseudonym_fingerprint,
    read_archive_public,
    read_private_key,
    read_pseudonym_key,
    replace_key,
)
from pipelines.state.versions import POINTER, read_pointer, refuse_newer_state, write_pointer

_NOTE = f"restoring/{BEING_RESTORED}"


def restore_backup(path: Path, backup: Path, keys: Path | None = None, progress: Progress = lambda text: None) -> Home:
    """Make the KAA_HOME at ``path`` from a backup; ``keys``: a folder with the keys, where they are not in their place already.

    Raises UsageError, before anything is written, when ``path`` holds something else, the backup is damaged or the keys are
    missing or others, and NightlyFailed when a newer program wrote what is in it, or what was written is not what it holds.
    """
    refuse_to_write_for_another(path)
    backup = backup.absolute()
    listed = read_list(backup)
    refuse_newer_state(backup)
    _refuse_what_is_there(path, backup)
    _check_backup(backup, listed)
    chosen = _chosen_keys(path, backup, keys)
    _check_keys(backup, listed, chosen)
    _copy(path, backup, listed, progress)
    home = open_home(path)
    _write_keys(home, chosen)
    _put_pointer_in_place(home, backup)
    decision_log.record(home, "restore", f"from the backup {backup.name}", version=listed.version)
    event(
        home.path,
        Event.RESTORED,
        deliveries=sum(name.count("/") == 1 for name in _archived(listed)),
        version=listed.version,
    )
    return home


def _archived(listed: Listed) -> list[str]:
    return [name for name in listed.folders if name.startswith("archive/") and not name.startswith("archive/.")]


def _refuse_what_is_there(path: Path, backup: Path) -> None:
    try:
        there = sorted(one.name for one in path.iterdir()) if path.exists() else []
    except OSError as error:
        raise UsageError(f"KAA_HOME cannot be looked into. {sentence(error)}") from error
    if not there:
        return
    note = path / _NOTE
    begun = note.read_text(encoding="utf-8").strip() if note.is_file() else None
    if begun is None:
        raise UsageError(
            f"{path} is not empty (there is {there[0]}): a backup is restored to an empty KAA_HOME. Move what is "
            f"there out of the way, "
            "or see with kaa recover what is wrong with it. Nothing was changed."
        )
    if begun != backup.name:
        raise UsageError(
            f"In {path} lies a restore of the backup {begun} that was not finished: restore that one again, or empty "
            f"the folder first. "
            "Nothing was changed."
        )


def _check_backup(backup: Path, listed: Listed) -> None:
    if damaged := damaged_files(backup, listed):
        name, fault = next(iter(damaged.items()))
        more = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
        raise UsageError(
            f"The backup {backup} is damaged: {name} {fault}{more}. Use another one (kaa backup --check says which "
            f"are whole); where "
            "none is, kaa restore --key with the copy of the archive. Nothing was changed."
        )
    if faults := version_faults(version_of(backup, listed), thorough=True):
        raise UsageError(f"The backup {backup} cannot be used: {faults[0]} Nothing was changed.")


# --- keys ------------------------------------------------------------------------------------------------------------------


def _chosen_keys(path: Path, backup: Path, given: Path | None) -> dict[str, str]:
    """The keys' texts, from the folder that is given, else from where the settings say that they lie."""
    settings = read_settings(backup)
    _check_profile(settings.municipality, backup)
    place = path / (settings.keys or "keys")
    folder = given or place
    if not (folder / PSEUDONYM_KEY).exists():
        raise UsageError(
            f"A backup holds no keys, and there is no {PSEUDONYM_KEY} in {folder}: take the keys from the key store "
            f"and give their folder "
            "with --keys. Nothing was changed."
        )
    private = folder / ARCHIVE_PRIVATE
    public = (
        read_archive_public(folder / ARCHIVE_PUBLIC)
        if (folder / ARCHIVE_PUBLIC).exists() or not private.exists()
        else read_private_key(private).public
    )
    return {PSEUDONYM_KEY: read_pseudonym_key(folder / PSEUDONYM_KEY).hex(), ARCHIVE_PUBLIC: public}


def _check_profile(municipality: str, backup: Path) -> None:
    if municipality in known_profiles() or Path(municipality).exists():
        return
    raise UsageError(
        f"The municipality's own profile {municipality} is not on this machine: copy it there from {backup / PROFILE} "
        f"(cp -r), then run "
        "this again. Nothing was changed."
    )


def _check_keys(backup: Path, listed: Listed, chosen: dict[str, str]) -> None:
    """Raises UsageError when the history in the backup was made with other keys."""
    settings = read_settings(backup)
    as_home = Home(backup, settings, load_municipality(settings.municipality))
    public = chosen[ARCHIVE_PUBLIC]
    recorded = after_rotation(as_home, recorded_owner(version_of(backup, listed)), public)
    given = {
        PSEUDONYM_FINGERPRINT: pseudonym_fingerprint(bytes.fromhex(chosen[PSEUDONYM_KEY])),
        ARCHIVE_FINGERPRINT: archive_fingerprint(public),
    }
    for fingerprint, name in ((PSEUDONYM_FINGERPRINT, PSEUDONYM_KEY), (ARCHIVE_FINGERPRINT, ARCHIVE_PUBLIC)):
        if recorded.get(fingerprint, given[fingerprint]) != given[fingerprint]:
            raise UsageError(
                f"The {name} that was given is not the one that the backup {backup.name} was made with (that has the "
                f"fingerprint "
                f"{recorded[fingerprint]}): take that one from the key store. Nothing was changed."
            )


def _write_keys(home: Home, chosen: dict[str, str]) -> None:
    """Put the keys in their place, but where they are."""
    home.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in chosen.items():
        path = home.keys / name
        if not path.exists() or path.read_text(encoding="utf-8").strip() != text:
            replace_key(path, text)


# --- files -----------------------------------------------------------------------------------------------------------------


def _copy(path: Path, backup: Path, listed: Listed, progress: Progress) -> None:
    """Copy all but the pointer, and compare each file with the list; what is there already is not copied again."""
    new = not path.exists()
    path.mkdir(parents=True, exist_ok=True)
    if new:
        path.chmod(0o711)
    note = path / _NOTE
    note.parent.mkdir(mode=0o700, exist_ok=True)
    note.write_text(f"{backup.name}\n", encoding="utf-8")
    sync(note)
    wanted = [name for name in listed.files if name != POINTER and not name.startswith(f"{PROFILE}/")]
    for name in listed.folders:
        (path / name).mkdir(mode=0o700, exist_ok=True)
    for done, name in enumerate(wanted, start=1):
        _copy_file(path / name, backup / name, listed.files[name])
        if done % 1000 == 0:
            progress(f"{done} of {len(wanted)} files")
    if damaged := damaged_files(path, listed, wanted):
        name, fault = next(iter(damaged.items()))
        raise NightlyFailed(
            f"The disk of {path} does not give back what was written ({name} {fault}, and {len(damaged) - 1} more): "
            f"have it looked at, "
            "and run the same command again."
        )
    for name, folder in sorted(listed.folders.items(), reverse=True):
        (path / name).chmod(folder.mode)
        os.utime(path / name, ns=(folder.changed, folder.changed))
        sync(path / name)


def _copy_file(target: Path, source: Path, entry: Entry) -> None:
    if target.exists() and target.stat().st_size == entry.size and checksum_of(target) == entry.sha256:
        return
    target.unlink(missing_ok=True)
    with (
        source.open("rb") as original,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
    ):
        shutil.copyfileobj(original, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
    target.chmod(entry.mode)
    os.utime(target, ns=(entry.changed, entry.changed))


def _put_pointer_in_place(home: Home, backup: Path) -> None:
    """From here on the home is whole."""
    pointer = read_pointer(backup)
    assert pointer is not None
    write_pointer(home.path, pointer)
    shutil.rmtree(home.restoring)
    sync(home.path)
