"""Gallring: persons leave the history when the law says so (förordning (2006:39) 7 §, deliveries.md section 7).

The clock is the data's: the calendar year of the latest loaded extract. A person is judged by the newest number, as
figures.md section 1 defines it, so numbers that are linked go together. Published figures hold no persons and stay. When
archived deliveries go is decided in ``purge_archives``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb
from jinja2 import Template

from pipelines.configuration.catalogue import MODELS
from pipelines.configuration.contract import Column, Dataset

#: A person is purged when the data's year is later than the one in which he or she turns this age.
LAST_AGE = 21

#: Why something was removed, as the protocol says it.
AGED = "fyllt 21 år"
CAME_LATE = "kom in efter gallringstiden"

#: Table -> the first and the last day on which a row may make its person count in a figure (figures.md
#: sections 3 and 4). A row that only says something about who is counted anyway (sysselsattningar, bevis, studieperioder)
#: is not here. `seen_to`: the day before the next extract; `last_day`: the end of the year in which the person turns 21.
_COUNTED = {
    "folkbokforing_personer": ("first_extract_date", "seen_to"),
    "ber_register": ("least(registrerad_datum, first_extract_date)", "seen_to"),
    "ber_kontakter": ("datum", "datum"),
    "ber_inskrivningar": ("inskriven_datum", "coalesce(avslutad_datum, last_day)"),
    "ber_insatser": ("startdatum", "coalesce(slutdatum, last_day)"),
    "ber_bosattningskontroller": ("anmald_datum", "anmald_datum"),
}

_TABLES = """
create table if not exists purged_number (fingerprint varchar);
create table if not exists purged_archive (delivery_id varchar);
create table if not exists purge_protocol (
    version integer, data_year integer, persons bigint, rows bigint, quarantined bigint, archives bigint, reason varchar,
    first_date date, last_date date
);
"""


@dataclass(frozen=True)
class Removal:
    """What is removed for one reason: persons, their rows (of history and of held deliveries) and quarantine entries, files
    of the archive; and the first and last day of which figures may have counted one of the persons."""

    reason: str
    persons: int = 0
    rows: int = 0
    quarantined: int = 0
    archives: int = 0
    first_date: date | None = None
    last_date: date | None = None


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables that purging keeps in a history file."""
    connection.execute(_TABLES)


def data_year(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The year that the data's clock shows; None before the first extract."""
    latest = connection.execute("select max(extract_date) from extract").fetchone()
    return latest[0].year if latest and latest[0] else None


def purge(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset], version: int) -> list[Removal]:
    """Remove every person whose time has come, write the protocol, and forget numbers that no row holds any more."""
    datasets = list(datasets)
    create_tables(connection)
    removals: list[Removal] = []
    year = data_year(connection)
    if year:
        removals = planned(connection, datasets, year)
        _remember_fingerprints(connection, year)
        _delete_rows(connection, datasets)
        for removal in removals:
            write_protocol(connection, version, year, removal)
    _forget_numbers(connection, datasets)
    return removals


def planned(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset], year: int) -> list[Removal]:
    """What goes by the data's clock of a year, for each reason; nothing is removed. Leaves the temporary table `due`.

    Persons that the history held before this night have aged; others came when their time had passed already.
    """
    execute = connection.execute
    datasets = list(datasets)
    _mark_due(connection, year)
    counted = [found for dataset in datasets for found in _count_rows(connection, dataset, datasets)]
    persons = dict(execute("select stored, count(distinct person) from due group by stored").fetchall())
    entries = dict(execute(f"select stored, count(*) from ({_ENTRIES}) group by stored").fetchall())
    removals = []
    for stored, reason in ((True, AGED), (False, CAME_LATE)):
        found = [item[1:] for item in counted if item[0] == stored]
        rows, quarantined = sum(item[0] for item in found), entries.get(stored, 0)
        if rows or quarantined:
            first = min((item[1] for item in found if item[1]), default=None)
            last = max((item[2] for item in found if item[2]), default=None)
            removals.append(Removal(reason, persons.get(stored, 0), rows, quarantined, 0, first, last))
    return removals


def write_protocol(connection: duckdb.DuckDBPyConnection, version: int, year: int, removal: Removal) -> None:
    """Note a removal.

    Sources go on delivering their old rows every night, and what has come late goes again every night: of that the protocol
    holds only the latest night of each year.
    """
    execute = connection.execute
    first, last = removal.first_date, removal.last_date
    if removal.reason == CAME_LATE:
        before = execute(
            "delete from purge_protocol where reason = ? and data_year = ? returning first_date, last_date",
            [CAME_LATE, year],
        ).fetchall()
        first = min((day for day, _ in [*before, (first, None)] if day), default=None)
        last = max((day for _, day in [*before, (None, last)] if day), default=None)
    execute(
        "insert into purge_protocol values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            version,
            year,
            removal.persons,
            removal.rows,
            removal.quarantined,
            removal.archives,
            removal.reason,
            first,
            last,
        ],
    )


# --- who ---------------------------------------------------------------------------------------------------------------


#: `pseudonym, person_id, birth_date` (of the newest number): the dbt model that says which numbers are one person, asked of all
#: that the history and the quarantine hold. Of numbers with one birth date it makes no difference here which is the newest.
_PERSONS = Template((MODELS / "intermediate" / "int_person__numbers.sql").read_text(encoding="utf-8")).render(
    ref={"stg_history__numbers": "known_number", "stg_folkbokforing__residents": "folkbokforing_personer"}.__getitem__
)


def _mark_due(connection: duckdb.DuckDBPyConnection, year: int) -> None:
    """Make the temporary table `due`: the pseudonyms to remove, with `person`, `birth_date`, `stored` and `last_day`."""
    connection.execute(
        """
        create or replace temp table known_number as
        select pseudonym, birth_date, null::varchar as gender, pseudonym in (from known_before) as stored,
            sha256(pseudonym) in (select fingerprint from purged_number) as gone
        from (select pseudonym, birth_date from number union select pseudonym, birth_date from quarantined_number)
        """
    )
    connection.execute(
        f"""
        create or replace temp table due as
        select pseudonym, person_id as person, known_number.birth_date, bool_or(stored) over numbers as stored,
            make_date(least(year(person.birth_date) + $last_age, $year - 1), 12, 31) as last_day
        from ({_PERSONS}) as person join known_number using (pseudonym)
        window numbers as (partition by person_id)
        qualify year(person.birth_date) + $last_age < $year or bool_or(gone) over numbers
        """,
        {"last_age": LAST_AGE, "year": year},
    )


def _remember_fingerprints(connection: duckdb.DuckDBPyConnection, year: int) -> None:
    """Remember the numbers that look too young by themselves, by a fingerprint of their pseudonym.

    A later delivery that brings one of them without the link must not bring the person back.
    """
    connection.execute(
        "insert into purged_number select sha256(pseudonym) from due "
        "where year(birth_date) + ? >= ? and sha256(pseudonym) not in (select fingerprint from purged_number)",
        [LAST_AGE, year],
    )


# --- what --------------------------------------------------------------------------------------------------------------

#: The quarantine entries all of whose persons are due.
_ENTRIES = """
    select entry, bool_or(stored) as stored
    from (select rowid as entry, unnest(pseudonyms) as pseudonym from quarantine) left join due using (pseudonym)
    group by entry having bool_and(person is not null)
"""


def _due_rows(dataset: Dataset, datasets: list[Dataset], is_held: bool) -> str | None:
    """The rows `r` of a dataset that are about a person `d` who is due, as a FROM clause; None: it is about nobody.

    A row that holds no number is about whoever has the row it refers to: an enrolment's measures.
    """
    prefix = "held_" if is_held else ""
    if dataset.number_columns:
        return f"{prefix}{dataset.table} r join due d on d.pseudonym = r.{dataset.number_columns[0].history_name}"
    for column in dataset.columns:
        if column.reference:
            owner, number = _owner(column, dataset, datasets)
            delivery = "o.delivery_id, " if is_held else ""
            return (
                f"{prefix}{dataset.table} r join ("
                f"select {delivery}o.{column.reference[1]} as value, bool_or(stored) as stored, max(last_day) as last_day "
                f"from {prefix}{owner} o join due on due.pseudonym = o.{number} group by all"
                f") d on d.value = r.{column.history_name}" + (" and d.delivery_id = r.delivery_id" if is_held else "")
            )
    return None


def _owner(column: Column, dataset: Dataset, datasets: list[Dataset]) -> tuple[str, str]:
    """The table that a column refers to, and its number column."""
    assert column.reference
    owner = next(item for item in datasets if (item.source, item.name) == (dataset.source, column.reference[0]))
    return owner.table, owner.number_columns[0].history_name


def _count_rows(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, datasets: list[Dataset]
) -> list[tuple[bool, int, date | None, date | None]]:
    """`stored, rows, first day, last day` of the due rows, and of held deliveries without days: they were never counted."""
    due_rows, held_rows = (_due_rows(dataset, datasets, is_held) for is_held in (False, True))
    if due_rows is None:
        return []
    first, last = _COUNTED.get(dataset.table, ("null::date", "null::date"))
    return connection.execute(
        f"""
        with follows as (
            select extract_date, lead(extract_date) over (order by extract_date) - 1 as until
            from extract where source = $source
        ),
        due_row as (
            select r.*, d.stored, d.last_day, least(coalesce(until, d.last_day), d.last_day) as seen_to
            from {due_rows} left join follows on follows.extract_date = r.last_extract_date
        )
        select stored, count(*), min({first}), max({last}) from due_row r group by stored
        union all
        select d.stored, count(*), null, null from {held_rows} group by d.stored
        """,
        {"source": dataset.source},
    ).fetchall()


def _delete_rows(connection: duckdb.DuckDBPyConnection, datasets: list[Dataset]) -> None:
    """Delete the due rows, first those that only refer to such a row, and the quarantine entries."""
    execute = connection.execute
    for dataset in sorted(datasets, key=lambda item: bool(item.number_columns)):
        for is_held in (False, True):
            due_rows = _due_rows(dataset, datasets, is_held)
            if due_rows is None:
                continue
            table = f"held_{dataset.table}" if is_held else dataset.table
            execute(f"create or replace temp table due_row as select r.rowid as row_id from {due_rows}")
            if not dataset.number_columns and not is_held:
                _keep_nights_of_others(connection, dataset, datasets)
            execute(f"delete from {table} where rowid in (select row_id from due_row)")
            if not dataset.number_columns and not is_held:
                execute(f"insert into {table} by name from kept; drop table kept")
            execute("drop table due_row")
    execute(f"delete from quarantine where rowid in (select entry from ({_ENTRIES}))")


def _keep_nights_of_others(connection: duckdb.DuckDBPyConnection, dataset: Dataset, datasets: list[Dataset]) -> None:
    """Make `kept`: of the due rows those nights on which the row they refer to was somebody else's, who is not due."""
    column = next(column for column in dataset.columns if column.reference)
    assert column.reference
    owner, number = _owner(column, dataset, datasets)
    names = ", ".join(f"r.{item.history_name}" for item in dataset.columns)
    connection.execute(
        f"""
        create or replace temp table kept as
        with extract_night as (
            select extract_date, row_number() over (order by extract_date) as nth from extract where source = $source
        ),
        other as (from {owner} where {number} not in (select pseudonym from due)),
        night as (
            select row_id, {names}, e.nth, e.extract_date,
                e.nth - row_number() over (partition by row_id order by e.nth) as island
            from (
                select rowid as row_id, * from {dataset.table} where rowid in (select row_id from due_row)
            ) r
            join other o on o.{column.reference[1]} = r.{column.history_name}
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


def _forget_numbers(connection: duckdb.DuckDBPyConnection, datasets: list[Dataset]) -> None:
    """Delete what is known of numbers that no row and no quarantine entry holds."""
    held = " union all ".join(
        f"select {column.history_name} from {table}"
        for dataset in datasets
        for table in (dataset.table, f"held_{dataset.table}")
        for column in dataset.number_columns
    )
    connection.execute(
        f"delete from number where pseudonym not in (select * from ({held}) numbers(pseudonym) where pseudonym is not null)"
    )
    connection.execute(
        "delete from quarantined_number where pseudonym not in (select unnest(pseudonyms) from quarantine)"
    )
