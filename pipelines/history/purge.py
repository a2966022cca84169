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

from pipelines.configuration.catalogue import MACROS
from pipelines.configuration.contract import Dataset
from pipelines.history.consents import WITHDRAWN, WITHDRAWN_LATE, is_withdrawn
from pipelines.history.due_rows import DUE_ENTRIES, DueCount, count_due_rows, delete_due_rows

#: A person is purged when the data's year is later than the one in which he or she turns this age.
LAST_AGE = 21

#: Why something was removed, as the protocol says it.
AGED = "fyllt 21 år"
CAME_LATE = "kom in efter gallringstiden"

#: What sources deliver again night after night.
_EVERY_NIGHT = (CAME_LATE, WITHDRAWN_LATE)


@dataclass(frozen=True)
class Removal:
    """What is removed for one reason: persons, their rows (of history and of held deliveries) and quarantine entries, files
    of the archive; and the first and last day of which figures may have counted one of the persons. ``withdrawals``: so many
    consents were withdrawn; of persons then only what rests on these goes."""

    reason: str
    persons: int = 0
    rows: int = 0
    quarantined: int = 0
    archives: int = 0
    first_date: date | None = None
    last_date: date | None = None
    #: Of each dataset of which rows go.
    datasets: tuple[DueCount, ...] = ()
    withdrawals: int = 0


def data_year(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The year that the data's clock shows; None before the first extract."""
    latest = connection.execute("select max(extract_date) from extract").fetchone()
    return latest[0].year if latest and latest[0] else None


def purge(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset], version: int) -> list[Removal]:
    """Remove every record whose consent is withdrawn and every person whose time has come, write the protocol, and forget numbers
    that no row holds any more."""
    datasets = list(datasets)
    removals: list[Removal] = []
    year = data_year(connection)
    if year:
        removals = _remove_withdrawn(connection, datasets) + due_removals(connection, datasets, year)
        _remember_fingerprints(connection, year)
        delete_due_rows(connection, datasets)
        for removal in removals:
            write_protocol(connection, version, year, removal)
    _forget_numbers(connection, datasets)
    return removals


def due_removals(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset], year: int) -> list[Removal]:
    """What goes by the data's clock of a year, for each reason; nothing is removed. Leaves the temporary table `due`.

    Persons that the history held before this night have aged; others came when their time had passed already.
    """
    execute = connection.execute
    datasets = list(datasets)
    _mark_due(connection, year)
    counted = [found for dataset in datasets for found in count_due_rows(connection, dataset, datasets)]
    persons = dict(execute("select stored, count(distinct person) from due group by stored").fetchall())
    entries = dict(execute(f"select stored, count(*) from ({DUE_ENTRIES}) group by stored").fetchall())
    removals = []
    for stored, reason in ((True, AGED), (False, CAME_LATE)):
        found = [one for one in counted if one.stored == stored]
        rows, quarantined = sum(one.rows for one in found), entries.get(stored, 0)
        if rows or quarantined:
            first = min((one.first for one in found if one.first), default=None)
            last = max((one.last for one in found if one.last), default=None)
            removals.append(Removal(reason, persons.get(stored, 0), rows, quarantined, 0, first, last, tuple(found)))
    return removals


def write_protocol(connection: duckdb.DuckDBPyConnection, version: int, year: int, removal: Removal) -> None:
    """Note a removal.

    Sources go on delivering their old rows every night, and what has come late goes again every night: of that the protocol
    holds only the latest night of each year.
    """
    execute = connection.execute
    first, last = removal.first_date, removal.last_date
    if removal.reason in _EVERY_NIGHT:
        before = execute(
            "delete from purge_protocol where reason = ? and data_year = ? returning first_date, last_date",
            [removal.reason, year],
        ).fetchall()
        first = min((day for day, _ in [*before, (first, None)] if day), default=None)
        last = max((day for _, day in [*before, (None, last)] if day), default=None)
    counts = [removal.persons, removal.rows, removal.quarantined, removal.archives]
    execute(
        "insert into purge_protocol values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [version, year, *counts, removal.reason, first, last, removal.withdrawals],
    )
    for one in removal.datasets:
        _write_dataset(connection, year, removal.reason, one)


def _write_dataset(connection: duckdb.DuckDBPyConnection, year: int, reason: str, removed: DueCount) -> None:
    """Note whom the rows of one dataset may have made count. What has come late may come again or not, so of that the most
    persons of any night stay."""
    found = [(removed.persons, removed.counted_first, removed.counted_last)]
    if reason == CAME_LATE:
        found += connection.execute(
            "delete from purge_protocol_dataset where reason = ? and data_year = ? and dataset = ? "
            "returning persons, first_date, last_date",
            [reason, year, removed.dataset],
        ).fetchall()
    connection.execute(
        "insert into purge_protocol_dataset values (?, ?, ?, ?, ?, ?)",
        [
            year, reason, removed.dataset, max(persons for persons, _, _ in found),
            min((first for _, first, _ in found if first), default=None),
            max((last for _, _, last in found if last), default=None),
        ],
    )  # fmt: skip


# --- consents -----------------------------------------------------------------------------------------------------------


def _remove_withdrawn(connection: duckdb.DuckDBPyConnection, datasets: list[Dataset]) -> list[Removal]:
    """Delete what is left of records whose consent is withdrawn; what this comes to of those that were withdrawn tonight, and of
    those that were before."""
    run = connection.execute
    _find_known_numbers(connection)
    run("create or replace temp table withdrawn_row (is_late boolean, pseudonym varchar)")
    for dataset in datasets:
        if dataset.consent_end is None:
            continue
        is_late = "d.fingerprint in (from withdrawn_before)"
        record = f"d.source_table = '{dataset.table}' and d.key = r.{dataset.consent_key}"
        for table in (dataset.table, f"held_{dataset.table}"):
            number = f"r.{dataset.number_columns[0].history_name}" if dataset.number_columns else "null"
            run(
                f"insert into withdrawn_row select {is_late}, {number} from {table} r join withdrawn_record d on {record}; "
                f"delete from {table} r where {is_withdrawn(dataset)}"
            )
    entries = dict(
        run(
            "select consent in (from withdrawn_before) as is_late, count(*) from quarantine "
            "where consent in (from withdrawn_consent) group by is_late"
        ).fetchall()
    )
    run("delete from quarantine where consent in (from withdrawn_consent)")
    counted = run(
        f"select is_late, count(*), count(distinct person_id) from withdrawn_row left join ({_PERSONS}) using (pseudonym) "
        "group by is_late"
    ).fetchall()
    rows = {is_late: (rows, persons) for is_late, rows, persons in counted}
    new = run("select count(*) from withdrawn_consent where fingerprint not in (from withdrawn_before)").fetchone()
    removals = []
    for late, because, withdrawals in ((False, WITHDRAWN, new[0] if new else 0), (True, WITHDRAWN_LATE, 0)):
        gone, persons = rows.get(late, (0, 0))
        quarantined = entries.get(late, 0)
        if gone or quarantined or withdrawals:
            removals.append(Removal(because, persons, gone, quarantined, withdrawals=withdrawals))
    return removals


# --- who ---------------------------------------------------------------------------------------------------------------


#: `pseudonym, person_id, birth_date` (of the newest number): dbt's macro that says which numbers are one person, asked of all
#: that the history and the quarantine hold. Of numbers with one birth date it makes no difference here which is the newest.
_PERSONS = Template((MACROS / "person_numbers.sql").read_text(encoding="utf-8")).module.person_numbers(  # type: ignore[attr-defined]
    numbers="known_number", residents="folkbokforing_personer"
)


def _mark_due(connection: duckdb.DuckDBPyConnection, year: int) -> None:
    """Make the temporary table `due`: the pseudonyms to remove, with `person`, `birth_date`, `stored`, `last_day` and `youngest`,
    the person's latest birth date by any number."""
    _find_known_numbers(connection)
    connection.execute(
        f"""
        create or replace temp table due as
        select pseudonym, person_id as person, known_number.birth_date, max(known_number.birth_date) over numbers as youngest,
            bool_or(stored) over numbers as stored,
            make_date(least(year(person.birth_date) + $last_age, $year - 1), 12, 31) as last_day
        from ({_PERSONS}) as person join known_number using (pseudonym)
        window numbers as (partition by person_id)
        qualify year(person.birth_date) + $last_age < $year or bool_or(gone) over numbers
        """,
        {"last_age": LAST_AGE, "year": year},
    )


def _find_known_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table `known_number`: all that the history and the quarantine know."""
    connection.execute(
        """
        create or replace temp table known_number as
        select pseudonym, birth_date, null::varchar as gender, pseudonym in (from known_before) as stored,
            sha256(pseudonym) in (select fingerprint from purged_number) as gone
        from (select pseudonym, birth_date from number union select pseudonym, birth_date from quarantined_number)
        """
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


# --- what is left of them ---------------------------------------------------------------------------------------------


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
