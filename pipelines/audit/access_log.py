"""Who has looked at rows: `logs/access.jsonl`, one JSON object a line, only ever added to.

Each line holds the hash of the one before it and its own, so a line that is changed, removed, added or moved is found; the hash
of the last one is kept elsewhere too (`access.json`), so a missing last line is found as well. A log whose writer was killed must
not look like one that was tampered with, so there are three writes: the line is announced in `access.json`, written, and said to
be the last. Rows are shown after the third: while a line is announced nobody has seen anything for it, and it may be missing.

What was wrong in the log stays so: a new line follows what `access.json` says, not what the log happens to end with.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.personnummer import mask_name, mask_text
from pipelines.runtime import clock
from pipelines.runtime.errors import NightlyFailed
from pipelines.runtime.files import sync
from pipelines.runtime.os_errors import sentence, user_name
from pipelines.state.home import ACCESS_HEAD, Home, refuse_to_write_for_another

FILE = "logs/access.jsonl"


@dataclass(frozen=True)
class Head:
    """What is kept of the log elsewhere: the hash of its last line, and the line that is being written, if any."""

    last: str | None = None
    announced: str | None = None


def log_access(home: Home, what: str, rows: int, why: str | None = None, which: Sequence[str] = ()) -> None:
    """Add who asked for rows, when, what, how many, why and about which pseudonyms; it is on the disk when this returns.

    Every command that shows rows calls this before it shows anything. A personnummer in the texts is masked. Raises UsageError
    when root asks in another user's KAA_HOME, NightlyFailed when the log cannot be written: then nothing may be shown.
    """
    refuse_to_write_for_another(home.path)
    entry = {
        "who": user_name(os.geteuid()),
        "when": clock.now(home.municipality.timezone).isoformat(timespec="seconds"),
        "what": mask_name(_on_one_line(what)),
        "rows": rows,
        "which": list(which),
        "why": None if why is None else mask_text(_on_one_line(why)),
    }
    try:
        with _opened(home.path) as log:
            head = _read_head(home.path)
            if head.announced:
                _finish(log, head.announced)
                head = Head(_hash_of(head.announced))
            line = _line({**entry, "previous": head.last})
            _write_head(home.path, Head(head.last, line))
            _append(log, line)
            _write_head(home.path, Head(_hash_of(line)))
    except OSError as error:
        raise NightlyFailed(f"Nothing is shown, for the access log cannot be written. {sentence(error)}") from error
    except ValueError as error:
        raise NightlyFailed(
            f"Nothing is shown, for {home.path / ACCESS_HEAD}, which says how the access log ends, is damaged: "
            f"restore it from a "
            "backup."
        ) from error


def read_accesses(home: Home) -> list[dict[str, Any]]:
    """What the log says, oldest first; a line that is no longer one is left out, and found by ``first_wrong_line``."""
    return [entry for line in _content(home.path).split(b"\n") if (entry := _as_written(line))]


def first_wrong_line(home: Home) -> int | None:
    """The first line that is changed, added or moved, or that stands where one was removed; None when all is as it was written.

    Of lines that are missing at the end it is the last one that there is (0: there is none).
    """
    try:
        with _opened(home.path, reading=True):
            content, head = _content(home.path), _read_head(home.path)
    except FileNotFoundError:
        content, head = b"", _head_or_other(home.path)
    except ValueError:
        content, head = _content(home.path), _head_or_other(home.path)
    *lines, begun = content.split(b"\n")
    hashes: list[str | None] = [None]
    for number, line in enumerate(lines, start=1):
        entry = _as_written(line)
        if entry is None or entry["previous"] != hashes[-1]:
            return number
        hashes.append(entry["hash"])
    announced = head.announced or ""
    if begun and not (hashes[-1] == head.last and announced.encode().startswith(begun)):
        return len(hashes)
    if hashes[-1] == head.last or (announced and hashes[-1] == _hash_of(announced)):
        return None
    return hashes.index(head.last) + 1 if head.last in hashes else len(lines)


@contextmanager
def held_still(home: Path) -> Iterator[None]:
    """While this goes on nobody adds to the log of a KAA_HOME: its two files can be copied as they are at one moment."""
    if (home / FILE).exists():
        with _opened(home, reading=True):
            yield
    else:
        yield


# --- the log ---------------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(home: Path, reading: bool = False) -> Iterator[BinaryIO]:
    """The log for one command that adds to it, or for some that read."""
    path = home / FILE
    if reading:
        with path.open("rb") as log:
            fcntl.flock(log, fcntl.LOCK_SH)
            yield log
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640), "r+b", buffering=0) as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        sync(path.parent)
        yield log


def _finish(log: BinaryIO, announced: str) -> None:
    """Write the line of a command that was killed, as far as it is not there."""
    text = f"{announced}\n".encode()
    log.seek(max(0, log.seek(0, os.SEEK_END) - len(text)))
    end = log.read()
    begun = end.rpartition(b"\n")[2]
    if end == text:
        os.fsync(log.fileno())
    elif text.startswith(begun):
        _write(log, text[len(begun) :])
    else:
        _append(log, announced)


def _append(log: BinaryIO, line: str) -> None:
    """Write a line of its own, whatever the log ends with."""
    size = log.seek(0, os.SEEK_END)
    log.seek(max(0, size - 1))
    _write(log, (b"" if log.read(1) in (b"", b"\n") else b"\n") + f"{line}\n".encode())


def _write(log: BinaryIO, content: bytes) -> None:
    while content:
        content = content[log.write(content) :]
    os.fsync(log.fileno())


def _content(home: Path) -> bytes:
    try:
        return (home / FILE).read_bytes()
    except FileNotFoundError:
        return b""


def _on_one_line(text: str) -> str:
    return " ".join(text.split()).encode(errors="replace").decode()


# --- a line ----------------------------------------------------------------------------------------------------------------


def _line(entry: dict[str, Any]) -> str:
    """The one form in which an entry is written, its hash last."""
    digest = hashlib.sha256(json.dumps(entry, ensure_ascii=False).encode()).hexdigest()
    return json.dumps({**entry, "hash": digest}, ensure_ascii=False)


def _hash_of(line: str) -> str:
    return str(json.loads(line)["hash"])


def _as_written(line: bytes) -> dict[str, Any] | None:
    """The entry of a line; None when it is not exactly as it was written."""
    try:
        entry = json.loads(line)
        rest = {name: value for name, value in entry.items() if name != "hash"}
        return entry if "previous" in rest and _line(rest).encode() == line else None
    except (ValueError, AttributeError, RecursionError):
        return None


# --- what is kept elsewhere ------------------------------------------------------------------------------------------------


def _read_head(home: Path) -> Head:
    """Raises ValueError when it is damaged."""
    try:
        head = Head(**json.loads((home / ACCESS_HEAD).read_bytes()))
        if head.announced:
            _hash_of(head.announced)
        return head
    except FileNotFoundError:
        return Head()
    except (TypeError, KeyError) as error:
        raise ValueError(str(error)) from error


def _head_or_other(home: Path) -> Head:
    """As ``_read_head``; a damaged one fits no log."""
    try:
        return _read_head(home)
    except ValueError:
        return Head("damaged")


def _write_head(home: Path, head: Head) -> None:
    part = home / f".{ACCESS_HEAD}.part"
    part.write_text(json.dumps(asdict(head), ensure_ascii=False), encoding="utf-8")
    sync(part)
    os.replace(part, home / ACCESS_HEAD)
    sync(home)
