"""A night with nothing new: what is published would come out the same, so only what tells of the night is made anew.

It is known to come out the same when every delivery in the drop folder has been judged, nobody has decided anything, the version
is byte for byte as it was sealed, and it was made with the same program, contracts and profile. That answers what the guard asks
on other nights (``publication.guard``), too. What may change all the same is asked as on every night, by the same functions: who
is silent, what has vanished or cannot be read, what is due. Whatever else is found, and any doubt, makes it a whole night
(``nightly``), which begins anew. Neither Dagster nor dbt nor Great Expectations is loaded here.
"""

import shutil
from contextlib import suppress

from pipelines.delivery.find import find_deliveries
from pipelines.notices import NoticeCode
from pipelines.orchestration.publish import made_with, publish
from pipelines.publication.guard import STOPPED
from pipelines.runtime import clock
from pipelines.runtime.database import make_room
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.files import link_or_copy
from pipelines.runtime.log import Event, event
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home, Version

#: Below a version's folder in ``published``: a folder of pages for each report.
REPORTS = "report"


def nothing_new(home: Home) -> bool:
    """Whether a nightly would publish what is published; it only reads.

    Raises UsageError when the drop folder cannot be listed, NightlyFailed when the state cannot be read.
    """
    version = None if home.is_being_rebuilt else home.current()
    return (
        version is not None
        and not home.decisions()
        and not (home.path / STOPPED).exists()
        and _all_are_judged(home, version)
        and _nothing_failed(version)
        and version.made_with is not None
        and version.made_with == made_with(home)
        and version.is_as_sealed
    )


def quiet_night(home: Home) -> bool:
    """Publish the state of a night on which nothing is new. False, and nothing is published, when the whole job is needed. Only
    the holder of the lock may call it.

    Raises UsageError and NightlyFailed as the job does.
    """
    if not nothing_new(home):
        return False
    try:
        return _publish_state(home)
    except (NightlyFailed, UsageError):
        raise
    except Exception as error:  # the whole night begins anew, and says what is wrong if anything is
        event(home.path, Event.QUIET_NIGHT_GIVEN_UP, kind=type(error).__name__)
        return False
    finally:
        with suppress(OSError):
            home.sweep()


def _all_are_judged(home: Home, version: Version) -> bool:
    """What was left alone on an earlier night has not been judged, and is looked at again."""
    with open_for_reading(version.history) as connection:
        judged = {name for (name,) in connection.execute("select delivery_id from delivery").fetchall()}
    found, _ = find_deliveries(home.drop)
    return all(one.delivery_id in judged for one in found)


def _nothing_failed(version: Version) -> bool:
    """A part or a page that could not be made is tried again."""
    with open_for_reading(version.published) as connection:
        failed = connection.execute(
            "select 1 from failed_part union all select 1 from notice where code = ?", [NoticeCode.PART_FAILED.value]
        ).fetchone()
    return failed is None


def _publish_state(home: Home) -> bool:
    # Loaded here: a night that has something new is known without them.
    from pipelines.configuration.contract import load_sources
    from pipelines.history.purge_archives import purge_archives
    from pipelines.history.store import History
    from pipelines.intake.clear_drop import damaged_copies
    from pipelines.intake.take_in import take_in
    from pipelines.monitoring.standing import publish_troubles
    from pipelines.orchestration.missing_deliveries import missing_deliveries
    from pipelines.publication.published_file import renew_published, write_freshness
    from pipelines.quality.freshness import read_freshness

    before = home.current()
    assert before is not None
    version = home.start_next()
    make_room(home.path)
    sources = load_sources(home.municipality.own_codes)
    with History(version.history, sources) as history:
        taken = take_in(home, sources, history, version.number, lambda rows, dates: None)
        removed = history.purge(version.number)
        purged = purge_archives(history.connection, sources, home.archive, version.number)
        notices = [*taken.notices, *missing_deliveries(home, sources, history, taken)]
        fresh = read_freshness(history.connection, sources, home.municipality)
    if taken.judged or removed or purged:  # it has come in since, or its time has come
        return False
    notices += damaged_copies(home, version, clock.now(home.municipality.timezone))
    for name in before.sealed_files("warehouse"):
        link_or_copy(before.folder("warehouse") / name, version.folder("warehouse") / name)
    shutil.copyfile(before.published, version.published)
    renew_published(version.published, version.number, home.municipality, notices)
    write_freshness(version.published, fresh)
    publish_troubles(home, version.published, notices)
    _renew_reports(before, version)
    publish(home, version, [], {entry.delivery_id for entry in taken.still_held})
    return True


def _renew_reports(before: Version, version: Version) -> None:
    from dashboards.pages.renewed import renew_report
    from dashboards.published.file import connect

    reports: dict[str, list[str]] = {}
    for name in before.sealed_files("published"):
        folder, _, below = name.partition("/")
        if folder == REPORTS:
            period, _, file = below.partition("/")
            reports.setdefault(period, []).append(file)
    with connect(before.published), connect(version.published):  # held, so that no page opens them anew
        for period, names in reports.items():
            earlier, out = (one.folder("published") / REPORTS / period for one in (before, version))
            renew_report(before.published, version.published, earlier, names, out)
