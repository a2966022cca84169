"""What is done when a run has ended, whatever came of it: troubles are noted, people told, metrics written.

Which troubles there are is asked in ``troubles``; how a run is started, watched and ended belongs in ``orchestration``.
"""

import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from pipelines.monitoring.acknowledgements import known_to_somebody
from pipelines.monitoring.known import FILE, Known, KnownTroubles, alone, read_known, write_known
from pipelines.monitoring.metrics import write_metrics
from pipelines.monitoring.telling import channels, tell
from pipelines.monitoring.troubles import GOOD, Seen, published_at, troubles_of
from pipelines.monitoring.words import of_run
from pipelines.notices import NoticeCode
from pipelines.runtime import clock
from pipelines.runtime.database import open_database
from pipelines.runtime.errors import NightlyFailed
from pipelines.runtime.log import Event, event
from pipelines.state.home import Home
from pipelines.state.last_backup import read_last_backup
from pipelines.state.last_run import LastRun


def after_run(home: Home, run: LastRun) -> None:
    """Note what is wrong after a run and what is over, tell who is to be told, and write the metrics.

    Called with the same run again it tells nothing twice, so whoever watches over the nightly may call it at any time. It never
    raises: what could not be told is tried again next time, and said in the log and on the page.
    """
    try:
        with alone(home.path):
            _look(home, run)
    except Exception as error:  # whatever it is, the night is published or failed already; its text may quote the data
        event(home.path, Event.TELLING_FAILED, kind=type(error).__name__, place=_place(error))


def _look(home: Home, run: LastRun) -> None:
    now = clock.now(home.municipality.timezone)
    known = read_known(home.path)
    published = _published(home)
    acknowledged = known_to_somebody(home)
    if run.result in GOOD and run.ended_at:
        known.last_published = _later(known.last_published, run.ended_at)
    seen = Seen(run, published, _last_published(known, published, now), read_last_backup(home.path), now)
    found = troubles_of(seen, home.settings.telling.unpublished_nights)
    begun, over = known.look_at(found, now, acknowledged.keys())
    _write_down(home, run, published, known, begun, over)
    _keep(home, known)  # before anybody is told: who is told by a process that is killed may hear it twice
    try:
        tell(home, known, of_run(run), now, channels(home))
    finally:
        _keep(home, known)
        write_metrics(home, run, known, published)


def _keep(home: Home, known: KnownTroubles) -> None:
    """Where it cannot be kept people are told all the same, and told again next time."""
    try:
        write_known(home.path, known)
    except OSError as error:
        event(home.path, Event.TELLING_FAILED, kind=type(error).__name__, place=FILE)


def _published(home: Home) -> Path | None:
    """The published file; None before the first night, and where nobody can say which one counts or it cannot be read: a night
    that failed for that is told of."""
    with suppress(NightlyFailed, duckdb.Error, OSError):
        version = home.current()
        if version and published_at(version.published):
            return version.published
    return None


def _later(before: str | None, at: str) -> str:
    return at if before is None or datetime.fromisoformat(at) > datetime.fromisoformat(before) else before


def _last_published(known: KnownTroubles, published: Path | None, now: datetime) -> datetime | None:
    """When a run last published or found nothing new, by the municipality's clocks."""
    if known.last_published:
        return datetime.fromisoformat(known.last_published).astimezone(now.tzinfo)
    if published:
        zone = now.tzinfo if isinstance(now.tzinfo, ZoneInfo) else None
        return published_at(published).replace(tzinfo=zone)
    return None


# --- the log -----------------------------------------------------------------------------------------------------------------

_JUDGED = """
select delivery_id, source, extract_date, revision, status, reason, rows, quarantined_rows
from delivery
where judged_in > ? and judged_in <= ?
order by judged_in, extract_date, source, revision
"""


def _write_down(
    home: Home, run: LastRun, published: Path | None, known: KnownTroubles, begun: list[Known], over: list[Known]
) -> None:
    """The events of this look."""
    if published and run.result in GOOD and run.version > known.logged_version:
        with open_database(published, read_only=True) as connection:
            cursor = connection.execute(_JUDGED, [known.logged_version or run.version - 1, run.version])
            names = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                event(home.path, Event.DELIVERY_JUDGED, **dict(zip(names, row, strict=True)))
        known.logged_version = run.version
    for one in begun:
        event(home.path, Event.TROUBLE_BEGUN, trouble=one.id, code=one.code)
    for one in over:
        days = (datetime.fromisoformat(one.over_at or one.seen_at) - one.began).days
        event(home.path, Event.TROUBLE_OVER, trouble=one.id, code=one.code, days=days)
    if known.logged_run != run.started_at:
        for notice in run.notices:
            if notice["code"] == NoticeCode.SOURCE_SILENT:
                event(home.path, Event.SOURCE_SILENT, **notice["about"])
        known.logged_run = run.started_at


def _place(error: Exception) -> str:
    """Where in the program an error arose."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{'/'.join(Path(frames[-1].filename).parts[-3:])}:{frames[-1].lineno}" if frames else ""
