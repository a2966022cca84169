"""Whether last night's run is over and well, for who watches over the machine: asked beside the nightly, by a timer of its own.

A run that never began can tell nobody so itself, and neither can one that was killed or hangs. What a run says of itself is in
``run``, who is told of it and how in ``monitoring``.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.configuration.settings import SETTINGS
from pipelines.monitoring.after_run import after_run
from pipelines.orchestration.outcome import published_number
from pipelines.orchestration.run import clear
from pipelines.orchestration.schedule import GRACE, last_night
from pipelines.runtime import clock
from pipelines.runtime.errors import AnotherRuns
from pipelines.state.home import Home
from pipelines.state.last_run import LastRun, RunResult, read_last_run, write_last_run
from pipelines.state.nightly_lock import Holder, holder
from pipelines.state.versions import POINTER

_WELL = (RunResult.PUBLISHED, RunResult.NOTHING_NEW)


@dataclass(frozen=True)
class Verdict:
    """What there is to say of last night. ``exit_code``: 0 well (or still going on), 2 published and something waits for a
    person, 1 anything else. ``left``: who was killed while holding the lock, where this look found it so."""

    exit_code: int
    sentence: str
    left: Holder | None = None


def look(home: Home) -> Verdict:
    """Look at last night, put in order what a killed or hung run has left, and have told who is to be told.

    Raises NightlyFailed when a run that hangs cannot be ended.
    """
    now = clock.now(home.municipality.timezone)
    left = clear(home)
    last = read_last_run(home.path)
    if last and last.result is RunResult.RUNNING and (who := _at_work(home)):
        return Verdict(
            0, f"The nightly that began {_shown(last.started_at, now)} goes on, {_minutes(who.seconds)} so far."
        )
    due = last_night(now)
    if _newest_sign(home, last, now).date() < due.date():
        if now < due + GRACE:
            return Verdict(
                0, f"The nightly of {due:%Y-%m-%d} has not begun yet; it is missed from {due + GRACE:%H:%M} on."
            )
        last = _missed(home, last, due)
    elif last is None:
        return Verdict(0, f"No nightly is missed: the next one is due at {due:%H:%M} on a weekday.")
    after_run(home, last)
    return replace(_verdict(last, now), left=left)


def _at_work(home: Home) -> Holder | None:
    """Who is at a run that goes on; within `kaa restore`, say, its command holds the lock."""
    who = holder(home.path)
    return who if who and who.is_alive else None


def _newest_sign(home: Home, last: LastRun | None, now: datetime) -> datetime:
    """When a run last began; before there is a record of one, when something was published or the home was set up."""
    if last:
        return datetime.fromisoformat(last.started_at).astimezone(now.tzinfo)
    files = [home.path / name for name in (POINTER, SETTINGS)]
    return max(datetime.fromtimestamp(file.stat().st_mtime, now.tzinfo) for file in files if file.exists())


def _missed(home: Home, last: LastRun | None, due: datetime) -> LastRun:
    """The record of a night that did not begin, with what is known of the one before."""
    before = last or LastRun(started_at="", process=0, result=RunResult.MISSED)
    record = replace(
        before,
        started_at=due.isoformat(timespec="seconds"),
        ended_at=None,
        process=0,
        result=RunResult.MISSED,
        version=published_number(home),
        exit_code=1,
        failure="No nightly began: see that the timer or Dagster's daemon is on, then run kaa nightly.",
        temporary=False,
    )
    try:
        with home.nightly_lock():
            write_last_run(home.path, record)
    except (AnotherRuns, OSError):  # one begins just now; or a full disk, of which the next run tells
        pass
    return record


def _verdict(last: LastRun, now: datetime) -> Verdict:
    began = _shown(last.started_at, now)
    if last.result is RunResult.MISSED:
        return Verdict(1, f"The nightly that was due {began} did not begin. {last.failure}")
    if last.result not in _WELL:
        return Verdict(1, f"The nightly that began {began} did not publish ({last.result}): {last.failure}")
    done = "published" if last.result is RunResult.PUBLISHED else "found nothing new after"
    text = f"The nightly that began {began} {done} version {last.version}"
    if last.exit_code:
        return Verdict(
            last.exit_code, f"{text}; something waits for a person: run kaa deliveries, or see the page Drift."
        )
    return Verdict(0, f"{text}.")


def _shown(moment: str, now: datetime) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(now.tzinfo):%Y-%m-%d %H:%M}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes"
