"""Lakes of several municipalities for tests, and what the country's answer must be by the oracle.

What belongs here: the same random world as two or three municipalities have seen it, each with gaps of its own, so that persons,
ids and extracts meet as they seldom do in life; and the extracts of the country, made of the oracle's by docs/riket.md.
"""

import copy
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.configuration.municipality import load_municipality
from pipelines.lake.ask import make_warehouse
from pipelines.lake.engine import duckdb_engine
from pipelines.lake.layout import read_lake
from pipelines.state.keys import PSEUDONYM_KEY
from pipelines.warehouse.ask import rows_of
from pipelines.warehouse.compiled import CompiledModel
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period
from tests.lake.lakes import plain_part
from tests.model.oracle import (
    DATASETS,
    PROFILES,
    DayFigures,
    Figures,
    Knowledge,
    Oracle,
    PeriodFigures,
    Profile,
    Row,
    Tables,
)
from tests.model.world import Extract
from tests.pipeline import Pipeline
from tests.property.strategies import World, world_number

RIKET = load_municipality("riket")

#: The country as the oracle knows a municipality.
NATION = Profile(
    code="0000",
    report_year_starts=(1, 1),
    districts=frozenset(RIKET.district_codes),
    successors={"1917": (date(2007, 1, 1), "0331")},
    job_centres={code: code[:2] for code in RIKET.district_codes},
)

#: Ids that are unique within a municipality, by name.
IDS = {
    column.name
    for datasets in DATASETS.values()
    for columns in datasets.values()
    for column in columns
    if column.name.endswith("_id")
}


@dataclass
class Home:
    """A municipality of the country: the code that its part has, the program's home and the oracle of the same deliveries."""

    code: str
    pipeline: Pipeline
    oracle: Oracle

    @property
    def extracts(self) -> dict[tuple[str, date], Tables]:
        """Everything that is loaded."""
        return self.oracle.extracts()


def share_key(first: Pipeline, other: Pipeline) -> None:
    """Have a home that has taken in nothing yet make the pseudonyms of another."""
    shutil.copy(first.home.keys / PSEUDONYM_KEY, other.home.keys / PSEUDONYM_KEY)


def play(world: World, home: Home) -> None:
    """Take in all batches of a world, with what is decided of held deliveries."""
    for batch, decision in enumerate(world.decisions):
        world.write_batch(batch, home.pipeline.drop)
        home.oracle.run(home.pipeline.drop)
        home.pipeline.run()
        for delivery in home.oracle.deliveries():
            if decision and delivery["status"] == "held":
                (home.oracle.release if decision == "release" else home.oracle.reject)(delivery["folder"])
                home.pipeline.decide(delivery["folder"], decision)


def seen_by_one(world: World, draw: random.Random, rows: float = 0.7, deliveries: float = 0.8) -> World:
    """A world of which a municipality has got only so large a part of the rows and of the deliveries."""
    seen = copy.deepcopy(world)
    for extract in seen.deliveries:
        for dataset, all_rows in extract.tables.items():
            extract.tables[dataset] = [row for row in all_rows if draw.random() < rows]
    kept = {index for index in range(len(seen.deliveries)) if draw.random() < deliveries}
    seen.batches = [[index for index in batch if index in kept] for batch in seen.batches]
    return seen


def country(number: int, codes: Sequence[str], place: Path) -> tuple[World, list[Home]]:
    """A random world as several municipalities have seen it, and a lake of their parts (``place / "lake"``)."""
    draw = random.Random(number)
    world = world_number(number)
    homes: list[Home] = []
    for code in codes:
        pipeline = Pipeline(place / code, world.municipality)
        if homes:
            share_key(homes[0].pipeline, pipeline)
        home = Home(code, pipeline, Oracle(PROFILES[world.municipality], date(2026, 1, 1)))
        play(seen_by_one(world, draw), home)
        homes.append(home)
    for home in homes:
        add_part(home, place / "lake")
    return world, homes


def add_part(home: Home, lake: Path) -> None:
    """Have a home's history in a lake, as that of the municipality of its code."""
    version = home.pipeline.home.current()
    assert version
    plain_part(version.history, home.pipeline.home.municipality.model_copy(update={"code": home.code}), lake)


# --- answers ----------------------------------------------------------------------------------------------------------


def nation_figures(
    lake: Path, models: list[CompiledModel], periods: Sequence[str], as_known: date | None = None
) -> Figures:
    """What the program answers for the country, of several periods together."""
    parsed = [parse_period(period, RIKET) for period in periods]
    with duckdb_engine(lake) as engine:
        make_warehouse(engine, read_lake(lake), models, RIKET, parsed, as_known or EVERYTHING, ["figures"])
        rows = engine.fetch(rows_of(models, ["figures"]))
    answer: dict[Any, Decimal] = {tuple(row[:-1]): row[-1] for row in rows}
    assert len(answer) == len(rows)
    return answer


def expected_figures(homes: Sequence[Home], periods: Sequence[str], as_known: date | None = None) -> Figures:
    """What figures.md says of the country's extracts."""
    known = Knowledge(nation_extracts(homes, as_known), set())
    expected: Figures = {}
    for period in periods:
        kind = DayFigures if period.startswith("dag-") else PeriodFigures
        expected |= kind(known, NATION, period).computed()
    return expected


def nation_extracts(homes: Sequence[Home], as_known: date | None = None) -> dict[tuple[str, date], Tables]:
    """The country's extract of a source on a day: of each municipality its latest one up to the day."""
    own = {home.code: home.oracle.extracts(as_known) for home in homes}
    days = {key for extracts in own.values() for key in extracts}
    return {(source, day): _extract_of_all(own, source, day) for source, day in days}


def _extract_of_all(own: dict[str, dict[tuple[str, date], Tables]], source: str, day: date) -> Tables:
    together: Tables = {dataset: [] for dataset in DATASETS[source]}
    for code, extracts in own.items():
        before = [each for name, each in extracts if name == source and each <= day]
        for dataset, rows in extracts[source, max(before)].items() if before else []:
            together[dataset] += [_in_the_country(row, code, day) for row in rows]
    if "bevis" in together:  # a record of the country has one row in an extract
        together["bevis"].sort(key=lambda row: row["datum"])
        together["bevis"] = list({(row["personnummer"], row["bevis"]): row for row in together["bevis"]}.values())
    return together


def _in_the_country(row: Row, code: str, day: date) -> Row:
    at_the_time = "1917" if code == "0331" and day < date(2007, 1, 1) else code
    places = {"stadsdelsomrade": at_the_time, "jobbtorg": at_the_time[:2]}
    return {
        name: places.get(name, f"{code}:{value}" if name in IDS and value else value) for name, value in row.items()
    }


# --- by hand ----------------------------------------------------------------------------------------------------------


def lake_of(place: Path, deliveries: dict[str, list[Extract]]) -> list[Home]:
    """A lake (``place / "lake"``) of municipalities that have taken in these deliveries, by code; persons are the same in all."""
    homes: list[Home] = []
    for code, extracts in deliveries.items():
        home = Home(code, Pipeline(place / code), Oracle(PROFILES["stockholm"], date(2026, 1, 1)))
        if homes:
            share_key(homes[0].pipeline, home.pipeline)
        for extract in extracts:
            extract.write(home.pipeline.drop)
        home.pipeline.run()
        home.oracle.run(home.pipeline.drop)
        assert {one["status"] for one in home.pipeline.deliveries()} == {"accepted"}
        add_part(home, place / "lake")
        homes.append(home)
    return homes


class Asked:
    """The figures of the country for some periods, to be looked up cell by cell; they are the oracle's too."""

    def __init__(self, place: Path, homes: Sequence[Home], periods: Sequence[str]) -> None:
        self.figures = nation_figures(place / "lake", homes[0].pipeline.models(), periods)
        assert self.figures == expected_figures(homes, periods)

    def places(
        self, figure: str, measure: str, period: str, category: str = "*", subcategory: str = "*"
    ) -> dict[str, int]:
        """A number for the whole country (``*``), and by municipality and county."""
        return {
            place: int(value)
            for (*what, gender, district, centre, one, two), value in self.figures.items()
            if what == [figure, measure, period] and gender == "*" and (one, two) == (category, subcategory)
            for place in [district if district != "*" else centre]
        }
