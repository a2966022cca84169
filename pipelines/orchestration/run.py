"""Runs the nightly job in this process: the same job that the schedule runs. Deciding what it does belongs in ``assets``."""

import os
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import NightlyFailed, UsageError
from pipelines.home import Home

#: Days for which Dagster's own record of a run is kept; it would grow for ever.
KEEP_RUNS_DAYS = 90

_INSTANCE = """# Dagster's own storage for this KAA_HOME.
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
retention:
  schedule:
    purge_after_days: 90
"""


@dataclass(frozen=True)
class Outcome:
    """What a nightly came to: counts of deliveries by status judged in it, and those that wait for a person."""

    version: int
    by_status: dict[str, int]
    held: int

    @property
    def exit_code(self) -> int:
        """2 when this run rejected a delivery or one is held, else 0 (interface.md)."""
        return 2 if self.by_status.get("rejected") or self.held else 0


def dagster_home(home: Home) -> Path:
    """The orchestrator's folder below KAA_HOME, with its settings."""
    folder = home.path / "dagster"
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = folder / "dagster.yaml"
    if not settings.exists():
        settings.write_text(_INSTANCE)
    return folder


def run_nightly(home: Home) -> Outcome:
    """Run the job; raises NightlyFailed with the first error's sentence when nothing was published."""
    with home.nightly_lock():
        pass  # say so at once when another nightly runs; the job itself takes the lock again
    if not home.drop.is_dir():
        raise UsageError(
            f"The drop folder {home.drop} is missing: mount it, or correct `drop` in {home.path / 'settings.toml'}."
        )
    before = home.current()
    os.environ["DAGSTER_HOME"] = str(dagster_home(home))
    os.environ["KAA_HOME"] = str(home.path)
    warnings.filterwarnings("ignore", module="dagster")
    import dagster as dg  # imported here: it takes a second that no other command should wait

    from pipelines.orchestration.definitions import definitions

    with dg.DagsterInstance.get() as instance:
        job = definitions().resolve_job_def("nightly")
        quiet: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        result = job.execute_in_process(instance=instance, raise_on_error=False, run_config=quiet)
        if not result.success:
            raise _failure(result)
        _forget_old_runs(instance)
    current = home.current()
    if current is None or (before and current.number <= before.number):
        raise NightlyFailed(
            "The nightly ended without publishing; see the run in dagster dev, then run kaa nightly again."
        )
    return _outcome(home)


def _failure(result: Any) -> Exception:
    """The first step's error as a sentence: our own sentences as they are, anything else by its kind only."""
    for event in result.all_events:
        data = event.event_specific_data if event.is_failure else None
        error = getattr(data, "error", None)
        while error is not None:
            if error.cls_name == "UsageError":
                return UsageError(_sentence(error.message))
            if error.cls_name == "NightlyFailed":
                return NightlyFailed(_sentence(error.message))
            if error.cause is None:
                step = f" in step {event.step_key}" if event.step_key else ""
                return NightlyFailed(
                    f"The nightly failed{step} ({error.cls_name}); what was published before is untouched. See the run "
                    "in dagster dev, mend the cause and run kaa nightly again."
                )
            error = error.cause
    return NightlyFailed("The nightly failed; what was published before is untouched. See the run in dagster dev.")


def _sentence(message: str) -> str:
    return message.strip().partition(": ")[2] or message.strip()


def _forget_old_runs(instance: Any) -> None:
    import dagster as dg

    before = datetime.now().astimezone() - timedelta(days=KEEP_RUNS_DAYS)
    for run in instance.get_runs(filters=dg.RunsFilter(created_before=before), limit=100):
        instance.delete_run(run.run_id)


def _outcome(home: Home) -> Outcome:
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.history), read_only=True) as connection:
        judged = connection.execute(
            "select status, count(*) from delivery where judged_in = ? and decided is null group by status",
            [version.number],
        ).fetchall()
        held = connection.execute("select count(*) from delivery where status = 'held'").fetchone()
    return Outcome(version.number, dict(judged), held[0] if held else 0)
