"""Each reason by itself: one thing happens after an edition, and the bridge to now names it."""

import json
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.bridges.bridge import Bridge, build_bridge
from pipelines.audit.bridges.counted_now import counted_now
from pipelines.audit.bridges.explain import EditionState, compared
from pipelines.audit.bridges.ground import Extract as Counting
from pipelines.audit.bridges.reasons import Reason, classified
from pipelines.audit.cell import Cell
from pipelines.configuration.catalogue import read_catalogue
from pipelines.publication.kept_persons import forget_persons
from pipelines.warehouse.compiled import CompiledModel
from pipelines.warehouse.periods import parse_period
from tests.audit.test_bridges import keep_edition
from tests.model.world import Extract, as_date, personnummer
from tests.pipeline import Pipeline

pytestmark = pytest.mark.long

PERIOD = "kalenderar-2023"
ANNA, BO = personnummer("2003-03-01", 124), personnummer("2003-05-01", 123)
REACHED, SOUGHT = Cell("outreach", "reached"), Cell("outreach", "sought")


def _night(day: str, answered: str = "N", revision: int = 1) -> Extract:
    night = Extract("ber", day, revision).registered(ANNA).registered(BO)
    return night.contact(
        "k1", ANNA, datum="2023-02-01", besvarad=answered, besvarad_av="UNGDOM" if answered == "J" else ""
    )


def _residents(day: str) -> Extract:
    return Extract("folkbokforing", day).resident(ANNA).resident(BO)


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    pipeline = Pipeline(tmp_path)
    for delivery in (_night("2023-03-01"), _night("2023-03-03"), _residents("2023-03-01")):
        delivery.write(pipeline.drop)
    pipeline.run()
    return pipeline


def _bridge(pipeline: Pipeline, then: EditionState, cell: Cell = REACHED) -> Bridge:
    version, municipality = pipeline.home.current(), pipeline.home.municipality
    assert version is not None
    figure = read_catalogue()[cell.figure]
    with compared(version, municipality, parse_period(PERIOD, municipality), then, None) as states:
        bridge = build_bridge(states.moved(figure, cell), states.reason_of(figure, cell))
    assert Decimal(bridge.start) + sum(step.change for step in bridge.steps) == Decimal(bridge.end)
    return bridge


def _steps(bridge: Bridge) -> list[tuple[str, int]]:
    return [(str(step.reason), int(step.change)) for step in bridge.steps]


def test_a_revision(pipeline: Pipeline, tmp_path: Path) -> None:
    then = keep_edition(pipeline, [PERIOD], tmp_path / "private")
    _night("2023-03-03", answered="J", revision=2).write(pipeline.drop)
    pipeline.run()
    assert _steps(_bridge(pipeline, then)) == [("revision", 1)]


def test_a_new_extract(pipeline: Pipeline, tmp_path: Path) -> None:
    then = keep_edition(pipeline, [PERIOD], tmp_path / "private")
    _night("2023-03-04", answered="J").write(pipeline.drop)
    pipeline.run()
    assert _steps(_bridge(pipeline, then)) == [("new_extract", 1)]


def test_a_late_delivery(pipeline: Pipeline, tmp_path: Path) -> None:
    then = keep_edition(pipeline, [PERIOD], tmp_path / "private")
    late = _night("2023-03-02").contact("k2", BO, datum="2023-02-02", besvarad="J", besvarad_av="UNGDOM")
    late.write(pipeline.drop)
    pipeline.run()
    assert _steps(_bridge(pipeline, then)) == [("late_delivery", 1)]
    assert _steps(_bridge(pipeline, then, SOUGHT)) == [("late_delivery", 1)]


def test_two_numbers_that_turn_out_to_be_one_person(pipeline: Pipeline, tmp_path: Path) -> None:
    then = keep_edition(pipeline, [PERIOD], tmp_path / "private")
    Extract("folkbokforing", "2023-03-05").resident(ANNA, tidigare_personnummer=BO).write(pipeline.drop)
    pipeline.run()
    assert _steps(_bridge(pipeline, then, Cell("population", "in_register"))) == [("number_link", -1)]


def test_a_person_who_is_purged_is_a_number_and_no_row(pipeline: Pipeline, tmp_path: Path) -> None:
    version = pipeline.home.current()
    assert version is not None
    (pipeline.home.path / "editions").mkdir()
    private = pipeline.home.path / "editions" / "kalenderar-2023.1.private"
    then = keep_edition(pipeline, [PERIOD], private)
    names = {row[0] for row in pipeline.query("select pseudonym from number")}
    Extract("ber", "2025-01-10").registered(personnummer("2010-01-01", 124)).write(pipeline.drop)
    pipeline.run()
    now = pipeline.home.current()
    assert now is not None
    assert forget_persons(pipeline.home, now.history, counted_now(now, pipeline.home.municipality))
    assert not any(name.encode() in (private / "counted.duckdb").read_bytes() for name in names)
    bridge = _bridge(pipeline, then, SOUGHT)
    assert (bridge.start, bridge.end) == ("1", "0")
    assert _steps(bridge) == [("purged", -1)]


def test_a_rule_that_has_changed(pipeline: Pipeline, tmp_path: Path) -> None:
    def of_then(model: CompiledModel) -> CompiledModel:
        return replace(model, sql=model.sql.replace("mart.is_sought", "mart.is_reached"))

    models = [of_then(model) if model.name == "figure_outreach" else model for model in pipeline.models()]
    then = keep_edition(pipeline, [PERIOD], tmp_path / "private", models)
    then.models.write_text(json.dumps([asdict(model) for model in models]), encoding="utf-8")
    assert _steps(_bridge(pipeline, then, SOUGHT)) == [("rule_changed", 1)]


def test_what_nobody_has_recorded_is_unexplained(pipeline: Pipeline, tmp_path: Path) -> None:
    then = keep_edition(pipeline, [PERIOD], tmp_path / "private")
    version = pipeline.home.current()
    assert version is not None
    with duckdb.connect(str(version.history)) as connection:
        connection.execute("update ber_kontakter set besvarad = true")
    assert _steps(_bridge(pipeline, then)) == [("unexplained", 1)]


def test_a_released_delivery_is_named_before_anything_else_that_it_is() -> None:
    day, other = as_date("2023-03-01"), as_date("2023-03-02")
    before = {("ber", day): Counting("ber", day, 1, "a")}
    after = {("ber", day): Counting("ber", day, 2, "b"), ("ber", other): Counting("ber", other, 1, "c")}
    assert classified(before, after, set())[Reason.REVISION] == [after["ber", day]]
    assert classified(before, after, {"b"})[Reason.RELEASED] == [after["ber", day]]
    assert classified(before, after, {"b"})[Reason.NEW_EXTRACT] == [after["ber", other]]
