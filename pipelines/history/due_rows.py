"""The rows that are about persons who are due (the temporary table `due` of ``purge``): found, counted, removed.

Most rows hold a number of the person. A row without one is about whoever has the row that it refers to: a measure is about the
person of its enrolment. It may have been another's on other nights; those nights stay.
"""

from dataclasses import dataclass
from datetime import date

import duckdb

from pipelines.configuration.contract import Dataset

#: Table -> the first and the last day on which a row may make its person count in a figure (figures.md
#: sections 3 and 4). A row that only says something about who is counted anyway (sysselsattningar, bevis, studieperioder)
#: is not here. `seen_to`: the day before the next extract; `last_day`: the end of the year in which the person turns 21.
COUNTED = {
    "folkbokforing_personer": ("first_extract_date", "seen_to"),
    "ber_register": ("least(registrerad_datum, first_extract_date)", "seen_to"),
    "ber_kontakter": ("datum", "datum"),
    "ber_inskrivningar": ("inskriven_datum", "coalesce(avslutad_datum, last_day)"),
    "ber_insatser": ("startdatum", "coalesce(slutdatum, last_day)"),
    "ber_bosattningskontroller": ("anmald_datum", "anmald_datum"),
    "antagning_antagningar": ("beskedsdatum", "beskedsdatum"),
    "skolslussen_besok": ("datum", "datum"),
    "flai_deltaganden": ("startdatum", "coalesce(slutdatum, last_day)"),
}

#: The last day on which a row of the residents may make its person count: figures of residents and of the target group end with
#: the age of 19.
_LAST_AS_RESIDENT = "least(seen_to, youngest + interval 20 year - interval 1 day)"

#: The quarantine entries all of whose persons are due.
DUE_ENTRIES = """
    select entry, bool_or(stored) as stored
    from (select rowid as entry, unnest(pseudonyms) as pseudonym from quarantine) left join due using (pseudonym)
    group by entry having bool_and(person is not null)
"""


@dataclass(frozen=True)
class Owner:
    """Whom a row without a number is about: its ``column`` holds the ``key`` of a row of ``table``, which has a ``number``."""

    column: str
    table: str
    key: str
    number: str


@dataclass(frozen=True)
class DueCount:
    """Due rows of a dataset, of persons that the history held before this night (``stored``) or of others, and the first and
    last day on which one of them may have been counted in a figure; ``persons``: those whom the dataset may have made count,
    between ``counted_first`` and ``counted_last``."""

    dataset: str
    stored: bool
    rows: int
    first: date | None
    last: date | None
    persons: int = 0
    counted_first: date | None = None
    counted_last: date | None = None


def owner_of(dataset: Dataset, datasets: list[Dataset]) -> Owner | None:
    """None where the rows hold a number themselves, or are about nobody."""
    column = next((column for column in dataset.columns if column.reference), None)
    if dataset.number_columns or column is None or column.reference is None:
        return None
    name, key = column.reference
    owner = next(item for item in datasets if (item.source, item.name) == (dataset.source, name))
    return Owner(column.history_name, owner.table, key, owner.number_columns[0].history_name)


def count_due_rows(connection: duckdb.DuckDBPyConnection, dataset: Dataset, datasets: list[Dataset]) -> list[DueCount]:
    """The due rows of history and of held deliveries; those of held ones have no days, for they were never counted."""
    counted = []
    first, last = COUNTED.get(dataset.table, ("null::date", "null::date"))
    counts_until = _LAST_AS_RESIDENT if dataset.table == "folkbokforing_personer" else last
    if _find_due_rows(connection, dataset, datasets):
        counted += connection.execute(
            f"""
            with follows as (
                select extract_date, lead(extract_date) over (order by extract_date) - 1 as until
                from extract where source = $source
            ),
            counted_row as (
                select r.*, d.stored, d.person, d.youngest, d.last_day,
                    least(coalesce(until, d.last_day), d.last_day) as seen_to
                from {dataset.table} r join due_row d on d.row_id = r.rowid
                left join follows on follows.extract_date = r.last_extract_date
            )
            select stored, count(*), min({first}), max({last}), count(distinct person) filter ({first} <= {counts_until}),
                min({first}) filter ({first} <= {counts_until}), (max({counts_until}) filter ({first} <= {counts_until}))::date
            from counted_row group by stored
            """,
            {"source": dataset.source},
        ).fetchall()
    if _find_due_rows(connection, dataset, datasets, "held_"):
        counted += connection.execute("select stored, count(*), null, null from due_row group by stored").fetchall()
    return [DueCount(f"{dataset.source}/{dataset.name}", *row) for row in counted]


def delete_due_rows(connection: duckdb.DuckDBPyConnection, datasets: list[Dataset]) -> None:
    """Delete the due rows, first those that only refer to such a row, and the quarantine entries."""
    run = connection.execute
    for dataset in sorted(datasets, key=lambda item: bool(item.number_columns)):
        if _find_due_rows(connection, dataset, datasets, "held_"):
            run(f"delete from held_{dataset.table} where rowid in (select row_id from due_row)")
        if _find_due_rows(connection, dataset, datasets):
            owner = owner_of(dataset, datasets)
            if owner:
                _keep_nights_of_others(connection, dataset, owner)
            run(f"delete from {dataset.table} where rowid in (select row_id from due_row)")
            if owner:
                run(f"insert into {dataset.table} by name from kept; drop table kept")
    run(f"delete from quarantine where rowid in (select entry from ({DUE_ENTRIES})); drop table if exists due_row")


def _find_due_rows(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, datasets: list[Dataset], prefix: str = ""
) -> bool:
    """Make `due_row`: `row_id` and what `due` says. ``prefix``: of the table of held deliveries. False: nobody is named there."""
    owner = owner_of(dataset, datasets)
    if owner:
        same_delivery = "and o.delivery_id = r.delivery_id" if prefix else ""
        due_rows = f"""
            select r.rowid as row_id, bool_or(d.stored) as stored, min(d.person) as person, max(d.youngest) as youngest,
                max(d.last_day) as last_day
            from {prefix}{dataset.table} r
            join {prefix}{owner.table} o on o.{owner.key} = r.{owner.column} {same_delivery}
            join due d on d.pseudonym = o.{owner.number}
            group by r.rowid
        """
    elif dataset.number_columns:
        due_rows = f"""
            select r.rowid as row_id, d.stored, d.person, d.youngest, d.last_day
            from {prefix}{dataset.table} r join due d on d.pseudonym = r.{dataset.number_columns[0].history_name}
        """
    else:
        return False
    connection.execute(f"create or replace temp table due_row as {due_rows}")
    return True


def _keep_nights_of_others(connection: duckdb.DuckDBPyConnection, dataset: Dataset, owner: Owner) -> None:
    """Make `kept`: of the due rows the runs of nights on which the row they refer to was somebody else's, who is not due."""
    names = ", ".join(f"r.{item.history_name}" for item in dataset.columns)
    connection.execute(
        f"""
        create or replace temp table kept as
        with extract_night as (
            select extract_date, row_number() over (order by extract_date) as nth from extract where source = $source
        ),
        other as (from {owner.table} where {owner.number} not in (select pseudonym from due)),
        night as (
            select row_id, {names}, e.nth, e.extract_date,
                e.nth - row_number() over (partition by row_id order by e.nth) as island
            from (select rowid as row_id, * from {dataset.table} where rowid in (select row_id from due_row)) r
            join other o on o.{owner.key} = r.{owner.column}
            join extract_night e on e.extract_date >= greatest(r.first_extract_date, o.first_extract_date)
                and e.extract_date <= coalesce(r.last_extract_date, e.extract_date)
                and e.extract_date <= coalesce(o.last_extract_date, e.extract_date)
        )
        select {names}, min(extract_date) as first_extract_date,
            case when max(nth) < (select max(nth) from extract_night) then max(extract_date) end as last_extract_date
        from night r group by row_id, island, {names}
        """,
        {"source": dataset.source},
    )
