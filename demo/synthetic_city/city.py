"""Makes the whole synthetic Stockholm and its deliveries. The only module that knows the order of the parts."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from demo.synthetic_city import rows
from demo.synthetic_city.admissions import admission_rows, applications
from demo.synthetic_city.after_support import follow_up
from demo.synthetic_city.delivery import City, write_night
from demo.synthetic_city.enrolments import enrolled_youths
from demo.synthetic_city.flai import consents, participation_rows
from demo.synthetic_city.guidance import visit_rows, visits
from demo.synthetic_city.jobbtorg_unga import count_rows, counts
from demo.synthetic_city.outreach import reach_out
from demo.synthetic_city.personnummer import NumberOffice
from demo.synthetic_city.register import fill_up, give_birth_dates, give_identities
from demo.synthetic_city.residents import residents
from demo.synthetic_city.schooling import schooling
from demo.synthetic_city.timeline import NIGHTS

# Gets a short line such as "12 of 157 nights".
Progress = Callable[[str], None]


def build_city(seed: int = 2023) -> City:
    """Everybody and everything that happens to them. Each part draws from its own stream of random numbers."""

    def stream(topic: str) -> random.Random:
        return random.Random(f"{seed} {topic}")

    youths = enrolled_youths(stream("enrolments"))
    youths += fill_up(stream("register"), youths)
    give_birth_dates(stream("births"), youths)
    office = NumberOffice(stream("numbers"))
    give_identities(stream("identities"), youths, office)
    reach_out(stream("outreach"), youths)
    study_periods, diplomas = schooling(stream("schooling"), youths)

    bulk = np.random.Generator(np.random.PCG64(seed))
    people = residents(bulk, youths, office.taken)
    enrolments, measures = rows.enrolments_and_measures(youths)
    study_rows = rows.study_periods(bulk, study_periods, people)
    applied = applications(stream("admissions"), youths, people, study_rows)
    return City(
        {
            "folkbokforing": {"personer": rows.population(youths, people)},
            "skolregister": {"studieperioder": study_rows},
            "beda": {"bevis": rows.diplomas(bulk, diplomas, people)},
            "ber": {
                "register": rows.register(youths),
                "kontakter": rows.contacts(youths),
                "sysselsattningar": pl.concat(
                    [rows.occupations(stream("occupations"), youths), follow_up(stream("after support"), youths)]
                ),
                "inskrivningar": enrolments,
                "insatser": measures,
                "bosattningskontroller": rows.residence_checks(youths),
            },
            "enkat": {"svar": rows.survey(stream("survey"))},
            "nyckeltal": {"nyckeltal": rows.hand_kept_numbers()},
            "antagning": {"antagningar": admission_rows(stream("notices"), applied)},
            "skolslussen": {"besok": visit_rows(stream("visit log"), visits(stream("guidance"), youths, applied))},
            "flai": {"deltaganden": participation_rows(consents(stream("consents"), youths))},
            "jobbtorg_unga": {"antal": count_rows(stream("corrections"), counts(stream("jobbtorg unga")))},
        }
    )


def generate(drop: Path, seed: int = 2023, progress: Progress | None = None) -> None:
    """Writes all deliveries of 2021-12-01 – 2023-11-30 below ``drop``."""
    city = build_city(seed)
    # Two at a time: writing and checksums let go of the interpreter.
    with ThreadPoolExecutor(max_workers=2) as pool:
        for done, _ in enumerate(pool.map(lambda night: write_night(city, drop, night), NIGHTS), start=1):
            if progress is not None:
                progress(f"{done} of {len(NIGHTS)} nights")
