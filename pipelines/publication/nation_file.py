"""Makes the published file of a lake: the figures of a few periods with their definitions, and which municipalities' parts they
were counted from. The pages of the nation's report read it as they read a home's.

Which figures are asked, and of which engine, belongs in ``commands.nation_report``; which of the numbers the public may have is
decided by ``dashboards.disclosure``.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.configuration.catalogue import Catalogue
from pipelines.configuration.contract import contracts_fingerprint
from pipelines.configuration.disclosure import Disclosure
from pipelines.configuration.municipality import Municipality
from pipelines.publication.published_file import PERIOD_EXTRACTS, insert, period_row, profile_rows, write_catalogue
from pipelines.publication.tables import NATION_TABLES, OF_INPUTS, create_public_figures, create_tables
from pipelines.runtime import clock
from pipelines.runtime.database import open_database
from pipelines.warehouse.ask import FIGURE_COLUMNS, FigureRow
from pipelines.warehouse.inputs import EVERYTHING, input_rows
from pipelines.warehouse.periods import Period

#: Municipality, title, first and last extract date, day of export, fingerprint of its files.
PartRow = tuple[str, str, date | None, date | None, date, str]


@dataclass(frozen=True)
class NationContent:
    """``figures``: rows as figures.md section 2 has them; ``public``: the same as public output counts them, where that differs.
    ``extracts``: (source, day) of each extract that a municipality has. ``day``: the one that the target group is of."""

    figures: list[FigureRow]
    public: pl.DataFrame | None
    extracts: Collection[tuple[str, date]]
    parts: Collection[PartRow]
    fingerprint: str
    sql_fingerprint: str
    day: Period


def write_nation_file(
    path: Path,
    municipality: Municipality,
    periods: Collection[Period],
    catalogue: Catalogue,
    disclosure: Disclosure,
    content: NationContent,
) -> None:
    """Write the file. ``municipality``: the profile whose districts are municipalities and whose job-centres are counties."""
    connection = open_database(path)
    try:
        connection.execute("begin")  # one transaction: a row at a time would take minutes
        create_tables(connection)
        _write_figures(connection, content.figures)
        inputs = input_rows(municipality, periods, EVERYTHING)
        for table in OF_INPUTS:
            insert(connection, table, inputs[table])
        insert(connection, "period", [period_row(period) for period in periods])
        write_catalogue(connection, catalogue, municipality)
        insert(connection, "profile", profile_rows(municipality, disclosure))
        days = [day for _, day in content.extracts]
        now = clock.now(municipality.timezone).replace(tzinfo=None, microsecond=0)
        insert(
            connection,
            "publication",
            [
                (
                    0, now, installed_version("kaa-warehouse"), municipality.code, municipality.title,
                    municipality.report_year.kind, min(days), max(days), 0, None, content.sql_fingerprint,
                    contracts_fingerprint(), municipality.fingerprint,
                )
            ],
        )  # fmt: skip
        create_public_figures(connection, content.public)
        write_lake(connection, municipality, content)
        connection.execute("commit")
        _write_extracts(connection, content.extracts)
        connection.execute("checkpoint")
    finally:
        connection.close()


def add_lake(path: Path, municipality: Municipality, content: NationContent) -> None:
    """Say in a public file too which parts it was made of: that is told to everybody."""
    with open_database(path) as connection:
        connection.execute("begin")
        write_lake(connection, municipality, content)
        connection.execute("commit; checkpoint")


def write_lake(connection: duckdb.DuckDBPyConnection, municipality: Municipality, content: NationContent) -> None:
    """The tables that only a nation's file has."""
    for table, columns in NATION_TABLES.items():
        connection.execute(f"create table {table} ({columns})")
    insert(connection, "lake", [(content.fingerprint, content.day.period_id)])
    insert(connection, "lake_part", list(content.parts))
    insert(connection, "lake_county", list(_county_rows(municipality)))


def _county_rows(municipality: Municipality) -> Iterable[tuple[Any, ...]]:
    for place, county in enumerate(municipality.job_centres, start=1):
        yield from ((county.code, code, place) for code in county.districts)


def _write_figures(connection: duckdb.DuckDBPyConnection, rows: list[FigureRow]) -> None:
    """In one go: of all municipalities there are some ten thousand."""
    types: list[tuple[str, Any]] = [*((name, pl.String) for name in FIGURE_COLUMNS[:-1]), ("value", pl.Decimal(38, 18))]
    connection.register("counted", pl.DataFrame(rows, schema=types, orient="row"))
    connection.execute("insert into figures from counted")
    connection.unregister("counted")


def _write_extracts(connection: duckdb.DuckDBPyConnection, extracts: Collection[tuple[str, date]]) -> None:
    """Which days' extracts each period rests on, as in a home's file."""
    connection.execute("attach ':memory:' as history")
    connection.register("listed", pl.DataFrame(sorted(extracts), schema=["source", "extract_date"], orient="row"))
    connection.execute("create table history.extract as from listed")
    connection.execute(f"insert into period_extracts {PERIOD_EXTRACTS}; detach history")
    connection.unregister("listed")
