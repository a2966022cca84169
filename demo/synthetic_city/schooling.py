"""Study periods and diplomas of the youths, so that each stay in the register has its cause in the school register.

Belongs here: what schools and UHR say of the youths in ``youth``. The other residents' schooling is in ``residents``.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo.synthetic_city.city_facts import (
    ADULT_SCHOOLS,
    INTRODUCTION_PATHS,
    SCHOOLS,
    STUDY_PATH_WEIGHTS,
    STUDY_PATHS,
)
from demo.synthetic_city.timeline import as_date, day
from demo.synthetic_city.youth import Stay, Youth


@dataclass
class StudyPeriod:
    number: str
    school: str
    form: str
    path: str
    start: int
    end: int | None
    outcome: str | None


@dataclass
class Diploma:
    number: str
    kind: str
    day: int


def schooling(rng: random.Random, youths: Sequence[Youth]) -> tuple[list[StudyPeriod], list[Diploma]]:
    periods: list[StudyPeriod] = []
    diplomas: list[Diploma] = []
    for youth in youths:
        for position, stay in enumerate(youth.stays):
            if position == 0:
                _before(rng, youth, stay, periods, diplomas)
            following = youth.stays[position + 1] if position + 1 < len(youth.stays) else None
            _after(rng, youth, stay, following, periods, diplomas)
        if any(c.occupation == "STUDIER_EJ_I_BER" for c in youth.contacts) and rng.random() < 0.25:
            first = next(c.day for c in youth.contacts if c.occupation == "STUDIER_EJ_I_BER")
            form = rng.choices(("KOMVUX", "FHS", "SFI", "OVRIG"), (60, 15, 15, 10))[0]
            start = first - rng.randint(5, 60)
            periods.append(
                StudyPeriod(youth.number_on(start), rng.choice(ADULT_SCHOOLS), form, form, start, None, None)
            )
    return periods, diplomas


def _path(rng: random.Random, introduction: float) -> str:
    if rng.random() < introduction:
        return rng.choice(INTRODUCTION_PATHS)
    return rng.choices(STUDY_PATHS, STUDY_PATH_WEIGHTS)[0]


def _before(rng: random.Random, youth: Youth, stay: Stay, periods: list[StudyPeriod], diplomas: list[Diploma]) -> None:
    if stay.reason not in ("AVBROTT", "OVRIGT", "STUDIEBEVIS"):
        return
    began = day(f"{as_date(youth.birth).year + 16}-08-{rng.randint(16, 21)}")
    ended = stay.start - rng.randint(1, 3)
    if began + 20 > ended:
        return
    outcome = {"AVBROTT": "AVBROTT", "OVRIGT": "BYTE", "STUDIEBEVIS": "STUDIEBEVIS"}[stay.reason]
    path = _path(rng, 0.03 if outcome == "STUDIEBEVIS" else 0.2)
    periods.append(StudyPeriod(youth.number_on(ended), rng.choice(SCHOOLS), "GY", path, began, ended, outcome))
    if outcome == "STUDIEBEVIS":
        diplomas.append(Diploma(youth.number_on(ended), "STUDIEBEVIS", ended))


def _after(
    rng: random.Random,
    youth: Youth,
    stay: Stay,
    following: Stay | None,
    periods: list[StudyPeriod],
    diplomas: list[Diploma],
) -> None:
    if stay.end is None:
        return
    if stay.cause == "BEVIS":
        kind = rng.choices(("GYMNASIEEXAMEN", "MOTSVARANDE"), (70, 30))[0]
        diplomas.append(Diploma(youth.number_on(stay.end), kind, stay.end - rng.randint(1, 8)))
    elif stay.cause == "KOMVUX":
        school = rng.choice(ADULT_SCHOOLS)
        periods.append(StudyPeriod(youth.number_on(stay.end), school, "KOMVUX", "GYVUX", stay.end, None, None))
    elif stay.cause == "STUDIER":
        left = as_date(stay.end)
        start = stay.end
        # While the school register is closed nobody sees that the term has begun: they leave after 15
        # September.
        if left.month == 9 and 15 <= left.day <= 26 and rng.random() < 0.7:
            start = max(day(f"{left.year}-08-{rng.randint(16, 21)}"), stay.start + 1)
        end, outcome = None, None
        if following is not None:
            end, outcome = following.start - rng.randint(1, 3), "AVBROTT"
        form = "ANPGY" if rng.random() < 0.012 else "GY"
        path = _path(rng, 0.35)
        periods.append(StudyPeriod(youth.number_on(stay.end), rng.choice(SCHOOLS), form, path, start, end, outcome))
