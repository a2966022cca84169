"""When a night begins, by the municipality's clocks: for Dagster's schedule, and for who looks whether it did.

Which deliveries are expected when is said in the contracts.
"""

from datetime import date, datetime, time, timedelta

#: Weekdays at the hour of the extracts; by Swedish clocks 04:00 exists once on every day of the year.
SCHEDULE = "0 4 * * 1-5"
BEGINS = time(4)

#: The same as systemd writes it in a timer's `OnCalendar`, where a machine has no Dagster daemon.
TIMER = "Mon..Fri *-*-* 04:00:00 Europe/Stockholm"

#: How long after that a night that has not begun is missed: a machine may be started late, and a timer may spread its load.
GRACE = timedelta(hours=2)

_SATURDAY = 5


def last_night(now: datetime) -> datetime:
    """When the last night should have begun, at or before a moment that is given by the municipality's clocks."""
    day = now.date() if now.time() >= BEGINS else now.date() - timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day -= timedelta(days=1)
    return begins(day, now)


def begins(day: date, now: datetime) -> datetime:
    """When the night of a day begins, by the clocks that ``now`` is given by."""
    return datetime.combine(day, BEGINS, now.tzinfo)
