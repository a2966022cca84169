"""Runs the nightly job in this process: the same job that the schedule runs. Deciding what it does belongs in ``assets``."""

import errno
import os
import warnings
from contextlib import redirect_stderr
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

from pipelines.orchestration.quiet_night import quiet_night
from pipelines.quality import PROCESS
from pipelines.runtime import os_errors
from pipelines.runtime.errors import NightlyFailed, UsageError, tells_of_full_disk
from pipelines.runtime.files import atomic_write
from pipelines.runtime.worker_process import started_ahead
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home
from pipelines.warehouse.dbt import CHILD

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

#: What SQLite, in which Dagster keeps its records, says when it may not write; it does not say where.
_RECORDS_REFUSED = ("unable to open database file", "attempt to write a readonly database")


@dataclass(frozen=True)
class Outcome:
    """What a nightly came to: counts of deliveries by status judged in it, those that wait for a person, and what else it has to
    tell: sentences, of which some wait for a person. ``nothing_new``: only what tells of the night was made anew."""

    version: int
    by_status: dict[str, int]
    held: int
    notices: tuple[str, ...] = ()
    waiting_notices: int = 0
    nothing_new: bool = False

    @property
    def exit_code(self) -> int:
        """2 when this night rejected a delivery, one is held or a notice waits for a person, else 0 (interface.md)."""
        return 2 if self.by_status.get("rejected") or self.held or self.waiting_notices else 0


def dagster_home(home: Home) -> Path:
    """The orchestrator's folder below KAA_HOME, with its settings."""
    folder = home.path / "dagster"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not (folder / "dagster.yaml").exists():
        atomic_write(folder / "dagster.yaml", _INSTANCE)
    return folder


def run_nightly(home: Home, full: bool = False) -> Outcome:
    """Run the job, or on a night with nothing new what is left of it; raises NightlyFailed with the first error's sentence when
    nothing was published. ``full``: the job, whatever is new."""
    with home.nightly_lock():
        if not home.is_being_rebuilt:
            if not home.drop.is_dir():
                raise UsageError(
                    f"The drop folder {home.drop} is missing: mount it, or correct `drop` in {home.path / 'settings.toml'}."
                )
            home.check_state()
            home.check_keys()
        before = _published_number(home)
        os.environ["KAA_HOME"] = str(home.path)
        if not full and quiet_night(home):
            return replace(_outcome(home), nothing_new=True)
        with started_ahead(CHILD, PROCESS):
            failure = _run_job(home)
        # The pointer decides: what fails after it has moved (Dagster's own records, say) takes nothing back.
        if _published_number(home) <= before:
            raise failure or NightlyFailed(
                "The nightly ended without publishing; see the run in dagster dev, then run kaa nightly again."
            )
        return _outcome(home)


def _published_number(home: Home) -> int:
    """The published version's number; 0 where there is none, or where a restore finds that nobody can say which it is."""
    try:
        current = home.current()
    except NightlyFailed:
        return 0
    return current.number if current else 0


def _run_job(home: Home) -> Exception | None:
    """Run the job to its end; returns why it failed, if it did."""
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
            return None if result.success else _failure(home, result)
    except (NightlyFailed, UsageError) as error:
        return error
    except Exception as error:  # Dagster itself: its records need room too
        return _unforeseen(home, type(error).__name__, str(error), "")


def _failure(home: Home, result: Any) -> Exception:
    """The first step's error as a sentence: our own sentences as they are, anything else by its kind only."""
    for event in result.all_events:
        data = event.event_specific_data if event.is_failure else None
        error = getattr(data, "error", None)
        while error is not None:
            if error.cls_name == "UsageError":
                return UsageError(_sentence(error.message))
            if error.cls_name == "NightlyFailed" and not tells_of_full_disk(error.message):
                return NightlyFailed(_sentence(error.message))
            if error.cause is None:
                step = f" in step {event.step_key}" if event.step_key else ""
                return _unforeseen(home, error.cls_name or "error", error.message, step)
            error = error.cause
    return _unforeseen(home, "error", "", "")


def _unforeseen(home: Home, kind: str, message: str, step: str) -> NightlyFailed:
    if tells_of_full_disk(message):
        return NightlyFailed(
            f"The disk that holds {home.path} is full (or fails); what was published before is untouched. Make room on it "
            "(a nightly needs as much again as history, warehouse and published take) and run kaa nightly again."
        )
    if any(words in message for words in _RECORDS_REFUSED):
        refused: OSError | None = PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(home.path / "dagster"))
    else:
        refused = os_errors.found_in(message)
    if refused:
        return NightlyFailed(
            f"The nightly failed{step}; what was published before is untouched. {os_errors.sentence(refused)}"
        )
    return NightlyFailed(
        f"The nightly failed{step} ({kind}); what was published before is untouched. See the run in dagster dev, mend the "
        "cause and run kaa nightly again."
    )


def _sentence(message: str) -> str:
    return message.strip().partition(": ")[2] or message.strip()


def _outcome(home: Home) -> Outcome:
    version = home.current()
    assert version is not None
    with open_for_reading(version.history) as connection:
        judged = connection.execute(
            "select status, count(*) from delivery where judged_in = ? and decided is null group by status",
            [version.number],
        ).fetchall()
        held = connection.execute("select count(*) from delivery where status = 'held'").fetchone()
    with open_for_reading(version.published) as connection:
        notices = connection.execute("select sentence, waits_for_a_person from notice order by rowid").fetchall()
    return Outcome(
        version.number,
        dict(judged),
        held[0] if held else 0,
        tuple(one[0] for one in notices),
        sum(one[1] for one in notices),
    )
