"""An edition as a folder: what its files are called, the one form that each of those that prove it has, and whether they agree.

Everything here works with the folder and a list of signers alone, on any machine. What stands in the other files is decided in
``freeze``; whether the history still gives the same numbers is asked in ``verify``.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.audit.editions.signatures import Signature, read_signature
from pipelines.audit.editions.signers import Signer

EDITION, SUMS, SIGNATURE = "edition.json", "SHA256SUMS", "edition.json.sig."

FIGURES, CATALOGUE, MODELS, CONTRACTS, DELIVERIES, CHECKS, REPORT, READ_ME = (
    "figures.csv", "catalogue.json", "models.json", "contracts", "deliveries.csv", "checks.csv", "report", "LÄS MIG.txt",
)  # fmt: skip

#: The municipality's profile, among the contracts.
PROFILE = "municipality.yaml"

#: The report's data file: the same rows as ``figures.csv``.
REPORT_DATA = f"{REPORT}/cells.csv"

Kind = Literal["internal", "public"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Program(_Strict):
    """The program that made an edition; the commit is null where it was not run from its repository."""

    version: str
    commit: str | None


class Previous(_Strict):
    """The edition that was approved last, by the hash of its edition.json."""

    id: str
    sha256: str


class Accepted(_Strict):
    """A warning that was open, and why the edition was made all the same."""

    check: str
    because: str


class Edition(_Strict):
    """What edition.json says."""

    id: str
    label: str
    kind: Kind
    period: str
    municipality: str
    created_at: str
    program: Program
    contracts: dict[str, str]
    files: dict[str, str]
    previous: Previous | None
    proposed_by: str
    accepted: list[Accepted]

    @property
    def written(self) -> bytes:
        """The bytes of edition.json."""
        return as_json(self.model_dump())

    @property
    def created(self) -> datetime:
        """Raises ValueError when it is no time with an offset."""
        moment = datetime.fromisoformat(self.created_at)
        if moment.tzinfo is None:
            raise ValueError(self.created_at)
        return moment


class Fault(NamedTuple):
    """A file that is not as it must be, and what is wrong with it."""

    file: str
    sentence: str


@dataclass(frozen=True)
class Folder:
    """What lies in an edition's folder: the sha256 of each file but the signatures, and the bytes of those that prove it."""

    hashes: Mapping[str, str]
    edition: bytes | None
    sums: bytes | None
    signatures: Mapping[str, bytes]
    #: What is neither a file nor a folder.
    strange: Sequence[str] = ()


def as_json(content: object) -> bytes:
    """The one form of a JSON file in an edition."""
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def sums(files: Mapping[str, str], edition: bytes) -> bytes:
    """The bytes of SHA256SUMS, as ``sha256sum`` writes them, by name."""
    listed = {**files, EDITION: sha256(edition)}
    return "".join(f"{listed[name]}  {name}\n" for name in sorted(listed)).encode()


def sha256(content: bytes) -> str:
    """In hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def read_edition(content: bytes | None) -> Edition | None:
    """What edition.json says; None when it is not in the one form that it can have."""
    try:
        edition = Edition.model_validate(json.loads(content or b""))
        return edition if edition.written == content and edition.created else None
    except (ValueError, ValidationError, RecursionError):  # UnicodeError is a ValueError
        return None


def read_folder(path: Path) -> Folder:
    """Read all of a folder. Raises OSError when something in it cannot be read."""
    files, strange = _walk(path)
    signatures = {name: (path / name).read_bytes() for name in files if name.startswith(SIGNATURE)}
    own = {name: (path / name).read_bytes() for name in (EDITION, SUMS) if name in files}
    hashes = {name: hash_of(path / name) for name in files if name not in signatures}
    return Folder(hashes, own.get(EDITION), own.get(SUMS), signatures, strange)


def hash_of(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _walk(path: Path) -> tuple[list[str], list[str]]:
    """The files below a folder, and what is something else: a link may lead to what changes."""
    files, strange = [], []
    for place, folders, names in os.walk(path):
        for name in (*folders, *names):
            one = Path(place, name)
            below = one.relative_to(path).as_posix()
            if one.is_symlink() or not (one.is_file() or one.is_dir()):
                strange.append(below)
            elif name in names:
                files.append(below)
    return sorted(files), sorted(strange)


def faults(folder: Folder, signers: Sequence[Signer], now: datetime) -> list[Fault]:
    """Everything that keeps a folder from proving itself; nothing when it does."""
    edition = read_edition(folder.edition)
    if edition is None or folder.edition is None:
        what = "is missing" if folder.edition is None else "is not in the one form that it can have"
        return [Fault(EDITION, what), *_signature_faults(folder, None, signers, now)]
    return [
        *_signature_faults(folder, edition, signers, now),
        *_sums_faults(folder, edition),
        *_file_faults(folder, edition),
    ]


def _signature_faults(
    folder: Folder, edition: Edition | None, signers: Sequence[Signer], now: datetime
) -> Iterator[Fault]:
    """Two present signers have signed the bytes of edition.json: who proposed it, and another."""
    by: dict[str, Signature] = {}
    for file, content in sorted(folder.signatures.items()):
        name = file.removeprefix(SIGNATURE)
        signature = read_signature(content)
        if signature is None:
            yield Fault(file, "is not in the one form that a signature can have")
        elif edition is not None and (wrong := _not_a_signer(name, signature, edition, signers, now)):
            yield Fault(file, wrong)
        else:
            by[name] = signature
    if edition is None or folder.edition is None:
        return
    unfit = [name for name, signature in by.items() if not signature.fits(folder.edition)]
    if by and len(unfit) == len(by):
        yield Fault(EDITION, "is not what was signed")
    else:
        yield from (Fault(SIGNATURE + name, "does not fit edition.json") for name in unfit)
    if SIGNATURE + edition.proposed_by not in folder.signatures:
        yield Fault(SIGNATURE + edition.proposed_by, "is missing: who proposed the edition has not signed it")
    if len(folder.signatures) != 2:
        yield Fault(SIGNATURE + "*", f"are {len(folder.signatures)} signatures, and an approved edition has two")
    elif len({signature.key for signature in by.values()}) == 1 and len(by) == 2:
        yield Fault(SIGNATURE + "*", "are both made with one key")


def _not_a_signer(
    name: str, signature: Signature, edition: Edition, signers: Sequence[Signer], now: datetime
) -> str | None:
    """Who proposed was a signer when the edition was made; who approved, then or later."""
    theirs = [one for one in signers if one.key == signature.key and one.is_called(name)]
    if not theirs:
        return f"is made with a key that is not {name}'s in the list of signers"
    latest = edition.created if name == edition.proposed_by else now
    if not any(one.was_one(edition.created, latest) for one in theirs):
        return f"is made with a key that was no signer's when the edition was made ({edition.created_at})"
    return None


def _sums_faults(folder: Folder, edition: Edition) -> Iterator[Fault]:
    if folder.sums is None:
        yield Fault(SUMS, "is missing")
    elif folder.sums != sums(edition.files, folder.edition or b""):
        yield Fault(SUMS, "does not list what edition.json lists, in the one form that it can have")


def _file_faults(folder: Folder, edition: Edition) -> Iterator[Fault]:
    there = {name: found for name, found in folder.hashes.items() if name not in (EDITION, SUMS)}
    for name in sorted(there.keys() | edition.files.keys()):
        if name not in there:
            yield Fault(name, "is missing")
        elif name not in edition.files:
            yield Fault(name, "does not belong to the edition")
        elif there[name] != edition.files[name]:
            yield Fault(name, "has been changed")
    for name in folder.strange:
        yield Fault(name, "is no file, and does not belong to the edition")
    if there.get(FIGURES) is None or there.get(FIGURES) != there.get(REPORT_DATA):
        yield Fault(FIGURES, f"does not hold the numbers of the report's data file {REPORT_DATA}")
