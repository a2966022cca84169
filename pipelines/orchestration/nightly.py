"""Runs the nightly job in this process: the same job that the schedule runs. Deciding what it does belongs in ``assets``."""

import os
import warnings
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.orchestration.failures import failure_of, unforeseen
from pipelines.orchestration.outcome import Outcome, read_outcome
from pipelines.orchestration.patience import AT_ONCE, patiently
from pipelines.orchestration.quiet_night import quiet_night
from pipelines.orchestration.run import Run, a_run, assert_ready, note_retry
from pipelines.quality import PROCESS
from pipelines.runtime.errors import NightlyFailed
from pipelines.runtime.files import atomic_write
from pipelines.runtime.worker_process import started_ahead
from pipelines.state.home import Home
from pipelines.warehouse.dbt import CHILD

if TYPE_CHECKING:
    import dagster as dg

_INSTANCE = """# Dagster's own storage for this KAA_HOME.
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
run_monitoring:
  enabled: true
retention:
  schedule:
    purge_after_days: 90
event_log_storage:
  module: pipelines.orchestration.event_log
  class: EventLog
  config:
    dagster_home:
      env: DAGSTER_HOME
"""


def dagster_home(home: Home) -> Path:
    """The orchestrator's folder below KAA_HOME, with its settings."""
    folder = home.path / "dagster"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not (folder / "dagster.yaml").exists():
        atomic_write(folder / "dagster.yaml", _INSTANCE)
    return folder


def run_nightly(home: Home, waits: tuple[float, ...] = AT_ONCE, full: bool = False) -> Outcome:
    """Run the job, or on a night with nothing new what is left of it. ``waits``: how long to wait before each further try, where
    nobody watches; ``full``: the job, whatever is new.

    Raises NightlyFailed with the first error's sentence when nothing was published, UsageError when a person must mend something
    before anything can be done.
    """
    with a_run(home, waits=waits) as run:
        run.outcome = patiently(lambda: _try(run, full), waits, lambda error, seconds: note_retry(home, error, seconds))
        return run.outcome


def end_dagster_run(home: Home, run_id: str) -> None:
    """End Dagster's record of a run whose process is gone, so that its queue does not wait for it."""
    os.environ["DAGSTER_HOME"] = str(dagster_home(home))
    import dagster as dg

    from pipelines.orchestration.dagster_runs import end_killed_run

    with dg.DagsterInstance.get() as instance:
        end_killed_run(instance, run_id)


def _try(run: Run, full: bool) -> Outcome:
    home = run.home
    run.failure = None
    assert_ready(home)
    os.environ["KAA_HOME"] = str(home.path)
    if not full and quiet_night(home):
        return read_outcome(home, nothing_new=True)
    with started_ahead(CHILD, PROCESS):
        failure = _run_job(home)
    # The pointer decides: what fails after it has moved (Dagster's own records, say) takes nothing back.
    if not run.has_published:
        raise (
            run.failure
            or failure
            or NightlyFailed(
                "The nightly ended without publishing; see the run in dagster dev, then run kaa nightly again."
            )
        )
    run.failure = None
    return read_outcome(home)


def _run_job(home: Home) -> Exception | None:
    """Run the job to its end; returns why it failed, as far as Dagster says; of a step's failure more is known
    (``definitions.note_failure``)."""
    warnings.filterwarnings("ignore", module="dagster")
    try:
        os.environ["DAGSTER_HOME"] = str(dagster_home(home))
        import dagster as dg  # imported here: it takes a second that no other command should wait

        from pipelines.orchestration.dagster_runs import JOB
        from pipelines.orchestration.definitions import definitions

        with dg.DagsterInstance.get() as instance:
            job = definitions().resolve_job_def(JOB)
            # Standard error is for our sentences; where Dagster cannot write its records it would put them there.
            with redirect_stderr(StringIO()):
                result = job.execute_in_process(instance=instance, raise_on_error=False)
        return None if result.success else _around_the_steps(home, result)
    except Exception as error:  # Dagster itself: its records need room too
        return failure_of(home, error)


def _around_the_steps(home: Home, result: "dg.ExecuteInProcessResult") -> NightlyFailed | None:
    """Why a run failed of which no step did: what Dagster met between them, its records for instance."""
    for event in result.all_events:
        error = getattr(event.event_specific_data, "error", None)
        if error is None or not (event.is_failure or event.is_hook_event):
            continue
        while error.cause is not None:
            error = error.cause
        return unforeseen(home, error.cls_name or "error", error.message, " around its steps")
    return None
