"""Which nights of an archive are to be made again: those that were published, and older deliveries that no record lists."""

import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.delivery.archive import RECORD, SUFFIX, open_archived
from pipelines.delivery.archive_checksums import keys_sealed_to
from pipelines.delivery.manifest import MANIFEST_NAME
from pipelines.intake.from_archive import listed_deliveries
from pipelines.intake.owner import MUNICIPALITY
from pipelines.runtime import clock
from pipelines.runtime.errors import UsageError
from pipelines.state.home import Home
from pipelines.state.keys import Keys
from pipelines.state.night_records import NightRecord, NightRecords, read_record

#: Deliveries without a record of their night, archived within so many seconds of each other, are taken for one night's.
_ONE_NIGHT = 3600


def nights_to_restore(home: Home, archive: Path, keys: Keys) -> tuple[list[NightRecord], list[str]]:
    """The nights to make again, in their order, and what is to be said of deliveries that no record lists.

    Raises UsageError when the archive is another municipality's, holds nothing, or is not opened by the key.
    """
    if not archive.is_dir():
        raise UsageError(f"The archive {archive} does not exist: give its folder with --archive.")
    nights = _published_nights(home, archive)
    other = next((night for night in nights if night.owner.get(MUNICIPALITY) != home.municipality.code), None)
    if other:
        raise UsageError(
            f"The archive {archive} is of municipality {other.owner.get(MUNICIPALITY)}, but {home.path} is set up for "
            f"{home.municipality.title} ({home.municipality.code}). Nothing was changed."
        )
    recorded = {entry["delivery_id"] for night in nights for entry in night.judged}
    archived = [folder for folder in sorted(archive.glob("[!.]*")) if _manifest(folder).is_file()]
    _try_key(archived, keys)
    unrecorded = [folder for folder in archived if folder.name not in recorded]
    old = [folder for folder in unrecorded if not (folder / RECORD).exists()]
    notes = []
    if len(old) < len(unrecorded):
        notes.append(f"{len(unrecorded) - len(old)} archived deliveries were never published and were left out.")
    if old:
        notes.append(
            f"{len(old)} deliveries were archived before the archive kept what a nightly judged: they were judged in the order "
            "of their files' times, and where they lay and what people decided about them is taken from what was left here."
        )
        listed = listed_deliveries(home)
        nights = _with_old_decisions([*_old_nights(old, nights, listed), *nights], listed)
    if not nights:
        raise UsageError(f"The archive {archive} holds nothing that was published: there is nothing to restore.")
    return nights, notes


def _manifest(folder: Path) -> Path:
    return folder / f"{MANIFEST_NAME}{SUFFIX}"


def _published_nights(home: Home, archive: Path) -> list[NightRecord]:
    """The archive's records, but for those of nights that the home still shows to be killed before they were published."""
    is_the_homes = archive == home.archive
    records = NightRecords(archive).published()
    return [read_record(path) for version, path in records.items() if not (is_the_homes and home.was_killed(version))]


def _try_key(folders: list[Path], keys: Keys) -> None:
    """Raises UsageError when the key does not open what is archived, or not all of it; the first and the last tell a change of
    keys of which no checksums tell."""
    if len(set().union(*map(keys_sealed_to, folders))) > 1:
        raise UsageError(
            "The archive is sealed to two keys, because a rotation of its key was not finished: run the same kaa keys rotate "
            "--archive again first. Nothing was changed."
        )
    for folder in folders[:1] + folders[-1:]:
        open_archived(_manifest(folder), keys.private)


def _old_nights(old: list[Path], nights: list[NightRecord], listed: dict[str, dict[str, Any]]) -> list[NightRecord]:
    """Nights for deliveries that no record lists: as an earlier list of deliveries has them, else by their files' times."""
    moments = {folder: _manifest(folder).stat().st_mtime for folder in old}
    last_version = min((night.version for night in nights), default=sys.maxsize) - 1
    by_version: dict[int, list[Path]] = {}
    before, guessed = 0.0, 0
    for folder in sorted(old, key=lambda folder: (moments[folder], folder.name)):
        guessed += moments[folder] - before > _ONE_NIGHT
        before = moments[folder]
        version = listed[folder.name]["judged_in"] if folder.name in listed else guessed
        by_version.setdefault(min(version, last_version), []).append(folder)
    zone = clock.now().tzinfo
    return [
        NightRecord(
            version=version,
            now=datetime.fromtimestamp(max(moments[folder] for folder in folders), zone).isoformat(),
            owner={},
            judged=[{"delivery_id": folder.name} for folder in folders],
            decided={},
        )
        for version, folders in sorted(by_version.items())
    ]


def _with_old_decisions(nights: list[NightRecord], listed: dict[str, dict[str, Any]]) -> list[NightRecord]:
    """What people decided about an old delivery takes effect in the night after the one that held it; which night it really
    was nobody knows any more."""
    recorded = {delivery for night in nights for delivery in night.decided}
    decisions = {one: entry["decided"] for one, entry in listed.items() if entry["decided"] and one not in recorded}
    decided_nights, waiting = [], dict[str, str]()
    for night in nights:
        decided_nights.append(replace(night, decided={**waiting, **night.decided}))
        held = [] if night.owner else [entry["delivery_id"] for entry in night.judged]
        waiting = {one: decisions[one] for one in held if one in decisions}
    if waiting:
        last = decided_nights[-1]
        decided_nights.append(replace(last, version=last.version + 1, judged=[], decided=waiting, purged=[]))
    return decided_nights
