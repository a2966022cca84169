"""`kaa keys rotate --archive`: every archived file is sealed to another key, and what comes after too.

File by file, each in one step, and what a delivery is known by names both states meanwhile: a kill leaves each file whole and
readable by one of the two keys, and the same command goes on. The public key in the home is changed last.
"""

import os
from pathlib import Path

from pipelines.commands.verify_archive import archived_files, give_checksums, judged_deliveries
from pipelines.delivery.archive import Archive, unsealed
from pipelines.delivery.archive_checksums import (
    CHECKSUMS,
    NONE_KEPT,
    Checksum,
    Checksums,
    archive_faults,
    checksum,
    keys_sealed_to,
    read_checksums,
)
from pipelines.intake.owner import ROTATED_ARCHIVE_KEY
from pipelines.intake.take_in import Progress
from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import sync
from pipelines.state import decision_log
from pipelines.state.home import Home
from pipelines.state.keys import (
    ARCHIVE_PRIVATE,
    ARCHIVE_PUBLIC,
    Keys,
    keep_aside,
    read_archive_public,
    read_private_key,
    replace_key,
)


def rotate(home: Home, key: Path, to: Path, progress: Progress = lambda text: None) -> int:
    """Seal the home's archive to the public key in the file ``to``; returns how many deliveries it holds.

    Raises UsageError, before anything is changed, when ``key`` is not the archive's private key, ``to`` is no other public key,
    or a delivery is not whole.
    """
    old = read_private_key(key)
    public = read_archive_public(to)
    with home.nightly_lock():
        home.sweep()
        if old.public != home.archive_public_key:
            raise UsageError(
                f"{key} does not belong to {home.keys / ARCHIVE_PUBLIC}: give the private key that opens the archive now."
            )
        if public == old.public:
            raise UsageError(f"The archive is sealed to {to} already; nothing was changed.")
        before, after = Archive(home.archive, old.public), Archive(home.archive, public)
        folders = sorted(path for path in home.archive.glob("[!.]*") if path.is_dir())
        _check(home, folders, {before.key, after.key})
        for number, folder in enumerate(folders, start=1):
            _rotate_delivery(folder, before, after, old.private)
            home.write_out_archive([folder.name])
            progress(f"{number} of {len(folders)} archived deliveries sealed to the new key")
        reason = "kaa keys rotate --archive"
        decision_log.record(home, ROTATED_ARCHIVE_KEY, reason, from_key=before.key, to_key=after.key)
        _change_key(home, old, before.key, public)
    return len(folders)


def _check(home: Home, folders: list[Path], keys: set[str]) -> None:
    """Raises UsageError when what is published is not whole, or was begun to be sealed to a third key."""
    judged = judged_deliveries(home.archive)
    lost = sorted(judged.keys() - {folder.name for folder in folders})
    broken = [folder.name for folder in folders if folder.name in judged and _is_broken(folder)]
    if lost or broken:
        raise UsageError(
            f"{len(lost) + len(broken)} archived deliveries are not whole ({(lost + broken)[0]}): run kaa archive verify, put "
            "them back from a backup, and run this again. Nothing was changed."
        )
    if others := set().union(*map(keys_sealed_to, folders)) - keys:
        raise UsageError(
            f"A part of the archive is sealed to another key (fingerprint {min(others)}), to which it was begun to be rotated: "
            "give that public key with --to. Nothing was changed."
        )


def _is_broken(folder: Path) -> bool:
    return archive_faults(folder) not in ([], [NONE_KEPT])


def _rotate_delivery(folder: Path, before: Archive, after: Archive, private: str) -> None:
    """Seal what is not sealed to the new key yet; a delivery keeps its time, by which the oldest are known."""
    time = folder.stat()
    if archive_faults(folder):  # an old delivery, or one that a killed nightly left
        give_checksums(before, folder.name)
    lists = {one.key: one.files for one in read_checksums(folder)}
    if before.key not in lists:
        return
    sealed = _sealed_anew(folder, lists.get(after.key, {}), after, private)
    now = {path.name: checksum(sealed.get(path.name) or path.read_bytes()) for path in archived_files(folder)}
    after.write_checksums(folder.name, Checksums(before.key, lists[before.key]), Checksums(after.key, now))
    sync(folder / CHECKSUMS)
    sync(folder)  # a power cut, too, finds the list before the files
    for name, content in sealed.items():
        after.replace(folder / name, content)
    after.write_checksums(folder.name, Checksums(after.key, now))
    os.utime(folder, ns=(time.st_atime_ns, time.st_mtime_ns))


def _sealed_anew(folder: Path, done: dict[str, Checksum], archive: Archive, private: str) -> dict[str, bytes]:
    """The files that are still sealed to the old key, sealed to the new one."""
    waiting = [path for path in archived_files(folder) if checksum(path.read_bytes()) != done.get(path.name)]
    return {path.name: archive.seal(unsealed(path, private)) for path in waiting}


def _change_key(home: Home, old: Keys, fingerprint: str, public: str) -> None:
    """From here on new deliveries are sealed to the new key; the old ones are kept aside."""
    private = home.keys / ARCHIVE_PRIVATE
    is_here = private.exists() and read_private_key(private).private == old.private
    keep_aside(
        home.keys,
        [ARCHIVE_PUBLIC, *([ARCHIVE_PRIVATE] if is_here else [])],
        f"The archive was sealed to this key (fingerprint {fingerprint}) before kaa keys rotate: older copies of the archive "
        "still are. Destroy them and it when nobody needs them any more, at once where the private key has leaked.",
    )
    if is_here:
        private.unlink()
    replace_key(home.keys / ARCHIVE_PUBLIC, public)
