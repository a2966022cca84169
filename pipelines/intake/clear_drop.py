"""Retention of the drop folder: what is archived and whole need not lie there in clear text for ever (`drop_retention_days`).

Removed are, after a nightly has published, the files of deliveries that counted, once they were taken in so many days ago and the
archive's copy is whole. What was rejected, is held, has not been seen or is not as it was archived stays, and so does what else
lies in a delivery's folder. Each removal is a line in `logs/drop.jsonl`. Who lists the drop folder is ``delivery.find``.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from pipelines.delivery.archive_checksums import archive_faults
from pipelines.delivery.find import Found, find_deliveries
from pipelines.delivery.judging import ACCEPTED, DUPLICATE, SUPERSEDED
from pipelines.delivery.manifest import MANIFEST_NAME
from pipelines.history.store import History
from pipelines.intake.clock import night_clock
from pipelines.notices import Notice, NoticeCode, notice
from pipelines.personnummer import mask_name
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home, Version

#: What may go; whether a delivery that waits for a person or was turned away is needed again, nobody knows.
_MAY_GO = (ACCEPTED, DUPLICATE, SUPERSEDED)


@dataclass
class Cleared:
    """Ids of the deliveries whose files were removed, and of those that are due and had to stay, with the reason."""

    removed: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)


def due_deliveries(connection: duckdb.DuckDBPyConnection, retention_days: int, now: datetime) -> set[str]:
    """The deliveries whose time in the drop folder is over: taken in so many days before ``now``, by a night whose time is
    known."""
    nights = dict(History.nights(connection))
    judged = connection.execute("select delivery_id, status, judged_in from delivery").fetchall()
    last = now - timedelta(days=retention_days)
    return {
        delivery
        for delivery, status, version in judged
        if status in _MAY_GO and version in nights and nights[version] <= last
    }


def clear_drop_folder(home: Home, published: Version, now: datetime) -> Cleared:
    """Remove what is due from the drop folder, where the settings say so; does nothing while the clock cannot be right."""
    cleared = Cleared()
    for one, archived in _due(home, published, now):
        if reason := _clear(home, one, archived, now):
            cleared.kept[one.delivery_id] = reason
        else:
            cleared.removed.append(one.delivery_id)
    return cleared


def damaged_copies(home: Home, built: Version, now: datetime) -> list[Notice]:
    """What a person must know before the night is published: deliveries that are due, but whose archived copy is not whole."""
    damaged = [one for one, _ in _due(home, built, now) if archive_faults(home.archive / one.delivery_id)]
    if not damaged:
        return []
    folder = mask_name(damaged[0].folder)
    return [notice(NoticeCode.COPY_DAMAGED, deliveries=len(damaged), folder=folder)]


def _due(home: Home, version: Version, now: datetime) -> Iterator[tuple[Found, set[str]]]:
    """The deliveries in the drop folder whose time is over, with what is archived of each; none without the setting, while the
    state is rebuilt, or while the clock cannot be right."""
    days = home.settings.drop_retention_days
    if days is None or home.is_being_rebuilt:
        return
    with open_for_reading(version.history) as connection:
        if night_clock(home, connection, now).is_behind:
            return
        due = due_deliveries(connection, days, now)
        archived = _archived_files(connection)
    found, _ = find_deliveries(home.drop)
    yield from ((one, archived[one.delivery_id]) for one in found if one.delivery_id in due)


def _archived_files(connection: duckdb.DuckDBPyConnection) -> defaultdict[str, set[str]]:
    """The sha256 of each file that was read and archived, by delivery."""
    files: defaultdict[str, set[str]] = defaultdict(set)
    for delivery, sha256 in connection.execute("select delivery_id, sha256 from delivered_file").fetchall():
        files[delivery].add(sha256.lower())
    return files


def _clear(home: Home, found: Found, archived: set[str], now: datetime) -> str | None:
    """Remove a delivery that is due; returns why it stays, None when it is gone."""
    files = {file["fil"]: file["sha256"].lower() for file in json.loads(found.manifest)["filer"]}
    ours = {name: sha256 for name, sha256 in files.items() if sha256 in archived}
    try:
        reason = _why_it_stays(home, found, ours, archived)
        if reason is None:
            _remove(home, found, ours, now)
        return reason
    except OSError as error:
        return f"it cannot be read or removed ({error.strerror})"


def _why_it_stays(home: Home, found: Found, files: dict[str, str], archived: set[str]) -> str | None:
    if faults := archive_faults(home.archive / found.delivery_id):
        return f"the archive's copy is not whole: {faults[0]}"
    if not archived or archived != set(files.values()):
        return "it is not known which of its files are archived"
    if found.path.is_symlink() or not all(_is_as_archived(found.path / name, sha256) for name, sha256 in files.items()):
        return "it is not as it was archived"
    return None


def _is_as_archived(path: Path, sha256: str) -> bool:
    """Whether a file is the one that was archived, or was removed by a night that was killed."""
    if path.is_symlink():
        return False
    return not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _remove(home: Home, found: Found, files: Iterable[str], now: datetime) -> None:
    """The manifest goes last: until then a delivery that is half removed is known, and the next night goes on."""
    for name in files:
        (found.path / name).unlink(missing_ok=True)
    line = {
        "at": now.isoformat(timespec="seconds"),
        "delivery_id": found.delivery_id,
        "folder": mask_name(found.folder),
    }
    log = home.path / "logs" / "drop.jsonl"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    (found.path / MANIFEST_NAME).unlink()
    if not any(found.path.iterdir()):
        found.path.rmdir()
