"""Dagster's own records of runs: ended when their process has ended. Running belongs in ``nightly``, how long they are
kept in ``retention``."""

import dagster as dg

from pipelines.orchestration.retention import prune_records
from pipelines.runtime.log import Event, event
from pipelines.runtime.surroundings import home_path

JOB = "nightly"

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
    runs, size = prune_records(instance, own_run)
    if runs:
        event(home_path(), Event.RECORDS_PRUNED, runs=runs, bytes=size)


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
