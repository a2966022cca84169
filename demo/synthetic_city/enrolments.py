"""The youths that get support: enrolments, measures, and the stays in the register around them.

Each enrolled youth follows one of a few courses of events over the two report years; how many follow which, in
which job-centre and of which gender, is laid down in ``targets``. Does not belong here: outreach, birth dates.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from demo.synthetic_city import targets as t
from demo.synthetic_city.city_facts import (
    DISTRICTS_OF_CENTRE,
    OTHER_EXIT_REASONS,
    OTHER_EXIT_WEIGHTS,
    REGISTER_WEIGHT,
    SIDE_MEASURES,
    STAYING_EXIT_REASONS,
)
from demo.synthetic_city.timeline import (
    ENROLMENT_SEASON,
    LAST,
    STUDY_SEASON,
    day,
    pick,
)
from demo.synthetic_city.youth import Enrolment, Measure, Stay, Youth

EARLIEST_ENTRY = day("2020-08-24")
TURN = day("2022-12-01")
END_2022 = day("2022-11-28")
END_2023 = day("2023-11-27")


@dataclass
class Course:
    """What is decided about an enrolled youth before the dates are."""

    centre: str
    kind_2022: str  # stock_ended, stock_again, stock_carried, new_ended, returning, new_carried or ""
    kind_2023: str = ""  # running, ended, again or ""
    gender: str = ""
    reason_2022: str = ""
    reason_2023: str = ""
    aim: str = ""  # where the measure ends: 2022, 2023, or running

    @property
    def carried(self) -> bool:
        return self.kind_2022 in ("stock_carried", "new_carried")

    @property
    def ended_2022(self) -> bool:
        return self.kind_2022 in ("stock_ended", "stock_again", "new_ended", "returning")

    @property
    def new_2023(self) -> bool:
        return self.kind_2022 in ("", "returning")

    @property
    def years(self) -> str:
        if self.carried or self.kind_2022 == "returning":
            return "both"
        return "2022" if self.kind_2022 else "2023"


def enrolled_youths(rng: random.Random) -> list[Youth]:
    courses = _courses(rng)
    _give_genders(rng, courses)
    _give_reasons(rng, courses)
    _give_aim(rng, courses)
    return [_youth(rng, course) for course in courses]


def _courses(rng: random.Random) -> list[Course]:
    courses: list[Course] = []
    for centre in t.JOB_CENTRES:
        here: list[Course] = []
        for kind, number in (
            ("stock_ended", t.STOCK_ENDED),
            ("stock_again", t.STOCK_AGAIN),
            ("stock_carried", t.STOCK_CARRIED),
            ("new_ended", t.NEW_ENDED),
            ("returning", t.RETURNING),
            ("new_carried", t.NEW_CARRIED),
            ("", t.NEW_IN_2023),
        ):
            here += [Course(centre, kind) for _ in range(number[centre])]
        carried = [c for c in here if c.carried]
        rng.shuffle(carried)
        again, running = t.CARRIED_AGAIN[centre], t.CARRIED_RUNNING[centre]
        for position, course in enumerate(carried):
            course.kind_2023 = "again" if position < again else "running" if position < again + running else "ended"
        new = [c for c in here if c.new_2023]
        rng.shuffle(new)
        for position, course in enumerate(new):
            course.kind_2023 = "running" if position < t.NEW_2023_RUNNING[centre] else "ended"
        courses += here
    return courses


def _give_genders(rng: random.Random, courses: list[Course]) -> None:
    for years, women in t.ENROLLED_WOMEN.items():
        group = [c for c in courses if c.years == years]
        rng.shuffle(group)
        for position, course in enumerate(group):
            course.gender = t.WOMAN if position < women else t.MAN


def _give_reasons(rng: random.Random, courses: list[Course]) -> None:
    for centre in t.JOB_CENTRES:
        here = [c for c in courses if c.centre == centre]
        first = [c for c in here if c.ended_2022]
        reasons = _reasons(rng, first, t.TO_STUDIES[0][centre], t.TO_WORK[0][centre])
        for course, reason in zip(first, reasons, strict=True):
            course.reason_2022 = reason
            if course.kind_2022 == "returning" and reason not in ("STUDIER", "ARBETE"):
                course.reason_2022 = rng.choice(STAYING_EXIT_REASONS)
        second = [c for c in here if c.kind_2023 in ("ended", "again")]
        reasons = _reasons(rng, second, t.TO_STUDIES[1][centre], t.TO_WORK[1][centre])
        for course, reason in zip(second, reasons, strict=True):
            course.reason_2023 = reason
            if course.kind_2023 == "again" and reason not in ("STUDIER", "ARBETE"):
                course.reason_2023 = rng.choice(STAYING_EXIT_REASONS)


def _reasons(rng: random.Random, courses: list[Course], studies: int, work: int) -> list[str]:
    """So many to studies and to work; women somewhat oftener to studies, as the report says."""
    order = sorted(
        range(len(courses)),
        key=lambda i: -(rng.random() ** (1 / (1.35 if courses[i].gender == t.WOMAN else 1.0))),
    )
    reasons = rng.choices(OTHER_EXIT_REASONS, OTHER_EXIT_WEIGHTS, k=len(courses))
    for rank, position in enumerate(order):
        if rank < studies:
            reasons[position] = "STUDIER"
        elif rank < studies + work:
            reasons[position] = "ARBETE"
    return reasons


def _give_aim(rng: random.Random, courses: list[Course]) -> None:
    """Aim's totals: a youth has one Aim measure, ending when the enrolment ends, for the same reason."""

    def take(pool: list[Course], number: int, aim: str) -> None:
        for course in rng.sample([c for c in pool if not c.aim], number):
            course.aim = aim

    for kind, by_reason in t.AIM_ENDED.items():
        in_2022 = kind in ("stock_ended", "new_ended")
        for reason, number in by_reason.items():
            pool = []
            for course in courses:
                same_kind = course.new_2023 if kind == "new_2023" else course.kind_2022 == kind
                its_reason = course.reason_2022 if in_2022 else course.reason_2023
                ended = in_2022 or course.kind_2023 == "ended"
                wanted = its_reason == reason if reason else its_reason not in ("STUDIER", "ARBETE")
                if same_kind and ended and wanted:
                    pool.append(course)
            take(pool, number, "2022" if in_2022 else "2023")
    take([c for c in courses if c.kind_2022 == "new_carried" and c.kind_2023 == "running"],
         t.AIM_RUNNING["new_carried"], "running")  # fmt: skip
    take([c for c in courses if c.new_2023 and c.kind_2023 == "running"], t.AIM_RUNNING["new_2023"], "running")


def _district(rng: random.Random, centre: str) -> str | None:
    if centre == "SAKNAS":
        return None
    codes = DISTRICTS_OF_CENTRE[centre]
    return rng.choices(codes, [REGISTER_WEIGHT[code] for code in codes])[0]


def _youth(rng: random.Random, course: Course) -> Youth:
    youth = Youth(gender=course.gender, district=_district(rng, course.centre))
    office_weights = (60, 40) if course.centre == "SAKNAS" else (90, 10)
    spans = _spans(rng, course)
    for start, end, reason in spans:
        office = rng.choices(("AMF", "UTBF"), office_weights)[0]
        youth.enrolments.append(Enrolment(office, start, end, reason))
    # Some without a district were never in the register: Skolslussen met them before BER did.
    single = course.kind_2022 in ("stock_ended", "new_ended") or (not course.kind_2022 and not course.aim)
    if course.centre == "SAKNAS" and single and rng.random() < 0.18:
        youth.in_population = rng.random() < 0.5
    else:
        _add_stays(rng, youth)
    if course.aim:
        _add_aim(rng, youth, course)
    for enrolment in youth.enrolments:
        _add_measures(rng, enrolment)
    _add_second_office(rng, youth, course)
    if youth.district is not None and youth.stays and rng.random() < 0.04:
        # A move inside the job-centre's area: the enrolled are counted by job-centre.
        others = [code for code in DISTRICTS_OF_CENTRE[course.centre] if code != youth.district]
        when = pick(rng, youth.stays[0].start + 10, youth.stays[-1].last_day() + 30, weekday=False)
        youth.move = (when, rng.choice(others))
    return youth


def _end(rng: random.Random, low: int, high: int, reason: str | None) -> int:
    if reason == "FYLLT_20":
        low = max(low, day("2022-01-04"))  # who turns 20 before that was born in 2001
    return pick(rng, low, high, STUDY_SEASON if reason == "STUDIER" else ENROLMENT_SEASON)


def _spans(rng: random.Random, course: Course) -> list[tuple[int, int | None, str | None]]:
    """The enrolments as (first day, day of ending, reason)."""
    spans: list[tuple[int, int | None, str | None]] = []
    kind = course.kind_2022
    if kind in ("stock_ended", "stock_again", "stock_carried"):
        start = pick(rng, day("2021-05-03" if course.carried else "2021-03-01"), day("2021-11-12"), ENROLMENT_SEASON)
    elif kind in ("new_ended", "returning"):
        start = pick(
            rng,
            day("2021-12-08"),
            day("2022-06-15" if kind == "returning" else "2022-10-14"),
            ENROLMENT_SEASON,
        )
    elif kind == "new_carried":
        start = pick(rng, day("2022-01-20"), END_2022, ENROLMENT_SEASON)
    if kind == "stock_again":
        end = _end(rng, day("2021-12-10"), day("2022-05-31"), None)
        spans.append((start, end, rng.choice(("ARBETE", "EGEN_BEGARAN"))))
        start = pick(rng, end + 20, end + 60, ENROLMENT_SEASON)
    if course.ended_2022:
        low = max(start + 25, day("2021-12-07"))
        high = day("2022-09-20") if kind == "returning" else END_2022
        end = _end(
            rng,
            low,
            high if kind.startswith(("stock", "ret")) else min(high, start + 300),
            course.reason_2022,
        )
        spans.append((start, end, course.reason_2022))
    if course.carried:
        if course.kind_2023 == "running":
            return [(start, None, None)]
        low = max(start + 40, day("2022-12-05"))
        if course.kind_2023 == "ended":
            return [(start, _end(rng, low, END_2023, course.reason_2023), course.reason_2023)]
        # Ended and enrolled again in 2023; every other of them ended again: then the last reason is
        # counted.
        end = pick(rng, low, day("2023-06-30"), ENROLMENT_SEASON)
        start_again = pick(rng, end + 20, end + 60, ENROLMENT_SEASON)
        if rng.random() < 0.5:
            last = _end(rng, start_again + 30, END_2023, course.reason_2023)
            return [(start, end, rng.choice(STAYING_EXIT_REASONS)), (start_again, last, course.reason_2023)]
        return [(start, end, course.reason_2023), (start_again, None, None)]
    if course.new_2023:
        low = day("2022-12-06")
        if spans:
            low = max(low, (spans[-1][1] or 0) + 70)
        if course.kind_2023 == "running":
            spans.append((pick(rng, max(low, day("2023-01-10")), END_2023, ENROLMENT_SEASON), None, None))
        else:
            start = pick(rng, low, day("2023-10-10"), ENROLMENT_SEASON)
            spans.append((start, _end(rng, start + 25, END_2023, course.reason_2023), course.reason_2023))
    return spans


def _add_stays(rng: random.Random, youth: Youth) -> None:
    first = youth.enrolments[0]
    entry = max(first.start - 18 - int(rng.triangular(0, 260, 40)), EARLIEST_ENTRY)
    for position, enrolment in enumerate(youth.enrolments):
        following = youth.enrolments[position + 1] if position + 1 < len(youth.enrolments) else None
        if following is not None:
            if enrolment.reason == "STUDIER" and enrolment.end is not None and following.start - enrolment.end >= 60:
                # Studied for a while, dropped out again.
                exit_day = enrolment.end + rng.randint(0, 3)
                youth.stays.append(Stay(entry, exit_day, "STUDIER"))
                entry = max(exit_day + 25, following.start - rng.randint(20, 50))
            continue
        end, cause = _exit(rng, enrolment)
        if end is not None and end > LAST:
            end, cause = None, ""
        youth.stays.append(Stay(entry, end, cause))


def _exit(rng: random.Random, enrolment: Enrolment) -> tuple[int | None, str]:
    """When and why an enrolled youth leaves the register."""
    if enrolment.end is None:
        return None, ""
    if enrolment.reason == "STUDIER":
        return enrolment.end + rng.randint(0, 3), "STUDIER"
    if enrolment.reason == "FYLLT_20":
        return enrolment.end + rng.randint(0, 6), "FYLLT_20"
    if enrolment.reason == "FLYTTAT":
        return enrolment.end + rng.randint(0, 10), "FLYTTAT"
    exit_day = enrolment.end + 15 + int(rng.expovariate(1 / 160))
    causes = ("STUDIER", "FLYTTAT", "BEVIS", "KOMVUX", "FYLLT_20")
    cause = rng.choices(causes, (60, 10, 4, 6, 20))[0]
    if cause == "FYLLT_20" and exit_day < day("2022-01-02"):
        cause = "STUDIER"
    return exit_day, cause


def _add_aim(rng: random.Random, youth: Youth, course: Course) -> None:
    if course.aim == "running":
        enrolment = youth.enrolments[-1]
        if course.carried:
            low, high = enrolment.start, min(enrolment.start + 45, TURN - 1)
        else:
            low, high = enrolment.start, min(enrolment.start + 45, END_2023)
        enrolment.measures.append(Measure("AIM", pick(rng, low, high), None, None))
        return
    wanted = course.reason_2022 if course.aim == "2022" else course.reason_2023
    low_end, high_end = (day("2021-12-01"), TURN - 1) if course.aim == "2022" else (TURN, END_2023)
    enrolment = next(
        e for e in youth.enrolments if e.reason == wanted and e.end is not None and low_end <= e.end <= high_end
    )
    assert enrolment.end is not None
    # The measure starts in the enrolment's own report year, also where the enrolment began just before its
    # end.
    high = min(enrolment.start + 30, enrolment.end - 10)
    for turn in (day("2021-12-01"), TURN):
        if enrolment.start < turn:
            high = min(high, turn - 1)
            break
    start = pick(rng, enrolment.start, max(enrolment.start, high))
    end = enrolment.end
    earlier = end - rng.randint(0, 8)
    if rng.random() < 0.3 and earlier > start + 5 and earlier >= low_end:
        end = earlier
    enrolment.measures.append(Measure("AIM", start, end, enrolment.reason))


def _add_measures(rng: random.Random, enrolment: Enrolment) -> None:
    main = "JOBBTORG" if enrolment.office == "AMF" else "SKOLSLUSSEN"
    enrolment.measures.append(Measure(main, enrolment.start, enrolment.end, enrolment.reason))
    until = enrolment.end if enrolment.end is not None else END_2023
    for kind, weight, shortest, longest in SIDE_MEASURES:
        if rng.random() * 100 >= weight or until - enrolment.start < 10:
            continue
        start = pick(rng, enrolment.start, until - 5)
        end = start + rng.randint(shortest, longest)
        if end < until:
            reason = rng.choice(("STUDIER", "ARBETE", "EGEN_BEGARAN", "OKAND"))
            enrolment.measures.append(Measure(kind, start, end, reason))
        else:
            enrolment.measures.append(Measure(kind, start, enrolment.end, enrolment.reason))


def _add_second_office(rng: random.Random, youth: Youth, course: Course) -> None:
    """Some also got support from the other administration for a while, inside their own enrolment.

    It begins and ends in the report year in which the main enrolment begins and ends, and before its end, so it
    changes no total over both administrations.
    """
    main = youth.enrolments[-1]
    same_year = course.kind_2022 == "new_ended" or (not course.kind_2022 and course.kind_2023 == "ended")
    if not same_year or main.end is None or main.end - main.start < 60 or rng.random() > 0.1:
        return
    start = pick(rng, main.start + 5, main.start + 25)
    end = pick(rng, start + 10, main.end - 5)
    office = "UTBF" if main.office == "AMF" else "AMF"
    extra = Enrolment(office, start, end, rng.choice(STAYING_EXIT_REASONS))
    _add_measures(rng, extra)
    youth.enrolments.insert(0, extra)
