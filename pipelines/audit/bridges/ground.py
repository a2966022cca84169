"""What a state of knowledge stands on: which deliveries count, which numbers are one person, and which rows stood in which
extracts, each row by its owner, its record's key and a fingerprint of its content.

The same shape is asked of the history as it is now and kept beside an edition (``kept``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb

from pipelines.audit.units import record_key
from pipelines.configuration.contract import Dataset, Source
from pipelines.history.due_rows import owner_of

#: Columns of `stood`: a row of a dataset, whose it is (null: nobody's), its record, and the extracts that show it.
STOOD = "source varchar, dataset varchar, owner varchar, record varchar, content varchar, first_on date, last_on date"


@dataclass(frozen=True)
class Extract:
    """A delivery that counts."""

    source: str
    day: date
    revision: int
    delivery_id: str


def read_extracts(
    connection: duckdb.DuckDBPyConnection, relation: str = "history.extract"
) -> dict[tuple[str, date], Extract]:
    """The deliveries that count, by source and extract date."""
    rows = connection.execute(f"select source, extract_date, revision, delivery_id from {relation}").fetchall()
    return {(row[0], row[1]): Extract(*row) for row in rows}


def stood_rows(sources: Iterable[Source]) -> str:
    """A query with the columns of `stood` for all rows of the history."""
    datasets = [dataset for source in sources for dataset in source.datasets.values()]
    return " union all ".join(_stood(dataset, datasets) for dataset in datasets)


def _stood(dataset: Dataset, datasets: list[Dataset]) -> str:
    columns = ", ".join(f"run.{column.history_name}" for column in dataset.columns)
    latest = f"(select max(extract_date) from history.extract where source = '{dataset.source}')"
    key = tuple(f"run.{column.history_name}" for column in dataset.key if column.type != "personnummer")
    owner, joined = "cast(null as varchar)", ""
    if dataset.number_columns:
        owner = f"run.{dataset.number_columns[0].history_name}"
    elif found := owner_of(dataset, datasets):
        # distinct: the record that it belongs to may have several versions
        owner = "owner.number"
        joined = (
            f"left join (select distinct {found.key} as key, {found.number} as number from history.{found.table}) as owner "
            f"on owner.key = run.{found.column}"
        )
    return (
        f"select '{dataset.source}' as source, '{dataset.source}/{dataset.name}' as dataset, {owner} as owner, "
        f"{record_key(key)} as record, md5(cast(row({columns}) as varchar)) as content, "
        f"run.first_extract_date as first_on, coalesce(run.last_extract_date, {latest}) as last_on "
        f"from history.{dataset.table} as run {joined}"
    )
