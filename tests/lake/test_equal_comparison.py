"""The comparison of engines finds nothing where there is nothing, and every kind of difference that there may be."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines.lake.engine import duckdb_engine
from pipelines.warehouse.compiled import CompiledModel
from pipelines.warehouse.inputs import EVERYTHING
from tests.lake.equal import FIGURES, Question, all_periods, answer, differences, what_figures_stand_on
from tests.lake.lakes import world_lake

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Question, list[CompiledModel]]:
    world, pipeline, folder = world_lake(2, tmp_path_factory.mktemp("world"))
    municipality = pipeline.home.municipality
    return Question(folder, municipality, all_periods(world.days, municipality), EVERYTHING), pipeline.models()


def _answer(question: Question, compiled: list[CompiledModel]) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb_engine(question.lake) as engine:
        return answer(engine, question, compiled, what_figures_stand_on(compiled))


def test_an_engine_equals_itself(asked: tuple[Question, list[CompiledModel]]) -> None:
    question, compiled = asked
    found = _answer(question, compiled)
    assert set(FIGURES) < found.keys()
    assert all(found[name] for name in (*FIGURES, "person_period", "target_group_day")), "nothing was compared"
    assert differences(found, _answer(question, compiled)) == []


#: What an engine may do wrong with a relation, and of how many rows it may be wrong (None: of all).
WRONG = {
    "a wrong value": (
        "with r as (select *, row_number() over () as place from ({model})) "
        "select * exclude place replace (case place when 1 then value + 1 else value end as value) from r",
        1,
        1,
    ),
    "a missing row": (
        "with r as (select *, row_number() over () as place from ({model})) select * exclude place from r where place > 1",
        1,
        0,
    ),
    "a row too many": ("select * from ({model}) union all (select * from ({model}) limit 1)", 0, 1),
    "another type": ("select * replace (cast(value as bigint) as value) from ({model})", None, None),
    "an empty text for nothing": ("select * replace (nullif(district, '*') as district) from ({model})", None, None),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_differs_is_found(asked: tuple[Question, list[CompiledModel]], wrong: str) -> None:
    question, compiled = asked
    sql, lost, come = WRONG[wrong]
    spoilt = [
        replace(model, sql=sql.format(model=model.sql)) if model.name == "figures" else model for model in compiled
    ]
    (found,) = differences(_answer(question, compiled), _answer(question, spoilt))
    assert found.relation == "figures"
    assert lost is None or found.only_one.total() == lost
    assert come is None or found.only_other.total() == come
    assert found.only_one or found.only_other


def test_a_missing_duplicate_is_found() -> None:
    """Rows may be there twice: each must be there as often in both."""
    twice, once = {"events": [("a", 1), ("a", 1), ("b", 2)]}, {"events": [("a", 1), ("b", 2)]}
    (found,) = differences(twice, once)
    assert (found.only_one.total(), found.only_other.total()) == (1, 0)
    (found,) = differences(once, twice)
    assert (found.only_one.total(), found.only_other.total()) == (0, 1)
    assert "('a', 1)" in str(found)
    assert differences(twice, {"events": [("b", 2), ("a", 1), ("a", 1)]}) == []


def test_a_list_in_another_order_is_found() -> None:
    (found,) = differences({"lists": [(["a", "b"],)]}, {"lists": [(["b", "a"],)]})
    assert (found.only_one.total(), found.only_other.total()) == (1, 1)
