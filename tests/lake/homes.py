"""Homes that are exported, and what is in a lake's files."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.lake.export import Exported, export
from pipelines.lake.layout import Part, read_lake
from pipelines.state.keys import ARCHIVE_PRIVATE, read_private_key
from tests.pipeline import Pipeline

#: The recipient's key in these tests.
KEY = bytes(range(32))


def exported(pipeline: Pipeline, out: Path, key: bytes = KEY, today: date = date(2026, 1, 2)) -> Exported:
    """Export what a home has published."""
    version = pipeline.home.current()
    assert version
    private = read_private_key(pipeline.home.keys / ARCHIVE_PRIVATE).private
    return export(pipeline.home, version, pipeline.sources, private, key, out, today)


def rows_of(part: Part, table: str) -> list[dict[str, Any]]:
    """The rows of a table of a part."""
    paths = [str(path) for path in part.paths(table)]
    if not paths:
        return []
    with duckdb.connect() as connection:
        result = connection.execute("select * from read_parquet(?, hive_partitioning = false)", [paths])
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def values_of(lake: Path) -> Iterator[tuple[str, str]]:
    """Each value of each file of a lake as text, with its table."""
    for part in read_lake(lake).parts.values():
        for table in part.tables:
            for row in rows_of(part, table):
                yield from ((table, str(value)) for value in row.values() if value is not None)
