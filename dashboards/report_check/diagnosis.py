"""Which claims are wrong, when they contradict each other: the smallest sets without which the others go together.

Conflicts (smallest sets of claims that contradict each other) are looked for one by one; at least one claim of each conflict is
wrong, so the smallest sets that meet every conflict are the likeliest faults. Conflicts that share no claim are independent
and judged by themselves. Nothing here knows of reports.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from dashboards.report_check.constraints import System, indices

#: Beyond these the search gives up the promise to name every smallest set: a report with so many contradictions in one place
#: is not misprinted but made of other numbers.
_MOST_TOGETHER = 7
_MOST_STEPS = 4_000
_MOST_SETS = 200


@dataclass(frozen=True)
class Group:
    """Contradictions that hang together: the conflicts and every smallest set of claims that explains them (bit sets)."""

    conflicts: tuple[int, ...]
    explanations: tuple[int, ...]
    #: False: there were too many to look through, and the one explanation is just one that works.
    is_complete: bool = True

    @property
    def claims(self) -> int:
        return reduce(or_, self.conflicts)


def diagnose(system: System) -> list[Group]:
    """All independent groups of contradictions, by their first claim; none when all claims go together."""
    conflicts: list[int] = []
    known: dict[tuple[int, ...], Group] = {}
    consistent: set[int] = set()
    too_many = 0  # the claims of groups that could not be looked through: more conflicts make it no easier
    while True:
        groups = []
        for together in _components(conflicts):
            if together not in known:
                known[together] = _one_explanation(together) if reduce(or_, together) & too_many else _explain(together)
            groups.append(known[together])
        too_many |= reduce(or_, (group.claims for group in groups if not group.is_complete), 0)
        refuting = _first_refutation(system, groups, consistent)
        if not refuting:
            return sorted(groups, key=lambda group: indices(group.claims))
        conflicts.append(refuting)


def _first_refutation(system: System, groups: Sequence[Group], consistent: set[int]) -> int:
    """A conflict among what is left when an explanation of each group is taken away; 0 where there is none."""
    first = reduce(or_, (group.explanations[0] for group in groups), 0)
    removals = [first]
    for group in groups:
        removals += [first & ~group.explanations[0] | other for other in group.explanations[1:]]
    for removed in removals:
        if removed not in consistent:
            found = system.conflict(system.all_claims & ~removed)
            if found:
                return found
            consistent.add(removed)
    return 0


def _components(conflicts: Sequence[int]) -> list[tuple[int, ...]]:
    """Conflicts that share claims, directly or through others."""
    components: list[tuple[int, list[int]]] = []
    for conflict in conflicts:
        claims, together = conflict, [conflict]
        apart = []
        for others, members in components:
            if others & claims:
                claims |= others
                together = members + together
            else:
                apart.append((others, members))
        components = [*apart, (claims, together)]
    return [tuple(sorted(members)) for _, members in components]


def _explain(conflicts: tuple[int, ...]) -> Group:
    """The smallest sets that meet all conflicts."""
    steps = [0]
    for size in range(_apart(conflicts), _MOST_TOGETHER + 1):
        found = []
        for chosen in _meeting(conflicts, 0, 0, size, steps):
            found.append(chosen)
            if len(found) > _MOST_SETS:
                break
        if steps[0] > _MOST_STEPS or len(found) > _MOST_SETS:
            break
        if found:
            return Group(conflicts, tuple(found))
    return _one_explanation(conflicts)


def _meeting(conflicts: Sequence[int], chosen: int, never: int, more: int, steps: list[int]) -> Iterator[int]:
    """Every set of exactly ``more`` further claims with which all conflicts are met, each set once."""
    steps[0] += 1
    missed = [conflict & ~never for conflict in conflicts if not conflict & chosen]
    if not missed:
        if not more:
            yield chosen
        return
    if not more or steps[0] > _MOST_STEPS or _apart(missed) > more:
        return
    for claim in indices(min(missed, key=int.bit_count)):
        yield from _meeting(conflicts, chosen | 1 << claim, never, more - 1, steps)
        never |= 1 << claim


def _apart(conflicts: Sequence[int]) -> int:
    """How many conflicts share no claim, at least: so many claims are needed."""
    seen = count = 0
    for conflict in sorted(conflicts, key=int.bit_count):
        if not conflict & seen:
            seen |= conflict
            count += 1
    return count


def _one_explanation(conflicts: tuple[int, ...]) -> Group:
    """Some set that meets all conflicts: again and again the claim that most of them share."""
    chosen = 0
    left = list(conflicts)
    while left:
        claims = indices(reduce(or_, left))
        claim = max(claims, key=lambda one: (sum(conflict >> one & 1 for conflict in left), -one))
        chosen |= 1 << claim
        left = [conflict for conflict in left if not conflict & chosen]
    return Group(conflicts, (chosen,), is_complete=False)
