"""Who is in the KAA register, and when: fills up the enrolled youths to the printed totals of Tabell 1.

Belongs here: stays in the register, birth dates, reasons for registration, numbers and markings of the youths.
Does not belong here: outreach, and the residents that never are in the register.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from demo.synthetic_city import targets as t
from demo.synthetic_city.city_facts import (
    CENTRE_OF_DISTRICT,
    GROWING_CENTRES,
    REGISTER_WEIGHT,
    WITHOUT_DISTRICT,
)
from demo.synthetic_city.personnummer import NumberOffice
from demo.synthetic_city.timeline import (
    EARLIEST_BIRTH,
    FIRST,
    LAST,
    LONG_STAY_SEASON,
    SHORT_STAY_SEASON,
    STUDY_SEASON,
    as_date,
    day,
    pick,
    years_before,
)
from demo.synthetic_city.youth import Stay, Youth

TURN = day("2022-12-01")
FIRST_NIGHT_2023 = day("2022-12-07")

# Courses of a stay, by (in the register during 2022, during 2023), with their share of the youths that fill
# up. "short": a change of school or a newcomer on the way to school; "summer": between two schools over the
# holidays.
FILL = {
    (True, False): (("before", 0.310), ("long", 0.270), ("short", 0.280), ("summer", 0.140)),
    (True, True): (("before", 0.360), ("long", 0.385), ("late", 0.070), ("twice", 0.185)),
    (False, True): (("long", 0.600), ("short", 0.255), ("summer", 0.145)),
}


def fill_up(rng: random.Random, enrolled: Sequence[Youth]) -> list[Youth]:
    """The youths without support, so that both years' totals by gender are those of Tabell 1."""
    youths: list[Youth] = []
    for gender in (t.WOMAN, t.MAN):
        both = t.IN_BOTH_YEARS[gender]
        wanted = {
            (True, False): t.IN_REGISTER[0][gender] - both,
            (True, True): both,
            (False, True): t.IN_REGISTER[1][gender] - both,
        }
        for group, number in wanted.items():
            missing = number - sum(1 for y in enrolled if y.gender == gender and y.years() == group)
            districts = _districts(rng, missing, group)
            courses = _deck(rng, [c for c, _ in FILL[group]], [w for _, w in FILL[group]], missing)
            for district, course in zip(districts, courses, strict=True):
                youths.append(_youth(rng, gender, district, group, course))
    return youths


def _deck(rng: random.Random, items: Sequence[str], weights: Sequence[float], size: int) -> list[str]:
    """``size`` items in the proportions of the weights, shuffled."""
    total = sum(weights)
    exact = [size * weight / total for weight in weights]
    numbers = [int(value) for value in exact]
    by_rest = sorted(range(len(items)), key=lambda i: numbers[i] - exact[i])
    for position in by_rest[: size - sum(numbers)]:
        numbers[position] += 1
    deck = [item for item, number in zip(items, numbers, strict=True) for _ in range(number)]
    rng.shuffle(deck)
    return deck


def _districts(rng: random.Random, size: int, group: tuple[bool, bool]) -> list[str | None]:
    weights = {}
    for code, weight in REGISTER_WEIGHT.items():
        if CENTRE_OF_DISTRICT[code] in GROWING_CENTRES:
            weight *= {(True, False): 0.92, (True, True): 1.0, (False, True): 1.07}[group]
        weights[code] = weight
    weights[""] = sum(weights.values()) * WITHOUT_DISTRICT
    return [code or None for code in _deck(rng, list(weights), list(weights.values()), size)]


def _youth(rng: random.Random, gender: str, district: str | None, group: tuple[bool, bool], course: str) -> Youth:
    while True:
        youth = Youth(gender=gender, district=district, stays=_stays(rng, group, course))
        if youth.years() == group:
            break
    first_move = max(youth.stays[0].start + 5, FIRST)
    if district is not None and rng.random() < 0.05 and first_move <= LAST - 3:
        others = [code for code in REGISTER_WEIGHT if code != district]
        when = pick(rng, first_move, LAST - 3, weekday=False)
        youth.move = (when, rng.choices(others, [REGISTER_WEIGHT[code] for code in others])[0])
    return youth


def _stays(rng: random.Random, group: tuple[bool, bool], course: str) -> list[Stay]:
    in_2022, in_2023 = group
    if course == "twice":
        first_course = rng.choices(("short", "summer", "long"), (35, 25, 40))[0]
        first = _stays(rng, (True, False), first_course)[0]
        second = _stays(rng, (False, True), "long")[0]
        if first.end is None or first.cause != "STUDIER" or second.start < first.end + 40:
            return []  # does not fit together: drawn anew
        return [first, second]
    first_day, last_day = (FIRST, TURN - 1) if in_2022 else (TURN, LAST)
    if course == "short":
        entry = pick(rng, first_day, last_day - 8, SHORT_STAY_SEASON, weekday=False)
        return [
            Stay(
                entry,
                entry + rng.randint(7, 21),
                rng.choices(("STUDIER", "FLYTTAT"), (95, 5))[0],
                "",
                "short",
            )
        ]
    if course == "summer":
        year = as_date(last_day).year
        entry = pick(rng, day(f"{year}-06-08"), day(f"{year}-07-08"), weekday=False)
        if rng.random() < 0.35:
            entry = day(f"{year}-07-01")  # compulsory school is over
        end = pick(rng, day(f"{year}-08-17"), day(f"{year}-09-24"), weekday=False)
        return [Stay(entry, end, "STUDIER", "", "summer")]
    if course == "before":
        entry = FIRST - 1 - int(rng.triangular(0, 440, 60))
    elif course == "late":
        entry = pick(rng, day("2022-11-08"), day("2022-11-30"), weekday=False)
    else:
        entry = pick(rng, first_day, last_day - (5 if in_2023 else 12), LONG_STAY_SEASON, weekday=False)
    return [_long_stay(rng, group, entry)]


def _long_stay(rng: random.Random, group: tuple[bool, bool], entry: int) -> Stay:
    in_2022, in_2023 = group
    turning_20 = 0.20
    if not in_2023:
        end = pick(rng, max(entry + 25, FIRST + 2), max(entry + 26, TURN - 1), STUDY_SEASON, weekday=False)
        turning_20 = 0.32
    elif in_2022:
        end = pick(rng, FIRST_NIGHT_2023 + 1, LAST + 220, STUDY_SEASON, weekday=False)
        turning_20 = 0.20
    else:
        end = entry + 25 + int(rng.expovariate(1 / 185))
        turning_20 = 0.05
    if end > LAST:
        return Stay(entry, None)
    causes = ("STUDIER", "FYLLT_20", "FLYTTAT", "BEVIS", "KOMVUX")
    cause = rng.choices(causes, (0.86 - turning_20, turning_20, 0.07, 0.04, 0.03))[0]
    if cause == "FYLLT_20" and years_before(end, 20) < EARLIEST_BIRTH:
        cause = "STUDIER"
    return Stay(entry, end, cause)


def give_birth_dates(rng: random.Random, youths: Sequence[Youth]) -> None:
    """Old enough for the register at the first registration, under 20 as long as they are in it."""
    for youth in youths:
        if not youth.stays:
            youth.birth = pick(rng, day("2004-01-01"), day("2005-12-31"), weekday=False)
            _turn_20_at_the_reason(youth)
            continue
        last = youth.stays[-1]
        if last.cause == "FYLLT_20":
            assert last.end is not None
            youth.birth = years_before(last.end, 20)
            continue
        entry = as_date(youth.stays[0].start)
        # Compulsory school ends on 1 July of the year in which they turn 16.
        latest = day(f"{entry.year - (16 if entry.month >= 7 else 17)}-12-31")
        earliest = max(years_before(last.last_day(), 20) + 2, EARLIEST_BIRTH)
        assert earliest <= latest
        # The younger come and go most: they change schools.
        youth.birth = max(rng.randint(earliest, latest), rng.randint(earliest, latest))
        if as_date(youth.birth).month == 2 and as_date(youth.birth).day == 29:
            youth.birth -= 1
    for youth in youths:
        for stay in youth.stays:
            stay.reason = _reason(rng, youth, stay)


def _turn_20_at_the_reason(youth: Youth) -> None:
    for enrolment in youth.enrolments:
        if enrolment.reason == "FYLLT_20" and enrolment.end is not None:
            youth.birth = years_before(enrolment.end, 20)


def _reason(rng: random.Random, youth: Youth, stay: Stay) -> str:
    entry = as_date(stay.start)
    turns = entry.year - as_date(youth.birth).year
    never_began = stay.start < day(f"{as_date(youth.birth).year + 16}-10-01")
    if stay is not youth.stays[0]:
        return rng.choices(("AVBROTT", "OVRIGT"), (75, 25))[0]
    if turns >= 19 and entry.month == 6 and rng.random() < 0.8:
        return "STUDIEBEVIS"
    if never_began:
        return rng.choices(("ALDRIG_PABORJAT", "INFLYTTAD", "NYANLAND"), (80, 12, 8))[0]
    if stay.kind in ("short", "summer"):
        return rng.choices(("OVRIGT", "INFLYTTAD", "NYANLAND", "AVBROTT"), (52, 28, 8, 12))[0]
    weights = (40, 20, 14, 8, 18) if turns >= 19 else (60, 20, 12, 8, 0)
    return rng.choices(("AVBROTT", "INFLYTTAD", "NYANLAND", "OVRIGT", "STUDIEBEVIS"), weights)[0]


def give_identities(rng: random.Random, youths: Sequence[Youth], office: NumberOffice) -> None:
    """Numbers (some with an earlier one), when they came to the city and left it, markings."""
    for youth in youths:
        youth.number = office.give(youth.birth, youth.gender)
        reason = youth.stays[0].reason if youth.stays else ""
        youth.immigrated = reason == "NYANLAND"
        if reason in ("INFLYTTAD", "NYANLAND"):
            youth.registered_from = youth.stays[0].start - rng.randint(1, 9)
        elif rng.random() < 0.6:
            youth.registered_from = youth.birth
        else:
            youth.registered_from = rng.randint(youth.birth, day("2020-06-30"))
        if youth.stays and youth.stays[-1].cause == "FLYTTAT":
            youth.left_city = youth.stays[-1].end
        youth.district_unknown_to_population = rng.random() < 0.5
    _coordination_numbers(rng, youths, office)
    _corrected_numbers(rng, youths, office)
    in_city = [y for y in youths if y.in_population and y.earlier_number is None and y.stays]
    for youth in rng.sample(in_city, 31):
        youth.marking = "SEKRETESS"
    for youth in rng.sample([y for y in in_city if y.marking is None and y.district is None], 7):
        youth.marking = "SKYDDAD"


def _coordination_numbers(rng: random.Random, youths: Sequence[Youth], office: NumberOffice) -> None:
    """Newly arrived youths that BER knows by a samordningsnummer; most get a personnummer later."""
    arrived = [y for y in youths if y.immigrated and y.stays[0].start > FIRST and y.stays[0].kind == "long"]
    for youth in rng.sample(arrived, 75):
        changed = youth.stays[0].start + rng.randint(15, 120)
        if youth.left_city is not None and changed > youth.left_city - 10:
            changed = LAST + 1
        earlier = office.give(youth.birth, youth.gender, coordination=True)
        leaves_population = day(f"{as_date(youth.birth).year + 20}-12-31")
        if changed > min(LAST - 7, leaves_population - 10) or rng.random() < 0.3:
            # Never registered in the city: only BER knows the youth, by that number alone.
            youth.number, youth.in_population = earlier, False
        else:
            youth.earlier_number, youth.number_changed, youth.registered_from = earlier, changed, changed - 1


def _corrected_numbers(rng: random.Random, youths: Sequence[Youth], office: NumberOffice) -> None:
    """A wrong birth date or gender was put right: the youth has another number from then on."""
    room = {}
    for index, youth in enumerate(youths):
        if youth.earlier_number is None and youth.in_population and youth.stays and youth.left_city is None:
            stay = youth.stays[-1]
            # During a stay, and two weeks before its end, so that the link is certainly delivered.
            first, last = max(stay.start + 3, FIRST + 10), min(stay.last_day(), LAST) - 14
            if first < last:
                room[index] = (first, last)
    for position, index in enumerate(rng.sample(sorted(room), 14)):
        youth = youths[index]
        if position < 4:
            other = t.MAN if youth.gender == t.WOMAN else t.WOMAN
            youth.earlier_number = office.give(youth.birth, other)
        else:
            # A wrong birth date that is later than the right one never makes the youth 20 too early.
            youth.earlier_number = office.give(youth.birth + rng.randint(1, 25), youth.gender)
        youth.number_changed = rng.randint(*room[index])
