"""Which delivered rows a unit rests on: what the catalogue says decides, found in the history, with the delivery that held it.

Each row is one that stands in the extract that is named: of a record its current version within the knowledge, in the latest
extract that shows it; of a register the row of that extract. On which line of the file is found in ``lines``.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from pipelines.audit.cell import Cell
from pipelines.audit.links import links_between
from pipelines.audit.units import UNITS
from pipelines.configuration.catalogue import Evidence, Figure, Role
from pipelines.configuration.contract import Dataset, Source

REGISTER, RESIDENTS = "ber/register", "folkbokforing/personer"
IDENTITY = "identity"

#: The models that are asked for a register's row of one person in one extract, and for the last sighting.
ROWS_MODELS = {REGISTER: "int_register__sightings", RESIDENTS: "int_resident__sightings"}
LOCATED, EXTRACTS, ENTRIES = "int_person_period__located", "int_period__extracts", "stg_ber__register_entries"


#: Source, dataset and extract date of rows that lie in one file.
PlaceKey = tuple[str, str, date]


@dataclass(frozen=True)
class DeliveredRow:
    """A row of a dataset as the history has it, in an extract that shows it. ``content``: its history columns."""

    unit: int
    role: str
    dataset: Dataset
    extract_date: date
    content: tuple[Any, ...]

    @property
    def key(self) -> str | None:
        """The record's key as delivered; a personnummer in it is null."""
        places = self.dataset.key_places
        parts = [None if place is None else _as_delivered(self.content[place]) for place in places]
        return parts[0] if len(parts) == 1 else json.dumps(parts, ensure_ascii=False)

    @property
    def place(self) -> PlaceKey:
        """What file it lies in."""
        return self.dataset.source, self.dataset.name, self.extract_date

    @property
    def numbers(self) -> list[str]:
        """The pseudonym of whom the row is about."""
        place = self.dataset.number_place
        return [] if place is None else [self.content[place]]


@dataclass(frozen=True)
class Place:
    """Where a delivered row lies: a loaded delivery and its file."""

    delivery_id: str
    folder: str
    file: str
    sha256: str


Places = dict[PlaceKey, Place]


@dataclass
class Finder:
    """Finds rows in the history that is attached to a connection, as known on a day."""

    connection: duckdb.DuckDBPyConnection
    sources: dict[str, Source]
    figure: Figure
    cell: Cell
    period_id: str
    is_day: bool
    known_to: date

    def rows(self, is_place_given: bool = False) -> list[DeliveredRow]:
        """The evidence of all units that may be shown, in the order of units and roles. ``is_place_given``: with the place,
        whatever the cell is of."""
        return self.rows_of(
            one
            for one in self.figure.evidence_of(self.cell.measure)
            if one.role is not Role.PLACE or is_place_given or self.cell.has_place or one.is_always_given
        )

    def rows_of(self, evidence: Iterable[Evidence]) -> list[DeliveredRow]:
        """The same of these kinds of evidence, whatever the figure's are."""
        hidden = self._protected_numbers()
        found = [row for one in evidence for row in self._rows_of(one) if hidden.isdisjoint(row.numbers)]
        found += self._links(found)
        return sorted(found, key=lambda row: row.unit)

    def _protected_numbers(self) -> set[str]:
        """All numbers of who has a protected identity: a record may be written down of one of them and decide for another."""
        numbers = self.connection.execute(
            "select pseudonym from warehouse.main.int_person__numbers where person_id in "
            "(select person_id from warehouse.main.int_person__protected)"
        ).fetchall()
        return {number for (number,) in numbers}

    # --- one kind of evidence -----------------------------------------------------------------------------------------

    def _rows_of(self, one: Evidence) -> list[DeliveredRow]:
        if one.record:
            return self._current_versions(one)
        if one.stay:
            return self._stays(one)
        rows = self._register_rows(one.role, one.dataset, one.seen_on)
        if one.dataset == REGISTER:
            return rows
        there = {row.unit for row in rows}  # who is not in the population register has the place of the case register
        return rows + [row for row in self._register_rows(one.role, REGISTER) if row.unit not in there]

    def _current_versions(self, one: Evidence) -> list[DeliveredRow]:
        dataset = self._dataset(one.dataset)
        same = " and ".join(
            # An empty key is a key value only where the contract lets it be empty; else it says that there is no record.
            f"run.{column.history_name} {'=' if column.required else 'is not distinct from'} asked.{name}"
            for column, name in zip(dataset.key, one.record, strict=True)
        )
        return self._history_rows(
            one.role,
            dataset,
            f"""
            from {UNITS} as asked
            inner join history.{dataset.table} as run on {same} and run.first_extract_date <= $bound
            where not asked.is_protected
            qualify row_number() over (partition by asked.unit order by run.first_extract_date desc) = 1
            """,
            "least(coalesce(run.last_extract_date, $bound), $bound)",
        )

    def _stays(self, one: Evidence) -> list[DeliveredRow]:
        dataset = self._dataset(one.dataset)
        return self._history_rows(
            one.role,
            dataset,
            f"""
            from {UNITS} as asked
            inner join warehouse.main.int_person__numbers as number on number.person_id = asked.person_id
            inner join history.{dataset.table} as run
                on run.pseudonym = number.pseudonym
                and run.registrerad_datum = asked.{one.stay}
                and run.first_extract_date <= $bound
            where not asked.is_protected
            qualify row_number() over (
                partition by asked.unit
                order by
                    least(coalesce(run.last_extract_date, $bound), $bound) desc,
                    number.number_position,
                    run.registreringsorsak desc,
                    run.pseudonym
            ) = 1
            """,
            "least(coalesce(run.last_extract_date, $bound), $bound)",
        )

    def _register_rows(self, role: str, name: str, seen_on: str | None = None) -> list[DeliveredRow]:
        """The person's row in the extract that the place is taken from, the same that shows the person in the register; or in
        that of the unit's column ``seen_on``."""
        dataset = self._dataset(name)
        seen = f"(select last_seen_on from warehouse.main.{LOCATED} where person_id = asked.person_id and period_id = $period)"
        latest = "latest_register_extract_date" if name == REGISTER else "latest_resident_extract_date"
        of_period = f"(select {latest} from warehouse.main.{EXTRACTS} where period_id = $period)"
        day = of_period if self.is_day or name == RESIDENTS else seen
        if seen_on:
            day = f"asked.{seen_on}"
        return self._history_rows(
            role,
            dataset,
            f"""
            from (select asked.*, {day} as seen_on from {UNITS} as asked where not asked.is_protected) as asked
            inner join warehouse.main.{ROWS_MODELS[name]} as sighting
                on sighting.person_id = asked.person_id
                and asked.seen_on between sighting.first_extract_date and sighting.last_extract_date
            inner join history.{dataset.table} as run
                on run.pseudonym = sighting.pseudonym
                and asked.seen_on between run.first_extract_date and coalesce(run.last_extract_date, asked.seen_on)
            """,
            "asked.seen_on",
        )

    def _history_rows(self, role: str, dataset: Dataset, origin: str, extract_date: str) -> list[DeliveredRow]:
        columns = ", ".join(f"run.{column.history_name}" for column in dataset.columns)
        sql = f"select asked.unit, {extract_date} as extract_date, {columns} {origin}"
        given = {"bound": self._bound(dataset.source), "period": self.period_id}
        rows = self.connection.execute(sql, {name: given[name] for name in given if f"${name}" in sql}).fetchall()
        return [DeliveredRow(unit, role, dataset, day, tuple(content)) for unit, day, *content in rows]

    # --- links between numbers ----------------------------------------------------------------------------------------

    def _links(self, found: Iterable[DeliveredRow]) -> list[DeliveredRow]:
        """The rows that say that the numbers in a unit's evidence and the newest are one person."""
        persons = dict(
            self.connection.execute(f"select unit, person_id from {UNITS} where person_id is not null").fetchall()
        )
        numbers: dict[int, set[str]] = {}
        for row in found:
            if row.unit in persons:
                numbers.setdefault(row.unit, set()).update(row.numbers)
        wanted = {unit: (persons[unit], seen) for unit, seen in numbers.items() if seen - {persons[unit]}}
        dataset = self._dataset(RESIDENTS)
        return [
            DeliveredRow(unit, IDENTITY, dataset, day, content)
            for unit, (day, content) in links_between(self.connection, dataset, wanted, self._known_to(dataset.source))
        ]

    # --- knowledge ----------------------------------------------------------------------------------------------------

    def _dataset(self, name: str) -> Dataset:
        source, _, dataset = name.partition("/")
        return self.sources[source].datasets[dataset]

    def _bound(self, source: str) -> date | None:
        """The source's latest extract that counts: within the knowledge, and of a day's figure by that day."""
        if not self.is_day:
            return self._known_to(source)
        ends_on = f"(select ends_on from warehouse.main.{EXTRACTS} where period_id = ?)"
        return self._latest(source, f"and extract_date <= {ends_on}", self.period_id)

    def _known_to(self, source: str) -> date | None:
        return self._latest(source)

    def _latest(self, source: str, condition: str = "", *parameters: str) -> date | None:
        row = self.connection.execute(
            f"select max(extract_date) from history.extract where source = ? and extract_date <= ? {condition}",
            [source, self.known_to, *parameters],
        ).fetchone()
        return row[0] if row else None


def evidence_as_json(row: DeliveredRow, place: Place, line: int | None) -> dict[str, Any]:
    """A delivered row and where it lies."""
    return {
        "role": row.role,
        "dataset": f"{row.dataset.source}/{row.dataset.name}",
        "key": row.key,
        "extract_date": row.extract_date.isoformat(),
        "delivery_id": place.delivery_id,
        "folder": place.folder,
        "file": place.file,
        "line": line,
        "sha256": place.sha256,
    }


def places_of(connection: duckdb.DuckDBPyConnection, rows: Iterable[DeliveredRow]) -> Places:
    """Where rows lie: for source, dataset and extract date the loaded delivery and its file."""
    wanted = {row.place for row in rows}
    days = sorted({day for _, _, day in wanted})
    found = connection.execute(
        """
        select extract.source, file.dataset, extract.extract_date, extract.delivery_id, delivery.folder, file.file, file.sha256
        from history.extract as extract
        inner join history.delivery as delivery using (delivery_id)
        inner join history.delivered_file as file using (delivery_id)
        where extract.extract_date in (select unnest(?::date[]))
        """,
        [days],
    ).fetchall()
    there = {(source, dataset, day): Place(*place) for source, dataset, day, *place in found}
    return {key: there[key] for key in wanted}


def _as_delivered(value: Any) -> str:
    """A key's value as text; empty where there is none."""
    return "" if value is None else str(value)
