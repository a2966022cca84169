"""Flai, the job-centres' own system: what the youths who have consented take part in there.

A withdrawn consent stands in the extract for some weeks, and then the rows are gone. Belongs here: consents and participations.
Does not belong here: the enrolments and measures that they come from.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from demo.synthetic_city import targets as t
from demo.synthetic_city.frames import FOR_EVER, Row, frame_of
from demo.synthetic_city.timeline import FIRST, LAST, day
from demo.synthetic_city.youth import Enrolment, Measure, Youth

# What a measure in the case register is called here. Selma and Filur are held at Ung i Centrum, three and eight weeks long; the
# auditors' report has 54 and 81 youths in them. Nothing is ARBETSLAG: those are for people who have committed offences, and the
# register must not say that of anybody (5 § of the ordinance).
KINDS = {
    "JOBBTORG": "COACHNING",
    "UNGDOMSANSTALLNING": "UNGDOMSANSTALLNING",
    "PRAKTIK": "OVRIG",
    "OVRIG": "OVRIG",
}
UNG_I_CENTRUM = (("SELMA", 54, 21), ("FILUR", 81, 56))
# Of those in the adult education's Ungvux so many are on its project Yrkesplus, an introduction of three months.
YRKESPLUS, YRKESPLUS_DAYS = 0.15, 91
# How long the row of a withdrawn consent still stands in the extract.
SHOWN_AFTER_WITHDRAWAL = 28
ENDS_OF_CONSENT = (day("2023-12-31"), day("2024-03-31"), day("2024-06-30"))


@dataclass
class Participation:
    kind: str
    start: int
    end: int | None
    reason: str | None


@dataclass
class Consent:
    """One youth's consent for the time of one enrolment, and what is registered under it."""

    youth: Youth
    since: int
    participations: list[Participation]
    until: int | None = None
    withdrawn: bool = False


def consents(rng: random.Random, youths: Sequence[Youth]) -> list[Consent]:
    given: list[Consent] = []
    for youth in youths:
        for enrolment in youth.enrolments:
            if enrolment.office != "AMF" or rng.random() >= t.CONSENT:
                continue
            since = enrolment.start + (0 if rng.random() < 0.6 else rng.randint(1, 21))
            participations = list(_participations(rng, enrolment, since))
            if participations:
                given.append(Consent(youth, since, participations))
    running = [c for c in given if any(p.end is None for p in c.participations)]
    for consent in rng.sample(running, t.CONSENTS_WITH_AN_END):
        consent.until = rng.choice(ENDS_OF_CONSENT)
    _withdraw(rng, [c for c in given if c.until is None])
    return given


def _participations(rng: random.Random, enrolment: Enrolment, since: int) -> Iterator[Participation]:
    """The measures that had not ended when the youth consented."""
    for measure in enrolment.measures:
        start = max(measure.start, since)
        kind, longest = _kind(rng, measure)
        if not kind or start >= LAST or (measure.end is not None and measure.end < start):
            continue
        end, reason = measure.end, measure.reason
        if longest is not None and (end is None or end > start + longest) and start + longest < LAST:
            end, reason = start + longest, reason or "OKAND"
        yield Participation(kind, start, end, reason)


def _kind(rng: random.Random, measure: Measure) -> tuple[str, int | None]:
    """What it is called, and how many days it takes at most."""
    if measure.kind == "UNG_I_CENTRUM":
        kind, _, days = rng.choices(UNG_I_CENTRUM, [weight for _, weight, _ in UNG_I_CENTRUM])[0]
        return kind, days - 1
    if measure.kind == "UNGVUX":
        return ("YRKESPLUS", YRKESPLUS_DAYS - 1) if rng.random() < YRKESPLUS else ("", None)
    return KINDS.get(measure.kind, ""), None


def _withdraw(rng: random.Random, given: Sequence[Consent]) -> None:
    """Some consents are withdrawn after they have been delivered for weeks, spread over the two years."""
    room = {}
    for position, consent in enumerate(given):
        low, high = max(consent.since, FIRST) + 20, min(consent.since + 240, LAST - SHOWN_AFTER_WITHDRAWAL - 10)
        if low < high:
            room[position] = (low, high)
    for position in rng.sample(sorted(room), t.CONSENTS_WITHDRAWN):
        given[position].until = rng.randint(*room[position])
        given[position].withdrawn = True


def participation_rows(every: Sequence[Consent]) -> pl.DataFrame:
    ordered = sorted(
        ((p.start, c.youth.number, position, c, p) for c in every for position, p in enumerate(c.participations)),
        key=lambda item: item[:3],
    )
    rows: list[Row] = []
    for index, (start, _, _, consent, p) in enumerate(ordered, start=1):
        known = (f"F{index:06d}", consent.youth.number_on(start + 1), consent.since)
        for morning, until, consent_until, end, reason in _versions(consent, p):
            rows.append((*known, consent_until, p.kind, start, end, reason, morning, until))
    columns = ("deltagande_id", "personnummer", "samtycke_fran", "samtycke_till", "flai_insats", "startdatum", "slutdatum",
               "avslutsorsak")  # fmt: skip
    return frame_of(rows, columns, ["samtycke_fran", "samtycke_till", "startdatum", "slutdatum"])


# From which morning, until which, samtycke_till, slutdatum, avslutsorsak.
_Version = tuple[int, int, int | None, int | None, str | None]


def _versions(consent: Consent, p: Participation) -> Iterator[_Version]:
    """Running and then ended. An end of the consent that was agreed on stands there from the first morning; a withdrawal from
    the morning after, when everything under it has ended, and soon nothing stands there at all."""
    withdrawn = consent.until if consent.withdrawn else None
    agreed = None if consent.withdrawn else consent.until
    closed = FOR_EVER if p.end is None else p.end + 1
    last = FOR_EVER if withdrawn is None else withdrawn + 1
    if p.start + 1 < min(closed, last):
        yield p.start + 1, min(closed, last), agreed, None, None
    if closed < last:
        yield closed, last, agreed, p.end, p.reason
    if withdrawn is not None and p.start <= withdrawn:
        ended = p.end is not None and p.end <= withdrawn
        end, reason = (p.end, p.reason) if ended else (withdrawn, "EGEN_BEGARAN")
        yield last, last + SHOWN_AFTER_WITHDRAWAL, withdrawn, end, reason
