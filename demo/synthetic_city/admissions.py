"""Who applies to upper-secondary school in which year, and what they are told in each round.

Whoever begins school in the summer has applied and got a place, some at last as a reserve or with Skolslussen's help; some in
the register applied in vain. Belongs here: applications and decisions. Does not belong here: who begins which school when.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from demo.synthetic_city import targets as t
from demo.synthetic_city.frames import FOR_EVER, Row, frame_of
from demo.synthetic_city.timeline import EARLIEST_BIRTH, FINAL, LATE_RESERVE, PRELIMINARY, RESERVE, as_date, notices
from demo.synthetic_city.youth import Stay, Youth

ADMITTED, NOT_ADMITTED, RESERVED = "ANTAGEN", "EJ_ANTAGEN", "RESERVPLATS"
OUTCOMES = (ADMITTED, NOT_ADMITTED, RESERVED)
# What the preliminary round said, by the outcome of the final one.
PRELIMINARY_WEIGHTS = {ADMITTED: (93, 3, 4), NOT_ADMITTED: (10, 75, 15), RESERVED: (30, 30, 40)}
# How likely one in the register is to be the one without a place, by the reason of the registration; the others: 1.
WITHOUT_A_PLACE = {"ALDRIG_PABORJAT": 12.0, "OVRIGT": 0.6}
# Who begins on an introduction programme mostly had no place on a national one.
INTRODUCTION = 25.0


@dataclass(frozen=True)
class Decision:
    round: str
    day: int
    outcome: str


@dataclass(frozen=True)
class Application:
    """One person's application of one admission year. ``start``: first day in the school it led to."""

    year: int
    person: str  # the newest number
    youth: Youth | None
    start: int | None
    final: str
    decisions: tuple[Decision, ...]

    def number_on(self, morning: int) -> str:
        return self.person if self.youth is None else self.youth.number_on(morning)


@dataclass(frozen=True)
class _Applicant:
    person: str
    youth: Youth | None
    turns: int  # the age reached during the admission year
    start: int | None
    path: str
    stay: Stay | None  # the stay in the register at the final notice

    def weight(self) -> float:
        if self.stay is not None:
            return WITHOUT_A_PLACE.get(self.stay.reason, 1.0)
        return INTRODUCTION if self.path.startswith("IM") else 1.0


def applications(
    rng: random.Random, youths: Sequence[Youth], people: pl.DataFrame, study_periods: pl.DataFrame
) -> list[Application]:
    """Of the admission years of ``targets.NOT_ADMITTED``. ``study_periods``: the rows that the school register delivers."""
    starts = _school_starts(study_periods)
    result: list[Application] = []
    for year, (placed, not_placed, residents) in t.NOT_ADMITTED.items():
        applicants = list(_applicants(year, youths, people, starts.get(year, {})))
        young = [a for a in applicants if 16 <= a.turns <= 17]
        late = notices(year)[LATE_RESERVE]
        starters = [a for a in young if a.start is not None and a.start > late]
        chosen = _draw(rng, [a for a in starters if a.stay is not None], placed)
        chosen += _draw(rng, [a for a in young if a.stay is not None and a.start is None], not_placed)
        chosen += _draw(rng, [a for a in starters if a.youth is None and a.turns == 16], residents)
        refused = {a.person for a in chosen}
        for applicant in applicants:
            final = NOT_ADMITTED if applicant.person in refused else ADMITTED
            if final == ADMITTED and applicant.start is None:
                # Some had a place and never came.
                never_came = applicant.stay is not None and applicant.stay.reason == "ALDRIG_PABORJAT"
                if not never_came or rng.random() < 0.5:
                    continue
            elif final == ADMITTED and (applicant.start or 0) > late and rng.random() < t.RESERVES:
                final = RESERVED
            decisions = tuple(_decisions(rng, year, final, applicant.start is not None))
            result.append(Application(year, applicant.person, applicant.youth, applicant.start, final, decisions))
    return result


def _school_starts(study_periods: pl.DataFrame) -> dict[int, dict[str, tuple[int, str]]]:
    """By year and number: the first day and path of the upper-secondary school that somebody begins in the summer."""
    periods = (
        study_periods.filter(
            pl.col("skolform").is_in(["GY", "ANPGY"])
            & pl.col("startdatum").dt.strftime("%m-%d").is_between(pl.lit("06-10"), pl.lit("09-15"))
        )
        .unique("studieperiod_id", keep="first", maintain_order=True)
        .sort("startdatum", "studieperiod_id", descending=True)
    )
    starts: dict[int, dict[str, tuple[int, str]]] = {}
    for number, start, path in periods.select("personnummer", "startdatum", "studievag").iter_rows():
        # In descending order: the first of the year stays.
        starts.setdefault(start.year, {})[number] = (start.toordinal(), path)
    return starts


def _applicants(
    year: int, youths: Sequence[Youth], people: pl.DataFrame, starts: Mapping[str, tuple[int, str]]
) -> Iterator[_Applicant]:
    """Who lived in the city during the admission and begins school, or is in the register at the final notice. Without those
    who are purged when the data reach 2023."""
    notice = notices(year)
    first, final, last = notice[PRELIMINARY], notice[FINAL], notice[LATE_RESERVE]
    for youth in youths:
        left = youth.left_city if youth.left_city is not None else FOR_EVER
        turns = year - as_date(youth.birth).year
        if not youth.in_population or youth.registered_from > first or left <= last or not 16 <= turns <= 19:
            continue
        stay = next((s for s in youth.stays if s.start <= final + 14 and s.last_day() >= last), None)
        start, path = starts.get(youth.number) or starts.get(youth.earlier_number or "") or (None, "")
        if start is not None or stay is not None:
            yield _Applicant(youth.number, youth, turns, start, path, stay)
    columns = ("number", "birth_year", "registered", "left")
    for number, birth_year, registered, left in people.select(columns).iter_rows():
        found = starts.get(number) if birth_year >= as_date(EARLIEST_BIRTH).year else None
        if found is not None and registered <= first and left > last:
            yield _Applicant(number, None, year - birth_year, *found, None)


def _draw(rng: random.Random, pool: Sequence[_Applicant], size: int) -> list[_Applicant]:
    """So many, without putting back, by their weights."""
    keys = [(rng.random() ** (1 / applicant.weight()), position) for position, applicant in enumerate(pool)]
    return [pool[position] for _, position in sorted(keys, reverse=True)[:size]]


def _decisions(rng: random.Random, year: int, final: str, placed: bool) -> Iterator[Decision]:
    notice = notices(year)
    if rng.random() > 0.02:  # applied in time
        outcome = rng.choices(OUTCOMES, PRELIMINARY_WEIGHTS[final])[0]
        yield Decision(PRELIMINARY, notice[PRELIMINARY], outcome)
    yield Decision(FINAL, notice[FINAL], final)
    if final == ADMITTED:
        return
    when = notice[rng.choice((RESERVE, LATE_RESERVE))]
    if final == RESERVED or (placed and rng.random() < 0.55):
        yield Decision(RESERVE, when, ADMITTED)
    elif rng.random() < 0.5:
        yield Decision(RESERVE, when, NOT_ADMITTED)


def admission_rows(rng: random.Random, every: Sequence[Application]) -> pl.DataFrame:
    """A year's decisions leave the extract when the first notice of the third year after it has come."""
    rows: list[Row] = []
    for year in t.NOT_ADMITTED:
        told = [(d.day, rng.random(), a, d) for a in every if a.year == year for d in a.decisions]
        told.sort(key=lambda entry: entry[:2])
        gone = min(notices(year + 3)[PRELIMINARY] + 1, FOR_EVER)
        for position, (when, _, application, decision) in enumerate(told, start=1):
            identity = f"A{year}-{position:05d}"
            number = application.number_on(when + 1)
            rows.append((identity, number, year, decision.round, when, decision.outcome, when + 1, gone))
    columns = ("antagning_id", "personnummer", "antagningsar", "omgang", "beskedsdatum", "utfall")
    return frame_of(rows, columns, ["beskedsdatum"])
