"""The Dagster definitions: the graph, the one job, what starts it. `dagster dev` shows them, `kaa nightly` runs the job.

No step has a retry policy: the first begins the version that the others build on, so none can be done twice by itself. What may
be over soon is waited for before the first one (``night``), and a run that failed for it is asked for again whole (``sensor``).
"""

from datetime import timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.storage.tags import MAX_RUNTIME_SECONDS_TAG

from pipelines.configuration.settings import Settings
from pipelines.orchestration import assets, sensor
from pipelines.orchestration.dagster_runs import JOB
from pipelines.orchestration.failures import failure_of
from pipelines.orchestration.night import NightlyResource
from pipelines.orchestration.run import going, longest
from pipelines.orchestration.schedule import SCHEDULE
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.surroundings import home_path
from pipelines.state.home import Home, open_home

#: Where no KAA_HOME is set up, so that there is nothing to run and the graph is only shown.
TIMEZONE = "Europe/Stockholm"
LONGEST = timedelta(hours=Settings.model_fields["longest_night_hours"].default)

#: How much later than the run itself Dagster ends one that takes too long.
_AFTER_IT = timedelta(minutes=10)

#: The console would print what is not kept of an error (``event_log``), and Dagster keep what is printed.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dg.failure_hook(name="why_it_failed")
def note_failure(context: dg.HookContext) -> None:
    """Note the first failure of a step for the record of the run."""
    run = going(home_path())
    if run and run.failure is None and context.op_exception:
        run.failure = failure_of(run.home, context.op_exception, context.step_key)


def nightly_job(longest_run: timedelta) -> UnresolvedAssetJobDefinition:
    """The one job; ``longest_run``: after how long Dagster ends a run that has not ended itself."""
    return dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all(),
        config=QUIET,
        executor_def=dg.in_process_executor,
        description="Takes in the night's deliveries, builds the marts and figures, checks them, and publishes.",
        hooks={note_failure},
        # One writer: a second run waits in Dagster's queue, and the lock on KAA_HOME keeps every other process out.
        tags={
            "dagster/concurrency_key": "kaa-nightly",
            MAX_RUNTIME_SECONDS_TAG: str(int((longest_run + _AFTER_IT).total_seconds())),
        },
    )


def _home() -> Home | None:
    """The KAA_HOME whose nightly this is, where one is set up."""
    try:
        return open_home()
    except (UsageError, NightlyFailed):
        return None


def definitions() -> dg.Definitions:
    """A fresh set of definitions, so that a test can take it apart."""
    home = _home()
    job = nightly_job(longest(home) if home else LONGEST)
    return dg.Definitions(
        assets=[
            *assets.delivery_specs,
            assets.taken_in,
            assets.inputs,
            assets.dbt_models,
            assets.published_file,
            assets.pages,
            assets.publication,
        ],
        asset_checks=[assets.contracts],
        jobs=[job],
        schedules=[
            dg.ScheduleDefinition(
                job=job,
                cron_schedule=SCHEDULE,
                execution_timezone=home.municipality.timezone if home else TIMEZONE,
                default_status=dg.DefaultScheduleStatus.RUNNING,
            )
        ],
        sensors=[
            dg.SensorDefinition(
                name="late_deliveries",
                job=job,
                evaluation_fn=lambda context: sensor.look(context.instance),
                minimum_interval_seconds=sensor.EVERY,
                default_status=dg.DefaultSensorStatus.RUNNING,
                description="Asks for a run when a delivery has come after the night's.",
            )
        ],
        resources={"nightly": NightlyResource()},
    )
