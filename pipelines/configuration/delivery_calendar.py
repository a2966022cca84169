"""On which days extracts are expected: weekdays, public holidays, closings; of a hand-kept source, by which day of a month.

What the days are stands in the contracts and, for what differs between municipalities, in the profile. What came and what is
missing is asked in ``quality.freshness``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import cache
from typing import TYPE_CHECKING

from pipelines.runtime.errors import UsageError

if TYPE_CHECKING:
    from holidays import HolidayBase

_DAY = timedelta(days=1)

#: What is not found so many days ahead is not expected: a year with a closing before and after it, and no more.
_AHEAD = timedelta(days=800)

#: A delivery of a month is expected at most so many days after the first day that it may be dated.
_LONGEST = timedelta(days=31)


@dataclass(frozen=True)
class Expected:
    """An extract that is expected: dated ``first`` or later, and here on ``due`` at the latest."""

    first: date
    due: date


@dataclass(frozen=True)
class Closing:
    """Days of each year (MM-DD, both included) on which a source delivers nothing; they may run across New Year. ``system``: only
    where the source's extracts come from this system.

    Raises ValueError where one of them is no day of a year.
    """

    first: str
    last: str
    system: str | None = None

    def __post_init__(self) -> None:
        for day in (self.first, self.last):
            if f"{date.fromisoformat(f'2024-{day}'):%m-%d}" != day:  # a leap year: 29 February may be meant
                raise ValueError(f"{day!r} is not a day of a year, written MM-DD")

    def holds_on(self, day: date) -> bool:
        """Whether the source is closed on a day because of it."""
        today = f"{day:%m-%d}"
        if self.first <= self.last:
            return self.first <= today <= self.last
        return today >= self.first or today <= self.last


@dataclass(frozen=True)
class Holidays:
    """The public holidays of a country (ISO 3166), of some of the library's categories."""

    country: str
    categories: tuple[str, ...] = ("public",)

    def name_of(self, day: date) -> str | None:
        """What the holiday of a day is called in the country's own language; None where it is none.

        Raises UsageError when the library does not know the country or the category.
        """
        return _holidays(self).get(day)


@cache
def _holidays(which: Holidays) -> "HolidayBase":
    from holidays import country_holidays  # takes as long as a command that asks for no day

    try:
        own_language = country_holidays(which.country).default_language  # by itself the library goes by the environment
        return country_holidays(which.country, categories=which.categories, language=own_language)
    except (NotImplementedError, ValueError) as error:
        raise UsageError(
            f"The holidays of {which.country!r} ({', '.join(which.categories)}) are not known: correct `holidays` under "
            "slaProperties in the contract."
        ) from error


@dataclass(frozen=True)
class DeliveryCalendar:
    """When a source delivers. Where ``due_day`` is None an extract is expected on every one of its days; else one in each of its
    months, on the month's so many-th day of them at the latest.

    ``weekdays``: Monday is 0. ``late_after``: by the municipality's clocks. ``silent_after``: so many expected extracts may be
    missing in a row; None: nobody waits for the source.
    """

    weekdays: frozenset[int] = frozenset(range(7))
    months: frozenset[int] = frozenset(range(1, 13))
    due_day: int | None = None
    holidays: Holidays | None = None
    closings: tuple[Closing, ...] = field(default=())
    late_after: time = time.max
    silent_after: int | None = None

    def is_closed(self, day: date) -> bool:
        """Whether the source has closed on a day."""
        return any(closing.holds_on(day) for closing in self.closings)

    def holiday(self, day: date) -> str | None:
        """The name of the public holiday of a day; None where it is none or the source delivers all the same."""
        return self.holidays.name_of(day) if self.holidays else None

    def expected(self, after: date, before: date) -> Iterator[Expected]:
        """What is expected between two days, neither of them included, in order of time: dated after the one, due before the
        other. Nothing of a source that nobody waits for."""
        if self.silent_after is None:
            return
        if self.due_day is not None:
            yield from (one for one in self._by_month(after, before) if one.first > after and one.due < before)
            return
        day = after + _DAY
        while day < before:
            if self._delivers_on(day):
                yield Expected(day, day)
            day += _DAY

    def next_expected(self, last: date, today: date) -> Expected | None:
        """The next extract that is due today or later and newer than the last one; None where none is in sight."""
        since = max(last, today - _LONGEST - _DAY)
        return next((one for one in self.expected(since, today + _AHEAD) if one.due >= today), None)

    def _delivers_on(self, day: date) -> bool:
        return (
            day.weekday() in self.weekdays
            and day.month in self.months
            and not self.is_closed(day)
            and self.holiday(day) is None
        )

    def _by_month(self, after: date, before: date) -> Iterator[Expected]:
        first = after.replace(day=1)
        while first < before:
            following = (first + _LONGEST).replace(day=1)
            days = [
                day for number in range((following - first).days) if self._delivers_on(day := first + number * _DAY)
            ]
            if days and self.due_day:  # in a month with fewer days of them the last one
                yield Expected(first, days[: self.due_day][-1])
            first = following
