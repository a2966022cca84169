"""The tables of a history file: those of a new one, how the file of an earlier program gets them, and what the contracts ask for.

The tables of the program's own change by numbered migrations, each of which says what it does and may be run twice. The
datasets' tables follow the contracts, at every opening: a column or dataset that a contract has gained is empty for the nights
before. A migration never changes what a row says. What the rows mean belongs in ``store``, ``consents`` and ``purge``.

A change of any of it, a contract's too, takes a new number (``state.format``), so that an older program, which would lose what it
does not know, refuses the state.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipelines.configuration.contract import Dataset
from pipelines.delivery.values import history_schema
from pipelines.state.format import FORMAT, refuse_newer

_TYPES = {pl.Date: "date", pl.Boolean: "boolean", pl.Int64: "bigint", pl.String: "varchar"}

#: A new history. A table that a migration widens has its new columns last here too: rows are written by place.
_NEW = """
create table state_format (number integer);
create table delivery (
    delivery_id varchar, folder varchar, source varchar, extract_date date, revision integer, status varchar,
    reason varchar, message varchar, rows bigint, quarantined_rows bigint, content varchar, decided varchar,
    judged_in integer, remarks varchar
);
create table extract (source varchar, extract_date date, revision integer, delivery_id varchar);
create table extract_dataset (delivery_id varchar, dataset varchar, rows bigint);
create table delivered_file (
    delivery_id varchar, dataset varchar, file varchar, sha256 varchar, rows bigint, repeated bigint
);
create table in_service (since date);
create table belongs_to (name varchar, value varchar);
create table night (version integer, taken_in_at timestamp);
create table number (pseudonym varchar, birth_date date, gender varchar);
create table quarantined_number (pseudonym varchar, birth_date date);
create table quarantine (
    delivery_id varchar, dataset varchar, file varchar, line bigint, column_name varchar, reason varchar,
    expected varchar, pseudonyms varchar[], consent varchar
);
create table withdrawn_consent (fingerprint varchar);
create table withdrawing_delivery (delivery_id varchar);
create table purged_number (fingerprint varchar);
create table purged_archive (delivery_id varchar);
create table purge_protocol (
    version integer, data_year integer, persons bigint, rows bigint, quarantined bigint, archives bigint, reason varchar,
    first_date date, last_date date, withdrawals bigint default 0
);
create table purge_protocol_dataset (
    data_year integer, reason varchar, dataset varchar, persons bigint, first_date date, last_date date
);
"""


@dataclass(frozen=True)
class Migration:
    """A step from one form of the state to the next: its number, what it does as a clause, and the SQL that does it, which may be
    run again on what it has made."""

    number: int
    what: str
    sql: str


#: In order; what is written here is not changed any more. Before the first one a history had no number.
MIGRATIONS = (
    Migration(
        1,
        "a delivery keeps what is said of it as data",
        "alter table delivery add column if not exists remarks varchar",
    ),
    Migration(
        2,
        "a delivered file says how many of its rows repeat others",
        "alter table delivered_file add column if not exists repeated bigint",
    ),
    Migration(
        3,
        "the history knows whose it is, since when it is in service, and when its nights were",
        "create table if not exists belongs_to (name varchar, value varchar);"
        "create table if not exists in_service (since date);"
        "create table if not exists night (version integer, taken_in_at timestamp)",
    ),
    Migration(
        4,
        "withdrawn consents are remembered, in the purge protocol too",
        "create table if not exists withdrawn_consent (fingerprint varchar);"
        "create table if not exists withdrawing_delivery (delivery_id varchar);"
        "alter table quarantine add column if not exists consent varchar;"
        "alter table purge_protocol add column if not exists withdrawals bigint default 0",
    ),
    Migration(
        5,
        "the purge protocol counts by dataset",
        "create table if not exists purge_protocol_dataset (data_year integer, reason varchar, dataset varchar, "
        "persons bigint, first_date date, last_date date)",
    ),
    Migration(
        6,
        "delivered integers have room for 64 bits",
        "alter table ber_kontakter alter column antal_personal type bigint;"
        "alter table held_ber_kontakter alter column antal_personal type bigint;"
        "alter table enkat_svar alter column svar type bigint;"
        "alter table held_enkat_svar alter column svar type bigint",
    ),
    Migration(
        7,
        "Gymnasieantagningen, Skolslussen, Flai and Jobbtorg Unga have tables, by their contracts; the state has a number",
        "create table if not exists state_format (number integer)",
    ),
)


def prepare(connection: duckdb.DuckDBPyConnection, path: Path, datasets: Iterable[Dataset]) -> list[Migration]:
    """Have an open history file, new or of an earlier program, hold all tables; returns the migrations that were run.

    Raises NightlyFailed when a newer program wrote it; nothing in it is changed then.
    """
    before = number_of(connection)
    if before is None:
        connection.execute(_NEW)
        due = []
    else:
        refuse_newer(before, path)
        due = [migration for migration in MIGRATIONS if migration.number > before]
        for migration in due:
            connection.execute(migration.sql)
    if before != FORMAT:
        connection.execute("delete from state_format")
        connection.execute("insert into state_format values (?)", [FORMAT])
    _follow_contracts(connection, datasets)
    return due


def number_of(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The form of an open history file: 0 where it was written before forms had numbers, None where there is nothing in it."""
    tables = {
        name
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = current_database() and not temporary"
        ).fetchall()
    }
    if "delivery" not in tables:
        return None
    found = connection.execute("from state_format").fetchone() if "state_format" in tables else None
    return int(found[0]) if found else 0


def _follow_contracts(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset]) -> None:
    for dataset in datasets:
        columns = _columns(dataset)
        connection.execute(
            f"create table if not exists {dataset.table} ({_listed(_columns_of_runs(dataset))});"
            f"create table if not exists held_{dataset.table} ({_listed(columns)}, delivery_id varchar)"
        )
        for table in (dataset.table, f"held_{dataset.table}"):
            for name, type_ in columns.items():
                connection.execute(f"alter table {table} add column if not exists {name} {type_}")


def empty_columns(dataset: Dataset, there: Collection[str]) -> list[str]:
    """The columns of a dataset's interval table that are not ``there``, as SQL that selects nothing for each."""
    return [f"null::{type_} as {name}" for name, type_ in _columns_of_runs(dataset).items() if name not in there]


def _columns_of_runs(dataset: Dataset) -> dict[str, str]:
    return _columns(dataset) | {"first_extract_date": "date", "last_extract_date": "date"}


def _columns(dataset: Dataset) -> dict[str, str]:
    return {name: _sql_type(type_) for name, type_ in history_schema(dataset).items()}


def _listed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {type_}" for name, type_ in columns.items())


def _sql_type(type_: object) -> str:
    if isinstance(type_, pl.Decimal):
        return f"decimal({type_.precision}, {type_.scale})"
    return _TYPES[type_]  # type: ignore[index]
