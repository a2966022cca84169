"""What is wrong inside a report: which numbers are wrong or may be, and what they should be, from the report alone.

A printed number is a claim about quantities; the relations between quantities always hold. Words for people do not belong here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import prod
from operator import or_

from dashboards.published.numbers import OPEN, Count, NumberKey
from dashboards.report_check.cells import Cell, Kind, rounded_share, sign
from dashboards.report_check.constraints import Bounds, Number, System, indices
from dashboards.report_check.diagnosis import Group, diagnose
from dashboards.report_check.names import is_own
from dashboards.report_check.relations import KnownCodes, Relation, relations_of
from dashboards.report_check.slips import Slip, digit_slip
from dashboards.report_check.vocabulary import FIGURES


@dataclass(frozen=True)
class Range:
    """What a number should be: one number, or what lies between two; None: no bound."""

    low: Decimal | None
    high: Decimal | None

    @property
    def only(self) -> Decimal | None:
        """The number, where there is only one."""
        return self.low if self.low == self.high else None


@dataclass(frozen=True)
class Correction:
    """One printed number and what it should be."""

    cell: Cell
    should_be: Range
    slip: Slip | None


@dataclass(frozen=True)
class Explanation:
    """Numbers that, corrected together, take a contradiction away."""

    corrections: tuple[Correction, ...]

    @property
    def cells(self) -> frozenset[Cell]:
        return frozenset(correction.cell for correction in self.corrections)

    @property
    def unlikeliness(self) -> int:
        """How many unusual mistakes it takes: a usual slip counts one, any other wrong number two, and two numbers that have
        changed places are one slip."""
        return (
            sum(1 if correction.slip else 2 for correction in self.corrections)
            - sum(correction.slip is Slip.EXCHANGED for correction in self.corrections) // 2
        )


@dataclass(frozen=True)
class Evidence:
    """A relation that the printed numbers break, or a share or the like that does not follow from its terms: the cells in their
    places.

    Exactly one of ``relation`` and ``result`` is set; both are None where numbers contradict each other in a roundabout way, and
    ``cells`` are these.
    """

    cells: tuple[Cell, ...]
    relation: Relation | None = None
    values: Mapping[Count, Decimal] = field(default_factory=dict, compare=False)
    #: A share, a change in per cent, a mean or a direction: the last of the cells.
    result: Cell | None = None


@dataclass(frozen=True)
class Finding:
    """A contradiction inside the report.

    Exactly one of the explanations is right: with one, its numbers are wrong; with several they cannot be told apart by the
    report alone. They are as few numbers as possible, the likeliest slip first.
    """

    explanations: tuple[Explanation, ...]
    evidence: tuple[Evidence, ...]
    #: False: the contradictions are so many that other numbers may be the wrong ones.
    is_complete: bool = True

    @property
    def cells(self) -> list[Cell]:
        """All numbers that may be wrong, the likeliest first."""
        return list(dict.fromkeys(cor.cell for explanation in self.explanations for cor in explanation.corrections))

    @property
    def is_certain(self) -> bool:
        return len(self.explanations) == 1 and self.is_complete

    @property
    def has_likeliest(self) -> bool:
        """Whether the first explanation is a more usual slip than all others."""
        if len(self.explanations) == 1:
            return False
        return self.explanations[0].unlikeliness < self.explanations[1].unlikeliness


@dataclass(frozen=True)
class InsideReport:
    """What the report says against itself."""

    findings: tuple[Finding, ...]
    #: Numbers that take part in no relation: nothing inside the report can confirm or contradict them.
    unrelated: frozenset[Cell]
    #: Shares in words or with ”ca” that are loose, and not wrong.
    loose: tuple[Evidence, ...]


def check_inside(cells: Sequence[Cell], known_codes: KnownCodes = lambda _dimension, _key: None) -> InsideReport:
    """The contradictions among the printed numbers; needs no warehouse."""
    return _Report(cells, known_codes).check()


class _Report:
    """A report as a system of constraints: claim number n is what cell number n says."""

    def __init__(self, cells: Sequence[Cell], known_codes: KnownCodes) -> None:
        self.cells = list(cells)
        self.relations = relations_of(self.cells, known_codes)
        self.system = System()
        self.variables: dict[Count, int] = {}
        self.printed: dict[Count, list[Cell]] = defaultdict(list)
        #: Numbers of the report's own that are printed somewhere, and those that need not be whole.
        self.named = {key for cell in self.cells for key in _names_of(cell)}
        self.rounded = {key for cell in self.cells if cell.is_rounded or cell.value < 0 for key in _names_of(cell)}
        for relation in self.relations:
            terms = [(self._variable(quantity), 1) for quantity in relation.right]
            terms += [(self._variable(quantity), -1) for quantity in relation.left]
            self.system.add(terms, low=0, high=0 if relation.equal else None)
        for cell in self.cells:
            self._claim(cell)

    def _variable(self, quantity: Count) -> int:
        if quantity not in self.variables:
            counts = all(self._is_count(key) for key in quantity.keys)
            never_negative = all(self._is_count(key) or self._is_hidden(key) for key in quantity.keys)
            lowest = 0 if never_negative and not quantity.minus else None
            self.variables[quantity] = self.system.variable(counts, lowest)
        return self.variables[quantity]

    def _is_count(self, key: NumberKey) -> bool:
        """Whether a number is whole and never negative."""
        if is_own(key):
            return key in self.named and key not in self.rounded
        return FIGURES[key.figure].is_count

    def _is_hidden(self, key: NumberKey) -> bool:
        """Whether the report has a number and does not tell it."""
        return is_own(key) and key not in self.named

    def _claim(self, cell: Cell) -> None:
        claim = self.system.claim()
        for quantity in cell.prints:
            self.printed[quantity].append(cell)
        if cell.key:
            spread = max(cell.tolerance, cell.step / 2) if cell.is_rounded else cell.tolerance
            self._between(Count((cell.key,)), cell.value - spread, cell.value + spread, claim)
        if cell.kind is Kind.DIRECTION:
            self._claim_direction(cell, claim)
        elif cell.is_share:
            self._claim_share(cell, claim)
        else:
            low, high = cell.value - cell.tolerance, cell.value + cell.tolerance
            self._between(cell.count, cell.times * low, cell.times * high, claim)

    def _between(self, quantity: Count, low: Decimal | None, high: Decimal | None, claim: int) -> None:
        lowest, highest = (None if bound is None else _exact(bound) for bound in (low, high))
        self.system.add([(self._variable(quantity), 1)], lowest, highest, claim)

    def _claim_direction(self, cell: Cell, claim: int) -> None:
        # Of rounded numbers that are printed alike the one may still have been the larger.
        least = Decimal(0 if any(key in self.rounded for key in cell.keys) else 1)
        low = {1: least, 0: Decimal(0)}.get(int(cell.value))
        high = {-1: -least, 0: Decimal(0)}.get(int(cell.value))
        self._between(cell.count, low, high, claim)

    def _claim_share(self, cell: Cell, claim: int) -> None:
        part, whole = self._variable(cell.count), self._variable(cell.whole)
        low, high = cell.share_bounds()
        scale = low.denominator * high.denominator
        self.system.add([(part, 100 * scale), (whole, -_exact(low * scale))], low=0, claim=claim)
        # A share is strictly less, between whole numbers at least by one; halves of a change are rounded up or down.
        counts = self.system.whole[part] and self.system.whole[whole] and cell.kind is Kind.SHARE
        self.system.add([(whole, _exact(high * scale)), (part, -100 * scale)], low=1 if counts else 0, claim=claim)

    # --- findings ----------------------------------------------------------------------------------------------------------

    def check(self) -> InsideReport:
        groups = diagnose(self.system)
        findings = []
        for group in groups:
            others = reduce(or_, (other.explanations[0] for other in groups if other is not group), 0)
            findings += self._findings(group, others)
        suspects = {cell for finding in findings for cell in finding.cells}
        loose = [
            evidence for cell in self.cells if cell.is_about and cell not in suspects for evidence in self._loose(cell)
        ]
        return InsideReport(tuple(_with_exchanges(findings)), self._unrelated(), tuple(loose))

    def _unrelated(self) -> frozenset[Cell]:
        """Cells of quantities that no other cell has anything to do with."""
        known = {quantity for cell in self.cells for quantity in _quantities(cell)}
        related = set()
        for relation in self.relations:
            touched = set(relation.quantities) & known
            if len(touched) > 1:
                related |= touched
        return frozenset(
            cell
            for cell in self.cells
            if not _quantities(cell) & related
            and all(len(set(self.printed[quantity]) - {cell}) < 1 for quantity in _quantities(cell))
            and not any(
                other is not cell and other.is_share and _quantities(cell) & _quantities(other) for other in self.cells
            )
        )

    def _findings(self, group: Group, others: int) -> list[Finding]:
        """One finding for each part of a group that can be judged by itself."""
        blocks = _factors(group.explanations)
        findings = []
        for block in blocks:
            choices = sorted({explanation & block for explanation in group.explanations}, key=indices)
            explanations = []
            for choice in choices:
                removed = [others | one for one in group.explanations if one & block == choice]
                ranges = [self.system.narrow(self.system.all_claims & ~each) for each in removed[:12]]
                corrections = [self._correction(self.cells[claim], ranges) for claim in indices(choice)]
                explanations.append(Explanation(tuple(corrections)))
            findings.append(Finding(tuple(explanations), self._evidence(block, group.conflicts), group.is_complete))
        return findings

    def _correction(self, cell: Cell, possible: Sequence[Bounds]) -> Correction:
        found = [self._range(cell, bounds) for bounds in possible]
        low = _outermost(min, [one.low for one in found])
        high = _outermost(max, [one.high for one in found])
        return Correction(cell, Range(low, high), self._slip(cell, Range(low, high)))

    def _range(self, cell: Cell, bounds: Bounds) -> Range:
        """What a cell should be by what follows from the others."""
        variable = self.variables[cell.count]
        low, high = _bound(bounds.low[variable]), _bound(bounds.high[variable])
        if not cell.is_share:
            return Range(*(None if bound is None else _in_print(cell, bound) for bound in (low, high)))
        whole = self.variables[cell.whole]
        least, most = _bound(bounds.low[whole]), _bound(bounds.high[whole])
        step = cell.step if cell.step != Decimal("0.5") else Decimal(1)
        return Range(_share_at(low, most, least, step), _share_at(high, least, most, step))

    def _slip(self, cell: Cell, should_be: Range) -> Slip | None:
        if should_be.only is None or should_be.only == cell.value:
            return None
        if not cell.is_share and any(
            other.value == cell.value
            for quantity, others in self.printed.items()
            if quantity.at(period=OPEN) == cell.count.at(period=OPEN) and quantity != cell.count
            for other in others
        ):
            return Slip.OTHER_PERIOD
        return digit_slip(cell.value, should_be.only)

    # --- evidence ----------------------------------------------------------------------------------------------------------

    def _evidence(self, block: int, conflicts: Iterable[int]) -> tuple[Evidence, ...]:
        """What the printed numbers themselves break, of what these cells take part in."""
        suspects = [self.cells[claim] for claim in indices(block)]
        quantities = {quantity for cell in suspects for quantity in _quantities(cell)}
        found = [
            *self._twice_printed(suspects),
            *(
                evidence
                for relation in self.relations
                if quantities & set(relation.quantities)
                for evidence in self._broken(relation)
            ),
            *(
                evidence
                for cell in self.cells
                if not cell.is_of_counts and quantities & (_quantities(cell) | _singles(cell.keys))
                for evidence in self._broken_result(cell)
            ),
        ]
        found = [evidence for evidence in found if set(evidence.cells) & set(suspects)]
        if not found:
            found = [
                Evidence(tuple(self.cells[claim] for claim in indices(conflict)))
                for conflict in conflicts
                if conflict & block
            ]
        return tuple(found)

    def _twice_printed(self, suspects: Iterable[Cell]) -> list[Evidence]:
        """Numbers that are printed in several places, differently."""
        found = []
        for quantity in dict.fromkeys(quantity for cell in suspects for quantity in cell.prints):
            cells = self.printed[quantity]
            if max(cell.value - cell.tolerance for cell in cells) > min(cell.value + cell.tolerance for cell in cells):
                found.append(Evidence(tuple(cells)))
        return found

    def _value(self, quantity: Count) -> Cell | None:
        """The cell that prints a quantity (the first)."""
        return next((cell for cell in self.printed[quantity] if not cell.is_about), None)

    def _broken(self, relation: Relation) -> list[Evidence]:
        """The relation with the printed numbers, where all are printed and they break it."""
        cells = {quantity: self._value(quantity) for quantity in relation.quantities}
        values = {quantity: cell.value for quantity, cell in cells.items() if cell}
        if len(values) < len(cells):
            return []
        left = sum((values[quantity] for quantity in relation.left), Decimal(0))
        right = sum((values[quantity] for quantity in relation.right), Decimal(0))
        rounding = sum((cell.tolerance for cell in cells.values() if cell), Decimal(0))
        if abs(left - right) <= rounding or (left < right and not relation.equal):
            return []
        return [Evidence(tuple(cell for cell in cells.values() if cell), relation=relation, values=values)]

    def _broken_result(self, cell: Cell) -> list[Evidence]:
        """A share, a mean or the like with the printed numbers that it follows from, where it does not."""
        terms = self._terms_in_print(cell)
        return [Evidence((*terms, cell), result=cell)] if terms and not _follows(cell, terms) else []

    def _loose(self, cell: Cell) -> list[Evidence]:
        """A share that is told roughly, with the printed counts, where it is not near them."""
        terms = self._terms_in_print(cell) if cell.kind is Kind.SHARE else []
        if not terms or not terms[-1].value:
            return []
        exact = 100 * sum((term.value for term in terms[:-1]), Decimal(0)) / terms[-1].value
        return [Evidence((*terms, cell), result=cell)] if cell.near < abs(exact - cell.value) <= cell.tolerance else []

    def _terms_in_print(self, cell: Cell) -> list[Cell]:
        """The cells that print what a number follows from, in the order of its terms; none where not all are printed."""
        if cell.kind is not Kind.SHARE:
            found = [self._value(Count((key,))) for key in dict.fromkeys((*cell.count.minus, *cell.count.plus))]
        else:
            found = [self._value(Count((key,))) for key in cell.count.keys]
            if None in found:  # then their sum may be printed
                found = [self._value(cell.count)]
            found.append(self._value(cell.whole))
        terms = [term for term in found if term]
        return terms if len(terms) == len(found) else []


def _names_of(cell: Cell) -> list[NumberKey]:
    """The own numbers whose value a cell prints."""
    return [quantity.keys[0] for quantity in cell.prints if len(quantity.keys) == 1 and is_own(quantity.keys[0])]


def _singles(keys: Iterable[NumberKey]) -> set[Count]:
    return {Count((key,)) for key in keys}


def _quantities(cell: Cell) -> set[Count]:
    """All that a cell says something about."""
    return {*cell.counts, *cell.prints}


def _share_at(part: Decimal | None, whole: Decimal | None, of_fall: Decimal | None, step: Decimal) -> Decimal | None:
    """The outermost share in per cent; a fall is the larger the smaller its whole is, the other way round than a share."""
    beside = of_fall if part is not None and part < 0 else whole
    return None if part is None or not beside else rounded_share(part, beside, step)


def _in_print(cell: Cell, bound: Decimal) -> Decimal:
    """A bound of what a cell says, in the unit in which it is printed."""
    return cell.rounded(bound / cell.times) if cell.is_rounded else bound


def _follows(cell: Cell, terms: Sequence[Cell]) -> bool:
    """Whether a number follows from printed ones, as far as their rounding lets anybody know."""
    values = [term.value for term in terms]
    spread = sum((term.tolerance for term in terms), Decimal(0))
    if cell.kind is Kind.MEAN:
        return abs(sum(values, Decimal(0)) - cell.times * cell.value) <= spread + cell.times * cell.tolerance
    if cell.kind is Kind.DIRECTION:
        earlier, later = values
        return cell.value == sign(later - earlier) or (spread > 0 and abs(later - earlier) <= spread)
    if cell.kind is Kind.CHANGE_PERCENT:
        earlier, later = values
        part, whole = later - earlier, earlier
    else:
        part, whole = sum(values[:-1], Decimal(0)), values[-1]
    low, high = cell.share_bounds()
    slack = Fraction(spread) * (100 + abs(Fraction(cell.value)))
    below = high * Fraction(whole) + slack - 100 * Fraction(part)
    return (
        whole != 0
        and low * Fraction(whole) - slack <= 100 * Fraction(part)
        and (below > 0 if cell.kind is Kind.SHARE else below >= 0)
    )


def _exact(value: Decimal | Fraction) -> Number:
    """As a whole number where it is one, for speed."""
    fraction = Fraction(value)
    return fraction.numerator if fraction.denominator == 1 else fraction


def _bound(value: Number | None) -> Decimal | None:
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)


def _outermost(choose: Callable[[list[Decimal]], Decimal], bounds: list[Decimal | None]) -> Decimal | None:
    """The lowest or highest of some bounds; none where one of them is open."""
    known = [bound for bound in bounds if bound is not None]
    return choose(known) if len(known) == len(bounds) else None


def _factors(explanations: Sequence[int]) -> list[int]:
    """The claims in blocks that can be chosen from independently: claims that never stand in one explanation exclude each other
    and are in one block. One block where that is not all there is to it."""
    claims = reduce(or_, explanations)
    blocks: list[int] = []
    for claim in indices(claims):
        together = reduce(or_, (one for one in explanations if one >> claim & 1))
        joined = 1 << claim
        apart = []
        for block in blocks:
            if block & ~together:
                joined |= block
            else:
                apart.append(block)
        blocks = [*apart, joined]
    choices = [len({one & block for one in explanations}) for block in blocks]
    return blocks if prod(choices) == len(explanations) else [claims]


def _with_exchanges(findings: Sequence[Finding]) -> list[Finding]:
    """Mark numbers that have changed places, and put the likeliest explanation of each finding first."""
    possible = [
        (number, explanation, correction)
        for number, finding in enumerate(findings)
        for explanation in finding.explanations
        for correction in explanation.corrections
    ]
    exchanged: set[tuple[int, Cell]] = set()
    for place, (first, of_first, a) in enumerate(possible):
        for second, of_second, b in possible[place + 1 :]:
            if first == second and of_first is not of_second:
                continue  # only one of the two is wrong
            if a.cell.value != b.cell.value and a.should_be.only == b.cell.value and b.should_be.only == a.cell.value:
                exchanged |= {(first, a.cell), (second, b.cell)}
    return [
        _ordered(finding, {cell for number, cell in exchanged if number == place})
        for place, finding in enumerate(findings)
    ]


def _ordered(finding: Finding, exchanged: set[Cell]) -> Finding:
    explanations = [
        Explanation(
            tuple(
                replace(cor, slip=Slip.EXCHANGED) if cor.cell in exchanged else cor for cor in explanation.corrections
            )
        )
        for explanation in finding.explanations
    ]
    return replace(finding, explanations=tuple(sorted(explanations, key=lambda one: one.unlikeliness)))
