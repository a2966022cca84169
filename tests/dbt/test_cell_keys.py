"""The keys of the figures' cells, summed by the SQL that counts them, against keys that are put together by hand."""

from collections.abc import Iterable, Iterator
from hashlib import md5

import duckdb
import pytest

from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.disclosure import KEYS
from pipelines.warehouse.cell_keys import cell_keys, has_keys
from tests.dbt import compiled
from tests.dbt.built import Build
from tests.dbt.compiled import FigureKey
from tests.dbt.make_fixture import pseudonym
from tests.dbt.small_world import ANNA, CILLA, FIA

YEAR = "verksamhetsar-2023"
CATALOGUE = read_catalogue()


@pytest.fixture(scope="module")
def warehouse(build: Build) -> Iterator[duckdb.DuckDBPyConnection]:
    """The finished warehouse, as whoever publishes has it at hand."""
    with duckdb.connect() as connection:
        for name in ("warehouse", "history"):
            connection.execute(f"attach '{build.warehouse.with_name(f'{name}.duckdb')}' as {name} (read_only)")
        yield connection


@pytest.fixture(scope="module")
def keys(warehouse: duckdb.DuckDBPyConnection, build: Build) -> dict[FigureKey, int]:
    return {row[:8]: row[8] for row in warehouse.execute(cell_keys(build.models, CATALOGUE)).fetchall()}


def _key(*identity: str) -> int:
    """A thing's key, by another library than makes it."""
    return int.from_bytes(md5("/".join(identity).encode()).digest()[8:], "little") % KEYS


def _summed(keys: Iterable[int]) -> int:
    return sum(keys) % KEYS


def _cell(figure: str, measure: str, category: str = "*", gender: str = "*", district: str = "*") -> FigureKey:
    return (figure, measure, YEAR, gender, district, "*", category, "*")


def test_every_count_of_somebody_has_a_key_and_nothing_else_has(
    warehouse: duckdb.DuckDBPyConnection, keys: dict[FigureKey, int]
) -> None:
    counted = {**compiled.figures(warehouse), **compiled.figures(warehouse, "own_figures")}
    assert keys.keys() == {cell for cell in counted if has_keys(CATALOGUE[cell[0]])}
    assert {cell[0] for cell in counted} - {cell[0] for cell in keys} == {"key_numbers", "median_wait", "youth_20_29"}
    assert all(0 <= key < KEYS for key in keys.values())
    assert len(set(keys.values())) > 20


def test_a_cell_s_key_is_the_sum_of_its_things_keys(keys: dict[FigureKey, int]) -> None:
    anna = _key(pseudonym(ANNA))  # reached, last seen in what is district 21 now
    assert keys[_cell("outreach", "reached", district="21")] == anna
    assert keys[_cell("outreach", "reached")] == _summed([anna, keys[_cell("outreach", "reached", district="SAKNAS")]])
    parts = [keys[_cell("outreach", measure)] for measure in ("reached", "not_reached")]
    assert keys[_cell("outreach", "sought")] == _summed(parts)


def test_a_record_s_key_is_made_from_person_and_id(
    warehouse: duckdb.DuckDBPyConnection, keys: dict[FigureKey, int]
) -> None:
    rows = warehouse.execute(
        f"select person_id, contact_id from warehouse.main.contact_period where period_id = '{YEAR}' and is_attempt"
    ).fetchall()
    assert len(rows) == 4
    assert keys[_cell("contacts", "attempts")] == _summed(_key(*row) for row in rows)


def test_who_is_counted_once_of_several_rows_has_one_key(
    warehouse: duckdb.DuckDBPyConnection, keys: dict[FigureKey, int]
) -> None:
    rows = warehouse.execute(
        f"select person_id from warehouse.main.intervention_period where period_id = '{YEAR}'"
    ).fetchall()
    assert len(rows) > len(set(rows)) == 2
    assert keys[_cell("measures", "participants")] == _summed(_key(person) for (person,) in set(rows))


def test_persons_who_are_counted_over_visits_have_their_own_keys(keys: dict[FigureKey, int]) -> None:
    persons = [_key(pseudonym(number)) for number in (ANNA, CILLA, FIA)]
    visits = [_key(pseudonym(number), id_) for number, id_ in ((CILLA, "V1"), (FIA, "V2"), (FIA, "V3"), (ANNA, "V4"))]
    assert keys[_cell("school_entry_visits", "visitors")] == _summed(persons)
    assert keys[_cell("school_entry_visits", "visits")] == _summed(visits)


def _same(key: FigureKey) -> Iterator[FigureKey]:
    """The cells of a whole municipality that count the same as this one, as the catalogue says."""
    figure = CATALOGUE[key[0]]
    for relation in figure.measures[key[1]].same_as:
        is_by_category = figure.shares_categories_with(CATALOGUE[relation.to.figure])
        if key[4:6] == ("*", "*") and key[7] == "*" and (is_by_category or key[6] == "*"):
            yield (relation.to.figure, relation.to.measure, *key[2:])


def test_the_same_persons_have_the_same_key_in_every_figure(keys: dict[FigureKey, int]) -> None:
    pairs = [(key, same) for key in keys for same in _same(key)]
    assert {key[0] for key, _ in pairs} >= {"exits", "occupation", "measure_exits"}
    for key, same in pairs:
        assert keys[key] == keys[same], (key, same)


def test_women_and_men_are_all(keys: dict[FigureKey, int]) -> None:
    wholes = [cell for cell in keys if cell[3] == "*" and CATALOGUE[cell[0]].has_dimensions]
    assert len(wholes) > 50
    for cell in wholes:
        parts = [keys.get((*cell[:3], gender, *cell[4:]), 0) for gender in ("kvinna", "man")]
        assert keys[cell] == sum(parts) % KEYS, cell


def test_a_figure_that_counts_in_another_way_is_not_passed_over(build: Build) -> None:
    models = [
        model if model.name != "figure_population" else type(model)(**{**vars(model), "sql": "select count(x) from y"})
        for model in build.models
    ]
    with pytest.raises(AssertionError, match="counts in another way"):
        cell_keys(models, CATALOGUE)
