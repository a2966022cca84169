"""Absence is not health: deliveries that have all vanished, and sources that are silent when they are expected."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import load_municipality
from pipelines.notices import NoticeCode
from pipelines.quality.silence import silent_sources
from tests.model.world import Extract, personnummer
from tests.pipeline import Pipeline

YOUTH = personnummer("2008-03-01", 100)
STOCKHOLM = load_municipality("stockholm")
SOURCES = load_sources()


@pytest.mark.parametrize(
    ("source", "last", "on", "missing"),
    [
        ("ber", "2026-11-20", "2026-11-25", 0),  # a Friday: the extracts of Monday and Tuesday are missing
        ("ber", "2026-11-20", "2026-11-26", 3),  # and Wednesday's
        ("ber", "2026-11-20", "2026-11-23", 0),  # a weekend
        ("ber", "2026-11-25", "2026-11-25", 0),
        ("ber", "2026-11-26", "2026-11-25", 0),  # dated tomorrow
        ("skolregister", "2026-05-29", "2026-09-16", 0),  # closed in summer
        ("skolregister", "2026-05-29", "2026-09-21", 3),
        ("enkat", "2026-10-01", "2026-11-25", 0),  # kept by hand
    ],
)
def test_a_source_is_silent_when_expected_extracts_are_missing(source: str, last: str, on: str, missing: int) -> None:
    found = silent_sources({source: date.fromisoformat(last)}, SOURCES, STOCKHOLM, date.fromisoformat(on))
    assert [dict(one.about)["days"] for one in found] == ([str(missing)] if missing else [])
    assert all(one.waits_for_a_person and last in one.sentence for one in found)


def test_what_a_municipality_closes_is_its_own() -> None:
    days = date(2026, 5, 29), date(2026, 7, 1)
    always_open = STOCKHOLM.model_copy(update={"closed": []})
    found = [silent_sources({"skolregister": days[0]}, SOURCES, each, days[1]) for each in (STOCKHOLM, always_open)]
    assert [len(one) for one in found] == [0, 1]


def _missing(pipeline: Pipeline, today: str) -> list[NoticeCode]:
    """What a night tells, with this day on the clock."""
    pipeline.now = pipeline.now.replace(year=int(today[:4]), month=int(today[5:7]), day=int(today[8:]))
    pipeline.run()
    return [one.code for one in pipeline.missing]


def _deliver(pipeline: Pipeline, day: str, *sources: str) -> None:
    for source in sources or ("ber", "folkbokforing"):
        extract = Extract(source, day)
        (extract.registered(YOUTH) if source == "ber" else extract.resident(YOUTH)).write(pipeline.drop)


def test_old_deliveries_are_judged_by_their_own_days(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    _deliver(pipeline, "2023-11-01")
    assert _missing(pipeline, "2026-11-25") == []
    _deliver(pipeline, "2023-11-30", "ber")
    assert _missing(pipeline, "2026-11-26") == [NoticeCode.SOURCE_SILENT]


def test_once_in_service_a_source_is_expected_by_the_clock(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    _deliver(pipeline, "2026-11-20")
    assert _missing(pipeline, "2026-11-20") == []
    assert _missing(pipeline, "2026-11-25") == []
    assert _missing(pipeline, "2026-11-26") == [NoticeCode.SOURCE_SILENT] * 2
    assert _missing(pipeline, "2028-11-24") == [NoticeCode.SOURCE_SILENT] * 2  # and for as long as it lasts
    _deliver(pipeline, "2028-11-23")
    assert _missing(pipeline, "2028-11-24") == []


def test_known_deliveries_that_have_all_vanished_are_told_of(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    assert _missing(pipeline, "2023-11-02") == []  # nothing has ever come
    _deliver(pipeline, "2023-11-01")
    _missing(pipeline, "2023-11-02")
    kept = pipeline.drop.rename(tmp_path / "elsewhere")
    pipeline.drop.mkdir()
    assert _missing(pipeline, "2023-11-03") == [NoticeCode.DELIVERIES_VANISHED]
    _deliver(pipeline, "2023-11-03")  # a sender that clears old folders
    assert _missing(pipeline, "2023-11-03") == []
    assert kept.exists()
