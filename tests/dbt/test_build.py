"""The dbt project builds, and its compiled SQL answers alone for what dbt answered."""

from datetime import date

import duckdb
import pytest

from tests.dbt import compiled
from tests.dbt.built import Build
from tests.dbt.make_fixture import stockholm
from tests.dbt.small_world import EXTRACTS, PERIODS

pytestmark = pytest.mark.long


def test_all_models_data_tests_and_unit_tests_pass(build: Build) -> None:
    assert build.exit_code == 0, build.output


def test_the_compiled_sql_in_memory_gives_what_dbt_built(build: Build) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{build.warehouse}' as warehouse (read_only)")
        built = compiled.figures(connection)
    with compiled.in_memory(build.models, EXTRACTS, PERIODS) as connection:
        assert compiled.figures(connection) == built
    assert built


def test_one_period_alone_gives_what_all_at_once_give(build: Build) -> None:
    with compiled.in_memory(build.models, EXTRACTS, PERIODS) as connection:
        together = compiled.figures(connection)
    alone: dict[compiled.FigureKey, object] = {}
    for period in PERIODS:
        with compiled.in_memory(build.models, EXTRACTS, [period]) as connection:
            alone |= compiled.figures(connection)
    assert alone == together


def test_a_municipality_without_districts_has_everybody_in_saknas(build: Build) -> None:
    without = {
        key: {
            name: [row | dict.fromkeys({"stadsdelsomrade", "jobbtorg"} & row.keys(), "") for row in rows]
            for name, rows in datasets.items()
        }
        for key, datasets in EXTRACTS.items()
    }
    with compiled.in_memory(build.models, without, PERIODS, districts=[]) as connection:
        figures = compiled.figures(connection)
    assert {key[4] for key in figures} == {key[5] for key in figures} == {"*", "SAKNAS"}


def test_an_empty_history_gives_no_figures(build: Build) -> None:
    with compiled.in_memory(build.models, {}, PERIODS, districts=stockholm()) as connection:
        assert compiled.figures(connection) == {}


def test_as_known_before_the_first_extract_there_are_no_figures(build: Build) -> None:
    with compiled.in_memory(build.models, EXTRACTS, PERIODS, known_to=date(2022, 5, 31)) as connection:
        assert compiled.figures(connection) == {}
