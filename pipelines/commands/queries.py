"""What the commands read from the published version. Nothing is written here but the pages that a user asks for."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import duckdb

from pipelines.configuration.contract import load_sources
from pipelines.configuration.disclosure import CellKey, Disclosure, read_disclosure
from pipelines.configuration.municipality import Municipality
from pipelines.publication.public_outputs import public_pages
from pipelines.publication.report_folder import HandedOver, hand_over
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.os_errors import sentence
from pipelines.runtime.surroundings import home_path
from pipelines.state import decision_log
from pipelines.state.databases import broken_file, explain_error, open_for_reading
from pipelines.state.home import MANAGED, Home, Version, open_home, refuse_to_write_for_another
from pipelines.warehouse.ask import FIGURE_COLUMNS, ask_figures, plain_number
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import Period, parse_period

if TYPE_CHECKING:
    from dashboards.content.operations import Operations
    from dashboards.disclosure.linked import Snapshot
    from dashboards.disclosure.output import PublicOutput
    from dashboards.disclosure.public import CannotPublish
    from dashboards.pages.serve import Shown
    from dashboards.published.status import ChangedExtract
    from dashboards.report_check.checked import Checked
    from pipelines.publication.public_outputs import Output

__all__ = [
    "DELIVERY_COLUMNS", "FIGURE_COLUMNS", "PLAN_COLUMNS", "PROTOCOL_COLUMNS", "QUARANTINE_COLUMNS", "check_printed",
    "check_shown", "decide", "notes_on_figures", "read_deliveries", "read_figures", "read_planned_purge", "read_purge_protocol",
    "read_quarantine", "shown_operations", "shown_reports", "write_report",
]  # fmt: skip

DELIVERY_COLUMNS = (
    "source", "extract_date", "revision", "status", "reason", "message", "rows", "quarantined_rows", "delivery_id",
    "folder",
)  # fmt: skip
QUARANTINE_COLUMNS = ("delivery_id", "dataset", "file", "line", "column", "reason", "expected")
PLAN_COLUMNS = ("reason", "persons", "rows", "quarantined", "archives", "first_date", "last_date")
PROTOCOL_COLUMNS = ("version", "data_year", *PLAN_COLUMNS, "withdrawals")

T = TypeVar("T")


def _query(version: Version, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with open_for_reading(version.published) as connection:
        return connection.execute(sql, parameters or []).fetchall()


def from_published(home: Home, read: Callable[[Version], T]) -> T:
    """Read from the published version.

    A nightly may put another one in its place, and sweep this one away, between the look at the pointer and the opening of a
    file: then the other one answers, and all of the answer comes from it.

    Raises UsageError before the first nightly and when another municipality's figures are published here, NightlyFailed when
    the published version's files are missing, broken or held by another program.
    """
    while True:
        version = home.current()
        if version is None:
            raise UsageError("Nothing has been published yet: run kaa nightly first.")
        try:
            with open_for_reading(version.published):  # held, so that none of the questions opens the file anew
                _check_municipality(home, version)
                return read(version)
        except (duckdb.Error, OSError, NightlyFailed) as error:
            if home.current() == version and (sentence := explain_error(version, error)):
                raise sentence from error
            if home.current() == version:
                raise


def _check_municipality(home: Home, version: Version) -> None:
    """One municipality's numbers are never shown under another's name."""
    publications = _query(version, "select municipality_code, municipality_name from publication")
    if len(publications) != 1:
        raise broken_file(version.published, "is not whole")
    code, name = publications[0]
    if code != home.municipality.code:
        raise UsageError(
            f"What is published in {home.path} is of {name} ({code}), but its settings name {home.municipality.title} "
            f"({home.municipality.code}): correct `municipality` in {home.path / 'settings.toml'} or the profile's code."
        )


def _rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the published file; none before the first nightly."""
    return from_published(home, lambda version: _query(version, sql)) if home.current() else []


def read_deliveries(home: Home) -> list[tuple[Any, ...]]:
    """Every delivery seen, by source, extract date and revision; none before the first nightly."""
    return _rows(
        home,
        f"select {', '.join(DELIVERY_COLUMNS)} from delivery "
        "order by source nulls first, extract_date, revision, folder, delivery_id",
    )


def decide(home: Home, delivery_id: str, decision: str) -> None:
    """Note a person's decision on a held delivery; raises UsageError when it is not one that can be decided on."""
    status = dict(_rows(home, "select delivery_id, status from delivery")).get(delivery_id)
    if status is None:
        raise UsageError(f"There is no delivery {delivery_id!r}: take the delivery_id from kaa deliveries.")
    if status != "held":
        raise UsageError(f"Delivery {delivery_id} is {status}; only a held delivery can be decided on.")
    decision_log.record(home, decision, f"kaa deliveries {decision}", delivery_id=delivery_id)
    home.decide(delivery_id, decision)


def read_quarantine(home: Home) -> list[tuple[Any, ...]]:
    """Quarantined rows by delivery, file and line."""
    return _rows(
        home,
        "select delivery_id, dataset, file, line, column_name, reason, expected from quarantine "
        "order by delivery_id, dataset, file, line",
    )


def read_purge_protocol(home: Home) -> list[tuple[Any, ...]]:
    """What was purged, nightly by nightly."""
    return _rows(home, f"select {', '.join(PROTOCOL_COLUMNS)} from purge_protocol order by version, reason")


def read_planned_purge(home: Home, day: date) -> list[tuple[Any, ...]]:
    """What a nightly that takes in an extract of this day would purge, of what is loaded now."""
    from pipelines.history.purge_archives import planned_removals

    sources = load_sources(home.municipality.own_codes)
    removals = from_published(home, lambda version: planned_removals(version.history, sources, home.archive, day.year))
    return [tuple(getattr(removal, name) for name in PLAN_COLUMNS) for removal in removals]


def notes_on_figures(home: Home, period_id: str, as_known: date | None) -> list[str]:
    """What a reader of a period's figures must know besides: why they can differ from an answer given earlier."""
    notes = []
    if as_known and (changed := _changed_extracts(home, as_known)):
        notes.append(_note_on_changed(as_known, changed))
    if _lacks_purged(home, period_id):
        notes.append(
            f"Note: persons who may have been counted in {period_id} have been purged (gallring, förordning (2006:39) 7 §), "
            "so these figures can be smaller than those published then. See kaa purge."
        )
    return notes


def _lacks_purged(home: Home, period_id: str) -> bool:
    """Whether persons have been purged who may have been counted in this period."""
    period = parse_period(period_id, home.municipality)
    touching = "select 1 from purge_protocol where first_date <= ? and last_date >= ?"
    return bool(from_published(home, lambda version: _query(version, touching, [period.ends_on, period.starts_on])))


def _changed_extracts(home: Home, known_to: date) -> "tuple[ChangedExtract, ...]":
    from dashboards.published.file import connect
    from dashboards.published.status import read_changed_extracts

    def read(version: Version) -> "tuple[ChangedExtract, ...]":
        with connect(version.published) as connection:
            return read_changed_extracts(connection, known_to)

    return from_published(home, read)


def _note_on_changed(day: date, changed: "Sequence[ChangedExtract]", shown: int = 5) -> str:
    """What can make this answer differ from one that was given earlier; the status page lists all of it."""
    what = {"revised": "revision {0}", "released": "held, then released", "late": "came late"}
    named = [f"{one.source} {one.extract_date} ({what[one.kind].format(one.revision)})" for one in changed[:shown]]
    more = f" and {len(changed) - shown} more" if len(changed) > shown else ""
    return (
        f"Note: what is known of {day} changed after later days had been published: {', '.join(named)}{more}. An answer "
        "given before that can differ from this one; see the status page."
    )


def shown_reports(home: Home, public: bool) -> "Shown | None":
    """The published version's internal reports, or the public ones as they were last made; None before the first nightly and
    when what is published cannot be read."""
    from dashboards.pages.serve import Shown
    from dashboards.published.publication import PublicTreatment

    def read(version: Version) -> Shown:
        if public:
            return Shown(version.published, public_pages(home.path), PublicTreatment(_disclosure(version)))
        return Shown(version.published, version.folder("published") / "report")

    try:
        return from_published(home, read)
    except (NightlyFailed, UsageError):
        return None


def shown_operations(home: Home) -> "Operations | None":
    """What has come of the runs, what is wrong and who knows of it, as it is now; None where no run has left a record."""
    from dashboards.content.operations import Acknowledged, Operations, Trouble, Untold
    from pipelines.monitoring.acknowledgements import known_to_somebody
    from pipelines.monitoring.known import read_known
    from pipelines.monitoring.troubles import GOOD, OF_NO_PUBLICATION
    from pipelines.monitoring.words import of_run
    from pipelines.state.last_run import RunResult, read_last_run

    run = read_last_run(home.path)
    if run is None:
        return None
    known, acknowledged = read_known(home.path), known_to_somebody(home)
    troubles = []
    for one in known.open:
        by = acknowledged.get(one.id)
        who = Acknowledged(by.who, by.on, by.until, by.because) if by else None
        troubles.append(Trouble(one.id, one.sentence, one.began.date(), who, one.code in OF_NO_PUBLICATION))
    return Operations(
        of_run(run),
        run.result not in (*GOOD, RunResult.RUNNING),
        run.result is RunResult.RUNNING,
        tuple(troubles),
        tuple(
            Untold(channel, datetime.fromisoformat(sending.at), sending.why)
            for channel, sending in known.sendings.items()
            if sending.why
        ),
    )


def check_shown(home: Home, public: bool) -> None:
    """Raises UsageError or NightlyFailed, with what to do, when there is nothing that could be shown."""
    from_published(home, lambda version: None)
    if public and not public_pages(home.path).is_dir():
        raise UsageError(
            "No public report has been made: make one with kaa report --period ID --out DIR --public, then show it."
        )


def _disclosure(version: Version) -> Disclosure:
    """How public output protects small numbers."""
    return read_disclosure(json.loads(_query(version, "select value from profile where name = 'disclosure'")[0][0]))


def read_figures(home: Home, period_id: str, figure: str | None, as_known: date | None) -> list[tuple[Any, ...]]:
    """Rows of figures.md section 2, sorted; values written without trailing zeros. Without a ``figure`` these are all that
    the page knows; a figure of our own is given only when it is asked for by name.

    What the nightly has computed is read; another day of knowledge, another day or a period outside the extracts is
    computed from the published version's history with the same SQL.
    """
    period = parse_period(period_id, home.municipality)
    return from_published(home, lambda version: _figures(home, version, period, figure, as_known))


def _figures(
    home: Home, version: Version, period: Period, figure: str | None, as_known: date | None
) -> list[tuple[Any, ...]]:
    known = {row[0] for row in _query(version, "select figure from catalogue")}
    if figure is not None and figure not in known:
        raise UsageError(f"There is no figure {figure!r}: choose one of {', '.join(sorted(known))}.")
    if as_known is None and is_computed(version, period):
        columns = ", ".join(FIGURE_COLUMNS)
        tables = "figures" if figure is None else "(from figures union all from own_figures)"
        rows = _query(version, f"select {columns} from {tables} where period = ?", [period.period_id])
        rows = [row for row in rows if figure in (None, row[0])]
    else:
        rows = list(ask_figures(version, home.municipality, period, as_known or EVERYTHING, figure))
    return printed_rows(rows)


def printed_rows(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows of figures in the order in which they are printed, their values as digits without trailing zeros."""
    return [(*row[:-1], plain_number(row[-1])) for row in sorted(rows, key=lambda row: row[:-1])]


def publication_time(version: Version, municipality: Municipality) -> str:
    """When a version was published: ISO 8601 with the offset of the municipality's time."""
    ((moment,),) = _query(version, "select published_at from publication")
    return str(moment.replace(tzinfo=ZoneInfo(municipality.timezone)).isoformat(timespec="seconds"))


def is_computed(version: Version, period: Period) -> bool:
    """Whether the nightly has computed a period."""
    return bool(_query(version, "select 1 from period where period_id = ?", [period.period_id]))


def write_report(home: Home, period_id: str, out: Path, public: bool = False, appendices: bool = False) -> HandedOver:
    """The pages and documents of a period's report, from the published file alone, put into a folder. ``public``: with the
    numbers that the public may have, and remembered as told; ``appendices``: of the Word document.

    Raises UsageError when there is no such report, when it may not be written there, or when the folder cannot be written.
    """
    period = parse_period(period_id, home.municipality)
    refuse_own_folders(home, out)
    try:
        with TemporaryDirectory(prefix="kaa-report-") as made:
            names = from_published(
                home, lambda version: report_files(home, version, period, Path(made), public, appendices)
            )
            return hand_over(Path(made), names, out)
    except OSError as error:
        raise UsageError(f"The report cannot be written. {sentence(error)}") from error


def report_files(
    home: Home, version: Version, period: Period, made: Path, public: bool, appendices: bool = False
) -> list[str]:
    """Make a report's files in a folder; returns their names. Raises UsageError when the version has no such report."""
    from dashboards.pages.site import build_report
    from dashboards.published.file import NotPublished

    if not is_computed(version, period) or period.kind == "dag":
        periods = _query(
            version, "select period_id from period where period_kind <> 'dag' order by starts_on, period_id"
        )
        raise UsageError(
            f"There is no report for {period.period_id}: the extracts do not touch it. The last ones are "
            f"{', '.join(row[0] for row in periods[-4:])}."
        )
    try:
        if public:
            return _build_public(home, version, period.period_id, made, appendices)
        files = build_report(version.published, period.period_id, made, documents=True, appendices=appendices)
    except NotPublished as error:
        raise UsageError(str(error)) from error
    return [file.relative_to(made).as_posix() for file in files]


def _build_public(home: Home, version: Version, period_id: str, made: Path, appendices: bool) -> list[str]:
    """The public report of a period. Raises as ``_public_output`` does."""
    from dashboards.disclosure.relations import order
    from dashboards.documents import names
    from dashboards.pages.reports import write_lists
    from dashboards.pages.site import build_report
    from pipelines.publication.public_file import write_public_file
    from pipelines.publication.public_outputs import keep_pages, read_outputs, remember_output
    from pipelines.runtime.files import atomic_write

    disclosure = _disclosure(version)
    output = _public_output(home, version, period_id, disclosure, read_outputs(home.path))
    protection = output.protection
    with TemporaryDirectory(prefix="kaa-public-") as folder:
        file = Path(folder) / "public.duckdb"
        keys, hidden = ([order(key) for key in some] for some in (output.values, protection.hidden))
        write_public_file(version.published, file, keys, hidden, bool(protection.told_otherwise))
        files = build_report(file, period_id, made, documents=True, appendices=appendices)
    files.append(atomic_write(made / names.CELLS, output.cells()))
    told = output.snapshot
    entries = ((order(key), value, key in told.hidden) for key, value in told.values.items())
    remember_output(home.path, disclosure, entries)
    written = [file.relative_to(made).as_posix() for file in files]
    keep_pages(home.path, period_id, made, written)
    write_lists(version.published, public_pages(home.path))
    return written


def _public_output(
    home: Home, version: Version, period_id: str, disclosure: Disclosure, earlier: Sequence["Output"]
) -> "PublicOutput":
    """What the public report of a period shows. Raises NightlyFailed when something sensitive cannot be protected, and UsageError
    when earlier reports have told of the period in another way."""
    from dashboards.disclosure.output import changed_output, public_output
    from dashboards.disclosure.public import CannotPublish
    from pipelines.publication.public_outputs import told_otherwise

    ids = _query(version, "select period_id from period where period_kind <> 'dag'")
    periods = [parse_period(each, home.municipality) for (each,) in ids]
    otherwise = told_otherwise(earlier, disclosure, home.municipality, periods)
    if period_id in otherwise:
        raise told_in_another_way(period_id)
    if isinstance(disclosure, CellKey):
        return changed_output(version.published, period_id, disclosure, otherwise)
    try:
        return public_output(
            version.published, period_id, snapshots(earlier, disclosure), disclosure.smallest, otherwise
        )
    except CannotPublish as error:
        raise cannot_publish(error) from error


def snapshots(earlier: "Sequence[Output]", disclosure: Disclosure) -> "list[Snapshot]":
    """What earlier outputs told that were protected in the same way."""
    from dashboards.disclosure.linked import Snapshot
    from dashboards.published.numbers import NumberKey

    return [
        Snapshot(
            {NumberKey(*key): value for key, value, _ in output.entries},
            frozenset(NumberKey(*key) for key, _, is_hidden in output.entries if is_hidden),
        )
        for output in earlier
        if output.kind == disclosure.kind
    ]


def told_in_another_way(period_id: str) -> UsageError:
    """Why no public report is made of a period that earlier ones have told of."""
    return UsageError(
        f"No public report is made of {period_id}: an earlier one has told of days in it and protected small numbers in "
        "another way than the profile's disclosure says now, and whoever has both could compare them. Choose a period "
        "that begins later."
    )


def cannot_publish(error: "CannotPublish") -> NightlyFailed:
    """Why no public report is made where something sensitive cannot be protected."""
    from dashboards.disclosure.relations import order

    key, relations = next(iter(error.found.items()))
    return NightlyFailed(
        f"No public report is made: {len(error.found)} small numbers could be calculated from others, first "
        f"{', '.join(order(key))}, through: {'; '.join(relations)}. Choose a longer period."
    )


def refuse_own_folders(home: Home, out: Path) -> None:
    """Raises UsageError for a folder among the program's own: what is written there would be swept away, or spoil them."""
    place, path = out.resolve(), home.path.resolve()
    among_keys = place.is_relative_to(home.keys.resolve())
    if not (among_keys or place.is_relative_to(path)):
        return
    refuse_to_write_for_another(home.path)
    if among_keys or place == path or place.relative_to(path).parts[0] in MANAGED:
        raise UsageError(f"{out} is where KAA_HOME keeps its own files: choose another folder with --out.")


def check_printed(files: Sequence[Path], with_warehouse: bool) -> "Checked":
    """The numbers of a report checked against each other, and against what is published where something is."""
    from dashboards.published.file import NotPublished
    from dashboards.report_check.checked import check
    from dashboards.report_check.printed_report import read_report
    from dashboards.report_check.printed_text import read_sentences
    from dashboards.report_check.tables import BadReport
    from dashboards.report_check.warehouse import read_warehouse

    try:
        texts = [path for path in files if path.suffix.lower() == ".txt"]
        tables = read_report(path for path in files if path not in texts)
        sentences = [sentence for path in texts for sentence in read_sentences(path)]
        home = open_home() if with_warehouse and (home_path() / "settings.toml").exists() else None
        if home is None or home.current() is None:
            return check(tables.cells, None, sentences, tables.hidden)
        warehouse = from_published(home, lambda version: read_warehouse(version.published, tables.cells))
        return check(tables.cells, warehouse, sentences, tables.hidden)
    except (BadReport, NotPublished) as error:
        raise UsageError(str(error)) from None
