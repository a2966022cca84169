"""The models' SQL as Spark's: every model is translated, and what is not known to mean the same is refused by name.

Spark itself is not needed here; that both engines give the same rows is in ``test_spark_engine``.
"""

import pytest
from sqlglot import exp, parse_one

from pipelines.lake.spark_sql import Learnt, NotTranslated, Question, spark_name, translated
from pipelines.warehouse.compiled import CompiledModel
from pipelines.warehouse.dbt import compile_project


@pytest.fixture(scope="module")
def models() -> list[CompiledModel]:
    return compile_project()


def test_every_model_is_translated(models: list[CompiledModel]) -> None:
    assert len(models) > 100
    made = set()
    for model in models:
        *before, last = translated(spark_name(model.relation), model.sql)
        assert isinstance(last, Question) and last.relation == spark_name(model.relation)
        names = {step.relation for step in before} | {step.newest for step in before if isinstance(step, Learnt)}
        made |= {last.relation}
        for step in (*before, last):
            for sql in (step.base, step.step) if isinstance(step, Learnt) else (step.sql,):
                _reads_only_what_is_there(sql, names | {spark_name(model.relation) for model in models})
    assert made == {spark_name(model.relation) for model in models}


def _reads_only_what_is_there(sql: str, names: set[str]) -> None:
    tree = parse_one(sql, read="spark")
    within = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        assert not table.db, sql
        assert table.name in within | names or table.name.startswith(("history__", "input__")), (table.name, sql)


def test_who_is_one_person_is_learnt_round_by_round(models: list[CompiledModel]) -> None:
    learnt = {
        model.name: [step for step in translated(model.name, model.sql) if isinstance(step, Learnt)] for model in models
    }
    assert {name for name, steps in learnt.items() if steps} == {"int_person__numbers", "int_person__protected"}
    (step,) = learnt["int_person__numbers"]
    assert step.key == ("pseudonym",)
    assert step.columns == ("pseudonym", "group_id")
    assert step.newest in step.step
    assert "recurring" not in step.step.lower()


@pytest.mark.parametrize(
    ("relation", "name"),
    [
        ('"warehouse"."main"."figures"', "warehouse__figures"),
        ('"warehouse"."input"."period"', "input__period"),
        ("input.period", "input__period"),
        ('"history"."main"."ber_register"', "history__ber_register"),
        ("history.ber_register", "history__ber_register"),
        ("lake.extract", "lake__extract"),
    ],
)  # fmt: skip
def test_a_relation_has_one_name_however_it_is_written(relation: str, name: str) -> None:
    assert spark_name(relation) == name


#: What DuckDB takes -> a word of why Spark is not asked for it.
REFUSED = {
    "select * from w.night asof join w.day on night.on_date >= day.on_date": "asof join",
    "select name from w.night semi join w.day using (on_date)": "semi join",
    "select on_date + to_months(number) from w.night": "to_months",
    "select on_date + to_days(number) from w.night": "to_days",
    "select on_date + interval (number) month from w.night": "interval",
    "select on_date + interval 2 hour from w.night": "interval",
    "select quantile_disc(number, 0.5) from w.night": "quantile",
    "select percentile_disc(0.5) within group (order by number) from w.night": "withingroup",
    "select approx_count_distinct(name) from w.night": "approx",
    "select median(number) from w.night": "median",
    "select array_agg(name) from w.night": "array_agg",
    "select array_agg(name order by number) from w.night": "array_agg",
    "select list_sort(array_agg(name))[1] from w.night": "array_agg",
    "select list_sort([3, 1], 'desc')": "sort_array",
    "select unnest(string_split(name, ' ')) from w.night": "taken apart",
    "select max(number) filter (where name = 'a') over () from w.night": "filter in a window",
    "select sum(number) over (order by on_date range between interval 28 day preceding and current row) from w.night": "range",
    "select first_value(name ignore nulls) over (order by number) from w.night": "ignore",
    "select number from w.night where (number, name) in (select (n.number, n.name) from w.night as n)": "single values",
    "select count(distinct name, number) from w.night": "several columns",
    "select count(*) from w.night group by grouping sets ((), (name))": "grouping sets with ()",
    "select name from w.night group by all": "group by all",
    "select distinct on (name) name, number from w.night": "distinct on",
    "select name from w.night limit 1": "limit",
    "select name like 'a%' from w.night": "like",
    "select lower(name) from w.night": "lower",
    "select number::double::varchar, name::timestamp from w.night": "timestamp",
    "select try_cast(name as integer) from w.night": "trycast",
    "select number in (select n.number from w.night as n) from w.night": "may be unknown",
    "select 1 from w.night where not (number in (select n.number from w.night as n) or name = 'a')": "may be unknown",
    "select 1 from w.night where (number, name) not in (select n.number, n.name from w.night as n)": "may be unknown",
    "select case when number not in (select n.number from w.night as n) then 1 end from w.night": "may be unknown",
    "select name[1:2] from w.night": "part of a list",
    "select string_split(name, number) from w.night": "string_split",
    "select round(number / 3, 1) from w.night": "round",
    "select cast(range as date) from range(3)": "series",
    "select number from unnow": "unnow",
    "select day.x from w.night cross join unnest(generate_series(number, 1, -1)) as day(x)": "steps",
    "pivot w.night on name using sum(number)": "pivot",
    "with recursive a(n) as (select 1 as n union select n + 1 from a where n < 3) select n from a": "union all",
    "with recursive a(n, m) using key (n) as (select 1, 2 union select n + 1, m from a where n < 3) select n from a": "grouped",
    "with recursive a(n, m) using key (n) as (select number, 1 from w.night group by number union all "
    "select n + 1, 1 from a group by n) select n from a": "using key",
    "with a as (with b as (select number from w.night) select number from b), b as (select 1 as number) "
    "select a.number from a inner join b on b.number = a.number": "two CTEs",
    "select struct_pack(a := 1)": "struct",
    "select name similar to 'a' from w.night": "similar",
    "select name || (select max(n.name) from w.night as n where n.number < night.number limit 1) from w.night": "limit",
}  # fmt: skip


@pytest.mark.parametrize("sql", REFUSED)
def test_what_is_not_known_to_mean_the_same_is_refused_by_name(sql: str) -> None:
    with pytest.raises(NotTranslated) as refused:
        translated("int_x", sql)
    assert str(refused.value).startswith("Spark cannot run the model int_x: ")
    assert REFUSED[sql].lower() in str(refused.value).lower()


#: What DuckDB takes -> what Spark is asked instead.
REWRITTEN = {
    "select max(a) over (partition by b order by c) from w.t": "ORDER BY c NULLS LAST",
    "select a from w.t order by a": "ORDER BY a NULLS LAST",
    "select x[1], x[-1] from w.t": "GET(x, 0)",
    "select array_contains(x, a) from w.t": "COALESCE(ARRAY_CONTAINS(x, a), FALSE)",
    "select a // b from w.t": "a DIV NULLIF(b, 0)",
    "select a // 2 from w.t": "a DIV 2",
    "select a % b from w.t": "a % NULLIF(b, 0)",
    "select max_by(a, b) from w.t": "FILTER(WHERE NOT (a) IS NULL AND NOT (b) IS NULL)",
    "select concat(a, b) from w.t": "COALESCE(a, '')",
    "select * from w.t qualify row_number() over (order by a) = 1": "* EXCEPT (is_qualified)",
    "select d.x from w.t cross join unnest(generate_series(a, b, interval 1 day)) as d(x)": "CASE WHEN (a) <= (b) THEN SEQUENCE",
    "select \"group\" from w.t": "`group`",
    "select 'a\\b', 'it''s' from w.t": "'a\\\\b', 'it\\'s'",
}  # fmt: skip


@pytest.mark.parametrize("sql", REWRITTEN)
def test_what_spark_would_understand_otherwise_is_written_otherwise(sql: str) -> None:
    (step,) = translated("x", sql)
    assert isinstance(step, Question)
    assert REWRITTEN[sql] in step.sql


def test_a_count_that_is_asked_several_times_is_made_once() -> None:
    sql = """
        with unit as (select a, b from w.t), counted as (select a, count(*) as n from unit group by a)
        select a, n from counted union all select '*', n from counted
    """
    shared, last = translated("x", sql)
    assert isinstance(shared, Question) and isinstance(last, Question)
    assert shared.is_shared and "GROUP BY" in shared.sql and "unit" in shared.sql
    assert last.sql.count("x__counted") == 2 and "GROUP BY" not in last.sql
