"""Spark gives the rows that DuckDB gives: each construct that the models use, and the figures of a random world."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.lake.ask import ask_lake
from pipelines.lake.engine import DuckdbEngine, Engine, duckdb_engine
from pipelines.lake.layout import read_lake
from pipelines.lake.spark_engine import SparkEngine, spark_engine
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period
from tests.lake.lakes import world_lake

pytestmark = pytest.mark.spark

PERSON = "id varchar, district varchar, birth_date date, number integer, large bigint, is_seen boolean"
PERSONS = [
    ("a", "D1", date(2005, 2, 28), 3, 7, True),
    ("b", None, date(2004, 2, 29), None, -7, False),
    ("B", "D2", date(2006, 12, 31), 1, None, None),
    ("å", "d1", None, 1, 2, True),
    ("ä", "D1", date(2005, 2, 28), -2, 0, False),
    ("Z", None, date(2007, 1, 1), 0, 9, None),
    ("🎒", "", date(2005, 3, 1), 3, 7, True),
    ("\uffee", "D2", date(2005, 3, 31), 10, 7, True),
]
#: A chain that is told backwards, a circle, two that meet late, and one that names itself.
LINKS = [
    *((f"n{place + 1:02}", f"n{place:02}") for place in reversed(range(40))),
    ("c1", "c2"), ("c2", "c3"), ("c3", "c1"), ("m1", "m2"), ("m3", "m4"), ("m2", "m3"), ("s", "s"),
]  # fmt: skip

#: Constructs of the models, and values at which engines part.
QUESTIONS = {
    "nulls come last": "select id, row_number() over (order by number, id) as n from w.person",
    "nulls come last downwards": "select id, row_number() over (order by number desc, id desc) as n from w.person",
    "text goes by code point": "select id, row_number() over (order by id) as n, id < 'a' as is_less from w.person",
    "first of a window": "select id, first_value(id) over (partition by number order by birth_date, id) as f from w.person",
    "next and last": "select id, lag(number) over (order by district, id) as a, lead(number) over (order by district desc, id) "
    "as b from w.person",
    "running": "select id, max(number) over (order by id) as m, count(*) over (partition by district) as n from w.person",
    "rows of a window": "select id, sum(number) over (order by id rows between unbounded preceding and 1 preceding) as s "
    "from w.person",
    "dense rank": "select id, dense_rank() over (partition by is_seen order by coalesce(number in (select p.number from "
    "w.person as p where p.id = 'a'), false), birth_date desc, is_seen desc) as r from w.person",
    "qualify": "select * from w.person qualify row_number() over (partition by district order by number desc, id) = 1",
    "qualify against the row before": "select p.*, 1 as one from w.person as p qualify district is distinct from "
    "lag(district) over (order by id)",
    "integer division": "select id, large // number as d, large % number as m, large // 2 as h from w.person",
    "division": "select id, cast(round(100.0 * large / 8) as integer) as p from w.person",
    "groups": "select district, number, grouping(district) as g, count(*) as n, count(number) as v, count(distinct birth_date) "
    "as d, sum(large) as s from w.person group by grouping sets ((district), (district, number), (number))",
    "filtered counts": "select district, count(*) filter (where is_seen) as n, min(id) filter (where number > 0) as a, "
    "bool_or(is_seen) as o, max(birth_date) as d from w.person group by district",
    "pairs counted": "select count(distinct (number, district)) as n from w.person",
    "distinct": "select distinct number, is_seen from w.person",
    "which is distinct": "select id, district is distinct from 'D1' as a, number is not distinct from large as b from w.person",
    "yes and no": "select id, is_seen and number > 0 as a, is_seen or number > 0 as b, not is_seen as c, "
    "coalesce(is_seen, false) as d, case when is_seen then 'J' else 'N' end as e, cast(is_seen as varchar) as f from w.person",
    "days": "select id, birth_date + 90 as a, birth_date - 28 as b, cast(birth_date - date '2005-01-01' as integer) as c, "
    "year(birth_date) * 10000 + month(birth_date) * 100 + day(birth_date) as d, cast(birth_date as varchar) as e, "
    "make_date(year(birth_date) + 16, 7, 1) as f from w.person",
    "months": "select id, cast(birth_date + interval 1 month * number as date) as a, cast(birth_date + interval 1 year as date) "
    "as b, birth_date <= date '2006-02-28' - interval 1 year as c from w.person",
    "between": "select id from w.person where birth_date between date '2005-02-28' and date '2005-03-01'",
    "days in a row": "select p.id, cast(d.x as date) as x from w.person as p cross join "
    "unnest(generate_series(p.birth_date, date '2005-03-02', interval 1 day)) as d(x)",
    "a list taken apart": "select p.id, d.x from w.person as p cross join unnest([p.birth_date, null, p.birth_date + 1]) as d(x)",
    "words": "select id, string_split(id || ' x  y', ' ')[1] as a, string_split(district, '1')[2] as b, "
    "string_split(district, '1')[3] as c, string_split('', ' ')[1] as d, string_split('a.b', '.')[2] as e from w.person",
    "places in a list": "select id, ([10, 20, 30])[number] as a, ([10, 20, 30])[-1] as b, ([10])[2] as c, ([10])[0] as d, "
    "([10, 20, 30])[number + 1] as e, ([10, 20, 30])[cast(number as bigint) + -1] as f from w.person",
    "what a list holds": "select id, array_contains([1, null, 3], number) as a, array_contains([1, 3], number) as b, "
    "not array_contains(array_append([id], 'a'), district) as c from w.person",
    "the lower median": "select district, list_sort(array_agg(number) filter (where number is not null))"
    "[(count(number) + 1) // 2] as m from w.person group by district",
    "the value with the largest": "select district, max_by(number, birth_date) as m from w.person where id not in ('ä', '🎒') "
    "group by district",
    "texts together": "select id, concat(id, '/', district) as a, id || district as b, concat_ws(' ', district, id, null) as c, "
    "concat_ws(' ', null, null) as d, starts_with(district, 'D') as e, 'a\\b''c' as f from w.person",
    "least and greatest": "select id, least(number, large) as a, greatest(number, null, large) as b, nullif(number, 1) as c, "
    "coalesce(number, 0) as d from w.person",
    "exact numbers": "select kind, sum(amount) as s, max(cast(amount as decimal(30, 2))) as r, cast(count(*) as decimal(38, 18)) "
    "as n from w.amount group by kind",
    "amounts that are not 0": "select kind, amount from w.amount where amount <> 0",
    "names of columns": "select Person.ID as Number_one, person.Birth_Date from w.person as Person",
    "rows that are there": "select id, coalesce((number, district) in (select p.number, p.district from w.person as p), false) "
    "as i, coalesce(number in (select p.large from w.person as p), false) as j, case when number in "
    "(select p.large from w.person as p) then 1 else 0 end as k from w.person",
    "rows that are in either": "select id from w.person where number in (select p.large from w.person as p) or is_seen",
    "rows that are not": "select id from w.person where number not in (select p.large from w.person as p where "
    "p.large is not null)",
    "exists": "select id from w.person as o where exists (select 1 from w.person as p where p.number = o.large)",
    "one without the other": "select number from w.person except select 1 as number",
    "both": "select number from w.person intersect select cast(large as integer) from w.person",
    "either": "select number from w.person union select cast(large as integer) from w.person",
    "joins": "select a.id, b.id as other from w.person as a full outer join w.person as b on b.number = a.large and b.is_seen",
    "values": "select v.a, v.b from (values (1, 'x'), (2, null)) as v(a, b)",
    "what calls itself": "with recursive r as (select id, number, [id] as path from w.person union all select r.id, "
    "r.number - 1, array_append(r.path, r.id) from r where r.number > 0) select id, number from r",
    "who is linked": """
        with recursive
        link as (select distinct a, b from w.link where a <> b),
        neighbour as (select a, b from link union select b, a from link),
        linked(a, least_of) using key (a) as (
            select a, min(least(a, b)) as least_of from neighbour group by a
            union
            select neighbour.a, min(linked.least_of) as least_of
            from linked
            inner join neighbour on neighbour.b = linked.a
            inner join recurring.linked as known on known.a = neighbour.a
            where linked.least_of < known.least_of
            group by neighbour.a
        )
        select linked.a, linked.least_of, link.b from linked left join link on link.a = linked.a
    """,
}  # fmt: skip

AMOUNTS = [
    ("x", Decimal("0.000000000000000001")), ("x", Decimal("12345678901234567.5")), ("x", Decimal("1.005")),
    ("y", Decimal("-2.675")), ("y", None), ("z", None), ("y", Decimal("0")),
]  # fmt: skip


def _filled(engine: Engine) -> Engine:
    for name, columns, rows in (
        ("person", PERSON, PERSONS),
        ("link", "a varchar, b varchar", LINKS),
        ("amount", "kind varchar, amount decimal(38,18)", AMOUNTS),
        ("nobody", PERSON, []),
    ):
        engine.hold(f"w.{name}", columns, rows)
    return engine


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    with spark_engine(tmp_path_factory.mktemp("lake"), "local[2]") as engine:
        _filled(engine)
        yield engine


@pytest.fixture(scope="module")
def duck() -> Iterator[DuckdbEngine]:
    with duckdb.connect() as connection:
        engine = DuckdbEngine(connection)
        connection.execute("create schema w")
        _filled(engine)
        yield engine


def _rows(engine: Engine, name: str, sql: str) -> list[tuple[Any, ...]]:
    engine.make(f"w.{name}", sql)
    return sorted(engine.fetch(f"select * from w.{name}"), key=repr)


@pytest.mark.parametrize("name", QUESTIONS)
def test_both_engines_give_the_same_rows(name: str, duck: DuckdbEngine, spark: SparkEngine) -> None:
    expected = _rows(duck, "answer", QUESTIONS[name])
    assert expected, "a question without rows tells nothing"
    assert _rows(spark, "answer", QUESTIONS[name]) == expected


def test_nobody_is_known_not_to_be_among_nulls(duck: DuckdbEngine, spark: SparkEngine) -> None:
    sql = "select id from w.person where number not in (select p.large from w.person as p)"
    assert _rows(spark, "answer", sql) == _rows(duck, "answer", sql) == []


@pytest.mark.parametrize(
    "name", ["groups", "filtered counts", "qualify", "the lower median", "exists", "next and last"]
)
def test_nobody_is_nobody_in_both(name: str, duck: DuckdbEngine, spark: SparkEngine) -> None:
    sql = QUESTIONS[name].replace("w.person", "w.nobody")
    assert _rows(spark, "answer", sql) == _rows(duck, "answer", sql) == []


def test_a_table_is_read_by_the_types_of_its_columns(tmp_path: Path, duck: DuckdbEngine, spark: SparkEngine) -> None:
    columns = {
        "id": "VARCHAR",
        "amount": "DECIMAL(38,18)",
        "day": "DATE",
        "n": "BIGINT",
        "m": "INTEGER",
        "yes": "BOOLEAN",
    }
    # What lies above a lake may be named as its parts are.
    lake = tmp_path / "municipality=0114" / "it's [0]*{a,b}?"
    paths = [lake / name for name in ("municipality=0180/dataset=t/a.parquet", "municipality=0184/dataset=t/a.parquet")]
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table t as
            select
                '1' as id, 0.5::decimal(38, 18) as amount, date '0001-01-01' as day, 1::bigint as n, null::integer as m,
                true as yes
            union all
            select null, null, date '9999-12-31', null, 7, false
            """
        )
        for path in paths:
            path.parent.mkdir(parents=True)
            connection.table("t").write_parquet(str(path))
    answers = []
    for engine in (duck, spark):
        engine.read("lake.t", paths, columns)
        answers.append(sorted(engine.fetch("select * from lake.t"), key=repr))
    assert answers[0] == answers[1]
    assert sorted(row[0] for row in answers[1]) == ["0180", "0180", "0184", "0184"]


def test_a_table_without_a_file_is_empty(duck: DuckdbEngine, spark: SparkEngine) -> None:
    for engine in (duck, spark):
        engine.read("lake.nothing", [], {"id": "VARCHAR", "day": "DATE"})
        assert engine.fetch("select municipality, id, day from lake.nothing") == []


def test_what_would_be_inexact_or_unknown_is_refused(spark: SparkEngine) -> None:
    with pytest.raises(NightlyFailed, match="half is of type double"):
        spark.make("w.half", "select number / 2 as half from w.person")
    with pytest.raises(NightlyFailed, match="days is of type interval"):
        spark.make("w.days", "select birth_date - date '2005-01-01' as days from w.person")
    with pytest.raises(NightlyFailed, match="type hugeint"):
        spark.hold("w.huge", "n hugeint", [])


def test_what_fails_is_told_without_what_was_delivered(spark: SparkEngine) -> None:
    with pytest.raises(NightlyFailed) as failed:
        spark.make("w.number", "select distinct cast(id as integer) as n from w.person where id = 'ä'")
    assert "CAST_INVALID_INPUT" in str(failed.value) and "ä" not in str(failed.value)
    with pytest.raises(NightlyFailed, match="UNRESOLVED_COLUMN"):
        spark.make("w.nothing", "select unknown from w.person")


def test_nothing_of_spark_is_printed_or_left(
    tmp_path: Path, spark: SparkEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NightlyFailed):
        spark.make("w.nothing", "select unknown from w.person")
    spark.make("w.seen", "select id from w.person where is_seen")
    assert capfd.readouterr() == ("", "")
    assert not [name for name in ("spark-warehouse", "metastore_db", "derby.log", "artifacts") if Path(name).exists()]


def test_there_is_no_such_master(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no master 'nowhere'"), spark_engine(tmp_path, "nowhere"):
        pass


def test_a_random_world_is_counted_alike(tmp_path: Path, spark: SparkEngine) -> None:
    world, pipeline, folder = world_lake(0, tmp_path)
    lake, municipality = read_lake(folder), pipeline.home.municipality
    for period in world.periods[:2]:
        asked = (lake, pipeline.models(), municipality, parse_period(period, municipality), EVERYTHING)
        with duckdb_engine(folder) as engine:
            expected = sorted(ask_lake(engine, *asked))
        assert expected
        assert sorted(ask_lake(spark, *asked)) == expected


_WAITS = """
import sys, time
from pathlib import Path
from pipelines.lake.spark_engine import spark_engine
with spark_engine(Path(sys.argv[1]), "local[1]") as engine:
    engine.hold("w.person", "id varchar", [("a",)])
    engine.make("w.kept", "select id, count(*) as rows from w.person group by id")
    print("kept", flush=True)
    time.sleep(600)
"""


def test_told_to_end_it_leaves_nothing(tmp_path: Path) -> None:
    """What lies in its folder are rows of persons."""
    place = tmp_path / "temporary"
    place.mkdir()
    environment = os.environ | {"TMPDIR": str(place)}
    process = subprocess.Popen(
        [sys.executable, "-c", _WAITS, str(tmp_path)], env=environment, stdout=subprocess.PIPE, encoding="utf-8"
    )
    try:
        assert process.stdout and process.stdout.readline() == "kept\n"
        assert [*place.glob("kaa-spark-*/tables/*")]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    finally:
        process.kill()
        process.communicate()
    assert not [*place.glob("kaa-spark-*")]
