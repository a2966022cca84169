"""A nightly without Dagster and without dbt's process: the program's own steps, in the job's order, in a second or two.

A test that kills a hundred nightlies cannot wait for a hundred starts of dbt. What differs from the real job is only who
calls the steps; a few tests kill the real one.
"""

import json
import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from dashboards.pages import site
from dashboards.pages.reports import write_lists
from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.contract import load_sources
from pipelines.history.purge_archives import purge_archives, remove_archives
from pipelines.history.store import History
from pipelines.history.unexplained import unexplained_changes
from pipelines.intake.backlog import Backlog
from pipelines.intake.clear_drop import clear_drop_folder, damaged_copies
from pipelines.intake.take_in import take_in
from pipelines.monitoring.standing import publish_troubles
from pipelines.orchestration.missing_deliveries import missing_deliveries
from pipelines.orchestration.publish import made_with
from pipelines.publication.guard import assert_figures_may_be_published, assert_same_figures, changes_of_known
from pipelines.publication.night_log import record_night
from pipelines.publication.published_file import build_published, write_freshness, write_notices
from pipelines.quality.freshness import read_freshness
from pipelines.state.home import Home, Version
from pipelines.warehouse.compiled import CompiledModel, run_models
from pipelines.warehouse.inputs import EVERYTHING, write_inputs
from pipelines.warehouse.periods import periods_of

#: Where the compiled models are, as tests.pipeline.models_json gives them: compiling takes longer than a nightly.
MODELS = "KAA_TEST_MODELS"

NOW = datetime(2026, 1, 1, 4, tzinfo=ZoneInfo("Europe/Stockholm"))


def nightly(home: Home, now: datetime = NOW) -> None:
    """Take in, purge, build, publish."""
    with home.nightly_lock():
        try:
            _nightly(home, now)
        finally:
            home.sweep()


def _nightly(home: Home, now: datetime) -> None:
    sources = load_sources(home.municipality.own_codes)
    version = home.start_next()
    before, unexplained = None if home.is_being_rebuilt else home.current(), []
    # Everything that is taken in is kept at once: a kill at any moment is one from which the next nightly goes on.
    backlog = None if home.is_being_rebuilt else Backlog(home, version, before, every=0)
    if backlog:
        backlog.resume()
    with History(version.history, sources, before.history if before else None) as history:
        if backlog and backlog.so_far:
            history.begins_after(before.history if before else None)
        taken = take_in(home, sources, history, version.number, now=now, backlog=backlog)
        history.purge(version.number)
        if before:
            unexplained = unexplained_changes(history.connection, before.history, history.datasets(), version.number)
        notices = list(taken.notices)
        if not home.is_being_rebuilt:
            notices += missing_deliveries(home, sources, history, taken, now)
        fresh = read_freshness(history.connection, sources, home.municipality, now)
        purge_archives(history.connection, sources, home.archive, version.number)
        days = history.connection.execute("select distinct extract_date from extract").fetchall()
    periods = periods_of([day for (day,) in days], home.municipality)
    with duckdb.connect(str(version.warehouse)) as connection:
        write_inputs(connection, home.municipality, periods, EVERYTHING)
    figures = build_models(version)
    build_published(version, home.municipality, periods, read_catalogue(), [], figures)
    write_freshness(version.published, fresh)
    notices += damaged_copies(home, version, now)
    write_notices(version.published, notices)
    publish_troubles(home, version.published, notices)
    for period in periods:
        if period.kind == home.municipality.report_year.kind:
            out = version.folder("published") / "report" / period.period_id
            site.build_report(version.published, period.period_id, out)
    write_lists(version.published, version.folder("published") / "report")
    if before:
        changes = changes_of_known(home, before, version)
        assert_figures_may_be_published(home, before, version, changes, unexplained)
    if home.is_being_rekeyed:
        assert_same_figures(home, version)
    record_night(home.path, version)
    home.put_in_place(version, [entry.delivery_id for entry in taken.judged], made_with(home))
    remove_archives(version.history, home.archive)
    home.forget_decisions({entry.delivery_id for entry in taken.still_held})
    clear_drop_folder(home, version, now)


def build_models(version: Version) -> str:
    """What dbt does: run the compiled models; returns the name of the figures' relation."""
    text = Path(os.environ[MODELS]).read_text(encoding="utf-8")
    models = [CompiledModel(**item) for item in json.loads(text)]
    with duckdb.connect(str(version.warehouse)) as connection:
        connection.execute(f"attach '{version.history}' as history (read_only)")
        run_models(connection, models)
    version.models.write_text(text, encoding="utf-8")
    return next(model.relation for model in models if model.name == "figures")
