"""Chooses what else is not shown, so that nothing can be found out about what is sensitive: as little as possible.

The choice is the smallest set of numbers that covers every way in which an outsider gets too close: all ways are not known
beforehand, so the cheapest set for those known is chosen, the outsider attacks, and each success is a further way. When no attack
succeeds, the set is the cheapest there is. (Fischetti and Salazar-González, ”Solving the cell suppression problem on tabular data
with linear constraints”, Management Science 47(7), 2001.) Nothing depends on chance or on the order of rows.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np

from dashboards.disclosure.outsider import Cover, Failure, Outsider, System, Wanted


class CannotProtect(Exception):
    """Something sensitive is found out whatever else is hidden: which variables, and what is found."""

    def __init__(self, found: Mapping[int, float]) -> None:
        super().__init__(f"{len(found)} numbers cannot be protected")
        self.found = found


@dataclass(frozen=True)
class Choice:
    """What is hidden: for its own sake, and to protect others."""

    primary: frozenset[int]
    secondary: frozenset[int]

    @property
    def hidden(self) -> frozenset[int]:
        return self.primary | self.secondary


@dataclass(frozen=True)
class _Way:
    """One way to find out too much: closed when the weights of hidden numbers add up to 1, or where ``of`` is not hidden."""

    cover: Cover
    of: int | None


@dataclass
class Suppression:
    """``cost``: what it costs to hide a number; None: it cannot be hidden, as it is known already. ``unshown``: numbers that
    are shown nowhere, of which the outsider knows the relations only."""

    system: System
    cost: Callable[[int], float | None]
    unshown: frozenset[int] = frozenset()
    _ways: dict[_Way, None] = field(default_factory=dict)
    _solved: dict[frozenset[_Way], frozenset[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        may_hide = lambda variable: variable not in self.unshown and self.cost(variable) is not None  # noqa: E731
        self._outsider = Outsider(self.system, may_hide)

    def choose(self, primary: Mapping[int, Wanted]) -> Choice:
        """The cheapest choice. Raises CannotProtect."""
        secondary: frozenset[int] = frozenset()
        while True:
            failures = self._failures(primary, secondary)
            fresh = {
                _Way(failure.cover, None if failure.variable in primary else failure.variable) for failure in failures
            } - self._ways.keys()
            hopeless = {
                failure.variable: failure.bound
                for failure in failures
                if failure.variable in primary and sum(weight for _, weight in failure.cover) < 1 - _SHORT_OF_ONE
            }
            if hopeless:
                raise CannotProtect(hopeless)
            if not fresh:
                return Choice(frozenset(primary), secondary)
            self._ways |= dict.fromkeys(sorted(fresh, key=_way_order))
            secondary = self._cheapest() - primary.keys()

    def holds(self, primary: Mapping[int, Wanted], secondary: Collection[int]) -> bool:
        """Whether this choice gives nothing away."""
        return not self._failures(primary, secondary)

    def _failures(self, primary: Mapping[int, Wanted], secondary: Collection[int]) -> list[Failure]:
        wanted = {**dict.fromkeys(secondary, Wanted()), **primary}
        return self._outsider.attack({*wanted, *self.unshown}, wanted)

    def _cheapest(self) -> frozenset[int]:
        chosen: set[int] = set()
        for ways in _groups(self._ways):
            known = frozenset(ways)
            if known not in self._solved:
                self._solved[known] = self._cover(ways)
            chosen |= self._solved[known]
        return frozenset(chosen)

    def _cover(self, ways: Sequence[_Way]) -> frozenset[int]:
        """The cheapest numbers that close all of these ways."""
        variables = sorted({variable for way in ways for variable in _variables(way)})
        place = {variable: number for number, variable in enumerate(variables)}
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(variables), len(ways)
        program.col_cost_ = np.array([self.cost(variable) or 0.0 for variable in variables])
        program.col_lower_, program.col_upper_ = np.zeros(len(variables)), np.ones(len(variables))
        program.integrality_ = [highspy.HighsVarType.kInteger] * len(variables)
        starts, index, weights = [0], [], []
        for way in ways:
            entries = dict(way.cover)
            if way.of is not None:
                entries[way.of] = entries.get(way.of, 0.0) - 1.0
            for variable, weight in sorted(entries.items()):
                index.append(place[variable])
                weights.append(weight)
            starts.append(len(index))
        program.row_lower_ = np.array([(0.0 if way.of is not None else 1.0) - _SHORT_OF_ONE for way in ways])
        program.row_upper_ = np.full(len(ways), highspy.kHighsInf)
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        program.a_matrix_.index_ = np.array(index, dtype=np.int32)
        program.a_matrix_.value_ = np.array(weights)
        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, setting in _OPTIONS.items():
            solver.setOptionValue(option, setting)
        solver.passModel(program)
        solver.run()
        if solver.getModelStatus() not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kSolutionLimit):
            raise ArithmeticError(f"choice among {len(variables)} numbers: {solver.getModelStatus()}")
        values = solver.getSolution().col_value
        return frozenset(variable for variable, chosen in zip(variables, values, strict=True) if chosen > 0.5)


#: What rounding may lack of the weights that close a way.
_SHORT_OF_ONE = 1e-7

#: One thread, and no limit by the clock: the same choice on every machine.
_OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.9,
    "mip_max_nodes": 2_000,
}


def _variables(way: _Way) -> Iterable[int]:
    yield from (variable for variable, _ in way.cover)
    if way.of is not None:
        yield way.of


def _way_order(way: _Way) -> tuple[Cover, int]:
    return way.cover, -1 if way.of is None else way.of


def _groups(ways: Iterable[_Way]) -> Iterable[list[_Way]]:
    """Ways that have a number in common, directly or through others."""
    above: dict[int, int] = {}

    def top(variable: int) -> int:
        while above.setdefault(variable, variable) != variable:
            above[variable] = above[above[variable]]
            variable = above[variable]
        return variable

    listed = sorted(ways, key=_way_order)
    for way in listed:
        first, *others = _variables(way)
        for other in others:
            above[top(other)] = top(first)
    found: dict[int, list[_Way]] = defaultdict(list)
    for way in listed:
        found[top(next(iter(_variables(way))))].append(way)
    return found.values()
