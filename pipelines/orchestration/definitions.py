"""The Dagster definitions: the graph, the one job, the one schedule. `dagster dev` shows them, `kaa nightly` runs the job."""

import dagster as dg

from pipelines.orchestration import assets
from pipelines.orchestration.dagster_runs import JOB
from pipelines.orchestration.night import NightlyResource
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.home import open_home

#: Weekdays at the hour of the extracts, by the municipality's clocks; by Swedish ones 04:00 exists once on every day of the year.
SCHEDULE = "0 4 * * 1-5"
#: Where no KAA_HOME is set up, so that there is nothing to run and the graph is only shown.
TIMEZONE = "Europe/Stockholm"

#: The console would print what is not kept of an error (``event_log``), and Dagster keep what is printed.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

nightly_job = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.all(),
    config=QUIET,
    executor_def=dg.in_process_executor,
    description="Takes in the night's deliveries, builds the marts and figures, checks them, and publishes.",
    # One writer: a second run waits in Dagster's queue, and the lock on KAA_HOME keeps every other process out.
    tags={"dagster/concurrency_key": "kaa-nightly", "dagster/max_runtime": "14400"},
)


def time_zone() -> str:
    """The time zone of the municipality whose nightly this is."""
    try:
        return open_home().municipality.timezone
    except (UsageError, NightlyFailed):
        return TIMEZONE


def definitions() -> dg.Definitions:
    """A fresh set of definitions, so that a test can take it apart."""
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
        jobs=[nightly_job],
        schedules=[
            dg.ScheduleDefinition(
                job=nightly_job,
                cron_schedule=SCHEDULE,
                execution_timezone=time_zone(),
                default_status=dg.DefaultScheduleStatus.RUNNING,
            )
        ],
        resources={"nightly": NightlyResource()},
    )
