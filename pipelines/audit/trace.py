"""A trace: the cell's number, each unit that it counts, and the delivered rows that decided (audit.md section 1).

Persons with a protected identity are counted and not shown. What is shown is a pseudonym; who that is, is another question.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.audit.cell import Cell, check_cell
from pipelines.audit.evidence import (
    EXTRACTS,
    LOCATED,
    ROWS_MODELS,
    DeliveredRow,
    Finder,
    Place,
    evidence_as_json,
    places_of,
)
from pipelines.audit.units import ASKED_MODELS, UNITS, select_units, unit_sql
from pipelines.configuration.catalogue import Figure, read_catalogue
from pipelines.configuration.contract import Source, load_sources
from pipelines.configuration.municipality import Municipality
from pipelines.runtime.errors import UsageError
from pipelines.state.databases import recorded_owner
from pipelines.state.home import Version
from pipelines.state.keys import PSEUDONYM_FINGERPRINT
from pipelines.warehouse.ask import ExactNumber, built_warehouse, made_warehouse, plain_number
from pipelines.warehouse.compiled import CompiledModel, kept_models, needed_models
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import Period

if TYPE_CHECKING:  # it opens archives, which takes half a second to load, and most questions need none
    from pipelines.audit.lines import ArchivedLines

#: Asked for evidence, whatever the figure.
EVIDENCE_MODELS = (*ASKED_MODELS, *ROWS_MODELS.values(), LOCATED, EXTRACTS)


@dataclass(frozen=True)
class Traced:
    """A counted unit with what it rests on: each delivered row with where it lies and, where that was looked up, its line."""

    person: str | None
    key: str | None
    value: ExactNumber
    evidence: list[tuple[DeliveredRow, Place, int | None]]


@dataclass(frozen=True)
class Trace:
    """The answer; ``version`` and ``published_at`` say what was asked."""

    cell: Cell
    period_id: str
    as_known: date | None
    figure: Figure
    value: ExactNumber
    rows: list[Traced]
    protected: int
    models: list[str]
    sql: str
    version: int
    published_at: str
    pseudonym_key: str | None

    def as_json(self) -> dict[str, Any]:
        """The object of audit.md section 1."""
        return {
            **{"figure": self.cell.figure, "measure": self.cell.measure, "period": self.period_id},
            **{"gender": self.cell.gender, "district": self.cell.district, "job_centre": self.cell.job_centre},
            **{"category": self.cell.category, "subcategory": self.cell.subcategory},
            "as_known": self.as_known.isoformat() if self.as_known else None,
            "value": str(self.value),
            "unit": self.figure.counted_as(self.cell.measure).value,
            "definition": self.figure.definition,
            "legal_ground": self.figure.legal_ground,
            "sql": self.sql,
            "models": self.models,
            "rows": [row_as_json(row) for row in self.rows],
            "protected": self.protected,
            "version": self.version,
            "published_at": self.published_at,
            "pseudonym_key": self.pseudonym_key,
        }


def row_as_json(row: Traced) -> dict[str, Any]:
    """A row of a trace."""
    evidence = [evidence_as_json(*one) for one in row.evidence]
    return {"person": row.person, "key": row.key, "value": str(row.value), "evidence": evidence}


def trace(
    version: Version,
    municipality: Municipality,
    cell: Cell,
    period: Period,
    as_known: date | None,
    is_computed: bool,
    published_at: str,
    lines: "ArchivedLines | None" = None,
) -> Trace:
    """What a cell counts. ``is_computed``: the version's own warehouse has the period; other knowledge and other periods are
    computed with the version's SQL.

    Raises UsageError when there is no such cell, NightlyFailed when the version's files are missing or torn.
    """
    figure = check_cell(cell, read_catalogue(), municipality, period)
    sources = load_sources(municipality.own_codes)
    compiled = kept_models(version.models)
    with asked_warehouse(version, municipality, compiled, figure, [period], as_known, is_computed) as connection:
        answer = Answer(connection, compiled, sources, figure, cell, period, as_known or EVERYTHING)
        rows, protected = answer.rows(lines)
        value = answer.value()
    model = _model(compiled, figure)
    needed = needed_models(compiled, [figure.model])
    return Trace(
        cell, period.period_id, as_known, figure, value, rows, protected,
        [one.name for one in compiled if one.name in needed], model.sql,
        version.number, published_at, recorded_owner(version).get(PSEUDONYM_FINGERPRINT),
    )  # fmt: skip


@contextmanager
def asked_warehouse(
    version: Version,
    municipality: Municipality,
    compiled: list[CompiledModel],
    figure: Figure,
    periods: list[Period],
    as_known: date | None,
    is_computed: bool,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse that answers: the version's own, or one made in memory for this question."""
    if as_known is None and is_computed:
        with built_warehouse(version) as connection:
            yield connection
        return
    needed = needed_models(compiled, [figure.model]) | set(EVIDENCE_MODELS)
    wanted = sorted(needed - {figure.model})
    known_to = as_known or EVERYTHING
    with made_warehouse(compiled, version.history, municipality, periods, known_to, wanted) as connection:
        yield connection


@dataclass(frozen=True)
class Answer:
    """One cell asked of one warehouse."""

    connection: duckdb.DuckDBPyConnection
    compiled: list[CompiledModel]
    sources: dict[str, Source]
    figure: Figure
    cell: Cell
    period: Period
    known_to: date

    def __post_init__(self) -> None:
        select_units(self.connection, _model(self.compiled, self.figure), self.figure, self.cell, self.period.period_id)
        if self._has_nothing_to_count() and not self._is_known_elsewhere():
            raise UsageError(
                f"There is no {' and '.join(self._free_codes())} in {self.figure.id}: take a category from kaa figures --period "
                f"{self.period.period_id} --figure {self.figure.id}."
            )

    def value(self) -> ExactNumber:
        """The cell's number: the sum of its units, of a median the middle one."""
        total = "sum(value)"
        if not self.figure.adds_up:
            total = "list_sort(array_agg(value))[(count(value) + 1) // 2]"
        (value,) = self.connection.execute(f"select {total} from {UNITS}").fetchall()[0]
        return plain_number(Decimal(value or 0))

    def rows(self, lines: "ArchivedLines | None") -> tuple[list[Traced], int]:
        """The units that may be shown, and how many may not."""
        period = self.period
        finder = Finder(
            self.connection, self.sources, self.figure, self.cell, period.period_id, period.kind == "dag", self.known_to
        )
        found = finder.rows()
        places = places_of(self.connection, found)
        numbers: list[int | None] = [None] * len(found)
        if lines:
            numbers = list(lines.find(found, places))
        of_unit: dict[int, list[tuple[DeliveredRow, Place, int | None]]] = {}
        for row, line in zip(found, numbers, strict=True):
            of_unit.setdefault(row.unit, []).append((row, places[row.place], line))
        units = self.connection.execute(
            f"select unit, person_id, record, value, is_protected from {UNITS} order by unit"
        ).fetchall()
        shown = [
            Traced(person, key, plain_number(Decimal(value)), of_unit.get(unit, []))
            for unit, person, key, value, is_protected in units
            if not is_protected
        ]
        return shown, len(units) - len(shown)

    def _free_codes(self) -> list[str]:
        """Categories asked for that only the data know."""
        levels = {"category": self.figure.category, "subcategory": self.figure.subcategory}
        codes = {name: getattr(self.cell, name) for name, level in levels.items() if level and level.code_list is None}
        return [f"{name} {code!r}" for name, code in codes.items() if code != "*"]

    def _has_nothing_to_count(self) -> bool:
        return bool(self._free_codes()) and not self.connection.execute(f"select 1 from {UNITS} limit 1").fetchall()

    def _is_known_elsewhere(self) -> bool:
        """Whether any period has such a category: then it is a cell of zero."""
        query = unit_sql(self.connection, _model(self.compiled, self.figure))
        found = self.connection.execute(
            f"select 1 from ({query}) where ? in ('*', unit_category) and ? in ('*', unit_subcategory) limit 1",
            [self.cell.category, self.cell.subcategory],
        ).fetchall()
        return bool(found)


def _model(compiled: list[CompiledModel], figure: Figure) -> CompiledModel:
    return next(model for model in compiled if model.name == figure.model)
