"""Whether tonight's history still says what the published one said of the nights before: history does not change by itself.

Compared are the nights whose delivery counts now as it did then. A night that has another delivery (a revision, a released
one) or a new one (late), persons who are purged tonight, and records whose consent is withdrawn, are left out: there a change is
explained. What the figures say is compared in ``warehouse.known_figures``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.configuration.contract import Dataset
from pipelines.history.consents import is_withdrawn
from pipelines.history.due_rows import owner_of
from pipelines.runtime.database import attach


@dataclass(frozen=True)
class Unexplained:
    """So many contents of a dataset (``ber/register``) are there on other nights than before; or so many extracts are others."""

    what: str
    number: int


def unexplained_changes(
    connection: duckdb.DuckDBPyConnection, before: Path, datasets: Iterable[Dataset], version: int
) -> list[Unexplained]:
    """What differs without a reason, asked of the open history after purging; ``before``: the published one's file."""
    run = connection.execute
    attach(connection, before, "published")
    try:
        run("create temp table if not exists due (pseudonym varchar)")
        found = [Unexplained("uttag", _unexplained_extracts(connection, version))]
        run(
            """
            create or replace temp table kept_extract as
            select old.source, old.extract_date, row_number() over (partition by old.source order by old.extract_date) as place
            from published.extract old join extract new using (source, extract_date)
            where new.delivery_id = old.delivery_id
            """
        )
        tables = {
            name
            for (name,) in run("select table_name from duckdb_tables() where database_name = 'published'").fetchall()
        }
        datasets = list(datasets)
        found += [
            Unexplained(f"{dataset.source}/{dataset.name}", _moved_contents(connection, dataset, datasets))
            for dataset in datasets
            if dataset.table in tables
        ]
        run("drop table kept_extract")
    finally:
        run("detach published")
    return [one for one in found if one.number]


def _unexplained_extracts(connection: duckdb.DuckDBPyConnection, version: int) -> int:
    """Extracts that are gone, or that another delivery stands for which was neither judged nor released tonight."""
    counted = connection.execute(
        """
        select count(*)
        from published.extract old
        full join extract new using (source, extract_date)
        left join delivery d on d.delivery_id = new.delivery_id
        left join published.delivery was on was.delivery_id = new.delivery_id
        where new.delivery_id is null
            or (new.delivery_id is distinct from old.delivery_id
                and not coalesce(d.judged_in = $version or (d.decided = 'release' and was.status = 'held'), false))
        """,
        {"version": version},
    ).fetchone()
    return int(counted[0]) if counted else 0


def _moved_contents(connection: duckdb.DuckDBPyConnection, dataset: Dataset, datasets: list[Dataset]) -> int:
    """Contents of a dataset that are there on other kept nights than before.

    Every run begins (+1) and ends (-1) at a place among the kept nights; runs that touch cancel out, so the sums are equal
    exactly when the same contents are there on the same nights.
    """
    run = connection.execute
    published_columns = {
        name
        for (name,) in run(
            "select column_name from duckdb_columns() where database_name = 'published' and table_name = ?",
            [dataset.table],
        ).fetchall()
    }
    # It may have gained one, and integers had room for 32 bits: the same number has another hash there.
    names = [
        f"{column.history_name}::bigint" if column.type == "integer" else column.history_name
        for column in dataset.columns
        if column.history_name in published_columns
    ]
    ends = " union all ".join(
        _ends(dataset, datasets, schema, step, names) for schema, step in (("published.", -1), ("", 1))
    )
    counted = run(
        f"""
        with kept as (select extract_date, place from kept_extract where source = $source),
        differing as (
            select content from (select content, place, sum(step) as steps from ({ends}) group by content, place)
            where steps <> 0
        )
        select count(distinct content) from differing
        """,
        {"source": dataset.source},
    ).fetchone()
    return int(counted[0]) if counted else 0


def _ends(dataset: Dataset, datasets: list[Dataset], schema: str, step: int, names: list[str]) -> str:
    """The ends of a table's runs about persons who are not purged and records that are not withdrawn: content, place, step."""
    listed = ", ".join(f"r.{name}" for name in names)
    placed = f"""
        select hash({listed}) as content, first_kept.place as p_from,
            coalesce(last_kept.place, (select max(place) from kept)) as p_to
        from {schema}{dataset.table} r
        asof join kept first_kept on first_kept.extract_date >= r.first_extract_date
        asof left join kept last_kept on last_kept.extract_date <= r.last_extract_date
        where (last_kept.place is not null or r.last_extract_date is null) and {_not_purged(dataset, datasets)}
            and not {is_withdrawn(dataset)}
    """
    return (
        f"select content, unnest([p_from, p_to + 1]) as place, unnest([{step}, {-step}]) as step "
        f"from ({placed}) where p_from <= p_to"
    )


def _not_purged(dataset: Dataset, datasets: list[Dataset]) -> str:
    """A condition on the rows `r`: they are about nobody who is purged tonight, directly or through the row they refer to."""
    if dataset.number_columns:
        return f"r.{dataset.number_columns[0].history_name} not in (select pseudonym from due)"
    owner = owner_of(dataset, datasets)
    if owner is None:
        return "true"
    owned = " union all ".join(
        f"select {owner.key} from {name}{owner.table} where {owner.number} in (select pseudonym from due)"
        for name in ("", "published.")
    )
    return f"r.{owner.column} not in ({owned})"
