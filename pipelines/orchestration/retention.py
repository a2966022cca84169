"""How long Dagster's own records are kept, so that they do not grow for ever: what is older goes, and its room is given back.

Dagster keeps every event of a run in the run's own file, those of assets a second time in the index of all runs, and each check
in a third place; it forgets none of them by itself. What a night was like is kept elsewhere (the published file, `logs/`), so
that nothing but Dagster's pages looks back. Ending the records of killed runs belongs in ``dagster_runs``.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from pipelines.runtime import clock

#: Days for which Dagster's records of a run, of a tick of the schedule and of the sensor's are kept.
KEEP_RUNS_DAYS = 30

#: Of a file that is larger than this (bytes), as much as this share may be empty before it is written anew without.
_SMALL, _EMPTY = 4_000_000, 0.25

#: So many runs are forgotten a night; a home that has kept years of them comes down in some nights.
_RUNS_A_NIGHT = 200

_BUSY_SECONDS = 5
_RUN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def prune_records(instance: dg.DagsterInstance, own_run: str) -> tuple[int, int]:
    """Forget what is older than KEEP_RUNS_DAYS; returns how many runs and how many bytes that was. Only the holder of the lock
    may do that. What another program of Dagster's holds just now is left for the next night."""
    root = Path(instance.root_directory)
    before = clock.now() - timedelta(days=KEEP_RUNS_DAYS)
    size = _size(root)
    runs = forget_runs(instance, before, own_run)
    _forget_ticks(instance, before)
    kept = {record.dagster_run.run_id for record in instance.get_run_records()} | {own_run}
    _forget_files(root, kept, before)
    with suppress(sqlite3.OperationalError):  # locked
        _forget_checks(root / "history" / "runs" / "index.db", kept)
        _forget_snapshots(root / "history" / "runs.db")
    for file in (
        root / "history" / "runs" / "index.db",
        root / "history" / "runs.db",
        root / "schedules" / "schedules.db",
    ):
        with suppress(sqlite3.OperationalError):
            _give_room_back(file)
    return runs, max(0, size - _size(root))


def forget_runs(instance: dg.DagsterInstance, before: datetime, own_run: str) -> int:
    """Remove all that Dagster keeps of runs created before a moment, its files too; returns how many these were."""
    root, forgotten = Path(instance.root_directory), 0
    for run in instance.get_runs(filters=dg.RunsFilter(created_before=before), limit=_RUNS_A_NIGHT):
        if run.run_id == own_run:
            continue
        instance.delete_run(run.run_id)
        _remove_files(root, run.run_id)
        forgotten += 1
    return forgotten


def _forget_ticks(instance: dg.DagsterInstance, before: datetime) -> None:
    for state in instance.all_instigator_state():
        instance.purge_ticks(state.instigator_origin_id, state.selector_id, before.timestamp())


def _forget_files(root: Path, kept: set[str], before: datetime) -> None:
    """Remove the files of runs that Dagster does not know any more: a process was killed while it forgot them."""
    for run_id in _run_ids(root) - kept:
        times = [path.stat().st_mtime for path in _files(root, run_id) if path.exists()]
        if times and max(times) < before.timestamp():
            _remove_files(root, run_id)


def _run_ids(root: Path) -> set[str]:
    names = [path.name for path in (root / "history" / "runs").glob("*.db")]
    names += [path.name for path in (root / "storage").glob("*")]
    return {found[0] for name in names if (found := _RUN_ID.match(name))}


def _files(root: Path, run_id: str) -> Iterator[Path]:
    yield from (root / "history" / "runs").glob(f"{run_id}.db*")
    yield root / "storage" / run_id


def _remove_files(root: Path, run_id: str) -> None:
    for path in _files(root, run_id):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _forget_checks(index: Path, kept: set[str]) -> None:
    """In the index of all runs: what checks came to in runs that are forgotten, and assets that none of the others has made."""
    if not index.exists():
        return
    with closing(_opened(index)) as connection, connection:
        connection.execute("create temp table kept (run_id text primary key)")
        connection.executemany("insert into kept values (?)", [(run_id,) for run_id in kept])
        connection.execute("delete from asset_check_executions where run_id not in (select run_id from kept)")
        connection.execute("delete from asset_keys where last_run_id not in (select run_id from kept)")


def _forget_snapshots(runs: Path) -> None:
    """What jobs looked like that no run has run any more."""
    if not runs.exists():
        return
    with closing(_opened(runs)) as connection, connection:
        used = [json_id for (json_id,) in connection.execute("select distinct snapshot_id from runs")]
        plans = connection.execute("select run_body from runs").fetchall()
        bodies = "".join(body for (body,) in plans)
        for (snapshot,) in connection.execute("select snapshot_id from snapshots").fetchall():
            if snapshot not in used and snapshot not in bodies:
                connection.execute("delete from snapshots where snapshot_id = ?", [snapshot])


def _give_room_back(file: Path) -> None:
    """Write a file anew that is empty in large part: SQLite keeps the room of what was deleted for what comes."""
    if not file.exists():
        return
    with closing(_opened(file)) as connection:
        pages, empty, size = (_number(connection, name) for name in ("page_count", "freelist_count", "page_size"))
        if pages * size > _SMALL and empty > _EMPTY * pages:
            connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=_BUSY_SECONDS)


def _number(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"pragma {name}").fetchone()[0])


def _size(root: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
