"""Another engine can take over the models: sqlglot translates each of them for Spark, and what comes out means the same there.

sqlglot passes on without a word what it does not know, and Spark is not there to refuse it. So the translation is parsed as Spark
and looked through for what Spark does not have. What belongs here: those rules. What does not belong here: what the SQL computes.
"""

import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from sqlglot import ErrorLevel, exp, parse_one, transpile
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from tests.dbt.built import Build

#: What cannot be taken over, and why not. Only what calls itself may stand here.
EXCEPTIONS = dict.fromkeys(
    ("int_person__numbers", "int_person__protected"),
    "Which numbers are one person is found by letting each number learn the least one it is linked to, again and again, "
    "and keep only that (using key). Without it every pair of a group's numbers is a row: their square.",
)

#: Functions that Spark has and that gave the same rows there. An approximation (percentile_approx) is none of them.
FUNCTIONS = {
    "abs", "array", "array_append", "array_contains", "array_sort", "bool_or", "cast", "coalesce", "collect_list", "concat",
    "concat_ws", "count", "day", "dense_rank", "exists", "explode", "greatest", "grouping", "if", "lag", "lead", "least",
    "make_date", "max", "max_by", "min", "month", "round", "row_number", "sequence", "split", "startswith", "sum", "to_date",
    "year",
}  # fmt: skip

#: Catalog -> schema -> table -> column -> type, as sqlglot takes it; the outer ones may be left out.
Tables = dict[str, Any]


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
            found.setdefault(catalog, {}).setdefault(schema, {}).setdefault(table, {})[column] = type_
    return found


def _compiled(build: Build) -> Iterator[tuple[str, str]]:
    for node in build.manifest["nodes"].values():
        if node["resource_type"] in ("model", "test") and node.get("compiled_code"):
            yield node["name"], node["compiled_code"]


def not_taken_over(sql: str, tables: Tables) -> list[str]:
    """What of DuckDB's SQL Spark would refuse, or understand in another way, after translation."""
    try:
        (text,) = transpile(sql, read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE)
        tree: exp.Expr = parse_one(text, read="spark")
    except SqlglotError as error:
        return [str(error)]
    return sorted({*_functions(tree), *_clauses(tree), *_ctes(tree), *_columns(tree, tables)})


def _functions(tree: exp.Expr) -> Iterator[str]:
    for call in tree.find_all(exp.Func):
        name = re.match(r"(\w+)\(", call.sql("spark"))
        if name and name[1].lower() not in FUNCTIONS:
            yield f"the function {name[1].lower()}"


def _clauses(tree: exp.Expr) -> Iterator[str]:
    for join in tree.find_all(exp.Join):
        if join.method:
            yield f"{join.method.lower()} join"
        if join.kind.lower() in ("semi", "anti"):
            yield f"{join.kind.lower()} join, where in and exists say the same to everybody"
    for window in tree.find_all(exp.Window):
        if isinstance(window.this, exp.Filter):
            yield "filter in a window"
    for query in tree.find_all(exp.Select):
        if any(column.find(exp.Explode, exp.Unnest, exp.UDTF) for column in query.expressions):
            yield "a list taken apart in select"
    for within in tree.find_all(exp.In):
        rows = within.args.get("query")
        asked = len(within.this.expressions) if isinstance(within.this, exp.Tuple) else 1
        if rows and len(rows.unnest().selects) != asked:
            yield "a row looked for among single values"


def _ctes(tree: exp.Expr) -> Iterator[str]:
    for clause in tree.find_all(exp.With):
        names = [each.alias for each in clause.expressions]
        # Translated, the CTEs of a query inside a query stand beside the outer ones.
        yield from (f"two CTEs called {name}" for name in names if names.count(name) > 1)
        for cte in clause.expressions:
            if cte.args.get("key_expressions"):
                yield "using key"
            calls_itself = any(table.name == cte.alias for table in cte.this.find_all(exp.Table))
            if clause.recursive and calls_itself and cte.this.args.get("distinct"):
                yield "recursion without union all"


def _columns(tree: exp.Expr, tables: Tables) -> Iterator[str]:
    """Columns that only an engine finds that knows the new names of a select within it, and days that become an interval."""
    try:
        qualified = qualify(tree.copy(), dialect="spark", schema=tables, expand_alias_refs=False)
    except SqlglotError as error:
        yield str(error)
        return
    for difference in annotate_types(qualified, schema=tables, dialect="spark").find_all(exp.Sub):
        is_of_days = all(side.is_type("date") for side in (difference.left, difference.right))
        if is_of_days and not isinstance(difference.parent, exp.Cast):
            yield "a difference of days that is not made a number"


def test_every_model_and_every_data_test_can_be_taken_over(build: Build, tables: Tables) -> None:
    found: dict[str, Any] = {name: not_taken_over(sql, tables) for name, sql in _compiled(build)}
    refused = {name: reasons for name, reasons in found.items() if reasons}
    assert refused.keys() - EXCEPTIONS.keys() == set(), refused
    assert EXCEPTIONS.keys() - refused.keys() == set(), "These can be taken over by now: their exception goes."


def test_only_what_calls_itself_is_an_exception(build: Build) -> None:
    sql = dict(_compiled(build))
    assert all("with recursive" in sql[name] for name in EXCEPTIONS)


NIGHTS: Tables = {"night": {"on_date": "date", "number": "int", "name": "varchar"}, "day": {"on_date": "date"}}

#: A fault of each kind -> a word of what is said about it.
FAULTS = {
    "select * from night asof join day on night.on_date >= day.on_date": "asof join",
    "select night.name from night semi join day using (on_date)": "semi join",
    "select on_date + to_months(number) as later from night": "to_months",
    "select on_date + to_days(number) as later from night": "to_days",
    "select quantile_disc(number, 0.5) as middle from night": "percentile_disc",
    "select percentile_disc(0.5) within group (order by number) as middle from night": "percentile_approx",
    "select approx_count_distinct(name) as names from night": "approx_count_distinct",
    "select list_extract(array_agg(name), 1) as first_name from night": "list_extract",
    "select unnest(string_split(name, ' ')) as part from night": "taken apart",
    "select cast(unnest(generate_series(on_date, on_date, interval 1 day)) as date) as on_day from night": "taken apart",
    "select max(number) filter (where name = 'a') over () as most from night": "filter in a window",
    "select number from night where (number, name) in (select (n.number, n.name) from night as n)": "among single values",
    "select number + 1 as more from night where more > 2": "more",
    "select number + 1 as more, more + 1 as still_more from night": "more",
    "select number, on_date - date '2023-01-01' as days from night": "difference of days",
    "with a as (with b as (select number from night) select number from b), b as (select 1 as number) "
    "select a.number from a inner join b on b.number = a.number": "two CTEs",
    "with recursive a(n) as (select 1 as n union select n + 1 from a where n < 3) select n from a": "union all",
    "with recursive a(n) using key (n) as (select 1 as n union select n + 1 from a where n < 3) select n from a": "using key",
}  # fmt: skip


@pytest.mark.parametrize("sql", FAULTS)
def test_each_kind_of_fault_is_found(sql: str) -> None:
    with duckdb.connect() as connection:  # DuckDB takes it: else it is no fault that could come into a model
        for table, columns in NIGHTS.items():
            connection.execute(f"create table {table} ({', '.join(map(' '.join, columns.items()))})")
        connection.execute(sql)
    assert FAULTS[sql] in " ".join(not_taken_over(sql, NIGHTS))


def test_what_everybody_takes_is_no_fault() -> None:
    sql = """
        with recursive later as (
            select night.on_date, [night.number] as so_far, 1 as step from night
            union all
            select later.on_date + 1, array_append(later.so_far, later.step), later.step + 1 from later where later.step < 3
        )
        select
            part.word,
            cast(night.on_date - later.on_date as integer) as days,
            cast(night.on_date + interval 1 month * night.number as date) as months_later,
            max(case when night.number > 1 then night.number end) over (order by night.on_date) as most,
            (night.number, night.name) in (select n.number, n.name from night as n) as is_there
        from night
        inner join later on later.on_date = night.on_date
        cross join unnest(string_split(night.name, ' ')) as part(word)
        where night.number + 1 > 2
    """
    assert not_taken_over(sql, NIGHTS) == []
