"""Tells the channels of settings.toml what has begun and what is over: each trouble once when it begins and once when it is
over, all of one look in one message. What could not be told is told next time; it never fails a night.

What there is to tell is noted in ``known``; how a channel brings it belongs in ``webhook`` and ``mail``.
"""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex

from pipelines.monitoring.channel import Channel, NotTold, ToldInPart, within_time
from pipelines.monitoring.known import Known, KnownTroubles, Sending, Told
from pipelines.monitoring.message import Message, item, machine
from pipelines.runtime.log import Event, event
from pipelines.state.home import Home


def channels(home: Home) -> list[Channel]:
    """Those that the settings name."""
    tell = home.settings.telling
    found: list[Channel] = []
    # Loaded where somebody is told: their libraries take a third of a second.
    if tell.webhook:
        from pipelines.monitoring.webhook import Webhook

        found.append(Webhook(home.path, tell.webhook))
    if tell.mail:
        from pipelines.monitoring.mail import Mail

        found.append(Mail(home.path, tell.mail))
    return found


def tell(home: Home, known: KnownTroubles, run: str, now: datetime, to: Sequence[Channel]) -> None:
    """Tell each channel what it is still to be told, and note what came of it. ``run``: the last run in one sentence."""
    for channel in to:
        begun, over = known.to_tell(channel.name)
        if not begun and not over:
            continue
        at = now.isoformat(timespec="seconds")
        for one in begun:
            one.told.setdefault(channel.name, Told(tried=at))
        why, name = _sent(channel, _message(home, known, run, now, channel.name, begun, over))
        known.sendings[channel.name] = Sending(at, why)
        if why:
            event(home.path, Event.NOT_TOLD, channel=channel.name, begun=len(begun), over=len(over), why=why)
        if name is None:
            continue
        if not why:
            event(home.path, Event.TOLD, channel=channel.name, begun=len(begun), over=len(over))
        for one in begun:
            one.told[channel.name].begun, one.told[channel.name].message = at, name
        for one in over:
            one.told[channel.name].over = at


def _sent(channel: Channel, message: Message) -> tuple[str | None, str | None]:
    """Why it was not told, if it was not; and the message's name, if anybody has it."""
    try:
        return None, within_time(lambda: channel.send(message)) or message.name
    except ToldInPart as error:
        return str(error), error.message or message.name
    except NotTold as error:
        return str(error), None


def _message(
    home: Home,
    known: KnownTroubles,
    run: str,
    now: datetime,
    channel: str,
    begun: Sequence[Known],
    over: Sequence[Known],
) -> Message:
    told_before = [one.told[channel].message for one in over]
    return Message(
        name=message_name(now),
        at=now,
        municipality_code=home.municipality.code,
        municipality=home.municipality.title,
        machine=machine(),
        run=run,
        begun=tuple(item(one) for one in begun),
        over=tuple(item(one) for one in over),
        open=len(known.open),
        acknowledged=sum(one.acknowledged for one in known.open),
        answers=tuple(dict.fromkeys(name for name in told_before if name)),
    )


def message_name(now: datetime) -> str:
    """A name that no other message has."""
    return f"kaa.{now:%Y%m%dT%H%M%S}.{token_hex(6)}"
