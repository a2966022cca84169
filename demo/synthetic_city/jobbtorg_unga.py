"""Results of Jobbtorg Unga for unemployed youths aged 20–29: counts by month, job-centre and gender, and never a person.

The totals of a report year are those of ``targets``: of the contacted some are enrolled, of these some end. By month, because
only months lie inside both report years and calendar years.
"""

from __future__ import annotations

import random
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import product

import polars as pl

from demo.synthetic_city import targets as t
from demo.synthetic_city.frames import FOR_EVER, Row, frame_of
from demo.synthetic_city.timeline import ENROLMENT_SEASON, LAST, day

CONTACTED, ENROLLED, ENDED = "KONTAKT", "INSKRIVNA", "AVSLUTADE"
GENDERS = {"KVINNA": 0.42, "MAN": 0.58}
REST = ("FLYTTAT", "ANNAN_AKTOR", "EGEN_BEGARAN")
# The numbers of a month come some days after it.
REPORTED_AFTER = 12
# So many numbers were first reported one too low, and put right after two months.
CORRECTED, CORRECTED_AFTER = 2, 60

# (month of the report year from 0 for December, job-centre, gender, measure, reason) → persons.
Counts = Counter[tuple[int, str, str, str, str]]


def counts(rng: random.Random) -> dict[int, Counts]:
    """By report year, 2021–2023. Nothing is known of 2021: it is like 2022."""
    return {year: _year(rng, index) for year, index in ((2021, 0), (2022, 0), (2023, 1))}


def _year(rng: random.Random, index: int) -> Counts:
    """Person by person, so that nobody is enrolled before the contact or ends before the enrolment."""
    season = [ENROLMENT_SEASON.get((position + 11) % 12 + 1, 1.0) for position in range(12)]
    centres = t.ENROLLED[index]
    result: Counts = Counter()
    enrolled: list[tuple[int, str, str]] = []
    for position in range(t.CONTACTED_20_29[index]):
        month = rng.choices(range(12), season)[0]
        centre = rng.choices(list(centres), list(centres.values()))[0]
        gender = rng.choices(list(GENDERS), list(GENDERS.values()))[0]
        result[month, centre, gender, CONTACTED, ""] += 1
        if position < t.ENROLLED_20_29[index]:
            start = min(month + rng.choices((0, 1), (75, 25))[0], 11)
            result[start, centre, gender, ENROLLED, ""] += 1
            enrolled.append((start, centre, gender))
    # Whose enrolment began first has mostly ended.
    enrolled.sort(key=lambda person: person[0] + 3 * rng.random())
    reasons = _reasons(rng, index)
    for (start, centre, gender), reason in zip(enrolled, reasons, strict=False):
        end = rng.randint(min(start + 1, 11), min(start + 6, 11))
        result[end, centre, gender, ENDED, reason] += 1
    return result


def _reasons(rng: random.Random, index: int) -> list[str]:
    """A youth employment is counted as work: the code list has no reason of its own for it."""
    reasons = ["ARBETE"] * (t.WORK_20_29[index] + t.YOUTH_EMPLOYMENT_20_29[index])
    reasons += ["STUDIER"] * t.STUDIES_20_29[index] + ["OKAND"] * t.UNKNOWN_20_29[index]
    reasons += rng.choices(REST, k=t.ENDED_20_29[index] - len(reasons))
    rng.shuffle(reasons)
    return reasons


def count_rows(rng: random.Random, every: dict[int, Counts]) -> pl.DataFrame:
    """A row for each job-centre and gender every month, also with 0 contacted or enrolled; reasons only where somebody ended.
    Some numbers have an earlier, wrong value."""
    numbers = list(_numbers(every))
    room = [i for i, (_, value, known) in enumerate(numbers) if value and day("2022-01-15") <= known <= LAST - 90]
    wrong = set(rng.sample(room, CORRECTED))
    rows: list[Row] = []
    for position, (key, value, known) in enumerate(numbers):
        since = known
        if position in wrong:
            since += CORRECTED_AFTER
            rows.append((*key, value - 1, known, since))
        rows.append((*key, value, since, FOR_EVER))
    columns = ("period_fran", "period_till", "jobbtorg", "kon", "matt", "orsak", "antal")
    return frame_of(rows, columns, ["period_fran", "period_till"])


def _numbers(every: dict[int, Counts]) -> Iterator[tuple[Row, int, int]]:
    """(key, value, first morning in the extract)."""
    for year, found in every.items():
        for month in range(12):
            first = date(year if month else year - 1, (month + 11) % 12 + 1, 1)
            last = first.replace(day=monthrange(first.year, first.month)[1])
            known = min(last.toordinal() + REPORTED_AFTER, LAST)
            for centre, gender in product(t.JOB_CENTRES, GENDERS):
                place = (first.toordinal(), last.toordinal(), None if centre == "SAKNAS" else centre, gender)
                for measure in (CONTACTED, ENROLLED):
                    yield (*place, measure, None), found[month, centre, gender, measure, ""], known
                for reason in sorted(key[4] for key in found if key[:4] == (month, centre, gender, ENDED)):
                    yield (*place, ENDED, reason), found[month, centre, gender, ENDED, reason], known
