"""What the published file says of deliveries, checks and the night itself, for the page ”Underlag och kontroller”."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dashboards.published.file import connect, rows
from dashboards.published.publication import read_failed_parts, read_publication

#: A row of the file by column name.
Row = dict[str, Any]


@dataclass(frozen=True)
class Remark:
    """One thing that the nightly said of a delivery. ``is_command``: it names commands, which the page gives by themselves."""

    code: str
    is_warning: bool
    is_command: bool
    sentence: str


@dataclass(frozen=True)
class ChangedExtract:
    """A loaded extract that changed what answers ”as known on” its date or later may use, after they could have been given.

    ``kind``: revised, released or late. ``version``: the publication that first used it, where that is known.
    """

    source: str
    extract_date: date
    revision: int
    version: int | None
    kind: str


@dataclass(frozen=True)
class NightlyStatus:
    """All deliveries, checks and notices, in the order in which they are shown."""

    version: int
    deliveries: list[Row]
    #: By delivery; a delivery that was loaded and nothing more has none.
    remarks: dict[str, list[Remark]]
    quarantine: list[Row]
    checks: list[Row]
    #: None where the figures could not be compared with other nights'.
    jumps: list[Row] | None
    notices: list[Row]
    #: By source, in the order of the contracts.
    freshness: list[Row]
    #: What is wrong, since when and who has acknowledged it.
    troubles: list[Row]
    job_centres: dict[str, str]
    changed_extracts: tuple[ChangedExtract, ...]
    purge_protocol: list[Row]


_DELIVERIES = "select * from delivery order by extract_date desc nulls first, source, revision desc, folder"
_QUARANTINE = """
select delivery.source, quarantine.dataset, quarantine.column_name, quarantine.reason, quarantine.expected,
    coalesce(delivery.judged_in = ?, false) as is_new, count(*) as found,
    count(distinct quarantine.delivery_id) as deliveries
from quarantine left join delivery using (delivery_id)
group by all
order by found desc, delivery.source, quarantine.dataset, quarantine.column_name, quarantine.reason, quarantine.expected
"""
_CHECKS = "select * from contract_check order by severity, source, dataset, check_name"
_JUMPS = "select * from figure_check order by is_warning desc, compared_with, title, group_code"
_NOTICES = "select * from notice order by waits_for_a_person desc, rowid"
_FRESHNESS = "select * from freshness order by rowid"
_TROUBLES = "select * from trouble order by begun_on, trouble"
_PURGE_PROTOCOL = "select * from purge_protocol order by version desc, reason"


def read_status(path: Path) -> NightlyStatus:
    """The state of the published file's deliveries and checks."""
    with connect(path) as connection:
        version = read_publication(connection).version
        has_jumps = "jumps" not in read_failed_parts(connection)
        return NightlyStatus(
            version=version,
            deliveries=rows(connection, _DELIVERIES),
            remarks=_read_remarks(connection),
            quarantine=rows(connection, _QUARANTINE, [version]),
            checks=rows(connection, _CHECKS),
            jumps=rows(connection, _JUMPS) if has_jumps else None,
            notices=rows(connection, _NOTICES),
            freshness=_rows_if_there(connection, "freshness", _FRESHNESS),
            troubles=_rows_if_there(connection, "trouble", _TROUBLES),
            job_centres={row["code"]: row["name"] for row in rows(connection, "select code, name from job_centre")},
            changed_extracts=read_changed_extracts(connection),
            purge_protocol=rows(connection, _PURGE_PROTOCOL),
        )


def _rows_if_there(connection: duckdb.DuckDBPyConnection, table: str, query: str) -> list[Row]:
    """The rows of a table that a file of an older program does not have; what it shows is shown until the next night."""
    is_there = connection.execute("select 1 from duckdb_tables() where table_name = ?", [table]).fetchone()
    return rows(connection, query) if is_there else []


def _read_remarks(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Remark]]:
    found: dict[str, list[Remark]] = {}
    for row in rows(connection, "select * from delivery_remark order by delivery_id, position"):
        remark = Remark(row["code"], row["is_warning"], row["is_command"], row["sentence"])
        found.setdefault(row["delivery_id"], []).append(remark)
    return found


#: Extracts that changed what answers for past days may use: a source sent a higher revision of what an earlier publication
#: had used (what was held then and never used looks the same), a person released a held one, or it came late.
_CHANGED_EXTRACTS = """
with nights as (
    select judged_in, max(max(extract_date)) over (order by judged_in rows between unbounded preceding and 1 preceding) as latest
    from delivery
    where status in ('accepted', 'superseded')
    group by judged_in
),

loaded as (
    select source, extract_date, revision,
        case when decided = 'release' then null else judged_in end as version,
        case
            when exists (
                select 1 from delivery as lower
                where lower.status = 'superseded' and lower.source = delivery.source
                    and lower.extract_date = delivery.extract_date and lower.revision < delivery.revision
                    and lower.judged_in < delivery.judged_in
            ) then 'revised'
            when decided = 'release' then 'released'
            when extract_date < nights.latest then 'late'
        end as kind
    from delivery inner join nights using (judged_in)
    where status = 'accepted'
)

from loaded
where kind is not null and extract_date <= ?
order by kind = 'late', extract_date desc, source
"""


def read_changed_extracts(
    connection: duckdb.DuckDBPyConnection, known_to: date = date.max
) -> tuple[ChangedExtract, ...]:
    """The extracts, with a date up to that day, that came in or were replaced when later days were published already: those
    revised and released first, then those that came late, newest first."""
    return tuple(ChangedExtract(**row) for row in rows(connection, _CHANGED_EXTRACTS, [known_to]))
