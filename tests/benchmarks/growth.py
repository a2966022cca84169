"""Whether a model's time grows faster than its rows, from one number of nights to a larger one.

A model has as many rows as it reads and makes. Twice as many may take twice as long; the machine is noisy, and sorting takes a
little more than its share, so TOLERANCE times that is allowed. Less than FLOOR seconds say nothing, neither as the time that is
judged nor as the one that it is measured by: a model that takes a hundredth of a second is not the worse for taking three of
them. Each number of nights is held against every smaller one, so that what grows slowly but always is found at the ends.
"""

from dataclasses import dataclass
from itertools import combinations

FLOOR = 0.3
TOLERANCE = 3.0


@dataclass(frozen=True)
class Cost:
    """What a model took in one build."""

    seconds: float
    rows: int


#: Model -> what it took.
Costs = dict[str, Cost]


def grown_too_fast(by_nights: dict[int, Costs]) -> list[str]:
    """A sentence for each model whose time grew faster than its rows, for its worst pair of numbers of nights."""
    worst: dict[str, tuple[float, str]] = {}
    for fewer, more in combinations(sorted(by_nights), 2):
        for model in by_nights[fewer].keys() & by_nights[more].keys():
            before, after = by_nights[fewer][model], by_nights[more][model]
            rows = max(1.0, after.rows / max(1, before.rows))
            allowed = TOLERANCE * max(before.seconds, FLOOR) * rows
            if after.seconds > max(allowed, worst.get(model, (0.0, ""))[0] * allowed):
                worst[model] = (
                    after.seconds / allowed,
                    (
                        f"{model}: {before.seconds:.2f} s for {before.rows} rows after {fewer} nights, "
                        f"{after.seconds:.2f} s for {after.rows} rows after {more}; at most {allowed:.2f} s are in keeping"
                    ),
                )
    return [sentence for _, (_, sentence) in sorted(worst.items())]
