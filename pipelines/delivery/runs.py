"""Unbroken runs of extracts: what holds night after night is one row, `first_extract, last_extract`, both included.

An extract is known by its position in the batch (0, 1, … by date and revision). Only what is at fault is ever written out
extract by extract, so that a batch costs what its nights do not have in common.
"""

import numpy as np
import polars as pl

from pipelines.delivery.distinct_records import RecordIds

BOUNDS = ("first_extract", "last_extract")


def runs_of_records(files: dict[int, RecordIds], count: int) -> pl.DataFrame:
    """`record_id` and its runs. ``files``: the ids of the records in each extract's file; ``count``: how many ids there are."""
    first = np.zeros(count, dtype=np.uint32)
    after = np.zeros(count, dtype=np.uint32)  # the extract after the last one that held the record; 0: none did
    ended = []
    for extract, ids in sorted(files.items()):
        begins = ids[after[ids] < max(extract, 1)]
        begins_again = np.unique(begins[after[begins] > 0])
        ended.append(_ended(begins_again, first, after))
        first[begins] = extract
        after[ids] = extract + 1
    ended.append(_ended(np.flatnonzero(after).astype(np.uint32), first, after))
    return pl.concat(ended)


def _ended(ids: RecordIds, first: RecordIds, after: RecordIds) -> pl.DataFrame:
    return pl.DataFrame({"record_id": ids, "first_extract": first[ids], "last_extract": after[ids] - 1})


def _reached(by: list[str]) -> pl.Expr:
    """The last extract of the runs before this one in sorted order."""
    return pl.col("last_extract").cum_max().shift(1).over(by)


def merged(runs: pl.DataFrame, by: str) -> pl.DataFrame:
    """`by` and its runs: those that overlap or follow each other are one."""
    several = pl.col(by).is_duplicated()
    begins = (pl.col("first_extract") > _reached([by]) + 1).fill_null(True)
    together = (
        runs.filter(several)
        .sort(by, "first_extract")
        .with_columns(merged_run=begins.cum_sum())
        .group_by(by, "merged_run")
        .agg(pl.col("first_extract").min(), pl.col("last_extract").max())
    )
    return pl.concat([frame.select(by, *BOUNDS) for frame in (runs.filter(~several), together)])


def each_extract(runs: pl.DataFrame) -> pl.DataFrame:
    """The runs written out: `extract` in place of the bounds."""
    extracts = pl.int_ranges("first_extract", pl.col("last_extract") + 1, dtype=pl.UInt32)
    return runs.with_columns(extract=extracts).drop(BOUNDS).explode("extract")


def without(runs: pl.DataFrame, removed: pl.DataFrame) -> pl.DataFrame:
    """The runs of contents less the pairs `content, extract` of ``removed``."""
    if removed.is_empty():
        return runs
    touched = each_extract(runs.join(removed, on="content", how="semi"))
    left = touched.join(removed, on=["content", "extract"], how="anti")
    pieces = merged(left.select("content", first_extract="extract", last_extract="extract"), "content")
    return pl.concat([runs.join(removed, on="content", how="anti"), pieces])


def meetings(runs: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The runs extract by extract, in those extracts that several runs with one `by` have in common."""
    runs = runs.sort(*by, "first_extract")
    crossing = runs.filter(pl.col("first_extract") <= _reached(by))
    suspects = each_extract(runs.join(crossing, on=by, how="semi", nulls_equal=True))  # an empty key is a key
    return suspects.filter(pl.struct([*by, "extract"]).is_duplicated())


def uncovered(runs: pl.DataFrame, covering: pl.DataFrame, by: str) -> pl.DataFrame:
    """The runs of contents extract by extract, in those extracts in which ``covering``, merged runs, does not hold their `by`."""
    starts_within = pl.col("first_extract") >= pl.col("first_extract_right")
    ends_within = pl.col("last_extract") <= pl.col("last_extract_right")
    wholly_covered = runs.join(covering, on=by).filter(starts_within & ends_within)
    rest = runs.join(wholly_covered, on=["content", "first_extract"], how="anti")
    covered = each_extract(covering.join(rest, on=by, how="semi"))
    return each_extract(rest).join(covered, on=[by, "extract"], how="anti")


def count_by_extract(runs: pl.DataFrame, extracts: pl.DataFrame, name: str) -> pl.DataFrame:
    """How many of the runs hold each `extract`, from what begins and what ends there. ``extracts``: all of them in order."""
    begins = runs.group_by(extract=pl.col("first_extract")).len("begins")
    ends = runs.group_by(extract=pl.col("last_extract") + 1).len("ends")
    changes = extracts.join(begins, on="extract", how="left", maintain_order="left").join(
        ends, on="extract", how="left", maintain_order="left"
    )
    change = pl.col("begins").fill_null(0).cast(pl.Int64) - pl.col("ends").fill_null(0).cast(pl.Int64)
    return changes.select("extract", change.cum_sum().alias(name))
