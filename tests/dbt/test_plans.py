"""What a model costs hangs on its rows, never on what DuckDB takes them to be.

Every model, and every data test, is run over a crowded history, and DuckDB's own account of the run is read: how many rows went
into each operator. Rows that are joined without an equality are compared each with each, which is well where one side is the
periods asked for, a plan's rules or a single row, and the end of the night where both sides grow with the history.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb
import pytest

from pipelines.runtime.database import Room, configuration
from tests.dbt.built import Build
from tests.dbt.crowded_history import write_crowded_world

#: Operators that compare each row of one side with each of the other.
EACH_WITH_EACH = {"CROSS_PRODUCT", "NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN", "PIECEWISE_MERGE_JOIN", "IE_JOIN"}
#: The smaller side of such a join: periods, rules, districts, nights that are compared in full.
FEW = 30
#: No operator has more rows than so many times what the model reads or makes.
SPREAD = 10


class Operator(NamedTuple):
    kind: str
    rows: int
    inputs: list[int]


def _operators(profile: dict[str, Any]) -> Iterator[Operator]:
    children = profile.get("children", [])
    if "operator_type" in profile:
        rows = [int(child.get("operator_cardinality", 0)) for child in children]
        yield Operator(profile["operator_type"], int(profile["operator_cardinality"]), rows)
    for child in children:
        yield from _operators(child)


def too_costly(profile: dict[str, Any]) -> list[str]:
    """What in the account of a run grows faster than rows."""
    operators = list(_operators(profile))
    read = [each.rows for each in operators if "SCAN" in each.kind]
    made = [rows for each in operators if "CREATE_TABLE" in each.kind for rows in each.inputs]
    most = max([*read, *made, FEW])
    return [
        f"{each.kind} of {' and '.join(map(str, each.inputs))} rows, {each.rows} rows come out of it"
        for each in operators
        if (each.kind in EACH_WITH_EACH and min(each.inputs) > FEW) or each.rows > SPREAD * most
    ]


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """What is too costly in running it."""
    connection.execute("pragma enable_profiling = 'no_output'")
    connection.execute(sql).fetchall()
    profile = json.loads(connection.get_profiling_information(format="json"))
    connection.execute("pragma disable_profiling")
    return too_costly(profile)


#: As we have the models planned, and as DuckDB does by itself: whoever runs the same SQL elsewhere must not wait for ever.
@pytest.mark.parametrize("settings", [configuration(Room()), {}], ids=["as_written", "by_estimates"])
def test_no_model_and_no_data_test_grows_faster_than_its_rows(build: Build, settings: dict[str, Any]) -> None:
    tests = {
        node["name"]: node["compiled_code"]
        for node in build.manifest["nodes"].values()
        if node["resource_type"] == "test" and node.get("compiled_code")
    }
    found = {}
    with duckdb.connect(config={**settings, "threads": 2, "memory_limit": "1GB"}) as connection:
        connection.execute("attach ':memory:' as history; attach ':memory:' as warehouse")
        write_crowded_world(connection)
        for model in build.models:
            made = f"create {model.materialized} {model.relation} as {model.sql}"
            if model.materialized == "view":
                connection.execute(made)
            else:
                found[model.name] = _run(connection, made)
        for name, sql in tests.items():
            found[name] = _run(connection, sql)
        assert connection.execute("select count(*) from warehouse.main.target_group_difference").fetchone() > (500,)
        assert connection.execute("select count(*) from warehouse.main.plan_rule_case").fetchone() > (5000,)
    costly = {name: each for name, each in found.items() if each}
    assert costly == {}, costly


def test_a_number_that_stands_for_nobody_does_not_take_the_square_of_those_who_are_said_to_have_had_it(
    build: Build,
) -> None:
    """Twenty thousand residents with the same earlier number: wrong, and a night that ends all the same."""
    model = next(model for model in build.models if model.name == "int_person__numbers")
    with duckdb.connect(config={"memory_limit": "400MB", "temp_directory": ""}) as connection:
        connection.execute("attach ':memory:' as warehouse; use warehouse")
        connection.execute(
            """
            create table stg_folkbokforing__residents as
            select md5(range::varchar) as pseudonym, 'nobody' as earlier_pseudonym from range(20000);
            create table stg_history__numbers as
            select pseudonym, date '2005-01-01' as birth_date, 'man' as gender from stg_folkbokforing__residents
            union all select 'nobody', date '2005-01-01', 'man' union all select 'other', date '2005-01-01', 'man'
            """
        )
        found = connection.execute(
            f"select count(*), count(distinct person_id), max(number_position) from ({model.sql})"
        ).fetchone()
    assert found == (20_002, 2, 2)


def test_the_rule_finds_both_kinds_of_growth() -> None:
    with duckdb.connect() as connection:
        connection.execute("set disabled_optimizers = 'join_order'")
        connection.execute("create table a as select range as i from range(500)")

        def judged(sql: str) -> list[str]:
            return [each.split(" ")[0] for each in _run(connection, f"create or replace table made as {sql}")]

        assert "CROSS_PRODUCT" in judged("select count(*) from a, a as b")
        assert judged("select count(*) from a join a as b on a.i % 2 = b.i % 2")[0] == "HASH_JOIN"
        assert judged("select count(*) from a left join a as b on a.i = b.i or a.i is null") == ["BLOCKWISE_NL_JOIN"]
        assert judged("select a.i from a join a as b using (i) cross join (select max(i) from a)") == []
