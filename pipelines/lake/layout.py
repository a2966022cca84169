"""What a lake is: a folder with a part for each municipality, which was exported by that municipality's home.

    municipality=0180/manifest.json                     what the part holds, with a checksum for each file
    municipality=0180/dataset=ber_kontakter/<sha256>.parquet

A table is split into files; a file's name is what it holds, so that an export leaves the files that have not changed. What
counts is what the manifest names, and it is put in place last, in one step. Making a part belongs in ``export``.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines.configuration.municipality import Municipality
from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import atomic_write

#: The form of a part that this program writes and reads.
FORMAT = 1

MANIFEST = "manifest.json"
_PART = re.compile(r"municipality=([0-9]{4})")


@dataclass(frozen=True)
class File:
    """A Parquet file of a table: its name below the part's folder, sha256, rows and bytes."""

    name: str
    sha256: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class Table:
    """A table of a part: its columns with DuckDB's types, in order, and its files."""

    columns: dict[str, str]
    files: tuple[File, ...] = ()


@dataclass(frozen=True)
class Part:
    """What one municipality has exported. ``profile``: the municipality's profile as data; ``recipient``: fingerprint of the key
    of the pseudonyms; ``made_with``: the program's version; ``version``: the published version that it was made of;
    ``exported_on``: the day. ``tables``: by the name that the models' SQL gives them, with schema (``history.ber_kontakter``)."""

    folder: Path
    code: str
    title: str
    profile: dict[str, Any]
    recipient: str
    made_with: str
    version: int
    exported_on: date
    tables: dict[str, Table] = field(default_factory=dict)

    @cached_property
    def municipality(self) -> Municipality:
        """The profile that the part was made with."""
        return Municipality.model_validate(self.profile)

    def paths(self, table: str) -> list[Path]:
        """The files of a table."""
        return [self.folder / file.name for file in self.tables[table].files]

    def write(self) -> None:
        """Make this what the part holds, in one step; its files must be there."""
        content = asdict(self) | {"format": FORMAT, "exported_on": self.exported_on.isoformat()}
        del content["folder"]
        atomic_write(self.folder / MANIFEST, json.dumps(content, ensure_ascii=False, indent=1))


@dataclass(frozen=True)
class Lake:
    """The parts of a lake, by municipality code, in order."""

    folder: Path
    parts: dict[str, Part]

    @property
    def columns(self) -> dict[str, dict[str, str]]:
        """Each table that a part has, with its columns. Two parts that are of one form have the same columns."""
        found: dict[str, dict[str, str]] = {}
        for part in self.parts.values():
            for name, table in part.tables.items():
                found.setdefault(name, table.columns)
        return found


def part_folder(lake: Path, code: str) -> Path:
    """Where a municipality's part lies."""
    return lake / f"municipality={code}"


def read_lake(folder: Path) -> Lake:
    """The parts of a lake, by their manifests; whether the files are what they were is asked by ``faults``.

    Raises UsageError when there is no lake, a manifest cannot be read, or parts do not fit together.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no lake {folder}: give the folder that kaa lake export has written.")
    parts = {}
    for place in sorted(folder.iterdir()):
        found = _PART.fullmatch(place.name)
        if found and (place / MANIFEST).is_file():
            parts[found[1]] = _read_part(place, found[1])
    if not parts:
        raise UsageError(f"{folder} holds no lake: give the folder that kaa lake export has written.")
    lake = Lake(folder, parts)
    _refuse_misfits(lake)
    return lake


def _read_part(folder: Path, code: str) -> Part:
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        form = content.pop("format")
        if form != FORMAT:
            raise UsageError(
                f"{path} has form {form} and this program reads form {FORMAT}: export it again with the program that reads it."
            )
        tables = {
            name: Table(table["columns"], tuple(File(**file) for file in table["files"]))
            for name, table in content.pop("tables").items()
        }
        day = date.fromisoformat(content.pop("exported_on"))
        part = Part(folder=folder, exported_on=day, tables=tables, **content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f"{path} cannot be read ({type(error).__name__}): fetch the municipality's part again."
        ) from None
    if part.code != code:
        raise UsageError(f"{folder} holds the part of municipality {part.code}: name its folder after that.")
    return part


def _refuse_misfits(lake: Lake) -> None:
    parts = list(lake.parts.values())
    first = parts[0]
    for part in parts[1:]:
        if part.recipient != first.recipient:
            raise UsageError(
                f"{part.folder} and {first.folder} have pseudonyms of different keys, so nobody who moved would be one person: "
                "have both exported with the same recipient's key."
            )
        for name in part.tables.keys() & first.tables.keys():
            if part.tables[name].columns != first.tables[name].columns:
                raise UsageError(
                    f"{part.folder} and {first.folder} hold {name} in different forms ({part.made_with} and "
                    f"{first.made_with}): have both exported by the same version of the program."
                )


def faults(lake: Lake) -> list[str]:
    """What is wrong with the files that the manifests name, a sentence each: what is missing or is not what was exported."""
    found = []
    for part in lake.parts.values():
        for table in part.tables.values():
            for file in table.files:
                path = part.folder / file.name
                if not path.is_file():
                    found.append(f"{path} is missing: fetch the part of {part.title} again.")
                elif digest(path) != file.sha256:
                    found.append(f"{path} is not what was exported: fetch the part of {part.title} again.")
    return found


def digest(path: Path) -> str:
    """The sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def profile_of(municipality: Municipality) -> Mapping[str, Any]:
    """A profile as it stands in a manifest."""
    return municipality.model_dump(mode="json")
