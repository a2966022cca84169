"""All public outputs as one system of variables and rows: what the outsider has in hand.

A number of two outputs is one number to him where the data have not changed, and another where they have. Numbers that the
definitions make the same are one variable. What is hidden of it is chosen in ``public``.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboards.disclosure.outsider import Row, System, can_hold
from dashboards.disclosure.relations import BETWEEN, LONGER, Known, Relation, order, relations, universe
from dashboards.published.numbers import NumberKey


@dataclass(frozen=True)
class Snapshot:
    """One public output: every number that it shows or hides, with its value, and which are hidden."""

    values: Mapping[NumberKey, int]
    hidden: frozenset[NumberKey] = frozenset()


#: Numbers with their signs.
_Terms = tuple[tuple["_Name", float], ...]

#: A number of now, or (with the place of an earlier output) one that was another then.
_Name = tuple[NumberKey, int | None]


#: A relation between names: its terms, whether they are together 0 or at most 0, and why.
_Found = tuple[_Terms, bool, str]


class Linked:
    """The outputs ``snapshots``, the one to be made first. ``current``: what the data of now say of any number."""

    def __init__(self, snapshots: Sequence[Snapshot], known: Known, current: Callable[[NumberKey], int]) -> None:
        self._snapshots = snapshots
        self._current = current
        self._listed = frozenset(key for snapshot in snapshots for key in snapshot.values)
        self._same: dict[_Name, _Name] = {}
        found = list(self._relations(known))
        for terms, equal, _ in found:
            if equal and len(terms) == 2 and sum(sign for _, sign in terms) == 0:
                self._make_same(terms[0][0], terms[1][0])
        rows: dict[tuple[_Terms, bool], str] = {}
        for terms, equal, because in found:
            signs: dict[_Name, float] = defaultdict(float)
            for name, sign in terms:
                signs[self._top(name)] += sign
            row = tuple(
                sorted(((name, sign) for name, sign in signs.items() if sign), key=lambda term: _order(term[0]))
            )
            if row:
                rows.setdefault((row, equal), because)
        shown = {
            self._top(self._name(place, key)): number
            for place, snapshot in enumerate(snapshots)
            for key, number in snapshot.values.items()
        }
        kept = _without_loose_ends(rows, shown.keys())
        names = sorted({*shown, *(name for row, _ in kept for name, _ in row)}, key=_order)
        self._place = {name: place for place, name in enumerate(names)}
        #: Why each row holds.
        self.because = tuple(kept.values())
        self.system = System(
            tuple(shown.get(name, 0) for name in names),
            tuple(
                Row(tuple(self._place[name] for name, _ in row), tuple(sign for _, sign in row), equal)
                for row, equal in kept
            ),
        )
        #: What stands in no output: of these the outsider knows only the rows.
        self.unshown = frozenset(place for name, place in self._place.items() if name not in shown)

    def variable(self, key: NumberKey, output: int = 0) -> int:
        """The variable of a number in an output."""
        return self._place[self._top(self._name(output, key))]

    def variables(self, output: int, keys: Iterable[NumberKey]) -> frozenset[int]:
        return frozenset(self.variable(key, output) for key in keys)

    def reasons(self, variable: int) -> tuple[str, ...]:
        """Through which relations something is known of a variable."""
        rows = enumerate(self.system.rows)
        return tuple(sorted({self.because[number] for number, row in rows if variable in row.columns}))

    def _name(self, output: int, key: NumberKey) -> _Name:
        number = self._snapshots[output].values.get(key)
        return (key, output) if output and number != self._current(key) else (key, None)

    def _relations(self, known: Known) -> Iterator[_Found]:
        """The relations that hold in the data, as names with signs."""
        agreed = {
            key
            for output, snapshot in enumerate(self._snapshots)
            for key in snapshot.values
            if self._name(output, key) == (key, None)
        }
        yield from self._of_output(0, frozenset(agreed), known)
        for output, snapshot in enumerate(self._snapshots):
            if output and not snapshot.values.keys() <= agreed:
                yield from self._of_output(output, frozenset(snapshot.values), known)

    def _of_output(self, output: int, keys: frozenset[NumberKey], known: Known) -> Iterator[_Found]:
        sums: dict[NumberKey, list[Relation]] = defaultdict(list)
        longer: dict[NumberKey, list[NumberKey]] = defaultdict(list)
        for relation in relations(universe(keys, known), known):
            if relation.left[0].period.startswith(BETWEEN):
                sums[relation.right[0]._replace(period="")].append(relation)
            elif not self._holds(output, relation):
                continue
            elif relation.because == LONGER:
                longer[relation.left[0]].append(relation.right[0])
            else:
                yield self._named(output, relation)
        for key, found in longer.items():
            # What follows from two others that hold too need not be said again.
            for each in found:
                if not any(each in longer.get(between, ()) for between in found):
                    yield self._named(output, Relation((key,), (each,), False, LONGER))
        for several in sums.values():
            # Stretches between ends of periods are published nowhere: the relations hold where some numbers of theirs do.
            if can_hold([(each.left, self._number(output, each.right[0])) for each in several]):
                yield from (self._named(output, each) for each in several)

    def _number(self, output: int, key: NumberKey) -> int:
        return self._snapshots[output].values.get(key, self._current(key))

    def _holds(self, output: int, relation: Relation) -> bool:
        left = sum(self._number(output, key) for key in relation.left)
        right = sum(self._number(output, key) for key in relation.right)
        return left == right if relation.equal else left <= right

    def _named(self, output: int, relation: Relation) -> _Found:
        left = tuple((self._name(output, key), 1.0) for key in relation.left if not self._is_missing_zero(key))
        right = tuple((self._name(output, key), -1.0) for key in relation.right if not self._is_missing_zero(key))
        return left + right, relation.equal, relation.because

    def _is_missing_zero(self, key: NumberKey) -> bool:
        """A zero that no output lists: the outsider takes what is missing for zero where all others are there."""
        return key not in self._listed and not key.period.startswith(BETWEEN) and not self._current(key)

    def _make_same(self, one: _Name, other: _Name) -> None:
        first, second = self._top(one), self._top(other)
        if first != second:
            # A stretch between ends of periods that is a published period is that one.
            is_stretch = first[0].period.startswith(BETWEEN)
            if is_stretch != second[0].period.startswith(BETWEEN):
                first, second = (second, first) if is_stretch else (first, second)
            elif _order(second) < _order(first):
                first, second = second, first
            self._same[second] = first

    def _top(self, name: _Name) -> _Name:
        while name in self._same:
            name = self._same[name]
        return name


def _order(name: _Name) -> tuple[tuple[str, ...], int]:
    key, output = name
    return order(key), -1 if output is None else output


def _without_loose_ends(
    rows: Mapping[tuple[_Terms, bool], str], shown: Collection[_Name]
) -> dict[tuple[_Terms, bool], str]:
    """The rows without numbers that are shown nowhere and stand in one row only: one of the parts makes the others at most the
    whole, the whole makes of its row nothing that is known."""
    found = dict(rows)
    while True:
        counted: dict[_Name, int] = defaultdict(int)
        for row, _ in found:
            for name, _ in row:
                counted[name] += 1
        loose = {name for name, count in counted.items() if count == 1 and name not in shown}
        if not loose:
            return found
        kept: dict[tuple[_Terms, bool], str] = {}
        for (row, equal), because in found.items():
            signs = {sign > 0 for name, sign in row if name in loose}
            if not signs:
                kept.setdefault((row, equal), because)
            elif len(signs) == 1 and (equal or signs == {True}):
                flip = 1.0 if signs == {True} else -1.0
                rest = tuple((name, flip * sign) for name, sign in row if name not in loose)
                if any(sign > 0 for _, sign in rest):
                    kept.setdefault((rest, False), because)
        found = kept
