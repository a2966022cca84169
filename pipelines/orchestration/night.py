"""What the steps of one night share: the lock, the version that is being built, and what has been found so far.

The job runs all its steps in one process, so this can be an ordinary object. Computing does not belong here.
"""

from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from pipelines.configuration.contract import Source, load_sources
from pipelines.history.unexplained import Unexplained
from pipelines.notices import Notice
from pipelines.orchestration.dagster_runs import started_by, tidy_runs
from pipelines.orchestration.failures import failure_of
from pipelines.orchestration.patience import WAITS, patiently
from pipelines.orchestration.run import Run, a_run, assert_ready, going, note_retry
from pipelines.publication.known_figures import KnownChange
from pipelines.quality import PROCESS
from pipelines.quality.checks import CheckResult
from pipelines.quality.freshness import Freshness
from pipelines.runtime.errors import NightlyFailed
from pipelines.runtime.worker_process import started_ahead
from pipelines.state.home import Home, Version, open_home
from pipelines.warehouse.dbt import CHILD
from pipelines.warehouse.parts import Part
from pipelines.warehouse.periods import Period, periods_of

_NEEDS_THE_OTHERS = "This step needs the ones before it: run the whole job nightly."


@dataclass
class Night:
    """``previous`` is the version that is published, ``version`` the one that is built, from the first step on; the other fields
    are filled by the steps that find them. ``background`` does what a later step needs while the steps before it go on.
    """

    home: Home
    sources: dict[str, Source]
    background: Executor
    previous: Version | None = None
    version: Version | None = None
    extract_days: list[date] = field(default_factory=list)
    contract_checks: Future[list[CheckResult]] | None = None
    figure_rows: int = 0
    unexplained: list[Unexplained] = field(default_factory=list)
    changes: Future[list[KnownChange]] | None = None
    notices: list[Notice] = field(default_factory=list)
    freshness: list[Freshness] = field(default_factory=list)
    failed_parts: dict[Part, str] = field(default_factory=dict)
    #: The files of the reports' pages; None until they are made.
    pages: list[Path] | None = None
    judged: set[str] = field(default_factory=set)
    still_held: set[str] = field(default_factory=set)

    @property
    def building(self) -> Version:
        """The version that is being built; raises when the first step has not run."""
        if self.version is None:
            raise NightlyFailed(_NEEDS_THE_OTHERS)
        return self.version

    @property
    def checks(self) -> list[CheckResult]:
        """What came of the contract checks, waited for when they are still being made."""
        if self.contract_checks is None:
            raise NightlyFailed(_NEEDS_THE_OTHERS)
        return self.contract_checks.result()

    @property
    def periods(self) -> list[Period]:
        """Every period that is computed."""
        return periods_of(self.extract_days, self.home.municipality)

    @property
    def report_periods(self) -> list[Period]:
        """The report years that the extracts touch: each gets its annual report."""
        return [period for period in self.periods if period.kind == self.home.municipality.report_year.kind]


class NightlyResource(dg.ConfigurableResource[Any]):
    """Gives the steps their night, within a run (``run``): the one that `kaa nightly` has begun, or, under Dagster's daemon, one
    that lasts as long as Dagster's."""

    _night: Night | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["NightlyResource"]:
        home = open_home(writing=True)
        with ExitStack() as stack:
            run = going(home.path) or stack.enter_context(_run_of_its_own(home, context))
            try:
                self._night = stack.enter_context(_night(run, context))
            except Exception as error:
                run.failure = failure_of(home, error)
                raise
            yield self
            run.seconds = _seconds(context)

    @property
    def night(self) -> Night:
        """The night that this resource serves."""
        assert self._night is not None
        return self._night


@contextmanager
def _run_of_its_own(home: Home, context: dg.InitResourceContext) -> Iterator[Run]:
    """The run that Dagster has started: nobody watches, so what may be over soon is waited for."""
    who = started_by(context.instance, context.run_id)
    with a_run(home, who, WAITS, context.run_id) as run, started_ahead(CHILD, PROCESS):
        patiently(lambda: assert_ready(home), WAITS, lambda error, seconds: note_retry(home, error, seconds))
        yield run
        if run.has_published:
            run.failure = None
        elif run.failure is None:
            run.failure = NightlyFailed("The run ended without publishing: see it in dagster dev, then start it again.")


@contextmanager
def _night(run: Run, context: dg.InitResourceContext) -> Iterator[Night]:
    home = run.home
    if context.instance and context.run_id:
        run.lock.name_dagster_run(context.run_id)
        tidy_runs(context.instance, context.run_id)
    with ThreadPoolExecutor(max_workers=2) as background:
        try:
            yield Night(home, load_sources(home.municipality.own_codes), background)
        finally:
            # A version that was not finished holds persons and takes room, and nobody will use it.
            with suppress(OSError):
                home.sweep()


def _seconds(context: dg.InitResourceContext) -> dict[str, float]:
    """How long each step took that has ended well."""
    if not context.instance or not context.run_id:
        return {}
    ended = context.instance.all_logs(context.run_id, of_type=dg.DagsterEventType.STEP_SUCCESS)
    events = [entry.dagster_event for entry in ended if entry.dagster_event]
    return {event.step_key or "": round(event.step_success_data.duration_ms / 1000, 3) for event in events}
