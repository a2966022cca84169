"""Periods and their ids (figures.md section 1). How a period is counted does not belong here."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.configuration.municipality import Municipality
from pipelines.runtime.errors import UsageError

_MONTHS = (
    "januari", "februari", "mars", "april", "maj", "juni",
    "juli", "augusti", "september", "oktober", "november", "december",
)  # fmt: skip

EXAMPLES = (
    "verksamhetsar-2023, kalenderar-2023, lasar-2022-2023, tertial1-2023, tertial2-2023, halvar1-2023, halvar2-2023, "
    "manad-2023-05 or dag-2023-11-30"
)


@dataclass(frozen=True)
class Period:
    """A period with both its days included; ``previous_id`` is the same kind of period one year earlier."""

    period_id: str
    kind: str
    starts_on: date
    ends_on: date
    title: str
    previous_id: str


def parse_period(period_id: str, municipality: Municipality) -> Period:
    """The period of an id; raises UsageError when there is no such period."""
    kind, _, rest = period_id.partition("-")
    make = _KINDS.get(kind)
    period = None
    if make and re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?|-[0-9]{4})?", rest):
        try:
            period = make(rest, municipality)
        except (ValueError, OverflowError):
            period = None
    if period is None or period.period_id != period_id:
        raise UsageError(f"There is no period {period_id!r}: give an id like {EXAMPLES}.")
    return period


def year_before(period: Period, municipality: Municipality) -> Period | None:
    """The same kind of period one year earlier; None where the calendar has none."""
    try:
        return parse_period(period.previous_id, municipality)
    except UsageError:
        return None


def periods_of(extract_days: Iterable[date], municipality: Municipality) -> list[Period]:
    """The periods that a nightly computes: of all kinds but single days those between the first and the last extract that
    touch a calendar year with an extract, in order of kind and start; and the latest day.

    One extract that lies decades away from the others adds its own year and not what is between.
    """
    days = sorted(extract_days)
    if not days:
        return []
    years = {day.year for day in days}
    found = {
        one.period_id: one
        for year in years
        for near in (year - 1, year, year + 1)
        for one in _of_year(near, municipality)
    }
    wanted = [
        one
        for one in found.values()
        if one.starts_on <= days[-1]
        and one.ends_on >= days[0]
        and not years.isdisjoint((one.starts_on.year, one.ends_on.year))
    ]
    return [*sorted(wanted, key=lambda one: (one.kind, one.starts_on, one.period_id)), day_period(days[-1])]


def day_period(day: date) -> Period:
    """The single day."""
    return Period(f"dag-{day}", "dag", day, day, _long_date(day), f"dag-{_year_before(day)}")


def _of_year(year: int, municipality: Municipality) -> Iterator[Period]:
    whole = ["verksamhetsar", "kalenderar", "tertial1", "tertial2", "halvar1", "halvar2"]
    ids = [f"{kind}-{year:04d}" for kind in whole]
    ids += [f"lasar-{year:04d}-{year + 1:04d}", *(f"manad-{year:04d}-{month:02d}" for month in range(1, 13))]
    return (parse_period(period_id, municipality) for period_id in ids)


def _year_before(day: date) -> date:
    return date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


def _long_date(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _report_year(rest: str, municipality: Municipality) -> Period:
    year = int(rest)
    month, day = (int(part) for part in municipality.report_year.starts.split("-"))
    first = 0 if (month, day) == (1, 1) else 1
    starts = date(year - first, month, day)
    ends = date(year - first + 1, month, day) - timedelta(days=1)
    return Period(f"verksamhetsar-{rest}", "verksamhetsar", starts, ends, f"verksamhetsåret {year}",
                  f"verksamhetsar-{year - 1:04d}")  # fmt: skip


def _calendar_year(rest: str, municipality: Municipality) -> Period:
    year = int(rest)
    return Period(f"kalenderar-{rest}", "kalenderar", date(year, 1, 1), date(year, 12, 31), f"kalenderåret {year}",
                  f"kalenderar-{year - 1:04d}")  # fmt: skip


def _school_year(rest: str, municipality: Municipality) -> Period | None:
    first, last = (int(part) for part in rest.split("-"))
    if last != first + 1:
        return None
    return Period(f"lasar-{rest}", "lasar", date(first, 7, 1), date(last, 6, 30), f"läsåret {first}/{last}",
                  f"lasar-{first - 1:04d}-{first:04d}")  # fmt: skip


def _part_of_year(kind: str, first_month: int, last_month: int, title: str, rest: str) -> Period:
    year = int(rest)
    family = kind.rstrip("12")
    return Period(f"{kind}-{rest}", family, date(year, first_month, 1), _month_end(year, last_month), f"{title} {year}",
                  f"{kind}-{year - 1:04d}")  # fmt: skip


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _month(rest: str, municipality: Municipality) -> Period:
    year, month = (int(part) for part in rest.split("-"))
    return Period(f"manad-{rest}", "manad", date(year, month, 1), _month_end(year, month), f"{_MONTHS[month - 1]} {year}",
                  f"manad-{year - 1:04d}-{month:02d}")  # fmt: skip


_KINDS: dict[str, Callable[[str, Municipality], Period | None]] = {
    "verksamhetsar": _report_year,
    "kalenderar": _calendar_year,
    "lasar": _school_year,
    "tertial1": lambda rest, _: _part_of_year("tertial1", 1, 4, "tertial 1", rest),
    "tertial2": lambda rest, _: _part_of_year("tertial2", 1, 8, "tertial 2 (januari–augusti)", rest),
    "halvar1": lambda rest, _: _part_of_year("halvar1", 1, 6, "första halvåret", rest),
    "halvar2": lambda rest, _: _part_of_year("halvar2", 7, 12, "andra halvåret", rest),
    "manad": _month,
    "dag": lambda rest, _: day_period(date.fromisoformat(rest)),
}
