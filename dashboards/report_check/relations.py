"""The rules applied to one report: which relations must hold between the quantities that it prints.

A quantity that a relation needs and the report does not print takes part as an unknown. Whether a list of parts is complete
(so that the parts are the whole, and not only at most the whole) is decided here. What is wrong with the report is not.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from dashboards.published.file import ALL, MISSING
from dashboards.published.numbers import Count, NumberKey
from dashboards.published.rules import PARTS, RULES, Parts, Rule, Term
from dashboards.report_check.cells import Cell
from dashboards.report_check.names import is_own
from dashboards.report_check.vocabulary import CODES, FIGURES
from pipelines.configuration.catalogue import Groupings, In

#: The codes of a dimension in a number's municipality and period as the warehouse knows them; None where it does not.
KnownCodes = Callable[[str, NumberKey], frozenset[str] | None]

#: Without knowing a list, this many tables whose parts add up show that the report prints all of its codes.
_ENOUGH_TABLES = 2


@dataclass(frozen=True)
class Relation:
    """The left quantities together equal, or are at most, the right ones together."""

    sentence: str
    left: tuple[Count, ...]
    right: tuple[Count, ...]
    equal: bool

    @property
    def quantities(self) -> tuple[Count, ...]:
        return self.left + self.right


def relations_of(cells: Sequence[Cell], known_codes: KnownCodes) -> list[Relation]:
    """All relations between what these cells print."""
    composite = {quantity for cell in cells for quantity in cell.counts if len(quantity.keys) > 1}
    addresses = _with_wholes({key for cell in cells for key in cell.keys if not is_own(key)})
    printed = _printed(cells)
    found = [_definition(quantity) for quantity in sorted(composite, key=_order)]
    found += [
        Relation("", (cell.count,), (Count((cell.key,)),), equal=True)
        for cell in cells
        if cell.key and cell.is_of_counts
    ]
    found += _of_rules(addresses)
    quantities = {Count((address,)) for address in addresses} | {
        quantity for quantity in composite if not any(is_own(key) for key in quantity.keys)
    }
    for parts in PARTS:
        found += _of_parts(parts, quantities, printed, known_codes)
    return found


def _printed(cells: Iterable[Cell]) -> Mapping[Count, Decimal]:
    """The first number printed for each quantity."""
    found: dict[Count, Decimal] = {}
    for cell in cells:
        if cell.is_of_counts and not cell.is_about:
            found.setdefault(cell.count, cell.value)
    return found


def _with_wholes(addresses: Iterable[NumberKey]) -> set[NumberKey]:
    """The addresses and all that they are parts of."""
    found = set()
    for address in addresses:
        has_total = FIGURES[address.figure].has_total
        choices = [
            {
                getattr(address, parts.dimension),
                *([ALL] if parts.dimension != "category" or has_total else []),
            }
            for parts in PARTS
        ]
        for codes in product(*choices):
            found.add(address._replace(**dict(zip((parts.dimension for parts in PARTS), codes, strict=True))))
    return found


def _definition(quantity: Count) -> Relation:
    """What a sum or difference of published numbers is."""
    plus = tuple(Count((key,)) for key in quantity.plus)
    minus = tuple(Count((key,)) for key in quantity.minus)
    return Relation("", plus, (quantity, *minus), equal=True)


# --- relations between measures --------------------------------------------------------------------------------------------


def _of_rules(addresses: set[NumberKey]) -> Iterator[Relation]:
    quantities = {Count((address,)) for address in addresses}
    for rule in RULES:
        seen = set()
        for address in sorted(addresses, key=str):
            for term in (*rule.left, *rule.right):
                relation = _at(rule, term, address)
                # With fewer than two known quantities it says nothing.
                if relation and relation not in seen and len(quantities & set(relation.quantities)) > 1:
                    seen.add(relation)
                    yield relation


def _at(rule: Rule, term: Term, address: NumberKey) -> Relation | None:
    """The rule where this address is that term of it."""
    if (address.figure, address.measure, address.subcategory) != (term.figure, term.measure, ALL):
        return None
    if term.category is not None and address.category != term.category:
        return None
    if rule.groupings is Groupings.GENDER and (address.district, address.job_centre) != (ALL, ALL):
        return None
    if term.category is not None and any(other.category is None for other in (*rule.left, *rule.right)):
        return None  # made from the terms that say which category it is

    def side(terms: tuple[Term, ...]) -> tuple[Count, ...]:
        return tuple(
            Count(
                (
                    address._replace(
                        figure=other.figure,
                        measure=other.measure,
                        category=address.category if other.category is None else other.category,
                    ),
                )
            )
            for other in terms
        )

    return Relation(rule.sentence, side(rule.left), side(rule.right), rule.equal)


# --- parts and wholes -------------------------------------------------------------------------------------------------------


def _of_parts(
    parts: Parts, quantities: set[Count], printed: Mapping[Count, Decimal], known_codes: KnownCodes
) -> Iterator[Relation]:
    groups: dict[Count, dict[str, Count]] = defaultdict(dict)
    for quantity in sorted(quantities, key=_order):
        code = _common_code(parts, quantity)
        whole = _all_of(parts, quantity)
        if code not in (None, ALL) and whole in quantities:
            assert code is not None
            groups[whole][code] = quantity
    scopes: dict[tuple[str, ...], list[Count]] = defaultdict(list)
    for whole in groups:
        scopes[_scope(parts, whole)].append(whole)
    for wholes in scopes.values():
        codes = set(parts.codes or ()) or {code for whole in wholes for code in groups[whole]}
        complete = _is_complete(parts, [(whole, groups[whole]) for whole in wholes], codes, printed, known_codes)
        for whole in wholes:
            yield from _of_group(parts, whole, groups[whole], codes if complete else None)


def _of_group(parts: Parts, whole: Count, group: dict[str, Count], codes: set[str] | None) -> Iterator[Relation]:
    """What holds between a whole and its parts; ``codes``: all codes there are, None where not all are known."""
    if parts.codes and len(whole.keys) == 1:
        for code in parts.codes:  # the part that is not printed is known all the same
            group.setdefault(code, _with(parts, whole, code))
    given = tuple(group[code] for code in sorted(group))
    has_all = codes is not None and codes <= set(group)
    if _is_exclusive(parts, whole):
        if has_all:
            yield Relation(parts.sentence, given, (whole,), equal=True)
        elif _never_negative(whole):
            sentence = parts.sentence.replace("är tillsammans alla", "är tillsammans högst alla")
            yield Relation(sentence, given, (whole,), equal=False)
        return
    for part in given:
        yield Relation("De i en kategori är en del av alla", (part,), (whole,), equal=False)
    if has_all:
        yield Relation("Alla finns i minst en kategori", (whole,), given, equal=False)


def _is_exclusive(parts: Parts, quantity: Count) -> bool:
    """Whether each unit of all terms of a quantity is counted in one part of a dimension."""
    if parts.dimension == "category":
        return all(FIGURES[address.figure].counted_in(address.measure) is In.ONE for address in quantity.keys)
    if parts.dimension == "subcategory":
        levels = [FIGURES[address.figure].subcategory for address in quantity.keys]
        return all(level is not None and level.counted_in is In.ONE for level in levels)
    return True


def _common_code(parts: Parts, quantity: Count) -> str | None:
    """The code that all terms have in the dimension; None where they differ or cannot be added up."""
    codes: set[str] = {getattr(address, parts.dimension) for address in quantity.keys}
    if len(codes) > 1 or not all(FIGURES[address.figure].adds_up for address in quantity.keys):
        return None
    if len(quantity.keys) > 1 and not _is_exclusive(parts, quantity):
        return None
    return codes.pop()


def _with(parts: Parts, quantity: Count, code: str) -> Count:
    return quantity.at(**{parts.dimension: code})


def _all_of(parts: Parts, quantity: Count) -> Count:
    return _with(parts, quantity, ALL)


def _never_negative(quantity: Count) -> bool:
    return not quantity.minus and all(FIGURES[key.figure].is_count for key in quantity.keys)


def _order(quantity: Count) -> str:
    """Any order that is the same every time."""
    return str(quantity.terms)


def _scope(parts: Parts, whole: Count) -> tuple[str, ...]:
    """The tables that print the same list of codes: those of a period, and for categories of a figure."""
    address = whole.keys[0]
    where = (address.municipality, address.period)
    if parts.dimension == "category":
        return (*where, address.figure)
    if parts.dimension == "subcategory":
        return (*where, address.figure, address.category)
    # A change between two years has its parts in both; it is complete where the first year's list is.
    return where


def _is_complete(
    parts: Parts,
    groups: list[tuple[Count, dict[str, Count]]],
    codes: set[str],
    printed: Mapping[Count, Decimal],
    known_codes: KnownCodes,
) -> bool:
    """Whether the report prints all codes of a dimension: it has the known ones; or it has a row for those without one; or
    its tables show it by adding up."""
    if parts.codes:
        return True
    known = _known(parts, groups[0][0], known_codes)
    if known is not None and known <= codes:
        return True
    sums = [
        sum((printed[part] for part in group.values()), Decimal(0)) == printed[whole]
        for whole, group in groups
        if set(group) == codes and whole in printed and all(part in printed for part in group.values())
    ]
    if MISSING in codes and parts.dimension in ("district", "job_centre"):
        return any(sums) or len(sums) <= _ENOUGH_TABLES
    return sum(sums) >= _ENOUGH_TABLES and 2 * sum(sums) > len(sums)


def _known(parts: Parts, whole: Count, known_codes: KnownCodes) -> frozenset[str] | None:
    address = whole.keys[0]
    figure = FIGURES[address.figure]
    level = {"category": figure.category, "subcategory": figure.subcategory}.get(parts.dimension)
    if level and level.code_list:
        return frozenset(CODES[level.code_list])
    return known_codes(parts.dimension, address)
