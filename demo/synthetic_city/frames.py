"""How rows with their validity become a frame: column types, day ordinals as dates.

Does not belong here: what the rows say.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from demo.synthetic_city.timeline import EPOCH, LAST

FOR_EVER = LAST + 1
VALID = {"valid_from": pl.Int32(), "valid_to": pl.Int32()}
INTEGERS = ("antal_personal", "svar", "antagningsar", "antal")
Row = tuple[object, ...]


def frame_of(rows: Sequence[Row], columns: Sequence[str], dates: Sequence[str] = ()) -> pl.DataFrame:
    """Columns named in ``dates`` are day ordinals; integers elsewhere stay integers. Each row ends with the mornings from
    and to which it is there."""
    schema: dict[str, pl.DataType] = {}
    for column in columns:
        schema[column] = pl.Int64() if column in dates or column in INTEGERS else pl.String()
    return dated(pl.DataFrame(rows, schema={**schema, **VALID}, orient="row"), dates)


def dated(frame: pl.DataFrame, dates: Sequence[str]) -> pl.DataFrame:
    return frame.with_columns((pl.col(column) - EPOCH).cast(pl.Int32).cast(pl.Date) for column in dates)
