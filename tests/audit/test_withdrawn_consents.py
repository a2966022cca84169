"""Bridges from an edition to now when consents have been withdrawn since: the number is explained, and nothing of who it was is
kept beside the edition."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.bridges.bridge import Bridge, build_bridge, steps_as_json
from pipelines.audit.bridges.counted_now import counted_now
from pipelines.audit.bridges.explain import EditionState, compared
from pipelines.audit.cell import Cell
from pipelines.configuration.catalogue import read_catalogue
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.history.consents import has_withdrawn_since, withdrawing_deliveries
from pipelines.publication.kept_persons import forget_persons
from pipelines.warehouse.periods import parse_period
from tests.audit.test_bridges import keep_edition
from tests.model.world import Extract, personnummer
from tests.pipeline import Pipeline

pytestmark = pytest.mark.long

PERIOD = "kalenderar-2023"
ANNA, BO, CARL = (personnummer(f"2006-0{month}-01", 120 + month) for month in (3, 5, 7))
PARTICIPANTS = Cell("consented_participants", "participants")


def _night(day: str, until: str = "", revision: int = 1) -> Extract:
    """Anna takes part once (`borta-1`), Bo twice and in two kinds (`borta-2`, `kvar-2`), Carl once."""
    night = Extract("flai", day, revision=revision).participation("kvar-3", CARL, startdatum="2023-02-01")
    night.participation("borta-1", ANNA, startdatum="2023-02-01", samtycke_till=until)
    night.participation("borta-2", BO, startdatum="2023-02-01", samtycke_till=until)
    return night.participation("kvar-2", BO, startdatum="2023-02-02", flai_insats="SELMA")


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    pipeline = Pipeline(tmp_path)
    _deliver(pipeline, _night("2023-03-01"), Extract("ber", "2023-03-01").registered(BO))
    (pipeline.home.path / "editions").mkdir()
    return pipeline


@pytest.fixture
def then(pipeline: Pipeline) -> EditionState:
    return keep_edition(pipeline, [PERIOD], pipeline.home.path / "editions" / "kalenderar-2023.1.private")


def _deliver(pipeline: Pipeline, *extracts: Extract) -> None:
    for extract in extracts:
        extract.write(pipeline.drop)
    pipeline.run()


def _forget(pipeline: Pipeline) -> int:
    version = pipeline.home.current()
    assert version is not None
    return forget_persons(pipeline.home, version.history, counted_now(version, pipeline.home.municipality))


def _bridge(pipeline: Pipeline, then: EditionState, cell: Cell = PARTICIPANTS) -> Bridge:
    version, municipality = pipeline.home.current(), pipeline.home.municipality
    assert version is not None
    figure = read_catalogue()[cell.figure]
    with compared(version, municipality, parse_period(PERIOD, municipality), then, None) as states:
        bridge = build_bridge(states.moved(figure, cell), states.reason_of(figure, cell))
        for step in steps_as_json(bridge, figure, cell, states.before, states.after, states.is_hidden):
            if step["reason"] == "consent_withdrawn":
                assert (step["rows"], step["protected"]) == ([], 0)
    assert Decimal(bridge.start) + sum(step.change for step in bridge.steps) == Decimal(bridge.end)
    return bridge


def _steps(bridge: Bridge) -> list[tuple[str, int]]:
    return [(str(step.reason), int(step.change)) for step in bridge.steps]


def _kept(then: EditionState) -> bytes:
    return (then.private / "counted.duckdb").read_bytes()


def test_who_is_gone_is_a_number_and_no_row(pipeline: Pipeline, then: EditionState) -> None:
    anna, bo = (Pseudonymiser(pipeline.home.pseudonym_key).pseudonym(number) for number in (ANNA, BO))
    assert anna.encode() in _kept(then) and b"borta-1" in _kept(then)
    _deliver(pipeline, _night("2023-03-03", until="2023-03-02"))
    assert _forget(pipeline) == 2
    for gone in (anna, "borta-1", "borta-2"):
        assert gone.encode() not in _kept(then)
    assert bo.encode() in _kept(then) and b"kvar-2" in _kept(then)
    bridge = _bridge(pipeline, then)
    assert (bridge.start, bridge.end, _steps(bridge)) == ("3", "2", [("consent_withdrawn", -1)])
    of_kind = _bridge(pipeline, then, Cell("consented_participants", "participants", category="COACHNING"))
    assert (of_kind.start, of_kind.end, _steps(of_kind)) == ("3", "1", [("consent_withdrawn", -2)])
    other_kind = _bridge(pipeline, then, Cell("consented_participants", "participants", category="SELMA"))
    assert (other_kind.start, other_kind.end, _steps(other_kind)) == ("1", "1", [])
    # In what does not rest on consent everybody is as before.
    assert _steps(_bridge(pipeline, then, Cell("population", "in_register"))) == []
    assert _forget(pipeline) == 0


def test_what_a_superseded_delivery_withdraws_is_explained_too(pipeline: Pipeline, then: EditionState) -> None:
    _deliver(pipeline, _night("2023-03-03", revision=2))
    _deliver(pipeline, _night("2023-03-03", until="2023-03-02"))
    _forget(pipeline)
    assert _steps(_bridge(pipeline, then)) == [("consent_withdrawn", -1)]
    version = pipeline.home.current()
    assert version is not None
    with duckdb.connect(str(version.history), read_only=True) as connection:
        (name,) = withdrawing_deliveries(connection)
        assert connection.execute("select status from delivery where delivery_id = ?", [name]).fetchone() == (
            "superseded",
        )
        now = pipeline.now.astimezone(UTC)
        assert has_withdrawn_since(connection, now - timedelta(seconds=1))
        assert not has_withdrawn_since(connection, now + timedelta(seconds=1))


def test_other_reasons_are_told_beside_it(pipeline: Pipeline, then: EditionState) -> None:
    new = personnummer("2006-09-01", 129)
    _deliver(pipeline, _night("2023-03-03", until="2023-03-02").participation("ny-1", new, startdatum="2023-03-02"))
    _forget(pipeline)
    assert _steps(_bridge(pipeline, then)) == [("consent_withdrawn", -1), ("new_extract", 1)]


def test_a_protected_identity_is_forgotten_as_well(tmp_path: Path) -> None:
    """Nothing was kept of what the unit rested on."""
    pipeline = Pipeline(tmp_path)
    protected = Extract("folkbokforing", "2023-03-01").resident(ANNA, skyddsmarkering="SEKRETESS")
    _deliver(pipeline, _night("2023-03-01"), protected)
    (pipeline.home.path / "editions").mkdir()
    then = keep_edition(pipeline, [PERIOD], pipeline.home.path / "editions" / "kalenderar-2023.1.private")
    _deliver(pipeline, _night("2023-03-03", until="2023-03-02"))
    _forget(pipeline)
    with duckdb.connect(str(then.private / "counted.duckdb"), read_only=True) as connection:
        anna = Pseudonymiser(pipeline.home.pseudonym_key).pseudonym(ANNA)
        figures = connection.execute("select distinct figure from unit where person = ?", [anna]).fetchall()
    assert ("consented_participants",) not in figures and ("residents",) in figures
    assert _steps(_bridge(pipeline, then)) == [("consent_withdrawn", -1)]


def test_a_moment_with_another_offset_is_the_same_moment(pipeline: Pipeline) -> None:
    _deliver(pipeline, _night("2023-03-03", until="2023-03-02"))
    version = pipeline.home.current()
    assert version is not None
    with duckdb.connect(str(version.history), read_only=True) as connection:
        assert has_withdrawn_since(connection, datetime(2026, 1, 1, 2, 59, tzinfo=UTC))
        assert not has_withdrawn_since(connection, datetime(2026, 1, 1, 3, 1, tzinfo=UTC))


def test_who_takes_part_by_another_consent_is_the_same_unit(pipeline: Pipeline, then: EditionState) -> None:
    """Bo's first participation is withdrawn on the night that brings another of the same kind."""
    again = _night("2023-03-03", until="2023-03-02").participation("ny-2", BO, startdatum="2023-03-01")
    _deliver(pipeline, again)
    _forget(pipeline)
    for category, start, end, steps in (
        ("*", "3", "2", [("consent_withdrawn", -1)]),
        ("COACHNING", "3", "2", [("consent_withdrawn", -1)]),
        ("SELMA", "1", "1", []),
    ):
        bridge = _bridge(pipeline, then, Cell("consented_participants", "participants", category=category))
        assert (bridge.start, bridge.end, _steps(bridge)) == (start, end, steps), category
    assert b"borta-2" not in _kept(then)
