"""The calendar of the synthetic Stockholm: which nights deliver what, the two report years, and seasons.

Belongs here: everything that depends on the date alone. Does not belong here: anything about persons.
Days are proleptic ordinals (``date.toordinal()``), because most of the work is arithmetic on them.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

EPOCH = date(1970, 1, 1).toordinal()


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def as_date(ordinal: int) -> date:
    return date.fromordinal(ordinal)


@dataclass(frozen=True)
class Period:
    """A report year. ``last_event`` is the last day of which the final extract can know anything."""

    first: int
    last: int
    last_event: int


FIRST = day("2021-12-01")
LAST = day("2023-11-30")
# An extract is the state at 04:00, so what happens during a day is seen the morning after at the earliest:
# the last day of the data can have no events of its own.
PERIODS = (
    Period(FIRST, day("2022-11-30"), day("2022-11-30")),
    Period(day("2022-12-01"), LAST, LAST - 1),
)
# Nobody born earlier may carry a golden number: they are purged when the data reach 2023.
EARLIEST_BIRTH = day("2002-01-01")
REFORM = day("2023-07-01")
NIGHTLY_FROM = day("2023-09-01")
# One night without a delivery from BER, as happens: an outage.
BER_OUTAGE = day("2023-10-12")

SOURCES = (
    "folkbokforing", "skolregister", "beda", "ber", "enkat", "nyckeltal", "antagning", "skolslussen", "flai", "jobbtorg_unga",
)  # fmt: skip


def is_weekday(ordinal: int) -> bool:
    return as_date(ordinal).weekday() < 5


def _nights() -> list[int]:
    weekly = list(range(FIRST, NIGHTLY_FROM, 7))
    nightly = [night for night in range(NIGHTLY_FROM, LAST + 1) if is_weekday(night)]
    return weekly + nightly


NIGHTS = _nights()
BER_NIGHTS = [night for night in NIGHTS if night != BER_OUTAGE]


def school_register_closed(ordinal: int) -> bool:
    """UEDB is closed from 1 June to 15 September, both included."""
    today = as_date(ordinal)
    return (6, 1) <= (today.month, today.day) <= (9, 15)


def delivers(source: str, night: int) -> bool:
    today = as_date(night)
    if source == "skolregister":
        return not school_register_closed(night)
    if source == "ber":
        return night != BER_OUTAGE
    if source == "beda":
        return today.weekday() == 2 or night == LAST
    if source == "skolslussen":
        return not guidance_closed(night)
    if source == "antagning" and any(0 < night - notice <= 7 for notice in notices(today.year).values()):
        return True
    if source in ("enkat", "nyckeltal", "antagning", "jobbtorg_unga"):
        return (today.weekday() == 2 and today.day <= 7) or night == LAST
    return True


# --- admission to upper-secondary school, and the guidance around it ----------------------------------------------------

PRELIMINARY, FINAL, RESERVE, LATE_RESERVE = "PRELIMINAR", "SLUTLIG", "RESERV", "RESERV, sen"


@cache
def notices(year: int) -> dict[str, int]:
    """The days on which the applicants hear whether they have a place; the reserves are called in twice."""
    earliest = {PRELIMINARY: "04-14", FINAL: "07-01", RESERVE: "08-01", LATE_RESERVE: "08-11"}
    return {name: next_weekday(day(f"{year}-{text}")) for name, text in earliest.items()}


def term_start(year: int) -> int:
    return day(f"{year}-08-20")


def guidance_closed(ordinal: int) -> bool:
    """Skolslussen is closed when the first days after the notice are over and the holidays are on, and over Christmas."""
    today = as_date(ordinal)
    return (7, 10) <= (today.month, today.day) <= (7, 31) or not (1, 7) <= (today.month, today.day) <= (12, 22)


def seen(start: int, end: int | None, period: Period) -> bool:
    """Is a stay from ``start`` to the day before ``end`` met by an extract of BER in the period?"""
    position = bisect_left(BER_NIGHTS, max(start, period.first))
    until = period.last if end is None else min(end - 1, period.last)
    return position < len(BER_NIGHTS) and BER_NIGHTS[position] <= until


def no_letters(ordinal: int) -> bool:
    """No letters between the end of the spring term and the big mailing after 15 September."""
    today = as_date(ordinal)
    return (6, 1) <= (today.month, today.day) <= (9, 15)


def outreach_pause(ordinal: int) -> bool:
    """Hardly any outreach in the weeks of holiday."""
    today = as_date(ordinal)
    return (6, 22) <= (today.month, today.day) <= (8, 9)


def mailing_day(job_centre: str, period: Period) -> int:
    """The big mailing: the working days after 15 September, one job-centre after the other."""
    order = ("GLOBEN", "SKARHOLMEN", "VALLINGBY", "KISTA", "SAKNAS")
    year = as_date(period.last).year
    days = [d for d in range(day(f"{year}-09-16"), day(f"{year}-09-30")) if is_weekday(d)]
    return days[order.index(job_centre)]


def years_before(ordinal: int, years: int) -> int:
    """The same date so many years earlier (29 February becomes 1 March)."""
    then = as_date(ordinal)
    try:
        return then.replace(year=then.year - years).toordinal()
    except ValueError:
        return date(then.year - years, 3, 1).toordinal()


def age(birth: int, ordinal: int) -> int:
    born, today = as_date(birth), as_date(ordinal)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


Season = Mapping[int, float]
# Relative frequency by month. What is not named has 1.
ENROLMENT_SEASON: Season = {1: 1.3, 2: 1.1, 5: 0.9, 6: 0.7, 7: 0.15, 9: 1.4, 10: 1.4, 11: 1.2, 12: 0.7}
STUDY_SEASON: Season = {1: 2.2, 2: 0.9, 3: 0.8, 4: 0.8, 5: 0.5, 6: 0.5, 7: 0.15, 8: 2.2, 9: 3.0, 12: 0.5}
LONG_STAY_SEASON: Season = {1: 1.0, 6: 2.2, 7: 1.1, 8: 1.7, 9: 2.2, 11: 0.8, 12: 0.6}
SHORT_STAY_SEASON: Season = {1: 1.6, 2: 0.8, 3: 0.6, 4: 0.6, 5: 0.5, 6: 0.6, 7: 0.5, 8: 4.0, 9: 3.5, 12: 0.6}
EVEN_SEASON: Season = {7: 0.5}


def pick(rng: random.Random, low: int, high: int, season: Season = EVEN_SEASON, weekday: bool = True) -> int:
    """A random day in [low, high] (a working day unless told otherwise), months weighted by the season."""
    top = max(season.values(), default=1.0)
    top = max(top, 1.0)
    for _ in range(200):
        candidate = rng.randint(low, high)
        if weekday and not is_weekday(candidate):
            continue
        if rng.random() * top <= season.get(as_date(candidate).month, 1.0):
            return candidate
    return low


def next_weekday(ordinal: int) -> int:
    candidate = as_date(ordinal)
    while candidate.weekday() >= 5:
        candidate += timedelta(days=1)
    return candidate.toordinal()
