"""A run may fail between its steps, where no step can say why: Dagster does."""

from types import SimpleNamespace

import dagster as dg

from pipelines.orchestration import nightly
from pipelines.state.home import Home


class Lost(Exception):
    """What nobody has foreseen."""


def _result() -> dg.ExecuteInProcessResult:
    @dg.failure_hook
    def hook(context: dg.HookContext) -> None:
        raise Lost("where is 20050301?")

    @dg.op
    def fails() -> None:
        raise ValueError

    @dg.job(hooks={hook}, executor_def=dg.in_process_executor)
    def job() -> None:
        fails()

    return job.execute_in_process(raise_on_error=False)


def test_what_dagster_met_between_the_steps_is_told_by_its_kind(home: Home) -> None:
    hooks = [event for event in _result().all_events if event.is_hook_event]
    told = nightly._around_the_steps(home, SimpleNamespace(all_events=hooks))
    assert told and "(Lost)" in str(told) and "2005" not in str(told)


def test_a_run_of_which_nothing_failed_is_told_nothing_of(home: Home) -> None:
    @dg.job
    def job() -> None:
        pass

    assert nightly._around_the_steps(home, job.execute_in_process()) is None
