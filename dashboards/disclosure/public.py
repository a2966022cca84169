"""Which numbers of a public output are shown as ``..``: the rule, the relations and the choice, put together.

    protection = protect(now, earlier, known, smallest=5, current=value)
    protection.hidden          # shown as ..
    protection.given_away      # left out: earlier outputs have told them already

What a page looks like does not belong here.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboards.disclosure.linked import Linked, Snapshot
from dashboards.disclosure.outsider import Wanted
from dashboards.disclosure.relations import DIVIDED, Known, order
from dashboards.disclosure.sensitive import Rule
from dashboards.disclosure.suppression import CannotProtect, Choice, Suppression
from dashboards.published.file import ALL
from dashboards.published.numbers import NumberKey

#: What it costs to hide a number: a total of the whole municipality only where nothing below it would do, a zero next to
#: nothing, and a number of the report's tables rather not.
TOTAL, TABLE, OTHER, ZERO = 1_000_000.0, 2.0, 1.0, 0.001


@dataclass(frozen=True)
class Protection:
    """What is hidden of an output, and why."""

    sensitive: frozenset[NumberKey]
    #: Hidden so that nothing can be found out about others.
    secondary: frozenset[NumberKey]
    #: Sensitive, but found out from earlier outputs already: neither shown nor hidden, but left out.
    given_away: frozenset[NumberKey] = frozenset()
    #: Of days of which earlier outputs have told that were protected in another way.
    told_otherwise: frozenset[NumberKey] = frozenset()

    @property
    def hidden(self) -> frozenset[NumberKey]:
        return self.sensitive | self.secondary | self.told_otherwise


class CannotPublish(Exception):
    """Something sensitive is found out whatever is hidden, and no earlier output is to blame: each number with the relations
    through which it is."""

    def __init__(self, found: Mapping[NumberKey, tuple[str, ...]]) -> None:
        super().__init__(f"{len(found)} numbers cannot be protected")
        self.found = found


def protect(
    now: Mapping[NumberKey, int],
    earlier: Sequence[Snapshot],
    known: Known,
    smallest: int,
    current: Callable[[NumberKey], int],
    in_tables: Collection[NumberKey] = frozenset(),
    costs: Mapping[NumberKey, float] | None = None,
) -> Protection:
    """Chooses what is hidden of the numbers ``now``. ``current``: the data's answer for any number; ``costs``: of some numbers,
    what it costs to hide them. Raises CannotPublish."""
    given_away: frozenset[NumberKey] = frozenset()
    while True:
        left = {key: number for key, number in now.items() if key not in given_away}
        attempt = _Attempt(left, earlier, known, smallest, current, in_tables, costs or {})
        found_out = attempt.known_already()
        if not found_out:
            try:
                return attempt.protection(given_away)
            except CannotProtect as error:
                found_out = attempt.keys(error.found)
                if not earlier or not found_out:
                    raise CannotPublish({key: attempt.reasons(key) for key in sorted(found_out, key=order)}) from error
        given_away |= found_out


class _Attempt:
    def __init__(
        self,
        now: Mapping[NumberKey, int],
        earlier: Sequence[Snapshot],
        known: Known,
        smallest: int,
        current: Callable[[NumberKey], int],
        in_tables: Collection[NumberKey],
        costs: Mapping[NumberKey, float],
    ) -> None:
        self._now, self._in_tables, self._costs = now, in_tables, costs
        self._rule = Rule.of(now, smallest)
        self._linked = Linked((Snapshot(now), *earlier), known, current)
        self._variable_of = {key: self._linked.variable(key) for key in sorted(now, key=order)}
        self._members: dict[int, list[NumberKey]] = defaultdict(list)
        for key, variable in self._variable_of.items():
            self._members[variable].append(key)
        outputs = list(enumerate(earlier, start=1))
        linked = self._linked
        self._told = frozenset().union(*(linked.variables(n, each.values.keys() - each.hidden) for n, each in outputs))
        self._before = self._still_hidden(outputs, smallest)
        self._suppression = Suppression(linked.system, self._cost, linked.unshown)

    def known_already(self) -> frozenset[NumberKey]:
        """Sensitive numbers that an earlier output shows."""
        return self.keys(self._sensitive(self._before.keys()).keys() & self._told)

    def keys(self, variables: Collection[int]) -> frozenset[NumberKey]:
        """The numbers of now that these variables are."""
        return frozenset(key for variable in variables for key in self._members[variable])

    def reasons(self, key: NumberKey) -> tuple[str, ...]:
        """Through which relations something is known of a number."""
        return self._linked.reasons(self._variable_of[key])

    def protection(self, given_away: frozenset[NumberKey]) -> Protection:
        """The cheapest protection. Raises CannotProtect."""
        hidden = self._needed(self._chosen())
        own = self.keys(self._sensitive(hidden).keys())
        return Protection(own, self.keys(hidden) - own, given_away)

    def _chosen(self) -> Choice:
        while True:
            try:
                return self._suppression.choose(self._primary(self._before.keys()))
            except CannotProtect as error:
                # What earlier outputs hid and yet give away whatever this one hides is no fault of this one.
                if self.keys(error.found):
                    raise
                for variable in error.found:
                    if self._before[variable] == Wanted():
                        del self._before[variable]
                    else:
                        self._before[variable] = Wanted()

    def _needed(self, choice: Choice) -> frozenset[int]:
        """What is hidden, without what need not be: where a whole is hidden, nobody knows what a part leaves of it."""
        hidden = choice.hidden
        for variable in sorted(choice.primary - self._primary(hidden).keys()):
            fewer = hidden - {variable}
            primary = self._primary(fewer)
            if variable not in primary and self._suppression.holds(primary, fewer - primary.keys()):
                hidden = fewer
        return hidden

    def _still_hidden(self, outputs: Iterable[tuple[int, Snapshot]], smallest: int) -> dict[int, Wanted]:
        """What earlier outputs hide and none of them shows, with what an outsider had to think possible of it then."""
        found: dict[int, Wanted] = {}
        for output, each in outputs:
            wanted = Rule.of(each.values, smallest).sensitive(each.hidden.__contains__)
            for key in each.hidden:
                variable = self._linked.variable(key, output)
                if variable not in self._told:
                    found[variable] = wanted.get(key, Wanted()).and_(found.get(variable, Wanted()))
        return dict(sorted(found.items()))

    def _primary(self, hidden: Collection[int]) -> dict[int, Wanted]:
        """What must be hidden: what earlier outputs hide, and what is sensitive where these others are hidden."""
        sensitive = self._sensitive(hidden)
        return {
            variable: self._before.get(variable, Wanted()).and_(sensitive.get(variable, Wanted()))
            for variable in {**self._before, **sensitive}
        }

    def _sensitive(self, hidden: Collection[int]) -> dict[int, Wanted]:
        return self._variables(self._rule.sensitive(lambda key: self._variable_of[key] in hidden))

    def _variables(self, wanted: Mapping[NumberKey, Wanted]) -> dict[int, Wanted]:
        """The wishes for each variable: of numbers that are the same, all of them."""
        found: dict[int, Wanted] = {}
        for key, each in wanted.items():
            variable = self._variable_of[key]
            found[variable] = each.and_(found.get(variable, Wanted()))
        return found

    def _cost(self, variable: int) -> float | None:
        members = self._members.get(variable)
        if variable in self._told or not members:
            return None
        if not self._now[members[0]]:
            return ZERO
        if any(all(getattr(key, name) == ALL for name in DIVIDED if name != "gender") for key in members):
            return TOTAL
        if told := [self._costs[key] for key in members if key in self._costs]:
            return max(told)
        return TABLE if any(key in self._in_tables for key in members) else OTHER
