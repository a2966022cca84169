"""The versions below KAA_HOME and the pointer that says which one counts: what is whole, begun, replaced or unexplained.

A version carries its own proof. While it is built, an empty file `unfinished` lies in each of its folders; when all of it is
there, each folder gets `version.json`, which lists its files with their sizes and sha256; then the pointer is moved; and then
`unfinished` goes. So a backup that was taken file by file, or a pointer that is lost, shows for what it is. Removed is only what
a whole published version has recorded as replaced, and what is marked as unfinished. What the files hold does not belong here
(``databases``).
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.runtime import clock
from pipelines.runtime.errors import NightlyFailed
from pipelines.runtime.files import sync
from pipelines.state.format import FORMAT, refuse_newer

ZONES = ("history", "warehouse", "published")

POINTER = "current.json"
UNFINISHED = "unfinished"
SEAL = "version.json"
#: What is put aside for a person to look at, below KAA_HOME.
ASIDE = "aside"

#: dbt's own notes of the night that built a warehouse; no version is less whole without them.
_NOTES = "dbt"
#: What an unfinished version's folder is called while it is removed.
_REMOVED = ".removed-"
_NUMBER = re.compile(r"[0-9]{6}")


@dataclass(frozen=True)
class Version:
    """The files of one version."""

    home: Path
    number: int

    def folder(self, zone: str) -> Path:
        return self.home / zone / f"{self.number:06d}"

    @property
    def history(self) -> Path:
        return self.folder("history") / "history.duckdb"

    @property
    def warehouse(self) -> Path:
        return self.folder("warehouse") / "warehouse.duckdb"

    @property
    def models(self) -> Path:
        """The compiled SQL that built the warehouse, to ask it again for another day or period."""
        return self.folder("warehouse") / "models.json"

    @property
    def published(self) -> Path:
        return self.folder("published") / "published.duckdb"

    @property
    def databases(self) -> tuple[Path, ...]:
        """The DuckDB files."""
        return self.history, self.warehouse, self.published

    # --- proof ---------------------------------------------------------------------------------------------------------

    @property
    def is_unfinished(self) -> bool:
        """Whether one of its folders says that the nightly that began it has not finished it."""
        return any((self.folder(zone) / UNFINISHED).exists() for zone in ZONES)

    def begin(self) -> None:
        """Make its folders, each marked as unfinished."""
        for zone in ZONES:
            folder = self.folder(zone)
            folder.mkdir(parents=True, mode=0o755 if zone == "published" else 0o700)
            (folder / UNFINISHED).touch()

    def seal(self, made_with: str | None = None) -> None:
        """Write into each folder what it holds, and which program made it; a version without the proof of all its folders is not
        complete.

        ``made_with``: what identifies the program and the rules that made all of it, where that is known.
        """
        from pipelines.runtime.program import program_version  # only here: it loads what few commands need

        for zone in ZONES:
            folder = self.folder(zone)
            names = _files(folder)
            proof = {
                "version": self.number,
                "format": FORMAT,
                "program": program_version(),
                "files": {name: (folder / name).stat().st_size for name in names},
                "sha256": _digests(folder, names),
                "made_with": made_with,
            }
            (folder / SEAL).write_text(json.dumps(proof), encoding="utf-8")

    @property
    def made_with(self) -> str | None:
        """What the program and the rules were that made all of it; None where they are not known, or the proof is torn."""
        with suppress(OSError, ValueError):
            proofs = {_read_proof(self.folder(zone)).get("made_with") for zone in ZONES}
            return proofs.pop() if len(proofs) == 1 else None
        return None

    @property
    def is_as_sealed(self) -> bool:
        """Whether each of its files is byte for byte the one that was sealed; False also where an earlier program sealed it,
        which did not say what the bytes were."""
        try:
            return all(self._is_as_sealed(zone) for zone in ZONES)
        except (OSError, ValueError):
            return False

    def _is_as_sealed(self, zone: str) -> bool:
        folder = self.folder(zone)
        sealed = _read_proof(folder).get("sha256")
        return sealed is not None and sealed == _digests(folder, self.sealed_files(zone))

    def sealed_files(self, zone: str) -> list[str]:
        """The files of a zone, as paths below its folder. Raises OSError or ValueError when the proof is missing or torn."""
        return list(_sealed_files(self.folder(zone)))

    def refuse_newer(self) -> None:
        """Raises NightlyFailed when a newer program made it."""
        try:
            # the one zone that everybody may read
            content = json.loads((self.folder("published") / SEAL).read_text(encoding="utf-8"))
            found, program = int(content.get("format", 0)), str(content.get("program", ""))
        except (OSError, ValueError, TypeError, AttributeError):  # what is torn or not there is told by who asks for it
            return
        refuse_newer(found, self.home, program)

    def finish(self) -> None:
        """It is the published one: nothing of it is unfinished any more."""
        for zone in ZONES:
            (self.folder(zone) / UNFINISHED).unlink(missing_ok=True)

    def missing(self) -> list[str]:
        """What is not there, cut short or does not belong, as paths below KAA_HOME; nothing when the version is complete."""
        return [found for zone in ZONES for found in self._missing_in(zone)]

    def _missing_in(self, zone: str) -> list[str]:
        folder = self.folder(zone)
        if not folder.is_dir():
            return [_below(folder, self.home)]
        try:
            files = _sealed_files(folder) if (folder / SEAL).exists() else self._files_of_old(zone)
        except (OSError, ValueError):
            return [_below(folder / SEAL, self.home)]
        wrong = [folder / name for name, size in files.items() if _is_cut(folder / name, size)]
        wrong += folder.glob("*.duckdb.wal")
        return [_below(path, self.home) for path in wrong]

    def _files_of_old(self, zone: str) -> dict[str, int]:
        """What a version that was made before there were proofs must hold: not empty."""
        files = [path for path in (*self.databases, self.models) if path.parent == self.folder(zone)]
        return {path.name: 1 for path in files}


@dataclass(frozen=True)
class Pointer:
    """Which version counts, and which ones it has replaced and may not all have removed yet."""

    version: int
    replaced: tuple[int, ...] = ()


def read_pointer(home: Path) -> Pointer | None:
    """The pointer; None where there is none. Raises NightlyFailed when it cannot be read or says nothing usable."""
    try:
        content: Any = json.loads((home / POINTER).read_text(encoding="utf-8"))
        version, replaced = content["version"], content.get("replaced", [])
        if any(type(number) is not int or number < 1 for number in [version, *replaced]):
            raise ValueError
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise disagreement(home, f"{POINTER} is a folder") from None
    except OSError as error:
        raise NightlyFailed(
            f"The file {home / POINTER} cannot be read ({error.strerror}): give the user who runs kaa access to it."
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise disagreement(home, f"{POINTER} is torn or says nothing usable") from None
    return Pointer(version, tuple(replaced))


def write_pointer(home: Path, pointer: Pointer) -> None:
    """Move the pointer, in one step."""
    part = home / f"{POINTER}.part"
    part.write_text(json.dumps({"version": pointer.version, "replaced": list(pointer.replaced)}), encoding="utf-8")
    sync(part)
    os.replace(part, home / POINTER)
    sync(home)


def versions(home: Path) -> list[Version]:
    """Every version of which there is anything in any zone, in order."""
    numbers = {int(folder.name) for zone in ZONES for folder in _folders(home / zone)}
    return [Version(home, number) for number in sorted(numbers)]


def refuse_newer_state(home: Path) -> None:
    """Raises NightlyFailed when a newer program has published something here; what it has only begun will be swept away."""
    counts: Pointer | None = None
    with suppress(NightlyFailed):  # who needs the pointer says what is wrong with it
        counts = read_pointer(home)
    for folder in _folders(home / "published"):
        version = Version(home, int(folder.name))
        if (counts and counts.version == version.number) or not (folder / UNFINISHED).exists():
            version.refuse_newer()


def disagreement(home: Path, found: str) -> NightlyFailed:
    """The error for a state that the program cannot explain."""
    return NightlyFailed(
        f"The state below {home} disagrees with itself: {found}. Nothing was removed. Run kaa recover to see which "
        "versions are complete and to choose one, or kaa restore to rebuild them from the archive."
    )


def unexplained(home: Path, pointer: Pointer | None) -> str | None:
    """What nobody can explain about the versions, as the middle of a sentence; None when all of it is explained."""
    finished = [version for version in versions(home) if not _may_be_swept(version)]
    if pointer is None:
        return f"{POINTER} is missing, but there is version {_listed(finished)}" if finished else None
    missing = Version(home, pointer.version).missing()
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        return f"{POINTER} names version {pointer.version}, of which {missing[0]} is missing or damaged{more}"
    strange = [one for one in finished if one.number not in (pointer.version, *pointer.replaced)]
    if strange:
        return f"version {_listed(strange)} lies beside version {pointer.version}, and no run has recorded why"
    return None


def sweep(home: Path) -> None:
    """Remove what the published version has replaced and what is marked as unfinished; only the lock's holder may do that.

    Where anything about the versions is unexplained nothing of them is removed.
    """
    try:
        pointer = read_pointer(home)
    except NightlyFailed:
        return
    if unexplained(home, pointer):
        return
    for version in versions(home):
        if pointer and version.number == pointer.version:
            version.finish()
        elif pointer and version.number in pointer.replaced:
            _remove_replaced(version)
        else:
            _remove_unfinished(version)
    for zone in ZONES:
        for folder in (home / zone).glob(f"{_REMOVED}*"):
            shutil.rmtree(folder)
    if pointer and pointer.replaced:  # carried out: who puts such a version back later means something by it
        write_pointer(home, Pointer(pointer.version))
    (home / f"{POINTER}.part").unlink(missing_ok=True)


def new_aside(home: Path) -> Path:
    """A folder of its own, named by the time, for what is put out of the way; it is made when something is put there."""
    now = f"{clock.now():%Y-%m-%dT%H%M%S}"
    taken = len(list((home / ASIDE).glob(f"{now}*")))
    return home / ASIDE / (f"{now}-{taken + 1}" if taken else now)


def put_aside(home: Path, paths: Iterable[Path], aside: Path) -> None:
    """Move files and folders out of the way, each to its path below the folder ``aside``."""
    for path in paths:
        target = aside / path.relative_to(home)
        for folder in (home / ASIDE, aside):
            folder.mkdir(mode=0o700, exist_ok=True)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.replace(path, target)


def folders_of(version: Version) -> list[Path]:
    """The folders of a version that are there."""
    return [version.folder(zone) for zone in ZONES if version.folder(zone).exists()]


def _may_be_swept(version: Version) -> bool:
    """Whether each of its folders is marked as unfinished or has nothing in it: a nightly was killed when it had made it."""
    return all((folder / UNFINISHED).exists() or not any(folder.iterdir()) for folder in folders_of(version))


def _remove_unfinished(version: Version) -> None:
    for folder in folders_of(version):
        # The mark goes with the rest in no certain order: what is half removed must not look like a version.
        removed = folder.with_name(f"{_REMOVED}{folder.name}")
        shutil.rmtree(removed, ignore_errors=True)
        os.replace(folder, removed)
        shutil.rmtree(removed)


def _remove_replaced(version: Version) -> None:
    """Remove a version; what somebody has put into its folders is put aside."""
    strange = []
    for folder in folders_of(version):
        if (folder / SEAL).exists():
            with suppress(OSError, ValueError):
                sealed = _sealed_files(folder)
                strange += [folder / name for name in _files(folder) if name not in sealed]
    if strange:
        put_aside(version.home, strange, new_aside(version.home))
    for folder in folders_of(version):
        shutil.rmtree(folder)


def _folders(zone: Path) -> list[Path]:
    return [path for path in zone.glob("*") if _NUMBER.fullmatch(path.name) and path.is_dir()]


def _files(folder: Path) -> list[str]:
    """The files of a version's folder, as paths below it."""
    found = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return [path.as_posix() for path in found if path.parts[0] not in (_NOTES, SEAL, UNFINISHED)]


def _sealed_files(folder: Path) -> dict[str, int]:
    """Raises ValueError when the proof is torn or another version's."""
    content = _read_proof(folder)
    files = content.get("files")
    if not isinstance(files, dict) or content.get("version") != int(folder.name):
        raise ValueError(folder)
    if not all(isinstance(size, int) for size in files.values()):
        raise ValueError(folder)
    return files


def _read_proof(folder: Path) -> dict[str, Any]:
    content: Any = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(folder)
    return content


def _digests(folder: Path, names: list[str]) -> dict[str, str]:
    """The sha256 of files, several at a time: hashing needs no more than the bytes."""
    from concurrent.futures import ThreadPoolExecutor  # what only reads need not wait for it

    with ThreadPoolExecutor() as threads:
        return dict(zip(names, threads.map(lambda name: _digest(folder / name), names), strict=True))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_cut(path: Path, size: int) -> bool:
    try:
        return not path.is_file() or path.stat().st_size < size
    except OSError:
        return True


def _below(path: Path, home: Path) -> str:
    return path.relative_to(home).as_posix()


def _listed(some: list[Version]) -> str:
    """`6 (history, published)`: a version that lacks zones says which ones there are."""
    return ", ".join(_described(version) for version in some)


def _described(version: Version) -> str:
    there = [zone for zone in ZONES if version.folder(zone).exists()]
    return f"{version.number}" + (f" ({', '.join(there)} only)" if len(there) < len(ZONES) else "")
