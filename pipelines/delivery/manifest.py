"""The manifest `leverans.json`: what the sender says is in the folder (deliveries.md section 1).

Only the manifest is judged here; whether the files keep its promises is judged in ``parsing`` and ``rows``. The fields of the
models stand in the order in which they are judged: what is told is the first flaw.
"""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    InstanceOf,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from pipelines.configuration.contract import Dataset, Source
from pipelines.delivery.faults import Fault, Rejection, fault
from pipelines.notices import Flaw, RemarkCode

MANIFEST_NAME = "leverans.json"
ENCODINGS = ("utf-8", "iso-8859-1")
_VERSION = re.compile(r"([0-9]+)(\.[0-9]+)*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

#: What is told where a field is missing or of the wrong type; of all others, that they are no text.
_WRONG_TYPE = {
    "schemaversion": Flaw.NO_VERSION,
    "filer": Flaw.NO_FILES,
    "uttagsdatum": Flaw.NO_DATE,
    "revision": Flaw.NO_WHOLE_NUMBER,
    "rader": Flaw.NO_WHOLE_NUMBER,
    "skapad": Flaw.NO_TIME,
}
_LEAST = {"revision": 1, "rader": 0}

#: So many entries are looked through, far more than any source has datasets.
_MOST_ENTRIES = 100


@dataclass(frozen=True)
class _Here:
    """What a manifest is held against: where it lies, the sources with a contract, and the first day of an extract."""

    folder: Path
    sources: dict[str, Source]
    first_day: date


def _here(info: ValidationInfo) -> _Here:
    assert isinstance(info.context, _Here)
    return info.context


def _flaw(what: str, **about: object) -> PydanticCustomError:
    return PydanticCustomError(what, "see pipelines.notices", about)


def _supported_version(text: str) -> str:
    matched = _VERSION.fullmatch(text)
    if matched is None:
        raise ValueError("no version")
    if matched[1].lstrip("0") != "1":
        raise _flaw(RemarkCode.SCHEMA_VERSION, version=text[:20])
    return text


def _known_source(text: str, info: ValidationInfo) -> str:
    if text not in _here(info).sources:
        raise _flaw(Flaw.SOURCE_UNKNOWN, sources=", ".join(_here(info).sources))
    return text


def _plain_name(text: str, info: ValidationInfo) -> str:
    if not _is_plain_name(text, _here(info).folder):
        raise _flaw(Flaw.NO_FILE_NAME)
    return text


def _sha256(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise _flaw(Flaw.NO_SHA256)
    return text.lower()


def _known_encoding(text: str) -> str:
    if text not in ENCODINGS:
        raise _flaw(Flaw.ENCODING_UNKNOWN, encodings=" eller ".join(ENCODINGS))
    return text


def _objects(written: Any) -> Any:
    if not isinstance(written, list) or not all(isinstance(entry, dict) for entry in written):
        raise _flaw(Flaw.NO_FILES)
    return written


def _extract_date(text: Any, info: ValidationInfo) -> date:
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        raise ValueError("no date")
    day = date.fromisoformat(text)
    if day < _here(info).first_day:
        raise _flaw(Flaw.DATE_TOO_EARLY, day=day, first_day=_here(info).first_day)
    return day


def _moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("no time with its zone")
    return moment


#: Any text of JSON, one that UTF-8 cannot hold too: it is judged like every other.
_Text = InstanceOf[str]


def _whole(field: str) -> Any:
    return Field(alias=field, strict=True, ge=_LEAST[field], lt=2**31)


class ManifestFile(BaseModel):
    """One file that the manifest names."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[_Text, AfterValidator(_plain_name)] = Field(alias="fil")
    sha256: Annotated[_Text, AfterValidator(_sha256)]
    encoding: Annotated[_Text, AfterValidator(_known_encoding)] = Field(alias="teckenkodning")
    dataset: _Text
    rows: int = _whole("rader")


def _each_dataset_once(entries: tuple[ManifestFile, ...], info: ValidationInfo) -> tuple[ManifestFile, ...]:
    counts = Counter(item.dataset for item in entries)
    twice = next((dataset for dataset, count in counts.items() if count > 1), None)
    source = info.data.get("source")
    if twice is not None and source:  # a name that no contract knows may be anything, and is not told
        known = twice in _here(info).sources[source].datasets
        raise _flaw(Flaw.DATASET_TWICE, dataset=twice) if known else _flaw(Flaw.OTHER_DATASET_TWICE)
    return entries


class Manifest(BaseModel):
    """A manifest whose every field has its type."""

    model_config = ConfigDict(frozen=True)

    schema_version: Annotated[_Text, AfterValidator(_supported_version)] = Field(alias="schemaversion")
    source: Annotated[_Text, AfterValidator(_known_source)] = Field(alias="kalla")
    entries: Annotated[
        tuple[ManifestFile, ...],
        FailFast(),  # a million entries are not to have a million flaws, of which the first is told
        BeforeValidator(_objects),
        AfterValidator(_each_dataset_once),
    ] = Field(alias="filer")
    municipality_code: _Text = Field(alias="kommunkod")
    extract_date: Annotated[date, BeforeValidator(_extract_date)] = Field(alias="uttagsdatum")
    revision: int = _whole("revision")
    created: Annotated[datetime, BeforeValidator(_moment)] = Field(alias="skapad")
    _datasets: dict[str, Dataset] = PrivateAttr()

    def model_post_init(self, context: Any) -> None:
        self._datasets = context.sources[self.source].datasets

    @property
    def files(self) -> tuple[ManifestFile, ...]:
        """The files of the source's own datasets, in the manifest's order."""
        return tuple(item for item in self.entries if item.dataset in self._datasets)

    @property
    def unknown_datasets(self) -> int:
        """How many datasets are named that the source does not have."""
        return len(self.entries) - len(self.files)

    @property
    def missing_datasets(self) -> list[str]:
        """The source's datasets that are not named."""
        named = {item.dataset for item in self.entries}
        return [name for name in self._datasets if name not in named]

    @property
    def content(self) -> str:
        """Fingerprint of the content: the sha256 of each dataset's file, whatever the files are called."""
        lines = sorted(f"{item.dataset} {item.sha256}" for item in self.files)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@dataclass(frozen=True)
class ReadManifest:
    """What could be read: the manifest, or a fault and as much of the identity as is usable in lists."""

    manifest: Manifest | None = None
    fault: Fault | None = None
    source: str | None = None
    extract_date: date | None = None
    revision: int | None = None


def read_manifest(content: bytes, folder: Path, sources: dict[str, Source], first_day: date) -> ReadManifest:
    """Read a manifest's bytes; never raises for what a sender may have written. No extract is older than ``first_day``."""
    try:
        raw, has_field_twice = _loaded(content)
    except (ValueError, RecursionError):
        return ReadManifest(fault=_bad(Flaw.NO_JSON))
    if not isinstance(raw, dict):
        return ReadManifest(fault=_bad(Flaw.NO_OBJECT))
    try:
        manifest = Manifest.model_validate(raw, context=_Here(folder, sources, first_day))
    except ValidationError as error:
        flaws = error.errors(include_url=False)
        if has_field_twice and flaws[0]["type"] != RemarkCode.SCHEMA_VERSION:
            return ReadManifest(fault=_bad(Flaw.FIELD_TWICE))
        wrong = {flaw["loc"][0] for flaw in flaws}
        return ReadManifest(
            fault=_fault(flaws[0]),
            source=None if "kalla" in wrong else raw["kalla"],
            extract_date=None if "uttagsdatum" in wrong else date.fromisoformat(raw["uttagsdatum"]),
            revision=None if wrong & {"uttagsdatum", "revision"} else raw["revision"],
        )
    if has_field_twice:
        return ReadManifest(fault=_bad(Flaw.FIELD_TWICE))
    return ReadManifest(manifest, None, manifest.source, manifest.extract_date, manifest.revision)


@dataclass(frozen=True)
class LookedThrough:
    """Everything that is wrong with a manifest, and what of it can be used all the same."""

    read: ReadManifest
    faults: list[Fault]
    entries: list[ManifestFile]


def look_through(content: bytes, folder: Path, sources: dict[str, Source], first_day: date) -> LookedThrough:
    """As ``read_manifest``, for who wants to know all that is wrong at once; the entries are those that are sound."""
    read = read_manifest(content, folder, sources, first_day)
    if read.manifest:
        return LookedThrough(read, [], list(read.manifest.entries))
    assert read.fault
    try:
        raw, _ = _loaded(content)
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        return LookedThrough(read, [read.fault], [])
    here = _Here(folder, sources, first_day)
    flaws = []
    try:
        Manifest.model_validate(raw, context=here)
    except ValidationError as error:
        flaws = [flaw for flaw in error.errors(include_url=False) if len(flaw["loc"]) == 1]
    entries = []
    written = raw.get("filer")
    for place, entry in enumerate(written[:_MOST_ENTRIES] if isinstance(written, list) else []):
        try:
            entries.append(ManifestFile.model_validate(entry, context=here))
        except ValidationError as error:
            inside = [
                flaw for flaw in error.errors(include_url=False) if flaw["loc"]
            ]  # else it is no object, and was told
            flaws += [flaw | {"loc": ("filer", place, *flaw["loc"])} for flaw in inside]
    return LookedThrough(read, list(dict.fromkeys([read.fault, *map(_fault, flaws)])), entries)


def declared_municipality(content: bytes) -> str | None:
    """The municipality code that a manifest gives, whatever else is wrong with it; None where it gives none."""
    try:
        raw, _ = _loaded(content)
    except (ValueError, RecursionError):
        return None
    code = raw.get("kommunkod") if isinstance(raw, dict) else None
    return code if isinstance(code, str) else None


def not_for_here(manifest: Manifest, municipality: str, today: date) -> list[Fault]:
    """What keeps a sound manifest's delivery from being taken in before a file is opened: it is another municipality's, of the
    future, or not all that the source delivers (reasons 3 to 5 of deliveries.md section 2)."""
    found = []
    if manifest.municipality_code != municipality:
        found.append(fault(Rejection.WRONG_MUNICIPALITY, RemarkCode.MUNICIPALITY_OTHER, municipality=municipality))
    if manifest.extract_date - timedelta(days=1) > today:
        about = {"day": manifest.extract_date, "today": today}
        found.append(fault(Rejection.FUTURE_DATE, RemarkCode.DATE_AHEAD, **about))
    for name in manifest.missing_datasets:
        found.append(fault(Rejection.MISSING_DATASET, RemarkCode.DATASET_MISSING, dataset=name))
    return found


def _loaded(content: bytes) -> tuple[Any, bool]:
    """The manifest as JSON, and whether any object in it names a field twice: one program takes the first, another the last."""
    has_field_twice = False

    def fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal has_field_twice
        made = dict(pairs)
        has_field_twice |= len(made) < len(pairs)
        return made

    return json.loads(content, object_pairs_hook=fields), has_field_twice


def _bad(what: Flaw, **about: object) -> Fault:
    return fault(Rejection.BAD_MANIFEST, RemarkCode.MANIFEST_BAD, manifest=MANIFEST_NAME, what=what, **about)


def _fault(flaw: ErrorDetails) -> Fault:
    """What a field's flaw is told as: as it was raised here, or by the type that the field has not."""
    about = flaw.get("ctx", {})
    if flaw["type"] == RemarkCode.SCHEMA_VERSION:
        return fault(Rejection.UNSUPPORTED_SCHEMA_VERSION, RemarkCode.SCHEMA_VERSION, **about)
    field = str(flaw["loc"][-1])
    entry = {"entry": int(flaw["loc"][1]) + 1} if len(flaw["loc"]) > 1 else {}
    if flaw["type"] in set(Flaw):
        return _bad(Flaw(flaw["type"]), **about, **entry)
    what = _WRONG_TYPE.get(field, Flaw.NO_TEXT)
    if what in (Flaw.NO_VERSION, Flaw.NO_FILES):
        return _bad(what)
    least = {"least": _LEAST[field]} if field in _LEAST else {}
    return _bad(what, field=field, **least, **entry)


def _is_plain_name(name: str, folder: Path) -> bool:
    if name in ("", ".", "..") or set(name) & set("/\\\0") or len(name.encode(errors="replace")) > 255:
        return False
    try:
        name.encode()
        path = folder / name
        return not path.is_symlink() or path.resolve().parent == folder.resolve()
    except (OSError, RuntimeError, UnicodeEncodeError):  # a loop of links, or a name no file system holds
        return False
