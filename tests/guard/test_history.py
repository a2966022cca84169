"""History does not change by itself: what differs without a delivery, a decision or a purge behind it is found."""

from pathlib import Path

import pytest

from pipelines.history.store import History
from pipelines.history.unexplained import Unexplained, unexplained_changes
from pipelines.intake.take_in import take_in
from tests.model.world import Extract, personnummer
from tests.pipeline import Pipeline

ONE, OTHER, OLD = (personnummer(birth, 120) for birth in ("2005-03-01", "2006-04-02", "2001-05-05"))


def _first_nights(drop: Path) -> None:
    for day in ("2022-11-28", "2022-11-29"):
        extract = Extract("ber", day).registered(ONE).registered(OTHER).registered(OLD).contact("k1", ONE)
        extract.contact("k2", OLD).enrolment("i1", ONE).measure("m1", "i1").enrolment("i2", OLD).measure("m2", "i2")
        extract.write(drop)
        Extract("folkbokforing", day).resident(ONE, stadsdelsomrade="04").resident(OTHER, stadsdelsomrade="12").write(
            drop
        )


def _next_night(pipeline: Pipeline, spoil: str = "") -> list[Unexplained]:
    """What is found after a night whose history somebody or something has spoilt with this SQL."""
    before = pipeline.home.current()
    assert before
    version = pipeline.home.start_next()
    with History(version.history, pipeline.sources, before.history) as history:
        take_in(pipeline.home, pipeline.sources, history, version.number, lambda rows, dates: None, now=pipeline.now)
        history.connection.execute(spoil or "select 1")
        history.purge(version.number)
        return unexplained_changes(history.connection, before.history, history.datasets(), version.number)


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    made = Pipeline(tmp_path)
    _first_nights(made.drop)
    made.run()
    return made


def test_a_quiet_night_changes_nothing(pipeline: Pipeline) -> None:
    assert _next_night(pipeline) == []


def test_late_and_revised_extracts_and_purges_are_explained(pipeline: Pipeline) -> None:
    Extract("ber", "2022-11-27").registered(OTHER).write(pipeline.drop)
    Extract("ber", "2022-11-28", revision=2).registered(ONE, kategori="INSKRIVEN").contact("k1", OTHER).write(
        pipeline.drop
    )
    Extract("folkbokforing", "2023-01-02").resident(OTHER, stadsdelsomrade="03").write(
        pipeline.drop
    )  # OLD's time is over
    assert _next_night(pipeline) == []
    assert pipeline.query("select count(*) from ber_register") != [(0,)]


SPOILT = {
    "a row is gone": ("delete from ber_kontakter where kontakt_id = 'k1'", "ber/kontakter"),
    "a value is another": ("update folkbokforing_personer set stadsdelsomrade = '05' where stadsdelsomrade = '04'",
                           "folkbokforing/personer"),
    "a run is shorter": ("update ber_inskrivningar set last_extract_date = '2022-11-28'", "ber/inskrivningar"),
    "a measure is another enrolment's": ("update ber_insatser set inskrivning_id = 'i9' where insats_id = 'm1'", "ber/insatser"),
    "a row is there twice": ("insert into ber_register from ber_register limit 1", "ber/register"),
    "an extract is gone": ("delete from extract where source = 'ber' and extract_date = '2022-11-29'", "uttag"),
    "an extract is another delivery's": ("update extract set delivery_id = 'x' where extract_date = '2022-11-29'", "uttag"),
    "an extract came from nowhere": ("insert into extract values ('ber', '2022-11-01', 1, 'x')", "uttag"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILT)
def test_what_nothing_explains_is_found(pipeline: Pipeline, case: str) -> None:
    spoil, what = SPOILT[case]
    assert what in [one.what for one in _next_night(pipeline, spoil)]


@pytest.mark.parametrize("case", ["a row is gone", "a value is another"])
def test_it_is_found_beside_changes_that_are_explained(pipeline: Pipeline, case: str) -> None:
    Extract("ber", "2022-11-27").registered(OTHER).write(pipeline.drop)
    Extract("folkbokforing", "2022-11-30").resident(ONE, stadsdelsomrade="04").write(pipeline.drop)
    spoil, what = SPOILT[case]
    assert [one.what for one in _next_night(pipeline, spoil)] == [what]
