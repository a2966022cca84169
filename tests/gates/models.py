"""Faults of the SQL: each model is changed in the ways in which people change SQL wrongly, and the night's checks are asked.

The models run in memory over a small history in which every figure has rows; only what reads the changed model is made again.
Asked are, as a night would: does it run, does it keep its contract, which rules of the data tests are broken, and are the known
figures of the report year others than before (the guard). A change that changes no table at all is no fault.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from pipelines.configuration.municipality import load_municipality
from pipelines.configuration.plans import parameter_rows, rule_rows
from pipelines.warehouse.compiled import CompiledModel, compiled_models, run_models
from pipelines.warehouse.inputs import TABLES
from tests.dbt import compiled
from tests.dbt.make_fixture import stockholm, write_history, write_input
from tests.dbt.small_world import EXTRACTS, PERIODS
from tests.gates.findings import Finding, Gate
from tests.pipeline import compiled_project

#: A report year, and a calendar year with its months: what adds up must be there to add up.
REPORT_YEAR = "verksamhetsar-2023"
_MONTH_ENDS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_GUARDED = ("figures", "own_figures")


def _periods() -> list[compiled.Period]:
    months = [
        (f"manad-2023-{month:02}", date(2023, month, 1), date(2023, month, last))
        for month, last in enumerate(_MONTH_ENDS, 1)
    ]
    kept = [period for period in PERIODS if period[0].startswith(("dag-", "verksamhetsar"))]
    return [*kept, ("kalenderar-2023", date(2023, 1, 1), date(2023, 12, 31)), *months]


@dataclass(frozen=True)
class Mutant:
    """A model with other SQL, and what was done to it."""

    model: str
    change: str
    sql: str


def mutants(model: CompiledModel) -> Iterator[Mutant]:
    """A model changed in each way that its SQL has room for, each way at one place; the places differ from model to model."""
    yield Mutant(
        model.name, "some rows twice", f"select * from ({model.sql}) union all (select * from ({model.sql}) limit 1)"
    )
    yield Mutant(model.name, "some rows lost", f"select * from ({model.sql}) qualify row_number() over () > 1")
    tree = sqlglot.parse_one(model.sql, read="duckdb")
    for change, places in _ways(tree).items():
        if not places:
            continue
        place = sum(model.name.encode()) % len(places)
        changed = tree.copy()
        _WAYS[change](_places(changed, change)[place])
        yield Mutant(model.name, change, changed.sql("duckdb"))


def _ways(tree: exp.Expr) -> dict[str, list[exp.Expr]]:
    return {change: _places(tree, change) for change in _WAYS}


def _places(tree: exp.Expr, change: str) -> list[exp.Expr]:
    match change:
        case "a filter is gone":
            found = tree.find_all(exp.Where, exp.Qualify)
            return [one for one in found if isinstance(one.parent, exp.Select)]
        case "a condition is gone":
            return [one for one in tree.find_all(exp.And) if one.find_ancestor(exp.Where, exp.Join, exp.Qualify)]
        case "a join keeps all rows":
            return [one for one in tree.find_all(exp.Join) if one.args.get("kind") == "INNER"]
        case "a join drops rows":
            return [one for one in tree.find_all(exp.Join) if one.args.get("side") == "LEFT"]
        case "an end is in or out":
            return list(tree.find_all(exp.LTE, exp.GTE, exp.LT, exp.GT))
        case "a code is another":
            return [
                one
                for one in tree.find_all(exp.EQ)
                if isinstance(one.expression, exp.Literal) and one.expression.is_string
            ]
        case "doubles are kept":
            unions = [one for one in tree.find_all(exp.Union) if one.args.get("distinct")]
            return [*unions, *[one for one in tree.find_all(exp.Select) if one.args.get("distinct")]]
        case "what is missing stays empty":
            return list(tree.find_all(exp.Coalesce))
        case "a window is too wide":
            return [one for one in tree.find_all(exp.Window) if len(one.args.get("partition_by") or []) > 1]
        case _:
            return []


def _drop(one: exp.Expr) -> None:
    one.pop()


def _first_only(one: exp.Expr) -> None:
    one.replace(one.this)


def _side(one: exp.Expr) -> None:
    one.set("kind", None)
    one.set("side", "LEFT" if one.args.get("side") != "LEFT" else None)
    if not one.args.get("side"):
        one.set("kind", "INNER")


def _shift(one: exp.Expr) -> None:
    assert isinstance(one, exp.LTE | exp.LT | exp.GTE | exp.GT)
    other = {exp.LTE: exp.LT, exp.LT: exp.LTE, exp.GTE: exp.GT, exp.GT: exp.GTE}
    one.replace(other[type(one)](this=one.this, expression=one.expression))


def _other_code(one: exp.Expr) -> None:
    one.expression.replace(exp.Literal.string("NO_SUCH_CODE"))


def _keep_doubles(one: exp.Expr) -> None:
    one.set("distinct", False if isinstance(one, exp.Union) else None)


def _widen(one: exp.Expr) -> None:
    one.set("partition_by", one.args["partition_by"][:-1])


_WAYS = {
    "a filter is gone": _drop,
    "a condition is gone": _first_only,
    "a join keeps all rows": _side,
    "a join drops rows": _side,
    "an end is in or out": _shift,
    "a code is another": _other_code,
    "doubles are kept": _keep_doubles,
    "what is missing stays empty": _first_only,
    "a window is too wide": _widen,
}


class World:
    """The small history with all models made, in which one model at a time is made otherwise."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, project: dict[str, Any]) -> None:
        self.connection = connection
        self.models = compiled_models(project)
        run_models(connection, self.models)
        nodes = project["nodes"].values()
        self.nodes = {node["name"]: node for node in nodes if node["resource_type"] == "model"}
        self.tests = [node for node in nodes if node["resource_type"] == "test"]
        self.sound = {model.name: self._content(model.relation) for model in self.models}
        self.known = self._known_figures()
        broken = {rule for test in self.tests for rule, _ in connection.execute(test["compiled_code"]).fetchall()}
        assert not broken, broken  # a fault is found against a sound world

    def find(self, mutant: Mutant) -> Finding | None:
        """Which gates find the mutant; None when no table is another for it."""
        self.connection.execute("begin")
        try:
            try:
                changed = self._make(mutant)
            except duckdb.Error:
                gates = {Gate("model", "it does not run")}
            else:
                if not changed:
                    return None
                gates = self._asked(changed)
        finally:
            self.connection.execute("rollback")
        return Finding(f"{mutant.model}: {mutant.change}", f"SQL: {mutant.change}", frozenset(gates))

    def _make(self, mutant: Mutant) -> set[str]:
        """Make the model and what reads it; the models whose rows are others for it."""
        remade, changed = {mutant.model}, set()
        for model in self.models:
            if model.name != mutant.model and not remade & set(model.needs):
                continue
            remade.add(model.name)
            sql = mutant.sql if model.name == mutant.model else model.sql
            kind = "view" if model.materialized == "view" else "table"
            self.connection.execute(f"create or replace {kind} {model.relation} as {sql}")
            if self._content(model.relation) != self.sound[model.name]:
                changed.add(model.name)
            elif model.name == mutant.model:
                break  # the same rows: nothing that reads it can be another
        return changed

    def columns(self, model: CompiledModel) -> list[str]:
        """The names of a model's columns."""
        return [column[0] for column in self.connection.execute(f"describe {model.relation}").fetchall()]

    def _content(self, relation: str) -> tuple[Any, ...]:
        """How many rows, and a sum of what they hold, whatever their order."""
        row = self.connection.execute(f"select count(*), sum(hash(row)) from {relation} as row").fetchone()
        assert row
        return row

    def _asked(self, changed: set[str]) -> set[Gate]:
        gates = {Gate("model", "its contract") for name in changed if self._breaks_contract(name)}
        for test in self.tests:
            read = {parent.rpartition(".")[2] for parent in test["depends_on"]["nodes"]}
            if read & changed:
                rules = self.connection.execute(test["compiled_code"]).fetchall()
                gates |= {Gate("rule", rule) for rule, _ in rules}
        if changed & set(_GUARDED) and self._known_figures() != self.known:
            gates.add(Gate("guard", "known figures"))
        return gates

    def _breaks_contract(self, name: str) -> bool:
        node = self.nodes[name]
        if not node["config"]["contract"]["enforced"]:
            return False
        needed = [
            column["name"]
            for column in node["columns"].values()
            if any(each["type"] == "not_null" for each in column["constraints"])
        ]
        empty = " or ".join(f"{column} is null" for column in needed)
        return (
            bool(needed)
            and self.connection.execute(f"select 1 from {node['relation_name']} where {empty} limit 1").fetchone()
            is not None
        )

    def _known_figures(self) -> set[tuple[Any, ...]]:
        union = " union all ".join(f"select * from warehouse.main.{table}" for table in _GUARDED)
        rows = self.connection.execute(f"select * from ({union}) where period = '{REPORT_YEAR}'").fetchall()
        return set(rows)


@contextmanager
def world() -> Iterator[World]:
    """The small history, with all models made of it, and with the plans of all municipalities that have any."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as history; attach ':memory:' as warehouse")
        write_history(connection, "history", EXTRACTS)
        write_input(connection, "warehouse", _periods(), stockholm())
        plans = [plan for name in ("stockholm", "nacka") for plan in load_municipality(name).plans]
        for table, rows in (("plan_rule", rule_rows(plans)), ("plan_parameter", parameter_rows(plans))):
            connection.execute(f"create or replace table warehouse.input.{table} ({TABLES[table]})")
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into warehouse.input.{table} values ({marks})", rows)
        yield World(connection, compiled_project())


#: Values that a model may get wrong: a column with another value in every row of it.
WRONG_VALUES = {
    "gender": "case when gender = 'man' then 'kvinna' else 'man' end",
    "outcome": "'NO_SUCH_CODE'",
    "side": "'NO_SUCH_CODE'",
    "change": "'NO_SUCH_CODE'",
    "district": "case when district = '*' then '*' else 'NO_SUCH_CODE' end",
    "period": "'dag-2023-11-30'",
}


def with_wrong_values(model: CompiledModel, columns: list[str]) -> Iterator[Mutant]:
    """A model with one column at a time wrong; the figures come together, so one of them stands for all."""
    if model.name.startswith("figure_") and model.name != "figure_population":
        return
    for column in columns:
        if column in WRONG_VALUES:
            sql = f"select * replace ({WRONG_VALUES[column]} as {column}) from ({model.sql})"
            yield Mutant(model.name, "a value is wrong", sql)


#: Of the ways to change a model each so many are tried: to try all takes five times as long and finds nothing more.
EVERY = 4


def changed_models() -> list[Finding]:
    """What finds the models' mutants: each model with rows twice, with wrong values, and a sample of the other ways."""
    with world() as made:
        return [found for mutant in chosen(made) if (found := made.find(mutant))]


def chosen(made: World) -> list[Mutant]:
    """The mutants that are tried, always the same ones."""
    every = [mutant for model in made.models for mutant in mutants(model)]
    twice = [mutant for mutant in every if mutant.change == "some rows twice"]
    wrong = [mutant for model in made.models for mutant in with_wrong_values(model, made.columns(model))]
    return [*twice, *wrong, *[mutant for mutant in every if mutant.change != "some rows twice"][::EVERY]]
