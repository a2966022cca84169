"""`kaa nightly` and `kaa watch`: the night's run, and the look at whether it is over and well.

How a run goes belongs in ``orchestration``; here is what its callers ask for and are told.
"""

import sys
from typing import TYPE_CHECKING

import click

from pipelines.commands.terminal import say

if TYPE_CHECKING:
    from pipelines.state.home import Home


@click.command()
@click.option("--unattended", is_flag=True, help="Nobody watches: wait for a mount or another run, and try again.")
@click.option("--if-new", is_flag=True, help="Do nothing unless a delivery has come since the last run.")
def nightly(unattended: bool, if_new: bool) -> None:
    """Take in every new delivery, rebuild the marts, run the checks, publish."""
    from pipelines.monitoring.acknowledgements import known_to_somebody
    from pipelines.orchestration.nightly import run_nightly
    from pipelines.orchestration.patience import AT_ONCE, WAITS
    from pipelines.state.home import open_home

    home = open_home(writing=True)
    if if_new and (why_not := _why_no_run(home)):
        say(why_not)
        return
    outcome = run_nightly(home, WAITS if unattended else AT_ONCE)
    judged = (
        ", ".join(f"{count} {status}" for status, count in sorted(outcome.by_status.items())) or "no new deliveries"
    )
    say(f"Published version {outcome.version}: {judged}; {outcome.held} waiting for a decision.")
    known = known_to_somebody(home)
    for one in outcome.notices:
        by = known.get(one.get("trouble", ""))
        say(f"{one['sentence']} (Known to {by.who} until {by.until}.)" if by else one["sentence"])
    if outcome.by_status.get("rejected") or outcome.held:
        say("Run kaa deliveries to see what was rejected or is held, and why.")
    sys.exit(outcome.exit_code)


def _why_no_run(home: "Home") -> str | None:
    """Why no run is worth it now, if none is."""
    from pipelines.orchestration.late import reason_to_run
    from pipelines.orchestration.run import clear
    from pipelines.runtime.log import Event, event
    from pipelines.state.nightly_lock import holder

    clear(home)
    who = holder(home.path)
    if who and who.is_alive:
        return "A nightly or another command is at work; nothing was done."
    reason = reason_to_run(home)
    if reason is None:
        return "Nothing has come since the last run; nothing was done."
    event(home.path, Event.LATE_DELIVERY_SEEN, deliveries=reason.deliveries)
    return None


@click.command()
def watch() -> None:
    """Say whether last night's run is over and well: exit code 0, 2 when something waits for a person, else 1.

    What a killed or hung run has left is put in order, and who is to be told is told. For a timer of its own, in the morning and
    by day.
    """
    from pipelines.orchestration.watch import look
    from pipelines.state.home import open_home

    home = open_home(writing=True)
    verdict = look(home)
    if verdict.left and verdict.left.dagster_run:
        from pipelines.orchestration.nightly import end_dagster_run

        end_dagster_run(home, verdict.left.dagster_run)
    say(verdict.sentence)
    sys.exit(verdict.exit_code)
