"""Asks for bridges: between two periods, two days of knowledge, or two editions of a period (or one and now)."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.audit.bridges.bridge import (
    Bridge,
    Moved,
    between_periods,
    build_bridge,
    by_identity,
    moved_units,
    steps_as_json,
)
from pipelines.audit.bridges.counted import Counted, Identity, Live, State, units_of
from pipelines.audit.bridges.ground import read_extracts, stood_rows
from pipelines.audit.bridges.kept import PROFILE, Kept, counted_file
from pipelines.audit.bridges.reasons import OF_DELIVERIES, Reason, Reasons, Touched, classified, groups_of, touched_by
from pipelines.audit.cell import Cell, check_cell
from pipelines.audit.trace import EVIDENCE_MODELS
from pipelines.configuration.catalogue import Figure, Role, read_catalogue
from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import Municipality
from pipelines.publication.kept_persons import PURGED
from pipelines.runtime.database import attach
from pipelines.runtime.errors import UsageError
from pipelines.state.home import Version
from pipelines.warehouse.ask import made_warehouse, plain_number
from pipelines.warehouse.compiled import CompiledModel, kept_models
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import Period


@dataclass(frozen=True)
class Explained:
    """A cell's bridge; ``period_id`` is none where two periods are compared."""

    cell: Cell
    period_id: str | None
    start_of: str
    end_of: str
    bridge: Bridge
    steps: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """The object of audit.md section 3."""
        change = plain_number(Decimal(self.bridge.end) - Decimal(self.bridge.start))
        return {
            **{"figure": self.cell.figure, "measure": self.cell.measure, "period": self.period_id},
            **{"gender": self.cell.gender, "district": self.cell.district, "job_centre": self.cell.job_centre},
            **{"category": self.cell.category, "subcategory": self.cell.subcategory},
            **{"from": self.start_of, "to": self.end_of},
            **{"start": str(self.bridge.start), "end": str(self.bridge.end), "change": str(change)},
            "steps": self.steps,
        }


# --- two periods -------------------------------------------------------------------------------------------------------


def explain_periods(
    version: Version, municipality: Municipality, cell: Cell, first: Period, second: Period
) -> Explained:
    """Why the later period's number is another one. Raises UsageError when the cell is not one of both periods."""
    figure = _followable(cell, municipality, first)
    check_cell(cell, read_catalogue(), municipality, second)
    compiled, sources = kept_models(version.models), load_sources(municipality.own_codes)
    wanted = _models(compiled, [figure])
    with made_warehouse(compiled, version.history, municipality, [first, second], EVERYTHING, wanted) as connection:
        before, after = (Live(connection, compiled, sources, period, EVERYTHING) for period in (first, second))
        bridge = _bridge_between(before, after, figure, cell)
        steps = steps_as_json(bridge, figure, cell, before, after, lambda unit: unit.is_protected)
    return Explained(cell, None, first.period_id, second.period_id, bridge, steps)


def bridges_of_periods(
    connection: duckdb.DuckDBPyConnection,
    version: Version,
    municipality: Municipality,
    cells: Iterable[Cell],
    periods: Iterable[tuple[Period, Period]],
) -> Iterator[tuple[Cell, Period, Bridge]]:
    """The bridges of cells from an earlier period to a later one, which is given with each. ``connection``: to a warehouse that
    has both periods."""
    catalogue, sources = read_catalogue(), load_sources(municipality.own_codes)
    compiled, cells = kept_models(version.models), list(cells)
    for pair in periods:
        before, after = (Live(connection, compiled, sources, period, EVERYTHING) for period in pair)
        for cell in cells:
            yield cell, pair[1], _bridge_between(before, after, catalogue[cell.figure], cell)


def _bridge_between(before: State, after: State, figure: Figure, cell: Cell) -> Bridge:
    rows = [state.rows(figure, cell.measure) for state in (before, after)]
    all_before, all_after = (by_identity(one, figure, cell) for one in rows)
    moved = moved_units(rows[0], rows[1], figure, cell, {})
    return build_bridge(moved, lambda unit: between_periods(unit, cell, figure, all_before, all_after))


# --- two days of knowledge ---------------------------------------------------------------------------------------------


def explain_knowledge(
    version: Version, municipality: Municipality, cell: Cell, period: Period, earlier: date, later: date
) -> Explained:
    """Why a period's number is another one as known on a later day."""
    if later < earlier:
        raise UsageError(f"{later} is before {earlier}: give the earlier day with --as-known.")
    figure = _followable(cell, municipality, period)
    compiled, sources = kept_models(version.models), load_sources(municipality.own_codes)
    wanted = _models(compiled, [figure])
    with ExitStack() as stack:
        before, after = (
            Live(
                stack.enter_context(made_warehouse(compiled, version.history, municipality, [period], day, wanted)),
                compiled, sources, period, day,
            )
            for day in (earlier, later)
        )  # fmt: skip
        newest = after.numbers()
        reasons = Reasons(groups_of(before.numbers()), groups_of(newest), lambda reason: Touched(), ())

        def reason_of(unit: Moved) -> Reason | None:
            if not unit.change:
                return None
            found = reasons.reason(unit.before, unit.after, None, False)
            return found if found is Reason.NUMBER_LINK else Reason.NEW_EXTRACT

        moved = moved_units(before.rows(figure, cell.measure), after.rows(figure, cell.measure), figure, cell, newest)
        bridge = build_bridge(moved, reason_of)
        hidden = after.protected()
        steps = steps_as_json(bridge, figure, cell, before, after, lambda unit: _is_hidden(unit, hidden, newest))
    return Explained(cell, period.period_id, earlier.isoformat(), later.isoformat(), bridge, steps)


# --- two states that were published ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EditionState:
    """An edition as a side of a bridge: its SQL, and its private folder."""

    name: str
    models: Path
    private: Path

    @property
    def municipality(self) -> Municipality:
        """The profile as it was."""
        return Municipality.model_validate_json((self.private / PROFILE).read_text(encoding="utf-8"))


class Comparison:
    """Two published states of one period, matched unit by unit; the second is now where no edition is given."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        version: Version,
        municipality: Municipality,
        period: Period,
        earlier: EditionState,
        later: EditionState | None,
    ) -> None:
        self._connection = connection
        self._history = version.history
        self._sources = load_sources(municipality.own_codes)
        self._period = period
        self._now = Live(connection, kept_models(version.models), self._sources, period, EVERYTHING)
        self.before: State = Kept(connection, "earlier", period.period_id)
        self.after: State = Kept(connection, "later", period.period_id) if later else self._now
        rules_before = earlier.models.read_bytes(), earlier.municipality
        rules_after = (
            (later.models.read_bytes(), later.municipality) if later else (version.models.read_bytes(), municipality)
        )
        self._rules = None if rules_before == rules_after else (earlier, later)
        self._municipality = municipality
        self._newest_after = self.after.numbers()
        self._newest_now = self._now.numbers()
        self._hidden = self._now.protected()
        self._extracts = read_extracts(connection, "earlier.extract")
        after = read_extracts(connection, "later.extract" if later else "history.extract")
        decided = connection.execute("select delivery_id from history.delivery where decided = 'release'").fetchall()
        released = {name for (name,) in decided}
        self._changed = classified(self._extracts, after, released)
        if later is None:
            connection.execute(f"create temp table stood as {stood_rows(self._sources.values())}")
        self._stood_after = "later.stood" if later else "stood"
        self._reasons = Reasons(groups_of(self.before.numbers()), groups_of(self._newest_after), cache(self._touched))
        self._rows: dict[tuple[object, ...], list[Counted]] = {}

    def moved(self, figure: Figure, cell: Cell) -> list[Moved]:
        """The units of a cell, matched."""
        rows = [
            self._read(("published", side), figure, cell.measure, state.rows)
            for side, state in enumerate((self.before, self.after))
        ]
        return moved_units(rows[0], rows[1], figure, cell, self._newest_after)

    def first_possible(self) -> Reason | None:
        """The first reason that anything has: the rules, or a delivery that counts now and did not; None: nothing is other."""
        if self._rules:
            return Reason.RULE_CHANGED
        return next((reason for reason in OF_DELIVERIES if self._changed[reason]), None)

    def _read(
        self, where: tuple[object, ...], figure: Figure, measure: str, read: Callable[[Figure, str], list[Counted]]
    ) -> list[Counted]:
        """Rows of a measure, read once: many cells are of one measure."""
        key = (*where, figure.id, measure)
        if key not in self._rows:
            self._rows[key] = read(figure, measure)
        return self._rows[key]

    def reason_of(self, figure: Figure, cell: Cell) -> Callable[[Moved], Reason | None]:
        """Judges the units of a cell."""
        by_rule = self._by_rule(figure, cell)
        counted = next(
            (one.dataset for one in figure.evidence_of(cell.measure) if one.role is Role.COUNTED and one.record), None
        )

        def reason_of(unit: Moved) -> Reason | None:
            if unit.shown.gone:
                return Reason.PURGED if unit.shown.gone == PURGED else Reason.CONSENT_WITHDRAWN
            if not unit.change:
                return None
            return self._reasons.reason(unit.before, unit.after, counted, by_rule(unit))

        return reason_of

    def is_hidden(self, unit: Counted) -> bool:
        """Whether a unit's person has a protected identity now."""
        return _is_hidden(unit, self._hidden, self._newest_now)

    def _touched(self, reason: Reason) -> Touched:
        return touched_by(self._connection, self._changed[reason], self._extracts, "earlier.stood", self._stood_after)

    def _by_rule(self, figure: Figure, cell: Cell) -> Callable[[Moved], bool]:
        """Whether the SQL and profile of both states judge a unit differently today."""
        if self._rules is None:
            return lambda unit: False
        then, now = (self._counted_today(state, figure, cell) for state in self._rules)

        def differs(unit: Moved) -> bool:
            person = unit.shown.person
            identity = unit.shown.identity(
                figure, cell.measure, self._newest_now.get(person, person) if person else None
            )
            return then.get(identity) != now.get(identity)

        return differs

    def _counted_today(self, state: EditionState | None, figure: Figure, cell: Cell) -> dict[Identity, Any]:
        read = (
            self._now.rows if state is None else lambda figure, measure: self._rows_by_rules_of(state, figure, measure)
        )
        rows = self._read(("today", state), figure, cell.measure, read)
        return {identity: unit.value for identity, unit in units_of(rows, figure, cell).items()}

    def _rows_by_rules_of(self, state: EditionState, figure: Figure, measure: str) -> list[Counted]:
        compiled = kept_models(state.models)
        if not any(model.name == figure.model for model in compiled):
            return []
        wanted = _models(compiled, [figure])
        with made_warehouse(
            compiled, self._history, state.municipality, [self._period], EVERYTHING, wanted
        ) as connection:
            return Live(connection, compiled, self._sources, self._period, EVERYTHING).rows(figure, measure)


@contextmanager
def compared(
    version: Version, municipality: Municipality, period: Period, earlier: EditionState, later: EditionState | None
) -> Iterator[Comparison]:
    """Two published states of a period; the second is now where no edition is given."""
    compiled = kept_models(version.models)
    files = {"earlier": counted_file(earlier.private)} | ({"later": counted_file(later.private)} if later else {})
    wanted = _models(compiled, list(read_catalogue().values()))
    with made_warehouse(
        compiled, version.history, municipality, [period], EVERYTHING, wanted, also=files.values()
    ) as connection:
        for name, path in files.items():
            attach(connection, path, name)
        yield Comparison(connection, version, municipality, period, earlier, later)


def explain_editions(
    version: Version,
    municipality: Municipality,
    cell: Cell,
    period: Period,
    earlier: EditionState,
    later: EditionState | None,
) -> Explained:
    """Why a number is another one than an edition printed."""
    figure = _followable(cell, municipality, period)
    with compared(version, municipality, period, earlier, later) as states:
        bridge = build_bridge(states.moved(figure, cell), states.reason_of(figure, cell))
        steps = steps_as_json(bridge, figure, cell, states.before, states.after, states.is_hidden)
    return Explained(cell, period.period_id, earlier.name, later.name if later else "now", bridge, steps)


def _followable(cell: Cell, municipality: Municipality, period: Period) -> Figure:
    figure = check_cell(cell, read_catalogue(), municipality, period)
    if not figure.adds_up:
        raise UsageError(f"The figure {figure.id} is a median: what came and went does not add up to it.")
    return figure


def _models(compiled: list[CompiledModel], figures: list[Figure]) -> list[str]:
    there = {model.name for model in compiled}
    return [name for name in (*(figure.model for figure in figures), *EVIDENCE_MODELS) if name in there]


def _is_hidden(unit: Counted, hidden: set[str], newest: dict[str, str]) -> bool:
    return unit.is_protected or (unit.person is not None and newest.get(unit.person, unit.person) in hidden)
