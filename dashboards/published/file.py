"""The published file: opened for reading only, and what can be missing in it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from pipelines.runtime.database import open_database

#: What figures.md calls a person or event without district or job-centre.
MISSING = "SAKNAS"
ALL = "*"

#: Every published figure, those that figures.md does not know too: a number is looked up without knowing which it is.
ALL_FIGURES = "(from figures union all by name from own_figures)"

#: The same as public output counts them.
PUBLIC_FIGURES = "public_figures"


class NoReport(Exception):
    """There is no report for what was asked; the text is one Swedish sentence for a person."""


class NotPublished(Exception):
    """A number was asked for that was never read, so that nobody may say that it is zero; the text is one Swedish sentence."""


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """The published file, which nobody who makes pages may write to."""
    return open_database(path, read_only=True)


def rows(connection: duckdb.DuckDBPyConnection, query: str, values: Iterable[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query by column name."""
    result = connection.execute(query, list(values))
    names = [str(column[0]) for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
