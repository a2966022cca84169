"""Under which name a number of a report is known: the catalogue's address, in one municipality of several; or, where the
catalogue does not know it, the name that the report gives it.

What the terms of a number that follows from others stand for is decided here. Reading files does not belong here.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from dashboards.published.file import ALL
from dashboards.published.numbers import DIMENSIONS, OPEN, NumberKey
from dashboards.report_check.vocabulary import key, why_no_address

#: What stands in place of a figure where the catalogue has none.
_OWN = ""


class BadName(Exception):
    """A term that stands for no number; the text is the end of a Swedish sentence."""


def own_key(name: str, municipality: str, period: str) -> NumberKey:
    """A number that only the report has, known by its name."""
    return NumberKey(_OWN, name, period, municipality=municipality)


def is_own(address: NumberKey) -> bool:
    """Whether the catalogue does not know a number."""
    return address.figure == _OWN


def term_of(address: NumberKey) -> str:
    """As the column ``terms`` writes it."""
    name = address.measure if is_own(address) else key(address)
    period = address.period if is_own(address) else OPEN
    return ", ".join(part for part in (name, address.municipality, period) if part)


class Names:
    """The numbers of a report, and what a term stands for among them."""

    def __init__(self, addresses: Iterable[NumberKey]) -> None:
        self.own: dict[str, list[NumberKey]] = {}
        self.municipalities: dict[NumberKey, list[str]] = {}
        for address in dict.fromkeys(addresses):
            if is_own(address):
                self.own.setdefault(address.measure, []).append(address)
            else:
                places = self.municipalities.setdefault(address._replace(municipality=""), [])
                places.append(address.municipality)

    def stand_for(self, term: str, of: NumberKey) -> list[NumberKey]:
        """The numbers that a term of this number stands for, several where it holds a ``*``. Raises BadName."""
        named = [name for name in self.own if term == name or term.startswith(f"{name},")]
        if named:
            name = max(named, key=len)
            return self._own(term, self.own[name], _qualifiers(term.removeprefix(name)), of)
        address, *qualifiers = (part.strip() for part in term.split(","))
        if address.count("/") == len(DIMENSIONS) - 1 and len(qualifiers) <= 1:
            return self._of_catalogue(term, address, qualifiers[0] if qualifiers else of.municipality)
        near = get_close_matches(term, self.own, 1) if "/" not in term else []
        hint = f"det närmaste namnet är ”{near[0]}”." if near else "skriv namnet som det står i kolumnen label."
        raise BadName(
            f" har termen ”{term}”, som varken är ett tal i rapporten eller {'/'.join(DIMENSIONS)} (åtta delar): {hint}"
        )

    def _of_catalogue(self, term: str, address: str, municipality: str) -> list[NumberKey]:
        found = NumberKey(*(part.strip() for part in address.split("/")))
        why = why_no_address(found)
        if why:
            raise BadName(f": {why}.")
        places = self.municipalities.get(found, [])
        if municipality != ALL:
            if not municipality and places and "" not in places:
                return [found._replace(municipality=self._only_place(term, places))]
            return [found._replace(municipality=municipality)]
        if not any(places):
            raise BadName(f" har termen ”{term}”, men rapporten har inte talet för någon kommun: skriv kommunens namn.")
        return [found._replace(municipality=place) for place in places if place]

    def _only_place(self, term: str, places: Sequence[str]) -> str:
        """The municipality that a report is about where it has one only."""
        if len(places) > 1:
            raise BadName(f" har termen ”{term}”, som flera kommuner har: skriv till exempel ”{term}, {places[0]}”.")
        return places[0]

    def _own(self, term: str, named: Sequence[NumberKey], qualifiers: Sequence[str], of: NumberKey) -> list[NumberKey]:
        municipality, period = _places_of(named, qualifiers)
        found = _at("municipality", named, municipality, of.municipality)
        found = _at("period", found, period, of.period)
        if ALL in (municipality, period):
            found = [address for address in found if address != of]
        if not found:
            raise BadName(f" har termen ”{term}”, som inte är något tal i rapporten: skriv namn, kommun och period.")
        open_ = [asked != ALL for asked in (municipality, period)]
        places = ({address.municipality for address in found}, {address.period for address in found})
        if any(is_one and len(values) > 1 for is_one, values in zip(open_, places, strict=True)):
            listed = " eller ".join(f"”{term_of(address)}”" for address in found[:2])
            raise BadName(f" har termen ”{term}”, som kan vara flera tal: skriv till exempel {listed}.")
        return found


def _qualifiers(rest: str) -> list[str]:
    return [part.strip() for part in rest.split(",")[1:]]


def _places_of(named: Sequence[NumberKey], qualifiers: Sequence[str]) -> tuple[str | None, str | None]:
    """Municipality and period that a term names, in this order; None: the term leaves it out."""
    if not qualifiers:
        return None, None
    first, *more = qualifiers
    places = {address.municipality for address in named} - {""}
    if more or first in places or (first == ALL and places):
        return first, ", ".join(more) or None
    return None, first


def _at(field: str, addresses: Sequence[NumberKey], asked: str | None, usual: str) -> list[NumberKey]:
    """Those with what the term asks for; where it asks for nothing, those beside the number that follows from it."""
    if asked == ALL:
        return list(addresses)
    wanted = usual if asked is None else asked
    found = [address for address in addresses if getattr(address, field) == wanted]
    return list(addresses) if asked is None and not found else found
