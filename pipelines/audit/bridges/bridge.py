"""The bridge of one cell: what it was, what came and what went and why, and what it is. It adds up exactly.

Each unit stands in one step, and the units of a step either come or go: a reason that has both has two steps. Of a number that
was delivered as a number a row's step is its difference.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipelines.audit.bridges.counted import Counted, Identity, State, units_of
from pipelines.audit.bridges.reasons import NOT_SHOWN, Reason
from pipelines.audit.cell import ALL, Cell
from pipelines.configuration.catalogue import Counted as What
from pipelines.configuration.catalogue import Figure
from pipelines.warehouse.ask import ExactNumber, plain_number


@dataclass(frozen=True)
class Moved:
    """A unit that differs, or stayed: as it was counted before and as it is after."""

    before: Counted | None
    after: Counted | None

    @property
    def change(self) -> Decimal:
        return (self.after.value if self.after else Decimal(0)) - (self.before.value if self.before else Decimal(0))

    @property
    def shown(self) -> Counted:
        """As it is counted now, of what is counted no more as it was."""
        unit = self.after or self.before
        assert unit
        return unit


@dataclass
class Step:
    """What one reason did, in one direction."""

    reason: Reason
    change: Decimal = Decimal(0)
    units: list[Moved] = field(default_factory=list)


@dataclass(frozen=True)
class Bridge:
    """From a number to another."""

    start: ExactNumber
    end: ExactNumber
    steps: list[Step]


def moved_units(
    before: Iterable[Counted], after: Iterable[Counted], figure: Figure, cell: Cell, newest_after: Mapping[str, str]
) -> list[Moved]:
    """The units of a cell in either state, matched. ``newest_after``: the newest number in the later state of each number. Of two
    persons who are one there, the one who has that number is the same unit, and the other goes."""
    there = units_of(after, figure, cell)
    claimed: dict[Identity, Counted] = {}
    gone: list[Counted] = []
    here = sorted(units_of(before, figure, cell).items(), key=lambda item: str(item[0]))
    for own, unit in here:
        target = unit.identity(
            figure, cell.measure, newest_after.get(unit.person, unit.person) if unit.person else None
        )
        other = claimed.get(target)
        if other is None:
            claimed[target] = unit
        elif own == target:
            gone.append(other)
            claimed[target] = unit
        else:
            gone.append(unit)
    moved = [Moved(unit, there.get(target)) for target, unit in claimed.items()]
    moved += [Moved(unit, None) for unit in gone]
    moved += [Moved(None, unit) for target, unit in there.items() if target not in claimed]
    return moved


def build_bridge(moved: Iterable[Moved], reason_of: Callable[[Moved], Reason | None]) -> Bridge:
    """Put units into steps. ``reason_of`` gives none for a unit that is the same in both and is not told of."""
    moved = list(moved)
    steps: dict[tuple[Reason, bool], Step] = {}
    for unit in moved:
        reason = reason_of(unit)
        if reason is None:
            continue
        key = (reason, unit.change > 0 and reason not in NOT_SHOWN)
        step = steps.setdefault(key, Step(reason))
        step.change += unit.change
        step.units.append(unit)
    order = list(Reason)
    start = sum((unit.before.value for unit in moved if unit.before), Decimal(0))
    end = sum((unit.after.value for unit in moved if unit.after), Decimal(0))
    # Of what is gone nobody can tell who is still counted: where as many come as go, nothing has changed.
    changed = {key: step for key, step in steps.items() if step.change or step.reason not in NOT_SHOWN}
    listed = sorted(changed.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    return Bridge(plain_number(start), plain_number(end), [step for _, step in listed])


def between_periods(
    moved: Moved,
    cell: Cell,
    figure: Figure,
    all_before: Mapping[Identity, list[Counted]],
    all_after: Mapping[Identity, list[Counted]],
) -> Reason:
    """Why a unit of a cell is in one period's and not in the other's. ``all_…``: where the measure counts it at all, of the
    question's gender."""
    if moved.before and moved.after:
        return Reason.STAYED
    unit = moved.shown
    elsewhere = (all_after if moved.before else all_before).get(unit.identity(figure, cell.measure, unit.person), [])
    if not elsewhere:
        return Reason.LEFT if moved.before else Reason.CAME
    if cell.has_place and not any(
        row.is_in(Cell(cell.figure, cell.measure, district=cell.district, job_centre=cell.job_centre))
        for row in elsewhere
    ):
        return Reason.MOVED_OUT if moved.before else Reason.MOVED_IN
    return Reason.CATEGORY_CHANGED


def by_identity(rows: Iterable[Counted], figure: Figure, cell: Cell) -> dict[Identity, list[Counted]]:
    """Every row of a cell's measure by its unit, of the cell's gender only."""
    found: dict[Identity, list[Counted]] = {}
    for row in rows:
        if cell.gender in (ALL, row.groups[0]):
            found.setdefault(row.identity(figure, cell.measure, row.person), []).append(row)
    return found


def steps_as_json(
    bridge: Bridge, figure: Figure, cell: Cell, before: State, after: State, hidden: Callable[[Counted], bool]
) -> list[dict[str, Any]]:
    """The steps with their rows as in a trace. ``hidden``: whether a unit's person has a protected identity."""
    shown = [unit for step in bridge.steps if step.reason not in NOT_SHOWN for unit in step.units]
    now = [unit.after.unit for unit in shown if unit.after and not hidden(unit.after)]
    then = [unit.before.unit for unit in shown if unit.before and not unit.after and not hidden(unit.before)]
    evidence_now, evidence_then = after.evidence(figure, cell, now), before.evidence(figure, cell, then)
    listed = []
    for step in bridge.steps:
        rows = []
        protected = 0
        for unit in step.units if step.reason not in NOT_SHOWN else []:
            if hidden(unit.shown):
                protected += 1
                continue
            evidence = (evidence_now if unit.after else evidence_then).get(unit.shown.unit, [])
            value = abs(unit.change) if figure.counted is What.ROW and unit.before and unit.after else unit.shown.value
            rows.append(
                {
                    "person": unit.shown.person,
                    "key": unit.shown.record,
                    "value": str(plain_number(value)),
                    "evidence": evidence,
                }
            )
        listed.append(
            {"reason": str(step.reason), "change": str(plain_number(step.change)), "rows": rows, "protected": protected}
        )
    return listed
