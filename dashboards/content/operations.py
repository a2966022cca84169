"""What is wrong with the nights and who knows of it: for who looks after the program. The published file knows it as the night
did (``status``); what has come of runs since is told by who shows the pages (``Operations``).

What is wrong is decided by the nightly; here it is only made ready to be shown.
"""

from dataclasses import dataclass
from datetime import date, datetime

from dashboards.published.status import Row


@dataclass(frozen=True)
class Acknowledged:
    """Who knows of a trouble, since and until which day (included), and why nobody need be told of it."""

    by: str
    on: date
    until: date
    because: str


@dataclass(frozen=True)
class Trouble:
    """Something that lasts until a person has seen to it. ``is_of_a_run``: a run published nothing, so no published file knows of
    it."""

    id: str
    sentence: str
    since: date
    acknowledged: Acknowledged | None
    is_of_a_run: bool = False


@dataclass(frozen=True)
class Untold:
    """A channel whose last message was not taken: what it is called, when, and why (as the program says it)."""

    channel: str
    at: datetime
    why: str


@dataclass(frozen=True)
class Operations:
    """As it is now. ``run``: what came of the last run, in one sentence; ``has_failed``: it published nothing."""

    run: str
    has_failed: bool
    is_running: bool
    troubles: tuple[Trouble, ...]
    untold: tuple[Untold, ...] = ()


def published_trouble(row: Row) -> Trouble:
    """A trouble as the night that published knew it."""
    by = row["acknowledged_by"]
    known = (
        Acknowledged(by, row["acknowledged_on"], row["acknowledged_until"], row["acknowledged_because"]) if by else None
    )
    return Trouble(row["trouble"], row["sentence"], row["begun_on"], known)
