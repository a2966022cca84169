"""Another engine can take over the models: each of them is translated for Spark, and its columns mean the same there.

What is translated, and what is refused, belongs to ``pipelines.lake.spark_sql``. Here the translation is read with the types of
all columns: names that only an engine finds that knows a select's new names within it, and days that would become an interval.
"""

from collections.abc import Iterator

import duckdb
import pytest
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from pipelines.lake.spark_sql import Learnt, NotTranslated, spark_name, translated
from tests.dbt.built import Build

#: Relation, as Spark knows it -> column -> type.
Tables = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def tables(build: Build) -> Tables:
    """What the SQL reads and makes, with the types of its columns."""
    found: Tables = {}
    with duckdb.connect() as connection:
        for file in (build.warehouse, build.warehouse.with_name("history.duckdb")):
            connection.execute(f"attach '{file}' (read_only)")
        columns = connection.execute(
            "select database_name, schema_name, table_name, column_name, data_type from duckdb_columns() where not internal"
        )
        for catalog, schema, table, column, type_ in columns.fetchall():
            found.setdefault(spark_name(f"{catalog}.{schema}.{table}"), {})[column] = type_
    return found


def _compiled(build: Build) -> Iterator[tuple[str, str]]:
    for node in build.manifest["nodes"].values():
        if node["resource_type"] == "model" and node.get("compiled_code"):
            yield node["name"], node["compiled_code"]


def not_taken_over(name: str, sql: str, tables: Tables) -> list[str]:
    """What of DuckDB's SQL Spark would refuse, or understand in another way, after translation."""
    try:
        *before, last = translated(name, sql)
    except NotTranslated as error:
        return [str(error)]
    known = dict(tables)
    for step in before:  # taken out of the query; whatever types its columns have
        names = step.columns if isinstance(step, Learnt) else parse_one(step.sql, read="spark").named_selects
        known[step.relation] = dict.fromkeys(names, "varchar")
    assert not isinstance(last, Learnt)
    return sorted({*_columns(parse_one(last.sql, read="spark"), known)})


def _columns(tree: exp.Expr, tables: Tables) -> Iterator[str]:
    try:
        qualified = qualify(tree.copy(), dialect="spark", schema=tables, expand_alias_refs=False)
    except SqlglotError as error:
        yield str(error)
        return
    for difference in annotate_types(qualified, schema=tables, dialect="spark").find_all(exp.Sub):
        is_of_days = all(side.is_type("date") for side in (difference.left, difference.right))
        if is_of_days and not isinstance(difference.parent, exp.Cast):
            yield "a difference of days that is not made a number"


def test_every_model_can_be_taken_over(build: Build, tables: Tables) -> None:
    found = {name: not_taken_over(name, sql, tables) for name, sql in _compiled(build)}
    assert len(found) > 100
    assert {name: reasons for name, reasons in found.items() if reasons} == {}


NIGHTS: Tables = {
    "input__night": {"on_date": "date", "number": "int", "name": "varchar"},
    "input__day": {"on_date": "date"},
}

#: A fault of each kind -> a word of what is said about it.
FAULTS = {
    "select number + 1 as more from input.night as night where more > 2": "more",
    "select number + 1 as more, more + 1 as still_more from input.night as night": "more",
    "select number, on_date - date '2023-01-01' as days from input.night as night": "difference of days",
    "select * from input.night as night asof join input.day as day on night.on_date >= day.on_date": "asof join",
}


@pytest.mark.parametrize("sql", FAULTS)
def test_each_kind_of_fault_is_found(sql: str) -> None:
    with duckdb.connect() as connection:  # DuckDB takes it: else it is no fault that could come into a model
        connection.execute("create schema input")
        for table, columns in NIGHTS.items():
            listed = ", ".join(map(" ".join, columns.items()))
            connection.execute(f"create table {table.replace('__', '.')} ({listed})")
        connection.execute(sql)
    assert FAULTS[sql] in " ".join(not_taken_over("asked", sql, NIGHTS))


def test_what_everybody_takes_is_no_fault() -> None:
    sql = """
        with recursive later as (
            select night.on_date, [night.number] as so_far, 1 as step from input.night as night
            union all
            select later.on_date + 1, array_append(later.so_far, later.step), later.step + 1 from later where later.step < 3
        )
        select
            part.word,
            cast(night.on_date - later.on_date as integer) as days,
            cast(night.on_date + interval 1 month * night.number as date) as months_later,
            max(case when night.number > 1 then night.number end) over (order by night.on_date) as most,
            coalesce((night.number, night.name) in (select n.number, n.name from input.night as n), false) as is_there
        from input.night as night
        inner join later on later.on_date = night.on_date
        cross join unnest(string_split(night.name, ' ')) as part(word)
        where night.number + 1 > 2
    """
    assert not_taken_over("asked", sql, NIGHTS) == []
