"""The way from one number of a person to another: rows of the population register that name an earlier number.

Which numbers are one person is said in dbt_project/macros/person_numbers.sql; here only rows are sought that show it.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import duckdb

from pipelines.configuration.contract import Dataset

#: A delivered row: the extract that shows it, and its history columns.
Link = tuple[date, tuple[Any, ...]]


def links_between(
    connection: duckdb.DuckDBPyConnection,
    residents: Dataset,
    wanted: Mapping[int, tuple[str, set[str]]],
    known_to: date | None,
) -> Iterator[tuple[int, Link]]:
    """For each unit, of its person's newest number and others, one row per link on the shortest ways between them."""
    if not wanted:
        return
    persons = sorted({person for person, _ in wanted.values()})
    links = _links_of(connection, residents, persons, known_to)
    for unit, (person, numbers) in wanted.items():
        came_from = _ways(person, links)
        on_the_way: dict[frozenset[str], Link] = {}
        for number in sorted(numbers - {person}):
            while number in came_from:
                before = came_from[number]
                pair = frozenset((number, before))
                on_the_way[pair] = links[number][before]
                number = before
        for link in on_the_way.values():
            yield unit, link


def _links_of(
    connection: duckdb.DuckDBPyConnection, residents: Dataset, persons: list[str], known_to: date | None
) -> dict[str, dict[str, Link]]:
    """Number -> number that a row links to it -> that row; of several the one that was seen last."""
    columns = ", ".join(f"run.{column.history_name}" for column in residents.columns)
    rows = connection.execute(
        f"""
        select run.pseudonym, run.earlier_pseudonym, least(coalesce(run.last_extract_date, $known), $known), {columns}
        from history.{residents.table} as run
        inner join warehouse.main.int_person__numbers as number on number.pseudonym = run.pseudonym
        where number.person_id in (select unnest($persons::varchar[]))
            and run.earlier_pseudonym is not null
            and run.earlier_pseudonym <> run.pseudonym
            and run.first_extract_date <= $known
        order by 3, 1, 2
        """,
        {"persons": persons, "known": known_to},
    ).fetchall()
    links: dict[str, dict[str, Link]] = {}
    for number, earlier, day, *content in rows:
        links.setdefault(number, {})[earlier] = (day, tuple(content))
        links.setdefault(earlier, {})[number] = (day, tuple(content))
    return links


def _ways(start: str, links: Mapping[str, Mapping[str, Link]]) -> dict[str, str]:
    """Number -> the one before it on a shortest way from the start."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        number = waiting.popleft()
        for other in sorted(links.get(number, {})):
            if other != start and other not in came_from:
                came_from[other] = number
                waiting.append(other)
    return came_from
