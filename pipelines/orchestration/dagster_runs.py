"""Dagster's own records of runs: ended when their process has ended, and forgotten in time. Running belongs in ``nightly``."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from pipelines.runtime import clock

JOB = "nightly"

#: Days for which Dagster's own record of a run is kept; it would grow for ever.
KEEP_RUNS_DAYS = 90

#: Which of a run's tags says what has started it.
_STARTED_BY = {"dagster/schedule_name": "schedule", "dagster/sensor_name": "sensor"}

_RUNNING = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def tidy_runs(instance: dg.DagsterInstance, own_run: str) -> None:
    """End the records of runs that were killed, and forget old ones. Only the holder of the lock may do that.

    A killed process cannot say that it has ended: its run would look as if it went on, and keep Dagster's queue waiting.
    """
    for run in instance.get_runs(filters=dg.RunsFilter(job_name=JOB, statuses=_RUNNING)):
        if run.run_id != own_run:
            _end_run(instance, run)
    forget_runs(instance, clock.now() - timedelta(days=KEEP_RUNS_DAYS), own_run)


def end_killed_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """End the record of a run whose process is gone, if it has not ended."""
    run = instance.get_run_by_id(run_id)
    if run and not run.is_finished:
        _end_run(instance, run)


def started_by(instance: dg.DagsterInstance | None, run_id: str | None) -> str:
    """What has started one of Dagster's runs: `schedule`, `sensor`, or a person at the `page`."""
    run = instance.get_run_by_id(run_id) if instance and run_id else None
    return next((who for tag, who in _STARTED_BY.items() if run and tag in run.tags), "page")


def is_waiting(instance: dg.DagsterInstance) -> bool:
    """Whether a run has been asked for that has not ended."""
    unfinished = [*_RUNNING, dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]
    return bool(instance.get_runs(filters=dg.RunsFilter(job_name=JOB, statuses=unfinished), limit=1))


def _end_run(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    instance.report_run_failed(run, "The process of this run was killed; who came next found it so.")


def forget_runs(instance: dg.DagsterInstance, before: datetime, own_run: str) -> None:
    """Remove all that Dagster keeps of runs created before a moment, its files too."""
    root = Path(instance.root_directory)
    for run in instance.get_runs(filters=dg.RunsFilter(created_before=before), limit=100):
        if run.run_id == own_run:
            continue
        instance.delete_run(run.run_id)
        for file in (root / "history" / "runs").glob(f"{run.run_id}.db*"):
            file.unlink(missing_ok=True)
        shutil.rmtree(root / "storage" / run.run_id, ignore_errors=True)
