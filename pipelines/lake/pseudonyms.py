"""The recipient's pseudonyms of the numbers that a history knows as the home's own: read again from the archive, in memory.

A number stands in the deliveries of all days of its runs. So a few deliveries hold all numbers: per dataset, the largest first,
the fewest days are taken that lie in a stretch of each number that is still sought. No clear text is written anywhere, nor
which pseudonym is whose.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipelines.audit.archived import ArchivedFiles
from pipelines.configuration.contract import Dataset
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.rows import numbers_in
from pipelines.runtime.errors import UsageError

#: Of each number that is sought, its longest unbroken stretch of places among the extracts that are still archived.
_STRETCHES = """
with

run as (
    {runs}
),

-- A run that is still open reaches the source's latest extract.
placed as (
    select distinct run.pseudonym, first.next_place as first_place, last.place_before as last_place
    from run
    inner join sought_number on sought_number.pseudonym = run.pseudonym
    inner join extract_place as first on first.extract_date = run.first_extract_date
    inner join extract_place as last
        on last.extract_date = coalesce(run.last_extract_date, (select max(latest.extract_date) from extract_place as latest))
    where first.next_place <= last.place_before
),

marked as (
    select
        *,
        first_place > 1 + max(last_place) over (
            partition by pseudonym order by first_place, last_place rows between unbounded preceding and 1 preceding
        ) as begins
    from placed
),

numbered as (
    select
        *,
        count(*) filter (where begins) over (
            partition by pseudonym order by first_place, last_place rows unbounded preceding
        ) as stretch
    from marked
),

stretched as (
    select pseudonym, min(first_place) as first_place, max(last_place) as last_place
    from numbered
    group by pseudonym, stretch
)

select distinct first_place, last_place
from (
    select *
    from stretched
    qualify row_number() over (partition by pseudonym order by last_place - first_place desc, last_place desc) = 1
)
"""


@dataclass(frozen=True)
class Translated:
    """``pseudonyms``: `pseudonym` (the home's), `recipients`; of ``unlinked`` of them no archived delivery holds the number any
    more; ``opened``: so many archived files were opened."""

    pseudonyms: pl.DataFrame
    unlinked: int
    opened: int


def translate(
    connection: duckdb.DuckDBPyConnection,
    datasets: Sequence[Dataset],
    files: ArchivedFiles,
    own: Pseudonymiser,
    recipients: Pseudonymiser,
    numbers: Iterable[str],
) -> Translated:
    """What these numbers, known by the home's pseudonyms, are called with the recipient's key.

    A number that stands in no archived delivery any more is called by a pseudonym of its pseudonym: it can be one person with
    nobody in another municipality.

    Raises UsageError when a number is found nowhere and an archived file could not be read that may hold it.
    """
    search = _Search(files, own, recipients, numbers)
    while search.goes_on(connection, datasets):
        pass
    if search.left and search.unreadable:
        raise next(iter(search.unreadable.values()))
    unlinked = search.left
    found = search.found | {pseudonym: recipients.pseudonym(pseudonym) for pseudonym in unlinked}
    schema = {"pseudonym": pl.String, "recipients": pl.String}
    return Translated(pl.DataFrame(list(found.items()), schema=schema, orient="row"), len(unlinked), search.opened)


class _Search:
    """``found``: own pseudonym -> recipient's; ``left``: own pseudonyms that are still sought; ``unreadable``: deliveries with a
    file that could not be read, and what was said of it."""

    def __init__(
        self, files: ArchivedFiles, own: Pseudonymiser, recipients: Pseudonymiser, numbers: Iterable[str]
    ) -> None:
        self._files, self._own, self._recipients = files, own, recipients
        self.found: dict[str, str] = {}
        self.left = set(numbers)
        self.unreadable: dict[str, UsageError] = {}
        self.opened = 0

    def goes_on(self, connection: duckdb.DuckDBPyConnection, datasets: Sequence[Dataset]) -> bool:
        """Look through the datasets once; whether it is worth while again, with other deliveries than cannot be read."""
        known = len(self.unreadable)
        for dataset in _most_numbers_first(connection, datasets, self.left):
            for delivery_id in _deliveries_with(connection, dataset, self._holds, self.left):
                self._read(dataset, delivery_id)
        return bool(self.left) and len(self.unreadable) > known

    def _holds(self, delivery_id: str) -> bool:
        return delivery_id not in self.unreadable and self._files.holds(delivery_id)

    def _read(self, dataset: Dataset, delivery_id: str) -> None:
        try:
            read = numbers_in(dataset, self._files.read(dataset, delivery_id)[1])
        except UsageError as error:
            if self._files.holds(delivery_id):  # a nightly may have removed it since we looked
                self.unreadable[delivery_id] = error
            return
        self.opened += 1
        known = self._own.look_up(read).drop_nulls("pseudonym").select("number", "pseudonym")
        for number, pseudonym in known.iter_rows():
            if pseudonym in self.left:
                self.left.discard(pseudonym)
                self.found[pseudonym] = self._recipients.pseudonym(number)


def _most_numbers_first(
    connection: duckdb.DuckDBPyConnection, datasets: Sequence[Dataset], numbers: Iterable[str]
) -> list[Dataset]:
    """The datasets that hold any of the numbers; mostly the first one holds nearly all."""
    _seek(connection, numbers)
    counted = []
    for dataset in datasets:
        if dataset.number_columns:
            count = connection.execute(
                f"select count(distinct pseudonym) from ({_runs(dataset)}) inner join sought_number using (pseudonym)"
            ).fetchall()[0][0]
            counted += [(-count, dataset.table, dataset)] if count else []
    return [dataset for _, _, dataset in sorted(counted, key=lambda one: one[:2])]


def _deliveries_with(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, is_there: Callable[[str], bool], numbers: Collection[str]
) -> list[str]:
    """The fewest archived deliveries that hold all of these numbers that stand in any archived one of the dataset."""
    if not numbers:
        return []
    extracts = connection.execute(
        "select extract_date, delivery_id from history.extract where source = ? order by extract_date", [dataset.source]
    ).fetchall()
    archived = [delivery_id for _, delivery_id in extracts if is_there(delivery_id)]
    connection.register("extract_places", _places(extracts, set(archived)))
    connection.execute("create or replace temp table extract_place as from extract_places")
    connection.unregister("extract_places")
    _seek(connection, numbers)
    stretches = connection.execute(_STRETCHES.format(runs=_runs(dataset))).fetchall()
    return [archived[place] for place in stabbed(stretches)]


def stabbed(stretches: Iterable[tuple[int, int]]) -> list[int]:
    """The fewest places such that each stretch (first and last place, both included) holds one of them."""
    places: list[int] = []
    for first, last in sorted(stretches, key=lambda one: one[1]):
        if not places or places[-1] < first:
            places.append(last)
    return places


def _places(extracts: list[tuple[date, str]], archived: set[str]) -> pl.DataFrame:
    """For each extract date the place, among the archived ones, of the first on or after it and of the last on or before it."""
    rows = []
    next_place = 0
    for day, delivery_id in extracts:
        is_there = delivery_id in archived
        rows.append((day, next_place, next_place if is_there else next_place - 1))
        next_place += is_there
    schema = {"extract_date": pl.Date, "next_place": pl.Int64, "place_before": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _runs(dataset: Dataset) -> str:
    """SQL for all numbers of a dataset with their runs."""
    return " union all ".join(
        f"select {column.history_name} as pseudonym, first_extract_date, last_extract_date from history.{dataset.table}"
        for column in dataset.number_columns
    )


def _seek(connection: duckdb.DuckDBPyConnection, numbers: Iterable[str]) -> None:
    connection.register("sought", pl.DataFrame({"pseudonym": sorted(numbers)}, schema={"pseudonym": pl.String}))
    connection.execute("create or replace temp table sought_number as from sought")
    connection.unregister("sought")
