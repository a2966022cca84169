"""Metrics in Prometheus's text format for the node exporter's textfile collector: `kaa.prom`, written anew after each run.

docs/overvakning.md says what each means. Numbers about the program and its deliveries; none is a figure, none is about persons.
What is measured is asked here; what is wrong belongs in ``troubles``.
"""

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, time
from importlib.metadata import version as installed_version
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from pipelines.monitoring.known import KnownTroubles
from pipelines.runtime import clock
from pipelines.runtime.database import open_database
from pipelines.runtime.files import atomic_write
from pipelines.runtime.log import Event, event
from pipelines.runtime.os_errors import sentence
from pipelines.state.home import Home
from pipelines.state.last_backup import read_last_backup
from pipelines.state.last_run import LastRun, RunResult

FOLDER = "metrics"
FILE = "kaa.prom"

#: What KAA_HOME holds, as its zones are told apart by their size.
ZONES = (
    "archive", "history", "warehouse", "published", "public", "editions", "dagster", "dbt", "logs", "scratch", "aside",
)  # fmt: skip

#: How much each archived delivery takes, so that years of them are not looked through every night.
_ARCHIVE_SIZES = "metrics/archive_sizes.json"


def write_metrics(home: Home, run: LastRun, known: KnownTroubles, published: Path | None) -> None:
    """Write them in one step, readable for the node exporter's user. What cannot be written is said in the log."""
    try:
        folder = home.path / (home.settings.metrics or FOLDER)
        if folder == home.path / FOLDER:
            folder.mkdir(mode=0o755, exist_ok=True)
        path = atomic_write(folder / FILE, text(home, run, known, published), 0o644)
        path.chmod(0o644)  # whatever the process's mask is
    except OSError as error:
        event(home.path, Event.METRICS_NOT_WRITTEN, why=sentence(error))


def text(home: Home, run: LastRun, known: KnownTroubles, published: Path | None) -> str:
    """All metrics as text."""
    registry = CollectorRegistry()
    _of_the_run(registry, run)
    _of_troubles(registry, known)
    _of_the_machine(registry, home)
    if published:
        with open_database(published, read_only=True) as connection:
            _of_what_is_published(registry, connection, ZoneInfo(home.municipality.timezone))
    return generate_latest(registry).decode()


def _gauge(registry: CollectorRegistry, name: str, means: str, *labels: str) -> Gauge:
    return Gauge(name, means, labels, registry=registry)


def _of_the_run(registry: CollectorRegistry, run: LastRun) -> None:
    started, ended = _moment(run.started_at), _moment(run.ended_at)
    _gauge(registry, "kaa_metrics_timestamp_seconds", "When these metrics were written.").set(clock.now().timestamp())
    _gauge(registry, "kaa_program_info", "The program, by its version.", "version").labels(
        installed_version("kaa-warehouse")
    ).set(1)
    if started is not None:
        _gauge(registry, "kaa_run_start_timestamp_seconds", "When the last run began.").set(started)
    if ended is not None:
        _gauge(registry, "kaa_run_end_timestamp_seconds", "When the last run ended.").set(ended)
    if started is not None and ended is not None:
        _gauge(registry, "kaa_run_duration_seconds", "How long the last run took.").set(max(0.0, ended - started))
    if run.exit_code is not None:
        _gauge(registry, "kaa_run_exit_code", "The last run's exit code: 0, 1 or 2.").set(run.exit_code)
    result = _gauge(registry, "kaa_run_result", "1 for what came of the last run, 0 for what did not.", "result")
    for one in RunResult:
        result.labels(one.value).set(one is run.result)
    steps = _gauge(registry, "kaa_run_step_seconds", "How long each step of the last run took.", "step")
    for name, seconds in run.seconds.items():
        steps.labels(name).set(seconds)
    judged = _gauge(registry, "kaa_run_deliveries", "Deliveries that the last run judged, by status.", "status")
    for status, count in run.by_status.items():
        judged.labels(status).set(count)


def _moment(at: str | None) -> float | None:
    return datetime.fromisoformat(at).timestamp() if at else None


def _of_troubles(registry: CollectorRegistry, known: KnownTroubles) -> None:
    troubles = _gauge(registry, "kaa_troubles", "Troubles that are not over.", "code", "acknowledged")
    for one in known.open:
        troubles.labels(one.code, str(one.acknowledged).lower()).inc()
    # Without a series an alert cannot tell none from unknown.
    _gauge(registry, "kaa_troubles_open", "Troubles that are not over and that nobody has acknowledged.").set(
        sum(not one.acknowledged for one in known.open)
    )
    failed = _gauge(registry, "kaa_channel_failed", "1 where a channel could not be told its last message.", "channel")
    for channel, sending in known.sendings.items():
        failed.labels(channel).set(sending.why is not None)


def _of_what_is_published(registry: CollectorRegistry, connection: duckdb.DuckDBPyConnection, zone: ZoneInfo) -> None:
    published = connection.execute("select version, published_at from publication").fetchone()
    if published:
        _gauge(registry, "kaa_published_version", "The published version's number.").set(published[0])
        at = published[1].replace(tzinfo=zone).timestamp()
        _gauge(registry, "kaa_publication_timestamp_seconds", "When it was published.").set(at)
    statuses = _gauge(registry, "kaa_deliveries", "All deliveries seen, by status.", "status")
    for status in ("accepted", "held", "rejected", "duplicate", "superseded"):
        statuses.labels(status)
    for status, count in connection.execute("select status, count(*) from delivery group by all").fetchall():
        statuses.labels(status).set(count)
    last = _gauge(
        registry, "kaa_source_last_extract_timestamp_seconds", "The day of a source's latest extract.", "source"
    )
    rows = _gauge(registry, "kaa_source_rows", "Data rows of a source's latest extract.", "source")
    quarantined = _gauge(registry, "kaa_source_quarantined_rows", "Rows of it that are in quarantine.", "source")
    for source, day, count, bad in connection.execute(_LATEST).fetchall():
        last.labels(source).set(_midnight(day, zone))
        rows.labels(source).set(count)
        quarantined.labels(source).set(bad)
    _of_freshness(registry, connection)


_LATEST = """
select source, max(extract_date), arg_max(rows, (extract_date, revision)), arg_max(quarantined_rows, (extract_date, revision))
from delivery
where status = 'accepted'
group by source
order by source
"""


def _midnight(day: date, zone: ZoneInfo) -> float:
    return datetime.combine(day, time.min, zone).timestamp()


def _of_freshness(registry: CollectorRegistry, connection: duckdb.DuckDBPyConnection) -> None:
    """What the night said of each source; a file of an older program says nothing of it."""
    if not connection.execute("select 1 from duckdb_tables() where table_name = 'freshness'").fetchone():
        return
    missing = _gauge(
        registry, "kaa_source_missing_extracts", "Expected extracts of a source that have not come.", "source"
    )
    silent = _gauge(registry, "kaa_source_silent", "1 where too many of them are missing.", "source")
    for source, count, state in connection.execute("select source, missing, state from freshness").fetchall():
        missing.labels(source).set(count)
        silent.labels(source).set(state == "silent")


# --- room --------------------------------------------------------------------------------------------------------------------


def _of_the_machine(registry: CollectorRegistry, home: Home) -> None:
    zones = _gauge(registry, "kaa_zone_bytes", "What each zone of KAA_HOME takes on its disk.", "zone")
    for zone in ZONES:
        folder = home.path / zone
        zones.labels(zone).set(_archive_bytes(home) if zone == "archive" else _bytes(folder))
    backup = read_last_backup(home.path)
    if (taken := _moment(backup.taken_at)) is not None:
        _gauge(registry, "kaa_backup_last_timestamp_seconds", "When the last whole backup was taken.").set(taken)
        _gauge(registry, "kaa_backup_bytes", "What it takes.").set(backup.bytes)
    usage = shutil.disk_usage(home.path)
    _gauge(registry, "kaa_disk_free_bytes", "What is free on the disk of KAA_HOME.").set(usage.free)
    _gauge(registry, "kaa_disk_size_bytes", "The size of that disk.").set(usage.total)


def _bytes(folder: Path) -> int:
    """What a folder takes with all that lies below it; what is removed meanwhile counts nothing."""
    total = 0
    waiting = [str(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total


def _archive_bytes(home: Home) -> int:
    """As ``_bytes`` for the archive, of which only those deliveries are looked through that have changed since the last time."""
    kept = home.path / _ARCHIVE_SIZES
    before: dict[str, list[int]] = {}
    with suppress(OSError, ValueError):
        before = json.loads(kept.read_text(encoding="utf-8"))
    sizes: dict[str, list[int]] = {}
    for name, changed in _folders(home.archive):
        known = before.get(name)
        is_known = known is not None and known[0] == changed and not name.startswith(".")
        sizes[name] = known if is_known and known else [changed, _bytes(home.archive / name)]
    if sizes != before:
        with suppress(OSError):
            atomic_write(kept, json.dumps(sizes), 0o640)
    return sum(size for _, size in sizes.values())


def _folders(folder: Path) -> Iterable[tuple[str, int]]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield entry.name, entry.stat(follow_symlinks=False).st_mtime_ns
