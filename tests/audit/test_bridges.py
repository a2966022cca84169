"""Bridges add up exactly, on random worlds: every unit in one step, and no step without a recorded reason."""

import random
import tempfile
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from pipelines.audit.bridges.bridge import Bridge, build_bridge
from pipelines.audit.bridges.counted import Live
from pipelines.audit.bridges.explain import (
    EditionState,
    bridges_of_periods,
    compared,
    explain_knowledge,
    explain_periods,
)
from pipelines.audit.bridges.kept import PROFILE, figures_of, write_counted
from pipelines.audit.bridges.reasons import Reason
from pipelines.audit.cell import Cell
from pipelines.audit.trace import EVIDENCE_MODELS
from pipelines.runtime.errors import UsageError
from pipelines.warehouse.ask import made_warehouse
from pipelines.warehouse.compiled import CompiledModel
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period
from tests.model.oracle import PROFILES, Oracle
from tests.pipeline import Pipeline, models_json
from tests.property.strategies import World, worlds
from tests.property.test_pipeline_agrees import NOW

pytestmark = pytest.mark.long

CHECKS: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}
CELL = ("gender", "district", "job_centre", "category", "subcategory")


def _cells(figures: dict[tuple[str, ...], Decimal], most: int) -> list[tuple[Cell, str]]:
    """Some cells of these figures, with the period of each."""
    chosen = random.Random(1).sample(sorted(figures), min(most, len(figures)))
    return [(Cell(key[0], key[1], *key[3:]), key[2]) for key in chosen]


def _adds_up(bridge: Bridge) -> None:
    assert Decimal(bridge.start) + sum(step.change for step in bridge.steps) == Decimal(bridge.end)
    told = Counter(id(unit) for step in bridge.steps for unit in step.units)
    assert set(told.values()) <= {1}
    assert all(sum(unit.change for unit in step.units) == step.change for step in bridge.steps)
    for step in bridge.steps:
        directions = {unit.change > 0 for unit in step.units if unit.change}
        assert len(directions) < 2 or step.reason in (Reason.PURGED, Reason.CONSENT_WITHDRAWN)


def _value(figures: dict[tuple[str, ...], Decimal], cell: Cell, period: str) -> Decimal:
    return figures.get((cell.figure, cell.measure, period, *(getattr(cell, name) for name in CELL)), Decimal(0))


def _play(world: World, pipeline: Pipeline, batches: range) -> None:
    oracle = Oracle(PROFILES[world.municipality], NOW)
    for batch in batches:
        world.write_batch(batch, pipeline.drop)
        oracle.run(pipeline.drop)
        pipeline.run()
        for delivery in pipeline.deliveries():
            if world.decisions[batch] and delivery["status"] == "held":
                pipeline.decide(delivery["folder"], world.decisions[batch])


def _of_periods(pipeline: Pipeline, cell: Cell, period_id: str) -> list[Bridge]:
    """The bridge from the year before, asked of a warehouse that has both periods."""
    version, municipality = pipeline.home.current(), pipeline.home.municipality
    assert version is not None
    period = parse_period(period_id, municipality)
    assert period.previous_id
    pair = parse_period(period.previous_id, municipality), period
    models = pipeline.models()
    wanted = [name for model in models if (name := model.name)]
    with made_warehouse(models, version.history, municipality, list(pair), EVERYTHING, wanted) as connection:
        return [bridge for _, _, bridge in bridges_of_periods(connection, version, municipality, [cell], [pair])]


@settings(max_examples=2, phases=[Phase.explicit, Phase.reuse, Phase.generate], derandomize=True, **CHECKS)
@given(worlds())
def test_two_periods_and_two_days_of_knowledge_are_bridged(world: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline(Path(folder), world.municipality, NOW)
        _play(world, pipeline, range(len(world.batches)))
        version, municipality = pipeline.home.current(), pipeline.home.municipality
        assert version is not None
        figures = pipeline.all_figures(world.periods)
        for cell, period_id in _cells(figures, 6):
            period = parse_period(period_id, municipality)
            if period.previous_id:
                try:
                    found = explain_periods(
                        version, municipality, cell, parse_period(period.previous_id, municipality), period
                    )
                except UsageError:  # its district was not in force a year before
                    continue
                _adds_up(found.bridge)
                assert Decimal(found.bridge.end) == _value(figures, cell, period_id)
                (together,) = _of_periods(pipeline, cell, period_id)
                assert [(step.reason, step.change, len(step.units)) for step in together.steps] == [
                    (step.reason, step.change, len(step.units)) for step in found.bridge.steps
                ]
            days = sorted(world.days)
            earlier = days[len(days) // 2] - timedelta(days=1)
            found = explain_knowledge(version, municipality, cell, period, earlier, days[-1])
            _adds_up(found.bridge)
            assert Decimal(found.bridge.end) == _value(
                pipeline.figures(period_id, days[-1], cell.figure), cell, period_id
            )
            assert Decimal(found.bridge.start) == _value(
                pipeline.figures(period_id, earlier, cell.figure), cell, period_id
            )


def keep_edition(
    pipeline: Pipeline, periods: list[str], private: Path, models: list[CompiledModel] | None = None
) -> EditionState:
    """What an edition of this moment would keep."""
    version, municipality = pipeline.home.current(), pipeline.home.municipality
    assert version is not None
    private.mkdir()
    (private / PROFILE).write_text(municipality.model_dump_json(), encoding="utf-8")
    (private / "models.json").write_text(models_json(), encoding="utf-8")
    parsed = [parse_period(period, municipality) for period in periods]
    models = models or pipeline.models()
    wanted = [*(model.name for model in models if model.name.startswith("figure_")), *EVIDENCE_MODELS]
    file = private / "counted.duckdb"
    with made_warehouse(models, version.history, municipality, parsed, EVERYTHING, wanted, also=[file]) as connection:
        write_counted([Live(connection, models, pipeline.sources, period, EVERYTHING) for period in parsed], private)
    return EditionState("then", private / "models.json", private)


def _bridge_all(
    pipeline: Pipeline, then: EditionState, periods: list[str], before: dict[Any, Decimal]
) -> Counter[Reason]:
    """Bridge some cells of every figure from an edition to now; returns how many units each reason has."""
    version, municipality = pipeline.home.current(), pipeline.home.municipality
    assert version is not None
    now = pipeline.all_figures(periods)
    reasons: Counter[Reason] = Counter()
    for period_id in periods:
        period = parse_period(period_id, municipality)
        differing = {
            key for key in before.keys() | now.keys() if key[2] == period_id and before.get(key) != now.get(key)
        }
        if not differing:
            continue
        followable = {figure.id: figure for figure in figures_of(period)}
        with compared(version, municipality, period, then, None) as states:
            for key in random.Random(1).sample(sorted(differing), min(40, len(differing))):
                cell = Cell(key[0], key[1], *key[3:])
                figure = followable[cell.figure]
                bridge = build_bridge(states.moved(figure, cell), states.reason_of(figure, cell))
                _adds_up(bridge)
                assert Decimal(bridge.start) == before.get(key, 0), key
                assert Decimal(bridge.end) == now.get(key, 0), key
                for step in bridge.steps:
                    reasons[step.reason] += len(step.units)
    return reasons


def _follow_editions(world: World) -> Counter[Reason]:
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline(Path(folder), world.municipality, NOW)
        half = max(1, len(world.batches) // 2)
        _play(world, pipeline, range(half))
        if not pipeline.query("select 1 from extract"):
            return Counter()
        before = pipeline.all_figures(world.periods)
        then = keep_edition(pipeline, world.periods, Path(folder, "private"))
        _play(world, pipeline, range(half, len(world.batches)))
        reasons = _bridge_all(pipeline, then, world.periods, before)
        assert not reasons[Reason.UNEXPLAINED]
        assert not reasons[Reason.RULE_CHANGED]
        return reasons


@settings(max_examples=3, phases=[Phase.explicit, Phase.reuse, Phase.generate], derandomize=True, **CHECKS)
@given(worlds())
def test_an_edition_and_now_are_bridged_and_every_change_has_a_recorded_reason(world: World) -> None:
    _follow_editions(world)


@pytest.mark.slow
@settings(max_examples=150, database=None, **CHECKS)
@given(worlds())
def test_many_editions_are_bridged(world: World) -> None:
    _follow_editions(world)
