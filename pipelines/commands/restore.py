"""`kaa restore`: rebuilds history, warehouse and publication from the archive and its private key, delivery by delivery.

Each night that was published is made again: its deliveries are laid out as they lay in the drop folder, judged by the moment at
which it judged them, with what people had decided by then, and purged. Building and publishing are the ordinary job's. Nothing
of the home changes until the history is rebuilt; what lies there of an earlier state is put aside, never deleted.
"""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.commands.restore_history import RestoredHistory
from pipelines.commands.restore_keys import choose_pseudonym_key, write_keys
from pipelines.commands.restore_nights import nights_to_restore
from pipelines.intake.from_archive import cleared
from pipelines.intake.owner import after_rotation, owner
from pipelines.intake.take_in import Progress
from pipelines.orchestration.nightly import run_nightly
from pipelines.orchestration.outcome import Outcome
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state import decision_log
from pipelines.state.backups import BEING_RESTORED
from pipelines.state.databases import recorded_owner, version_faults
from pipelines.state.home import Home
from pipelines.state.keys import Keys, read_private_key
from pipelines.state.versions import POINTER, folders_of, new_aside, put_aside, versions


@dataclass
class Restored:
    """What a restore came to: the nightly that published it, and what a person must know."""

    outcome: Outcome
    deliveries: int
    nights: int
    notes: list[str] = field(default_factory=list)


def restore(
    home: Home,
    key: Path,
    archive: Path | None = None,
    pseudonym_key: Path | None = None,
    progress: Progress = lambda text: None,
) -> Restored:
    """Rebuild a home from its archive, or from another archive folder, which is then copied in.

    Raises UsageError when the home is whole, the key does not open the archive or there is nothing to restore, and NightlyFailed
    when the last step, the nightly that publishes, fails.
    """
    if (home.restoring / BEING_RESTORED).exists():
        raise UsageError(
            f"In {home.path} lies a kaa restore --backup that was not finished: run the same again, or move the "
            f"folder away and begin "
            "with an empty one. Nothing was changed."
        )
    source = (archive or home.archive).absolute()
    keys = read_private_key(key)
    with home.nightly_lock():
        if not home.restoring.exists() and is_whole(home):
            raise UsageError(f"{home.path} is whole, so there is nothing to restore; nothing was changed.")
        nights, unlisted = nights_to_restore(home, source, keys)
        choose_pseudonym_key(home, keys, pseudonym_key, nights)
        history = RestoredHistory(home, home.restoring, source, keys)
        with cleared(home.restoring, "kaa restore"):
            history.rebuild(nights, progress)
            if archive and archive.absolute() != home.archive:
                shutil.copytree(source, home.restoring / "archive")
        outcome = _publish(home, keys)
    return Restored(outcome, history.deliveries, len(nights), [*keys.notes, *unlisted, *history.notes()])


def is_whole(home: Home) -> bool:
    """Whether the published version and the keys are there, can be read, and belong together."""
    try:
        home.check_state()
        version, home_owner = home.current(), owner(home)
        if version is None or version_faults(version, thorough=True):
            return False
        return after_rotation(home, recorded_owner(version)) in ({}, home_owner)
    except (NightlyFailed, UsageError):
        return False


def _publish(home: Home, keys: Keys) -> Outcome:
    """Put keys and archive in place, have the ordinary job publish, and put the earlier state aside."""
    aside = new_aside(home.path)
    before = [folder for version in versions(home.path) for folder in folders_of(version)]
    decision_log.record(home, "restore", "the home was not whole", aside=aside.name)
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
