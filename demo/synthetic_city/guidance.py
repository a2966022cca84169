"""Visits of Skolslussen: before the term by youths who lack a place or want another, during the school year by the register's.

The totals of ``targets`` hold for each report year. As in 2015, everybody who came before the term began upper-secondary
school in the autumn. Belongs here: who comes when and what for. Does not belong here: the enrolments of the administration.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from demo.synthetic_city import targets as t
from demo.synthetic_city.admissions import NOT_ADMITTED, RESERVED, Application
from demo.synthetic_city.frames import FOR_EVER, Row, frame_of
from demo.synthetic_city.timeline import (
    FINAL,
    LAST,
    PRELIMINARY,
    age,
    day,
    guidance_closed,
    is_weekday,
    notices,
    term_start,
)
from demo.synthetic_city.youth import Youth

KINDS = ("VAGLEDNING", "KARTLAGGNING", "PLATSHJALP", "OVRIGT")
FIRST_VISIT, BEFORE_TERM, LATER_VISIT = (66, 18, 11, 5), (48, 6, 42, 4), (34, 20, 38, 8)
MORE_VISITS = (62, 24, 10, 4)
REACHED = "reached"


@dataclass(frozen=True)
class Visit:
    number: str
    day: int
    kind: str


class _Year:
    """The days of one report year on which Skolslussen is open. ``before``: from the first notice to the term."""

    def __init__(self, year: int) -> None:
        self.year = year
        self.notice = notices(year)
        self.term = term_start(year)
        first = day(f"{year - 1}-12-01") if year > 2021 else self.notice[PRELIMINARY]
        last = min(day(f"{year}-11-30"), LAST - 1)
        self.open = [d for d in range(first, last + 1) if is_weekday(d) and not guidance_closed(d)]
        self.before = [d for d in self.open if self.notice[PRELIMINARY] <= d < self.term]
        self.other = [d for d in self.open if not self.notice[PRELIMINARY] <= d < self.term]


def visits(rng: random.Random, youths: Sequence[Youth], every: Sequence[Application]) -> list[Visit]:
    """Of the admission years 2021–2023; of the first from its first notice on, when the records begin."""
    result: list[Visit] = []
    for position, year in enumerate((2021, 2022, 2023)):
        index = max(position - 1, 0)
        calendar = _Year(year)
        mine = [a for a in every if a.year == year]
        before = _before_term(rng, calendar, mine, t.BEFORE_TERM[index])
        for application, when in before:
            _come(rng, result, application, when, calendar.open, BEFORE_TERM)
        size = t.VISITORS_AUTUMN_2021 if year == 2021 else t.VISITORS[index] - t.BEFORE_TERM[index]
        _during_the_year(rng, result, calendar, youths, mine, {a.person for a, _ in before}, size)
    return result


def _before_term(
    rng: random.Random, calendar: _Year, every: Sequence[Application], size: int
) -> list[tuple[Application, int]]:
    """So many who begin school in the autumn, with their day: the not admitted after the final notice, others any time."""
    refused = [a for a in every if a.final == NOT_ADMITTED and a.start is not None]
    chosen = rng.sample(refused, round(len(refused) * t.GUIDED_PLACED))
    others = []
    for position, application in enumerate(every):
        # Begins after the last days before the term, so that the place comes after the visit.
        if application.final != NOT_ADMITTED and (application.start or 0) > calendar.notice[FINAL]:
            key = rng.random() ** (1 / _interest(application, calendar))
            others.append((key, position))
    others.sort(reverse=True)
    chosen += [every[position] for _, position in others[: size - len(chosen)]]
    result = []
    for application in chosen:
        assert application.start is not None
        waits = application.final in (NOT_ADMITTED, RESERVED)
        low = calendar.notice[FINAL] if waits else calendar.notice[PRELIMINARY]
        result.append((application, rng.choice([d for d in calendar.before if low <= d < application.start])))
    return result


def _interest(application: Application, calendar: _Year) -> float:
    youth = application.youth
    if youth is not None and any(calendar.before[0] <= e.start < calendar.term for e in youth.enrolments):
        return 60.0
    return 25.0 if application.final == RESERVED else 8.0 if youth is not None else 0.2


def _during_the_year(
    rng: random.Random,
    result: list[Visit],
    calendar: _Year,
    youths: Sequence[Youth],
    every: Sequence[Application],
    known: Collection[str],
    size: int,
) -> None:
    """So many more persons: enrolled at Skolslussen, still without a place in the autumn, or otherwise in the register."""
    seen = set(known)

    def come(person: Youth | Application, name: str, when: int, kinds: Sequence[int] = FIRST_VISIT) -> None:
        seen.add(name)
        _come(rng, result, person, when, calendar.other, kinds)

    for youth in youths:
        starts = [e.start for e in youth.enrolments if e.office == "UTBF" and e.start in calendar.other]
        if starts and youth.number not in seen:
            come(youth, youth.number, starts[0])
    waiting = [a for a in every if a.final == NOT_ADMITTED and a.start is None and a.person not in seen]
    autumn = [d for d in calendar.other if calendar.term <= d <= day(f"{calendar.year}-09-15")]
    for application in rng.sample(waiting, round(len(waiting) * t.GUIDED_NOT_PLACED)):
        come(application, application.person, rng.choice(autumn), BEFORE_TERM)
    refused = {a.person for a in every if a.final == NOT_ADMITTED}
    keys = []
    for position, youth in enumerate(youths):
        days = [d for d in calendar.other if any(s.start < d <= s.last_day() for s in youth.stays)]
        if len(days) > 10 and youth.number not in seen and youth.number not in refused:
            weight = 4.0 if REACHED in youth.status else 1.0
            keys.append((rng.random() ** (1 / weight), position, rng.choice(days)))
    keys.sort(reverse=True)
    missing = size - (len(seen) - len(known))
    for _, position, when in keys[:missing]:
        come(youths[position], youths[position].number, when)


def _come(
    rng: random.Random,
    result: list[Visit],
    person: Youth | Application,
    when: int,
    days: Sequence[int],
    kinds: Sequence[int],
) -> None:
    """The first visit, and some more within two months on the given days, while the youth is under 20."""
    result.append(Visit(person.number_on(when + 1), when, rng.choices(KINDS, kinds)[0]))
    youth = person if isinstance(person, Youth) else person.youth
    following = [d for d in days if when + 3 <= d <= when + 60 and (youth is None or age(youth.birth, d) < 20)]
    for more in sorted(rng.sample(following, min(rng.choices(range(4), MORE_VISITS)[0], len(following)))):
        result.append(Visit(person.number_on(more + 1), more, rng.choices(KINDS, LATER_VISIT)[0]))


def visit_rows(rng: random.Random, every: Sequence[Visit]) -> pl.DataFrame:
    log = sorted(((v.day, rng.random(), v) for v in every), key=lambda entry: entry[:2])
    rows: list[Row] = [
        (f"SL{position:06d}", visit.number, when, visit.kind, when + 1, FOR_EVER)
        for position, (when, _, visit) in enumerate(log, start=1)
    ]
    return frame_of(rows, ("besok_id", "personnummer", "datum", "besokstyp"), ["datum"])
