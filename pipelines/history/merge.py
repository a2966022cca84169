"""Lays a batch of extracts into the interval tables, whatever dates they have.

A row of an interval table says: in every loaded extract of the source from `first_extract_date` to `last_extract_date`
the key had exactly this content (null: up to and including the latest extract). Taken together with the list of extracts
this loses nothing: each night can be read back. The result does not depend on the order in which extracts arrive.

How: the extracts of old and new get positions on one timeline. Old runs are cut where a batch extract lies between their
nights (or takes the place of one), the batch's runs are added, and what touches is joined again. Only runs that end up
different are written, so a night costs what changed and not what is stored.
"""

from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipelines.configuration.contract import Dataset
from pipelines.delivery.rows import BatchRows


@dataclass(frozen=True)
class Timeline:
    """The extracts of one source before and after a batch.

    ``before``: dates that were loaded, ``batch``: position in the batch -> date, in date order, of those that count now.
    """

    before: list[date]
    batch: dict[int, date]

    @property
    def dates(self) -> list[date]:
        return sorted({*self.before, *self.batch.values()})


def merge(connection: duckdb.DuckDBPyConnection, dataset: Dataset, rows: BatchRows, timeline: Timeline) -> None:
    """Lay a dataset's batch into its table."""
    if not timeline.batch:
        return
    table = dataset.table
    names = [column.history_name for column in dataset.columns]
    cols = ", ".join(names)
    dates = timeline.dates
    position = {day: place for place, day in enumerate(dates)}
    incoming = set(timeline.batch.values())
    latest_before = max(timeline.before, default=dates[0])
    first, last = position[min(incoming)], position[max(incoming)]
    run = connection.execute
    connection.register("timeline", pl.DataFrame({"place": range(len(dates)), "extract_date": dates}))
    connection.register("block", _blocks(dates, incoming))
    connection.register("batch_run", _batch_runs(rows, timeline, position))
    connection.register("batch_content", rows.contents)
    run(
        f"""
        create or replace temp table touched as
        select t.rowid as run_id, {cols}, first_extract_date, last_extract_date, a.place as p_from, z.place as p_to
        from {table} t
        join timeline a on a.extract_date = t.first_extract_date
        join timeline z on z.extract_date = coalesce(t.last_extract_date, $latest)
        where coalesce(t.last_extract_date, $latest) >= $low and t.first_extract_date <= $high
        """,
        {"latest": latest_before, "low": dates[max(first - 1, 0)], "high": dates[min(last + 1, len(dates) - 1)]},
    )
    run(
        f"""
        create or replace temp table piece as
        select {cols}, greatest(p_from, b.place_from) as p_from, least(p_to, b.place_to) as p_to, run_id
        from touched join block b on not b.in_batch and b.place_from <= p_to and b.place_to >= p_from
        union all
        select {cols}, greatest(p_from, b.place_from), least(p_to, b.place_to), null
        from batch_run join batch_content using (content)
        join block b on b.in_batch and b.place_from <= p_to and b.place_to >= p_from
        """
    )
    same = " and ".join(f"g.{name} is not distinct from p.{name}" for name in names)
    run(
        f"""
        create or replace temp table joined as
        with grouped as (
            select {cols}, min(p_from) as p_from, max(p_to) as p_to, sum(p_to - p_from + 1) as seen,
                min(run_id) as run_a, max(run_id) as run_z
            from piece group by {cols}
        ),
        islands as (
            select p.*, sum(case when p.p_from = before + 1 then 0 else 1 end) over w as island
            from (
                select p.*, lag(p.p_to) over (partition by {_prefixed("p", names)} order by p.p_from) as before
                from piece p
                where exists (select 1 from grouped g where g.seen <> g.p_to - g.p_from + 1 and {same})
            ) p
            window w as (partition by {_prefixed("p", names)} order by p.p_from)
        )
        select {cols}, p_from, p_to, run_a, run_z from grouped where seen = p_to - p_from + 1
        union all
        select {cols}, min(p_from), max(p_to), min(run_id), max(run_id) from islands group by {cols}, island
        """
    )
    run(
        f"""
        create or replace temp table outcome as
        select {_prefixed("j", names)}, a.extract_date as first_extract_date,
            case when j.p_to = $last_place then null else z.extract_date end as last_extract_date,
            case when j.run_a = j.run_z then j.run_a end as run_id
        from joined j join timeline a on a.place = j.p_from join timeline z on z.place = j.p_to
        """,
        {"last_place": len(dates) - 1},
    )
    run(
        """
        create or replace temp table unchanged as
        select run_id from outcome o join touched t using (run_id)
        where o.first_extract_date = t.first_extract_date and o.last_extract_date is not distinct from t.last_extract_date
        """
    )
    run(
        f"""
        delete from {table}
        where rowid in (select run_id from touched where run_id not in (select run_id from unchanged))
        """
    )
    run(
        f"""
        insert into {table} ({cols}, first_extract_date, last_extract_date)
        select {cols}, first_extract_date, last_extract_date from outcome
        where run_id is null or run_id not in (select run_id from unchanged)
        """
    )
    for name in ("touched", "piece", "joined", "outcome", "unchanged"):
        run(f"drop table {name}")
    for name in ("timeline", "block", "batch_run", "batch_content"):
        connection.unregister(name)


def _prefixed(alias: str, names: list[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


def _blocks(dates: list[date], incoming: set[date]) -> pl.DataFrame:
    """Stretches of the timeline that belong wholly to the batch or wholly to what was loaded before."""
    blocks: list[list[int | bool]] = []
    for place, day in enumerate(dates):
        in_batch = day in incoming
        if blocks and blocks[-1][2] == in_batch:
            blocks[-1][1] = place
        else:
            blocks.append([place, place, in_batch])
    return pl.DataFrame(
        blocks, schema={"place_from": pl.Int64, "place_to": pl.Int64, "in_batch": pl.Boolean}, orient="row"
    )


def _batch_runs(rows: BatchRows, timeline: Timeline, position: dict[date, int]) -> pl.DataFrame:
    """The batch's runs with places on the timeline; extracts of the batch that do not count fall out."""
    counting = sorted(timeline.batch)
    places = {extract: position[timeline.batch[extract]] for extract in counting}
    top = int(rows.counts["extract"].max() or 0) if rows.counts.height else 0  # type: ignore[arg-type]
    starts: list[int | None] = []
    ends: list[int | None] = []
    for extract in range(top + 1):
        starts.append(next((places[one] for one in counting if one >= extract), None))
        ends.append(next((places[one] for one in reversed(counting) if one <= extract), None))
    lookup = pl.DataFrame(
        {"extract": range(top + 1), "start": starts, "end": ends},
        schema={"extract": pl.UInt32, "start": pl.Int64, "end": pl.Int64},
    )
    return (
        rows.runs.join(lookup.select(first_extract="extract", p_from="start"), on="first_extract")
        .join(lookup.select(last_extract="extract", p_to="end"), on="last_extract")
        .drop_nulls(["p_from", "p_to"])
        .filter(pl.col("p_from") <= pl.col("p_to"))
        .select("content", "p_from", "p_to")
    )
