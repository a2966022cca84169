"""Troubles that a person knows of and has taken upon them: who, why and until when, kept with what else people decide
(`decided.jsonl`).

An acknowledged trouble is told to nobody again and does not make the nightly end with exit code 2; it stays on the page and
in the metrics, and returns the day after its last. A delivery that is held or was rejected still makes it end so."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.notices import Notice
from pipelines.personnummer import mask_text
from pipelines.runtime import clock
from pipelines.runtime.errors import UsageError
from pipelines.runtime.log import Event, event
from pipelines.state import decision_log
from pipelines.state.home import Home

#: Nothing is known for longer without somebody looking at it again.
LONGEST_DAYS = 366

_ACKNOWLEDGE, _WITHDRAW = "acknowledge", "withdraw-acknowledgement"


@dataclass(frozen=True)
class Acknowledgement:
    """Who has acknowledged a trouble (``by``: who ran the command, ``decided_by``: who decided it, where that is somebody
    else), on which day, why, and the last day on which it holds."""

    trouble: str
    by: str
    on: date
    because: str
    until: date
    decided_by: str | None = None

    @property
    def who(self) -> str:
        return f"{self.decided_by} (genom {self.by})" if self.decided_by else self.by


def acknowledgements(home: Home) -> dict[str, Acknowledgement]:
    """Those that hold today, by trouble. Raises UsageError when the file of decisions cannot be read."""
    today = clock.today(home.municipality.timezone)
    found: dict[str, Acknowledgement] = {}
    for line in decision_log.decisions(home):
        if line["decision"] == _ACKNOWLEDGE:
            found[line["trouble"]] = Acknowledgement(
                line["trouble"],
                line["by"],
                date.fromisoformat(line["at"][:10]),
                line["because"],
                date.fromisoformat(line["until"]),
                line.get("decided_by"),
            )
        elif line["decision"] == _WITHDRAW:
            found.pop(line["trouble"], None)
    return {trouble: one for trouble, one in found.items() if one.until >= today}


def known_to_somebody(home: Home) -> dict[str, Acknowledgement]:
    """As ``acknowledgements``; none where the decisions cannot be read, so that nothing is kept from anybody for that."""
    with suppress(UsageError, ValueError, KeyError, TypeError, OSError):
        return acknowledgements(home)
    return {}


def waiting(home: Home, notices: Iterable[Notice]) -> list[Notice]:
    """The notices that wait for a person and that nobody has acknowledged: those for which the nightly ends with exit code 2."""
    asked = [one for one in notices if one.waits_for_a_person]
    known = known_to_somebody(home) if asked else {}
    return [one for one in asked if one.trouble not in known]


def acknowledge(home: Home, trouble: str, because: str, until: date, decided_by: str | None = None) -> Acknowledgement:
    """Take a trouble upon oneself until a day, which is included. That it is open is asked by who calls this.

    Raises UsageError when the reason says nothing, or the day is past or more than a year ahead.
    """
    today = clock.today(home.municipality.timezone)
    if until < today:
        raise UsageError(f"--until {until} is past: say until which day it is known, from {today} on.")
    if until > (last := today + timedelta(days=LONGEST_DAYS)):
        raise UsageError(
            f"--until {until} is more than a year ahead: choose a day up to {last}, and look at it again then."
        )
    details = {"decided_by": mask_text(" ".join(decided_by.split()))} if decided_by and decided_by.strip() else {}
    decision_log.record(home, _ACKNOWLEDGE, because, trouble=trouble, until=until.isoformat(), **details)
    made = acknowledgements(home)[trouble]
    event(home.path, Event.ACKNOWLEDGED, trouble=trouble, by=made.by, until=until)
    return made


def withdraw(home: Home, trouble: str, because: str) -> None:
    """Take an acknowledgement back: the trouble is told again. Raises UsageError when there is none, or the reason says
    nothing."""
    found = acknowledgements(home)
    if trouble not in found:
        raise UsageError(f"Nobody has acknowledged {trouble!r}: run kaa acknowledge to see what is.")
    decision_log.record(home, _WITHDRAW, because, trouble=trouble)
    event(home.path, Event.ACKNOWLEDGEMENT_WITHDRAWN, trouble=trouble, by=decision_log.decisions(home)[-1]["by"])
