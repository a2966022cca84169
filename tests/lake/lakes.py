"""Lakes for tests: a home's published history as it stands, with the pseudonyms that it has there."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import Municipality
from pipelines.lake.layout import File, Part, Table, digest, part_folder, profile_of
from tests.pipeline import Pipeline
from tests.property.strategies import World, world_number

#: Tables of a history that no dataset has.
OTHERS = ("extract", "number", "delivery")


def plain_part(history: Path, municipality: Municipality, lake: Path) -> Part:
    """Have a municipality's part in a lake, each table in one file."""
    folder = part_folder(lake, municipality.code)
    part = Part(
        folder,
        municipality.code,
        municipality.title,
        dict(profile_of(municipality)),
        "test",
        "test",
        1,
        date(2026, 1, 1),
    )
    tables = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{history}' as history (read_only)")
        names = [
            *(dataset.table for source in load_sources(municipality.own_codes).values() for dataset in source.datasets.values()),
            *OTHERS,
        ]  # fmt: skip
        for name in names:
            described = connection.execute(f"describe history.{name}").fetchall()
            path = folder / f"dataset={name}" / "all.parquet"
            path.parent.mkdir(parents=True)
            connection.execute(f"copy history.{name} to '{path}' (format parquet)")
            rows = connection.execute(f"select count(*) from history.{name}").fetchone()
            assert rows
            file = File(f"{path.parent.name}/{path.name}", digest(path), rows[0], path.stat().st_size)
            tables[f"history.{name}"] = Table({column: type_ for column, type_, *_ in described}, (file,))
    part = replace(part, tables=tables)
    part.write()
    return part


def played(world: World, place: Path) -> Pipeline:
    """A home that has taken in a random world, all its batches, with what is decided of held deliveries."""
    pipeline = Pipeline(place, world.municipality)
    for batch, decision in enumerate(world.decisions):
        world.write_batch(batch, pipeline.drop)
        pipeline.run()
        held = [one["folder"] for one in pipeline.deliveries() if one["status"] == "held"]
        for folder in held if decision else []:
            pipeline.decide(folder, decision)
    return pipeline


def world_lake(number: int, place: Path) -> tuple[World, Pipeline, Path]:
    """A random world, the home that has taken it in, and a lake of it."""
    world = world_number(number)
    pipeline = played(world, place)
    version = pipeline.home.current()
    assert version
    plain_part(version.history, pipeline.home.municipality, place / "lake")
    return world, pipeline, place / "lake"
