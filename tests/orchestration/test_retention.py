"""Dagster's own records: what is old goes wholly, what is not stays, and they do not grow."""

import shutil
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines.orchestration import retention
from pipelines.orchestration.nightly import dagster_home
from pipelines.orchestration.retention import KEEP_RUNS_DAYS, prune_records
from pipelines.runtime import clock
from pipelines.state.home import initialise
from tests.cli.conftest import Published, nightly

__all__ = ["nightly"]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    (tmp_path / "drop").mkdir()
    home, _ = initialise("nacka", tmp_path / "drop", tmp_path / "home")
    monkeypatch.setenv("DAGSTER_HOME", str(dagster_home(home)))
    return dg.DagsterInstance.get()


@dg.asset
def something() -> None:
    """Stands for a run's work."""


@dg.asset
def dropped() -> None:
    """An asset that the program does not have any more."""


@dg.asset_check(asset=something)
def is_well() -> dg.AssetCheckResult:
    """Stands for a night's checks."""
    return dg.AssetCheckResult(passed=True)


def _run(instance: dg.DagsterInstance, *assets: dg.AssetsDefinition) -> str:
    return dg.materialize([*(assets or (something,)), is_well], instance=instance).run_id


def _age(instance: dg.DagsterInstance, run_id: str, days: int) -> None:
    """Have a run be so many days old."""
    made = datetime.now(UTC) - timedelta(days=days)
    with closing(sqlite3.connect(Path(instance.root_directory) / "history" / "runs.db")) as connection, connection:
        connection.execute(
            "update runs set create_timestamp = ? where run_id = ?", [f"{made:%Y-%m-%d %H:%M:%S.%f}", run_id]
        )


def _rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_nothing_is_left_of_an_old_run_and_all_of_a_newer_one(instance: dg.DagsterInstance) -> None:
    root = Path(instance.root_directory)
    index = root / "history" / "runs" / "index.db"
    old, kept = _run(instance, something, dropped), _run(instance)
    assert [path for path in root.rglob("*") if old in path.name]
    before = {table: len(_rows(index, f"select 1 from {table}")) for table in ("event_logs", "asset_check_executions")}
    _age(instance, old, KEEP_RUNS_DAYS + 1)
    _age(instance, kept, KEEP_RUNS_DAYS - 1)
    runs, _ = prune_records(instance, own_run="")
    assert runs == 1 and [run.run_id for run in instance.get_runs()] == [kept]
    assert [path for path in root.rglob("*") if old in path.name] == []
    for table, rows in before.items():
        left = _rows(index, f"select run_id from {table}")
        assert {run_id for (run_id,) in left} == {kept} and 0 < len(left) < rows
    assert _rows(index, "select asset_key from asset_keys") == [('["something"]',)]
    snapshots = {kind for (kind,) in _rows(root / "history" / "runs.db", "select snapshot_type from snapshots")}
    assert len(_rows(root / "history" / "runs.db", "select 1 from snapshots")) == len(snapshots) == 2
    # What is kept can be looked at.
    assert instance.fetch_materializations(something.key, limit=9).records[0].run_id == kept
    assert len(instance.all_logs(kept)) > 5
    assert instance.get_job_snapshot(instance.get_runs()[0].job_snapshot_id or "")


def test_the_run_that_goes_on_is_kept_however_long_it_takes(instance: dg.DagsterInstance) -> None:
    own = _run(instance)
    _age(instance, own, 400)
    assert prune_records(instance, own)[0] == 0
    assert [run.run_id for run in instance.get_runs()] == [own]


def test_files_of_runs_that_nobody_knows_go_when_they_are_old(instance: dg.DagsterInstance) -> None:
    runs = Path(instance.root_directory) / "history" / "runs"
    _run(instance)
    lost, new = (runs / f"{uuid.uuid4()}.db" for _ in range(2))
    for path in (lost, new, runs / "of somebody's.db"):
        path.touch()
    with clock.running(lambda: datetime.now(UTC) + timedelta(days=KEEP_RUNS_DAYS - 1)):
        prune_records(instance, "")
    assert lost.exists() and new.exists()
    with clock.running(lambda: datetime.now(UTC) + timedelta(days=KEEP_RUNS_DAYS + 1)):
        prune_records(instance, "")
    assert not lost.exists() and not new.exists() and (runs / "of somebody's.db").exists()


def test_room_that_is_empty_is_given_back(tmp_path: Path) -> None:
    file = tmp_path / "index.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("create table event (text text)")
        connection.executemany("insert into event values (?)", [("x" * 1000,) for _ in range(8000)])
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("delete from event where rowid > 1000")
    before = file.stat().st_size
    retention._give_room_back(file)
    assert file.stat().st_size < before / 4 and len(_rows(file, "select 1 from event")) == 1000


def test_what_another_program_holds_is_left_for_the_next_night(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _run(instance)
    instance.delete_run(old)
    index = Path(instance.root_directory) / "history" / "runs" / "index.db"
    monkeypatch.setattr(retention, "_BUSY_SECONDS", 0)
    with closing(sqlite3.connect(index)) as holder:
        holder.execute("begin immediate")
        prune_records(instance, "")
        assert len(_rows(index, "select 1 from asset_check_executions")) == 1
        holder.rollback()
    prune_records(instance, "")
    assert _rows(index, "select 1 from asset_check_executions") == []


@pytest.mark.slow
def test_after_400_nights_the_records_are_as_large_as_after_60(
    nightly: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real night's events, again and again under other names, each pruned as a night prunes."""
    root = Path(shutil.copytree(nightly.home / "dagster", tmp_path / "dagster"))
    monkeypatch.setenv("DAGSTER_HOME", str(root))
    sizes = {}
    with dg.DagsterInstance.get() as instance:
        (template,) = [run.run_id for run in instance.get_runs()]
        begin = datetime.now(UTC)
        for night in range(1, 401):
            now = begin + timedelta(days=night)
            run_id = _again(root, template, now)
            with clock.running(lambda now=now: now):
                prune_records(instance, run_id)
            if night in (60, 400):
                sizes[night] = retention._size(root)
        assert len(instance.get_runs()) == KEEP_RUNS_DAYS + 1
    print(f"Dagster's records: {sizes[60] / 1e6:.1f} MB after 60 nights, {sizes[400] / 1e6:.1f} MB after 400")
    assert sizes[400] <= 1.1 * sizes[60]


def _again(root: Path, template: str, now: datetime) -> str:
    """Have the records hold a night once more, as another run at another time."""
    run_id, runs = str(uuid.uuid4()), root / "history" / "runs"
    kept = root.parent / "template.db"
    if not kept.exists():
        shutil.copy(runs / f"{template}.db", kept)
        shutil.copy(runs / "index.db", root.parent / "index.db")
        shutil.copy(root / "history" / "runs.db", root.parent / "runs.db")
    shutil.copy(kept, runs / f"{run_id}.db")
    (root / "storage" / run_id / "compute_logs").mkdir(parents=True)
    for file, original, tables in (
        (runs / f"{run_id}.db", None, ("event_logs",)),
        (runs / "index.db", "index.db", ("event_logs", "asset_check_executions")),
        (root / "history" / "runs.db", "runs.db", ("runs",)),
    ):
        with closing(sqlite3.connect(file)) as connection, connection:
            if original is None:
                connection.execute("update event_logs set run_id = ?", [run_id])
                continue
            connection.execute("attach ? as original", [str(root.parent / original)])
            for table in tables:
                names = [row[1] for row in connection.execute(f"pragma table_info({table})") if row[1] != "id"]
                values = {"run_id": "?", "create_timestamp": f"'{now:%Y-%m-%d %H:%M:%S.%f}'"}
                if table == "runs":
                    values["run_body"] = f"replace(run_body, '{template}', '{run_id}')"
                connection.execute(
                    f"insert into {table} ({', '.join(names)}) select {', '.join(values.get(name, name) for name in names)} "
                    f"from original.{table} where run_id = '{template}'",
                    [run_id],
                )
    return run_id
