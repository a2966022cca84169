"""`kaa lake report`: all municipalities of a lake side by side, as pages with the numbers that the public may have.

The figures are asked of the lake by the models' own SQL and put into a published file of a few periods; from there the way is the
one of a home's public report. What has been told is remembered in the lake's folder ``public``, so that later reports of the same
lake give nothing of it away.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.terminal import progress, say
from pipelines.lake import NATION
from pipelines.runtime.errors import UsageError

if TYPE_CHECKING:
    from dashboards.disclosure.output import PublicOutput
    from pipelines.configuration.disclosure import Disclosure
    from pipelines.configuration.municipality import Municipality
    from pipelines.lake.engine import Engine
    from pipelines.lake.layout import Lake, Part
    from pipelines.publication.nation_file import NationContent
    from pipelines.publication.public_outputs import Output
    from pipelines.publication.report_folder import HandedOver
    from pipelines.warehouse.compiled import CompiledModel
    from pipelines.warehouse.periods import Period

#: The figures that the report is made of.
FIGURES = ("outreach", "participants", "exits", "target_group")

#: The registers whose extracts say who is in the register and who by law belongs to the target group.
REGISTERS = ("ber", "folkbokforing")


@click.command()
@click.option("--lake", required=True, type=click.Path(path_type=Path), help="The lake's folder.")
@click.option("--period", "period_id", required=True, help="For example kalenderar-2025.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the pages.")
@click.option(
    "--municipality",
    "profile",
    default=NATION,
    show_default=True,
    help="Profile whose districts are municipalities and whose job-centres are counties.",
)
@click.option(
    "--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="What counts."
)
@click.option("--master", help="With --engine spark: where Spark runs (default: local[*], this machine).")
def report(lake: Path, period_id: str, out: Path, profile: str, engine: str, master: str | None) -> None:
    """All municipalities side by side: who was reached, who went on to studies, who of the target group is in the register.

    Public: small numbers are hidden as the profile decides, and so is what would give them away. What has been told is remembered
    in the lake's folder public.
    """
    if out.is_file():
        raise UsageError(f"{out} is a file: choose a folder with --out.")
    if master is not None and engine != "spark":
        raise UsageError("--master says where Spark runs: give it with --engine spark.")
    handed = write_nation_report(lake, period_id, out, profile, engine, master)
    for name, other in handed.renamed.items():
        say(f"{out / name} has been changed since it was written: the new one is {out / other}.")
    if handed.left:
        say(f"Left, because they have been changed: {', '.join(str(out / name) for name in handed.left)}.")
    say(f"Wrote {len(handed.written)} files; open {handed.written[0]} in a browser.")


def write_nation_report(
    folder: Path,
    period_id: str,
    out: Path,
    profile: str = NATION,
    engine: str = "duckdb",
    master: str | None = None,
) -> "HandedOver":
    """Make the pages of a period from a lake and put them into a folder. ``engine``: duckdb or spark, ``master``: where
    Spark runs.

    Raises UsageError where lake, period or folder are not such as a report can be made of, NightlyFailed where a file of the lake
    is not what was exported or something sensitive cannot be protected.
    """
    from dashboards.published.file import NotPublished
    from pipelines.commands.lake_figures import refuse_changed, started
    from pipelines.configuration.municipality import load_municipality
    from pipelines.lake.layout import read_lake
    from pipelines.publication.report_folder import hand_over
    from pipelines.runtime.os_errors import sentence
    from pipelines.warehouse.dbt import compile_project
    from pipelines.warehouse.periods import parse_period

    if engine == "spark":
        from pipelines.lake.spark_installed import refuse_without_spark

        refuse_without_spark()
    municipality = load_municipality(profile)
    period = parse_period(period_id, municipality)
    lake = read_lake(folder)
    _refuse(lake, period, out, municipality)
    extracts = read_extracts(lake)
    day = day_of_the_target_group(period, extracts)
    asked = Asked(municipality, period, day, extracts)
    _refuse_keys(asked, engine)
    refuse_changed(lake)
    progress("Counting …")
    with _told_in(folder):
        try:
            with TemporaryDirectory(prefix="kaa-nation-") as made, started(engine, lake, master) as asking:
                names = _report_files(lake, asked, asking, compile_project(), Path(made))
                return hand_over(Path(made), names, out)
        except NotPublished as error:
            raise UsageError(str(error)) from error
        except OSError as error:
            raise UsageError(f"The report cannot be written. {sentence(error)}") from error


def _refuse(lake: "Lake", period: "Period", out: Path, municipality: "Municipality") -> None:
    """Raises UsageError where no report can be made."""
    if period.kind == "dag":
        raise UsageError(
            f"The report is of a period, and {period.period_id} is a single day: give an id like kalenderar-2025."
        )
    if out.resolve().is_relative_to(lake.folder.resolve()):
        raise UsageError(f"{out} lies in the lake: choose another folder with --out.")
    if not municipality.is_asked_of_a_lake:
        raise UsageError(
            f"The report is of all municipalities side by side, and {municipality.title} is one: give a profile whose districts "
            "are municipalities with --municipality."
        )


def _refuse_keys(asked: "Asked", engine: str) -> None:
    """Raises UsageError where counts are changed by their keys, which only DuckDB's functions make."""
    from pipelines.configuration.disclosure import CellKey

    if engine != "duckdb" and isinstance(asked.disclosure, CellKey):
        raise UsageError(
            f"The profile's disclosure changes every count by its key, and the keys are made by DuckDB: leave out "
            f"--engine {engine}."
        )


@contextmanager
def _told_in(folder: Path) -> Iterator[None]:
    """Nobody else makes a report of the same lake meanwhile: each must know what the other tells. Raises UsageError."""
    from pipelines.publication.public_outputs import FOLDER
    from pipelines.runtime.os_errors import sentence

    place = folder / FOLDER
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        lock = (place / ".lock").open("w")
    except OSError as error:
        raise UsageError(
            f"What a report tells is remembered in {place}, which cannot be written. {sentence(error)}"
        ) from error
    import fcntl

    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"Another report is being made of {folder}: wait until it is done.") from None
        yield


# -- what the lake holds -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Extract:
    """An extract of a source that a municipality has taken in."""

    municipality: str
    source: str
    day: date


def read_extracts(lake: "Lake") -> list[Extract]:
    """Every extract of every part. Raises UsageError where there is none."""
    from pipelines.lake.engine import duckdb_engine

    name = "history.extract"
    with duckdb_engine(lake.folder) as engine:
        columns = lake.columns.get(name, {"source": "varchar", "extract_date": "date"})
        engine.read("lake.extract", lake.paths(name), columns)
        rows = engine.fetch("select distinct municipality, source, extract_date from lake.extract")
    if not rows:
        raise UsageError(f"The lake {lake.folder} holds no extract: export it when a delivery has been taken in.")
    return [Extract(*row) for row in rows]


def day_of_the_target_group(period: "Period", extracts: Sequence[Extract]) -> "Period":
    """The day that the register is compared with the law on: the period's last, or that of the latest extract where that is
    earlier. Raises UsageError where the lake knows nothing of the period."""
    from pipelines.warehouse.periods import day_period

    days = [each.day for each in extracts if each.source in REGISTERS]
    first, last = (min(days), max(days)) if days else (date.max, date.min)
    if last < period.starts_on or first > period.ends_on:
        reach = f"from {first} to {last}" if days else "of other sources only"
        raise UsageError(
            f"The lake knows nothing of {period.period_id}: its extracts of {' and '.join(REGISTERS)} are {reach}. Choose a "
            "period within."
        )
    return day_period(min(period.ends_on, last))


def fingerprint(part: "Part") -> str:
    """What identifies the files of a part: sha256, in hex, of the names of its tables with their files' checksums."""
    content = {name: sorted(file.sha256 for file in table.files) for name, table in part.tables.items()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _fingerprint_of_all(fingerprints: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(fingerprints, sort_keys=True).encode()).hexdigest()


# -- the report ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What a report is made of: the period, and the day of the target group."""

    municipality: "Municipality"
    period: "Period"
    day: "Period"
    extracts: Sequence[Extract]

    @property
    def disclosure(self) -> "Disclosure":
        """How small numbers are protected: what was decided for output of the latest extract."""
        return self.municipality.disclosure_on(max(each.day for each in self.extracts))


def _report_files(
    lake: "Lake", asked: Asked, engine: "Engine", compiled: "list[CompiledModel]", made: Path
) -> list[str]:
    """Make the report's files in a folder; returns their names."""
    from dashboards.disclosure.relations import order
    from dashboards.documents import names
    from dashboards.pages.nation import build_nation
    from pipelines.configuration.catalogue import read_catalogue
    from pipelines.publication.nation_file import add_lake, write_nation_file
    from pipelines.publication.public_file import write_public_file
    from pipelines.publication.public_outputs import read_outputs, remember_output
    from pipelines.runtime.files import atomic_write

    earlier = read_outputs(lake.folder)
    periods = _periods(asked, earlier)
    content = _content(lake, asked, engine, compiled, periods)
    with TemporaryDirectory(prefix="kaa-nation-file-") as folder:
        internal, public = Path(folder, "internal.duckdb"), Path(folder, "public.duckdb")
        write_nation_file(internal, asked.municipality, periods, read_catalogue(), asked.disclosure, content)
        output = _public_output(internal, asked, periods, earlier)
        keys, hidden = ([order(key) for key in some] for some in (output.values, output.protection.hidden))
        write_public_file(internal, public, keys, hidden, bool(output.protection.told_otherwise))
        add_lake(public, asked.municipality, content)
        files = build_nation(public, asked.period.period_id, made)
    files.append(atomic_write(made / names.CELLS, output.cells()))
    told = output.snapshot
    entries = ((order(key), value, key in told.hidden) for key, value in told.values.items())
    remember_output(lake.folder, asked.disclosure, entries)
    return [file.relative_to(made).as_posix() for file in files]


def _periods(asked: Asked, earlier: "Sequence[Output]") -> "list[Period]":
    """The report's own, and those that earlier reports have told of: whether their numbers are still the same says what both
    together would give away."""
    from pipelines.warehouse.periods import parse_period

    told = {key[2] for output in earlier for key, _, _ in output.entries}
    others = sorted(told - {asked.period.period_id, asked.day.period_id})
    return [asked.period, asked.day, *(parse_period(each, asked.municipality) for each in others)]


def _public_output(
    file: Path, asked: Asked, periods: "Sequence[Period]", earlier: "Sequence[Output]"
) -> "PublicOutput":
    """What the report shows. Raises as the public report of a home does."""
    from dashboards.content.nation import shown
    from dashboards.disclosure.output import changed_output, public_output
    from dashboards.disclosure.public import CannotPublish
    from pipelines.commands.queries import cannot_publish, snapshots, told_in_another_way
    from pipelines.configuration.disclosure import CellKey
    from pipelines.publication.public_outputs import told_otherwise

    disclosure = asked.disclosure
    otherwise = told_otherwise(earlier, disclosure, asked.municipality, periods)
    period_id, days = asked.period.period_id, [asked.day.period_id]
    if not otherwise.isdisjoint((period_id, *days)):
        raise told_in_another_way(period_id)
    if isinstance(disclosure, CellKey):
        return changed_output(file, period_id, disclosure, otherwise, shown, days)
    try:
        alike = snapshots(earlier, disclosure)
        return public_output(file, period_id, alike, disclosure.smallest, otherwise, shown, days)
    except CannotPublish as error:
        raise cannot_publish(error) from error


def _content(
    lake: "Lake", asked: Asked, engine: "Engine", compiled: "list[CompiledModel]", periods: "Sequence[Period]"
) -> "NationContent":
    """Ask the lake."""
    import polars as pl

    from pipelines.configuration.catalogue import read_catalogue
    from pipelines.configuration.disclosure import CellKey
    from pipelines.lake.ask import make_warehouse
    from pipelines.publication.nation_file import NationContent
    from pipelines.warehouse.ask import FIGURE_COLUMNS, rows_of
    from pipelines.warehouse.inputs import EVERYTHING
    from pipelines.warehouse.public_figures import keyed_figures, with_keys

    wanted = [f"figure_{figure}" for figure in FIGURES]
    make_warehouse(engine, lake, compiled, asked.municipality, periods, EVERYTHING, wanted)
    public = None
    if isinstance(asked.disclosure, CellKey):
        from pipelines.publication.cell_key import changed_figures

        keys_of = {name: figure for name, figure in read_catalogue().items() if name in FIGURES}
        rows = engine.fetch(keyed_figures(compiled, wanted, keys_of))
        columns: list[tuple[str, Any]] = [(name, pl.String) for name in FIGURE_COLUMNS[:-1]]
        columns += [("value", pl.Decimal(38, 18)), ("cell_key", pl.Int64)]
        keyed = pl.DataFrame(rows, schema=columns, orient="row")
        public = changed_figures(with_keys(keyed, keys_of), asked.disclosure)
    fingerprints = {code: fingerprint(part) for code, part in lake.parts.items()}
    return NationContent(
        figures=engine.fetch(rows_of(compiled, wanted)),
        public=public,
        extracts={(each.source, each.day) for each in asked.extracts},
        parts=[
            (code, part.title, *_reach(asked.extracts, code), part.exported_on, fingerprints[code])
            for code, part in lake.parts.items()
        ],
        fingerprint=_fingerprint_of_all(fingerprints),
        sql_fingerprint=hashlib.sha256("".join(model.sql for model in compiled).encode()).hexdigest(),
        day=asked.day,
    )


def _reach(extracts: Collection[Extract], code: str) -> tuple[date | None, date | None]:
    """The days of a municipality's first and last extract."""
    days = [each.day for each in extracts if each.municipality == code]
    return min(days, default=None), max(days, default=None)
