"""Small worlds of made-up persons, counted by figures.md's words: every kind of relation, and mostly small numbers."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import product
from random import Random

from dashboards.disclosure.relations import Known
from dashboards.published.numbers import NumberKey

PERIODS = {
    "kalenderar-2023": (date(2023, 1, 1), date(2023, 12, 31)),
    "halvar1-2023": (date(2023, 1, 1), date(2023, 6, 30)),
    "halvar2-2023": (date(2023, 7, 1), date(2023, 12, 31)),
}
DISTRICTS = {"A": "NORR", "B": "NORR", "C": "SYD"}
OCCUPATIONS = ("INGEN", "OKAND", "STUDIER", "ARBETE")


def known() -> Known:
    codes = {
        "gender": {"kvinna", "man"}, "district": set(DISTRICTS), "job_centre": set(DISTRICTS.values()),
        "category": set(OCCUPATIONS), "subcategory": set(),
    }  # fmt: skip
    return Known(
        PERIODS,
        lambda figure, period, name: frozenset(codes[name]),
        lambda centre, period: frozenset(code for code, own in DISTRICTS.items() if own == centre),
    )


def numbers(seed: int) -> dict[NumberKey, int]:
    """Every number of a world, zeros too."""
    random = Random(seed)
    counted: Counter[NumberKey] = Counter()
    for _ in range(random.randint(10, 120)):
        gender, district = random.choice(("kvinna", "man", "man")), random.choice("AAABBC")
        for period in ("halvar1-2023", "halvar2-2023"):
            for _ in range(random.choice((0, 0, 1, 2))):
                for at in (period, "kalenderar-2023"):
                    counted.update(_keys("residence_checks", "reported", at, gender, district))
        halves = random.choice((("halvar1-2023",), ("halvar2-2023",), ("halvar1-2023", "halvar2-2023")))
        sought = {half: random.random() < 0.7 for half in halves}
        reached = {half: sought[half] and random.random() < 0.6 for half in halves}
        occupation = {half: random.choice(OCCUPATIONS) for half in halves}
        first = next((half for half in halves if reached[half]), None)
        for period in (*halves, "kalenderar-2023"):
            inside = halves if period == "kalenderar-2023" else (period,)
            counted.update(_keys("population", "in_register", period, gender, district))
            if any(sought[half] for half in inside):
                is_reached = any(reached[half] for half in inside)
                counted.update(_keys("outreach", "sought", period, gender, district))
                counted.update(_keys("outreach", "reached" if is_reached else "not_reached", period, gender, district))
                if is_reached and first:
                    own = occupation[period if period in reached else first]
                    counted.update(_keys("occupation", "reached", period, gender, district, own))
                    if own not in ("INGEN", "OKAND"):
                        counted.update(_keys("occupation", "occupied", period, gender, district, own))
    measures = {("population", "in_register"), ("outreach", "sought"), ("outreach", "reached"), ("outreach", "not_reached"),
                ("residence_checks", "reported"), ("occupation", "reached"), ("occupation", "occupied")}  # fmt: skip
    return {key: counted[key] for figure, measure in sorted(measures) for key in _all(figure, measure)}


def _places(district: str) -> Iterator[tuple[str, str]]:
    yield from (("*", "*"), (district, "*"), ("*", DISTRICTS[district]))


def _keys(figure: str, measure: str, period: str, gender: str, district: str, category: str = "*") -> list[NumberKey]:
    return [
        NumberKey(figure, measure, period, each, *place, own)
        for each in ("*", gender)
        for place in _places(district)
        for own in {"*", category}
    ]


def _all(figure: str, measure: str) -> Iterator[NumberKey]:
    places = [
        ("*", "*"),
        *((code, "*") for code in DISTRICTS),
        *(("*", code) for code in sorted(set(DISTRICTS.values()))),
    ]
    categories = {"reached": OCCUPATIONS, "occupied": OCCUPATIONS[2:]}[measure] if figure == "occupation" else ()
    for period, gender, place, category in product(PERIODS, ("*", "kvinna", "man"), places, ("*", *categories)):
        yield NumberKey(figure, measure, period, gender, *place, category)
