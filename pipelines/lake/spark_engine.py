"""Spark as an engine: the models' SQL, translated, on one machine or on many. That it means the same is looked after in
``spark_sql``.

PySpark is loaded when an engine is started and never before. Every table that is made is written as Parquet: so nothing is
computed twice, what an executor had made is there when it is gone, and no plan grows with all that was asked before.
"""

import logging
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from graphlib import TopologicalSorter
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.lake.layout import lake_of
from pipelines.lake.spark_installed import INSTEAD, refuse_without_spark
from pipelines.lake.spark_sql import Learnt, NotTranslated, spark_name, translated
from pipelines.runtime.database import configuration, room_from_environment
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.processes import ended_in_order
from pipelines.warehouse.compiled import CompiledModel

#: Spark on this machine, with a thread per processor.
LOCAL = "local[*]"
#: What may be a master.
_MASTER = re.compile(r"local(\[(\d+|\*)(, ?\d+)?\])?|local-cluster\[\d+, ?\d+, ?\d+\]|(spark|k8s)://\S+|yarn")

#: How many models are made at the same time: most of them are small, and take Spark longer to plan than to make.
_AT_A_TIME = 4

#: DuckDB's types that a lake or an input may have -> Spark's.
_TYPES = {"VARCHAR": "string", "BIGINT": "bigint", "INTEGER": "int", "DATE": "date", "BOOLEAN": "boolean"}
_BETWEEN = re.compile(r",\s*(?![^(]*\))")
_DECIMAL = re.compile(r"DECIMAL\(\d+, ?\d+\)")

#: Types that a model's columns may have: values of the others are not the same in both engines, or nowhere exact.
_EXACT = re.compile(r"(array<)*(string|tinyint|int|bigint|date|boolean|decimal\(\d+,\d+\))>*")

#: Bytes of a lake below which making programs of the queries takes longer than running them as they are.
_SMALL = 2**24

_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    # The code of a municipality is no number.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.cteRecursionLevelLimit": "-1",
    "spark.sql.cteRecursionRowLimit": "-1",
    "spark.python.sql.dataFrameQueryContext.enabled": "false",
}


class SparkEngine:
    """Spark, by a session. ``scratch``: a folder that executors see too; the tables that are made lie there."""

    def __init__(self, session: Any, scratch: Path) -> None:
        self._session = session
        self._scratch = scratch
        self._written: dict[str, Path] = {}
        self._count = count()

    def read(self, relation: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        """See ``Engine``. One reading of all files, for a plan that has a branch for each municipality is planned for minutes."""
        types = {"municipality": "string", **{name: _spark_type(relation, type_) for name, type_ in columns.items()}}
        schema = ", ".join(f"`{name}` {type_}" for name, type_ in types.items())
        with _told(relation):
            if paths:
                reader = self._session.read.schema(schema).option("basePath", str(lake_of(paths[0]).absolute()))
                found = reader.parquet(*(_taken_literally(path.absolute()) for path in paths)).select(*types)
            else:
                nothing = ", ".join(f"cast(null as {type_}) as `{name}`" for name, type_ in types.items())
                found = self._session.sql(f"select {nothing} where false")
            found.createOrReplaceTempView(spark_name(relation))

    def hold(self, relation: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """See ``Engine``."""
        fields = [column.split(" ", 1) for column in _BETWEEN.split(columns)]
        with _told(relation):
            schema = self._session.sql(
                f"select {', '.join(f'cast(null as {_spark_type(relation, type_)}) as `{name}`' for name, type_ in fields)}"
            ).schema
            self._frame(schema, rows).createOrReplaceTempView(spark_name(relation))

    def make(self, relation: str, sql: str, materialized: str = "table") -> None:
        """See ``Engine``. Raises NotTranslated for SQL that Spark would understand otherwise, NightlyFailed for what fails."""
        name = spark_name(relation)
        shared = []
        for step in translated(name, sql):
            with _told(step.relation):
                if isinstance(step, Learnt):
                    self._learn(step)
                    continue
                frame = self._session.sql(step.sql)
                _refuse_inexact(step.relation, frame)
                if step.is_shared:
                    shared.append(frame.persist())
                if step.is_shared or step.is_plain or (step.is_short and materialized == "view"):
                    frame.createOrReplaceTempView(step.relation)
                else:
                    self._write(step.relation, frame)
        for frame in shared:
            frame.unpersist()

    def run(self, models: Sequence[CompiledModel]) -> None:
        """See ``Engine``. Models that do not need each other are made at the same time."""
        made = {model.name: model for model in models if model.materialized != "ephemeral"}
        order = TopologicalSorter({name: [one for one in model.needs if one in made] for name, model in made.items()})
        order.prepare()
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            running: dict[Future[None], str] = {}
            try:
                while order.is_active():
                    for name in order.get_ready():
                        model = made[name]
                        kind = "view" if model.materialized == "view" else "table"
                        running[pool.submit(self.make, model.relation, model.sql, kind)] = name
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        future.result()
                        order.done(running.pop(future))
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """See ``Engine``. Raises as ``make``."""
        *before, question = translated("of_the_question", sql)
        if before or isinstance(question, Learnt):
            raise NotTranslated("Spark cannot run the question: using key. Ask DuckDB for it.")
        with _told("the question"):
            frame = self._session.sql(question.sql)
            _refuse_inexact("the question", frame)
            return self._rows(frame)

    def _write(self, relation: str, frame: Any) -> None:
        """Have rows as a table, in place of the one that had its name before."""
        folder = self._scratch / f"{next(self._count)}-{relation}"
        frame.write.parquet(str(folder))
        self._session.read.schema(frame.schema).parquet(str(folder)).createOrReplaceTempView(relation)
        earlier, self._written[relation] = self._written.get(relation), folder
        if earlier:
            shutil.rmtree(earlier)

    def _learn(self, step: Learnt) -> None:
        """Round by round, until one changes nothing. What is known stays here between the rounds: they are many and small, and
        each begins with rows instead of the plans of all before it."""
        frame = self._session.sql(step.base).toDF(*step.columns)
        places = [step.columns.index(name) for name in step.key]
        known: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        found = self._rows(frame)
        while True:
            keys = [tuple(row[place] for place in places) for row in found]
            newest = {key: row for key, row in zip(keys, found, strict=True) if known.get(key) != row}
            known |= newest
            self._frame(frame.schema, list(known.values())).createOrReplaceTempView(step.relation)
            if not newest:
                return
            self._frame(frame.schema, list(newest.values())).createOrReplaceTempView(step.newest)
            found = self._rows(self._session.sql(step.step).toDF(*step.columns))

    def _frame(self, schema: Any, rows: Sequence[Sequence[Any]]) -> Any:
        """Rows of this process as a relation; by Arrow, which takes no Python on the executors."""
        import pyarrow
        from pyspark.sql.pandas.types import to_arrow_schema

        arrow = to_arrow_schema(schema)
        columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * len(arrow)
        arrays = [pyarrow.array(list(values), field.type) for values, field in zip(columns, arrow, strict=True)]
        return self._session.createDataFrame(pyarrow.table(arrays, names=arrow.names))

    def _rows(self, frame: Any) -> list[tuple[Any, ...]]:
        return list(zip(*(column.to_pylist() for column in frame.toArrow().columns), strict=True))


def _spark_type(relation: str, type_: str) -> str:
    if type_.upper() in _TYPES:
        return _TYPES[type_.upper()]
    if _DECIMAL.fullmatch(type_.upper()):
        return type_.lower()
    raise NotTranslated(f"Spark cannot read {relation}: it has a column of type {type_}. Ask DuckDB for it.")


def _taken_literally(path: Path) -> str:
    """A file's path as Spark takes it where it takes patterns too."""
    return re.sub(r"[\\{}\[\]*?]", r"\\\g<0>", str(path))


def _refuse_inexact(relation: str, frame: Any) -> None:
    for name, type_ in frame.dtypes:
        if not _EXACT.fullmatch(type_):
            raise NotTranslated(f"Spark cannot make {relation}: {name} is of type {type_}. Ask DuckDB for it.")


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Tell what Spark refuses by its own word for the kind of error: the rest of it may quote what was delivered."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError, EOFError) as error:
        kind = getattr(error, "getCondition", lambda: None)() or type(error).__name__
        raise NightlyFailed(
            f"Spark has not made {what} ({kind}): see that its processes have room and see the lake, then ask again, "
            f"{INSTEAD}."
        ) from None


@contextmanager
def spark_engine(lake: Path, master: str = LOCAL) -> Iterator[SparkEngine]:
    """Spark, started and ended here. ``master``: where it runs, as Spark names it; executors on other machines must see the lake
    and the folder for temporary files (TMPDIR) under the same paths.

    Raises UsageError when PySpark or Java is missing or there is no such master, NightlyFailed when Spark cannot be started.
    """
    refuse_without_spark()
    for name in (
        "SQLQueryContextLogger",
        "DataFrameQueryContextLogger",
    ):  # they print each error, with what it is about
        logging.getLogger(name).disabled = True
    if not _MASTER.fullmatch(master):
        raise UsageError(
            f"There is no master {master!r}: give --master as Spark names it, for example {LOCAL} or spark://host:7077."
        )
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    with ended_in_order(), TemporaryDirectory(prefix="kaa-spark-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        conf = SparkConf(loadDefaults=False).setMaster(master).setAppName("kaa").setAll(list(_SETTINGS.items()))
        conf.setAll(list(_settings_of(master, place, lake).items()))
        gateway = None
        with (place / "log").open("wb") as log:
            try:
                with _environment(master, place):
                    gateway = launch_gateway(conf, {"stdout": log, "stderr": log})
                session = SparkSession(SparkContext(conf=conf, gateway=gateway))
            except (PySparkException, Py4JError, OSError, ValueError):
                _end(gateway)
                raise NightlyFailed(
                    f"Spark cannot be started at {master}: see that it runs there and that this machine has room, {INSTEAD}."
                ) from None
            try:
                engine = SparkEngine(session, place / "tables")
                if not master.startswith("local"):
                    _refuse_unseen(session, place / "seen")
                yield engine
            finally:
                with suppress(PySparkException, Py4JError, ConnectionError, EOFError):
                    session.stop()
                _end(gateway)


def _settings_of(master: str, place: Path, lake: Path) -> dict[str, str]:
    """What depends on where Spark runs, and on how much there is to read."""
    size = sum(file.stat().st_size for file in lake.rglob("*.parquet"))
    partitions = max(os.cpu_count() or 1, size // 2**25)
    found = {"spark.sql.warehouse.dir": str(place / "warehouse"), "spark.sql.shuffle.partitions": str(partitions)}
    java = "-XX:-UsePerfData"
    if size < _SMALL:
        java += " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
        found |= {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    if master.startswith("local"):
        here = {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.local.dir": str(place / "local"),
        }
        found |= here
        java += f" -Djava.io.tmpdir={place}"
    found["spark.driver.extraJavaOptions"] = java
    if master.startswith("local["):
        memory = configuration(room_from_environment())["memory_limit"]  # as "4000000000B"
        found["spark.driver.memory"] = f"{int(memory.rstrip('B')) // 2**20}m"
    return found


@contextmanager
def _environment(master: str, place: Path) -> Iterator[None]:
    """What Spark's scripts take from their surroundings."""
    mine = {}
    if master.startswith("local"):
        mine["SPARK_LOCAL_IP"] = "127.0.0.1"
    if master.startswith("local-cluster"):
        mine["SPARK_HOME"] = str(_spark_home(place / "spark"))
    before = {name: os.environ.get(name) for name in mine}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _spark_home(place: Path) -> Path:
    """Spark as it is installed, in a folder of ours: its workers write into their home."""
    found = find_spec("pyspark")
    assert found and found.submodule_search_locations
    place.mkdir()
    for item in Path(found.submodule_search_locations[0]).iterdir():
        (place / item.name).symlink_to(item)
    return place


def _refuse_unseen(session: Any, folder: Path) -> None:
    """Executors that write where this process does not look would lose what they make without a word."""
    with _told("a table in the folder for temporary files"):
        session.range(0, 64, 1, 64).write.parquet(str(folder))
        seen = folder.is_dir() and session.read.schema("id bigint").parquet(str(folder)).count() == 64
    if not seen:
        raise UsageError(
            f"Spark's executors do not see {folder.parent}: set TMPDIR to a folder that all machines share."
        )


def _end(gateway: Any) -> None:
    """End Spark's process, which is told by nothing more but its input's end."""
    from pyspark import SparkContext

    if gateway is not None:
        with suppress(Exception):
            gateway.shutdown()
        gateway.proc.stdin.close()
        try:
            gateway.proc.wait(30)
        except subprocess.TimeoutExpired:
            gateway.proc.kill()
            gateway.proc.wait()
    SparkContext._gateway = SparkContext._jvm = None
