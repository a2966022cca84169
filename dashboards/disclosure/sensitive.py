"""Which numbers are too small to be shown (disclosure.md section 1).

Whether a number is to be hidden for its own sake is said here; what must be hidden with it is found in ``suppression``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dashboards.disclosure.outsider import Wanted
from dashboards.disclosure.relations import DIVIDED, order
from dashboards.published.file import ALL
from dashboards.published.numbers import NumberKey
from pipelines.configuration.catalogue import MeasureKey, read_catalogue

#: Of another figure than their own, and yet a part of it.
_SOUGHT = ("outreach", "sought")

#: At most as many as another measure of their figure, but not ”of them”: what they leave of it tells of nobody that they count.
_NO_PART = frozenset({("school_entry_visits", "before_term")})

#: ”Of them: both” is of those whom the two others are of, too.
_OF_ALL = {("not_admitted", "guided_and_placed"): MeasureKey(figure="not_admitted", measure="persons")}


@dataclass(frozen=True)
class Rule:
    """The rule, applied to the numbers of an output: what an outsider must think possible of each sensitive one. A small number
    must not look small; of one that leaves little of a whole, what it leaves must not look little."""

    #: Numbers that are small themselves.
    small: Mapping[NumberKey, Wanted]
    #: Numbers that leave little of a whole, after the whole itself: with each such whole, what they must be able to fall to.
    nearly_all: tuple[tuple[NumberKey, tuple[tuple[NumberKey, int], ...]], ...]

    @classmethod
    def of(cls, numbers: Mapping[NumberKey, int], smallest: int) -> "Rule":
        """``numbers``: those that are shown, or would be."""
        counts = {key: own for key, own in numbers.items() if own and read_catalogue()[key.figure].is_count}
        remainders = (
            (
                key,
                tuple(
                    (whole, counts[whole] - smallest)
                    for whole in wholes(key)
                    if _is_little(whole, counts, counts[key], smallest)
                ),
            )
            for key in sorted(counts, key=_wholes_first)
        )
        return cls(
            {key: Wanted(reaches=smallest) for key, own in counts.items() if own < smallest},
            tuple((key, found) for key, found in remainders if found),
        )

    def sensitive(self, is_hidden: Callable[[NumberKey], bool]) -> dict[NumberKey, Wanted]:
        """The sensitive numbers. ``is_hidden``: of a whole, that it is not shown for another reason than its own: of a whole that
        is not shown nobody knows what a part leaves."""
        found = dict(self.small)
        for key, remainders in self.nearly_all:
            falls = [falls_to for whole, falls_to in remainders if whole not in found and not is_hidden(whole)]
            if falls:
                found[key] = Wanted(falls_to=min(falls)).and_(found.get(key, Wanted()))
        return found


def _is_little(whole: NumberKey, counts: Mapping[NumberKey, int], own: int, smallest: int) -> bool:
    return whole in counts and 0 < counts[whole] - own < smallest


def _wholes_first(key: NumberKey) -> tuple[object, ...]:
    return sum(getattr(key, name) != ALL for name in DIVIDED), _depth(key), order(key)


def _depth(key: NumberKey) -> int:
    """How many measures of its figure a number is a part of, so that wholes come before parts."""
    depth, seen = 0, {(key.figure, key.measure)}
    found = _whole_measure(key.figure, key.measure)
    while found and (found.figure, found.measure) not in seen:
        seen.add((found.figure, found.measure))
        depth += 1
        found = _whole_measure(found.figure, found.measure)
    return depth


def wholes(key: NumberKey) -> Iterator[NumberKey]:
    """What a number is a part of: all of each dimension, its measure's whole."""
    figure = read_catalogue()[key.figure]
    for name in DIVIDED:
        if getattr(key, name) != ALL and (name != "category" or figure.has_total):
            yield key._replace(**{name: ALL})
    whole = _whole_measure(key.figure, key.measure)
    if whole:
        same = figure.shares_categories_with(read_catalogue()[whole.figure])
        place = {} if same else {"category": ALL, "subcategory": ALL}
        yield key._replace(figure=whole.figure, measure=whole.measure, **place)


def _whole_measure(figure: str, measure: str) -> MeasureKey | None:
    """What figures.md says that a measure is ”of them”."""
    if (figure, measure) in _NO_PART:
        return None
    if (figure, measure) in _OF_ALL:
        return _OF_ALL[figure, measure]
    entry = read_catalogue()[figure].measures[measure]
    candidates = [*([entry.share_of] if entry.share_of else []), *(relation.to for relation in entry.part_of)]
    own = (found for found in candidates if found.figure == figure and found.measure != measure)
    return next(own, entry.share_of if (figure, measure) == _SOUGHT else None)
