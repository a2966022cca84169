"""What dashboards, alarms and people rely on: the assets' keys, the one job, when it runs, and what Dagster keeps."""

import os
import re
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from inspect import Parameter, signature
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
import yaml
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.tags import MAX_RUNTIME_SECONDS_TAG
from dagster_dbt import DbtCliInvocation, get_asset_key_for_model

from dashboards.pages import site
from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.municipality import PROFILES
from pipelines.orchestration import assets
from pipelines.orchestration.dagster_runs import JOB, tidy_runs
from pipelines.orchestration.definitions import QUIET, TIMEZONE, definitions
from pipelines.orchestration.event_log import EventLog
from pipelines.orchestration.nightly import dagster_home, run_nightly
from pipelines.orchestration.schedule import SCHEDULE, TIMER
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.home import initialise, open_home
from pipelines.warehouse.inputs import TABLES

#: The assets that are not dbt's; adding one is a decision, so it is written down here.
OWN_ASSETS = set(
    """
drop/antagning drop/beda drop/ber drop/enkat drop/flai drop/folkbokforing drop/jobbtorg_unga drop/nyckeltal drop/skolregister
drop/skolslussen
history/antagning_antagningar
history/beda_bevis history/ber_bosattningskontroller history/ber_inskrivningar history/ber_insatser history/ber_kontakter
history/ber_register history/ber_sysselsattningar history/delivery history/enkat_svar history/extract
history/flai_deltaganden history/folkbokforing_personer history/jobbtorg_unga_antal history/number history/nyckeltal_nyckeltal
history/skolregister_studieperioder history/skolslussen_besok
published/figures published/version
""".split()  # noqa: SIM905
)


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return definitions()


def _keys(defs: dg.Definitions) -> dict[str, dg.AssetKey]:
    return {key.to_user_string(): key for key in defs.resolve_asset_graph().get_all_asset_keys()}


def test_asset_keys(defs: dg.Definitions) -> None:
    own = {key for key in _keys(defs) if key.partition("/")[0] in ("drop", "history", "input", "page", "published")}
    assert own == OWN_ASSETS | {f"page/{name}" for name in (*site.PAGES, "kapitel")} | {
        f"input/{name}" for name in TABLES
    }


def test_every_figure_is_an_asset_between_history_and_published_file(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    keys = _keys(defs)
    upstream = graph.get_ancestor_asset_keys(keys["published/figures"])
    for figure in read_catalogue().values():
        (key,) = [key for name, key in keys.items() if name.rpartition("/")[2] == figure.model]
        assert key in upstream
    assert keys["history/ber_register"] in upstream and keys["drop/ber"] in upstream


def test_the_job_makes_everything_that_can_be_made(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    job = defs.resolve_job_def(JOB)
    assert job.asset_layer.executable_asset_keys == graph.materializable_asset_keys
    assert job.executor_def is dg.in_process_executor
    assert int(job.tags[MAX_RUNTIME_SECONDS_TAG]) > 4 * 3600  # the run ends itself before
    assert [one.name for one in defs.resolve_all_job_defs() if not one.name.startswith("__")] == [JOB]


def test_publication_comes_last(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    last = _keys(defs)["published/version"]
    assert graph.get(last).child_keys == set()
    others = graph.materializable_asset_keys - {last}
    before = graph.get_ancestor_asset_keys(last)
    # What no figure needs is made in one step with what figures need: that step must succeed too.
    steps = [assets.taken_in, assets.inputs, assets.dbt_models]
    for key in others - before:
        (step,) = [step for step in steps if key in step.keys]
        assert step.keys & before, key


def test_every_dataset_of_the_history_is_checked_against_its_contract(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def(JOB)
    checked = {
        key.asset_key.to_user_string() for key in job.asset_layer.asset_graph.asset_check_keys if key.name == "contract"
    }
    assert checked == {key for key in OWN_ASSETS if key.startswith("history/")} - {
        f"history/{table}" for table in ("delivery", "extract", "number")
    }
    assert int(assets.contracts.node_def.tags["dagster/priority"]) < 0  # it waits for what is made while dbt works


def test_dagster_dbt_can_still_be_given_a_process_that_runs() -> None:
    """No public interface: another version may ask for something else."""
    needed = {name for name, one in signature(DbtCliInvocation).parameters.items() if one.default is Parameter.empty}
    assert needed == {
        "process", "manifest", "dagster_dbt_translator", "project_dir", "target_path", "raise_on_error", "cli_version",
    }  # fmt: skip


def test_a_part_of_dbts_models_is_refused(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    """`dagster dev` lets anybody choose single assets; dbt would then build them into a file without the others."""
    home = Path(instance.root_directory).parent
    monkeypatch.setenv("KAA_HOME", str(home))
    key = get_asset_key_for_model([assets.dbt_models], "person_period")
    job = definitions().resolve_job_def(JOB)
    result = job.execute_in_process(instance=instance, asset_selection=[key], raise_on_error=False)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "dbt builds all models or none: run the whole job nightly." in str(failure.step_failure_data.error)


def test_the_schedule_runs_that_job_on_weekdays_at_four(defs: dg.Definitions) -> None:
    (schedule,) = defs.schedules or []
    assert (schedule.job_name, schedule.cron_schedule, schedule.execution_timezone) == (
        JOB,
        "0 4 * * 1-5",
        "Europe/Stockholm",
    )
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_the_sensor_starts_that_job_without_being_switched_on(defs: dg.Definitions) -> None:
    (sensor,) = defs.sensors or []
    assert isinstance(sensor, dg.SensorDefinition)
    assert (sensor.job_name, sensor.default_status) == (JOB, dg.DefaultSensorStatus.RUNNING)
    assert sensor.minimum_interval_seconds == 600


def test_the_hour_is_that_of_the_municipalitys_clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (PROFILES / "nacka.yaml").read_text(encoding="utf-8").replace("Europe/Stockholm", "Europe/Helsinki")
    (tmp_path / "nacka.yaml").write_text(text.replace("plans: [nacka]", ""), encoding="utf-8")
    (tmp_path / "drop").mkdir()
    initialise(str(tmp_path / "nacka.yaml"), tmp_path / "drop", tmp_path / "home")
    monkeypatch.setenv("KAA_HOME", str(tmp_path / "home"))
    (schedule,) = definitions().schedules or []
    assert isinstance(schedule, dg.ScheduleDefinition) and schedule.execution_timezone == "Europe/Helsinki"


def _weekdays_of_ten_years() -> list[date]:
    first = date(2026, 1, 1)
    days = [first + timedelta(number) for number in range((date(2037, 1, 1) - first).days)]
    return [day for day in days if day.weekday() < 5]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemds_timer_means_the_same_weekdays_at_four() -> None:
    days = _weekdays_of_ten_years()
    said = subprocess.run(
        ["systemd-analyze", "calendar", f"--iterations={len(days) + 1}", "--base-time=2026-01-01 UTC", TIMER],
        env={"PATH": os.environ["PATH"], "TZ": "UTC"}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    zone = ZoneInfo(TIMEZONE)
    times = re.findall(r"(?:Next elapse|Iter\. #\d+|Iteration #\d+): \w{3} (\S+ \S+) UTC", said)
    ticks = [datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(zone) for text in times]
    assert [tick.date() for tick in ticks] == [*days, date(2037, 1, 1)]
    assert {(tick.hour, tick.minute) for tick in ticks} == {(4, 0)}


def test_once_a_weekday_for_ten_years_whatever_the_clocks_do() -> None:
    from dagster._utils.schedules import schedule_execution_time_iterator

    zone = ZoneInfo(TIMEZONE)
    end = datetime(2037, 1, 1, tzinfo=zone)
    ticks = []
    for tick in schedule_execution_time_iterator(datetime(2026, 1, 1, tzinfo=zone).timestamp(), SCHEDULE, TIMEZONE):
        if tick >= end:
            break
        ticks.append(tick)
    assert [tick.date() for tick in ticks] == _weekdays_of_ten_years()
    assert {tick.astimezone(zone).hour for tick in ticks} == {4}


def test_kaa_nightly_runs_the_job_of_the_schedule(
    defs: dg.Definitions, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kaa nightly` executes the job that the schedule names, and nothing else."""
    executed = []

    def execute(job: dg.JobDefinition, **named: object) -> dg.ExecuteInProcessResult:
        executed.append((job.name, job.asset_layer.executable_asset_keys))
        raise NightlyFailed("seen enough")

    monkeypatch.setattr(dg.JobDefinition, "execute_in_process", execute)
    home = open_home(Path(instance.root_directory).parent)
    for name in ("DAGSTER_HOME", "KAA_HOME"):
        monkeypatch.setenv(name, "")  # run_nightly sets them; given back after the test
    with pytest.raises(NightlyFailed, match="seen enough"):
        run_nightly(home)
    (schedule,) = defs.schedules or []
    scheduled = defs.resolve_job_def(schedule.job_name)
    assert executed == [(scheduled.name, scheduled.asset_layer.executable_asset_keys)]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    (tmp_path / "drop").mkdir()
    home, _ = initialise("nacka", tmp_path / "drop", tmp_path / "home")
    monkeypatch.setenv("DAGSTER_HOME", str(dagster_home(home)))
    return dg.DagsterInstance.get()


def test_settings_of_dagsters_own_storage(instance: dg.DagsterInstance) -> None:
    assert instance.telemetry_enabled is False
    assert instance.run_monitoring_enabled is True  # without it nothing ends a run that hangs
    assert instance.get_concurrency_config().run_queue_config is not None
    settings = yaml.safe_load((Path(instance.root_directory) / "dagster.yaml").read_text())
    assert settings["concurrency"]["runs"]["max_concurrent_runs"] == 1
    assert settings["retention"]["schedule"]["purge_after_days"] == 90


def test_dagster_alone_reads_the_event_log(instance: dg.DagsterInstance) -> None:
    run = _run(instance)
    assert type(instance.event_log_storage) is EventLog
    own = SqliteEventLogStorage(str(Path(instance.root_directory) / "history" / "runs"))
    events = [record.event_log_entry.dagster_event_type for record in own.get_records_for_run(run).records]
    assert dg.DagsterEventType.ASSET_MATERIALIZATION in events
    assert events[-1] is dg.DagsterEventType.RUN_SUCCESS
    assert own.fetch_materializations(something.key, limit=1).records[0].run_id == run


@pytest.mark.parametrize("ours", [NightlyFailed, UsageError])
def test_of_an_error_its_kind_and_place_are_kept_and_its_text_only_where_we_worded_it(
    instance: dg.DagsterInstance, ours: type[Exception]
) -> None:
    """Its own text may quote the data, and Dagster keeps what it is told for months."""
    text = "-".join(["20050304", "2181"])  # lines of the program are kept

    @dg.op
    def fails() -> None:
        try:
            try:
                int(text)
            except ValueError as error:
                raise KeyError(text) from error
        except KeyError:
            raise ours("A sentence of ours.")  # noqa: B904 - its context is told too

    @dg.job(config=QUIET)
    def failing() -> None:
        fails()

    assert definitions().resolve_job_def(JOB).run_config == QUIET
    assert not failing.execute_in_process(instance=instance, raise_on_error=False).success
    kept = b"".join(path.read_bytes() for path in Path(instance.root_directory).rglob("*") if path.is_file())
    assert text.encode() not in kept
    for words in (b"A sentence of ours.", b"KeyError", b"ValueError", b"test_definitions.py"):
        assert words in kept


@dg.asset
def something() -> None:
    """Stands for a run's work."""


def _run(instance: dg.DagsterInstance) -> str:
    return dg.materialize([something], instance=instance).run_id


def test_only_runs_whose_process_is_gone_are_ended(instance: dg.DagsterInstance) -> None:
    finished = _run(instance)
    killed, own, waiting = (
        instance.create_run_for_job(_job(), status=status).run_id
        for status in (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED)
    )
    tidy_runs(instance, own)
    statuses = {run.run_id: run.status.value for run in instance.get_runs()}
    assert statuses == {finished: "SUCCESS", killed: "FAILURE", own: "STARTED", waiting: "NOT_STARTED"}


def _job() -> dg.JobDefinition:
    @dg.job(name=JOB)
    def nightly() -> None:
        pass

    return nightly
