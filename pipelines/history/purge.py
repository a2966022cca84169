"""Gallring: persons leave the history when the law says so (förordning (2006:39) 7 §, deliveries.md section 7).

The clock is the data's: the calendar year of the latest loaded extract. A person is judged by the newest number, as
figures.md section 1 defines it, so numbers that are linked go together. Published figures hold no persons and stay.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb

from pipelines.contract import Dataset

#: A person is purged when the data's year is later than the one in which he or she turns this age.
LAST_AGE = 21

_TABLES = """
create table if not exists purged_number (fingerprint varchar);
create table if not exists purge_protocol (version integer, data_year integer, persons bigint, rows bigint, quarantined bigint);
"""


@dataclass(frozen=True)
class Purged:
    """What a nightly removed: persons, rows of history and of held deliveries, quarantine entries."""

    persons: int = 0
    rows: int = 0
    quarantined: int = 0


def purge(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset], version: int) -> Purged:
    """Remove every person whose time has come, note how many, and forget numbers that no row holds any more."""
    run = connection.execute
    run(_TABLES)
    datasets = list(datasets)
    latest = run("select max(extract_date) from extract").fetchone()
    result = Purged()
    if latest and latest[0]:
        persons = _mark_due(connection, latest[0].year)
        result = Purged(persons, _delete_rows(connection, datasets), _delete_quarantine(connection))
        if persons and (result.rows or result.quarantined):
            run("insert into purge_protocol values (?, ?, ?, ?, ?)",
                [version, latest[0].year, result.persons, result.rows, result.quarantined])  # fmt: skip
        run("drop table due")
    held = " union all ".join(
        f"select {column.history_name} from {table}"
        for dataset in datasets
        for table in (dataset.table, f"held_{dataset.table}")
        for column in dataset.number_columns
    )
    run(
        f"delete from number where pseudonym not in (select * from ({held}) numbers(pseudonym) where pseudonym is not null)"
    )
    return result


def _mark_due(connection: duckdb.DuckDBPyConnection, year: int) -> int:
    """Fill the temporary table `due` with the pseudonyms to remove; returns the number of persons.

    A number that belongs to a purged person but would look too young by itself is remembered by a fingerprint of its
    pseudonym: a later delivery that brings it without the link must not bring the person back.
    """
    run = connection.execute
    links = run(
        "select distinct pseudonym, earlier_pseudonym from folkbokforing_personer "  # distinct: a link is seen many nights
        "where earlier_pseudonym <> pseudonym"
    ).fetchall()
    linked = {number for link in links for number in link}
    known: dict[str, tuple[date, str, bool]] = {
        pseudonym: (birth_date, gender, gone)
        for pseudonym, birth_date, gender, gone in run(
            "select pseudonym, birth_date, gender, sha256(pseudonym) in (select fingerprint from purged_number) from number"
        ).fetchall()
    }
    due: set[str] = set()
    too_young: list[str] = []
    persons = 0
    for numbers in [*_components(links), *({pseudonym} for pseudonym in known if pseudonym not in linked)]:
        newest = _newest_birth(numbers, {earlier for _, earlier in links}, known)
        if newest.year + LAST_AGE < year or any(known[number][2] for number in numbers):
            persons += 1
            due |= numbers
            too_young += [number for number in numbers if known[number][0].year + LAST_AGE >= year]
    run("create or replace temp table due (pseudonym varchar)")
    if due:
        connection.executemany("insert into due values (?)", [(number,) for number in sorted(due)])
    for number in too_young:
        run(
            "insert into purged_number select sha256(?) where sha256(?) not in (select fingerprint from purged_number)",
            [number, number],
        )
    return persons


def _components(links: list[tuple[str, str]]) -> list[set[str]]:
    """The groups of numbers that links join, directly or through others."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for one, other in links:
        neighbours[one].add(other)
        neighbours[other].add(one)
    groups, seen = [], set[str]()
    for start in neighbours:
        if start in seen:
            continue
        group, waiting = {start}, [start]
        while waiting:
            for number in neighbours[waiting.pop()] - group:
                group.add(number)
                waiting.append(number)
        seen |= group
        groups.append(group)
    return groups


def _newest_birth(numbers: set[str], replaced: set[str], known: dict[str, tuple[date, str, bool]]) -> date:
    """Birth date of the newest number; which of several with one date it is makes no difference here."""
    return max(known[number][0] for number in (numbers - replaced or numbers))


def _delete_rows(connection: duckdb.DuckDBPyConnection, datasets: list[Dataset]) -> int:
    """Delete the rows that hold a due number, first those that only refer to such a row."""
    removed = 0
    for dataset in sorted(datasets, key=lambda item: not any(column.reference for column in item.columns)):
        for prefix in ("", "held_"):
            for column in dataset.columns:
                if column.reference:
                    owner = next(item for item in datasets if item.name == column.reference[0])
                    owner_number = owner.number_columns[0].history_name
                    due = (
                        f"(select {column.reference[1]} as value from {prefix}{owner.table} "
                        f"where {owner_number} in (from due))"
                    )
                    removed += _delete(connection, prefix + dataset.table, column.history_name, due)
                if column.type == "personnummer":
                    removed += _delete(connection, prefix + dataset.table, column.history_name)
    return removed


def _delete_quarantine(connection: duckdb.DuckDBPyConnection) -> int:
    """Delete the entries about persons all of whom are due."""
    counted = connection.execute(
        "delete from quarantine where len(pseudonyms) > 0 "
        "and list_has_all((select coalesce(list(pseudonym), []) from due), pseudonyms)"
    ).fetchone()
    return int(counted[0]) if counted else 0


def _delete(connection: duckdb.DuckDBPyConnection, table: str, column: str, due: str = "(from due)") -> int:
    counted = connection.execute(f"delete from {table} where {column} in {due}").fetchone()
    return int(counted[0]) if counted else 0
