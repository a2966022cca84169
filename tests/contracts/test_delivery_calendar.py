"""On which days extracts are expected: what the contracts say, with the holidays of a Swedish year and the profile's closings."""

from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.configuration.contract import CONTRACTS, load_sources
from pipelines.configuration.delivery_calendar import Closing, DeliveryCalendar, Holidays
from pipelines.configuration.municipality import Closed, load_municipality
from pipelines.runtime.errors import UsageError

SOURCES = load_sources()
STOCKHOLM = load_municipality("stockholm")
NIGHTLY = ("ber", "flai", "folkbokforing", "skolregister", "skolslussen")
BY_HAND = ("antagning", "beda", "enkat", "jobbtorg_unga", "nyckeltal")


def due(source: str, first: str, last: str, calendar: DeliveryCalendar | None = None) -> list[str]:
    """The days on which a source's extracts are due, both ends included."""
    one_day = timedelta(days=1)
    found = (calendar or STOCKHOLM.calendar(SOURCES[source])).expected(
        date.fromisoformat(first) - one_day, date.fromisoformat(last) + one_day
    )
    return [one.due.isoformat() for one in found]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        # Good Friday and Easter Monday.
        ("2026-04-01", "2026-04-08", ["2026-04-01", "2026-04-02", "2026-04-07", "2026-04-08"]),
        # The Friday after Ascension Day is an ordinary day, however few work on it.
        ("2026-05-13", "2026-05-15", ["2026-05-13", "2026-05-15"]),
        # Midsummer Eve is a day off by the law on annual leave.
        ("2026-06-18", "2026-06-22", ["2026-06-18", "2026-06-22"]),
        # 6 June is a holiday on whatever day it falls.
        ("2025-06-05", "2025-06-09", ["2025-06-05", "2025-06-09"]),
        # Christmas Eve to Boxing Day, and New Year's Eve to Epiphany.
        ("2026-12-23", "2026-12-29", ["2026-12-23", "2026-12-28", "2026-12-29"]),
        ("2026-12-30", "2027-01-07", ["2026-12-30", "2027-01-04", "2027-01-05", "2027-01-07"]),
        # A weekend.
        ("2026-11-20", "2026-11-23", ["2026-11-20", "2026-11-23"]),
        # The clocks change on a Sunday: Friday and Monday are as always.
        ("2026-03-27", "2026-03-30", ["2026-03-27", "2026-03-30"]),
        ("2026-10-23", "2026-10-26", ["2026-10-23", "2026-10-26"]),
        # A leap day.
        ("2028-02-28", "2028-03-01", ["2028-02-28", "2028-02-29", "2028-03-01"]),
    ],
)
def test_a_nightly_source_is_expected_on_working_days(first: str, last: str, expected: list[str]) -> None:
    assert due("ber", first, last) == expected


def test_the_school_register_is_not_expected_in_summer_first_and_last_day_included() -> None:
    assert due("skolregister", "2026-05-28", "2026-09-17") == ["2026-05-28", "2026-05-29", "2026-09-16", "2026-09-17"]
    assert due("skolregister", "2021-05-31", "2021-06-02") == ["2021-05-31"]
    assert len(due("ber", "2026-06-01", "2026-09-15")) == 76


def test_where_the_school_register_is_another_system_it_is_expected_in_summer() -> None:
    elsewhere = STOCKHOLM.model_copy(update={"systems": {}}).calendar(SOURCES["skolregister"])
    assert due("skolregister", "2026-06-01", "2026-09-15", elsewhere) == due("ber", "2026-06-01", "2026-09-15")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("nyckeltal", ["2026-01-23", "2026-05-25", "2026-09-21"]),
        ("jobbtorg_unga", ["2026-01-23", "2026-05-25", "2026-09-21"]),
        ("enkat", ["2026-12-14"]),
        ("antagning", ["2026-04-23", "2026-07-21", "2026-08-21"]),
    ],
)
def test_a_hand_kept_source_is_expected_by_a_working_day_of_its_months(source: str, expected: list[str]) -> None:
    assert due(source, "2026-01-01", "2026-12-31") == expected
    found = SOURCES[source].calendar.expected(date(2025, 12, 31), date(2027, 1, 1))
    assert [one.first.isoformat() for one in found] == [f"{day[:7]}-01" for day in expected]


def test_examinations_are_expected_once_a_month() -> None:
    days = due("beda", "2026-01-01", "2026-12-31")
    assert [day[:7] for day in days] == [f"2026-{month:02}" for month in range(1, 13)]
    assert days[:2] == ["2026-01-16", "2026-02-13"]  # the tenth working day; January has two holidays on weekdays


def test_the_contracts_say_whether_a_source_comes_nightly_or_by_hand() -> None:
    assert sorted(name for name, source in SOURCES.items() if source.calendar.due_day) == sorted(BY_HAND)
    assert sorted(SOURCES) == sorted(NIGHTLY + BY_HAND)
    for source in SOURCES.values():
        assert source.calendar.silent_after and source.calendar.late_after == time(6, 30)
        assert source.calendar.holiday(date(2026, 6, 19)) == "Midsommarafton"
        assert source.calendar.holiday(date(2026, 6, 18)) is None  # a bank closes at two, nothing else does


def test_the_calendar_of_a_contract_agrees_with_how_often_it_says_that_it_delivers() -> None:
    for path in CONTRACTS.glob("*.odcs.yaml"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        frequency = next(item for item in content["slaProperties"] if item["property"] == "frequency")
        calendar = SOURCES[content["id"]].calendar
        expected = (1, "d") if calendar.due_day is None else (12 // len(calendar.months), "m")
        assert (frequency["value"], frequency["unit"]) in (expected, (1, "y") if expected == (12, "m") else expected)


# --- what a municipality closes -------------------------------------------------------------------------------------------


def test_what_a_municipality_closes_is_its_own_and_adds_to_the_contract() -> None:
    closed = [Closed(source="skolregister", first="02-23", last="02-27")]
    calendar = STOCKHOLM.model_copy(update={"closed": closed}).calendar(SOURCES["skolregister"])
    assert due("skolregister", "2026-02-20", "2026-03-02", calendar) == ["2026-02-20", "2026-03-02"]
    assert due("skolregister", "2026-05-29", "2026-06-02", calendar) == ["2026-05-29"]
    assert len(due("skolregister", "2026-02-20", "2026-03-02")) == 7


def test_a_closing_may_run_across_new_year() -> None:
    closing = Closing("12-20", "01-07")
    days = [date(2026, 12, 19), date(2026, 12, 20), date(2026, 12, 31), date(2027, 1, 7), date(2027, 1, 8)]
    assert [closing.holds_on(day) for day in days] == [False, True, True, True, False]


def test_a_closing_on_29_february_holds_where_there_is_one() -> None:
    assert Closing("02-29", "02-29").holds_on(date(2028, 2, 29))
    assert not any(Closing("02-29", "02-29").holds_on(date(2027, 2, 1) + timedelta(days)) for days in range(40))


def test_a_hand_kept_source_that_has_closed_all_its_month_is_not_expected_in_it() -> None:
    closed = [
        Closed(source="enkat", first="12-01", last="12-31"),
        Closed(source="nyckeltal", first="05-12", last="05-31"),
    ]
    profile = STOCKHOLM.model_copy(update={"closed": closed})
    assert due("enkat", "2026-01-01", "2027-01-31", profile.calendar(SOURCES["enkat"])) == []
    # With fewer working days than the contract gives it, the last of them.
    assert due("nyckeltal", "2026-05-01", "2026-05-31", profile.calendar(SOURCES["nyckeltal"])) == ["2026-05-11"]


@pytest.mark.parametrize(
    ("closed", "sentence"),
    [
        ('{source: skolregister, first: "02-30", last: "03-01"}', "wrong at closed.0"),
        ('{source: skolregister, first: "6-1", last: "09-15"}', "wrong at closed.0"),
        ('{source: skolregistret, first: "06-01", last: "09-15"}', "'skolregistret', which has no contract"),
    ],
)
def test_a_closing_that_would_do_nothing_is_refused(tmp_path: Path, closed: str, sentence: str) -> None:
    profile = tmp_path / "profile.yaml"
    text = (CONTRACTS / "municipalities" / "nacka.yaml").read_text(encoding="utf-8")
    profile.write_text(f"{text.replace('plans: [nacka]', '')}\nclosed:\n  - {closed}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=sentence):
        load_municipality(str(profile))


@pytest.mark.parametrize(
    ("systems", "sentence"),
    [
        ("{skolregister: UEBD}", "the system 'UEBD', .* choose UEDB, or leave it out"),
        ("{ber: BER}", "the system 'BER', of which the contract of ber says nothing; leave it out"),
        ("{skolregistret: UEDB}", "'skolregistret', which has no contract"),
    ],
)
def test_a_system_that_no_contract_knows_is_refused(tmp_path: Path, systems: str, sentence: str) -> None:
    profile = tmp_path / "profile.yaml"
    text = (CONTRACTS / "municipalities" / "nacka.yaml").read_text(encoding="utf-8").replace("plans: [nacka]", "")
    profile.write_text(text.replace("systems: {skolregister: UEDB}", f"systems: {systems}"), encoding="utf-8")
    with pytest.raises(UsageError, match=sentence):
        load_municipality(str(profile))


# --- what a contract may not say --------------------------------------------------------------------------------------------


def _with(change: Callable[[dict[str, dict[str, Any]]], None], tmp_path: Path) -> Path:
    """The contract of nyckeltal with other promises, in a folder of its own."""
    content = yaml.safe_load((CONTRACTS / "nyckeltal.odcs.yaml").read_text(encoding="utf-8"))
    change({item["property"]: item for item in content["slaProperties"]})
    (tmp_path / "nyckeltal.odcs.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("frequency", {"schedule": "0 4 * 13 1-5"}, "'13' is none of 1 to 12"),
        ("frequency", {"schedule": "0 4 1 * *"}, "five fields of cron"),
        ("frequency", {"schedule": "varje natt"}, "five fields of cron"),
        ("dueDay", {"value": 0}, "`dueDay`"),
        ("lateAfter", {"value": "halv sju"}, "slaProperties"),
        ("silentAfter", {"value": 0}, "`silentAfter`"),
        ("holidays", {"property": "closed", "value": "06-31", "valueExt": "07-01"}, "slaProperties"),
    ],
)
def test_a_contract_whose_calendar_cannot_be_read_is_refused_in_a_sentence(
    tmp_path: Path, name: str, values: dict[str, Any], sentence: str
) -> None:
    folder = _with(lambda promises: promises[name].update(values), tmp_path)
    with pytest.raises(UsageError, match=sentence) as caught:
        load_sources(folder=folder)
    assert "nyckeltal.odcs.yaml" in str(caught.value)


@pytest.mark.parametrize("holidays", [Holidays("XX"), Holidays("SE", ("public", "helgdag"))])
def test_unknown_holidays_are_told_in_a_sentence(holidays: Holidays) -> None:
    with pytest.raises(UsageError, match="correct `holidays`"):
        holidays.name_of(date(2026, 1, 1))
