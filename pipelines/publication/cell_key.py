"""Public numbers by the Cell Key Method: each count above zero is changed a little, by chance that was drawn once and for all.

The chance is the cell's key: the sum modulo 2³² of the keys of what is counted in it (``pipelines.warehouse.cell_keys``). So the
same persons get the same change in whatever table they stand, and asking again tells nothing more. Which change a key means is
looked up in a table of probabilities: of all that keep the municipality's choice, the one with the greatest entropy, which adds
nothing that was not chosen. Zero stays zero, and what has no key is not changed: a median, a number kept by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import minimize, root
from scipy.special import logsumexp, softmax

from pipelines.configuration.disclosure import KEYS, CellKey

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]


def changed_figures(rows: pl.DataFrame, choice: CellKey) -> pl.DataFrame:
    """Rows of figures with their cells' keys as rows without: each with a key has its change, and none that became zero is left,
    as figures have no rows for zeros."""
    counted = rows.filter(pl.col("cell_key").is_not_null())
    counts, keys = (counted[name].cast(pl.Int64).to_numpy() for name in ("value", "cell_key"))
    changed = pl.Series("value", change_table(choice).changed(counts, keys)).cast(rows.schema["value"])
    kept = counted.with_columns(changed).filter(pl.col("value") != 0)
    return pl.concat([rows.filter(pl.col("cell_key").is_null()), kept]).drop("cell_key")


@dataclass(frozen=True)
class ChangeTable:
    """For each count the changes that it may get, with their probabilities in parts of ``KEYS``."""

    choice: CellKey
    rows: Mapping[int, tuple[tuple[int, int], ...]]

    def changed(self, counts: Integers, keys: Integers) -> Integers:
        """What is shown for counts of cells with these keys."""
        shown = counts.copy()
        for count, row in self.rows.items():
            changes, parts = np.array(row).T
            here = np.minimum(counts, self.choice.last) == count
            shown[here] += changes[np.searchsorted(parts.cumsum(), keys[here] % KEYS, side="right")]
        return shown


def change_table(choice: CellKey) -> ChangeTable:
    """The table for a choice, which is feasible."""
    return ChangeTable(choice, {count: _row(choice, count) for count in range(1, choice.last + 1)})


def _row(choice: CellKey, count: int) -> tuple[tuple[int, int], ...]:
    """In whole parts of ``KEYS``, so that another machine's last digits make no difference; the greatest takes what is left."""
    changes = choice.changes(count)
    parts = [round(float(p) * KEYS) for p in probabilities(choice, count)]
    parts[int(np.argmax(parts))] += KEYS - sum(parts)
    return tuple(zip(changes, parts, strict=True))


def probabilities(choice: CellKey, count: int) -> Numbers:
    """The probabilities of a count's changes: sum 1, mean 0, variance V, and of all such the greatest entropy."""
    changes = np.array(choice.changes(count), dtype=float)
    bounds = choice.variances(count)
    assert bounds is not None, "a choice is feasible"
    if choice.V in bounds:
        return _of_two(changes, farthest=bounds[1] == choice.V)
    return _of_greatest_entropy(changes, float(choice.V))


def _of_greatest_entropy(changes: Numbers, variance: float) -> Numbers:
    """They have the form exp(a·v + b·v²), where a and b make a convex function least; its slope is how far mean and variance are
    off. Its minimum is found first, and then its zero slope to the last digit."""
    moments = np.stack([changes, changes**2 - variance])
    moments /= np.abs(moments).max(axis=1, keepdims=True)

    def value(at: Numbers) -> float:
        return float(logsumexp(at @ moments))

    def slope(at: Numbers) -> Numbers:
        return np.asarray(moments @ softmax(at @ moments))

    def curvature(at: Numbers) -> Numbers:
        return np.asarray(np.cov(moments, aweights=softmax(at @ moments), ddof=0))

    near = minimize(value, np.zeros(2), jac=slope, hess=curvature, method="trust-exact", options={"gtol": 1e-9})
    return np.asarray(softmax(root(slope, near.x, jac=curvature, tol=1e-15).x @ moments))


def _of_two(changes: Numbers, farthest: bool) -> Numbers:
    """At the least or greatest variance that there can be, two changes are all that is left, one on each side of zero: the
    nearest, or the farthest."""
    down, up = (changes.min(), changes.max()) if farthest else (changes[changes < 0].max(), changes[changes > 0].min())
    return np.asarray(np.where(changes == down, up, np.where(changes == up, -down, 0.0)) / (up - down))
