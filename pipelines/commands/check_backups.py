"""`kaa backup --check`: whether the backups in a folder are whole, without the home that they were taken of."""

from pathlib import Path
from typing import Any

from pipelines.runtime.errors import UsageError
from pipelines.state.backups import backups, damaged_files, read_list, version_of
from pipelines.state.databases import version_faults

WHOLE = "whole"


def check_backups(place: Path) -> list[tuple[Any, ...]]:
    """Each backup, the oldest first: its name, when it was taken, version, files, bytes, and ``whole`` or what is "
    "wrong with it.

    Raises UsageError when there is no such folder or no backup in it.
    """
    if not place.is_dir():
        raise UsageError(f"The folder {place} does not exist: mount it, or give the folder that kaa backup was given.")
    found = backups(place)
    if not found:
        raise UsageError(f"There is no backup in {place}: give the folder that kaa backup was given.")
    return [_checked(path) for path in found]


def _checked(path: Path) -> tuple[Any, ...]:
    try:
        listed = read_list(path)
    except UsageError as error:
        return path.name, None, None, None, None, str(error)
    state = _damage(damaged_files(path, listed)) or next(
        iter(version_faults(version_of(path, listed), thorough=True)), WHOLE
    )
    return path.name, listed.ended_at, listed.version, len(listed.files), listed.size, state


def _damage(damaged: dict[str, str]) -> str | None:
    if not damaged:
        return None
    name, fault = next(iter(damaged.items()))
    return f"{name} {fault}" + (f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else "")
