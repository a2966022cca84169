"""What a lake holds, for people: its parts, from when to when, and whatever is wrong with it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.lake.layout import Lake, Part, faults, misfits, part_folders, read_part
from pipelines.runtime.database import open_database
from pipelines.runtime.errors import UsageError


@dataclass(frozen=True)
class Contents:
    """``rows``: of each part the municipality's code and name, its first and last extract date, how many extracts, rows and files
    it has, how many numbers fit nobody elsewhere, when it was exported, and the fingerprint of the recipient's key. ``faults``:
    what is wrong, a sentence each; ``notes``: what a reader must know who does not go by the manifests."""

    rows: list[tuple[Any, ...]]
    faults: list[str]
    notes: list[str]


def examine(folder: Path) -> Contents:
    """What a lake holds, each file proved. Raises UsageError when there is no lake."""
    parts: dict[str, Part] = {}
    wrong = []
    for code, place in part_folders(folder).items():
        try:
            parts[code] = read_part(place, code)
        except UsageError as error:
            wrong.append(str(error))
    if parts:
        lake = Lake(folder, parts)
        wrong += [*misfits(lake), *faults(lake)]
    notes = [note for part in parts.values() if (note := _left_over(part))]
    return Contents([_row(part) for part in parts.values()], wrong, notes)


def _left_over(part: Part) -> str | None:
    """What an export that was cut off has left: it counts for nobody who reads by the manifest."""
    named = {path for table in part.tables for path in part.paths(table)}
    count = len(set(part.folder.glob("dataset=*/*.parquet")) - named)
    if not count:
        return None
    return (
        f"{part.folder} holds {count} files that its manifest does not name, as an export that was cut off leaves them: read by "
        "the manifest, or export again, which removes them."
    )


def _row(part: Part) -> tuple[Any, ...]:
    files = sum(len(table.files) for table in part.tables.values())
    return (part.code, part.title, *_extracts(part), part.rows, files, part.unlinked, part.exported_on, part.recipient)


def _extracts(part: Part) -> tuple[date | None, date | None, int | None]:
    """First and last extract date, and how many extracts; nothing where the file that says so is not whole."""
    paths = part.paths("history.extract") if "history.extract" in part.tables else []
    if not paths:
        return None, None, 0
    with open_database(attaches=[paths[0]]) as connection:
        try:
            read = connection.execute(
                "select min(extract_date), max(extract_date), count(*) from read_parquet(?)", [[str(p) for p in paths]]
            )
            first, last, count = read.fetchall()[0]
        except duckdb.Error:
            return None, None, None
    return first, last, count
