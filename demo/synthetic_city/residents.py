"""The other young residents: those who go to school and are never in the KAA register.

How many live in each district follows from the shares of 16–19-year-olds in the register (``targets``).
Belongs here: their population and school rows as frames. Does not belong here: the youths of ``youth``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from demo.synthetic_city import targets as t
from demo.synthetic_city.city_facts import (
    INTRODUCTION_PATHS,
    SCHOOLS,
    SPECIAL_PATHS,
    STUDY_PATH_WEIGHTS,
    STUDY_PATHS,
)
from demo.synthetic_city.personnummer import give_many
from demo.synthetic_city.timeline import EPOCH, FIRST, LAST, PERIODS, age, day
from demo.synthetic_city.youth import Youth

Ints = npt.NDArray[np.int64]
BIRTH_YEARS = range(2001, 2009)
# Of a cohort so many are there on the last day: the others have left or not yet come.
PRESENT = 0.975


def cohort_by_district(youths: Sequence[Youth]) -> dict[str, int]:
    """How many of each birth year live in each district (codes before the reform) beside the youths."""
    here: dict[str, int] = {}
    in_register: dict[str, int] = {}
    for youth in youths:
        gone = youth.left_city is not None and youth.left_city <= LAST
        if not youth.in_population or gone or not 16 <= age(youth.birth, LAST) <= 19:
            continue
        code = youth.district_on(LAST)
        if code is None:
            continue
        here[code] = here.get(code, 0) + 1
        if youth.in_register(PERIODS[1]):
            in_register[code] = in_register.get(code, 0) + 1
    cohort: dict[str, int] = {}
    for code, share in t.DISTRICT_SHARE_IN_REGISTER.items():
        others = (in_register[code] / share - here[code]) / 4 / PRESENT
        if code in t.OLD_DISTRICT_SPLIT:
            first, second, first_share = t.OLD_DISTRICT_SPLIT[code]
            cohort[first] = round(others * first_share)
            cohort[second] = round(others * (1 - first_share))
        else:
            cohort[code] = round(others)
    return dict(sorted(cohort.items()))


def residents(rng: np.random.Generator, youths: Sequence[Youth], taken: set[int]) -> pl.DataFrame:
    """One row per resident: number, birth_year, district, move, registered, left, immigrated, marking (days)."""
    per_cohort = cohort_by_district(youths)
    codes = np.concatenate([np.repeat(code, size) for code, size in per_cohort.items()])
    size = len(codes)
    years: Ints = np.repeat(np.array(BIRTH_YEARS, dtype=np.int64), size)
    district = np.tile(codes, len(BIRTH_YEARS))
    total = len(years)
    first_day = np.array([day(f"{year}-01-01") for year in BIRTH_YEARS], dtype=np.int64)
    birth = np.repeat(first_day, size) + rng.integers(0, 365, total)
    men = rng.random(total) < 0.512
    numbers = give_many(rng, _stems(birth), men, taken)

    came = rng.random(total) < 0.05
    registered = np.where(
        came,
        rng.integers(FIRST - 400, LAST - 5, total),
        np.where(rng.random(total) < 0.7, birth, birth + rng.integers(30, 4000, total)),
    )
    left = np.where(rng.random(total) < 0.035, registered + rng.integers(200, 1500, total), LAST + 2000)
    left = np.where(left < FIRST, LAST + 2000, left)
    others = np.array(list(per_cohort))
    weights = np.array(list(per_cohort.values()), dtype=np.float64)
    new_district = rng.choice(others, total, p=weights / weights.sum())
    moved = np.where(rng.random(total) < 0.06, rng.integers(FIRST + 5, LAST - 5, total), LAST + 2000)
    marking = np.where(rng.random(total) < 0.0012, "SEKRETESS", "")
    marking = np.where(rng.random(total) < 0.0004, "SKYDDAD", marking)
    no_district = (rng.random(total) < 0.002) | (marking == "SKYDDAD")
    compulsory_until = np.array([day(f"{year + 16}-07-01") for year in BIRTH_YEARS], dtype=np.int64)
    after_compulsory = registered >= np.repeat(compulsory_until, size)
    frame = pl.DataFrame(
        {
            "number": numbers,
            "birth": birth,
            "birth_year": years,
            "district": district,
            "new_district": new_district,
            "moved": moved,
            "registered": registered,
            "left": left,
            "immigrated": came & after_compulsory & (rng.random(total) < 0.4),
            "marking": marking,
            "no_district": no_district,
        }
    )
    return frame.with_columns(
        pl.col("number").cast(pl.String),
        pl.when(pl.col("no_district")).then(None).otherwise(pl.col("district")).alias("district"),
        pl.when(pl.col("marking") == "").then(None).otherwise(pl.col("marking")).alias("marking"),
    )


def _stems(birth: Ints) -> Ints:
    dates = (birth - EPOCH).astype("datetime64[D]")
    years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    months = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    days = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    stems: Ints = years * 10_000 + months * 100 + days
    return stems


def population_rows(people: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``personer`` with the mornings on which they are valid, before the reform's cut (see ``rows``)."""
    common = [
        pl.col("number").alias("personnummer"),
        pl.lit(None, pl.String).alias("tidigare_personnummer"),
    ]
    tail: list[pl.Expr] = [
        pl.col("registered").alias("folkbokford_fran"),
        pl.when("immigrated").then(pl.lit("J")).otherwise(pl.lit("N")).alias("invandrad_efter_skolplikt"),
        pl.col("marking").alias("skyddsmarkering"),
        pl.col("birth_year"),
    ]
    before = people.select(
        *common,
        pl.col("district").alias("stadsdelsomrade"),
        *tail,
        (pl.col("registered") + 1).alias("valid_from"),
        pl.min_horizontal("left", "moved").alias("valid_to"),
    )
    after = people.filter(pl.col("moved") < pl.col("left")).select(
        *common,
        pl.when("no_district").then(None).otherwise("new_district").alias("stadsdelsomrade"),
        *tail,
        pl.max_horizontal("moved", pl.col("registered") + 1).alias("valid_from"),
        pl.col("left").alias("valid_to"),
    )
    return pl.concat([before, after])


def study_rows(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """Three (or four) years of upper-secondary school each; some with a change of school or an introduction year."""
    total = people.height
    birth_year = people["birth_year"].to_numpy()
    base = {year: day(f"{year + 16}-08-16") for year in BIRTH_YEARS}
    start: Ints = np.array([base[int(year)] for year in birth_year], dtype=np.int64) + rng.integers(0, 6, total)
    weights = np.array(STUDY_PATH_WEIGHTS, dtype=np.float64)
    path = rng.choice(np.array(STUDY_PATHS), total, p=weights / weights.sum())
    draw = rng.random(total)
    special = draw < 0.013
    introduction = (draw >= 0.013) & (draw < 0.075)
    change = (draw >= 0.075) & (draw < 0.115)
    path = np.where(special, rng.choice(np.array(SPECIAL_PATHS), total), path)
    form = np.where(special, "ANPGY", "GY")
    length = np.where(special | introduction, 4, 3)
    june = {(year, years): day(f"{year + 16 + years}-06-07") for year in BIRTH_YEARS for years in (3, 4)}
    end: Ints = np.array(
        [june[int(y), int(n)] for y, n in zip(birth_year, length, strict=True)], dtype=np.int64
    ) + rng.integers(0, 8, total)
    outcome = np.where(special, "GYMNASIEBEVIS_ANP", "EXAMEN")
    # The first of two periods: an introduction year, or the school before a change.
    cut: Ints = np.where(introduction, start + rng.integers(300, 315, total), start + rng.integers(60, 700, total))
    split = introduction | change
    schools = np.array(SCHOOLS)
    columns = {"personnummer": people["number"].to_numpy()}
    second = pl.DataFrame(
        {
            **columns,
            "skolenhetskod": rng.choice(schools, total),
            "skolform": form,
            "studievag": path,
            "start": np.where(split, cut + 1, start),
            "end": end,
            "avslut": outcome,
        }
    )
    first = pl.DataFrame(
        {
            **columns,
            "skolenhetskod": rng.choice(schools, total),
            "skolform": form,
            "studievag": np.where(introduction, rng.choice(np.array(INTRODUCTION_PATHS), total), path),
            "start": start,
            "end": cut,
            "avslut": np.where(introduction, "OVRIGT", "BYTE"),
        }
    ).filter(pl.Series(split))
    return pl.concat([first, second])


def diploma_rows(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """UHR's answers: graduates of schools that the city's register does not reach."""
    graduates = people.filter(pl.col("birth_year").is_between(2002, 2004) & pl.Series(rng.random(people.height) < 0.12))
    if graduates.is_empty():
        return pl.DataFrame(schema={"personnummer": pl.String, "bevis": pl.String, "day": pl.Int64})
    days = [day(f"{year + 19}-06-20") for year in graduates["birth_year"].to_list()]
    return graduates.select(
        pl.col("number").alias("personnummer"),
        pl.lit("GYMNASIEEXAMEN").alias("bevis"),
        (pl.Series(days, dtype=pl.Int64) + pl.Series(rng.integers(0, 12, graduates.height))).alias("day"),
    )
