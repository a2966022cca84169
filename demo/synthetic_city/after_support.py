"""What youths were doing some time after their support had ended, as the job-centres heard it.

"Vid utskrivning läggs ungdomen under bevakning för senare kontaktas kring en uppföljning" (city auditors' report 10/2016); how
many do what is like Skolverket's national numbers, 31 % studies, 17 % work, 17 % unknown. It is heard from schools, employers and
families, so that no contact belongs to it and no printed number changes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import polars as pl

from demo.synthetic_city.frames import FOR_EVER, Row, frame_of
from demo.synthetic_city.timeline import LAST, PERIODS, age, pick
from demo.synthetic_city.youth import Enrolment, Youth

HEARD_OF = 0.97
SOONEST, LATEST = 7, 150
DOINGS = (
    "STUDIER_EJ_I_BER",
    "ARBETE",
    "PRAKTIK",
    "UTOMLANDS",
    "FORALDRALEDIG",
    "ANNAN_SYSSELSATTNING",
    "INGEN",
    "OKAND",
)
WEIGHTS = {"STUDIER": (60, 6, 4, 2, 1, 10, 14, 3), "ARBETE": (5, 64, 4, 3, 1, 4, 14, 5)}
OTHERWISE = (8, 14, 6, 7, 3, 12, 40, 10)
# They are no longer the city's to follow.
NOT_FOLLOWED = ("FLYTTAT", "FYLLT_20")


def follow_up(rng: random.Random, youths: Sequence[Youth]) -> pl.DataFrame:
    """Rows of sysselsattningar beside those of the outreach; their ids come after them as text."""
    heard: list[tuple[int, str, str]] = []
    for youth in youths:
        for period in PERIODS:
            ended = [e for e in youth.enrolments if e.end is not None and period.first <= e.end <= period.last]
            if ended:
                found = _heard(rng, youth, max(ended, key=lambda e: (e.end or 0, e.start)))
                if found is not None:
                    heard.append((found[0], youth.number_on(found[0] + 1), found[1]))
    rows: list[Row] = [
        (f"U{position:06d}", number, when, None, doing, when + 1, FOR_EVER)
        for position, (when, number, doing) in enumerate(sorted(heard), start=1)
    ]
    return frame_of(rows, ("sysselsattning_id", "personnummer", "datum", "kontakt_id", "sysselsattning"), ["datum"])


def _heard(rng: random.Random, youth: Youth, enrolment: Enrolment) -> tuple[int, str] | None:
    """(day, doing) between the end of the enrolment and the next one, while the youth is under 20."""
    assert enrolment.end is not None
    begins_again = [e.start for e in youth.enrolments if e.start > enrolment.end]
    high = min([enrolment.end + LATEST, LAST - 1, *(start - 1 for start in begins_again)])
    if enrolment.reason in NOT_FOLLOWED or rng.random() >= HEARD_OF or high < enrolment.end + SOONEST:
        return None
    when = pick(rng, enrolment.end + SOONEST, high)
    if age(youth.birth, when) >= 20:
        return None
    return when, rng.choices(DOINGS, WEIGHTS.get(enrolment.reason or "", OTHERWISE))[0]
