"""What a lake is: a folder with a part for each municipality, which was exported by that municipality's home.

    municipality=0180/manifest.json                     what the part holds, with a checksum for each file
    municipality=0180/dataset=ber_kontakter/<sha256>.parquet

A table is split into files; a file's name is what it holds, so that an export leaves the files that have not changed. What
counts is what the manifest names, and it is put in place last, in one step. Making a part belongs in ``export``.

A manifest comes from somebody else: what it names becomes paths and SQL, so nothing is taken from it that has not the form that
this program writes.
"""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines.configuration.municipality import Municipality
from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import sync, write_new

#: The form of a part that this program writes and reads.
FORMAT = 1

MANIFEST = "manifest.json"
#: Before the code in the name of a part's folder.
MUNICIPALITY, CODE_LENGTH = "municipality=", 4
_PART = re.compile(f"{MUNICIPALITY}([0-9]{{{CODE_LENGTH}}})")

#: What a manifest may name.
_TABLE = re.compile(r"(history|input)\.[a-z_][a-z0-9_]*")
_COLUMN = re.compile(r"[a-z_][a-z0-9_]*")
_TYPE = re.compile(r"[A-Z]+(\([0-9]+, ?[0-9]+\))?")
_FILE = re.compile(r"dataset=[a-z0-9_]+/[a-z0-9]+\.parquet")


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
    ``exported_on``: the day. ``tables``: by the name that the models' SQL gives them, with schema (``history.ber_kontakter``).
    ``unlinked``: so many numbers stand in no archived delivery any more, and have pseudonyms that fit nobody elsewhere."""

    folder: Path
    code: str
    title: str
    profile: dict[str, Any]
    recipient: str
    made_with: str
    version: int
    exported_on: date
    tables: dict[str, Table] = field(default_factory=dict)
    unlinked: int = 0

    @cached_property
    def municipality(self) -> Municipality:
        """The profile that the part was made with."""
        return Municipality.model_validate(self.profile)

    def paths(self, table: str) -> list[Path]:
        """The files of a table."""
        return [self.folder / file.name for file in self.tables[table].files]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(file.rows for table in self.tables.values() for file in table.files)

    def write(self) -> None:
        """Make this what the part holds, in one step; its files must be there. Raises OSError."""
        content = asdict(self) | {"format": FORMAT, "exported_on": self.exported_on.isoformat()}
        del content["folder"]
        part = self.folder / f".{secrets.token_hex(8)}.part"
        write_new(part, json.dumps(content, ensure_ascii=False, indent=1), 0o600)
        sync(part)
        os.replace(part, self.folder / MANIFEST)
        sync(self.folder)


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

    def paths(self, table: str) -> list[Path]:
        """The files of a table, of all parts."""
        return [path for part in self.parts.values() if table in part.tables for path in part.paths(table)]


def part_folder(lake: Path, code: str) -> Path:
    """Where a municipality's part lies."""
    return lake / f"{MUNICIPALITY}{code}"


def lake_of(path: Path) -> Path:
    """The folder of the lake in which a part's file lies."""
    return path.parents[2]


def read_lake(folder: Path) -> Lake:
    """The parts of a lake, by their manifests; whether the files are what they were is asked by ``faults``.

    Raises UsageError when there is no lake, a manifest cannot be read, or parts do not fit together.
    """
    lake = Lake(folder, {code: read_part(place, code) for code, place in part_folders(folder).items()})
    for misfit in misfits(lake):
        raise UsageError(misfit)
    return lake


def part_folders(folder: Path) -> dict[str, Path]:
    """The folders of a lake's parts, by municipality code, in order. Raises UsageError when there is no lake."""
    if not folder.is_dir():
        raise UsageError(f"There is no lake {folder}: give the folder that kaa lake export has written.")
    found = {
        match[1]: place
        for place in sorted(folder.iterdir())
        if (match := _PART.fullmatch(place.name)) and (place / MANIFEST).is_file()
    }
    if not found:
        raise UsageError(f"{folder} holds no lake: give the folder that kaa lake export has written.")
    return found


def read_part(folder: Path, code: str) -> Part:
    """What a municipality's part holds, by its manifest. Raises UsageError when that cannot be read or is another's."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        form = content.pop("format")
        if form != FORMAT:
            raise UsageError(
                f"{path} has form {form} and this program reads form {FORMAT}: export it again with the program that reads it."
            )
        tables = {name: _table(name, table) for name, table in content.pop("tables").items()}
        day = date.fromisoformat(content.pop("exported_on"))
        part = Part(folder=folder, exported_on=day, tables=tables, **content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f"{path} cannot be read ({type(error).__name__}): fetch the municipality's part again."
        ) from None
    if part.code != code:
        raise UsageError(f"{folder} holds the part of municipality {part.code}: name its folder after that.")
    return part


def _table(name: str, content: dict[str, Any]) -> Table:
    """A table of a manifest. Raises ValueError when it names what this program does not write."""
    table = Table(content["columns"], tuple(File(**file) for file in content["files"]))
    forms = [
        (_TABLE, [name]),
        (_COLUMN, list(table.columns)),
        (_TYPE, list(table.columns.values())),
        (_FILE, [file.name for file in table.files]),
    ]
    if not all(form.fullmatch(text) for form, texts in forms for text in texts):
        raise ValueError(name)
    return table


def misfits(lake: Lake) -> list[str]:
    """Why a lake's parts cannot be asked together, a sentence each; nothing where they can."""
    parts = list(lake.parts.values())
    first, found = parts[0], []
    for part in parts[1:]:
        if part.recipient != first.recipient:
            found.append(
                f"{part.folder} and {first.folder} have pseudonyms of different keys, so nobody who moved would be one person: "
                "have both exported with the same recipient's key."
            )
        for name in sorted(part.tables.keys() & first.tables.keys()):
            if part.tables[name].columns != first.tables[name].columns:
                found.append(
                    f"{part.folder} and {first.folder} hold {name} in different forms ({part.made_with} and "
                    f"{first.made_with}): have both exported by the same version of the program."
                )
    return found


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
    """A profile as it stands in a manifest: without the municipality's Word template, which is a file of its own machine."""
    return municipality.model_dump(mode="json", exclude={"word_template"})
