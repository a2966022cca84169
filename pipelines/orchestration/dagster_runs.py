"""Dagster's own records of runs: ended when their process has ended, and forgotten in time. Running belongs in ``nightly``."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from pipelines.runtime import clock

JOB = "nightly"

#: Days for which Dagster's own record of a run is kept; it would grow for ever.
KEEP_RUNS_DAYS = 90

_RUNNING = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def tidy_runs(instance: dg.DagsterInstance, own_run: str) -> None:
    """End the records of runs that were killed, and forget old ones. Only the holder of the lock may do that.

    A killed process cannot say that it has ended: its run would look as if it went on, and keep Dagster's queue waiting.
    """
    for run in instance.get_runs(filters=dg.RunsFilter(job_name=JOB, statuses=_RUNNING)):
        if run.run_id != own_run:
            instance.report_run_failed(run, "The process of this run was killed; the next nightly found it so.")
    forget_runs(instance, clock.now() - timedelta(days=KEEP_RUNS_DAYS), own_run)


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
