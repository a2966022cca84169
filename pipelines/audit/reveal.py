"""From a pseudonym back to the personnummer (audit.md section 1): it is written down nowhere, so it is sought in deliveries.

The history says which deliveries hold a number; of these the latest are opened in the archive, and their numbers made into
pseudonyms until the one that is asked for is found. Who asked, and why, belongs in ``access_log``.
"""

from collections.abc import Sequence

import duckdb

from pipelines.audit.archived import ArchivedFiles
from pipelines.configuration.contract import Dataset, Source
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.rows import numbers_in
from pipelines.runtime.errors import UsageError
from pipelines.state.home import Version
from pipelines.warehouse.ask import built_warehouse

#: A file that holds a number: its dataset and delivery.
HeldIn = tuple[Dataset, str]


def reveal(
    version: Version, sources: dict[str, Source], files: ArchivedFiles, pseudonym_key: bytes, pseudonyms: Sequence[str]
) -> list[tuple[str, str]]:
    """`pseudonym, personnummer` of each number of the persons, in the order in which they are asked for, newest number first.

    An earlier number that no archived file holds any more is left out. Raises UsageError when a pseudonym is nobody's, when its
    person has a protected identity, or when none of the person's numbers is found.
    """
    seeker = Seeker(files, Pseudonymiser(pseudonym_key))
    revealed = []
    with built_warehouse(version) as connection:
        persons = {pseudonym: _numbers_of(connection, pseudonym) for pseudonym in pseudonyms}
        for pseudonym, numbers in persons.items():
            found = [seeker.personnummer(number, held_in(connection, sources, number)) for number in numbers]
            if not any(found):
                raise UsageError(
                    f"No file in the archive holds {pseudonym} any more (gallring, or lost): who it is cannot be told. "
                    "Nothing is shown."
                )
            revealed += [(pseudonym, number) for number in found if number]
    return revealed


class Seeker:
    """Finds numbers in archived files; opens each file at most once, and remembers every number that it held."""

    def __init__(self, files: ArchivedFiles, pseudonymiser: Pseudonymiser) -> None:
        self._files = files
        self._pseudonymiser = pseudonymiser
        self._opened: set[tuple[str, str]] = set()
        self._known: dict[str, str] = {}

    def personnummer(self, pseudonym: str, held_in: list[HeldIn]) -> str | None:
        """The number of a pseudonym; files that may hold it are opened until it is found."""
        for dataset, delivery_id in held_in:
            if pseudonym in self._known:
                break
            self.open(dataset, delivery_id)
        return self._known.get(pseudonym)

    def open(self, dataset: Dataset, delivery_id: str) -> None:
        """Learn the numbers of a file, where the archive still has it."""
        place = dataset.name, delivery_id
        if place in self._opened or not self._files.holds(delivery_id):
            return
        self._opened.add(place)
        _, records = self._files.read(dataset, delivery_id)
        found = self._pseudonymiser.look_up(numbers_in(dataset, records)).drop_nulls("pseudonym")
        self._known.update(found.select("pseudonym", "number").iter_rows())


def _numbers_of(connection: duckdb.DuckDBPyConnection, pseudonym: str) -> list[str]:
    """The pseudonyms of all numbers of a person, newest first. Raises UsageError for nobody's and for a protected identity."""
    numbers = connection.execute(
        """
        select number.pseudonym, number.person_id in (select person_id from int_person__protected)
        from int_person__numbers as number
        where number.person_id = (select person_id from int_person__numbers where pseudonym = ?)
        order by number.number_position, number.pseudonym
        """,
        [pseudonym],
    ).fetchall()
    if not numbers:
        raise UsageError(
            "A pseudonym that was given is nobody's: take it from kaa audit trace (not one of a purged person, or from before a "
            "change of the pseudonym key). Nothing is shown."
        )
    if numbers[0][1]:
        raise UsageError(
            f"{pseudonym} has a protected identity and is not revealed: who has the right to know asks the population register. "
            "Nothing is shown."
        )
    return [number for number, _ in numbers]


def held_in(connection: duckdb.DuckDBPyConnection, sources: dict[str, Source], pseudonym: str) -> list[HeldIn]:
    """The files that hold a number, the latest extracts first."""
    found = [
        (day, dataset.source, dataset.name, delivery_id)
        for source in sources.values()
        for dataset in source.datasets.values()
        if dataset.number_columns
        for day, delivery_id in connection.execute(_extracts_with(dataset), [pseudonym]).fetchall()
    ]
    ordered = sorted(found, key=lambda one: (-one[0].toordinal(), *one[1:]))
    return [(sources[source].datasets[name], delivery_id) for _, source, name, delivery_id in ordered]


def _extracts_with(dataset: Dataset) -> str:
    """SQL for the loaded extracts of a dataset in which a number stands."""
    names = ", ".join(f"run.{column.history_name}" for column in dataset.number_columns)
    return f"""
        select distinct extract.extract_date, extract.delivery_id
        from history.{dataset.table} as run
        inner join history.extract as extract
            on extract.source = '{dataset.source}'
            and extract.extract_date between run.first_extract_date and coalesce(run.last_extract_date, extract.extract_date)
        where ? in ({names})
    """
