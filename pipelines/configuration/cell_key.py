"""The Cell Key Method as a municipality may choose it for its public output instead of hiding small numbers: every count above
zero gets a small change that is drawn once and for all from a table of probabilities.

What is chosen: at most ``D`` up or down, the variance ``V``, and that no result is one of 1 to ``js``. Which probabilities follow
is in ``dashboards.disclosure.cell_key``.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: Keys of records and of cells are the whole numbers below this.
KEYS = 2**32

#: More noise than this is no statistics any more, and a slip of the pen.
MOST = 20


class CellKey(BaseModel):
    """The choice in a profile. One that no probabilities fit is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["cell_key"]
    D: Annotated[int, Field(ge=1, le=MOST)]
    V: Annotated[Decimal, Field(gt=0)]
    js: Annotated[int, Field(ge=0, le=MOST)]

    @property
    def last(self) -> int:
        """From this count on all counts have the same changes: nothing that is not allowed is within reach."""
        return self.D + self.js + 1

    def changes(self, count: int) -> tuple[int, ...]:
        """The changes that a count may get: none beyond D, below zero or to a small number, in order."""
        reached = ((change, count + change) for change in range(-self.D, self.D + 1))
        return tuple(change for change, result in reached if result == 0 or result > self.js)

    def variances(self, count: int) -> tuple[int, int] | None:
        """The least and the greatest variance that changes with mean zero can have; None where no mean is zero."""
        return _variances(self.changes(count))

    @model_validator(mode="after")
    def _is_feasible(self) -> Self:
        for count in range(1, self.last + 1):
            found = self.variances(count)
            if found is None or not found[0] <= self.V <= found[1]:
                raise ValueError(self._refusal(count, found))
        return self

    def _refusal(self, count: int, found: tuple[int, int] | None) -> str:
        results = ", ".join(str(count + change) for change in self.changes(count))
        has = (
            "never has the mean 0"
            if found is None
            else f"has a variance from {found[0]} to {found[1]} if its mean is 0"
        )
        return f"with D {self.D} and js {self.js} a count of {count} can only become {results}, which {has}; {self._way_out()}"

    def _way_out(self) -> str:
        """Which V would do, where one does."""
        found = [self.variances(count) or (1, 0) for count in range(1, self.last + 1)]
        least, greatest = max(bound for bound, _ in found), min(bound for _, bound in found)
        if least <= greatest:
            return f"choose V from {least} to {greatest}, or a smaller js"
        return "no V does: choose a smaller js or a greater D"


def _variances(changes: Sequence[int]) -> tuple[int, int] | None:
    """With mean zero the variance is greatest on the farthest change of each side, and least on zero, or else on the nearest."""
    down, up = [change for change in changes if change < 0], [change for change in changes if change > 0]
    if not down or not up:
        return (0, 0) if 0 in changes else None
    return (0 if 0 in changes else -max(down) * min(up)), -min(down) * max(up)
