"""`kaa archive verify`: whether each archived delivery is whole.

Without a key the encrypted files are compared with the checksums that were kept when they were archived, and the folders with the
records of the published nights: what these judged and no purge took away must be there. With the archive's private key each file
is opened as well: the delivery's id must follow from its place and manifest, and its files be what the manifest says.
"""

import hashlib
import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.delivery.archive import RECORD, SUFFIX, Archive, open_archived, read_received
from pipelines.delivery.archive_checksums import NONE_KEPT, Checksums, archive_faults, checksum
from pipelines.delivery.find import delivery_id
from pipelines.delivery.judging import REJECTED
from pipelines.delivery.manifest import MANIFEST_NAME
from pipelines.runtime.errors import UsageError
from pipelines.state.home import Home
from pipelines.state.keys import read_private_key
from pipelines.state.night_records import NightRecords, read_record

WHOLE = "whole"


class Verified(NamedTuple):
    """An archived delivery and what was found of it."""

    delivery_id: str
    source: str | None
    extract_date: str | None
    files: int
    bytes: int
    state: str

    @property
    def is_whole(self) -> bool:
        return self.state == WHOLE


VERIFIED_COLUMNS = Verified._fields


def verify_archive(home: Home, folder: Path | None = None, key: Path | None = None) -> list[Verified]:
    """Each delivery of the home's archive, or of another archive folder, in the order of their ids.

    What a nightly left that was never published is no delivery yet and is left out. With a key those of the home's own that have
    no checksums and are sound get them. Raises UsageError when the key is none or a night's record is torn.
    """
    archive = folder or home.archive
    keys = read_private_key(key) if key else None
    judged = judged_deliveries(archive)
    found = []
    for name in sorted(kept_deliveries(archive, judged.keys()) | judged.keys()):
        state = _state(archive / name, judged.get(name, {}), keys.private if keys else None)
        if keys and not folder and state is NONE_KEPT:
            with home.nightly_lock():
                give_checksums(Archive(archive, keys.public), name)
            state = WHOLE
        found.append(_verified(archive / name, judged.get(name, {}), state))
    purged_meanwhile = judged.keys() - judged_deliveries(archive).keys()
    return [one for one in found if one.delivery_id not in purged_meanwhile]


def judged_deliveries(archive: Path, last: int = sys.maxsize) -> dict[str, dict[str, Any]]:
    """What published nights have judged, up to the ``last`` version, and none of them has purged from the archive, by id."""
    published = NightRecords(archive).published()
    records = [read_record(path) for version, path in published.items() if version <= last]
    judged = {entry["delivery_id"]: entry for record in records for entry in record.judged}
    for delivery in {delivery for record in records for delivery in record.purged}:
        judged.pop(delivery, None)
    return judged


def kept_deliveries(archive: Path, judged: Collection[str]) -> set[str]:
    """The deliveries that an archive holds, by id: those that were judged, and those of before the archive kept what "
    "was. What a
    nightly left that was never published is none yet."""
    there = {path.name for path in archive.glob("[!.]*") if path.is_dir()}
    return {name for name in there if name in judged or not (archive / name / RECORD).exists()}


def give_checksums(archive: Archive, delivery: str) -> None:
    """Have a delivery that has been opened, and was archived before checksums were kept, known by them."""
    files = {path.name: checksum(path.read_bytes()) for path in archived_files(archive.folder / delivery)}
    archive.write_checksums(delivery, Checksums(archive.key, files))


def archived_files(folder: Path) -> list[Path]:
    """The encrypted files of a delivery."""
    return sorted(folder.glob("*.age"))


def _verified(folder: Path, entry: dict[str, Any], state: str) -> Verified:
    files = archived_files(folder)
    size = sum(path.stat().st_size for path in files)
    return Verified(folder.name, entry.get("source"), entry.get("extract_date"), len(files), size, state)


def _state(folder: Path, entry: dict[str, Any], private: str | None) -> str:
    """``whole``, or what is wrong."""
    if not folder.is_dir():
        return "is not in the archive, though a published nightly judged it"
    faults = archive_faults(folder)
    if private and faults in ([], [NONE_KEPT]):
        faults = _faults_inside(folder, entry, private) or faults
    if faults == [NONE_KEPT]:
        return NONE_KEPT
    return "; ".join(faults) or WHOLE


def _faults_inside(folder: Path, entry: dict[str, Any], private: str) -> list[str]:
    """What is wrong with the contents of a delivery whose encrypted files are as they were."""
    opened: dict[str, str] = {}
    for path in archived_files(folder):
        try:
            content = open_archived(path, private)
        except UsageError:
            return [f"{path.name} cannot be opened with this key"]
        opened[path.name] = hashlib.sha256(content).hexdigest()
        if path.name == RECORD:
            received = read_received(content)
        elif path.name == f"{MANIFEST_NAME}{SUFFIX}":
            manifest = content
    if f"{MANIFEST_NAME}{SUFFIX}" not in opened:
        return [f"{MANIFEST_NAME}{SUFFIX} is missing"]
    if RECORD not in opened:  # where it lay, and so what its files were called, is not known
        return []
    if delivery_id(received.folder, manifest) != folder.name:
        return ["is another delivery than its name says"]
    if entry.get("status") == REJECTED:  # its files may well be others than the manifest said
        return []
    listed = [file for file in json.loads(manifest)["filer"] if file["fil"] in received.files]
    kept = {received.files[file["fil"]]: file["sha256"].lower() for file in listed}
    return [f"{name} is not what the manifest says" for name, sha256 in kept.items() if opened.get(name) != sha256]
