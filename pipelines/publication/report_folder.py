"""Puts a finished report into the folder that a person asked for, where people write in its documents.

A note in the folder holds the hash of each file as it was written. What is not as the note says is somebody's work: it is
neither replaced nor removed. A document then gets another name; where a page, a table or something that they share has been
changed nothing is written at all, for they refer to each other by name. What is in a report belongs in ``dashboards``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path, PurePosixPath

from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import atomic_write

NOTE = ".kaa-report.json"

#: Files that nothing but a link from a page refers to, and that people write in.
_DOCUMENTS = (".docx", ".xlsx", ".pdf")
#: At most so many files are named in a sentence.
_NAMED = 5

#: Name below the folder -> the hashes that a file of ours may have there: two while it is being replaced.
Note = dict[str, list[str]]


@dataclass(frozen=True)
class HandedOver:
    """What has been written, and what became of files that somebody had changed.

    ``renamed``: a document's name -> the one that it got. ``left``: files of an earlier report that this one does not have.
    """

    written: list[Path]
    renamed: Mapping[str, str]
    left: list[str]


def hand_over(made: Path, names: Sequence[str], out: Path) -> HandedOver:
    """Put the files of these names, as they were made in one folder, into another.

    Raises UsageError, and has written nothing, when a file is in the way that only a person may remove; OSError when the
    folder cannot be written.
    """
    noted = _read_note(out)
    hashes = {name: _hash(made / name) for name in names}
    targets = {name: _target(out, name, hashes[name], noted) for name in names}
    if in_the_way := [name for name, target in targets.items() if target is None]:
        raise UsageError(_refusal(out, in_the_way))
    places = {name: target for name, target in targets.items() if target}
    after: Note = {target: [hashes[name]] for name, target in places.items()}
    # Noted before it is written: after a power cut both what was there and what was to come are known as ours.
    _write_note(out, {name: [*noted.get(name, []), *after.get(name, [])] for name in {**noted, **after}})
    for name, target in places.items():
        atomic_write(out / target, (made / name).read_bytes())
    left = _remove_earlier(out, {name: noted[name] for name in noted.keys() - after.keys() - hashes.keys()})
    _write_note(out, after)
    renamed = {name: target for name, target in places.items() if name != target}
    return HandedOver([out / target for target in places.values()], renamed, left)


def _remove_earlier(out: Path, noted: Note) -> list[str]:
    """Remove what an earlier report had and this one has not; what somebody has changed is left, and named."""
    left = []
    for name in sorted(noted):
        if _is_ours(out, name, noted[name]):
            (out / name).unlink()
        elif not _is_free(out, name):
            left.append(name)
    return left


def _target(out: Path, name: str, content: str, noted: Note) -> str | None:
    """The name under which a file may be written; none when it must have its own and may not be written there."""
    path = PurePosixPath(name)
    for place in count(1):
        target = name if place == 1 else str(path.with_stem(f"{path.stem} ({place})"))
        if _is_free(out, target) or _is_ours(out, target, [*noted.get(target, []), content]):
            return target
        if path.suffix not in _DOCUMENTS or not _is_folder(out, path.parent):
            return None
    return None


def _is_free(out: Path, name: str) -> bool:
    """Whether nothing is there, and nothing but folders above it."""
    return not _exists(out / name) and _is_folder(out, PurePosixPath(name).parent)


def _is_ours(out: Path, name: str, hashes: Sequence[str]) -> bool:
    path = out / name
    if path.is_symlink() or not path.is_file() or not _is_folder(out, PurePosixPath(name).parent):
        return False
    try:
        return _hash(path) in hashes
    except OSError:  # what cannot be read cannot be known as ours
        return False


def _is_folder(out: Path, below: PurePosixPath) -> bool:
    """Whether each step below the folder is a folder or not there yet: a link may lead to other people's files."""
    steps = [out / step for step in (below, *below.parents) if step.parts]
    return all((step.is_dir() and not step.is_symlink()) or not _exists(step) for step in steps)


def _exists(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _refusal(out: Path, names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (
        f"Nothing was written: in {out} there is {', '.join(names[:_NAMED])}{more}, not as kaa report wrote it. Move what "
        "you want to keep, or choose another folder with --out."
    )


def _read_note(out: Path) -> Note:
    path = out / NOTE
    if not _exists(path):
        return {}
    try:
        note = json.loads(path.read_text(encoding="utf-8"))["files"] if not path.is_symlink() else None
    except (ValueError, KeyError, TypeError, IsADirectoryError):
        note = None
    if not isinstance(note, dict) or not all(_is_entry(name, hashes) for name, hashes in note.items()):
        raise UsageError(_refusal(out, [NOTE]))
    return note


def _is_entry(name: str, hashes: object) -> bool:
    path = PurePosixPath(name)
    below = bool(path.parts) and not path.is_absolute() and ".." not in path.parts
    return below and isinstance(hashes, list) and all(isinstance(one, str) for one in hashes)


def _write_note(out: Path, note: Note) -> None:
    about = (
        "The files of the report as kaa report wrote them. A file that is not so any more is never replaced or removed."
    )
    atomic_write(out / NOTE, json.dumps({"about": about, "files": note}, ensure_ascii=False, indent=1) + "\n")
