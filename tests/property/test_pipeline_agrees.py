"""The program and the oracle agree on every random world: statuses, quarantine, and every figure to the last unit.

The oracle (tests/model) shares no code with the program: it reads deliveries.md and figures.md sentence by sentence.
A few dozen worlds in the default suite, at least a thousand in the slow one.
"""

import tempfile
from collections import ChainMap, Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from pipelines.delivery.pseudonym import Pseudonymiser
from tests.model.oracle import PROFILES, Oracle
from tests.pipeline import Pipeline
from tests.property.strategies import World, world_number, worlds

pytestmark = pytest.mark.long

NOW = date(2026, 1, 1)
CHECKS: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def play(world: World, pipeline: Pipeline, oracle: Oracle) -> None:
    for batch, decision in enumerate(world.decisions):
        world.write_batch(batch, pipeline.drop)
        oracle.run(pipeline.drop)
        pipeline.run()
        assert _statuses(pipeline.deliveries()) == _statuses(oracle.deliveries())
        assert _quarantine(pipeline.quarantine()) == _quarantine(oracle.quarantine())
        for delivery in oracle.deliveries():
            if decision and delivery["status"] == "held":
                (oracle.release if decision == "release" else oracle.reject)(delivery["folder"])
                pipeline.decide(delivery["folder"], decision)


def _statuses(deliveries: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    names = ("folder", "source", "extract_date", "revision", "status", "quarantined_rows")
    usable = [one for one in deliveries if one["reason"] not in ("bad_manifest", "unsupported_schema_version")]
    return Counter(
        (
            *(one[name] for name in names),
            one["reason"] or "",
            one["rows"] if one["status"] != "rejected" else None,
        )
        for one in usable
    ) + Counter((one["folder"], one["status"], one["reason"]) for one in deliveries if one not in usable)


def _quarantine(entries: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(
        tuple(one[name] for name in ("folder", "dataset", "file", "line", "column", "reason")) for one in entries
    )


def _differences(computed: dict[Any, Decimal], expected: dict[Any, Decimal]) -> dict[Any, tuple[Any, Any]]:
    keys = computed.keys() | expected.keys()
    return {key: (computed.get(key), expected.get(key)) for key in keys if computed.get(key) != expected.get(key)}


def _compare(world: World, figures: Callable[[Pipeline, date | None], dict[Any, Decimal]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline(Path(folder), world.municipality, NOW)
        oracle = Oracle(PROFILES[world.municipality], NOW)
        play(world, pipeline, oracle)
        for as_known in world.as_known:
            expected = [oracle.figures(period, as_known) for period in world.periods]
            differences = _differences(figures(pipeline, as_known), dict(ChainMap(*expected)))
            assert not differences, as_known


@settings(
    max_examples=15, phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target], derandomize=True, **CHECKS
)
@given(worlds())
def test_each_question_has_the_oracles_answer(world: World) -> None:
    """Period by period, as `kaa figures` asks."""
    _compare(
        world,
        lambda pipeline, as_known: dict(ChainMap(*(pipeline.figures(period, as_known) for period in world.periods))),
    )


@settings(
    max_examples=8, phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target], derandomize=True, **CHECKS
)
@given(worlds())
def test_who_has_a_protected_identity_is_what_the_deliveries_that_count_say(world: World) -> None:
    """Whatever day is asked as known: only under which number a person goes may be another one then."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline, oracle = Pipeline(Path(folder), world.municipality, NOW), Oracle(PROFILES[world.municipality], NOW)
        play(world, pipeline, oracle)
        pseudonymiser = Pseudonymiser(pipeline.home.pseudonym_key)
        protected = {pseudonymiser.pseudonym(number) for number in oracle.protected_numbers()}
        for as_known in world.as_known:
            numbers = pipeline.rows_of("int_person__numbers", [], as_known)
            expected = {row["person_id"] for row in numbers if row["pseudonym"] in protected}
            found = [row["person_id"] for row in pipeline.rows_of("int_person__protected", [], as_known)]
            assert sorted(found) == sorted(expected), as_known


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_a_thousand_worlds_have_the_oracles_figures(part: int) -> None:
    """All periods together, as the nightly computes them. In parts, so that two processes share them."""

    def agrees(world: World) -> None:
        _compare(world, lambda pipeline, as_known: pipeline.all_figures(world.periods, as_known))

    @seed(part)
    @settings(max_examples=25, database=None, **CHECKS)
    @given(worlds())
    def varied(world: World) -> None:
        agrees(world)

    varied()
    for number in range(25 * part, 25 * part + 25):
        world = world_number(number)
        try:
            agrees(world)
        except AssertionError as error:
            error.add_note(f"world_number({number}) = {world!r}")
            raise
