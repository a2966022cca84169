"""Draws persons by lot so that anybody can draw them again: the same pseudonyms and seed give the same persons, on any machine
and in any order of rows.

A person's lot is HMAC-SHA256 in hexadecimal with the seed's digits as key and the pseudonym as message, both as UTF-8; the
smallest lots are drawn. Who can be drawn, and what is looked at, belongs in ``sample``.
"""

import hmac
from collections.abc import Iterable, Mapping
from fractions import Fraction


def lot(seed: int, pseudonym: str) -> str:
    """What a person is sorted by."""
    return hmac.new(str(seed).encode(), pseudonym.encode(), "sha256").hexdigest()


def draw(strata: Mapping[str, Iterable[str]], n: int, seed: int) -> dict[str, list[str]]:
    """Stratum -> the pseudonyms drawn of it, in the order of their lots; strata in the order of their codes.

    ``n`` is at least the number of strata and at most that of all persons.
    """
    persons = {stratum: sorted(strata[stratum], key=lambda one: (lot(seed, one), one)) for stratum in sorted(strata)}
    shares = allocate({stratum: len(theirs) for stratum, theirs in persons.items()}, n)
    return {stratum: theirs[: shares[stratum]] for stratum, theirs in persons.items()}


def allocate(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """How many to draw of each stratum: one of each, the others in proportion to their sizes by the largest remainder. What a
    stratum does not have goes to the next remainder."""
    population, others = sum(sizes.values()), n - len(sizes)
    exact = {stratum: Fraction(others * size, population) for stratum, size in sizes.items()}
    drawn = {stratum: 1 + int(exact[stratum]) for stratum in sizes}
    by_remainder = sorted(sizes, key=lambda stratum: (int(exact[stratum]) - exact[stratum], stratum))
    left = n - sum(drawn.values())
    while left:
        for stratum in by_remainder:
            if left and drawn[stratum] < sizes[stratum]:
                drawn[stratum] += 1
                left -= 1
    return drawn
