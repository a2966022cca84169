"""What came in and what was checked, for the page ”Underlag och kontroller”: readable by who is no programmer.

Counts and wording of deliveries, quarantine, contract checks, and how far this night's figures are from other nights'.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dashboards import numbers
from dashboards.content import MISSING_LABEL
from dashboards.published import ALL, MISSING, connect, rows

#: At most this many lines of one list: a page for people, not an archive.
LIMIT = 200

SOURCES = {
    "folkbokforing": "Folkbokföring",
    "skolregister": "Skolregister",
    "beda": "Betygsdatabasen (BEDA)",
    "ber": "Barn- och elevregistret (BER)",
    "enkat": "Enkät",
    "nyckeltal": "Verksamheternas nyckeltal",
}

STATUSES = {
    "accepted": "Inläst",
    "duplicate": "Upprepad",
    "superseded": "Ersatt av nyare",
    "held": "Väntar på beslut",
    "rejected": "Avvisad",
}

FAULTS = {
    "missing_value": "Ett obligatoriskt värde saknas",
    "bad_type": "Värdet är inte av rätt slag",
    "bad_code": "Koden finns inte i kodlistan",
    "bad_personnummer": "Personnumret är inte giltigt",
    "end_before_start": "Slutet ligger före början",
    "inconsistent": "Uppgifterna på raden säger emot varandra",
    "unknown_reference": "Raden hör till en inskrivning som inte finns",
    "duplicate_key": "Flera rader med samma nyckel men olika innehåll",
}

SEVERITIES = {"error": "Fel", "warning": "Varning"}


def source_title(name: str | None) -> str:
    """A source as readers know it; a delivery whose manifest could not be read has none."""
    return SOURCES.get(name, name) if name else "Okänd källa"


@dataclass(frozen=True)
class Message:
    """The same words about one or more deliveries of a source."""

    source: str
    status: str
    status_id: str
    message: str
    deliveries: int
    first: date | None
    last: date | None


@dataclass(frozen=True)
class SourceLine:
    """A source's deliveries by status."""

    source: str
    counts: tuple[int, ...]
    rows: int
    last: date | None


@dataclass(frozen=True)
class Quarantined:
    source: str
    dataset: str
    column: str
    reason: str
    rows: int
    deliveries: int


@dataclass(frozen=True)
class Check:
    source: str
    dataset: str
    name: str
    severity: str
    detail: str


@dataclass(frozen=True)
class Jump:
    """The latest night against another one."""

    title: str
    group: str
    compared_with: str
    value: int
    compared_value: int
    change: str
    threshold: str
    is_warning: bool
    reason: str
    decided_on: date


@dataclass(frozen=True)
class Status:
    statuses: tuple[str, ...]
    sources: tuple[SourceLine, ...]
    problems: tuple[Message, ...]
    warnings: tuple[Message, ...]
    quarantine: tuple[Quarantined, ...]
    failed_checks: tuple[Check, ...]
    passed_checks: int
    jumps: tuple[Jump, ...]
    left_out: int

    @property
    def totals(self) -> tuple[int, ...]:
        return tuple(sum(column) for column in zip(*(line.counts for line in self.sources), strict=True))

    @property
    def large_jumps(self) -> tuple[Jump, ...]:
        return tuple(jump for jump in self.jumps if jump.is_warning)


COMPARED = {"last_night": "uttaget före", "year_ago": "ett år tidigare"}


def _jump(row: dict[str, Any], job_centres: dict[str, str]) -> Jump:
    percent = row["jump_percent"]
    sign = "+" if (percent or 0) > 0 else ""
    group = row["group_code"]
    compared_with = COMPARED.get(row["compared_with"], row["compared_with"])
    return Jump(
        title=row["title"],
        group="Hela kommunen" if group == ALL else job_centres.get(group, group),
        compared_with=f"{compared_with}, {row['compared_date']}",
        value=row["value"],
        compared_value=row["compared_value"],
        change=numbers.NOT_AVAILABLE if percent is None else f"{sign}{numbers.number(percent)}{numbers.BLANK}%",
        threshold=f"{row['threshold_percent']}{numbers.BLANK}%, minst {row['minimum_count']}",
        is_warning=row["is_warning"],
        reason=row["reason"],
        decided_on=row["decided_on"],
    )


def _messages(found: list[dict[str, Any]]) -> tuple[Message, ...]:
    return tuple(
        Message(
            source=source_title(row["source"]),
            status=STATUSES.get(row["status"], row["status"]),
            status_id=row["status"],
            message=row["message"] or "",
            deliveries=row["deliveries"],
            first=row["first"],
            last=row["last"],
        )
        for row in found
    )


#: Deliveries with the same words are one line; the gravest status first, then the newest.
MESSAGES = """
select source, status, message, count(*) as deliveries, min(extract_date) as first, max(extract_date) as last
from delivery
where {condition}
group by source, status, message
order by case status when 'held' then 1 when 'rejected' then 2 when 'superseded' then 3 else 4 end, last desc, source, message
"""


def read(path: Path) -> Status:
    """The state of the published file's deliveries and checks."""
    with connect(path) as connection:
        counted = rows(
            connection,
            "select source, status, count(*) as deliveries, max(extract_date) filter (status = 'accepted') as last,"
            " coalesce(sum(rows) filter (status = 'accepted'), 0)::bigint as loaded from delivery group by source, status",
        )
        problems = rows(connection, MESSAGES.format(condition="status <> 'accepted'"))
        warnings = rows(connection, MESSAGES.format(condition="status = 'accepted' and message like '%Varning:%'"))
        quarantine = rows(
            connection,
            "select delivery.source, quarantine.dataset, quarantine.column_name, quarantine.reason, count(*) as found,"
            " count(distinct quarantine.delivery_id) as deliveries"
            " from quarantine left join delivery using (delivery_id)"
            " group by all order by found desc, 1, 2, 3, 4",
        )
        checks = rows(connection, "select * from contract_check order by severity, source, dataset, check_name")
        jumps = rows(
            connection, "select * from figure_check order by is_warning desc, compared_with, title, group_code"
        )
        job_centres = {MISSING: MISSING_LABEL} | {
            row["code"]: row["name"] for row in rows(connection, "select code, name from job_centre")
        }
    by_source: dict[str, list[dict[str, Any]]] = {}
    for row in counted:
        by_source.setdefault(row["source"], []).append(row)
    order = {name: place for place, name in enumerate(SOURCES)}
    sources = tuple(
        SourceLine(
            source=source_title(name),
            counts=tuple(sum(row["deliveries"] for row in lines if row["status"] == status) for status in STATUSES),
            rows=sum(row["loaded"] for row in lines),
            last=max((row["last"] for row in lines if row["last"]), default=None),
        )
        for name, lines in sorted(by_source.items(), key=lambda item: (order.get(item[0], len(order)), item[0] or ""))
    )
    failed = [row for row in checks if not row["success"]]
    lists = (problems, warnings, quarantine, failed)
    return Status(
        statuses=tuple(STATUSES.values()),
        sources=sources,
        problems=_messages(problems[:LIMIT]),
        warnings=_messages(warnings[:LIMIT]),
        quarantine=tuple(
            Quarantined(
                source=source_title(row["source"]),
                dataset=row["dataset"],
                column=row["column_name"] or "",
                reason=FAULTS.get(row["reason"], row["reason"]),
                rows=row["found"],
                deliveries=row["deliveries"],
            )
            for row in quarantine[:LIMIT]
        ),
        failed_checks=tuple(
            Check(
                source=source_title(row["source"]),
                dataset=row["dataset"] or "",
                name=row["check_name"],
                severity=SEVERITIES.get(row["severity"], row["severity"]),
                detail=row["detail"] or "",
            )
            for row in failed[:LIMIT]
        ),
        passed_checks=len(checks) - len(failed),
        jumps=tuple(_jump(row, job_centres) for row in jumps),
        left_out=sum(max(len(found) - LIMIT, 0) for found in lists),
    )
