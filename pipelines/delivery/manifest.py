"""The manifest `leverans.json`: what the sender says is in the folder (deliveries.md section 1).

Only the manifest is judged here; whether the files keep its promises is judged in ``reading`` and ``rows``.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.contract import Source
from pipelines.delivery.faults import AGAIN, Fault

MANIFEST_NAME = "leverans.json"
ENCODINGS = ("utf-8", "iso-8859-1")
_VERSION = re.compile(r"([0-9]+)(\.[0-9]+)*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class ManifestFile:
    """One file that the manifest names."""

    dataset: str
    name: str
    rows: int
    sha256: str
    encoding: str


@dataclass(frozen=True)
class Manifest:
    """A manifest whose every field has its type. ``files`` holds the source's own datasets in the manifest's order."""

    source: str
    municipality_code: str
    extract_date: date
    revision: int
    created: datetime
    files: tuple[ManifestFile, ...]
    unknown_datasets: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """Fingerprint of the content: the sha256 of each dataset's file, whatever the files are called."""
        lines = sorted(f"{item.dataset} {item.sha256.lower()}" for item in self.files)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@dataclass
class ReadManifest:
    """What could be read: the manifest, or a fault and as much of the identity as is usable in lists."""

    manifest: Manifest | None = None
    fault: Fault | None = None
    source: str | None = None
    extract_date: date | None = None
    revision: int | None = None
    file_names: list[str] = field(default_factory=list)


class _Bad(Exception):
    """A field is missing or of the wrong type; the text names the field and what it should be."""


def read_manifest(content: bytes, folder: Path, sources: dict[str, Source], first_day: date) -> ReadManifest:
    """Read a manifest's bytes; never raises for what a sender may have written. No extract is older than ``first_day``."""
    result = ReadManifest()
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):
        result.fault = _bad("filen är inte läsbar JSON")
        return result
    if not isinstance(raw, dict):
        result.fault = _bad("filen ska hålla ett JSON-objekt")
        return result
    version = raw.get("schemaversion")
    matched = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if matched and matched[1].lstrip("0") != "1":
        result.fault = Fault(
            "unsupported_schema_version",
            f"Leveransen har schemaversion {matched[0][:20]}, men bara version 1 tas emot. Be avsändaren gå över "
            f"till version 1 och {AGAIN}.",
        )
    result.source = raw["kalla"] if isinstance(raw.get("kalla"), str) and raw["kalla"] in sources else None
    try:
        result.extract_date = _extract_date(raw, first_day)
        result.revision = _whole(raw, "revision", 1)
    except _Bad:
        pass
    if result.fault:
        return result
    try:
        if not matched:
            raise _Bad("fältet schemaversion ska vara en text som ”1.0”")
        result.manifest = _manifest(raw, folder, sources, first_day)
    except _Bad as error:
        result.fault = _bad(str(error))
    return result


def _bad(what: str) -> Fault:
    return Fault(
        "bad_manifest",
        f"Manifestet {MANIFEST_NAME} går inte att använda: {what}. Be avsändaren rätta det och leverera igen.",
    )


def _manifest(raw: dict[str, Any], folder: Path, sources: dict[str, Source], first_day: date) -> Manifest:
    source = _text(raw, "kalla")
    if source not in sources:
        raise _Bad("fältet kalla är inte en källa med kontrakt (" + ", ".join(sources) + ")")
    entries = raw.get("filer")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _Bad("fältet filer ska vara en lista av objekt")
    files = [_file(entry, place, folder) for place, entry in enumerate(entries, start=1)]
    names = [item.dataset for item in files]
    known = sources[source].datasets
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        named = f"datamängden {twice[0]}" if twice[0] in known else "en datamängd utanför kontraktet"
        raise _Bad(f"{named} nämns två gånger i filer")
    return Manifest(
        source=source,
        municipality_code=_text(raw, "kommunkod"),
        extract_date=_extract_date(raw, first_day),
        revision=_whole(raw, "revision", 1),
        created=_timestamp(raw, "skapad"),
        files=tuple(item for item in files if item.dataset in known),
        unknown_datasets=tuple(item.dataset for item in files if item.dataset not in known),
    )


def _file(entry: dict[str, Any], place: int, folder: Path) -> ManifestFile:
    try:
        return _checked_file(entry, folder)
    except _Bad as error:
        raise _Bad(f"{error} (post {place} i filer)") from None


def _checked_file(entry: dict[str, Any], folder: Path) -> ManifestFile:
    name = _text(entry, "fil")
    if not _is_plain_name(name, folder):
        raise _Bad("fältet fil ska vara ett filnamn i leveransens egen mapp, utan sökväg och utan länk ut ur mappen")
    sha256 = _text(entry, "sha256")
    if not _SHA256.fullmatch(sha256):
        raise _Bad("fältet sha256 ska vara 64 hexadecimala siffror")
    encoding = _text(entry, "teckenkodning")
    if encoding not in ENCODINGS:
        raise _Bad("fältet teckenkodning ska vara " + " eller ".join(ENCODINGS))
    return ManifestFile(_text(entry, "dataset"), name, _whole(entry, "rader", 0), sha256.lower(), encoding)


def _is_plain_name(name: str, folder: Path) -> bool:
    if (
        name in ("", ".", "..")
        or "/" in name
        or "\\" in name
        or "\0" in name
        or len(name.encode(errors="replace")) > 255
    ):
        return False
    try:
        name.encode()
        path = folder / name
        return not path.is_symlink() or path.resolve().parent == folder.resolve()
    except (OSError, RuntimeError, UnicodeEncodeError):  # a loop of links, or a name no file system holds
        return False


def _text(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str):
        raise _Bad(f"fältet {name} saknas eller är inte en text")
    return value


def _whole(raw: dict[str, Any], name: str, least: int) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**31:
        raise _Bad(f"fältet {name} saknas eller är inte ett heltal från {least}")
    return value


def _date(raw: dict[str, Any], name: str) -> date:
    value = raw.get(name)
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _Bad(f"fältet {name} saknas eller är inte ett datum ÅÅÅÅ-MM-DD")


def _extract_date(raw: dict[str, Any], first_day: date) -> date:
    day = _date(raw, "uttagsdatum")
    if day < first_day:
        raise _Bad(f"uttagsdatum {day} ligger före {first_day}, den första dag som kommunen kan ha uttag från")
    return day


def _timestamp(raw: dict[str, Any], name: str) -> datetime:
    value = raw.get(name)
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return moment
    raise _Bad(f"fältet {name} saknas eller är inte en tidpunkt enligt ISO 8601 med tidszon")
