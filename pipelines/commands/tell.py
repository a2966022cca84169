"""``kaa acknowledge`` and ``kaa tell``: what is wrong and who knows of it, and whether anybody would be told.

What is wrong, and who is told of it, is in ``monitoring``.
"""

import sys

import click

from pipelines.commands.tables import WRITERS
from pipelines.commands.terminal import as_day, format_option, say
from pipelines.runtime.errors import UsageError

TROUBLE_COLUMNS = ("trouble", "since", "what", "acknowledged_by", "until", "because")


@click.command()
@click.argument("trouble", required=False)
@click.option("--because", help="Why it is known, or why that is taken back; kept with your name.")
@click.option("--until", help="The last day on which it is known (YYYY-MM-DD), at most a year ahead.")
@click.option("--by", "decided_by", help="Who decided it, where that is not who runs this.")
@click.option("--withdraw", "is_withdrawn", is_flag=True, help="It is known no longer: tell of it again.")
@format_option("table", "table", "json", "csv")
def acknowledge(
    trouble: str | None,
    because: str | None,
    until: str | None,
    decided_by: str | None,
    is_withdrawn: bool,
    format_: str,
) -> None:
    """Say that a trouble is known, why and until when; without TROUBLE: which there are, and who knows of them.

    A known trouble is told to nobody again and does not make the nightly end with exit code 2; it stays on the page, and returns
    the day after. A delivery that is held or was rejected makes the nightly end so all the same.
    """
    from pipelines.monitoring import acknowledgements
    from pipelines.state.home import open_home

    if trouble is None:
        if because or until or decided_by or is_withdrawn:
            raise UsageError("Say which trouble: take its name from kaa acknowledge.")
        _list(format_)
        return
    if because is None:
        raise UsageError("Say why with --because; it is kept with your name.")
    home = open_home(writing=True)
    if is_withdrawn:
        if until or decided_by:
            raise UsageError("--until and --by belong to an acknowledgement: leave them out with --withdraw.")
        acknowledgements.withdraw(home, trouble, because)
        say(f"Noted: {trouble} is known no longer; it is told of at the next kaa nightly, if it is still there.")
        return
    day = as_day(until)
    if day is None:
        raise UsageError("Say until which day it is known with --until YYYY-MM-DD; it is told of again after that.")
    from pipelines.monitoring.known import read_known
    from pipelines.monitoring.troubles import TroubleCode

    found = read_known(home.path).troubles.get(trouble)
    if found is None or not found.is_open:
        raise UsageError(f"There is no trouble {trouble!r} now: take its name from kaa acknowledge.")
    made = acknowledgements.acknowledge(home, trouble, because, day, decided_by)
    say(f"Noted: {trouble} is known to {made.by} until {made.until}; nobody is told of it again before that.")
    if found.code == TroubleCode.DELIVERY_HELD:
        say("kaa nightly ends with exit code 2 all the same until the delivery is released or rejected.")


def _list(format_: str) -> None:
    from pipelines.monitoring.acknowledgements import acknowledgements
    from pipelines.monitoring.known import read_known
    from pipelines.state.home import open_home

    home = open_home()
    known = acknowledgements(home)
    rows = []
    for one in read_known(home.path).open:
        by = known.get(one.id)
        rows.append(
            (one.id, one.began.date(), one.sentence, *((by.who, by.until, by.because) if by else (None, None, None)))
        )
    WRITERS[format_](TROUBLE_COLUMNS, rows)
    if not rows:
        say("Nothing is wrong that a person should see to.")


@click.command()
@click.option("--test", "is_test", is_flag=True, help="Send a test message on every channel.")
def tell(is_test: bool) -> None:
    """Whom the nightly tells of troubles; with --test: send each a message, and say what came of it.

    Exit code 0: all took it (or there is nobody to tell); 2: somebody did not.
    """
    from pipelines.monitoring.channel import NotTold, within_time
    from pipelines.monitoring.known import read_known
    from pipelines.monitoring.message import test_message
    from pipelines.monitoring.telling import channels, message_name
    from pipelines.runtime import clock
    from pipelines.state.home import open_home

    home = open_home()
    found = channels(home)
    if not found:
        say(f"Nobody is told: name a webhook or a mail server in [tell] of {home.path / 'settings.toml'}.")
        return
    now = clock.now(home.municipality.timezone)
    sendings = read_known(home.path).sendings
    failed = 0
    for channel in found:
        if not is_test:
            last = sendings.get(channel.name)
            outcome = "not told anything yet" if last is None else f"{last.why or 'told'} ({last.at})"
            say(f"{channel.name} to {channel.to}: {outcome}")
            failed += last is not None and last.why is not None
            continue
        message = test_message(home, message_name(now), now)
        try:
            within_time(lambda channel=channel, message=message: channel.send(message))  # type: ignore[misc]
            say(f"{channel.name} to {channel.to}: the test message was taken.")
        except NotTold as error:
            say(f"{channel.name} to {channel.to}: {error}")
            failed += 1
    sys.exit(2 if failed else 0)
