"""`kaa freshness`: which source has delivered what it should. `kaa calendar`: on which days of a year extracts are expected.

The days are known by ``configuration.delivery_calendar``, what is missing by ``quality.freshness``.
"""

import sys
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from pipelines.commands.tables import WRITERS
from pipelines.commands.terminal import format_option, say
from pipelines.runtime import clock

if TYPE_CHECKING:
    from pipelines.configuration.delivery_calendar import DeliveryCalendar
    from pipelines.quality.freshness import Freshness
    from pipelines.state.home import Home

FRESHNESS_COLUMNS = (
    "source", "last_extract_date", "next_expected_date", "missing", "missing_since", "state", "judged_at",
)  # fmt: skip
CALENDAR_COLUMNS = ("date", "event", "name", "sources")

_DAY = timedelta(days=1)


@click.command()
@format_option("table", "table", "json", "csv")
def freshness(format_: str) -> None:
    """Each source's latest extract, the day until which the next one is expected, and how many are missing, by the clock now.

    state is fresh, late (an extract is missing, too few to ask about), silent (too many by its contract),
    closed, or not_expected (never delivered). Weekends, public holidays and days on which a source has closed are not counted.
    While old years are taken in, sources are judged by the day of the latest extract (judged_at).

    Exit code 0: no source is silent; 2: one is.
    """
    from pipelines.quality.freshness import silence
    from pipelines.state.home import open_home

    found = _read(open_home())
    rows = [
        (
            one.source, one.last, one.expected_next, one.missing, one.missing_since, one.state.value,
            one.judged_at.isoformat(timespec="seconds"),
        )
        for one in found
    ]  # fmt: skip
    WRITERS[format_](FRESHNESS_COLUMNS, rows)
    silent = silence(found)
    for notice in silent:
        say(notice.sentence)
    sys.exit(2 if silent else 0)


def _read(home: "Home") -> list["Freshness"]:
    from pipelines.commands.queries import from_published
    from pipelines.configuration.contract import load_sources
    from pipelines.quality.freshness import read_freshness
    from pipelines.state.databases import open_for_reading
    from pipelines.state.home import Version

    sources = load_sources(home.municipality.own_codes)

    def read(version: Version) -> list["Freshness"]:
        with open_for_reading(version.history) as connection:
            return read_freshness(connection, sources, home.municipality)

    return from_published(home, read)


@click.command()
@click.option(
    "--year", type=click.IntRange(1953, 2199), help="Default: this year."
)  # from when the library knows the law
@click.option("--municipality", help="stockholm, nacka, or the path of a profile (default: that of KAA_HOME).")
@format_option("table", "table", "json", "csv")
def calendar(year: int | None, municipality: str | None, format_: str) -> None:
    """The days of a year on which something else than every working day holds for extracts: holidays on days of delivery, when a
    source closes and opens, and the last day of each extract that is delivered by hand."""
    from pipelines.configuration.contract import load_sources
    from pipelines.configuration.municipality import load_receiver
    from pipelines.state.home import open_home

    profile = load_receiver(municipality) if municipality else open_home().municipality
    calendars = {name: profile.calendar(source) for name, source in load_sources().items()}
    WRITERS[format_](CALENDAR_COLUMNS, list(calendar_rows(calendars, year or clock.today(profile.timezone).year)))


def calendar_rows(
    calendars: Mapping[str, "DeliveryCalendar"], year: int
) -> Iterator[tuple[date, str, str | None, str]]:
    """By day: date; `holiday`, `closes` (the first day), `opens` or `due`; the holiday's name; the sources that it concerns."""
    due = {
        name: {one.due for one in calendar.expected(date(year - 1, 12, 31), date(year + 1, 1, 1))}
        for name, calendar in calendars.items()
        if calendar.due_day
    }
    day = date(year, 1, 1)
    while day.year == year:
        off: dict[str, list[str]] = {}
        closes, opens = [], []
        for name, calendar in calendars.items():
            was_closed, is_closed = calendar.is_closed(day - _DAY), calendar.is_closed(day)
            if is_closed and not was_closed:
                closes.append(name)
            if was_closed and not is_closed:
                opens.append(name)
            if (
                name not in due
                and not is_closed
                and day.weekday() in calendar.weekdays
                and (what := calendar.holiday(day))
            ):
                off.setdefault(what, []).append(name)
        for what, sources in off.items():
            yield day, "holiday", what, ", ".join(sources)
        due_now = [name for name, days in due.items() if day in days]
        for event, sources in (("closes", closes), ("opens", opens), ("due", due_now)):
            if sources:
                yield day, event, None, ", ".join(sources)
        day += _DAY
