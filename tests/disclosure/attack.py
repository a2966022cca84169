"""An outsider with all public outputs and disclosure.md in hand, who knows nothing of the program that made them.

Shares no code with ``dashboards.disclosure``: relations are written down here from the page, and the linear programs are scipy's.
"""

import csv
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from itertools import pairwise

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

#: figure, measure, period, gender, district, job-centre, category, subcategory.
Cell = tuple[str, str, str, str, str, str, str, str]

#: Terms with their signs, which are together 0, or at most that.
Row = tuple[dict[Cell, float], bool]

FIGURE, MEASURE, PERIOD, GENDER, DISTRICT, JOB_CENTRE, CATEGORY, SUBCATEGORY = range(8)

ADD_UP_BY_CATEGORY = {
    "contacts", "occupation", "exits", "status", "registrations", "latest_occupation", "occupation_after_support",
    "school_entry_visits/visits",
}  # fmt: skip
ADD_UP_BY_SUBCATEGORY = {"measure_exits", "survey", "youth_20_29"}
ADD_UP_OVER_PERIODS = {"residence_checks", "survey", "registrations", "timeliness", "school_entry_visits/visits"}
BY_ONE_CATEGORY = {"occupation", "exits", "latest_occupation", "occupation_after_support"}

#: A part and its whole, of one figure or two.
PART_OF = {
    ("outreach", "sought"): ("population", "in_register"),
    ("outreach", "reached"): ("outreach", "sought"),
    ("contacts", "answered"): ("contacts", "attempts"),
    ("occupation", "occupied"): ("occupation", "reached"),
    ("participants", "new"): ("participants", "enrolled"),
    ("participants", "ended"): ("participants", "enrolled"),
    ("measures", "new"): ("measures", "participants"),
    ("measures", "ended"): ("measures", "participants"),
    ("timeliness", "contacted_in_14_days"): ("timeliness", "registered"),
    ("timeliness", "contacted_in_30_days"): ("timeliness", "registered"),
    ("offer_90_days", "offered"): ("offer_90_days", "enrolments"),
    ("residents", "in_register_16_19"): ("residents", "aged_16_19"),
    ("registrations", "first"): ("registrations", "stays"),
    ("first_time", "reached_in_90_days"): ("first_time", "persons"),
    ("first_time", "enrolled_in_90_days"): ("first_time", "persons"),
    ("not_admitted", "guided"): ("not_admitted", "persons"),
    ("not_admitted", "placed"): ("not_admitted", "persons"),
    ("not_admitted", "guided_and_placed"): ("not_admitted", "persons"),
    ("target_group", "eligible_not_in_register"): ("target_group", "eligible"),
    ("target_group", "in_register_not_eligible"): ("target_group", "in_register"),
    ("consented_participants", "new"): ("consented_participants", "participants"),
    ("consented_participants", "ended"): ("consented_participants", "participants"),
}

#: At most as many as another, without being a part of it.
AT_MOST = {
    ("timeliness", "contacted_in_14_days"): [("timeliness", "contacted_in_30_days")],
    ("persistence", "again"): [("population", "in_register")],
    ("school_entry_visits", "before_term"): [("school_entry_visits", "visitors")],
    ("not_admitted", "guided_and_placed"): [("not_admitted", "guided"), ("not_admitted", "placed")],
}

#: All categories of the one are the other.
SAME = {
    ("occupation", "reached"): ("outreach", "reached"),
    ("exits", "ended"): ("participants", "ended"),
    ("occupation_after_support", "persons"): ("exits", "ended"),
    ("registrations", "stays"): ("timeliness", "registered"),
    ("latest_occupation", "persons"): ("population", "in_register"),
}


@dataclass(frozen=True)
class Broken:
    """A hidden number of which too much is found out."""

    cell: Cell
    low: float
    high: float
    why: str


def read(text: str) -> dict[Cell, int | None]:
    """The counts of a cells.csv; None for a hidden one. Hand-kept key numbers are not protected."""
    found: dict[Cell, int | None] = {}
    for *key, value in list(csv.reader(StringIO(text)))[1:]:
        figure, measure, period, gender, district, job_centre, category, subcategory = key
        if figure != "key_numbers":
            cell = (figure, measure, period, gender, district, job_centre, category, subcategory)
            found[cell] = None if value == ".." else int(value)
    return found


def attack(
    outputs: Iterable[str],
    truth: Mapping[Cell, int],
    smallest: int,
    report_year_starts: tuple[int, int] = (12, 1),
    districts_of: Mapping[str, Iterable[str]] | None = None,
) -> list[Broken]:
    """What is found out from these outputs. ``truth``: all numbers, by which it is judged which of the hidden ones were
    sensitive; ``districts_of``: of each job-centre that is known to be the sum of its districts."""
    known: dict[Cell, int | None] = {}
    for text in outputs:
        for cell, value in read(text).items():
            known[cell] = value if known.get(cell) is None else known[cell]
    found = [*_rows(known, truth, report_year_starts), *_districts(known, districts_of or {})]
    rows = [row for row in found if len(row[0]) > 1 and _is_true(row, truth)]
    by_cell: dict[Cell, list[int]] = defaultdict(list)
    for number, (terms, _) in enumerate(rows):
        for cell in terms:
            by_cell[cell].append(number)
    unknown = {cell for cell in by_cell if known.get(cell) is None} | {cell for cell, v in known.items() if v is None}
    broken: list[Broken] = []
    seen: set[Cell] = set()
    for first in sorted(unknown):
        if first not in seen:
            group = _group(first, unknown, rows, by_cell)
            seen |= set(group)
            hidden = [cell for cell in group if cell in known]
            if hidden:
                broken += _judged(group, hidden, known, rows, by_cell, truth, smallest)
    return broken


def _is_true(row: Row, truth: Mapping[Cell, int]) -> bool:
    """Whether a relation holds in the data: somebody whose first reach in a half-year found work may not have been working at the
    first reach of the year, so that ``occupied`` of a part can be more than of the whole."""
    terms, is_equal = row
    if not terms.keys() <= truth.keys():
        return True  # stretches between ends of periods are counted nowhere
    total = sum(sign * truth[cell] for cell, sign in terms.items())
    return total == 0 if is_equal else total <= 0


def _group(first: Cell, unknown: set[Cell], rows: list[Row], by_cell: Mapping[Cell, list[int]]) -> list[Cell]:
    found, waiting = {first}, [first]
    while waiting:
        for number in by_cell.get(waiting.pop(), ()):
            for cell in rows[number][0]:
                if cell in unknown and cell not in found:
                    found.add(cell)
                    waiting.append(cell)
    return sorted(found)


def _judged(
    group: list[Cell], hidden: list[Cell], known: Mapping[Cell, int | None], rows: list[Row],
    by_cell: Mapping[Cell, list[int]], truth: Mapping[Cell, int], smallest: int,
) -> Iterator[Broken]:  # fmt: skip
    place = {cell: number for number, cell in enumerate(group)}
    equal: list[tuple[dict[int, float], float]] = []
    at_most: list[tuple[dict[int, float], float]] = []
    for number in sorted({number for cell in group for number in by_cell.get(cell, ())}):
        terms, is_equal = rows[number]
        inside = {place[cell]: sign for cell, sign in terms.items() if cell in place}
        rest = -sum(sign * (known[cell] or 0) for cell, sign in terms.items() if cell not in place)
        (equal if is_equal else at_most).append((inside, rest))
    system = {"A_eq": _matrix(equal, len(group)), "b_eq": [rest for _, rest in equal] or None,
              "A_ub": _matrix(at_most, len(group)), "b_ub": [rest for _, rest in at_most] or None}  # fmt: skip
    for cell in hidden:
        high, low = (_extreme(place[cell], sign, len(group), system) for sign in (-1.0, 1.0))
        own = truth[cell]
        if np.floor(high + 1e-5) - np.ceil(low - 1e-5) < 1:
            yield Broken(cell, low, high, "only one whole number is left")
        elif 0 < own < smallest and high < smallest - 1e-5:
            yield Broken(cell, low, high, "it is seen to be small")
        else:
            for whole in _wholes(cell):
                total = known.get(whole)
                if own and total is not None and 0 < total - own < smallest and total - low < smallest - 1e-5:
                    yield Broken(cell, low, high, f"what it leaves of {whole} is seen to be small")


def _extreme(place: int, sign: float, size: int, system: Mapping[str, object]) -> float:
    aim = np.zeros(size)
    aim[place] = sign
    found = linprog(aim, bounds=(0, 1e6), method="highs", **system)
    assert found.status == 0, found.message
    return float(found.x[place])


def _matrix(rows: list[tuple[dict[int, float], float]], width: int) -> csr_matrix | None:
    if not rows:
        return None
    entries = [(sign, number, column) for number, (terms, _) in enumerate(rows) for column, sign in terms.items()]
    signs, lines, columns = zip(*entries, strict=True)
    return csr_matrix((signs, (lines, columns)), shape=(len(rows), width))


# --- disclosure.md section 2 ------------------------------------------------------------------------------------------


def _wholes(cell: Cell) -> Iterator[Cell]:
    for place in (GENDER, DISTRICT, JOB_CENTRE, CATEGORY, SUBCATEGORY):
        if cell[place] != "*":
            yield _with(cell, place, "*")
    whole = PART_OF.get((cell[FIGURE], cell[MEASURE]))
    if whole:
        figure, measure = whole
        yield (figure, measure, *(cell[2:] if figure == cell[FIGURE] else (*cell[2:6], "*", "*")))


def _rows(
    known: Mapping[Cell, int | None], truth: Mapping[Cell, int], starts: tuple[int, int]
) -> Iterator[tuple[dict[Cell, float], bool]]:
    groups: dict[tuple[int, Cell], list[Cell]] = defaultdict(list)
    for cell in known:
        for place in (GENDER, DISTRICT, JOB_CENTRE, CATEGORY, SUBCATEGORY):
            if cell[place] != "*":
                groups[place, _with(cell, place, "*")].append(cell)
    for (place, whole), parts in groups.items():
        if whole not in known:
            continue
        figure = whole[FIGURE]
        listed = {CATEGORY: ADD_UP_BY_CATEGORY, SUBCATEGORY: ADD_UP_BY_SUBCATEGORY}.get(place)
        adds_up = listed is None or _is_among(whole, listed)
        if not adds_up:
            yield from (({part: 1.0, whole: -1.0}, False) for part in parts if figure != "survey" and place == CATEGORY)
            continue
        # What is not listed of a grouping may be there. The outsider is given that he knows whether it is.
        yield {**dict.fromkeys(parts, 1.0), whole: -1.0}, sum(truth[part] for part in parts) == truth[whole]
    for cell in known:
        for part, whole in ((cell, found) for found in _wholes_by_measure(cell)):
            if whole in known:
                yield {part: 1.0, whole: -1.0}, False
        if cell[:2] == ("outreach", "sought"):
            parts = [_with(cell, MEASURE, name) for name in ("reached", "not_reached")]
            if all(part in known for part in parts):
                yield {**dict.fromkeys(parts, 1.0), cell: -1.0}, True
        same = SAME.get((cell[FIGURE], cell[MEASURE]))
        if same and cell[CATEGORY] == "*" and (same + cell[2:]) in known:
            yield {cell: 1.0, same + cell[2:]: -1.0}, True
        if cell[:2] == ("measure_exits", "ended") and cell[SUBCATEGORY] == "*":
            other = ("measures", "ended", *cell[2:])
            if other in known:
                yield {cell: 1.0, other: -1.0}, True
        if cell[:2] == ("occupation", "occupied") and cell[CATEGORY] not in ("*", "INGEN", "OKAND"):
            reached = _with(cell, MEASURE, "reached")
            if reached in known:
                yield {cell: 1.0, reached: -1.0}, True
    yield from _over_periods(known, starts)


def _districts(known: Iterable[Cell], districts_of: Mapping[str, Iterable[str]]) -> Iterator[Row]:
    for cell in known:
        if cell[JOB_CENTRE] in districts_of:
            whole = _with(cell, JOB_CENTRE, "*")
            yield {**{_with(whole, DISTRICT, code): 1.0 for code in districts_of[cell[JOB_CENTRE]]}, cell: -1.0}, True


def _wholes_by_measure(cell: Cell) -> Iterator[Cell]:
    whole = PART_OF.get((cell[FIGURE], cell[MEASURE]))
    if whole:
        figure, measure = whole
        yield (figure, measure, *(cell[2:] if figure == cell[FIGURE] else (*cell[2:6], "*", "*")))
    for figure, measure in AT_MOST.get((cell[FIGURE], cell[MEASURE]), []):
        yield (figure, measure, *cell[2:])


def _is_among(cell: Cell, listed: set[str]) -> bool:
    """Whether a figure, or this measure of it, is listed."""
    return cell[FIGURE] in listed or f"{cell[FIGURE]}/{cell[MEASURE]}" in listed


def _over_periods(
    known: Mapping[Cell, int | None], starts: tuple[int, int]
) -> Iterator[tuple[dict[Cell, float], bool]]:
    series: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in known:
        if cell[DISTRICT] == cell[JOB_CENTRE] == "*":
            series[_with(cell, PERIOD, "")].append(cell)
    for one, cells in series.items():
        spans = {cell: _days(cell[PERIOD], starts) for cell in cells}
        if _is_among(one, ADD_UP_OVER_PERIODS):
            ends = sorted({day for first, last in spans.values() for day in (first, last + timedelta(days=1))})
            for cell, (first, last) in spans.items():
                pieces = [(a, b) for a, b in pairwise(ends) if first <= a and b <= last + timedelta(days=1)]
                yield {**{_with(cell, PERIOD, f"{a} {b}"): 1.0 for a, b in pieces}, cell: -1.0}, True
        elif one[FIGURE] != "residents" and not (
            (one[FIGURE] in BY_ONE_CATEGORY and one[CATEGORY] != "*")
            or (one[FIGURE] == "measure_exits" and one[SUBCATEGORY] != "*")
        ):
            for inner, (first, last) in spans.items():
                for outer, (begins, ends_on) in spans.items():
                    if inner != outer and begins <= first and last <= ends_on:
                        yield {inner: 1.0, outer: -1.0}, (first, last) == (begins, ends_on)


def _days(period: str, starts: tuple[int, int]) -> tuple[date, date]:
    kind, _, rest = period.partition("-")
    year = int(rest[:4])
    match kind:
        case "manad":
            month = int(rest[5:])
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        case "tertial1":
            return date(year, 1, 1), date(year, 4, 30)
        case "tertial2":
            return date(year, 1, 1), date(year, 8, 31)
        case "halvar1":
            return date(year, 1, 1), date(year, 6, 30)
        case "halvar2":
            return date(year, 7, 1), date(year, 12, 31)
        case "lasar":
            return date(year, 7, 1), date(year + 1, 6, 30)
        case "verksamhetsar":
            month, day = starts
            begins = year - 1 if month > 6 else year
            return date(begins, month, day), date(begins + 1, month, day) - timedelta(days=1)
        case _:
            return date(year, 1, 1), date(year, 12, 31)


def _with(cell: Cell, place: int, code: str) -> Cell:
    return (*cell[:place], code, *cell[place + 1 :])  # type: ignore[return-value]
