"""The personnummer of many persons at once, from the archive: no table leads back from a pseudonym.

One person's numbers, for who must know: ``audit.reveal``, whose reader of the archive is used here.
"""

from collections.abc import Iterable

import duckdb

from pipelines.audit.archived import ArchivedFiles
from pipelines.audit.reveal import HeldIn, Seeker, held_in
from pipelines.configuration.contract import Source
from pipelines.delivery.pseudonym import Pseudonymiser


def newest_numbers(
    connection: duckdb.DuckDBPyConnection,
    sources: dict[str, Source],
    files: ArchivedFiles,
    pseudonym_key: bytes,
    persons: Iterable[str],
) -> dict[str, str]:
    """Person -> newest personnummer, twelve digits; who stands in no file of the archive any more is left out.

    A person is named by the pseudonym of the newest number. Raises UsageError when the archive's key does not fit.
    """
    wanted = sorted(set(persons))
    seeker = Seeker(files, Pseudonymiser(pseudonym_key))
    found: dict[str, str] = {}
    for likely in _files_with_most(connection, sources, wanted):
        left = [person for person in wanted if person not in found]
        if not left:
            break
        found |= {person: number for person in left if (number := seeker.personnummer(person, [likely]))}
    for person in wanted:
        if person not in found and (number := seeker.personnummer(person, held_in(connection, sources, person))):
            found[person] = number
    return found


def _files_with_most(
    connection: duckdb.DuckDBPyConnection, sources: dict[str, Source], persons: list[str]
) -> list[HeldIn]:
    """The latest file of each dataset that holds any of the persons, those with most of them first: mostly one is enough."""
    connection.execute("create or replace temp table sought as select unnest(?::varchar[]) as pseudonym", [persons])
    counted = []
    for source in sources.values():
        for dataset in source.datasets.values():
            for column in dataset.number_columns[:1]:
                rows = connection.execute(
                    f"""
                    select extract.delivery_id, count(distinct run.{column.history_name}) as persons
                    from history.{dataset.table} as run
                    inner join sought on sought.pseudonym = run.{column.history_name}
                    inner join history.extract as extract
                        on extract.source = '{source.name}'
                        and extract.extract_date = (
                            select max(latest.extract_date) from history.extract as latest
                            where latest.source = '{source.name}'
                        )
                    where run.last_extract_date is null
                    group by extract.delivery_id
                    """
                ).fetchall()
                counted += [(-persons, source.name, dataset.name, delivery_id) for delivery_id, persons in rows]
    return [(sources[source].datasets[name], delivery_id) for _, source, name, delivery_id in sorted(counted)]
