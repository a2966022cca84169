"""The youths of the synthetic city that ever are in the KAA register (or get support): plain data.

Belongs here: what is true of one youth. Does not belong here: how it is drawn, and how it is written to files.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from demo.synthetic_city.city_facts import CENTRE_OF_DISTRICT, SUCCESSOR
from demo.synthetic_city.timeline import LAST, PERIODS, REFORM, Period, seen


@dataclass
class Stay:
    """A stay in the register. ``end`` is the first morning without the youth; None: still there at the end."""

    start: int
    end: int | None
    cause: str = ""  # why it ended: STUDIER, FYLLT_20, FLYTTAT, BEVIS, KOMVUX
    reason: str = ""  # registreringsorsak
    kind: str = "long"  # long, short, summer

    def last_day(self) -> int:
        return LAST if self.end is None else self.end - 1


@dataclass
class Measure:
    kind: str
    start: int
    end: int | None
    reason: str | None


@dataclass
class Enrolment:
    office: str
    start: int
    end: int | None
    reason: str | None
    measures: list[Measure] = field(default_factory=list)


@dataclass
class Contact:
    day: int
    outgoing: bool
    channel: str
    answered: bool = False
    by: str | None = None
    staff: int | None = None
    void_from: int | None = None  # the first morning on which it is marked makulerad
    occupation: str | None = None  # what was said at it
    corrected_occupation: str | None = None  # an earlier, wrong record of what was said
    identity: str = ""


@dataclass
class Youth:
    gender: str
    district: str | None  # in the division before the reform
    stays: list[Stay] = field(default_factory=list)
    enrolments: list[Enrolment] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    status: list[str] = field(default_factory=lambda: ["", ""])  # per report year: REACHED, SOUGHT or ""
    residence_checks: list[int] = field(default_factory=list)
    birth: int = 0
    number: str = ""
    earlier_number: str | None = None
    number_changed: int | None = None  # first morning with the new number; LAST + 1: never got one
    move: tuple[int, str] | None = None  # first morning with another district
    marking: str | None = None
    registered_from: int = 0
    immigrated: bool = False
    left_city: int | None = None  # first morning not in the population register
    in_population: bool = True
    district_unknown_to_population: bool = True

    def centre(self) -> str:
        return CENTRE_OF_DISTRICT[self.district] if self.district else "SAKNAS"

    def district_on(self, morning: int) -> str | None:
        code = self.district
        if code is not None and self.move is not None and morning >= self.move[0]:
            code = self.move[1]
        if code is not None and morning >= REFORM:
            code = SUCCESSOR.get(code, code)
        return code

    def number_on(self, morning: int) -> str:
        if self.earlier_number is not None and self.number_changed is not None and morning < self.number_changed:
            return self.earlier_number
        return self.number

    def in_register(self, period: Period) -> bool:
        return any(seen(stay.start, stay.end, period) for stay in self.stays)

    def years(self) -> tuple[bool, bool]:
        return self.in_register(PERIODS[0]), self.in_register(PERIODS[1])

    def new_in(self, period: Period) -> int | None:
        """The first day of enrolment in the period."""
        starts = [e.start for e in self.enrolments if period.first <= e.start <= period.last]
        return min(starts, default=None)
