"""The catalogue: each figure model describes itself completely, and the description is what the SQL computes."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from pipelines.configuration.catalogue import PeriodKind, Total, read_catalogue
from tests.dbt import compiled
from tests.dbt.built import Build
from tests.dbt.small_world import EXTRACTS, PERIODS

#: What figures.md has named from the beginning.
OF_THE_PAGE = [
    "population", "outreach", "contacts", "occupation", "participants", "exits", "measures", "measure_exits",
    "support_choice", "timeliness", "offer_90_days", "residence_checks", "survey", "key_numbers", "residents", "status",
    "target_group", "registrations", "first_time", "latest_occupation", "persistence", "occupation_after_support", "not_admitted",
    "school_entry_visits", "consented_participants", "youth_20_29",
]  # fmt: skip


def test_each_figure_has_a_model_and_an_entry(build: Build) -> None:
    models = {node["name"] for node in build.manifest["nodes"].values() if node["resource_type"] == "model"}
    assert {name for name in models if name.startswith("figure_")} == {each.model for each in read_catalogue().values()}
    assert {name for name, each in read_catalogue().items() if not each.is_own} >= set(OF_THE_PAGE)


def test_all_figure_models_are_published(build: Build) -> None:
    for table, is_own in (("figures", False), ("own_figures", True)):
        expected = {each.model for each in read_catalogue().values() if each.is_own == is_own}
        node = next(node for node in build.manifest["nodes"].values() if node["name"] == table)
        assert {each.rsplit(".", 1)[1] for each in node["depends_on"]["nodes"]} == expected


def test_the_measures_and_levels_of_an_entry_are_those_of_its_rows(build: Build) -> None:
    with compiled.in_memory(build.models, EXTRACTS, PERIODS) as connection:
        keys = set(compiled.figures(connection)) | set(compiled.figures(connection, "own_figures"))
    for figure in read_catalogue().values():
        rows = [key for key in keys if key[0] == figure.id]
        assert {row[1] for row in rows} == set(figure.measures), figure.id
        assert {row[2].startswith("dag-") for row in rows} == {figure.period is PeriodKind.DAY}, figure.id
        assert any(row[3] != "*" for row in rows) == figure.has_dimensions, figure.id
        for place, level in ((6, figure.category), (7, figure.subcategory)):
            assert any(row[place] != "*" for row in rows) == bool(level), figure.id
            assert any(row[place] == "*" for row in rows) == (not level or level.total is not Total.NONE), figure.id


YEAR = ("kalenderar-2023", date(2023, 1, 1), date(2023, 12, 31))
MONTHS = [
    (f"manad-2023-{month:02}", date(2023, month, 1), date(2023, month, monthrange(2023, month)[1]))
    for month in range(1, 13)
]

#: A rule that is made from the catalogue, and a number that it must find.
WRONG = [
    ("a_part_is_at_most_its_whole", "figure = 'outreach' and measure = 'sought'"),
    ("a_part_is_at_most_its_whole", "figure = 'support_choice' and category <> '*'"),
    ("categories_add_up_where_each_is_counted_in_one", "figure = 'occupation' and category <> '*'"),
    ("categories_add_up_where_each_is_counted_in_one", "measure = 'first_reached' and category <> '*'"),
    ("categories_add_up_where_each_is_counted_in_one", "measure = 'visits' and category <> '*'"),
    ("categories_add_up_where_each_is_counted_in_one", "measure = 'visits' and category <> '*'"),
    ("subcategories_add_up_where_each_is_counted_in_one", "figure = 'measure_exits' and subcategory <> '*'"),
    ("subcategories_add_up_where_each_is_counted_in_one", "figure = 'youth_20_29' and subcategory = 'ARBETE'"),
    ("subcategories_add_up_where_each_is_counted_in_one", "figure = 'youth_20_29' and subcategory = 'ARBETE'"),
    ("figures_that_say_the_same_agree", "figure = 'exits' and category = '*'"),
    ("figures_that_say_the_same_agree", "figure = 'measure_exits' and subcategory = '*'"),
    ("figures_that_say_the_same_agree", "figure = 'latest_occupation' and category = '*'"),
    ("figures_that_say_the_same_agree", "figure = 'registrations' and category = '*'"),
    ("figures_that_say_the_same_agree", "figure = 'latest_occupation' and category = '*'"),
    ("figures_that_say_the_same_agree", "figure = 'registrations' and category = '*'"),
    ("a_sum_is_its_summands", "figure = 'outreach' and measure = 'not_reached'"),
    ("a_sum_is_its_summands", "figure = 'timeliness' and measure = 'contacted_in_14_days'"),
    ("a_sum_is_its_summands", "figure = 'time_to_contact' and category = 'D15_30'"),
    ("women_and_men_add_up_to_all", "figure = 'contacts' and gender = 'man'"),
    ("districts_add_up_to_all", "figure = 'population' and district <> '*'"),
    ("job_centres_add_up_to_all", "figure = 'population' and job_centre <> '*'"),
    ("job_centres_add_up_to_all", "figure = 'youth_20_29' and job_centre = 'KISTA'"),
    ("job_centres_add_up_to_all", "figure = 'youth_20_29' and job_centre = 'KISTA'"),
    ("months_add_up_to_their_period", "figure = 'timeliness' and period like 'manad-%'"),
    ("months_add_up_to_their_period", "measure = 'visits' and period like 'manad-%'"),
    ("months_add_up_to_their_period", "figure = 'time_to_contact' and period = 'kalenderar-2023'"),
]  # fmt: skip


@pytest.fixture(scope="module")
def world(build: Build) -> Iterator[duckdb.DuckDBPyConnection]:
    """A year with its months, and two days."""
    days = [period for period in PERIODS if period[0].startswith("dag-")]
    with compiled.in_memory(build.models, EXTRACTS, [YEAR, *MONTHS, *days]) as connection:
        yield connection


def _broken(build: Build, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The broken rules of the published counts, each with how many rows break it."""
    name = "figures_agree_with_each_other"
    (sql,) = (node["compiled_code"] for node in build.manifest["nodes"].values() if node["name"] == name)
    return dict(connection.execute(sql).fetchall())


def test_a_year_with_its_months_fits_together(build: Build, world: duckdb.DuckDBPyConnection) -> None:
    assert _broken(build, world) == {}


@pytest.mark.parametrize(("rule", "where"), WRONG)
def test_a_number_that_the_catalogue_contradicts_is_found(
    build: Build, world: duckdb.DuckDBPyConnection, rule: str, where: str
) -> None:
    tables = ("warehouse.main.figures", "warehouse.main.own_figures")
    world.execute("begin")
    try:
        for table in tables:
            world.execute(f"update {table} set value = value + 1000 where {where}")
        assert rule in _broken(build, world)
    finally:
        world.execute("rollback")


def test_a_day_with_a_figure_of_periods_is_found(build: Build, world: duckdb.DuckDBPyConnection) -> None:
    world.execute("begin")
    world.execute("update warehouse.main.figures set period = 'dag-2023-11-30' where figure = 'outreach'")
    assert "days_have_the_figures_of_days_and_only_those" in _broken(build, world)
    world.execute("rollback")
