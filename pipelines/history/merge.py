"""Lays a batch of extracts into the interval tables, whatever dates they have.

A row of an interval table is a run: in every loaded extract of the source from `first_extract_date` to `last_extract_date`
the key had exactly this content (null: up to and including the latest extract). Taken together with the list of extracts
this loses nothing: each night can be read back. The result does not depend on the order in which extracts arrive.

How: the extracts of old and new get places on one timeline. Old runs are cut where a batch extract lies between their
nights (or takes the place of one), the batch's runs are added, and what touches is joined again. Only runs that end up
different are written, so a night costs what changed and not what is stored.
"""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

import duckdb
import polars as pl

from pipelines.configuration.contract import Dataset
from pipelines.delivery.rows import BatchRows


@dataclass(frozen=True)
class Timeline:
    """The extracts of one source before and after a batch.

    ``before``: dates that were loaded, ``batch``: extract of the batch -> date, in date order, of those that count now.
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
    dates = timeline.dates
    inputs = {
        "timeline": pl.DataFrame({"place": range(len(dates)), "extract_date": dates}),
        "stretch": _stretches(dates, set(timeline.batch.values())),
        "batch_run": _batch_runs(rows, timeline),
        "batch_content": rows.contents,
    }
    for name, frame in inputs.items():
        connection.register(name, frame)
    columns = [column.history_name for column in dataset.columns]
    _find_near_runs(connection, dataset.table, columns, timeline)
    _cut_and_add(connection, columns)
    _join_what_touches(connection, columns)
    _write_what_differs(connection, dataset.table, columns, last_place=len(dates) - 1)
    connection.execute("drop table near_run; drop table piece; drop table joined; drop table outcome")
    for name in inputs:
        connection.unregister(name)


def _find_near_runs(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str], timeline: Timeline) -> None:
    """Make `near_run`: the table's runs that the batch may cut or lengthen, those that reach its extracts or their neighbours."""
    dates, incoming = timeline.dates, timeline.batch.values()
    first, last = dates.index(min(incoming)), dates.index(max(incoming))
    connection.execute(
        f"""
        create or replace temp table near_run as
        select r.rowid as run_id, {_listed(columns)}, first_extract_date, last_extract_date,
            f.place as place_from, l.place as place_to
        from {table} r
        join timeline f on f.extract_date = r.first_extract_date
        join timeline l on l.extract_date = coalesce(r.last_extract_date, $latest)
        where coalesce(r.last_extract_date, $latest) >= $low and r.first_extract_date <= $high
        """,
        {
            "latest": max(timeline.before, default=dates[0]),
            "low": dates[max(first - 1, 0)],
            "high": dates[min(last + 1, len(dates) - 1)],
        },
    )


def _cut_and_add(connection: duckdb.DuckDBPyConnection, columns: list[str]) -> None:
    """Make `piece`: what is left of the old runs outside the batch's extracts, and the batch's runs within them."""
    connection.execute(
        f"""
        create or replace temp table piece as
        select {_listed(columns)}, greatest(r.place_from, s.place_from) as place_from,
            least(r.place_to, s.place_to) as place_to, run_id
        from near_run r join stretch s on not s.in_batch and s.place_from <= r.place_to and s.place_to >= r.place_from
        union all
        select {_listed(columns)}, greatest(r.place_from, s.place_from), least(r.place_to, s.place_to), null
        from batch_run r join batch_content using (content)
        join stretch s on s.in_batch and s.place_from <= r.place_to and s.place_to >= r.place_from
        """
    )


def _join_what_touches(connection: duckdb.DuckDBPyConnection, columns: list[str]) -> None:
    """Make `joined`: the runs that come of the pieces of each content, with the first and last old run they are made of.

    Most contents have pieces without a gap between them: one run, found without looking at the order of its pieces.
    """
    same = " and ".join(f"s.{name} is not distinct from p.{name}" for name in columns)
    connection.execute(
        f"""
        create or replace temp table joined as
        with spanned as (
            select {_listed(columns)}, min(place_from) as place_from, max(place_to) as place_to,
                sum(place_to - place_from + 1) as nights, min(run_id) as first_run, max(run_id) as last_run
            from piece group by {_listed(columns)}
        ),
        ordered as (
            select p.*, lag(p.place_to) over (partition by {_listed(columns, "p")} order by p.place_from) as place_before
            from piece p
            where exists (select 1 from spanned s where s.nights <> s.place_to - s.place_from + 1 and {same})
        ),
        islands as (
            select o.*, sum(case when o.place_from = place_before + 1 then 0 else 1 end)
                over (partition by {_listed(columns, "o")} order by o.place_from) as island
            from ordered o
        )
        select {_listed(columns)}, place_from, place_to, first_run, last_run
        from spanned where nights = place_to - place_from + 1
        union all
        select {_listed(columns)}, min(place_from), max(place_to), min(run_id), max(run_id)
        from islands group by {_listed(columns)}, island
        """
    )


def _write_what_differs(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str], last_place: int) -> None:
    """Replace the old runs by the joined ones (`outcome`), but for those that came out as they were."""
    connection.execute(
        f"""
        create or replace temp table outcome as
        with dated as (
            select j.*, f.extract_date as first_extract_date,
                case when j.place_to = $last_place then null else l.extract_date end as last_extract_date
            from joined j
            join timeline f on f.place = j.place_from
            join timeline l on l.place = j.place_to
        )
        select {_listed(columns, "d")}, d.first_extract_date, d.last_extract_date, n.run_id as unchanged_run
        from dated d
        left join near_run n on n.run_id = d.first_run and n.run_id = d.last_run
            and n.first_extract_date = d.first_extract_date and n.last_extract_date is not distinct from d.last_extract_date
        """,
        {"last_place": last_place},
    )
    connection.execute(
        f"""
        delete from {table} where rowid in (
            select run_id from near_run
            where run_id not in (select unchanged_run from outcome where unchanged_run is not null)
        );
        insert into {table} ({_listed(columns)}, first_extract_date, last_extract_date)
        select {_listed(columns)}, first_extract_date, last_extract_date from outcome where unchanged_run is null
        """
    )


def _listed(columns: list[str], alias: str = "") -> str:
    return ", ".join(f"{alias}.{name}" if alias else name for name in columns)


def _stretches(dates: list[date], incoming: set[date]) -> pl.DataFrame:
    """Stretches of the timeline that belong wholly to the batch or wholly to what was loaded before."""
    stretches = [
        (places[0], places[-1], in_batch)
        for in_batch, group in groupby(range(len(dates)), key=lambda place: dates[place] in incoming)
        for places in [list(group)]
    ]
    schema = {"place_from": pl.Int64, "place_to": pl.Int64, "in_batch": pl.Boolean}
    return pl.DataFrame(stretches, schema=schema, orient="row")


def _batch_runs(rows: BatchRows, timeline: Timeline) -> pl.DataFrame:
    """The batch's runs with places on the timeline, from the first to the last extract in them that counts."""
    place = {day: number for number, day in enumerate(timeline.dates)}
    counting = pl.DataFrame(
        [(extract, place[day]) for extract, day in sorted(timeline.batch.items())],
        schema={"extract": pl.UInt32, "place": pl.Int64},
        orient="row",
    ).set_sorted("extract")
    return (
        rows.runs.sort("first_extract")
        .join_asof(
            counting.rename({"place": "place_from"}), left_on="first_extract", right_on="extract", strategy="forward"
        )
        .sort("last_extract")
        .join_asof(
            counting.rename({"place": "place_to"}), left_on="last_extract", right_on="extract", strategy="backward"
        )
        .drop_nulls(["place_from", "place_to"])
        .filter(pl.col("place_from") <= pl.col("place_to"))
        .select("content", "place_from", "place_to")
    )
