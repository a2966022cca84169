"""Linear constraints over unknown numbers, some of them claims that may be wrong, and what follows from the others.

Bounds are narrowed until nothing changes, each with the set of claims that it follows from; exact arithmetic throughout. Sets
of claims are bit sets (``1 << index``), as all that is done with them is to join, meet and compare them. Nothing here knows of
reports.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

Number = int | Fraction

#: A bound that moves more often than this creeps towards its limit; it stays where it is, which is still a bound.
_MOST_MOVES = 150


@dataclass(frozen=True)
class Row:
    """Coefficients times variables together are at most ``limit``; ``claims`` (a bit set) says so, 0: it always holds."""

    terms: tuple[tuple[int, Number], ...]
    limit: Number
    claims: int


@dataclass
class Bounds:
    """What is known of each variable; ``conflict`` is a set of claims that contradict each other, 0: none."""

    low: list[Number | None]
    high: list[Number | None]
    conflict: int = 0


@dataclass
class System:
    """Variables and what is said of them."""

    whole: list[bool] = field(default_factory=list)
    lowest: list[Number | None] = field(default_factory=list)
    _rows: list[Row] = field(default_factory=list)
    _of_variable: list[list[int]] = field(default_factory=list)
    _of_claim: list[list[int]] = field(default_factory=list)

    def variable(self, whole: bool, lowest: Number | None) -> int:
        """A new unknown; ``whole``: it has no fraction."""
        self.whole.append(whole)
        self.lowest.append(lowest)
        self._of_variable.append([])
        return len(self.whole) - 1

    def claim(self) -> int:
        """A new claim, which may be wrong; what it says is added with ``add``."""
        self._of_claim.append([])
        return len(self._of_claim) - 1

    @property
    def all_claims(self) -> int:
        return (1 << len(self._of_claim)) - 1

    def add(
        self,
        terms: Sequence[tuple[int, Number]],
        low: Number | None = None,
        high: Number | None = None,
        claim: int | None = None,
    ) -> None:
        """``low`` ≤ coefficients times variables ≤ ``high``, because a claim says so, or always."""
        together: dict[int, Number] = {}
        for variable, coefficient in terms:
            together[variable] = together.get(variable, 0) + coefficient
        kept = tuple((variable, coefficient) for variable, coefficient in together.items() if coefficient)
        for sign, limit in ((1, high), (-1, low)):
            if limit is None:
                continue
            row = Row(
                tuple((variable, sign * c) for variable, c in kept), sign * limit, 0 if claim is None else 1 << claim
            )
            for variable, _ in kept:
                self._of_variable[variable].append(len(self._rows))
            if claim is not None:
                self._of_claim[claim].append(len(self._rows))
            self._rows.append(row)

    def narrow(self, claims: int) -> Bounds:
        """What follows when exactly these claims are true."""
        return _Narrowing(self, claims).run()

    def conflict(self, claims: int) -> int:
        """A smallest set of these claims that contradict each other, one that loses its contradiction with any of them;
        0 where they all go together."""
        found = self.narrow(claims).conflict
        for claim in indices(found):
            without = self.narrow(found & ~(1 << claim)).conflict if found >> claim & 1 else 0
            found = without or found
        return found


class _Narrowing:
    """One run of narrowing."""

    def __init__(self, system: System, claims: int) -> None:
        self.system = system
        self.claims = claims
        size = len(system.whole)
        self.bounds = Bounds(list(system.lowest), [None] * size)
        self.low_from = [0] * size
        self.high_from = [0] * size
        self.moves = [0] * size
        self.queue: deque[int] = deque()
        self.queued: set[int] = set()

    def run(self) -> Bounds:
        for claim in indices(self.claims):
            self._enqueue(self.system._of_claim[claim])
        while self.queue and not self.bounds.conflict:
            number = self.queue.popleft()
            self.queued.discard(number)
            self._apply(self.system._rows[number])
        return self.bounds

    def _enqueue(self, rows: Iterable[int]) -> None:
        for number in rows:
            if number not in self.queued and not self.system._rows[number].claims & ~self.claims:
                self.queued.add(number)
                self.queue.append(number)

    def _apply(self, row: Row) -> None:
        """Narrow each variable of a row by what the others are at least."""
        low, high = self.bounds.low, self.bounds.high
        rest = row.limit
        open_term = None
        for variable, coefficient in row.terms:
            bound = low[variable] if coefficient > 0 else high[variable]
            if bound is None:
                if open_term is not None:
                    return
                open_term = variable
            else:
                rest -= coefficient * bound
        if open_term is None and rest < 0:
            self.bounds.conflict = self._reasons(row, None)
            if not self.bounds.conflict:
                raise ValueError("what always holds contradicts itself")
            return
        for variable, coefficient in row.terms:
            if open_term is not None and variable != open_term:
                continue
            bound = low[variable] if coefficient > 0 else high[variable]
            slack = rest if bound is None else rest + coefficient * bound
            self._move(row, variable, coefficient, slack)
            if self.bounds.conflict:
                return

    def _move(self, row: Row, variable: int, coefficient: Number, slack: Number) -> None:
        """``coefficient`` times the variable is at most ``slack``."""
        low, high = self.bounds.low[variable], self.bounds.high[variable]
        upper = coefficient > 0
        if self.system.whole[variable]:
            value: Number = slack // coefficient if upper else -(slack // -coefficient)
        else:
            value = Fraction(slack) / coefficient
        known = high if upper else low
        if known is not None and (value >= known if upper else value <= known):
            return
        if self.moves[variable] > _MOST_MOVES:
            return
        self.moves[variable] += 1
        reasons = self._reasons(row, variable)
        if upper:
            self.bounds.high[variable], self.high_from[variable] = value, reasons
        else:
            self.bounds.low[variable], self.low_from[variable] = value, reasons
        low, high = self.bounds.low[variable], self.bounds.high[variable]
        if low is not None and high is not None and low > high:
            self.bounds.conflict = self.low_from[variable] | self.high_from[variable]
            return
        self._enqueue(self.system._of_variable[variable])

    def _reasons(self, row: Row, but: int | None) -> int:
        """The claims that a row's bound on a variable follows from."""
        reasons = row.claims
        for variable, coefficient in row.terms:
            if variable != but:
                reasons |= self.low_from[variable] if coefficient > 0 else self.high_from[variable]
        return reasons


def indices(claims: int) -> list[int]:
    """The members of a bit set."""
    found = []
    while claims:
        lowest = claims & -claims
        found.append(lowest.bit_length() - 1)
        claims ^= lowest
    return found
