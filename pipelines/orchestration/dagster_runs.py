"""Dagster's own records of runs: ended when their process has ended. Running belongs in ``nightly``, how long they are
kept in ``retention``."""

import dagster as dg

from pipelines.orchestration.retention import prune_records
from pipelines.runtime.log import Event, event
from pipelines.runtime.surroundings import home_path

JOB = "nightly"

_RUNNING = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def tidy_runs(instance: dg.DagsterInstance, own_run: str) -> None:
    """End the records of runs that were killed, and forget old ones. Only the holder of the lock may do that.

    A killed process cannot say that it has ended: its run would look as if it went on, and keep Dagster's queue waiting.
    """
    for run in instance.get_runs(filters=dg.RunsFilter(job_name=JOB, statuses=_RUNNING)):
        if run.run_id != own_run:
            instance.report_run_failed(run, "The process of this run was killed; the next nightly found it so.")
    runs, size = prune_records(instance, own_run)
    if runs:
        event(home_path(), Event.RECORDS_PRUNED, runs=runs, bytes=size)
