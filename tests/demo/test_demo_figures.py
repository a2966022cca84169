"""The program counts the city's new figures as the second reckoning does, in every grouping, and nothing withdrawn is left."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tests.demo.reckoning import PERIODS
from tests.demo.reckoning_added import AddedReckoning
from tests.pipeline import FigureKey, Pipeline

ADDED = (
    "registrations",
    "first_time",
    "latest_occupation",
    "persistence",
    "occupation_after_support",
    "not_admitted",
    "school_entry_visits",
    "consented_participants",
    "youth_20_29",
)


@pytest.fixture(scope="module")
def pipeline(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The nights of the sample, taken in at once."""
    pipeline = Pipeline(tmp_path_factory.mktemp("figures"))
    pipeline.drop.rmdir()
    pipeline.drop.symlink_to(sample)
    pipeline.run()
    return pipeline


@pytest.fixture(scope="module")
def reckoned(sample: Path) -> AddedReckoning:
    return AddedReckoning(sample)


def of(values: dict[FigureKey, Decimal], figure: str) -> dict[FigureKey, Decimal]:
    return {key: value for key, value in values.items() if key[0] == figure and value}


def test_every_delivery_is_accepted_whole(pipeline: Pipeline) -> None:
    assert {(d["status"], d["quarantined_rows"]) for d in pipeline.deliveries()} == {("accepted", 0)}
    sources = Counter(d["source"] for d in pipeline.deliveries())
    assert {name: sources[name] for name in ("antagning", "skolslussen", "flai", "jobbtorg_unga")} == {
        "antagning": 4,
        "skolslussen": 4,  # closed over Christmas
        "flai": 5,
        "jobbtorg_unga": 4,
    }


@pytest.mark.parametrize("figure", ADDED)
def test_the_program_and_the_reckoning_agree_in_every_grouping(
    pipeline: Pipeline, reckoned: AddedReckoning, figure: str
) -> None:
    computed = {key: value for period in PERIODS for key, value in pipeline.figures(period, figure=figure).items()}
    assert of(computed, figure) == of(dict(reckoned.values), figure)
    assert len(of(computed, figure)) > 50


def test_no_participation_is_left_whose_consent_is_withdrawn(pipeline: Pipeline, reckoned: AddedReckoning) -> None:
    kept = {identity for (identity,) in pipeline.query("select distinct deltagande_id from flai_deltaganden")}
    assert kept
    assert reckoned.withdrawn
    assert not kept & reckoned.withdrawn
