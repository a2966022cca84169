"""Spark gives what DuckDB gives, to the last unit: of random worlds and of the demo, for all periods, whatever is known, with
executors in processes of their own, and when one of them dies.

``make test-spark`` runs them: Spark is too slow for the default suite. That the comparison finds what differs is shown by
``test_equal_comparison``, and here once with Spark on one side.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from demo.synthetic_city import generate
from pipelines.configuration.municipality import Municipality, load_municipality
from pipelines.lake import NATION
from pipelines.lake.engine import Engine, duckdb_engine
from pipelines.warehouse.ask import FIGURE_COLUMNS
from pipelines.warehouse.compiled import CompiledModel, compiled_models
from pipelines.warehouse.dbt import PROJECT
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import day_period, parse_period
from tests.benchmarks.lake_country import FIRST_YEAR, Country, inhabitants
from tests.benchmarks.process_tree import descendants
from tests.lake.equal import FIGURES, Question, all_periods, answer, differences, what_figures_stand_on
from tests.lake.lakes import plain_part, world_lake
from tests.pipeline import Pipeline, compiled_project

pytestmark = pytest.mark.spark

WORLDS = 30

#: Two executors of one core and a gigabyte each, in processes of their own.
CLUSTER = "local-cluster[2,1,1024]"


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One Spark for all questions: starting it takes longer than answering a small one."""
    from pipelines.lake.spark_engine import spark_engine

    with spark_engine(tmp_path_factory.getbasetemp(), CLUSTER) as engine:
        yield engine


def _by_duckdb(question: Question, compiled: list[CompiledModel], compared: list[str]) -> dict[str, list[Any]]:
    with duckdb_engine(question.lake) as engine:
        return answer(engine, question, compiled, compared)


def _assert_equal(spark: Engine, question: Question, compiled: list[CompiledModel], compared: list[str]) -> None:
    found = differences(_by_duckdb(question, compiled, compared), answer(spark, question, compiled, compared))
    assert not found, f"{question}:\n" + "\n".join(map(str, found))


@pytest.mark.parametrize("number", range(WORLDS))
def test_a_random_world(spark: Engine, number: int, tmp_path: Path) -> None:
    """All periods, with everything that is loaded and as known on a day, of every third world on one more; every kept relation on
    the way to the figures."""
    world, pipeline, folder = world_lake(number, tmp_path)
    municipality, compiled = pipeline.home.municipality, pipeline.models()
    also = [parse_period(period, municipality) for period in world.periods]
    periods = all_periods(world.days, municipality, also)
    known = [EVERYTHING, *(day for day in world.as_known if day), *([] if number % 3 else [world.days[1]])]
    for day in dict.fromkeys(known):
        _assert_equal(spark, Question(folder, municipality, periods, day), compiled, what_figures_stand_on(compiled))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pipeline, Path]:
    """The home that takes in the demo's deliveries, and a lake of it."""
    place = tmp_path_factory.mktemp("demo")
    pipeline = Pipeline(place)
    generate(pipeline.drop)
    pipeline.run()
    version = pipeline.home.current()
    assert version
    plain_part(version.history, pipeline.home.municipality, place / "lake")
    return pipeline, place / "lake"


#: A day before the reform of the districts, and one after it.
DEMO_KNOWN = (EVERYTHING, date(2022, 11, 30), date(2023, 8, 15))


@pytest.mark.parametrize("known_to", DEMO_KNOWN, ids=["everything", "a year", "summer"])
def test_the_demo(spark: Engine, demo: tuple[Pipeline, Path], known_to: date) -> None:
    """All periods, and the day of every fortieth extract: the figures and what they count."""
    pipeline, folder = demo
    municipality, compiled = pipeline.home.municipality, pipeline.models()
    days = sorted(day for (day,) in pipeline.query("select distinct extract_date from extract"))
    periods = all_periods([days[0], days[-1]], municipality, [day_period(day) for day in days[::40]])
    question = Question(folder, municipality, periods, known_to)
    marts = {path.stem for path in (PROJECT / "models" / "marts").glob("*.sql")}
    compared = [name for name in what_figures_stand_on(compiled) if name in marts or name in FIGURES]
    assert len(compared) > 15
    _assert_equal(spark, question, compiled, compared)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Municipality]:
    """A lake of municipalities that people move between, and the profile that they are asked with as one."""
    nation = load_municipality(NATION)
    codes = [district.code for district in nation.districts if district.valid_to is None][:6]
    folder = tmp_path_factory.mktemp("country")
    Country(codes, inhabitants(len(codes))).write(folder, load_municipality("nacka"))
    return folder, nation


def _compiled() -> list[CompiledModel]:
    return compiled_models(compiled_project())


@pytest.mark.parametrize("known_to", [EVERYTHING, date(FIRST_YEAR + 1, 2, 14)], ids=["everything", "a day"])
def test_a_country(spark: Engine, country: tuple[Path, Municipality], known_to: date) -> None:
    folder, nation = country
    days = [date(FIRST_YEAR, 1, 3), date(FIRST_YEAR + 1, 12, 29)]
    question = Question(folder, nation, all_periods(days, nation), known_to)
    _assert_equal(spark, question, _compiled(), what_figures_stand_on(_compiled()))


#: The same figures twice over, and one row of them.
_TWICE = "select {columns} from ({model}) as one union all select {columns} from ({model}) as other"
_ONE = "figure = 'population' and period = '{period}' and gender = '*' and district = '*' and job_centre = '*' and category = '*'"

#: What Spark may do wrong: of how many rows the comparison must then say that only DuckDB, and only Spark, has them.
WRONG = {
    "nothing": (_TWICE, 0, 0),
    "a wrong value": (
        "select {keys}, value + case when {one} then 1 else 0 end as value from ({model}) as one "
        "union all select {columns} from ({model}) as other",
        1,
        1,
    ),
    "a missing duplicate": (f"{_TWICE} where not ({{one}})", 1, 0),
    "a row thrice": (f"{_TWICE} union all select {{columns}} from ({{model}}) as more where {{one}}", 0, 1),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_spark_does_wrong_is_found(spark: Engine, wrong: str, tmp_path: Path) -> None:
    world, pipeline, folder = world_lake(1, tmp_path)
    municipality, compiled = pipeline.home.municipality, pipeline.models()
    period = parse_period(world.periods[0], municipality)
    question = Question(folder, municipality, (period,), EVERYTHING)
    sql, only_duckdb, only_spark = WRONG[wrong]

    def changed(by: str) -> list[CompiledModel]:
        words = {
            "columns": ", ".join(FIGURE_COLUMNS),
            "keys": ", ".join(FIGURE_COLUMNS[:-1]),
            "one": _ONE.format(period=period.period_id),
        }
        return [
            replace(model, sql=by.format(model=model.sql, **words)) if model.name == "figures" else model
            for model in compiled
        ]

    found = differences(
        _by_duckdb(question, changed(_TWICE), ["figures"]), answer(spark, question, changed(sql), ["figures"])
    )
    assert sum(each.only_one.total() for each in found) == only_duckdb, list(map(str, found))
    assert sum(each.only_other.total() for each in found) == only_spark, list(map(str, found))


# --- an executor dies ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Executor:
    """An executor as Spark knows it, and its process."""

    id: str
    pid: int


def _executors() -> dict[str, Executor]:
    """Those whose processes run, below this one; by id."""
    found = {}
    for pid in descendants(os.getpid()):
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            if "org.apache.spark.executor.CoarseGrainedExecutorBackend" in words and "java" in words[0]:
                name = words[words.index("--executor-id") + 1]
                found[name] = Executor(name, pid)
    return found


def _told(active_only: bool) -> dict[str, Any]:
    """What Spark's own records say of its executors, by id; the driver is none."""
    from pyspark import SparkContext

    context = SparkContext._active_spark_context
    assert context
    listed = context._jsc.sc().statusStore().executorList(active_only)
    return {
        each.id(): each for each in (listed.apply(place) for place in range(listed.size())) if each.id() != "driver"
    }


class Killer(threading.Thread):
    """Kills an executor once it has a task in hand. It is stopped first, and asked whether it still has one: what stands still
    ends no task, so the one that Spark counts then is never finished."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.killed: Executor | None = None
        self.tasks = 0
        self._given_up = threading.Event()

    def run(self) -> None:
        while not self._given_up.wait(0.02):
            busy = {name for name, told in _told(active_only=True).items() if told.activeTasks()}
            for name, executor in _executors().items():
                if name in busy:
                    os.kill(executor.pid, signal.SIGSTOP)
                    time.sleep(0.5)  # what it had sent before arrives
                    self.tasks = _told(active_only=True)[name].activeTasks()
                    if self.tasks:
                        os.kill(executor.pid, signal.SIGKILL)
                        self.killed = executor
                        return
                    os.kill(executor.pid, signal.SIGCONT)

    def give_up(self) -> None:
        """There is nothing more to kill at."""
        self._given_up.set()
        self.join()


class KilledOnTheWay:
    """Spark, of which an executor is killed while it makes the second half of the models."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.killer = Killer()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def run(self, models: Sequence[CompiledModel]) -> None:
        """See ``Engine``."""
        half = len(models) // 2
        self._engine.run(models[:half])
        self.killer.start()
        try:
            self._engine.run(models[half:])
        finally:
            self.killer.give_up()


def test_an_executor_dies(spark: Engine, country: tuple[Path, Municipality]) -> None:
    """The answer is the same, though what the executor held and did is lost; and Spark has started another in its place."""
    folder, nation = country
    compiled = _compiled()
    periods = tuple(
        parse_period(name, nation) for name in (f"verksamhetsar-{FIRST_YEAR + 1}", f"dag-{FIRST_YEAR + 1}-11-30")
    )
    question = Question(folder, nation, periods, EVERYTHING)
    compared = what_figures_stand_on(compiled)
    before = _wait_for_executors()
    assert len(before) == 2, before
    failed = sum(told.failedTasks() for told in _told(active_only=False).values())

    dying = KilledOnTheWay(spark)
    found = differences(_by_duckdb(question, compiled, compared), answer(dying, question, compiled, compared))
    assert not found, "\n".join(map(str, found))

    killed = dying.killer.killed
    assert killed and killed.id in before, "no executor had a task in hand"
    assert dying.killer.tasks > 0
    assert not Path(f"/proc/{killed.pid}").exists() or killed.pid not in descendants(os.getpid())
    told = _told(active_only=False)
    assert not told[killed.id].isActive(), "Spark believes that the killed executor lives"
    assert sum(each.failedTasks() for each in told.values()) > failed, "no task was lost"
    after = _wait_for_executors()
    assert set(after) - set(before), "no executor has taken its place"
    assert killed.id not in after


def _wait_for_executors() -> dict[str, Executor]:
    """Both, or what is there after two minutes."""
    for _ in range(1200):
        if len(found := _executors()) == 2:
            return found
        time.sleep(0.1)
    return _executors()
