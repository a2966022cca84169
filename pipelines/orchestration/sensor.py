"""Dagster's sensor for what comes after the night's run: late deliveries, and a night that may succeed now.

It also puts in order what a killed or hung run has left, so that Dagster's queue does not wait for it. Whether a run is worth it
is decided in ``late``; `kaa nightly --if-new` asks the same without Dagster.
"""

from datetime import datetime, timedelta

import dagster as dg

from pipelines.orchestration.dagster_runs import end_killed_run, is_waiting
from pipelines.orchestration.late import reason_to_run
from pipelines.orchestration.run import clear
from pipelines.orchestration.schedule import begins
from pipelines.runtime import clock
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.log import Event, event
from pipelines.state.home import Home, open_home
from pipelines.state.nightly_lock import holder

#: Seconds between two looks.
EVERY = 600

#: From midnight until so long after the schedule's hour it is the schedule's turn.
_SCHEDULES_TURN = timedelta(minutes=15)


def look(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run where one is worth it now."""
    try:
        home = open_home(writing=True)
        left = clear(home)
        if left and left.dagster_run:
            end_killed_run(instance, left.dagster_run)
        return _request(home, instance, clock.now(home.municipality.timezone))
    except (UsageError, NightlyFailed) as error:
        return dg.SkipReason(str(error))


def _request(home: Home, instance: dg.DagsterInstance, now: datetime) -> dg.RunRequest | dg.SkipReason:
    if now < begins(now.date(), now) + _SCHEDULES_TURN:
        return dg.SkipReason("It is night: the schedule's turn.")
    who = holder(home.path)
    if (who and who.is_alive) or is_waiting(instance):
        return dg.SkipReason("A run or another command is at work, or a run waits.")
    reason = reason_to_run(home, now)
    if reason is None:
        return dg.SkipReason("Nothing has come since the last run.")
    event(home.path, Event.LATE_DELIVERY_SEEN, deliveries=reason.deliveries)
    return dg.RunRequest(run_key=reason.key)
