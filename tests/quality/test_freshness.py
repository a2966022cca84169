"""How fresh a source is: what is missing of what its calendar expects, and what that comes to."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import Closed, Municipality, load_municipality
from pipelines.quality.freshness import Freshness, FreshnessState, freshness

SOURCES = load_sources()
STOCKHOLM = load_municipality("stockholm")
ZONE = ZoneInfo("Europe/Stockholm")


def fresh(source: str, last: str | None, moment: str, profile: Municipality = STOCKHOLM) -> Freshness:
    days = {source: date.fromisoformat(last)} if last else {}
    at = datetime.fromisoformat(moment).replace(tzinfo=ZONE)
    (found,) = [one for one in freshness(days, SOURCES, profile, at) if one.source == source]
    return found


@pytest.mark.parametrize(
    ("source", "last", "moment", "state", "missing", "following"),
    [
        # Thursday's extract is expected by half past six.
        ("ber", "2026-11-25", "2026-11-26 06:29", "fresh", 0, "2026-11-26"),
        ("ber", "2026-11-25", "2026-11-26 06:30", "late", 0, "2026-11-26"),
        ("ber", "2026-11-26", "2026-11-26 06:30", "fresh", 0, "2026-11-27"),
        ("ber", "2026-11-27", "2026-11-26 04:00", "fresh", 0, "2026-11-30"),  # dated tomorrow, and then a weekend
        ("ber", "2026-11-24", "2026-11-26 04:00", "late", 1, "2026-11-26"),
        ("ber", "2026-11-20", "2026-11-25 23:59", "late", 2, "2026-11-25"),
        ("ber", "2026-11-20", "2026-11-26 04:00", "silent", 3, "2026-11-26"),
        # Easter: from Maundy Thursday until Tuesday nothing is expected, and Tuesday's may yet come.
        ("ber", "2026-04-02", "2026-04-06 12:00", "fresh", 0, "2026-04-07"),
        ("ber", "2026-04-01", "2026-04-07 04:00", "late", 1, "2026-04-07"),
        # Over Christmas and New Year nine weekdays hold four working days.
        ("ber", "2026-12-23", "2026-12-28 04:00", "fresh", 0, "2026-12-28"),
        ("ber", "2026-12-23", "2027-01-01 12:00", "silent", 3, "2027-01-04"),
        ("ber", "2026-12-28", "2027-01-01 12:00", "late", 2, "2027-01-04"),
        ("ber", "2026-06-18", "2026-06-22 06:00", "fresh", 0, "2026-06-22"),  # Midsummer
        # The clocks change on 29 March and 25 October.
        ("ber", "2026-03-27", "2026-03-29 03:30", "fresh", 0, "2026-03-30"),
        ("ber", "2026-10-23", "2026-10-26 06:31", "late", 0, "2026-10-26"),
        ("ber", "2028-02-28", "2028-03-01 04:00", "late", 1, "2028-03-01"),  # the leap day's
        # The school register in summer.
        ("skolregister", "2026-05-29", "2026-06-01 12:00", "closed", 0, "2026-09-16"),
        ("skolregister", "2026-05-27", "2026-07-01 12:00", "closed", 2, "2026-09-16"),
        ("skolregister", "2026-05-26", "2026-07-01 12:00", "silent", 3, "2026-09-16"),  # it was before it closed
        ("skolregister", "2026-05-29", "2026-09-15 12:00", "closed", 0, "2026-09-16"),
        ("skolregister", "2026-05-29", "2026-09-16 06:30", "late", 0, "2026-09-16"),
        ("skolregister", "2026-05-29", "2026-09-21 04:00", "silent", 3, "2026-09-21"),
        # Kept by hand: any extract of the month will do, and none of the month before.
        ("nyckeltal", "2026-04-30", "2026-05-24 12:00", "fresh", 0, "2026-05-25"),
        ("nyckeltal", "2026-04-30", "2026-05-25 06:30", "late", 0, "2026-05-25"),
        ("nyckeltal", "2026-04-30", "2026-05-26 04:00", "silent", 1, "2026-09-21"),
        ("nyckeltal", "2026-05-01", "2026-05-26 04:00", "fresh", 0, "2026-09-21"),
        ("nyckeltal", "2026-05-28", "2026-09-01 12:00", "fresh", 0, "2026-09-21"),  # late, and then good for all summer
        ("enkat", "2025-12-03", "2026-12-14 06:00", "fresh", 0, "2026-12-14"),
        ("enkat", "2025-12-03", "2026-12-15 04:00", "silent", 1, "2027-12-14"),
        ("beda", "2026-08-20", "2026-11-13 12:00", "late", 2, "2026-11-13"),
        ("beda", "2026-08-20", "2026-11-14 04:00", "silent", 3, "2026-12-14"),
        ("flai", None, "2026-11-26 12:00", "not_expected", 0, None),
    ],
)
def test_what_is_missing_makes_a_source_late_and_then_silent(
    source: str, last: str | None, moment: str, state: str, missing: int, following: str | None
) -> None:
    found = fresh(source, last, moment)
    expected_next = date.fromisoformat(following) if following else None
    assert (found.state.value, found.missing, found.expected_next) == (state, missing, expected_next)


def test_the_municipalitys_clocks_and_closings_count() -> None:
    helsinki = STOCKHOLM.model_copy(
        update={"timezone": "Europe/Helsinki", "closed": [Closed(source="flai", first="12-20", last="01-10")]}
    )
    assert fresh("ber", "2026-11-25", "2026-11-26 05:30").state is FreshnessState.FRESH
    # Half past five in Stockholm is half past six there.
    at = datetime(2026, 11, 26, 5, 30, tzinfo=ZONE).astimezone(ZoneInfo("Europe/Helsinki"))
    (found,) = [one for one in freshness({"ber": date(2026, 11, 25)}, SOURCES, helsinki, at) if one.source == "ber"]
    assert found.state is FreshnessState.LATE
    closed = fresh("flai", "2026-12-18", "2027-01-10 12:00", helsinki)
    assert (closed.state, closed.missing, closed.expected_next) == (FreshnessState.CLOSED, 0, date(2027, 1, 11))
    assert fresh("flai", "2026-12-18", "2027-01-10 12:00").state is FreshnessState.SILENT


def test_a_source_that_is_always_closed_is_never_missing() -> None:
    closed = STOCKHOLM.model_copy(update={"closed": [Closed(source="flai", first="01-01", last="12-31")]})
    found = fresh("flai", "2026-01-08", "2028-01-10 12:00", closed)
    assert (found.state, found.missing, found.expected_next) == (FreshnessState.CLOSED, 0, None)


DAYS = st.dates(date(2005, 7, 1), date(2035, 12, 31))


@given(name=st.sampled_from(sorted(SOURCES)), last=DAYS, later=st.integers(-2, 500), hour=st.integers(0, 23))
def test_missing_days_are_expected_days_between_the_last_extract_and_today(
    name: str, last: date, later: int, hour: int
) -> None:
    today = last + timedelta(days=later)
    at = datetime(today.year, today.month, today.day, hour, tzinfo=ZONE)
    (found,) = [one for one in freshness({name: last}, SOURCES, STOCKHOLM, at) if one.source == name]
    calendar = STOCKHOLM.calendar(SOURCES[name])
    for day in found.missing_days:
        assert last < day < today
        assert day.weekday() < 5 and calendar.holiday(day) is None and not calendar.is_closed(day)
        assert day.month in calendar.months
    assert list(found.missing_days) == sorted(set(found.missing_days))
    assert found.expected_next is not None and found.expected_next >= today
    assert (found.state is FreshnessState.SILENT) == (found.missing >= (calendar.silent_after or 0))


@given(name=st.sampled_from(sorted(SOURCES)), last=DAYS, days=st.lists(st.integers(0, 300), min_size=2, max_size=2))
def test_as_days_pass_more_is_missing_and_a_newer_extract_makes_it_less(name: str, last: date, days: list[int]) -> None:
    def missing(newest: date, on: date) -> int:
        at = datetime(on.year, on.month, on.day, 4, tzinfo=ZONE)
        return next(one.missing for one in freshness({name: newest}, SOURCES, STOCKHOLM, at) if one.source == name)

    sooner, later = sorted(days)
    now = last + timedelta(days=later)
    assert missing(last, last + timedelta(days=sooner)) <= missing(last, now)
    assert missing(last + timedelta(days=sooner), now) <= missing(last, now)


@given(name=st.sampled_from(sorted(SOURCES)), last=DAYS, later=st.integers(0, 200))
def test_what_was_the_next_one_is_missing_on_the_day_after_it(name: str, last: date, later: int) -> None:
    today = last + timedelta(days=later)
    found = fresh(name, last.isoformat(), f"{today} 04:00")
    assert found.expected_next is not None
    after = fresh(name, last.isoformat(), f"{found.expected_next + timedelta(days=1)} 04:00")
    assert after.missing_days == (*found.missing_days, found.expected_next)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_who_delivers_in_time_is_never_late_and_who_stops_is_silent_when_too_many_are_missing(name: str) -> None:
    """Every night of three years, one of them a leap year, over all holidays, closings and changes of the clocks."""
    calendar = STOCKHOLM.calendar(SOURCES[name])
    due = [one.due for one in calendar.expected(date(2025, 12, 31), date(2030, 1, 1))]
    last, night = due[0], due[0]
    while (night := night + timedelta(days=1)).year < 2029:
        found = fresh(name, last.isoformat(), f"{night} 04:00")
        assert found.state in (FreshnessState.FRESH, FreshnessState.CLOSED) and not found.missing, night
        if found.expected_next == night:
            last = night  # it comes in the course of the day
    most = calendar.silent_after or 0
    for place in range(0, len(due) - most, 40 if calendar.due_day is None else 1):
        stopped, told = due[place], due[place + most]
        assert fresh(name, stopped.isoformat(), f"{told} 23:59").state is not FreshnessState.SILENT
        assert fresh(name, stopped.isoformat(), f"{told + timedelta(days=1)} 04:00").state is FreshnessState.SILENT
