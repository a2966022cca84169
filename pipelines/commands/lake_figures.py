"""``kaa figures --lake``: the figures of a lake, as they are printed; no home is needed. How a lake is asked belongs in
``pipelines.lake.ask``."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipelines.commands.queries import printed_rows
from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.municipality import Municipality, load_municipality
from pipelines.lake import NATION
from pipelines.lake.ask import ask_lake
from pipelines.lake.engine import Engine, duckdb_engine
from pipelines.lake.layout import Lake, faults, read_lake
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.warehouse.dbt import compile_project
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period


def read_lake_figures(
    folder: Path,
    period_id: str,
    figure: str | None,
    as_known: date | None,
    engine: str = "duckdb",
    master: str | None = None,
    profile: str | None = None,
) -> list[tuple[Any, ...]]:
    """Rows as ``queries.read_figures`` gives them, counted from a lake's files. ``profile``: name or path of the municipality's
    profile; without one it is the only part's own, or, of a lake of several, the nation's. ``master``: where Spark runs.

    Raises UsageError for a wrong question, a lake that is none, or Spark that is not installed, NightlyFailed when a file is not
    what was exported or the engine fails.
    """
    if engine == "spark":
        from pipelines.lake.spark_installed import refuse_without_spark

        refuse_without_spark()
    lake = read_lake(folder)
    municipality = _municipality(lake, profile)
    period = parse_period(period_id, municipality)
    known = read_catalogue()
    if figure is not None and figure not in known:
        raise UsageError(f"There is no figure {figure!r}: choose one of {', '.join(sorted(known))}.")
    refuse_changed(lake)
    compiled = compile_project()
    with started(engine, lake, master) as asking:
        rows = ask_lake(asking, lake, compiled, municipality, period, as_known or EVERYTHING, figure)
    return printed_rows(rows)


def _municipality(lake: Lake, profile: str | None) -> Municipality:
    if profile is not None or len(lake.parts) > 1:
        return load_municipality(profile or NATION)
    (part,) = lake.parts.values()
    try:
        return part.municipality
    except ValidationError:
        raise UsageError(
            f"The profile in {part.folder} is of another version of the program ({part.made_with}): name one with "
            "--municipality, or have the part exported again."
        ) from None


def refuse_changed(lake: Lake) -> None:
    """Raises NightlyFailed where a file of a lake is not what was exported."""
    if wrong := faults(lake):
        more = f" (and {len(wrong) - 1} more)" if wrong[1:] else ""
        raise NightlyFailed(f"{wrong[0]}{more}")


@contextmanager
def started(engine: str, lake: Lake, master: str | None) -> Iterator[Engine]:
    """An engine that may read a lake. ``engine``: duckdb or spark, ``master``: where Spark runs."""
    if engine == "duckdb":
        with duckdb_engine(lake.folder) as duckdb:
            yield duckdb
        return
    from pipelines.lake.spark_engine import LOCAL, spark_engine

    with spark_engine(lake.folder, master or LOCAL) as spark:
        yield spark
