"""Which published numbers a public output of a period would show: every one that its pages and documents ask for.

They are found by making the content once from the internal numbers and taking note of what is asked. Over time a figure is given
in the fineness that survives: a division of which too many numbers are small is left to longer periods or larger groups.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product
from pathlib import Path

from dashboards.content import equality, follow_up, happened, trends
from dashboards.content.report import Report
from dashboards.published.file import ALL
from dashboards.published.numbers import DIMENSIONS, NumberKey, Numbers
from dashboards.published.report import Published
from dashboards.published.series import Series

#: A division is offered over time when no more than this part of its numbers is small: what protects them is hidden as well.
MOST_SMALL = (1, 4)


@dataclass(frozen=True)
class _Noted(Numbers):
    """Numbers that take note of what is asked, also of what the public output does not have so far."""

    asked: set[NumberKey] = field(default_factory=set)

    def value(self, key: NumberKey) -> Decimal | None:
        self.asked.add(key)
        return super().value(key)

    def is_public(self, key: NumberKey) -> bool:
        return self.catalogue[key.figure].is_public and not (self.public or {}).get(key, False)


@dataclass(frozen=True)
class ShownNumbers:
    """``in_tables``: those of the report's own tables, diagrams and sentences; they are among ``keys``. ``costs``: of some, what
    it costs the reader when they are hidden to protect others, where 1 is a number like any other."""

    keys: frozenset[NumberKey]
    in_tables: frozenset[NumberKey]
    costs: Mapping[NumberKey, float] = field(default_factory=dict)


def shown_numbers(path: Path, data: Published, smallest: int, told_otherwise: Collection[str] = ()) -> ShownNumbers:
    """The numbers of a period's public output, with those of periods whose counts it will hide as they are ``told_otherwise``."""
    further = follow_up.read(path, data)
    over_time = trends.read(path, data).series
    months = equality.read(path, data).months
    kinds = {period.id: period.kind for period in over_time.periods}
    chosen = _over_time(over_time.numbers, kinds, smallest)
    keys = in_tables = frozenset[NumberKey]()
    while True:
        # Which rows a table has goes by the codes that the output knows, so what was found may ask for more.
        listed = {key: data.catalogue[key.figure].absent_is_zero and key.period in told_otherwise for key in keys}
        report, compared = (replace(data, numbers=_noting(data.numbers, listed)) for _ in range(2))
        several = [replace(each, numbers=_noting(each.numbers, listed)) for each in (further.series, over_time, months)]
        in_tables |= _whole_tables(_asked_by_the_report(report))
        found = chosen | keys | in_tables | _whole_tables(_asked_over_time(data, *several[:2]))
        found |= _whole_tables(_asked_by_the_comparison(compared, several[2]))
        found = frozenset(_public(data, found))
        if found == keys:
            return ShownNumbers(keys, in_tables & keys)
        keys = found


def _asked_by_the_report(data: Published) -> set[NumberKey]:
    assert isinstance(data.numbers, _Noted)
    report = Report(data)
    report.chapters()
    report.summary()
    happened.what_happened(report)
    return data.numbers.asked


def _asked_over_time(data: Published, further: Series, over_time: Series) -> set[NumberKey]:
    assert isinstance(further.numbers, _Noted) and isinstance(over_time.numbers, _Noted)
    follow_up.FollowUp(data, further).sections()
    trends.Trends(data, over_time).main_tables()
    return further.numbers.asked | over_time.numbers.asked


def _asked_by_the_comparison(data: Published, months: Series) -> set[NumberKey]:
    assert isinstance(data.numbers, _Noted) and isinstance(months.numbers, _Noted)
    equality.Equality(data, months).sections()
    return data.numbers.asked | months.numbers.asked


def _noting(numbers: Numbers, listed: Mapping[NumberKey, bool]) -> _Noted:
    own = {name: getattr(numbers, name) for name in Numbers.__dataclass_fields__}
    return _Noted(**{**own, "public": listed or None})


def _public(data: Published, keys: Iterable[NumberKey]) -> Iterator[NumberKey]:
    """Without those of the year before where it has no figures, and those that a public output cannot show."""
    for key in keys:
        if data.catalogue[key.figure].is_public and (key.period != data.before.id or data.before.available):
            yield key


def _grouping(key: NumberKey) -> tuple[str, ...]:
    return (key.figure, key.measure, key.period, *(name for name in DIMENSIONS[3:] if getattr(key, name) != ALL))


def _whole_tables(keys: Iterable[NumberKey]) -> frozenset[NumberKey]:
    """Numbers with those that complete their rows and columns: a table with gaps tells that something is there."""
    groupings: dict[tuple[str, ...], list[NumberKey]] = defaultdict(list)
    for key in keys:
        groupings[_grouping(key)].append(key)
    return frozenset(found for group, members in groupings.items() for found in _crossed(group[3:], members))


def _crossed(names: tuple[str, ...], members: list[NumberKey]) -> Iterator[NumberKey]:
    codes = [sorted({getattr(key, name) for key in members}) for name in names]
    yield from (members[0]._replace(**dict(zip(names, chosen, strict=True))) for chosen in product(*codes))


def _over_time(numbers: Numbers, kinds: dict[str, str], smallest: int) -> frozenset[NumberKey]:
    """The numbers over time, of the divisions that survive."""
    divisions: dict[tuple[str, ...], list[NumberKey]] = defaultdict(list)
    for key in numbers.values:
        divided = frozenset(_grouping(key)[3:])
        if divided in _OFFERED.get(kinds[key.period], _OFFERED_OTHERS):
            divisions[key.figure, key.measure, kinds[key.period], *sorted(divided)].append(key)
    small, of = MOST_SMALL
    found: set[NumberKey] = set()
    for (_, _, kind, *_), members in divisions.items():
        too_small = sum(0 < numbers.values[key] < smallest for key in members)
        if of * too_small <= small * len(members):
            periods = sorted(period for period, each in kinds.items() if each == kind)
            found |= _whole_tables(member._replace(period=period) for member in members for period in periods)
    return frozenset(found)


def _divisions(*divisions: str) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(each.split()) for each in divisions)


#: How finely numbers are offered over time: months for the whole municipality and by gender, longer periods by place as well,
#: categories by no place but the job-centre, and that for years. What is finer has mostly small numbers.
_OFFERED = {
    "manad": _divisions("", "gender", "category"),
    **dict.fromkeys(
        ("verksamhetsar", "kalenderar"),
        _divisions(
            "", "gender", "job_centre", "district", "category", "category gender", "category job_centre",
            "category subcategory", "subcategory",
        ),
    ),
}  # fmt: skip
_OFFERED_OTHERS = _divisions("", "gender", "job_centre", "district", "category", "category gender")
