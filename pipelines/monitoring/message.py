"""What is told in one message: the troubles that have begun and those that are over, the same for every channel. How a
channel brings it belongs in ``webhook`` and ``mail``."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.monitoring.known import Known
from pipelines.monitoring.words import Advice, acknowledging, advice, commands
from pipelines.state.home import Home

#: So many troubles of one kind are told one by one; the others are counted.
SHOWN_OF_A_KIND = 5


@dataclass(frozen=True)
class Item:
    """A trouble in words. ``commands`` help with it; ``acknowledging`` is the one for who knows of it."""

    id: str
    code: str
    since: date
    sentence: str
    advice: Advice
    commands: tuple[str, ...]
    acknowledging: str
    over_on: date | None = None

    @property
    def title(self) -> str:
        return self.advice.title


@dataclass(frozen=True)
class Group:
    """Troubles of one kind: those that are told one by one, and how many there are besides."""

    items: tuple[Item, ...]
    others: int

    @property
    def advice(self) -> Advice:
        return self.items[0].advice

    @property
    def shared_commands(self) -> tuple[str, ...]:
        """The commands that help with each of them."""
        return tuple(one for one in self.items[0].commands if all(one in item.commands for item in self.items))


@dataclass(frozen=True)
class Message:
    """One message. ``name`` is different for each; ``answers``: the names of the messages that told of what is over now.
    ``open`` and ``acknowledged`` count what is not over, this message's included. ``run``: what came of the last run, in one
    sentence."""

    name: str
    at: datetime
    municipality_code: str
    municipality: str
    machine: str
    run: str
    begun: tuple[Item, ...]
    over: tuple[Item, ...]
    open: int
    acknowledged: int
    answers: tuple[str, ...] = ()
    is_test: bool = False

    @property
    def subject(self) -> str:
        """What it is about, in one line."""
        return f"KAA {self.municipality}: {self.summary}"

    @property
    def summary(self) -> str:
        if self.is_test:
            return "provmeddelande"
        parts = []
        if self.begun:
            parts.append(_counted(self.begun, "nya problem"))
        if self.over:
            parts.append(f"över: {_counted(self.over, 'problem')}")
        return "; ".join(parts)

    @property
    def begun_groups(self) -> list[Group]:
        return groups(self.begun)

    @property
    def over_groups(self) -> list[Group]:
        return groups(self.over)


def _counted(items: Sequence[Item], many: str) -> str:
    titles = list(dict.fromkeys(item.title for item in items))
    if len(items) == 1:
        return titles[0]
    return f"{len(items)} {many} ({', '.join(title[0].lower() + title[1:] for title in titles)})"


def groups(items: Sequence[Item], shown: int = SHOWN_OF_A_KIND) -> list[Group]:
    """Troubles by their kind; of each so many one by one."""
    by_code: dict[str, list[Item]] = {}
    for item in items:
        by_code.setdefault(item.code, []).append(item)
    return [Group(tuple(found[:shown]), max(0, len(found) - shown)) for found in by_code.values()]


def item(known: Known) -> Item:
    """A trouble in words."""
    return Item(
        known.id,
        known.code,
        known.began.date(),
        known.sentence,
        advice(known.code),
        commands(known.code, known.about),
        acknowledging(known.id),
        datetime.fromisoformat(known.over_at).date() if known.over_at else None,
    )


def machine() -> str:
    """This machine's name."""
    return socket.gethostname()


def test_message(home: Home, name: str, at: datetime) -> Message:
    """What `kaa tell --test` sends."""
    municipality = home.municipality
    return Message(
        name, at, municipality.code, municipality.title, machine(), "", (), (), 0, 0, is_test=True
    )  # fmt: skip
