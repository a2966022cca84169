"""What an outsider can find out about numbers that are not shown: linear programming over all relations at once.

    system = System.of(values, relations)
    for failure in Outsider(system, may_hide).attack(hidden, wanted): ...

A number that is shown is known; one that is not has any value, whole or not, that fits the relations and is not negative. The
numbers that hang together through relations are looked at together, each such group by itself. Which numbers are hidden, and what
must stay possible, is said by ``suppression``.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

#: How far from a whole number a bound counts as that number.
TOLERANCE = 1e-6

#: So much more than it is a hidden number may at least be, where no relation bounds it.
UNBOUNDED = 1_000_000.0

_INFINITE = highspy.kHighsInf


@dataclass(frozen=True)
class Row:
    """A relation between numbered variables: their sum with these signs is 0 (``equal``) or at most 0."""

    columns: tuple[int, ...]
    signs: tuple[float, ...]
    equal: bool


@dataclass(frozen=True)
class System:
    """Variables with their true values (of one that is shown nowhere any), and the rows that hold between them."""

    values: tuple[int, ...]
    rows: tuple[Row, ...]

    def rows_of(self) -> dict[int, list[int]]:
        """The rows in which each variable stands."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, row in enumerate(self.rows):
            for column in row.columns:
                found[column].append(number)
        return found


@dataclass(frozen=True)
class Wanted:
    """What an outsider must think possible of a hidden number. Every one must leave more than one whole number possible; a
    sensitive one must reach up to ``reaches`` or down to ``falls_to`` as well."""

    reaches: int | None = None
    falls_to: int | None = None

    def and_(self, other: "Wanted") -> "Wanted":
        """Both."""
        reaches = [each for each in (self.reaches, other.reaches) if each is not None]
        falls_to = [each for each in (self.falls_to, other.falls_to) if each is not None]
        return Wanted(max(reaches, default=None), min(falls_to, default=None))


#: Which further numbers must be hidden before something becomes possible: weights that must add up to at least 1.
Cover = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Failure:
    """A hidden number of which an outsider finds out too much. ``bound`` is what is found: at most or at least so many."""

    variable: int
    cover: Cover
    bound: float


class Outsider:
    """Attacks; remembers what came of each group of numbers, as most stay the same from one choice to the next."""

    def __init__(self, system: System, may_hide: Callable[[int], bool]) -> None:
        self._system = system
        self._may_hide = may_hide
        self._rows_of = system.rows_of()
        self._known: dict[tuple[Any, ...], tuple[Failure, ...]] = {}

    def attack(self, hidden: Collection[int], wanted: Mapping[int, Wanted]) -> list[Failure]:
        """What is found out too closely, in the order of the variables. ``hidden`` are all that are not shown; of those that
        are not in ``wanted`` nothing is asked."""
        found: list[Failure] = []
        for group in self._groups(frozenset(hidden)):
            asked = tuple((variable, wanted[variable]) for variable in group if variable in wanted)
            if not asked:
                continue
            if (group, asked) not in self._known:
                self._known[group, asked] = tuple(self._attack_group(group, asked))
            found += self._known[group, asked]
        return sorted(found, key=lambda failure: failure.variable)

    def _groups(self, hidden: frozenset[int]) -> Iterable[tuple[int, ...]]:
        seen: set[int] = set()
        for first in sorted(hidden):
            if first in seen:
                continue
            seen.add(first)
            group, waiting = [], [first]
            while waiting:
                variable = waiting.pop()
                group.append(variable)
                neighbours = {column for row in self._rows_of[variable] for column in self._system.rows[row].columns}
                fresh = (neighbours & hidden) - seen
                seen |= fresh
                waiting += fresh
            yield tuple(sorted(group))

    def _attack_group(self, group: Sequence[int], asked: Iterable[tuple[int, Wanted]]) -> Iterable[Failure]:
        rows = sorted({row for variable in group for row in self._rows_of[variable]})
        program = _Program(self._system, group, rows)
        for variable, wanted in asked:
            value = self._system.values[variable]
            if wanted.reaches is not None and not program.can_be(variable, at_least=wanted.reaches):
                yield self._failure(program, variable, +1, wanted.reaches)
            if wanted.falls_to is not None and not program.can_be(variable, at_most=wanted.falls_to):
                yield self._failure(program, variable, -1, wanted.falls_to)
            if not program.can_be(variable, at_least=value + 1) and not program.can_be(variable, at_most=value - 1):
                upwards = self._failure(program, variable, +1, value + 1)
                downwards = self._failure(program, variable, -1, value - 1)
                # One of the two is enough.
                either = dict(upwards.cover)
                for column, weight in downwards.cover:
                    either[column] = max(weight, either.get(column, 0.0))
                yield Failure(variable, tuple(sorted(either.items())), value)

    def _failure(self, program: "_Program", variable: int, direction: int, target: float) -> Failure:
        """The dual of the linear program says which known numbers keep the bound where it is."""
        bound, duals = program.bound(variable, direction)
        gap = abs(target - bound)
        gain: dict[int, float] = defaultdict(float)
        for row, dual in zip(program.rows, duals, strict=True):
            if abs(dual) > 1e-9:
                for column, sign in zip(self._system.rows[row].columns, self._system.rows[row].signs, strict=True):
                    if column not in program.place and self._may_hide(column):
                        gain[column] += dual * sign
        cover = []
        for column, each in sorted(gain.items()):
            # A hidden number can grow without end, and fall to zero.
            most = UNBOUNDED * each if each > 1e-9 else -each * self._system.values[column]
            if min(most, gap) > TOLERANCE:
                cover.append((column, round(min(most / gap, 1.0), 9)))
        return Failure(variable, tuple(cover), bound)


class _Program:
    """The linear program of one group of hidden numbers, solved again for each of them from where it stood."""

    def __init__(self, system: System, group: Sequence[int], rows: Sequence[int]) -> None:
        self.rows = rows
        self.place = {variable: place for place, variable in enumerate(group)}
        values = np.array([float(system.values[variable]) for variable in group])
        inside, totals = [], []
        for number in rows:
            row = system.rows[number]
            terms = list(zip(row.columns, row.signs, strict=True))
            totals.append(-sum(sign * system.values[column] for column, sign in terms if column not in self.place))
            kept = [(self.place[column], sign) for column, sign in terms if column in self.place]
            inside.append(Row(tuple(column for column, _ in kept), tuple(sign for _, sign in kept), row.equal))
        self._solver = _solver(_program(np.zeros(len(group)), values + UNBOUNDED, inside, totals))
        self._most = np.full(len(group), -np.inf)
        self._least = np.full(len(group), np.inf)
        self._aim: int | None = None

    def can_be(self, variable: int, at_least: float | None = None, at_most: float | None = None) -> bool:
        """Whether a number can be so large, or so small. Every solution that was met says something of all numbers."""
        place = self.place[variable]
        if at_least is not None:
            if self._most[place] < at_least - TOLERANCE:
                self.bound(variable, +1)
            return bool(self._most[place] >= at_least - TOLERANCE)
        assert at_most is not None
        if at_most < 0:
            return False
        if self._least[place] > at_most + TOLERANCE:
            self.bound(variable, -1)
        return bool(self._least[place] <= at_most + TOLERANCE)

    def bound(self, variable: int, direction: int) -> tuple[float, Sequence[float]]:
        """The largest (``direction`` 1) or smallest (-1) value of a number, and how it hangs on each row."""
        if self._aim is not None:
            self._solver.changeColCost(self._aim, 0.0)
        self._aim = self.place[variable]
        self._solver.changeColCost(self._aim, -float(direction))
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise ArithmeticError(f"linear program of {len(self.place)} numbers: {self._solver.getModelStatus()}")
        solution = self._solver.getSolution()
        found = np.array(solution.col_value)
        np.maximum(self._most, found, out=self._most)
        np.minimum(self._least, found, out=self._least)
        return float(found[self._aim]), list(solution.row_dual)


def can_hold(sums: Iterable[tuple[Sequence[object], int]]) -> bool:
    """Whether there are numbers, none of them negative, of which each of these sums is what it is said to be."""
    listed = list(sums)
    places = {name: place for place, name in enumerate(dict.fromkeys(name for names, _ in listed for name in names))}
    rows = tuple(Row(tuple(places[name] for name in names), (1.0,) * len(names), True) for names, _ in listed)
    solver = _solver(
        _program(np.zeros(len(places)), np.full(len(places), _INFINITE), rows, [total for _, total in listed])
    )
    solver.run()
    return bool(solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def _program(lower: Any, upper: Any, rows: Sequence[Row], totals: Sequence[float]) -> highspy.HighsLp:
    """A linear program over columns with these bounds; each row is its total, or at most that."""
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(lower), len(rows)
    program.col_cost_ = np.zeros(len(lower))
    program.col_lower_, program.col_upper_ = lower, upper
    program.row_lower_ = np.array([total if row.equal else -_INFINITE for row, total in zip(rows, totals, strict=True)])
    program.row_upper_ = np.array(totals, dtype=float)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.cumsum([0, *(len(row.columns) for row in rows)]).astype(np.int32)
    program.a_matrix_.index_ = np.array([column for row in rows for column in row.columns], dtype=np.int32)
    program.a_matrix_.value_ = np.array([sign for row in rows for sign in row.signs], dtype=float)
    return program


def _solver(program: highspy.HighsLp) -> Any:
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, setting in _OPTIONS.items():
        solver.setOptionValue(option, setting)
    solver.passModel(program)
    return solver


#: One thread and no presolving: the same answer on every machine, and each solution starts from the one before.
_OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "solver": "simplex",
    "presolve": "off",
    "simplex_strategy": 4,
}
