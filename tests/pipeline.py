"""The real pipeline without Dagster and without a run of dbt: history and compiled models, many times in a second.

A test that asks "does the program count as the pages say" needs thousands of nightlies; starting dbt for each would take
hours. What runs here is the program's own code: taking in, history, purging, and dbt's compiled SQL through ``ask``. That
the nightly job calls the same parts in the same order is shown by tests/cli and tests/faults/test_real_job.py.
"""

import json
import os
import subprocess
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pipelines.configuration.contract import Source, load_sources
from pipelines.configuration.municipality import load_municipality
from pipelines.delivery.rows import BatchRows
from pipelines.history.store import History
from pipelines.history.unexplained import unexplained_changes
from pipelines.intake.backlog import EVERY, Backlog
from pipelines.intake.take_in import TakenIn, take_in
from pipelines.notices import Notice
from pipelines.orchestration.missing_deliveries import missing_deliveries
from pipelines.state.home import initialise
from pipelines.warehouse.ask import FIGURE_COLUMNS, ask_figures
from pipelines.warehouse.compiled import CompiledModel, compiled_models, run_models
from pipelines.warehouse.dbt import COMMAND, PROJECT, dbt_environment
from pipelines.warehouse.inputs import EVERYTHING, write_inputs
from pipelines.warehouse.periods import parse_period

FigureKey = tuple[str, ...]


@cache
def compiled_project() -> dict[str, Any]:
    """dbt's manifest with all models and data tests compiled; compiled once in a test run."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        duckdb.connect(str(place / "history.duckdb")).close()
        environment = os.environ | dbt_environment(place / "warehouse.duckdb", place / "history.duckdb")
        command = [*COMMAND, "--quiet", "compile", "--no-introspect", "--project-dir", str(PROJECT),
                   "--profiles-dir", str(PROJECT), "--target-path", str(place / "target"), "--log-path", folder]  # fmt: skip
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        manifest: dict[str, Any] = json.loads((place / "target" / "manifest.json").read_text(encoding="utf-8"))
        return manifest


@cache
def models_json() -> str:
    """dbt's compiled models, as a version keeps them."""
    return json.dumps([asdict(model) for model in compiled_models(compiled_project())])


@cache
def _sources(municipality: str) -> dict[str, Source]:
    """The contracts; reading their files takes longer than a small nightly."""
    return load_sources(load_municipality(municipality).own_codes)


class Pipeline:
    """A KAA_HOME with its drop folder, run by hand."""

    def __init__(self, path: Path, municipality: str = "stockholm", now: date = date(2026, 1, 1)) -> None:
        self.drop = path / "drop"
        self.drop.mkdir(parents=True, exist_ok=True)
        self.home, _ = initialise(municipality, self.drop, path / "home")
        self.sources = _sources(municipality)
        self.now = datetime(now.year, now.month, now.day, 4, tzinfo=ZoneInfo("Europe/Stockholm"))
        #: What did not come, as the last night told it.
        self.missing: list[Notice] = []
        self.batches: list[tuple[BatchRows, dict[int, date]]] = []
        #: After how many seconds of work what is taken in is kept, and what the last night said of what it found kept.
        self.keep_every = EVERY
        self.told: str | None = None

    def run(self) -> TakenIn:
        """One nightly: take in, purge, put in place."""
        before = self.home.current()
        version = self.home.start_next()
        backlog = Backlog(self.home, version, before, self.keep_every)
        self.told = backlog.resume()
        with History(version.history, self.sources, before.history if before else None) as history:
            if backlog.so_far:
                history.begins_after(before.history if before else None)
            result = take_in(
                self.home, self.sources, history, version.number, self._remember, now=self.now, backlog=backlog
            )
            history.purge(version.number)
            if before:  # whatever came, in whatever order: history does not change by itself
                found = unexplained_changes(history.connection, before.history, history.datasets(), version.number)
                assert found == []
            self.missing = missing_deliveries(self.home, self.sources, history, result, self.now)
        version.models.write_text(models_json())
        self.home.put_in_place(version)
        return result

    def _remember(self, rows: BatchRows, dates: dict[int, date]) -> None:
        self.batches.append((rows, dates))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the history."""
        version = self.home.current()
        assert version is not None
        with duckdb.connect(str(version.history), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def deliveries(self) -> list[dict[str, Any]]:
        """The list of deliveries."""
        names = ["source", "extract_date", "revision", "status", "reason", "rows", "quarantined_rows", "folder",
                 "message", "delivery_id"]  # fmt: skip
        return [dict(zip(names, row, strict=True)) for row in self.query(f"select {', '.join(names)} from delivery")]

    def quarantine(self) -> list[dict[str, Any]]:
        """The quarantined rows, with the delivery's folder."""
        names = ["folder", "dataset", "file", "line", "column", "reason", "expected"]
        rows = self.query(
            "select d.folder, q.dataset, q.file, q.line, q.column_name, q.reason, q.expected "
            "from quarantine q join delivery d using (delivery_id)"
        )
        return [dict(zip(names, row, strict=True)) for row in rows]

    def figures(
        self, period_id: str, as_known: date | None = None, figure: str | None = None
    ) -> dict[FigureKey, Decimal]:
        """All figures of a period, or one."""
        version = self.home.current()
        assert version is not None
        municipality = self.home.municipality
        period = parse_period(period_id, municipality)
        rows = ask_figures(version, municipality, period, as_known or EVERYTHING, figure)
        figures = {tuple(row[:-1]): row[-1] for row in rows}
        assert len(figures) == len(rows)
        return figures

    def all_figures(self, period_ids: list[str], as_known: date | None = None) -> dict[FigureKey, Decimal]:
        """All figures of several periods, computed together as a nightly does."""
        rows = self.rows_of("figures", period_ids, as_known)
        figures = {tuple(row[name] for name in FIGURE_COLUMNS[:-1]): row[FIGURE_COLUMNS[-1]] for row in rows}
        assert len(figures) == len(rows)
        return figures

    def models(self) -> list[CompiledModel]:
        """The compiled models, each after those it needs."""
        return [CompiledModel(**item) for item in json.loads(models_json())]

    def rows_of(self, model: str, period_ids: list[str], as_known: date | None = None) -> list[dict[str, Any]]:
        """The rows of any model, with everything that is loaded or as known on a day."""
        version = self.home.current()
        assert version is not None
        models = self.models()
        with duckdb.connect() as connection:
            connection.execute(f"attach ':memory:' as warehouse; attach '{version.history}' as history (read_only)")
            connection.execute("use warehouse")
            municipality = self.home.municipality
            periods = [parse_period(each, municipality) for each in period_ids]
            write_inputs(connection, municipality, periods, as_known or EVERYTHING)
            run_models(connection, models, [model])
            relation = next(each.relation for each in models if each.name == model)
            result = connection.execute(f"select * from {relation}")
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def decide(self, folder: str, decision: str) -> None:
        """Release or reject the held delivery in a folder."""
        held = [one for one in self.deliveries() if one["folder"] == folder and one["status"] == "held"]
        assert held, folder
        for one in held:
            self.home.decide(one["delivery_id"], decision)
