"""What a state counts: every row of a figure's measure, with its groups, and the delivered rows behind some of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import duckdb

from pipelines.audit.cell import ALL, Cell
from pipelines.audit.evidence import Finder, evidence_as_json, places_of
from pipelines.audit.units import COLUMNS, UNITS, is_of_persons, select_rows
from pipelines.configuration.catalogue import Counted as What
from pipelines.configuration.catalogue import Figure
from pipelines.configuration.contract import Source
from pipelines.publication.kept_persons import WITHDRAWN_IN_PART
from pipelines.warehouse.compiled import CompiledModel
from pipelines.warehouse.periods import Period

#: What a unit is told apart by: a person, a person's stay, or a record; the same in every state but for a person's newest number.
Identity = tuple[Any, ...]


@dataclass(frozen=True)
class Counted:
    """A row that is counted. ``groups``: gender, district, job-centre, category, subcategory. ``gone``: why nothing more is known
    of it than that it was counted."""

    unit: int
    person: str | None
    record: str | None
    stay: date | None
    groups: tuple[str, ...]
    value: Decimal
    is_protected: bool
    gone: str | None = None

    def identity(self, figure: Figure, measure: str, person: str | None) -> Identity:
        """The unit, with the person's newest number as it is in the state that is compared with."""
        if is_of_persons(figure, measure):
            return (person,)
        return (person, self.stay) if figure.counted_as(measure) is What.STAY else (self.record,)

    def is_in(self, cell: Cell) -> bool:
        """Whether it is counted in a cell."""
        asked = (cell.gender, cell.district, cell.job_centre, cell.category, cell.subcategory)
        return all(code in (ALL, group) for code, group in zip(asked, self.groups, strict=True))


class State(Protocol):
    """A state of knowledge that can be asked what it counts, and what it stood on."""

    def rows(self, figure: Figure, measure: str) -> list[Counted]:
        """All rows of a measure."""

    def evidence(self, figure: Figure, cell: Cell, units: Collection[int]) -> dict[int, list[dict[str, Any]]]:
        """What some of these rows rest on, as in a trace."""

    def numbers(self) -> dict[str, str]:
        """Pseudonym of each number -> that of the person's newest."""


@dataclass(frozen=True)
class Live:
    """A warehouse that is asked now: the published one, or one made for the question."""

    connection: duckdb.DuckDBPyConnection
    compiled: list[CompiledModel]
    sources: dict[str, Source]
    period: Period
    known_to: date

    def rows(self, figure: Figure, measure: str) -> list[Counted]:
        """All rows of a measure."""
        self._select(figure, measure)
        columns = {name for name, *_ in self.connection.execute(f"describe {UNITS}").fetchall()}
        groups = ", ".join(column if column in columns else f"'{ALL}'" for column in COLUMNS.values())
        found = self.connection.execute(
            f"select unit, person_id, record, stay, {groups}, value, is_protected from {UNITS} order by unit"
        ).fetchall()
        return [
            Counted(unit, person, record, stay, tuple(rest[:5]), Decimal(rest[5]), rest[6])
            for unit, person, record, stay, *rest in found
        ]

    def evidence(self, figure: Figure, cell: Cell, units: Collection[int]) -> dict[int, list[dict[str, Any]]]:
        """What some of these rows rest on, as in a trace."""
        self._select(figure, cell.measure)
        self.connection.execute(f"delete from {UNITS} where unit not in (select unnest(?::bigint[]))", [list(units)])
        return self._evidence_of_selected(figure, cell)

    def all_evidence(self, figure: Figure, cell: Cell) -> dict[int, list[dict[str, Any]]]:
        """What all rows of a measure rest on."""
        self._select(figure, cell.measure)
        return self._evidence_of_selected(figure, cell, is_place_given=True)

    def numbers(self) -> dict[str, str]:
        """Pseudonym of each number -> that of the person's newest."""
        query = "select pseudonym, person_id from warehouse.main.int_person__numbers"
        return dict(self.connection.execute(query).fetchall())

    def protected(self) -> set[str]:
        """The newest numbers of who has a protected identity."""
        query = "select person_id from warehouse.main.int_person__protected"
        return {person for (person,) in self.connection.execute(query).fetchall()}

    def _select(self, figure: Figure, measure: str) -> None:
        model = next(model for model in self.compiled if model.name == figure.model)
        select_rows(self.connection, model, figure, measure, self.period.period_id)

    def _evidence_of_selected(
        self, figure: Figure, cell: Cell, is_place_given: bool = False
    ) -> dict[int, list[dict[str, Any]]]:
        period = self.period
        finder = Finder(
            self.connection, self.sources, figure, cell, period.period_id, period.kind == "dag", self.known_to
        )
        found = finder.rows(is_place_given)
        places = places_of(self.connection, found)
        of_unit: dict[int, list[dict[str, Any]]] = {}
        for row in found:
            of_unit.setdefault(row.unit, []).append(evidence_as_json(row, places[row.place], None))
        return of_unit


def units_of(rows: Iterable[Counted], figure: Figure, cell: Cell) -> dict[Identity, Counted]:
    """The units of a cell, each once, by what they are told apart by in their own state."""
    units: dict[Identity, Counted] = {}
    is_of_all = cell.category == cell.subcategory == ALL
    for row in rows:
        if row.gone == WITHDRAWN_IN_PART and is_of_all:
            continue  # the person is counted by another row
        if row.is_in(cell):
            units.setdefault(row.identity(figure, cell.measure, row.person), row)
    return units
