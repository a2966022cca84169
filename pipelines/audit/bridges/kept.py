"""What an edition counted and what it stood on, kept beside it in KAA_HOME and never exported: so that a later difference
can be told unit by unit.

It holds pseudonyms and record keys. Who leaves the history (gallring, a withdrawn consent) leaves this file too
(``publication.kept_persons``): what stays of them is that somebody was counted, under a number that means nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.audit.bridges.counted import Counted, Live
from pipelines.audit.bridges.ground import STOOD, stood_rows
from pipelines.audit.cell import Cell
from pipelines.configuration.catalogue import Figure, read_catalogue
from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import Municipality
from pipelines.publication.kept_persons import COUNTED_FILE
from pipelines.runtime.database import attach
from pipelines.state.databases import recorded_owner
from pipelines.state.home import Version
from pipelines.state.keys import PSEUDONYM_FINGERPRINT
from pipelines.warehouse.ask import built_warehouse
from pipelines.warehouse.compiled import kept_models
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import Period, parse_period

#: The profile as it was, and the fingerprint of the key that the pseudonyms were made with, beside that file.
PROFILE, MADE_WITH = "municipality.json", "pseudonym_key.txt"

_TABLES = f"""
create table unit (
    period varchar, figure varchar, measure varchar, unit bigint, person varchar, record varchar, stay date, gender varchar,
    district varchar, job_centre varchar, category varchar, subcategory varchar, value decimal(38, 18), is_protected boolean,
    gone varchar
);
create table evidence (
    period varchar, figure varchar, measure varchar, unit bigint, role varchar, dataset varchar, key varchar, extract_date date
);
create table number (pseudonym varchar, person varchar, birth_date date);
create table extract (source varchar, extract_date date, revision integer, delivery_id varchar);
create table stood ({STOOD});
"""


def keep_private(version: Version, municipality: Municipality, period_ids: Collection[str], folder: Path) -> None:
    """Write what is to be kept of a version and some of its periods into an edition's private folder."""
    (folder / PROFILE).write_text(municipality.model_dump_json(), encoding="utf-8")
    (folder / MADE_WITH).write_text(made_with(version), encoding="utf-8")
    compiled = kept_models(version.models)
    sources = load_sources(municipality.own_codes)
    with built_warehouse(version, also=[folder / COUNTED_FILE]) as connection:
        periods = [parse_period(period_id, municipality) for period_id in period_ids]
        write_counted([Live(connection, compiled, sources, period, EVERYTHING) for period in periods], folder)


def write_counted(states: Sequence[Live], folder: Path) -> None:
    """Write what states of one warehouse count, each of another period, and what they stand on."""
    connection, sources = states[0].connection, states[0].sources
    attach(connection, folder / COUNTED_FILE, "kept", read_only=False)
    connection.execute(f"use kept; {_TABLES}; use warehouse")
    connection.execute(
        "insert into kept.number select pseudonym, person_id, birth_date from warehouse.main.int_person__numbers"
    )
    connection.execute(
        "insert into kept.extract select source, extract_date, revision, delivery_id from history.extract"
    )
    connection.execute(f"insert into kept.stood {stood_rows(sources.values())}")
    for live in states:
        for figure in figures_of(live.period):
            for measure in figure.measures:
                _keep(live, figure, measure)
    connection.execute("detach kept")


def figures_of(period: Period) -> list[Figure]:
    """The figures that a period gives and that can be followed unit by unit: a median cannot."""
    kind = "day" if period.kind == "dag" else "period"
    return [figure for figure in read_catalogue().values() if figure.period == kind and figure.adds_up]


def _keep(live: Live, figure: Figure, measure: str) -> None:
    where = (live.period.period_id, figure.id, measure)
    rows = live.rows(figure, measure)
    evidence = live.all_evidence(figure, Cell(figure.id, measure))
    units = [
        (*where, row.unit, row.person, row.record, row.stay, *row.groups, row.value, row.is_protected, None)
        for row in rows
    ]
    behind = [
        (*where, unit, one["role"], one["dataset"], one["key"], date.fromisoformat(one["extract_date"]))
        for unit, found in evidence.items()
        for one in found
    ]
    for table, listed in (("unit", units), ("evidence", behind)):
        if listed:
            names = [name for name, *_ in live.connection.execute(f"describe kept.{table}").fetchall()]
            live.connection.register(
                "listed", pl.DataFrame(listed, schema=names, orient="row", infer_schema_length=None)
            )
            live.connection.execute(f"insert into kept.{table} select * from listed")
            live.connection.unregister("listed")


@dataclass(frozen=True)
class Kept:
    """What an edition counted of a period; asks the file that is attached to a connection as ``name``."""

    connection: duckdb.DuckDBPyConnection
    name: str
    period_id: str

    def rows(self, figure: Figure, measure: str) -> list[Counted]:
        """All rows of a measure."""
        found = self.connection.execute(
            f"select unit, person, record, stay, gender, district, job_centre, category, subcategory, value, is_protected, gone "
            f"from {self.name}.unit where period = ? and figure = ? and measure = ? order by unit",
            [self.period_id, figure.id, measure],
        ).fetchall()
        return [
            Counted(unit, person, record, stay, tuple(rest[:5]), Decimal(rest[5]), rest[6], rest[7])
            for unit, person, record, stay, *rest in found
        ]

    def evidence(self, figure: Figure, cell: Cell, units: Collection[int]) -> dict[int, list[dict[str, Any]]]:
        """What some of these rows rested on, with the deliveries that counted then."""
        names = ("role", "dataset", "key", "extract_date", "delivery_id", "folder", "file", "line", "sha256")
        places = (
            ""
            if cell.has_place
            else "and (evidence.role <> 'place' or evidence.figure in ('residents', 'target_group'))"
        )
        found = self.connection.execute(
            f"""
            select evidence.unit, evidence.role, evidence.dataset, evidence.key,
                cast(evidence.extract_date as varchar), extract.delivery_id, delivery.folder, file.file, null, file.sha256
            from {self.name}.evidence as evidence
            inner join {self.name}.extract as extract
                on evidence.dataset like extract.source || '/%' and extract.extract_date = evidence.extract_date
            inner join history.delivery as delivery on delivery.delivery_id = extract.delivery_id
            inner join history.delivered_file as file
                on file.delivery_id = extract.delivery_id and extract.source || '/' || file.dataset = evidence.dataset
            where evidence.period = ? and evidence.figure = ? and evidence.measure = ?
                and evidence.unit in (select unnest(?::bigint[])) {places}
            order by evidence.unit, evidence.role, evidence.dataset, evidence.key, evidence.extract_date
            """,
            [self.period_id, figure.id, cell.measure, list(units)],
        ).fetchall()
        of_unit: dict[int, list[dict[str, Any]]] = {}
        for unit, *one in found:
            of_unit.setdefault(unit, []).append(dict(zip(names, one, strict=True)))
        return of_unit

    def numbers(self) -> dict[str, str]:
        """Pseudonym of each number -> that of the person's newest."""
        return dict(self.connection.execute(f"select pseudonym, person from {self.name}.number").fetchall())


def made_with(version: Version) -> str:
    """The fingerprint of the key that a version's pseudonyms are made with."""
    return recorded_owner(version).get(PSEUDONYM_FINGERPRINT, "")


def counted_file(private: Path) -> Path:
    """The file in an edition's private folder."""
    return private / COUNTED_FILE
