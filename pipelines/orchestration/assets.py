"""The assets, from source to report: deliveries, the history's datasets, dbt's models, the published file, the pages.

Each function here only calls the step that does the work and says what came of it, in counts: Dagster shows metadata and
logs to everybody who may open it, so nothing here may hold a value from the data.
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, redirect_stdout, suppress
from functools import partial
from importlib.metadata import version as package_version
from pathlib import Path

import dagster as dg
import polars as pl
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation, dbt_assets, get_asset_key_for_model
from packaging.version import parse as parse_version

from dashboards.pages import site
from dashboards.pages.reports import write_lists
from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.contract import Dataset, Source, load_sources
from pipelines.history.purge_archives import purge_archives
from pipelines.history.store import History
from pipelines.history.unexplained import unexplained_changes
from pipelines.intake.backlog import Backlog
from pipelines.intake.clear_drop import damaged_copies
from pipelines.intake.progress import NOBODY, Watch
from pipelines.intake.take_in import take_in
from pipelines.monitoring.standing import publish_troubles
from pipelines.notices import NoticeCode, notice
from pipelines.orchestration.bridges import bridge_rows
from pipelines.orchestration.checked_before import checked_before
from pipelines.orchestration.missing_deliveries import missing_deliveries
from pipelines.orchestration.night import Night, NightlyResource
from pipelines.orchestration.publish import publish
from pipelines.orchestration.quiet_night import REPORTS
from pipelines.publication.guard import assert_figures_may_be_published, assert_same_figures, changes_of_known
from pipelines.publication.published_file import build_published, write_bridges, write_freshness, write_notices
from pipelines.quality import CheckResult, Promised, validate
from pipelines.quality.freshness import read_freshness
from pipelines.runtime import clock
from pipelines.runtime.database import make_room, open_database
from pipelines.runtime.errors import NightlyFailed, tells_of_full_disk
from pipelines.warehouse.compiled import keep_models, kept_models
from pipelines.warehouse.dbt import (
    PROJECT,
    DbtCall,
    build,
    close_after_a_kill,
    dbt_failure,
    dbt_folder,
    link_to,
    read_manifest,
    start_dbt,
)
from pipelines.warehouse.inputs import EVERYTHING, TABLES, write_inputs
from pipelines.warehouse.parts import BRIDGES, dbt_nodes, failed_nodes, failed_parts

#: The graph is the same for every municipality; only the district codes that are accepted differ.
SOURCES: dict[str, Source] = load_sources()
_DATASETS = [dataset for source in SOURCES.values() for dataset in source.datasets.values()]
_LEDGER_TABLES = ("extract", "number", "delivery")
_MANIFEST = read_manifest()
_TRANSLATOR = DagsterDbtTranslator()
_NODES = dbt_nodes(_MANIFEST)

#: Seconds after which the parts are given up: at a city's size they take some five.
LONGEST_PARTS = 20 * 60

delivery_specs = [
    dg.AssetSpec(["drop", source.name], group_name="delivery", description=f"Leveranser från {source.title}.")
    for source in SOURCES.values()
]


def _tell(context: dg.AssetExecutionContext, text: str) -> None:
    """Progress, to Dagster and to a terminal where somebody watches."""
    context.log.info(text)
    terminal = sys.__stderr__
    with suppress(OSError):  # a terminal that has been closed meanwhile
        if terminal is not None and terminal.isatty():
            print(text, file=terminal)


def _watched() -> AbstractContextManager[Watch | None]:
    """Who is told how far taking in has come: a bar, where somebody watches."""
    terminal = sys.__stderr__  # Dagster's own words are kept from the present one
    if terminal is None or not terminal.isatty():
        return nullcontext()
    from pipelines.orchestration.backlog_progress import bar_on  # most nights have no terminal

    return bar_on(terminal)


def _history_key(dataset: Dataset) -> dg.AssetKey:
    return dg.AssetKey(["history", dataset.table])


@dg.multi_asset(
    name="take_in",
    specs=[
        *[
            dg.AssetSpec(_history_key(dataset), deps=[["drop", dataset.source]], group_name="history",
                         description=f"Historik för {dataset.source}/{dataset.name}: en rad per nyckel, innehåll och "
                         "obruten följd av uttag.")
            for dataset in _DATASETS
        ],
        *[
            dg.AssetSpec(["history", table], deps=[["drop", name] for name in SOURCES], group_name="history")
            for table in _LEDGER_TABLES
        ],
    ],
)  # fmt: skip
def taken_in(context: dg.AssetExecutionContext, nightly: NightlyResource) -> Iterator[object]:
    """Take in what is new in the drop folder, extend the history, and begin to check it against the contracts."""
    night = nightly.night
    night.version = night.home.start_next()
    # What is made again from the archive is not held against the night before, and looks at no drop folder.
    night.previous = None if night.home.is_being_rebuilt else night.home.current()
    make_room(night.home.path)
    before = night.previous.history if night.previous else None
    backlog = None if night.home.is_being_rebuilt else Backlog(night.home, night.version, night.previous)
    if backlog and (told := backlog.resume()):
        _tell(context, told)
    with History(night.version.history, night.sources, before) as history, _watched() as watch:
        if backlog and backlog.so_far:
            history.begins_after(before)
        progress = context.log.info if watch else partial(_tell, context)
        result = take_in(
            night.home,
            night.sources,
            history,
            night.version.number,
            progress=progress,
            backlog=backlog,
            watch=watch or NOBODY,
        )
        checked = checked_before(night.home, night.previous)
        to_check = [
            _extracts_to_check(
                history, dataset, result.extracts[dataset.table], (dataset.source, dataset.name) in checked
            )
            for dataset in history.datasets()
            if dataset.table in result.extracts
        ]
        # Waited for when the figures are published: they are made while dbt works.
        night.contract_checks = night.background.submit(validate, to_check)
        removals = history.purge(night.version.number)
        if night.previous:
            night.unexplained = unexplained_changes(
                history.connection, night.previous.history, history.datasets(), night.version.number
            )
        archived = purge_archives(history.connection, night.sources, night.home.archive, night.version.number)
        days = history.connection.execute("select distinct extract_date from extract").fetchall()
        night.extract_days = [day for (day,) in days]
        night.notices += result.notices
        if not night.home.is_being_rebuilt:
            night.notices += missing_deliveries(night.home, night.sources, history, result)
        night.freshness = read_freshness(history.connection, night.sources, night.home.municipality)
    night.judged = {entry.delivery_id for entry in result.judged}
    night.background.submit(night.home.write_out_archive, night.judged)  # what publishing would wait for
    night.still_held = {entry.delivery_id for entry in result.still_held}
    by_status = {entry.status: sum(one.status == entry.status for one in result.judged) for entry in result.judged}
    context.log.info(
        f"Deliveries judged: {by_status or 'none'}; held: {len(result.still_held)}; persons purged: "
        f"{sum(removal.persons for removal in removals)}; archived files purged: {archived.archives if archived else 0}."
    )
    for dataset in _DATASETS:
        yield dg.MaterializeResult(asset_key=_history_key(dataset))
    for table in _LEDGER_TABLES:
        yield dg.MaterializeResult(asset_key=["history", table], metadata=by_status if table == "delivery" else {})


def _extracts_to_check(history: History, dataset: Dataset, counts: pl.DataFrame, rest_is_checked: bool) -> Promised:
    """The extracts that were taken in tonight, all nights of a backlog at once, before purging. ``rest_is_checked``: the rows
    that were there before them have been checked against the same contract."""
    days = sorted(counts["extract_date"])
    first, last = days[0], days[-1]
    keys = ", ".join(column.history_name for column in dataset.key)
    names = ", ".join(column.history_name for column in dataset.columns)
    seen = f"from {dataset.table} where first_extract_date <= $last and coalesce(last_extract_date, $last) >= $first"
    is_new = "first_extract_date >= $first" if rest_is_checked else "true"
    contents, earlier = (
        history.connection.execute(f"select {names} {seen} and {which}", {"first": first, "last": last}).pl()
        for which in (is_new, f"not ({is_new})")
    )
    distinct = history.connection.execute(
        f"select count(distinct ({keys})) {seen}", {"first": last, "last": last}
    ).fetchone()
    newest = pl.when(pl.col("extract_date") == last).then(pl.lit(distinct[0] if distinct else 0))
    extracts = counts.sort("extract_date").select(
        "extract_date",
        "data_rows",
        distinct_rows=pl.col("loaded"),
        distinct_keys=newest.otherwise(pl.col("loaded")),
        quarantined_rows=pl.col("quarantined"),
        repeated_rows=pl.col("repeated"),
        previous_rows=pl.col("data_rows").shift(1, fill_value=pl.lit(history.rows_before(dataset, first), pl.Int64)),
    )
    return Promised(dataset, contents, extracts, earlier)


@dg.multi_asset_check(
    name="contracts",
    specs=[
        dg.AssetCheckSpec("contract", asset=_history_key(dataset), description="Det kontraktet lovar om datamängden.")
        for dataset in _DATASETS
    ],
    op_tags={"dagster/priority": "-1"},  # they are made while dbt works, and asked for after it
)
def contracts(nightly: NightlyResource) -> Iterator[dg.AssetCheckResult]:
    """What came of checking the history against the contracts."""
    checks = nightly.night.checks
    for dataset in _DATASETS:
        yield _contract_result(dataset, [check for check in checks if check.dataset == dataset.name])


def _contract_result(dataset: Dataset, checks: list[CheckResult]) -> dg.AssetCheckResult:
    failed = [check for check in checks if not check.success]
    broken = [check for check in failed if check.severity == "error"]
    return dg.AssetCheckResult(
        passed=not failed,
        check_name="contract",
        asset_key=_history_key(dataset),
        severity=dg.AssetCheckSeverity.ERROR if broken else dg.AssetCheckSeverity.WARN,
        metadata={check.check_name: check.detail for check in failed},
    )


@dg.multi_asset(
    name="inputs",
    specs=[dg.AssetSpec(["input", table], deps=[["history", "extract"]], group_name="warehouse") for table in TABLES],
)
def inputs(nightly: NightlyResource) -> Iterator[dg.MaterializeResult[None]]:
    """The parameters of dbt's models: periods, profile, code lists, and how much is known."""
    night = nightly.night
    with open_database(night.building.warehouse) as connection:
        write_inputs(connection, night.home.municipality, night.periods, EVERYTHING)
    for table in TABLES:
        yield dg.MaterializeResult(asset_key=["input", table])


@dbt_assets(manifest=_MANIFEST, dagster_dbt_translator=_TRANSLATOR, name="dbt_models")
def dbt_models(context: dg.AssetExecutionContext, nightly: NightlyResource) -> Iterator[object]:
    """All models and data tests: first what the figures need, then the parts, which fail alone."""
    if context.is_subset:
        raise NightlyFailed("dbt builds all models or none: run the whole job nightly.")
    night = nightly.night
    version = night.building
    target = version.folder("warehouse") / "dbt"
    folder = dbt_folder()
    link_to(version, folder)
    log = night.home.path / "logs" / "dbt.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    figures = DbtCall(build(_NODES.figures), target)
    parts = DbtCall(build(_NODES.of_parts), target / "parts", seconds=LONGEST_PARTS)
    # Not DbtCliResource: it asks dbt's version of a process more (2.4 seconds of the processor) and loads dbt into this one,
    # too (1.4), and its own process could not have been loaded ahead.
    call = DbtCliInvocation(
        process=start_dbt(folder, figures, parts),
        manifest=_MANIFEST,
        dagster_dbt_translator=_TRANSLATOR,
        project_dir=PROJECT,
        target_path=target,
        raise_on_error=False,
        cli_version=parse_version(package_version("dbt-core")),
        context=context,
    )
    # dbt's own account of the night goes to a file: standard output belongs to programs that read ours.
    with log.open("w", encoding="utf-8") as file, redirect_stdout(file):
        yield from call.stream()
    if failed_nodes(target) != []:
        raise NightlyFailed(dbt_failure(target, log))
    keep_models(_MANIFEST, target / "run_results.json", version)
    night.failed_parts = failed_parts(_NODES, parts.target)
    if night.failed_parts:
        close_after_a_kill(version.warehouse)
    for part, problem in night.failed_parts.items():
        _tell(context, f"The part {part.id} failed ({problem}); the figures do not need it.")


@dg.asset(
    key=["published", "figures"],
    group_name="published",
    deps=[
        *[get_asset_key_for_model([dbt_models], model) for model in ("figures", "own_figures")],
        ["history", "delivery"],
        *[["input", table] for table in TABLES],
    ],
)
def published_file(nightly: NightlyResource) -> dg.MaterializeResult[None]:
    """The figures with their definitions, and what came in: all that pages and documents are made from."""
    night = nightly.night
    figures = next(model for model in kept_models(night.building.models) if model.name == "figures")
    night.figure_rows = build_published(
        night.building,
        night.home.municipality,
        night.periods,
        read_catalogue(),
        night.checks,
        figures.relation,
        failed=[part.id for part in night.failed_parts],
    )
    write_freshness(night.building.published, night.freshness)
    _publish_bridges(night)
    if night.previous:  # asked while the pages are made
        night.changes = night.background.submit(changes_of_known, night.home, night.previous, night.building)
    return dg.MaterializeResult(metadata={"rows": night.figure_rows})


def _publish_bridges(night: Night) -> None:
    """Why the report's main numbers are other ones than the year before. A part: it fails alone."""
    try:
        rows = list(bridge_rows(night.building, night.home.municipality, night.periods, night.report_periods))
    except Exception as error:
        if tells_of_full_disk(str(error)):
            raise
        night.failed_parts[BRIDGES] = type(error).__name__  # not its text, which may quote the data
        rows = None
    write_bridges(night.building.published, rows)


#: The pages of a report as assets: the graph is the same for every municipality, whatever chapters its report has.
_PAGES = {page.id: page.title for page in site.PAGES.values()} | {"kapitel": "Rapportens kapitel"}


@dg.multi_asset(
    name="pages",
    specs=[
        dg.AssetSpec(["page", name], deps=[["published", "figures"]], group_name="pages", description=title)
        for name, title in _PAGES.items()
    ],
)
def pages(nightly: NightlyResource) -> Iterator[dg.MaterializeResult[None]]:
    """The pages of every report year, each report with its shared files; the documents are made on request.

    A page that cannot be made becomes a notice. The page of the night's state is made last, so that it can name the others.
    """
    night = nightly.night
    published = night.building.published
    failed: dict[str, str] = {part.title: problem for part, problem in night.failed_parts.items()}

    def remember(page: site.Page, error: Exception) -> None:
        if tells_of_full_disk(str(error)):
            raise error
        failed[f"Sidan {page.title}"] = type(error).__name__  # not its text, which may quote the data

    state = site.PAGES["drift"]
    reports = {
        reports_folder(night.building.folder("published")) / period.period_id: site.read_build(
            published, period.period_id
        )
        for period in night.report_periods
    }
    for out, report in reports.items():
        for page in report.pages.values():
            if page is not state:
                site.write_page(page, report, out, remember)
        site.write_shared(report, out, remember)
    night.notices += [notice(NoticeCode.PART_FAILED, part=part, problem=problem) for part, problem in failed.items()]
    night.notices += damaged_copies(night.home, night.building, clock.now(night.home.municipality.timezone))
    write_notices(published, night.notices)
    publish_troubles(night.home, published, night.notices)
    known = set(failed)
    for out, report in reports.items():
        site.write_page(state, report, out, remember)
        site.write_search_index(report, out, remember)
    write_lists(published, reports_folder(night.building.folder("published")))
    late = [notice(NoticeCode.PART_FAILED, part=part, problem=failed[part]) for part in failed.keys() - known]
    write_notices(published, late)
    night.pages = [out / page.file for out, report in reports.items() for page in report.pages.values()]
    for name in _PAGES:
        yield dg.MaterializeResult(asset_key=["page", name], metadata={"reports": len(night.report_periods)})


@dg.asset(key=["published", "version"], group_name="published", deps=[["page", name] for name in _PAGES])
def publication(context: dg.AssetExecutionContext, nightly: NightlyResource) -> dg.MaterializeResult[None]:
    """Makes what was built the published version, in one step, when all of it was built in this run."""
    night = nightly.night
    broken = [check for check in night.checks if check.severity == "error" and not check.success]
    if broken:
        raise NightlyFailed(
            f"The contract check {broken[0].dataset}/{broken[0].check_name} failed; nothing is published."
        )
    missing = ["pages"] if night.pages is None else [path.name for path in night.pages if not path.is_file()]
    if missing or not night.building.published.is_file() or not night.building.models.is_file():
        raise NightlyFailed(
            f"Not everything was built in this run (missing: {missing or 'figures'}); nothing is published."
        )
    if night.previous and night.changes:
        assert_figures_may_be_published(
            night.home, night.previous, night.building, night.changes.result(), night.unexplained
        )
    if night.home.is_being_rekeyed:
        assert_same_figures(night.home, night.building)
    cleared = publish(night.home, night.building, night.judged, night.still_held)
    for delivery, reason in cleared.kept.items():
        context.log.warning(f"Delivery {delivery} stays in the drop folder: {reason}.")
    context.log.info(f"Deliveries removed from the drop folder: {len(cleared.removed)}.")
    return dg.MaterializeResult(metadata={"version": night.building.number})


def reports_folder(published: Path) -> Path:
    """Where a version keeps the pages of its reports, in a folder for each period."""
    return published / REPORTS
