"""Small worlds of made-up persons, counted by figures.md's words: every kind of relation, and mostly small numbers."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from random import Random

from dashboards.disclosure.relations import Known
from dashboards.published.numbers import NumberKey

Periods = Mapping[str, tuple[date, date]]

PERIODS = {
    "kalenderar-2023": (date(2023, 1, 1), date(2023, 12, 31)),
    "halvar1-2023": (date(2023, 1, 1), date(2023, 6, 30)),
    "halvar2-2023": (date(2023, 7, 1), date(2023, 12, 31)),
}
#: Two years with their tertials and half-years.
TWO_YEARS = {
    f"{name}-{year}": (date(year, first, 1), date(year, *last))
    for year in (2022, 2023)
    for name, first, last in (
        ("kalenderar", 1, (12, 31)), ("tertial1", 1, (4, 30)), ("tertial2", 1, (8, 31)), ("halvar1", 1, (6, 30)),
        ("halvar2", 7, (12, 31)),
    )
}  # fmt: skip
DISTRICTS = {"A": "NORR", "B": "NORR", "C": "SYD"}
OCCUPATIONS = ("INGEN", "OKAND", "STUDIER", "ARBETE")


def known(periods: Periods = PERIODS) -> Known:
    codes = {
        "gender": {"kvinna", "man"}, "district": set(DISTRICTS), "job_centre": set(DISTRICTS.values()),
        "category": set(OCCUPATIONS), "subcategory": set(),
    }  # fmt: skip
    return Known(
        periods,
        lambda figure, period, name: frozenset(codes[name]),
        lambda centre, period: frozenset(code for code, own in DISTRICTS.items() if own == centre),
    )


def numbers(seed: int, periods: Periods = PERIODS) -> dict[NumberKey, int]:
    """Every number of a world, zeros too. What happens to somebody happens in stretches of time, of which periods are made."""
    random = Random(seed)
    counted: Counter[NumberKey] = Counter()
    made_of = _stretches(periods)
    several = range(1 + max(stretch for stretches in made_of.values() for stretch in stretches))
    for _ in range(random.randint(10, 120)):
        gender, district = random.choice(("kvinna", "man", "man")), random.choice("AAABBC")
        first = random.choice(several)
        in_register = range(first, random.choice(several[first:]) + 1)
        sought = {stretch for stretch in in_register if random.random() < 0.7}
        reached = {stretch for stretch in sorted(sought) if random.random() < 0.6}
        occupation = {stretch: random.choice(OCCUPATIONS) for stretch in in_register}
        checks = {stretch: random.choice((0, 0, 1, 2)) for stretch in several}
        for period, stretches in made_of.items():
            for _ in range(sum(checks[stretch] for stretch in stretches)):
                counted.update(_keys("residence_checks", "reported", period, gender, district))
            if stretches.intersection(in_register):
                counted.update(_keys("population", "in_register", period, gender, district))
            if stretches & sought:
                is_reached = stretches & reached
                counted.update(_keys("outreach", "sought", period, gender, district))
                counted.update(_keys("outreach", "reached" if is_reached else "not_reached", period, gender, district))
                if is_reached:
                    own = occupation[min(is_reached)]
                    counted.update(_keys("occupation", "reached", period, gender, district, own))
                    if own not in ("INGEN", "OKAND"):
                        counted.update(_keys("occupation", "occupied", period, gender, district, own))
    measures = {("population", "in_register"), ("outreach", "sought"), ("outreach", "reached"), ("outreach", "not_reached"),
                ("residence_checks", "reported"), ("occupation", "reached"), ("occupation", "occupied")}  # fmt: skip
    return {key: counted[key] for figure, measure in sorted(measures) for key in _all(figure, measure, periods)}


def _stretches(periods: Periods) -> dict[str, set[int]]:
    """The stretches between all ends of periods of which each period is made."""
    begins = sorted(
        {first for first, _ in periods.values()} | {last + timedelta(days=1) for _, last in periods.values()}
    )
    return {
        period: {place for place, day in enumerate(begins[:-1]) if first <= day <= last}
        for period, (first, last) in periods.items()
    }


def _places(district: str) -> Iterator[tuple[str, str]]:
    yield from (("*", "*"), (district, "*"), ("*", DISTRICTS[district]))


def _keys(figure: str, measure: str, period: str, gender: str, district: str, category: str = "*") -> list[NumberKey]:
    return [
        NumberKey(figure, measure, period, each, *place, own)
        for each in ("*", gender)
        for place in _places(district)
        for own in {"*", category}
    ]


def _all(figure: str, measure: str, periods: Periods) -> Iterator[NumberKey]:
    places = [
        ("*", "*"),
        *((code, "*") for code in DISTRICTS),
        *(("*", code) for code in sorted(set(DISTRICTS.values()))),
    ]
    categories = {"reached": OCCUPATIONS, "occupied": OCCUPATIONS[2:]}[measure] if figure == "occupation" else ()
    for period, gender, place, category in product(periods, ("*", "kvinna", "man"), places, ("*", *categories)):
        yield NumberKey(figure, measure, period, gender, *place, category)
