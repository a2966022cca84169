"""The manifest `leverans.json`: what the sender says is in the folder (deliveries.md section 1).

Only the manifest is judged here; whether the files keep its promises is judged in ``parsing`` and ``rows``.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.configuration.contract import Source
from pipelines.delivery.faults import Fault, Rejection, fault
from pipelines.notices import Flaw, RemarkCode

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
    """A field is missing or of the wrong type; ``about`` names the field and what it should be."""

    def __init__(self, what: Flaw, **about: object) -> None:
        super().__init__(what)
        self.what = what
        self.about = about

    @property
    def fault(self) -> Fault:
        return fault(
            Rejection.BAD_MANIFEST, RemarkCode.MANIFEST_BAD, manifest=MANIFEST_NAME, what=self.what, **self.about
        )


def read_manifest(content: bytes, folder: Path, sources: dict[str, Source], first_day: date) -> ReadManifest:
    """Read a manifest's bytes; never raises for what a sender may have written. No extract is older than ``first_day``."""
    result = ReadManifest()
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):
        result.fault = _Bad(Flaw.NO_JSON).fault
        return result
    if not isinstance(raw, dict):
        result.fault = _Bad(Flaw.NO_OBJECT).fault
        return result
    version = raw.get("schemaversion")
    matched = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if matched and matched[1].lstrip("0") != "1":
        result.fault = fault(Rejection.UNSUPPORTED_SCHEMA_VERSION, RemarkCode.SCHEMA_VERSION, version=matched[0][:20])
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
            raise _Bad(Flaw.NO_VERSION)
        result.manifest = _manifest(raw, folder, sources, first_day)
    except _Bad as error:
        result.fault = error.fault
    return result


def _manifest(raw: dict[str, Any], folder: Path, sources: dict[str, Source], first_day: date) -> Manifest:
    source = _text(raw, "kalla")
    if source not in sources:
        raise _Bad(Flaw.SOURCE_UNKNOWN, sources=", ".join(sources))
    entries = raw.get("filer")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _Bad(Flaw.NO_FILES)
    files = [_file(entry, place, folder) for place, entry in enumerate(entries, start=1)]
    names = [item.dataset for item in files]
    known = sources[source].datasets
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise _Bad(Flaw.DATASET_TWICE, dataset=twice[0]) if twice[0] in known else _Bad(Flaw.OTHER_DATASET_TWICE)
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
        raise _Bad(error.what, **error.about, entry=place) from None


def _checked_file(entry: dict[str, Any], folder: Path) -> ManifestFile:
    name = _text(entry, "fil")
    if not _is_plain_name(name, folder):
        raise _Bad(Flaw.NO_FILE_NAME)
    sha256 = _text(entry, "sha256")
    if not _SHA256.fullmatch(sha256):
        raise _Bad(Flaw.NO_SHA256)
    encoding = _text(entry, "teckenkodning")
    if encoding not in ENCODINGS:
        raise _Bad(Flaw.ENCODING_UNKNOWN, encodings=" eller ".join(ENCODINGS))
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
        raise _Bad(Flaw.NO_TEXT, field=name)
    return value


def _whole(raw: dict[str, Any], name: str, least: int) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**31:
        raise _Bad(Flaw.NO_WHOLE_NUMBER, field=name, least=least)
    return value


def _date(raw: dict[str, Any], name: str) -> date:
    value = raw.get(name)
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _Bad(Flaw.NO_DATE, field=name)


def _extract_date(raw: dict[str, Any], first_day: date) -> date:
    day = _date(raw, "uttagsdatum")
    if day < first_day:
        raise _Bad(Flaw.DATE_TOO_EARLY, day=day, first_day=first_day)
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
    raise _Bad(Flaw.NO_TIME, field=name)
