"""A lake answers as the home does that it was exported from, by the same models."""

from pathlib import Path

import pytest

from pipelines.lake.ask import ask_lake
from pipelines.lake.engine import duckdb_engine
from pipelines.lake.layout import read_lake
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period
from tests.lake.lakes import world_lake

pytestmark = pytest.mark.long


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_lake_answers_as_its_home(number: int, tmp_path: Path) -> None:
    world, pipeline, folder = world_lake(number, tmp_path)
    municipality = pipeline.home.municipality
    for as_known in world.as_known:
        for period in world.periods:
            with duckdb_engine(folder) as engine:
                rows = ask_lake(
                    engine, read_lake(folder), pipeline.models(), municipality, parse_period(period, municipality),
                    as_known or EVERYTHING,
                )  # fmt: skip
            answer = {tuple(row[:-1]): row[-1] for row in rows}
            assert len(answer) == len(rows)
            assert answer == pipeline.figures(period, as_known), (period, as_known)
