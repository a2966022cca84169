"""Absence is not health: deliveries that have all vanished, and sources that are silent when they are expected."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import load_municipality
from pipelines.notices import NoticeCode
from pipelines.quality.freshness import freshness, silence
from tests.model.world import Extract, personnummer
from tests.pipeline import Pipeline

pytestmark = pytest.mark.long

YOUTH = personnummer("2008-03-01", 100)
STOCKHOLM = load_municipality("stockholm")
SOURCES = load_sources()


def test_a_silent_source_is_told_with_what_is_missing_and_what_was_not_counted() -> None:
    at = datetime(2026, 4, 10, 4, tzinfo=ZoneInfo("Europe/Stockholm"))
    [one] = silence(freshness({"ber": date(2026, 4, 2), "enkat": date(2026, 4, 2)}, SOURCES, STOCKHOLM, at))
    assert one.waits_for_a_person
    assert dict(one.about) == {"source": "ber", "title": SOURCES["ber"].title, "last": "2026-04-02", "days": "3"}
    assert "har inte levererat sedan 2026-04-02. Väntade uttag som saknas: 3; helger, helgdagar" in one.sentence


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


def test_over_easter_nobody_is_silent(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    _deliver(pipeline, "2026-04-01")
    assert _missing(pipeline, "2026-04-01") == []
    assert _missing(pipeline, "2026-04-08") == []  # 2 and 7 April: Good Friday and Easter Monday lie between them
    assert _missing(pipeline, "2026-04-09") == [NoticeCode.SOURCE_SILENT] * 2


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


def test_a_hand_kept_source_is_asked_for_on_the_day_after_its_last_day(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    Extract("nyckeltal", "2026-04-15").key_number().write(pipeline.drop)
    assert _missing(pipeline, "2026-04-15") == []
    assert _missing(pipeline, "2026-05-25") == []
    assert _missing(pipeline, "2026-05-26") == [NoticeCode.SOURCE_SILENT]
    Extract("nyckeltal", "2026-05-26").key_number().write(pipeline.drop)
    assert _missing(pipeline, "2026-05-26") == []
    assert _missing(pipeline, "2026-09-21") == []


def test_a_closed_school_register_is_asked_for_when_it_has_opened(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    Extract("skolregister", "2026-05-29").study("s", YOUTH).write(pipeline.drop)
    for day in ("2026-05-29", "2026-06-15", "2026-09-15", "2026-09-18"):
        assert _missing(pipeline, day) == []
    assert _missing(pipeline, "2026-09-21") == [NoticeCode.SOURCE_SILENT]
