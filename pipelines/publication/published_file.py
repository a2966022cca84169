"""Makes the published file: figures and their definitions, what came in and how it was judged; no rows about persons.

Everything that pages, documents, exports and ``kaa figures`` show is copied from here. Whether the version becomes the
published one is decided by the last step of the nightly (``orchestration``).
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import date, timedelta
from decimal import Decimal
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import duckdb

from pipelines.configuration.catalogue import Catalogue, Figure
from pipelines.configuration.contract import Source, contracts_fingerprint, load_sources
from pipelines.configuration.disclosure import CellKey, Disclosure
from pipelines.configuration.municipality import Municipality
from pipelines.history.purge import AGED
from pipelines.notices import Notice, RemarkCode, kept, message, remark
from pipelines.publication.tables import OF_INPUTS, OF_PARTS, create_public_figures, create_tables
from pipelines.quality.checks import CheckResult
from pipelines.quality.freshness import Freshness
from pipelines.runtime import clock
from pipelines.runtime.database import attach, open_database
from pipelines.runtime.errors import NightlyFailed
from pipelines.state.home import Version
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.parts import BRIDGES, PARTS
from pipelines.warehouse.periods import Period, day_period
from pipelines.warehouse.public_figures import ask_public_figures

#: Copied as they are: table of the published file -> where from.
_COPIED = {
    **{table: f"warehouse.input.{table}" for table in OF_INPUTS},
    **{table: f"history.{table}" for table in ("delivery", "quarantine", "purge_protocol", "purge_protocol_dataset")},
    "own_figures": "warehouse.main.own_figures",
}

#: Columns that are called otherwise where they come from, or made of what stands there.
_RENAMED = {
    "purge_protocol": {"has_aged": f"reason = '{AGED}'"},
    "purge_protocol_dataset": {"has_aged": f"reason = '{AGED}'"},
    "plan_rule_summary": {"period": "period_id", "gender": "gender_group", "job_centre": "job_centre_group"},
}


#: Which extracts each period rests on: those of its own days, of each source.
PERIOD_EXTRACTS = """
    select p.period_id, e.source, count(distinct e.extract_date), min(e.extract_date), max(e.extract_date)
    from period p join history.extract e on e.extract_date between p.starts_on and p.ends_on
    group by p.period_id, e.source
"""


def build_published(
    version: Version,
    municipality: Municipality,
    periods: Collection[Period],
    catalogue: Catalogue,
    checks: list[CheckResult],
    figures_relation: str,
    failed: Collection[str] = (),
) -> int:
    """Write the published file of a version and look at it once more; returns the number of figure rows.

    ``catalogue``: as it stands in the dbt project. ``figures_relation``: quoted name of the figures' model.
    ``failed``: ids of the parts that failed.
    """
    connection = open_database(version.published, attaches=[version.warehouse, version.history])
    try:
        attach(connection, version.warehouse, "warehouse")
        attach(connection, version.history, "history")
        create_tables(connection, failed)
        for table, relation in {**_COPIED, "figures": figures_relation}.items():
            _copy(connection, table, relation)
        _write_remarks(connection)
        for part in PARTS:
            if part.id in failed:
                insert(connection, "failed_part", [(part.id, part.title)])
            else:
                _copy(connection, OF_PARTS[part.id], f"warehouse.main.{part.model}")
        insert(connection, "period", [period_row(period) for period in periods])
        connection.execute(f"insert into period_extracts {PERIOD_EXTRACTS}")
        write_catalogue(connection, catalogue, municipality)
        insert(connection, "contract_check", [astuple(check) for check in checks])
        now = clock.now(municipality.timezone).replace(tzinfo=None, microsecond=0)
        connection.execute(
            """
            insert into publication
            select ?, ?, ?, ?, ?, ?, min(e.extract_date), max(e.extract_date), count(distinct e.delivery_id),
                (select sum(d.rows - d.quarantined_rows) from history.delivery d where d.status = 'accepted'), ?, ?, ?
            from history.extract e
            """,
            [version.number, now, installed_version("kaa-warehouse"), municipality.code, municipality.title,
             municipality.report_year.kind, _sha256(version.models.read_bytes()), contracts_fingerprint(),
             municipality.fingerprint],
        )  # fmt: skip
        insert(connection, "open_data", _open_data_rows(municipality))
        _write_public(connection, version, municipality, periods, catalogue)
        connection.execute("detach warehouse; detach history")
        connection.execute("checkpoint")
    finally:
        connection.close()
    return _verified_rows(version.published)


def _write_public(
    connection: duckdb.DuckDBPyConnection,
    version: Version,
    municipality: Municipality,
    periods: Collection[Period],
    catalogue: Catalogue,
) -> None:
    """The profile's parts, and the figures that public output is made of: what was decided goes by the data's clock."""
    latest = connection.execute("select last_extract_date from publication").fetchone()
    disclosure = municipality.disclosure_on(latest[0] if latest and latest[0] else EVERYTHING)
    insert(connection, "profile", profile_rows(municipality, disclosure))
    rows = ask_public_figures(connection, version, municipality, periods, disclosure, catalogue)
    if rows is not None and isinstance(disclosure, CellKey):
        from pipelines.publication.cell_key import changed_figures  # loads SciPy, which no other night needs

        rows = changed_figures(rows, disclosure)
    create_public_figures(connection, rows)


def _copy(connection: duckdb.DuckDBPyConnection, table: str, relation: str) -> None:
    """Copy the table's columns from where they come from."""
    columns = [row[0] for row in connection.execute(f"describe {table}").fetchall()]
    renamed = _RENAMED.get(table, {})
    connection.execute(
        f"insert into {table} select {', '.join(renamed.get(name, name) for name in columns)} from {relation}"
    )


def _write_remarks(connection: duckdb.DuckDBPyConnection) -> None:
    """What there is to say of each delivery besides that it was loaded, one remark a row."""
    nothing_more = message([remark(RemarkCode.LOADED)])
    rows = [
        (delivery_id, place, one.code.value, one.is_warning, one.is_command, one.sentence)
        for delivery_id, remarks, told in connection.execute(
            "select delivery_id, remarks, message from history.delivery where message <> ?", [nothing_more]
        ).fetchall()
        for place, one in enumerate(kept(remarks, told), start=1)
    ]
    if rows:  # in one go: a row at a time takes seconds for the deliveries of some years
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(f"insert into delivery_remark select {', '.join(['unnest(?)'] * len(columns))}", columns)


def renew_published(published: Path, number: int, municipality: Municipality, notices: Iterable[Notice]) -> None:
    """Have a copy of the published file say that it is of another version, of a night on which nothing came in: everything else
    in it stays as it is."""
    now = clock.now(municipality.timezone).replace(tzinfo=None, microsecond=0)
    with open_database(published) as connection:
        connection.execute("update publication set version = ?, published_at = ?", [number, now])
        # Checked is what comes in, and told is what there was to tell on that night.
        connection.execute("delete from contract_check; delete from notice; checkpoint")
    write_notices(published, notices)


def write_notices(published: Path, notices: Iterable[Notice]) -> None:
    """Add what the night has to tell: some of it is known only when the pages have been made from the file."""
    with open_database(published) as connection:
        rows = [(one.code.value, one.sentence, one.waits_for_a_person, one.about_json, one.trouble) for one in notices]
        insert(connection, "notice", rows)
        connection.execute("checkpoint")


#: Id, code, sentence, since when; who has acknowledged it, when, until when and why, where somebody has.
TroubleRow = tuple[str, str, str, date, str | None, date | None, date | None, str | None]


def write_troubles(published: Path, rows: Iterable[TroubleRow]) -> None:
    """What is wrong as the night knows it (``monitoring.troubles``), in place of what was written before."""
    with open_database(published) as connection:
        connection.execute("delete from trouble")
        insert(connection, "trouble", list(rows))
        connection.execute("checkpoint")


def write_freshness(published: Path, found: Iterable[Freshness]) -> None:
    """Say how fresh each source is, instead of what was said before."""
    with open_database(published) as connection:
        connection.execute("delete from freshness")
        rows = [
            (
                one.source, one.last, one.expected_next, one.missing, one.missing_since, one.state.value,
                one.judged_at.replace(tzinfo=None, microsecond=0),
            )
            for one in found
        ]  # fmt: skip
        insert(connection, "freshness", rows)
        connection.execute("checkpoint")


#: Figure, measure, category, period, the one before, position, reason, change, units: why a number is another one than the year
#: before. A step of no reason is the number itself, of the period before (position 0) and of this one (last).
BridgeRow = tuple[str, str, str, str, str, int, str | None, Decimal, int]


def write_bridges(published: Path, rows: list[BridgeRow] | None) -> None:
    """Add why the report's main numbers changed: counts, nobody's rows. None: it could not be made."""
    with open_database(published) as connection:
        if rows is None:
            connection.execute(f"drop table {OF_PARTS[BRIDGES.id]}")
            insert(connection, "failed_part", [(BRIDGES.id, BRIDGES.title)])
        else:
            insert(connection, OF_PARTS[BRIDGES.id], rows)
        connection.execute("checkpoint")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows to a table; values in the order of its columns."""
    if rows:
        connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)


def period_row(period: Period) -> tuple[Any, ...]:
    """A period as a row of the table ``period``."""
    return period.period_id, period.kind, period.starts_on, period.ends_on, period.title, period.previous_id


def _open_data_rows(municipality: Municipality) -> list[tuple[Any, ...]]:
    """What the profile says for the open-data catalogue; nothing where it says nothing."""
    given = municipality.open_data.model_dump() if municipality.open_data else {}
    return [(name, value) for name, value in given.items() if value is not None]


def profile_rows(municipality: Municipality, disclosure: Disclosure) -> list[tuple[str, str]]:
    """What the municipality calls its own, for who makes pages and documents: each part of the profile as JSON, with the
    ``disclosure`` that holds now and whatever closes its sources."""
    profile = municipality.model_copy(update={"chapters": municipality.report_chapters}).model_dump(mode="json")
    names = (
        "chapters", "document", "word_template", "own_measures", "survey_questions", "letter_months", "follow_up",
        "targets", "job_centres", "contact", "accessibility",
    )  # fmt: skip
    parts = {name: profile[name] for name in names} | {"disclosure": disclosure.model_dump(mode="json")}
    parts["closed"] = [
        {"source": source.name, "first": closing.first, "last": closing.last}
        for source in load_sources().values()
        for closing in municipality.calendar(source).closings
    ]
    return [(name, json.dumps(value, ensure_ascii=False)) for name, value in parts.items()]


def write_catalogue(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, municipality: Municipality) -> None:
    """Fill the tables of the catalogue. Documents that definitions cite are a source only where they are the municipality's."""
    figures = catalogue.values()
    insert(connection, "catalogue", [_catalogue_row(figure, municipality) for figure in figures])
    insert(connection, "catalogue_measure", [row for figure in figures for row in _measure_rows(figure)])
    sources = load_sources()
    insert(connection, "catalogue_source", [row for figure in figures for row in _source_rows(figure, sources)])
    shares = [row for figure in figures for row in _share_rows(figure, catalogue)]
    insert(connection, "catalogue_share", [(*share, place) for place, share in enumerate(shares, start=1)])


def _source_rows(figure: Figure, sources: Mapping[str, Source]) -> Iterator[tuple[Any, ...]]:
    """The registers and their datasets that each measure is counted from, by the names of the contracts."""
    for name in figure.measures:
        for place, evidence in enumerate(figure.evidence_of(name), start=1):
            source, _, dataset = evidence.dataset.partition("/")
            titles = sources[source].title, dataset, sources[source].datasets[dataset].title
            yield figure.id, name, evidence.role.value, source, *titles, place


def _share_rows(figure: Figure, catalogue: Catalogue) -> Iterator[tuple[Any, ...]]:
    """The shares that pages draw over time; a category that is null follows the reader's choice."""
    for name, measure in figure.measures.items():
        for share in measure.charted_shares:
            assert measure.share_of
            whole = catalogue[measure.share_of.figure]
            category = share.category if figure.shares_categories_with(whole) else "*"
            yield (
                share.id, share.title, share.sentence, figure.id, name, share.category, whole.id, measure.share_of.measure,
                category if whole.category else None,
            )  # fmt: skip


def _catalogue_row(figure: Figure, municipality: Municipality) -> tuple[Any, ...]:
    category, subcategory = figure.category, figure.subcategory
    source = figure.source if municipality.cited_by_figures else ""
    warnings = [*figure.warnings, *(_changed_districts(municipality) if "district" in figure.dimensions else [])]
    return (
        figure.id, figure.title, figure.definition, figure.unit, source, figure.legal_ground,
        figure.since, warnings, figure.model, figure.is_own, figure.period, figure.counted, figure.adds_up,
        figure.adds_up_over_months, figure.absent, figure.asks_year_before, list(figure.dimensions),
        *((category.title, category.code_list, category.total) if category else (None,) * 3),
        *((subcategory.title, subcategory.code_list, subcategory.counted_in, subcategory.total) if subcategory else (None,) * 4),
        figure.plain.counts, figure.plain.leaves_out, figure.plain.example, figure.position,
    )  # fmt: skip


def _changed_districts(municipality: Municipality) -> list[str]:
    """A sentence for each day on which districts became others: numbers by district before and after it are not of the same
    places."""
    began = {district.valid_from for district in municipality.districts if district.valid_from}
    ended = {district.valid_to + timedelta(days=1) for district in municipality.districts if district.valid_to}
    what = "Kommunindelningen" if municipality.is_asked_of_a_lake else "Stadsdelsindelningen"
    return [f"{what} ändrades den {day_period(day).title}." for day in sorted(began | ended)]


def _measure_rows(figure: Figure) -> list[tuple[Any, ...]]:
    return [
        (
            figure.id, name, measure.title, measure.definition, measure.label, figure.counted_in(name),
            [str(relation.to) for relation in measure.part_of], [str(relation.to) for relation in measure.same_as],
            str(measure.share_of) if measure.share_of else None, place,
        )
        for place, (name, measure) in enumerate(figure.measures.items(), start=1)
    ]  # fmt: skip


def _verified_rows(published: Path) -> int:
    """Open the finished file as a reader would; a figure or measure without a definition is not published."""
    with open_database(published, read_only=True) as connection:
        undefined = connection.execute(
            "select distinct figure, measure from (from figures union all from own_figures) "
            "anti join catalogue_measure using (figure, measure)"
        ).fetchall()
        if undefined:
            raise NightlyFailed(
                f"The figure {'/'.join(undefined[0])} has no entry in the catalogue; add one in dbt_project."
            )
        counted = connection.execute("select count(*) from figures").fetchone()
    return int(counted[0]) if counted else 0
