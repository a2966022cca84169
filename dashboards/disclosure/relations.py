"""Which relations between published numbers an outsider knows (disclosure.md section 2), made from the catalogue and the rules.

A relation is said between numbers that are shown and such as are not: of the latter the outsider knows only that they are not
negative. Only what holds in the data is a relation: where deliveries contradict a definition, nobody can calculate with it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise, product

from dashboards.published.file import ALL
from dashboards.published.numbers import PLACES, NumberKey
from dashboards.published.rules import RULES, Rule, Term
from pipelines.configuration.catalogue import Counted, Figure, Groupings, In, Total, read_catalogue

#: Dimensions in which a number has parts.
DIVIDED = (*PLACES, "category", "subcategory")

#: A number of days between two ends of published periods, where none is published: unknown, and not negative.
BETWEEN = "between "

#: Why a period has at most as many as a longer one that contains it.
LONGER = "a longer period"


@dataclass(frozen=True)
class Relation:
    """The ``left`` numbers together are the ``right`` ones together, or (not ``equal``) at most as many."""

    left: tuple[NumberKey, ...]
    right: tuple[NumberKey, ...]
    equal: bool
    because: str


@dataclass(frozen=True)
class Known:
    """What an outsider knows besides the numbers: the days of periods, and which codes there are of a dimension in a period."""

    days: Mapping[str, tuple[date, date]]
    #: (figure, period, dimension) -> all codes but ``*``.
    codes: Callable[[str, str, str], frozenset[str]]
    #: (job-centre, period) -> its districts on the period's last day.
    districts_of: Callable[[str, str], frozenset[str]]


def universe(shown: Iterable[NumberKey], known: Known) -> frozenset[NumberKey]:
    """The numbers of every table of which one is shown: all its rows and columns, and what they are parts of."""
    groupings: dict[tuple[str, str, str], set[frozenset[str]]] = defaultdict(set)
    listed: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for key in shown:
        table = (key.figure, key.measure, key.period)
        divided = frozenset(name for name in DIVIDED if getattr(key, name) != ALL)
        groupings[table] |= {frozenset(some) for n in range(len(divided) + 1) for some in combinations(divided, n)}
        for name in divided:
            listed[*table, name].add(getattr(key, name))
    found = set(shown)
    for (figure, measure, period), divisions in groupings.items():
        entry = read_catalogue()[figure]
        for divided in divisions:
            if not entry.has_total and "category" not in divided:
                continue
            names = sorted(divided)
            codes = [
                sorted(listed[figure, measure, period, name] | known.codes(figure, period, name)) for name in names
            ]
            found |= {
                key
                for chosen in product(*codes)
                if _can_be(entry, key := NumberKey(figure, measure, period, **dict(zip(names, chosen, strict=True))))
            }
    return frozenset(found)


def _can_be(figure: Figure, key: NumberKey) -> bool:
    """Whether a figure gives such a number: of some categories it gives no subcategories."""
    only_in = figure.subcategory.only_in if figure.subcategory else ()
    return key.subcategory == ALL or not only_in or key.category in only_in


def relations(keys: frozenset[NumberKey], known: Known) -> Iterator[Relation]:
    """Every relation between these numbers."""
    yield from _parts_and_wholes(keys, known)
    yield from _between_measures(keys)
    yield from _between_periods(keys, known)


def _parts_and_wholes(keys: frozenset[NumberKey], known: Known) -> Iterator[Relation]:
    parts: dict[tuple[str, NumberKey], list[NumberKey]] = defaultdict(list)
    for key in sorted(keys, key=order):
        for name in DIVIDED:
            whole = key._replace(**{name: ALL}) if getattr(key, name) != ALL else None
            if whole in keys:
                parts[name, whole].append(key)
    for (name, whole), found in parts.items():
        figure = read_catalogue()[whole.figure]
        if not _adds_up(figure, whole.measure, name):
            yield from (Relation((part,), (whole,), False, name) for part in found if _has_total(figure, name))
            continue
        codes = known.codes(whole.figure, whole.period, name)
        yield Relation(tuple(found), (whole,), codes <= {getattr(part, name) for part in found}, name)
        if name == "district":
            yield from _districts_of_job_centres(whole, found, keys, known)


def _adds_up(figure: Figure, measure: str, name: str) -> bool:
    """Whether the parts of a dimension together are the whole."""
    if name in PLACES:
        return True
    level = figure.category if name == "category" else figure.subcategory
    assert level
    counted_in = figure.counted_in(measure) if name == "category" else level.counted_in
    return level.total is Total.GIVEN and counted_in is In.ONE


def _has_total(figure: Figure, name: str) -> bool:
    """Whether a part is at most the number for all of a dimension: not where that is a sum of different things."""
    level = figure.category if name == "category" else figure.subcategory
    return level is not None and level.total is Total.GIVEN


def _districts_of_job_centres(
    whole: NumberKey, districts: list[NumberKey], keys: frozenset[NumberKey], known: Known
) -> Iterator[Relation]:
    for job_centre in sorted(known.codes(whole.figure, whole.period, "job_centre")):
        place = whole._replace(job_centre=job_centre)
        own = known.districts_of(job_centre, whole.period)
        found = tuple(key for key in districts if key.district in own)
        if place in keys and found:
            yield Relation(found, (place,), own <= {key.district for key in found}, "districts of a job-centre")


def _between_measures(keys: frozenset[NumberKey]) -> Iterator[Relation]:
    by_measure: dict[tuple[str, str], list[NumberKey]] = defaultdict(list)
    for key in sorted(keys, key=order):
        by_measure[key.figure, key.measure].append(key)
    for rule in RULES:
        first = rule.left[0]
        for key in by_measure[first.figure, first.measure]:
            relation = _applied(rule, first, key)
            if relation and keys.issuperset(relation.left + relation.right):
                yield relation
    for key in by_measure["occupation", "occupied"]:
        # Who has an occupation is reached, and of each occupation all are (figures.md section 3).
        if key.category not in (ALL, "INGEN", "OKAND") and key._replace(measure="reached") in keys:
            yield Relation((key,), (key._replace(measure="reached"),), True, "occupied")


def _applied(rule: Rule, first: Term, key: NumberKey) -> Relation | None:
    """The rule for the place and category of one number; None where it says nothing of them."""
    if rule.groupings is Groupings.GENDER and (key.district, key.job_centre) != (ALL, ALL):
        return None
    if first.category is not None and key.category != first.category:
        return None

    def at(term: Term) -> NumberKey:
        category = key.category if term.category is None else term.category
        same_level = term.category is None and read_catalogue()[term.figure].subcategory is not None
        subcategory = key.subcategory if same_level else ALL
        return key._replace(figure=term.figure, measure=term.measure, category=category, subcategory=subcategory)

    if rule.equal and key.subcategory != ALL:
        return None
    left = (key, *(at(term) for term in rule.left[1:]))
    return Relation(left, tuple(at(term) for term in rule.right), rule.equal, rule.sentence)


def _between_periods(keys: frozenset[NumberKey], known: Known) -> Iterator[Relation]:
    """For the whole municipality and by gender; by district or job-centre periods have no relation."""
    series: dict[NumberKey, dict[tuple[date, date], list[NumberKey]]] = defaultdict(lambda: defaultdict(list))
    for key in sorted(keys, key=order):
        if (key.district, key.job_centre) == (ALL, ALL) and key.period in known.days:
            series[key._replace(period="")][known.days[key.period]].append(key)
    for one, by_days in series.items():
        for same in by_days.values():
            yield from (Relation((other,), (same[0],), True, "the same days") for other in same[1:])
        figure = read_catalogue()[one.figure]
        spans = {days: same[0] for days, same in sorted(by_days.items())}
        if figure.months_add_up(one.measure):
            yield from _added_up(one, spans)
        elif _grows_with_the_period(figure, one):
            yield from _at_most_the_longer(spans)


def _grows_with_the_period(figure: Figure, one: NumberKey) -> bool:
    """Whether a longer period has at least as many. Who is counted in one category only may be in another of a longer period;
    residents are those of one day."""
    if figure.id == "residents" or not figure.is_count:
        return False
    if figure.counted_as(one.measure) is not Counted.PERSON:
        return True
    by_one_category = figure.counted_in(one.measure) is In.ONE and one.category != ALL
    return not by_one_category and one.subcategory == ALL


def _added_up(one: NumberKey, spans: Mapping[tuple[date, date], NumberKey]) -> Iterator[Relation]:
    """Each period as the sum of the stretches between all ends of periods: so any periods that make up another add up to it."""
    ends = sorted({day for first, last in spans for day in (first, last + timedelta(days=1))})
    stretches = [one._replace(period=f"{BETWEEN}{first} {last}") for first, last in pairwise(ends)]
    for (first, last), key in spans.items():
        within = stretches[ends.index(first) : ends.index(last + timedelta(days=1))]
        yield Relation(tuple(within), (key,), True, "periods that make up another")


def _at_most_the_longer(spans: Mapping[tuple[date, date], NumberKey]) -> Iterator[Relation]:
    """A period and every longer one that contains it."""
    for inner, key in spans.items():
        for outer, longer in spans.items():
            if outer != inner and outer[0] <= inner[0] and inner[1] <= outer[1]:
                yield Relation((key,), (longer,), False, LONGER)


def order(key: NumberKey) -> tuple[str, ...]:
    """Numbers in the order of figures.md's columns."""
    return (
        key.figure, key.measure, key.period, key.gender, key.district, key.job_centre, key.category, key.subcategory,
    )  # fmt: skip
