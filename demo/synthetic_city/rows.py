"""What the source systems' tables hold on which mornings: every row with the mornings on which it is there.

One frame per dataset, with the dataset's columns and ``valid_from`` <= morning < ``valid_to`` (day ordinals).
Belongs here: when an event is seen in a table, and how a record looks before and after. Does not belong here:
files (``delivery``), what happens to whom, and the four sources that have a module of their own each.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from demo.synthetic_city import residents as others
from demo.synthetic_city.city_facts import SUCCESSOR
from demo.synthetic_city.frames import FOR_EVER, VALID, Row, dated, frame_of
from demo.synthetic_city.hand_kept import key_numbers, survey_answers
from demo.synthetic_city.schooling import Diploma, StudyPeriod
from demo.synthetic_city.timeline import FIRST, LAST, REFORM, as_date, day, next_weekday
from demo.synthetic_city.youth import Stay, Youth


def yes_no(value: bool) -> str:
    return "J" if value else "N"


# --- folkbokforing --------------------------------------------------------------------------------


def population(youths: Sequence[Youth], people: pl.DataFrame) -> pl.DataFrame:
    rows: list[Row] = []
    for youth in youths:
        if not youth.in_population:
            continue
        start = max(youth.registered_from + 1, FIRST)
        end = FOR_EVER if youth.left_city is None else youth.left_city
        for low, high in _cuts(start, end, youth):
            number = youth.number_on(low)
            earlier = youth.earlier_number if number == youth.number else None
            code = None if youth.marking == "SKYDDAD" else _population_district(youth, low)
            registered, immigrated = youth.registered_from, yes_no(youth.immigrated)
            year = int(number[:4])
            rows.append((number, earlier, code, registered, immigrated, youth.marking, year, low, high))
    columns = ("personnummer", "tidigare_personnummer", "stadsdelsomrade", "folkbokford_fran",
               "invandrad_efter_skolplikt", "skyddsmarkering", "birth_year")  # fmt: skip
    schema: dict[str, pl.DataType] = {column: pl.String() for column in columns}
    schema |= {"folkbokford_fran": pl.Int64(), "birth_year": pl.Int64()}
    mine = pl.DataFrame(rows, schema={**schema, **VALID}, orient="row")
    theirs = others.population_rows(people)
    # The reform gives the rows of four districts another code from one morning on.
    renamed = pl.col("stadsdelsomrade").is_in(list(SUCCESSOR)) & (pl.col("valid_to") > REFORM)
    later = theirs.filter(renamed).with_columns(
        pl.col("stadsdelsomrade").replace(SUCCESSOR),
        pl.max_horizontal("valid_from", pl.lit(REFORM)).alias("valid_from"),
    )
    theirs = theirs.with_columns(pl.when(renamed).then(pl.lit(REFORM)).otherwise(pl.col("valid_to")).alias("valid_to"))
    validity = [pl.col("valid_from").cast(pl.Int32), pl.col("valid_to").cast(pl.Int32)]
    both = pl.concat([mine, theirs.with_columns(validity), later.with_columns(validity)])
    return dated(both.filter(pl.col("valid_from") < pl.col("valid_to")), ["folkbokford_fran"]).sort(
        "personnummer", "valid_from"
    )


def _population_district(youth: Youth, morning: int) -> str | None:
    code = youth.district_on(morning)
    if code is None and not youth.district_unknown_to_population:
        # The population register knows the address; only the case register has no district.
        codes = ("03", "05", "08", "09", "11", "12", "13")
        return codes[int(youth.number[-4:]) % len(codes)]
    return code


def _cuts(start: int, end: int, youth: Youth) -> Iterable[tuple[int, int]]:
    """The mornings [start, end) cut where the youth's number or district changes."""
    marks = {start, end}
    events = [REFORM, youth.number_changed, youth.move[0] if youth.move else None]
    marks.update(event for event in events if event is not None and start < event < end)
    ordered = sorted(marks)
    if start >= end:
        return ()
    return pairwise(ordered)


# --- skolregister, beda ---------------------------------------------------------------------------


def study_periods(rng: np.random.Generator, periods: Sequence[StudyPeriod], people: pl.DataFrame) -> pl.DataFrame:
    """A period is open until the morning after its last day, and forgotten after 800 days."""
    columns = ("personnummer", "skolenhetskod", "skolform", "studievag", "start", "end", "avslut")
    schema = {column: pl.String for column in columns} | {"start": pl.Int64, "end": pl.Int64}
    mine = pl.DataFrame(
        [(p.number, p.school, p.form, p.path, p.start, p.end, p.outcome) for p in periods],
        schema=schema,
        orient="row",
    )
    every = pl.concat([mine, others.study_rows(rng, people)]).filter(
        pl.col("end").is_null() | (pl.col("end") >= FIRST - 801)
    )
    every = every.sort("start", "personnummer", maintain_order=True).with_row_index("row", offset=1)
    every = every.with_columns(pl.format("SP{}", pl.col("row").cast(pl.String).str.zfill(7)).alias("studieperiod_id"))
    far = pl.lit(FOR_EVER, pl.Int64)
    open_rows = every.with_columns(
        pl.lit(None, pl.Int64).alias("slutdatum"),
        pl.lit(None, pl.String).alias("avslut"),
        pl.col("start").alias("valid_from"),
        pl.min_horizontal(pl.col("end") + 1, far).alias("valid_to"),
    )
    closed_rows = every.filter(pl.col("end").is_not_null()).with_columns(
        pl.col("end").alias("slutdatum"),
        (pl.col("end") + 1).alias("valid_from"),
        (pl.col("end") + 801).alias("valid_to"),
    )
    frame = pl.concat([open_rows, closed_rows]).filter(
        (pl.col("valid_from") < pl.col("valid_to")) & (pl.col("valid_to") > FIRST) & (pl.col("valid_from") <= LAST)
    )
    frame = frame.sort("studieperiod_id", "valid_from").select(
        "studieperiod_id",
        "personnummer",
        "skolenhetskod",
        "skolform",
        "studievag",
        pl.col("start").alias("startdatum"),
        "slutdatum",
        "avslut",
        pl.col("valid_from").cast(pl.Int32),
        pl.col("valid_to").cast(pl.Int32),
    )
    return dated(frame, ["startdatum", "slutdatum"])


def diplomas(rng: np.random.Generator, mine: Sequence[Diploma], people: pl.DataFrame) -> pl.DataFrame:
    columns = {"personnummer": pl.String, "bevis": pl.String, "day": pl.Int64}
    youths = pl.DataFrame([(d.number, d.kind, d.day) for d in mine], schema=columns, orient="row")
    frame = pl.concat([youths, others.diploma_rows(rng, people)]).sort("personnummer", "bevis")
    frame = frame.select(
        "personnummer",
        "bevis",
        pl.col("day").alias("datum"),
        (pl.col("day") + 1).cast(pl.Int32).alias("valid_from"),
        pl.lit(FOR_EVER, pl.Int32).alias("valid_to"),
    )
    return dated(frame, ["datum"])


# --- ber ------------------------------------------------------------------------------------------


def _categories(youth: Youth, stay: Stay) -> list[tuple[int, str, int]]:
    """(first morning, kategori, kategori_fran) of a stay: NY for two weeks, and then what the youth's file says."""
    events: list[tuple[int, str]] = [(stay.start + 13, "UNDER_UPPSOK")]
    events += [(c.day, "UNDER_BEVAKNING") for c in youth.contacts if c.answered and c.void_from is None]
    for enrolment in youth.enrolments:
        events.append((enrolment.start, "INSKRIVEN"))
        if enrolment.end is not None:
            events.append((enrolment.end, "UNDER_BEVAKNING"))
    category, since = "NY", stay.start
    result = [(stay.start, category, since)]
    for event_day, new in sorted(events):
        if event_day < stay.start or event_day >= stay.last_day():
            continue
        running = any(e.start <= event_day and (e.end is None or e.end > event_day) for e in youth.enrolments)
        if running:
            new = "INSKRIVEN"
        if new == category or (new == "UNDER_UPPSOK" and category != "NY"):
            continue
        # The move to UNDER_UPPSOK is made by the system at night, the others by hand during the day.
        category, since = new, event_day + 1 if new == "UNDER_UPPSOK" else event_day
        if result[-1][0] == event_day + 1:
            result.pop()
        result.append((event_day + 1, category, since))
    return result


def register(youths: Sequence[Youth]) -> pl.DataFrame:
    rows: list[Row] = []
    for youth in youths:
        for stay in youth.stays:
            until = FOR_EVER if stay.end is None else stay.end
            steps = _categories(youth, stay)
            ends = [step[0] for step in steps[1:]] + [until]
            for (start, category, since), end in zip(steps, ends, strict=True):
                for low, high in _cuts(start, end, youth):
                    if high <= FIRST:
                        continue
                    rows.append(
                        (
                            youth.number_on(low),
                            stay.start,
                            stay.reason,
                            category,
                            since,
                            youth.district_on(low),
                            low,
                            high,
                        )
                    )
    columns = (
        "personnummer",
        "registrerad_datum",
        "registreringsorsak",
        "kategori",
        "kategori_fran",
        "stadsdelsomrade",
    )
    return frame_of(rows, columns, ["registrerad_datum", "kategori_fran"]).sort("personnummer", "valid_from")


def contacts(youths: Sequence[Youth]) -> pl.DataFrame:
    rows: list[Row] = []
    for youth in youths:
        for c in youth.contacts:
            number = youth.number_on(c.day + 1)
            start, change = c.day + 1, c.void_from or FOR_EVER
            row = (
                c.identity,
                number,
                c.day,
                "UT" if c.outgoing else "IN",
                c.channel,
                yes_no(c.answered),
                c.by,
                c.staff,
            )
            rows.append((*row, "N", start, change))
            if c.void_from is not None:
                rows.append((*row, "J", change, FOR_EVER))
    columns = ("kontakt_id", "personnummer", "datum", "riktning", "kanal", "besvarad", "besvarad_av",
               "antal_personal", "makulerad")  # fmt: skip
    return frame_of(rows, columns, ["datum"]).sort("kontakt_id", "valid_from")


def occupations(rng: random.Random, youths: Sequence[Youth]) -> pl.DataFrame:
    said: list[tuple[int, str, str, str | None, str]] = []
    for youth in youths:
        for c in youth.contacts:
            number = youth.number_on(c.day + 1)
            if c.corrected_occupation is not None:
                said.append((c.day, c.identity, number, c.identity, c.corrected_occupation))
            if c.occupation is not None:
                said.append((c.day, c.identity + "+", number, c.identity, c.occupation))
    # Some is heard from others, without a contact of the youth.
    for youth in rng.sample([y for y in youths if y.status[1] == "sought"], 90):
        when = max(c.day for c in youth.contacts)
        said.append((when, "z" + youth.number, youth.number_on(when + 1), None, rng.choice(("UTOMLANDS", "OKAND"))))
    said.sort()
    rows: list[Row] = [
        (f"S{position:07d}", number, when, contact, occupation, when + 1, FOR_EVER)
        for position, (when, _, number, contact, occupation) in enumerate(said, start=1)
    ]
    return frame_of(rows, ("sysselsattning_id", "personnummer", "datum", "kontakt_id", "sysselsattning"), ["datum"])


def enrolments_and_measures(youths: Sequence[Youth]) -> tuple[pl.DataFrame, pl.DataFrame]:
    every = sorted(
        (
            (e.start, youth.number, position, youth, e)
            for youth in youths
            for position, e in enumerate(youth.enrolments)
        ),
        key=lambda item: item[:3],
    )
    enrolled: list[Row] = []
    measures: list[Row] = []
    for index, (start, _, _, youth, e) in enumerate(every, start=1):
        identity = f"I{index:06d}"
        row = (identity, youth.number_on(start + 1), e.office, start)
        closed = FOR_EVER if e.end is None else e.end + 1
        enrolled.append((*row, None, None, start + 1, closed))
        if e.end is not None:
            enrolled.append((*row, e.end, e.reason, closed, FOR_EVER))
        for number, m in enumerate(sorted(e.measures, key=lambda m: (m.start, m.kind)), start=1):
            measure = (f"{identity}-{number:02d}", identity, m.kind, m.start)
            ended = FOR_EVER if m.end is None else m.end + 1
            measures.append((*measure, None, None, m.start + 1, ended))
            if m.end is not None:
                measures.append((*measure, m.end, m.reason, ended, FOR_EVER))
    enrolment_columns = ("inskrivning_id", "personnummer", "forvaltning", "inskriven_datum", "avslutad_datum",
                         "avslutsorsak")  # fmt: skip
    measure_columns = ("insats_id", "inskrivning_id", "insats", "startdatum", "slutdatum", "avslutsorsak")
    return (
        frame_of(enrolled, enrolment_columns, ["inskriven_datum", "avslutad_datum"]),
        frame_of(measures, measure_columns, ["startdatum", "slutdatum"]),
    )


def residence_checks(youths: Sequence[Youth]) -> pl.DataFrame:
    reported = sorted((when, youth.number_on(when + 1)) for youth in youths for when in youth.residence_checks)
    rows: list[Row] = [
        (f"B{position:05d}", number, when, when + 1, FOR_EVER)
        for position, (when, number) in enumerate(reported, start=1)
    ]
    return frame_of(rows, ("kontroll_id", "personnummer", "anmald_datum"), ["anmald_datum"])


# --- enkat, nyckeltal -----------------------------------------------------------------------------


def survey(rng: random.Random) -> pl.DataFrame:
    rows: list[Row] = []
    for year, months in ((2022, (10, 11)), (2023, (10, 11))):
        span = (day(f"{year}-{months[0]}-10"), day(f"{year}-{months[1]}-24"))
        answers = [(next_weekday(rng.randint(*span)), rng.random(), q, a) for q, a in survey_answers(year)]
        for position, (when, _, question, answer) in enumerate(sorted(answers), start=1):
            rows.append((f"E{year}-{position:04d}", when, question, answer, when + 1, FOR_EVER))
    return frame_of(rows, ("svar_id", "datum", "fraga", "svar"), ["datum"])


def hand_kept_numbers() -> pl.DataFrame:
    rows: list[Row] = []
    for number in key_numbers():
        known = number.known_from if number.known_from is not None else min(number.last + 12, LAST)
        start = (number.first, number.last, number.activity, number.measure)
        end = (number.unit, number.owner)
        if number.first_value is None:
            rows.append((*start, number.value, *end, known, FOR_EVER))
        else:
            # First reported too early, corrected two months later.
            rows.append((*start, number.first_value, *end, known, known + 60))
            rows.append((*start, number.value, *end, known + 60, FOR_EVER))
    columns = ("period_fran", "period_till", "verksamhet", "matt", "varde", "enhet", "uppgiftslamnare")
    return frame_of(rows, columns, ["period_fran", "period_till"]).sort(
        "period_fran", "period_till", "verksamhet", "matt", "valid_from"
    )


def birth_year_from(night: int) -> tuple[int, int]:
    """The birth years of those who turn 15–20 in the year of the extract."""
    year = as_date(night).year
    return year - 20, year - 15
