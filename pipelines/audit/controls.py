"""Whether the house's own controls held (audit.md section 6): what came, what became of each row, what people decided and looked
at, what changed between nights, what the checks said, what was purged and published.

Everything is read from what is kept anyway; nobody is named by it but the house's own users. Days are extract dates for what
came, and days by the clock for what was done.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pipelines.audit.access_log import read_accesses
from pipelines.configuration.contract import Dataset, Source
from pipelines.configuration.delivery_calendar import DeliveryCalendar, Expected
from pipelines.configuration.municipality import Municipality
from pipelines.delivery.judging import ACCEPTED
from pipelines.history.store import History
from pipelines.publication.night_log import MADE_WITH, read_nights
from pipelines.runtime.database import open_database
from pipelines.runtime.errors import UsageError
from pipelines.state.decision_log import decisions as read_decisions
from pipelines.state.home import Home, Version
from pipelines.state.night_records import read_record

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Days:
    """The days that are asked about, both included. Raises UsageError when they are none."""

    first: date
    last: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise UsageError(f"--from {self.first} is after --to {self.last}: give the earlier day first.")

    def have(self, moment: str | datetime) -> bool:
        """Whether a moment lies within them, by the municipality's clock."""
        time = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return self.first <= (time.astimezone(self.zone) if time.tzinfo else time).date() <= self.last


def controls(home: Home, version: Version, sources: dict[str, Source], days: Days) -> dict[str, Rows]:
    """The controls of some days, by what they are about."""
    with open_database(version.history, read_only=True) as connection:
        moments = _moments(home, connection)
        expected = _completeness(connection, sources, home.municipality, days, moments.values())
        accounted = _accuracy(connection, sources, days)
        purged = _purges(connection, moments, days)
    nights = [night for number, night in read_nights(home.path).items() if number <= version.number]
    return {
        "completeness": expected,
        "accuracy": accounted,
        "decisions": _decisions(home, days),
        "access": _accesses(home, days),
        "changes": _changes(nights, days),
        "checks": _checks(nights, days),
        "purges": purged,
        "editions": _editions(home, days),
    }


def _moments(home: Home, connection: duckdb.DuckDBPyConnection) -> dict[int, datetime]:
    """When each night was, as far as it is known: a restored history has the archive's records."""
    recorded = {number: read_record(path).moment for number, path in home.night_records.published().items()}
    return recorded | dict(History.nights(connection))


# --- what came ---------------------------------------------------------------------------------------------------------------


def _completeness(
    connection: duckdb.DuckDBPyConnection,
    sources: dict[str, Source],
    municipality: Municipality,
    days: Days,
    nights: Iterable[datetime],
) -> Rows:
    """Each night on which a source was expected, and what came: from the source's first extract until the last night, or the last
    extract where old years are still being taken in."""
    extracts = connection.execute(
        "select source, min(extract_date), max(extract_date) from extract group by source"
    ).fetchall()
    if not extracts:
        return []
    in_service = History.is_in_service(connection)
    until = max(nights).astimezone(days.zone).date() if in_service else max(last for _, _, last in extracts)
    seen: dict[tuple[str, date], Rows] = {}
    for source, day, delivery_id, status in connection.execute(
        "select source, extract_date, delivery_id, status from delivery where source is not null order by all"
    ).fetchall():
        seen.setdefault((source, day), []).append({"delivery_id": delivery_id, "status": status})
    loaded: dict[str, list[date]] = {}
    for source, day in connection.execute("select source, extract_date from extract order by all").fetchall():
        loaded.setdefault(source, []).append(day)
    expected = [
        (day, name)
        for name, since, _ in extracts
        for day in _expected_days(
            municipality.calendar(sources[name]), loaded[name], max(days.first, since), min(days.last, until)
        )
    ]
    return [
        {
            "extract_date": day.isoformat(),
            "source": name,
            "delivered": any(one["status"] == ACCEPTED for one in seen.get((name, day), [])),
            "deliveries": seen.get((name, day), []),
        }
        for day, name in sorted(expected)
    ]


def _expected_days(calendar: DeliveryCalendar, loaded: list[date], first: date, last: date) -> list[date]:
    """The days between two, both included, on which an extract was expected: of a hand-kept source those of the extracts that
    came, on whatever day of their months, and the last day of each that did not come."""
    one_day = timedelta(days=1)
    if calendar.due_day is None:
        return [one.due for one in calendar.expected(first - one_day, last + one_day)]
    came = {day for day in loaded if first <= day <= last}
    expected = calendar.expected(first - timedelta(days=32), last + one_day)  # dated in the month of its last day
    missing = {one.due for one in expected if one.due >= first and not _came(calendar, loaded, one)}
    return sorted(came | missing)


def _came(calendar: DeliveryCalendar, loaded: list[date], expected: Expected) -> bool:
    """Whether an extract came, in time or late, before the next one was expected."""
    following = calendar.next_expected(expected.first, expected.due + timedelta(days=1))
    return any(day >= expected.first and (following is None or day < following.first) for day in loaded)


def _accuracy(connection: duckdb.DuckDBPyConnection, sources: dict[str, Source], days: Days) -> Rows:
    """What became of the rows of each delivery that could be read: `not_kept` are those of deliveries that do not count, and what
    has been taken away since by gallring or a withdrawn consent. A night of an earlier program did not keep how many rows repeat
    others: these are among its `not_kept`."""
    loaded = {
        (delivery_id, dataset.name): rows
        for source in sources.values()
        for dataset in source.datasets.values()
        for delivery_id, rows in connection.execute(_loaded_rows(dataset), [source.name]).fetchall()
    }
    files = connection.execute(
        """
        select delivery_id, source, extract_date, status, dataset, file.rows, coalesce(file.repeated, 0), count(entry.delivery_id)
        from delivery
        inner join delivered_file as file using (delivery_id)
        left join quarantine as entry using (delivery_id, dataset)
        where extract_date between ? and ?
        group by all
        order by extract_date, source, delivery_id, dataset
        """,
        [days.first, days.last],
    ).fetchall()
    return [
        {
            "delivery_id": delivery_id,
            "source": source,
            "extract_date": day.isoformat(),
            "dataset": dataset,
            "status": status,
            "received": received,
            "loaded": (kept := loaded.get((delivery_id, dataset), 0)),
            "quarantined": quarantined,
            "repeated": repeated,
            "not_kept": received - kept - quarantined - repeated,
        }
        for delivery_id, source, day, status, dataset, received, repeated, quarantined in files
    ]


def _loaded_rows(dataset: Dataset) -> str:
    """SQL for how many rows of a dataset the history has of each loaded delivery of its source: those that had begun by its date
    and had not ended."""
    return f"""
        with change as (
            select first_extract_date as day, 1 as rows from {dataset.table}
            union all
            select last_extract_date + 1, -1 from {dataset.table} where last_extract_date is not null
        ),
        standing as (
            select day, sum(sum(rows)) over (order by day) as rows from change group by day
        )
        select extract.delivery_id, standing.rows::bigint
        from extract
        asof inner join standing on extract.extract_date >= standing.day
        where extract.source = ?
    """


# --- what was done -----------------------------------------------------------------------------------------------------------


def _decisions(home: Home, days: Days) -> Rows:
    """What people have decided. Of held deliveries older nights know only what was decided, not by whom."""
    kept = [one for one in read_decisions(home) if days.have(one["at"])]
    noted = {(one["decision"], one["delivery_id"]) for one in read_decisions(home) if "delivery_id" in one}
    carried_out = [
        {"decision": decision, "at": record.now, "by": None, "because": None, "delivery_id": delivery_id}
        for record in map(read_record, home.night_records.published().values())
        for delivery_id, decision in record.decided.items()
        if days.have(record.now) and (decision, delivery_id) not in noted
    ]
    return sorted(kept + carried_out, key=lambda one: datetime.fromisoformat(one["at"]))


def _accesses(home: Home, days: Days) -> Rows:
    """Who has looked; about whom stays in the log."""
    names = ("who", "when", "what", "rows", "why")
    return [{name: one[name] for name in names} for one in read_accesses(home) if days.have(one["when"])]


def _changes(nights: Rows, days: Days) -> Rows:
    """What a night was made with that the one before was not: the program, the figures' SQL, the contracts, the profile."""
    return [
        {
            "version": night["version"],
            "at": night["published_at"],
            "what": what,
            "from": before[what],
            "to": night[what],
        }
        for before, night in pairwise(nights)
        for what in MADE_WITH
        if night[what] != before[what] and days.have(night["published_at"])
    ]


def _checks(nights: Rows, days: Days) -> Rows:
    """How many checks each night made, and each that did not pass or showed a jump."""
    names = ("version", "published_at", "made", "passed", "not_passed", "jumps")
    return [{name: night[name] for name in names} for night in nights if days.have(night["published_at"])]


def _purges(connection: duckdb.DuckDBPyConnection, moments: dict[int, datetime], days: Days) -> Rows:
    names = ("version", "data_year", "reason", "persons", "rows", "quarantined", "archives", "withdrawals")
    rows = connection.execute(f"select {', '.join(names)} from purge_protocol order by all").fetchall()
    return [
        {
            **dict(zip(names, row, strict=True)),
            "at": moments[row[0]].astimezone(days.zone).isoformat(timespec="seconds"),
        }
        for row in rows
        if row[0] in moments and days.have(moments[row[0]])
    ]


def _editions(home: Home, days: Days) -> Rows:
    """The reports that were frozen, and who has signed them."""
    found = []
    for path in sorted(home.path.glob("editions/*/edition.json")):
        edition = json.loads(path.read_text(encoding="utf-8"))
        if days.have(edition["created_at"]):
            signatures = sorted(
                file.name.removeprefix(f"{path.name}.sig.") for file in path.parent.glob(f"{path.name}.sig.*")
            )
            names = ("id", "label", "kind", "period", "created_at", "proposed_by", "accepted")
            found.append({**{name: edition[name] for name in names}, "signed_by": signatures})
    return found
