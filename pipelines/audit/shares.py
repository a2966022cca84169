"""What a file review says of all files: how many items are documented in the sample, and how sure one can be of the share."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

#: For 95 per cent (audit.md section 5).
Z = 1.959964

PRESENT, NOT_APPLICABLE = "present", "not_applicable"


@dataclass(frozen=True)
class Share:
    """Of the files to which an item applies, those in which it is documented: in the sample with its interval, and in the
    whole population. Without such a file in the sample there is no interval."""

    item: str
    stratum: str
    documented: int
    of: int
    low: float | None
    high: float | None
    population_documented: int
    population_of: int


def share(item: str, stratum: str, sample: Mapping[str, int], population: Mapping[str, int]) -> Share:
    """Both are status -> how many files."""
    documented, of = _documented(sample)
    low, high = wilson(documented, of) if of else (None, None)
    return Share(item, stratum, documented, of, low, high, *_documented(population))


def _documented(statuses: Mapping[str, int]) -> tuple[int, int]:
    applies = {status: files for status, files in statuses.items() if status != NOT_APPLICABLE}
    return applies.get(PRESENT, 0), sum(applies.values())


def wilson(found: int, of: int) -> tuple[float, float]:
    """Wilson's interval of a share, as fractions with four decimals."""
    share_found = found / of
    middle = share_found + Z**2 / (2 * of)
    reach = Z * sqrt(share_found * (1 - share_found) / of + Z**2 / (4 * of**2))
    scale = 1 + Z**2 / of
    low, high = (middle - reach) / scale, (middle + reach) / scale
    # Of none and of all the formula's end is 0 and 1; floats miss them by a hair and would print as -0.
    return (0.0 if found == 0 else round(low, 4)), (1.0 if found == of else round(high, 4))
