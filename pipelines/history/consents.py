"""Records whose consent is withdrawn (deliveries.md section 4): remembered by a fingerprint, and removed wherever they stand.

They go by night's end, from every extract, earlier or later, whatever faults their rows have, and for good. Which rows withdraw
is found in ``intake.withdrawals``; the protocol, and persons who go by age, are ``purge``'s.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import duckdb
import polars as pl

from pipelines.configuration.contract import Dataset
from pipelines.delivery.consent import ConsentFingerprints

#: Why rows were removed, as the protocol says it.
WITHDRAWN = "samtycket återkallat"
WITHDRAWN_LATE = "kom in efter att samtycket återkallats"

_OF_A_NIGHT = """
create or replace temp table withdrawn_before as from withdrawn_consent;
create or replace temp table withdrawn_record (source_table varchar, key varchar, fingerprint varchar);
"""


def begin_night(connection: duckdb.DuckDBPyConnection) -> None:
    """What is known of withdrawals for a night, in a history that is opened: `withdrawn_before` (what was withdrawn on earlier
    nights) and `withdrawn_record` (records that are found to be)."""
    connection.execute(_OF_A_NIGHT)


def withdraw(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, found: pl.DataFrame, fingerprints: ConsentFingerprints
) -> None:
    """Remember withdrawals for good: `delivery_id, key`, a record each. Their keys are known until the night's end only."""
    if found.is_empty():
        return
    withdrawn = found.with_columns(
        fingerprint=fingerprints.of(dataset, found["key"]), source_table=pl.lit(dataset.table)
    )
    connection.register("withdrawal", withdrawn)
    connection.execute(
        """
        insert into withdrawn_consent
        select distinct fingerprint from withdrawal where fingerprint not in (select fingerprint from withdrawn_consent);
        insert into withdrawing_delivery
        select distinct delivery_id from withdrawal where delivery_id not in (from withdrawing_delivery);
        insert into withdrawn_record select distinct source_table, key, fingerprint from withdrawal
        """
    )
    connection.unregister("withdrawal")


def mark(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset], fingerprints: ConsentFingerprints) -> None:
    """Find all records that are withdrawn, on whatever night, by their keys: `withdrawn_record`."""
    if not connection.execute("from withdrawn_consent limit 1").fetchone():
        return
    for dataset in datasets:
        if dataset.consent_end is None:
            continue
        held = f"select {dataset.consent_key} as key from held_{dataset.table}"
        keys = connection.execute(f"select {dataset.consent_key} as key from {dataset.table} union {held}").pl()
        known = keys.with_columns(fingerprint=fingerprints.of(dataset, keys["key"]), source_table=pl.lit(dataset.table))
        connection.register("known_record", known)
        connection.execute(
            """
            insert into withdrawn_record
            select source_table, key, fingerprint from known_record
            where fingerprint in (select fingerprint from withdrawn_consent)
                and (source_table, key) not in (select (source_table, key) from withdrawn_record)
            """
        )
        connection.unregister("known_record")


def withdrawing_deliveries(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The deliveries of an open history file that withdrew a consent; none in a file of an earlier program."""
    return [name for (name,) in _rows(connection, "withdrawing_delivery", "from withdrawing_delivery")]


def has_withdrawn_since(connection: duckdb.DuckDBPyConnection, moment: datetime) -> bool:
    """Whether a night after a moment withdrew a consent, by an open history file."""
    since = (
        "select 1 from purge_protocol join night using (version) where withdrawals > 0 and taken_in_at > "
        f"timestamp '{moment.astimezone(UTC).replace(tzinfo=None)}' limit 1"
    )
    return bool(_rows(connection, "withdrawn_consent", since))


def _rows(connection: duckdb.DuckDBPyConnection, needed: str, sql: str) -> list[tuple[Any, ...]]:
    """What a query gives; nothing where the table that it rests on is not there."""
    there = connection.execute("select 1 from duckdb_tables() where table_name = ?", [needed]).fetchone()
    return connection.execute(sql).fetchall() if there else []


def is_withdrawn(dataset: Dataset, row: str = "r") -> str:
    """SQL for whether a row of a dataset is of a record that is withdrawn, as far as `mark` knows."""
    if dataset.consent_end is None:
        return "false"
    return f"{row}.{dataset.consent_key} in (select key from withdrawn_record where source_table = '{dataset.table}')"
