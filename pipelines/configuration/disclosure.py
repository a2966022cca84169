"""How a municipality protects small numbers in its public output (disclosure.md), as its profile says: by hiding them, or by the
Cell Key Method, with which every count above zero gets a small change that is drawn once and for all from a table of
probabilities.

What is hidden is in ``dashboards.disclosure``, which probabilities follow from a choice in ``publication.cell_key``.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

#: Keys of records and of cells are the whole numbers below this.
KEYS = 2**32

#: More noise than this is no statistics any more, and a slip of the pen.
MOST = 20


class _Disclosure(BaseModel):
    """``protected_identities``: where persons with a protected identity count, below the whole municipality: in their district
    and job-centre as figures.md says, or as if they had none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    protected_identities: Literal["as_figures", "missing_place"] = "as_figures"


class CellSuppression(_Disclosure):
    """Counts below ``smallest`` are not shown, nor what would give them away."""

    method: Literal["cell_suppression"] = "cell_suppression"
    smallest: int = Field(default=5, ge=2)

    @property
    def kind(self) -> str:
        """What outputs have in common that are protected against each other."""
        return self.method


class CellKey(_Disclosure):
    """Every count above zero is changed, at most ``D`` up or down, with the variance ``V``; no result is one of 1 to ``js``.
    A choice that no probabilities fit is refused."""

    method: Literal["cell_key"]
    D: Annotated[int, Field(ge=1, le=MOST)]
    V: Annotated[Decimal, Field(gt=0)]
    js: Annotated[int, Field(ge=0, le=MOST)]

    @property
    def kind(self) -> str:
        """What outputs have in common in which the same persons have the same change."""
        return f"{self.method}-D{self.D}-V{self.V.normalize():f}-js{self.js}"

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


#: How public output is protected.
Disclosure = CellSuppression | CellKey


def read_disclosure(content: Mapping[str, Any]) -> Disclosure:
    """What was published of a decision, or of none."""
    model: type[Disclosure] = CellKey if content.get("method") == "cell_key" else CellSuppression
    return model.model_validate({name: content[name] for name in model.model_fields if name in content})


class _Decision(BaseModel):
    """Who decided it, when, and for which output: that of extracts from ``valid_from`` to ``valid_to``."""

    decided: date
    by: Annotated[str, StringConstraints(pattern=r"\S")]
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


class CellSuppressionDecision(CellSuppression, _Decision):
    """What somebody decided on small numbers that are hidden."""


class CellKeyDecision(CellKey, _Decision):
    """What somebody decided on the Cell Key Method."""


_METHODS: dict[str, type[CellSuppressionDecision | CellKeyDecision]] = {
    "cell_suppression": CellSuppressionDecision,
    "cell_key": CellKeyDecision,
}


def _by_its_method(value: object) -> object:
    """A decision as its method's model, so that a fault is told in its words."""
    if isinstance(value, BaseModel):
        return value
    method = str(value.get("method", "cell_suppression")) if isinstance(value, dict) else "cell_suppression"
    if method not in _METHODS:
        raise ValueError(f"there is no method {method!r}; choose {' or '.join(_METHODS)}")
    return _METHODS[method].model_validate(value)


DisclosureDecision = Annotated[CellSuppressionDecision | CellKeyDecision, BeforeValidator(_by_its_method)]
