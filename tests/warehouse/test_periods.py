"""Which periods a nightly computes, and the ids at the ends of time."""

from datetime import date, timedelta

import pytest

from pipelines.configuration.municipality import load_municipality
from pipelines.runtime.errors import UsageError
from pipelines.warehouse.periods import parse_period, periods_of

STOCKHOLM = load_municipality("stockholm")


def _ids(*days: date) -> list[str]:
    return [period.period_id for period in periods_of(days, STOCKHOLM)]


def test_no_extract_no_period() -> None:
    assert _ids() == []


def test_one_extract_gives_every_period_that_holds_it_and_its_day() -> None:
    assert _ids(date(2023, 11, 30)) == [
        "halvar2-2023", "kalenderar-2023", "lasar-2023-2024", "manad-2023-11", "verksamhetsar-2023", "dag-2023-11-30",
    ]  # fmt: skip


def test_a_run_of_nights_gives_the_periods_between_its_ends() -> None:
    nights = [date(2021, 12, 1) + timedelta(days=day) for day in range(0, 730, 7)]
    found = periods_of(nights, STOCKHOLM)
    assert len({period.period_id for period in found}) == len(found)
    assert found[-1].period_id == f"dag-{nights[-1]}"
    for period in found:
        assert period.starts_on <= nights[-1]
        assert period.ends_on >= nights[0]
    kinds = {kind: [one.period_id for one in found if one.kind == kind] for kind in ("verksamhetsar", "manad", "lasar")}
    assert kinds["verksamhetsar"] == ["verksamhetsar-2022", "verksamhetsar-2023"]
    assert len(kinds["manad"]) == 24
    assert kinds["lasar"] == ["lasar-2021-2022", "lasar-2022-2023", "lasar-2023-2024"]


def test_an_extract_that_lies_decades_away_adds_its_own_year_only() -> None:
    near = [date(2022, 11, 30), date(2023, 11, 30)]
    few, more = set(_ids(*near)), set(_ids(date(2005, 7, 1), *near))
    added = more - few
    assert all("2005" in one or "2006" in one or "2022" in one for one in added)
    assert len(added) < 30
    assert "verksamhetsar-2005" in added
    assert not any("2012" in one for one in more)


def test_a_year_without_a_night_between_two_has_the_periods_that_reach_into_them() -> None:
    found = _ids(date(2020, 12, 31), date(2022, 1, 1))
    assert "verksamhetsar-2021" in found  # 1 December 2020 to 30 November 2021
    assert "kalenderar-2021" not in found


@pytest.mark.parametrize(
    ("period_id", "ends_on"),
    [
        ("manad-2024-02", date(2024, 2, 29)),
        ("manad-9999-12", date(9999, 12, 31)),
        ("manad-9999-01", date(9999, 1, 31)),
        ("halvar2-9999", date(9999, 12, 31)),
        ("kalenderar-0001", date(1, 12, 31)),
    ],
)
def test_a_period_ends_on_its_last_day(period_id: str, ends_on: date) -> None:
    assert parse_period(period_id, STOCKHOLM).ends_on == ends_on


@pytest.mark.parametrize(
    "period_id", ["kalenderar-0000", "verksamhetsar-0001", "manad-0000-12", "lasar-9999-10000", "dag-0001-01-01"]
)
def test_beyond_the_ends_of_time_there_is_no_period(period_id: str) -> None:
    with pytest.raises(UsageError, match="There is no period"):
        parse_period(period_id, STOCKHOLM)
