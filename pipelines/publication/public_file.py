"""The published file as the public may have it: the numbers of one public output, and nothing of what is hidden or internal.

Public pages and documents are made from this file alone, so what is hidden is in no byte of them. Which numbers these are, and
which are hidden, is decided by ``dashboards.disclosure``.
"""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from pipelines.publication.tables import create_tables
from pipelines.runtime.database import attach, open_database

#: What says which publication it is and what its words mean; the rest (deliveries, quarantine, checks, plans) is internal.
_COPIED = (
    "catalogue", "catalogue_measure", "catalogue_source", "catalogue_share", "period", "period_extracts", "district",
    "job_centre", "code", "open_data", "profile", "publication",
)  # fmt: skip

_KEY = ("figure", "measure", "period", "gender", "district", "job_centre", "category", "subcategory")


def write_public_file(
    published: Path,
    out: Path,
    numbers: Collection[tuple[str, ...]],
    hidden: Collection[tuple[str, ...]],
    has_told_otherwise: bool = False,
) -> None:
    """Write the public file: ``numbers`` and the ``hidden`` ones of them as keys in the order of figures.md's columns.
    ``has_told_otherwise``: some are hidden as earlier outputs have told of their days in another way."""
    hidden = frozenset(hidden)
    listed = pl.DataFrame(
        [(*key, key in hidden) for key in sorted(numbers)], schema=[*_KEY, "is_hidden"], orient="row"
    ).with_columns(pl.col(_KEY).cast(pl.String), pl.col("is_hidden").cast(pl.Boolean))
    connection = open_database(out, attaches=[published])
    try:
        attach(connection, published, "internal_file")
        create_tables(connection)
        for table in _COPIED:
            connection.execute(f"insert into {table} from internal_file.{table}")
        connection.execute(
            "insert into public_output select value, ? from internal_file.profile where name = 'disclosure'",
            [has_told_otherwise],
        )
        connection.register("listed", listed)
        connection.execute("insert into public_number from listed")
        for table, is_own in (("figures", False), ("own_figures", True)):
            connection.execute(
                f"insert into {table} select f.* from internal_file.public_figures f "
                f"join public_number using ({', '.join(_KEY)}) join catalogue using (figure) where not is_hidden and is_own = ?",
                [is_own],
            )
        connection.execute("detach internal_file; checkpoint")
    finally:
        connection.close()
