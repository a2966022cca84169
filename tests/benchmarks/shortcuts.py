"""What a night saves by private interfaces of Dagster and dagster-dbt, and by libraries that load beside it: each is taken away
in turn (``python -m tests.benchmarks.shortcuts``, some ten minutes on a quiet machine). The events of a night are also stored
alone, by both storages.

The ways take turns, so that what else the machine does meets them all; seconds of the processor are said as well, which it
hardly changes. What saves less than a second of an ordinary night is not worth its upkeep.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import dagster as dg
from dagster._core.events import DagsterEvent, StepMaterializationData
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster_dbt import DbtCliResource

from pipelines.orchestration import nightly
from pipelines.orchestration.event_log import EventLog
from pipelines.quality import PROCESS
from pipelines.runtime.database import room_environment
from pipelines.runtime.worker_process import started_ahead
from pipelines.state.home import Home, open_home
from pipelines.warehouse import dbt
from tests.benchmarks.untidy_city import City, nights

KAA = str(Path(sys.executable).parent / "kaa")
REPEATS = 3
#: What Dagster is told in a night.
EVENTS, ASSETS = 700, 120


class _PublicDbt:
    """dbt as dagster-dbt's resource calls it, all nodes in one call."""

    def __init__(self, process: dbt.DbtCall, target_path: Path, context: Any, **_: object) -> None:
        self.target = target_path
        self.context = context

    def stream(self) -> Iterator[object]:
        """The events of the call."""
        os.environ.update(_public_environment() | room_environment())
        command = DbtCliResource(project_dir=str(dbt.PROJECT), dbt_executable=str(Path(KAA).with_name("dbt")))
        call = command.cli(["build"], context=self.context, target_path=self.target, raise_on_error=False)
        yield from call.stream()
        shutil.copy(self.target / "run_results.json", self.target / "parts")


def _public_environment() -> dict[str, str]:
    """The resource runs in the project's folder, so dbt must find the files by their whole names."""
    folder = dbt.dbt_folder()
    return _ENVIRONMENT(folder / "warehouse" / "warehouse.duckdb", folder / "history" / "history.duckdb")


_ENVIRONMENT = dbt.dbt_environment


def _as_it_is(home: Home) -> None:
    """Nothing is taken away."""


def _dagsters_event_log(home: Home) -> None:
    settings = home.path / "dagster" / "dagster.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").partition("event_log_storage:")[0], encoding="utf-8")


def _public_dbt(home: Home) -> None:
    """The notes of the project are made with the names that the resource needs: they are not what is measured."""
    patch.object(dbt, "dbt_environment", _public_environment).start()
    shutil.rmtree(dbt.dbt_folder())
    dbt.manifest_path()
    patch.object(nightly, "started_ahead", lambda *_: started_ahead(PROCESS)).start()
    from pipelines.orchestration import assets

    def start(folder: Path, *calls: dbt.DbtCall) -> dbt.DbtCall:
        for call in calls:
            call.target.mkdir(exist_ok=True)
            shutil.copyfile(
                dbt.manifest_path().with_name("partial_parse.msgpack"), call.target / "partial_parse.msgpack"
            )
        return calls[0]

    patch.multiple(assets, start_dbt=start, DbtCliInvocation=_PublicDbt).start()


def _nothing_loads_ahead(home: Home) -> None:
    patch.object(nightly, "started_ahead", lambda *_: started_ahead()).start()


WAYS: dict[str, Callable[[Home], None]] = {
    "as it is": _as_it_is,
    "Dagster's own event log": _dagsters_event_log,
    "dbt by DbtCliResource": _public_dbt,
    "no library loads beside the night": _nothing_loads_ahead,
}


def _night(way: str) -> None:
    home = open_home(writing=True)
    WAYS[way](home)
    start = time.monotonic()
    nightly.run_nightly(home)
    print(time.monotonic() - start, _of_processor())


def _of_processor() -> float:
    """Seconds that this process and those that it waited for have computed."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _seconds_of_events(storage: SqliteEventLogStorage) -> float:
    """Seconds of the processor for the events of a night."""
    start = time.process_time()
    for number in range(EVENTS):
        made = StepMaterializationData(dg.AssetMaterialization(["asset", str(number % ASSETS)]), [])
        event = DagsterEvent("ASSET_MATERIALIZATION", "nightly", step_key="step", event_specific_data=made)
        storage.store_event(
            dg.EventLogEntry(  # type: ignore[no-untyped-call]
                error_info=None, level=20, user_message="", run_id="run", timestamp=time.time(), dagster_event=event
            )
        )
    storage.dispose()
    return time.process_time() - start


def _measured(way: str, first_night: Path, place: Path) -> tuple[float, float]:
    """Seconds of the second night of a home, by the clock and of the processor."""
    shutil.copytree(first_night, place, symlinks=True)
    command = [sys.executable, "-m", "tests.benchmarks.shortcuts", way]
    done = subprocess.run(
        command, env={**os.environ, "KAA_HOME": str(place)}, check=True, stdout=subprocess.PIPE, text=True
    )
    shutil.rmtree(place)
    seconds, of_processor = map(float, done.stdout.split()[-2:])
    return seconds, of_processor


def main() -> None:
    """Make two nights of a city; run the second one every way, again and again."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        ours, dagsters = EventLog(str(place / "ours")), SqliteEventLogStorage(str(place / "dagsters"))
        print(f"{EVENTS} events: {_seconds_of_events(ours):.1f} s of the processor, ", end="")
        print(f"by Dagster's own storage {_seconds_of_events(dagsters):.1f} s", flush=True)
        city, days = City(), nights(2)
        drop, home = place / "drop", place / "home"
        city.write_night(drop, days[0])
        environment = {**os.environ, "KAA_HOME": str(home)}
        for command in (["init", "--municipality", "stockholm", "--drop", str(drop)], ["nightly"]):
            subprocess.run([KAA, *command], env=environment, check=True)
        city.write_night(drop, days[1])
        measured: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
        for _ in range(REPEATS):
            for way, taken in measured.items():
                taken.append(_measured(way, home, place / "measured"))
                print(f"{way}: {taken[-1][0]:.1f} s, processor {taken[-1][1]:.1f} s", flush=True)
    for way, taken in measured.items():
        seconds, of_processor = (statistics.median(values) for values in zip(*taken, strict=True))
        print(f"median of {REPEATS}: {way}: {seconds:.1f} s, processor {of_processor:.1f} s")


if __name__ == "__main__":
    if sys.argv[1:]:
        _night(sys.argv[1])
    else:
        main()
