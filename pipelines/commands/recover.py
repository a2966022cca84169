"""`kaa recover`: where the state below KAA_HOME disagrees with itself, a person says which complete version counts.

What is not chosen is put aside, never deleted, and who chose what and why is recorded. Rebuilding what is lost belongs in
``restore``.
"""

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state import decision_log
from pipelines.state.databases import open_for_reading, version_faults
from pipelines.state.home import Home
from pipelines.state.versions import (
    POINTER,
    Pointer,
    Version,
    folders_of,
    new_aside,
    put_aside,
    read_pointer,
    versions,
    write_pointer,
)

VERSION_COLUMNS = (
    "version", "counts", "state", "published_at", "first_extract_date", "last_extract_date", "accepted_deliveries",
)  # fmt: skip


def list_versions(home: Home) -> list[tuple[Any, ...]]:
    """What there is: each version, whether the pointer names it, whether it is complete or what is wrong with it, when it was
    published and from which extracts."""
    counting = _pointed_at(home)
    return [
        (version.number, "yes" if version.number == counting else "no", _state(version), *_publication(version))
        for version in versions(home.path)
    ]


def recover(home: Home, number: int, because: str) -> Path | None:
    """Have a complete version count from now on; returns where the rest was put, None when there was no rest.

    Raises UsageError when there is no such complete version or there is nothing to choose.
    """
    version = Version(home.path, number)
    reason = decision_log.checked_reason(because)
    with home.nightly_lock():
        _check_choice(home, version)
        others = _to_put_aside(home, version)
        if not others and _pointed_at(home) == number:
            raise UsageError(
                f"Version {number} counts already and nothing lies beside it: there is nothing to recover."
            )
        aside = new_aside(home.path)
        there = [path.relative_to(home.path).as_posix() for path in others]
        decision_log.record(home, "recover", reason, version=number, put_aside=there, aside=aside.name)
        shutil.rmtree(home.restoring / "drop", ignore_errors=True)  # deliveries in clear text
        try:
            put_aside(home.path, others, aside)
            write_pointer(home.path, Pointer(number))
            version.finish()
        except OSError as error:
            raise NightlyFailed(
                f"{error.filename} cannot be moved or written ({error.strerror}); nothing was deleted. Mend the cause and run "
                "kaa recover again."
            ) from error
    return aside if others else None


def _check_choice(home: Home, version: Version) -> None:
    there_are = versions(home.path)
    if version not in there_are:
        there = ", ".join(str(one.number) for one in there_are) or "none"
        raise UsageError(f"There is no version {version.number} (there are: {there}): run kaa recover to see them.")
    faults = _faults(version)
    if faults:
        raise UsageError(
            f"Version {version.number} is not complete: {faults[0]} Choose another one, or run kaa restore, which rebuilds all "
            "of it from the archive."
        )


def _faults(version: Version) -> list[str]:
    """What is wrong with a version but for files that lie beside its own, which are put aside when it is chosen."""
    return [] if _strangers(version) == version.missing() != [] else version_faults(version, thorough=True)


def _strangers(version: Version) -> list[str]:
    return [name for name in version.missing() if name.endswith(".wal")]


def _to_put_aside(home: Home, version: Version) -> list[Path]:
    """What is not the chosen version's: other versions, a pointer to another, half-written or from a restore that was killed,
    and the archive's records of later nights."""
    others = [folder for one in versions(home.path) if one != version for folder in folders_of(one)]
    strangers = [home.path / name for name in _strangers(version)]
    pointer = [home.path / POINTER] if _pointed_at(home) != version.number else []
    left = [path for path in (*pointer, home.path / f"{POINTER}.part", home.restoring) if path.exists()]
    later = [path for number, path in home.night_records.published().items() if number > version.number]
    return [*others, *strangers, *left, *later]


def _pointed_at(home: Home) -> int | None:
    try:
        pointer = read_pointer(home.path)
    except NightlyFailed:
        return None
    return pointer.version if pointer else None


def _state(version: Version) -> str:
    faults = _faults(version)
    if faults:
        return faults[0] + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else "")
    return "complete, never published" if version.is_unfinished else "complete"


def _publication(version: Version) -> Sequence[Any]:
    try:
        with open_for_reading(version.published) as connection:
            row = connection.execute(
                "select published_at, first_extract_date, last_extract_date, accepted_deliveries from publication"
            ).fetchone()
    except Exception:  # a broken file, whatever breaks; that it is broken stands in the list
        row = None
    if row is None:
        return None, None, None, None
    at, *rest = row
    return (at.isoformat(sep=" ") if isinstance(at, datetime) else at, *rest)
