"""The catalogue: each figure model describes itself completely, and the description is what the SQL computes."""

from pipelines.catalogue import PeriodKind, Total, read_catalogue
from tests.dbt import compiled
from tests.dbt.built import Build
from tests.dbt.small_world import EXTRACTS, PERIODS

OF_THE_PAGE = [
    "population", "outreach", "contacts", "occupation", "participants", "exits", "measures", "measure_exits",
    "support_choice", "timeliness", "offer_90_days", "residence_checks", "survey", "key_numbers", "residents", "status",
    "target_group",
]  # fmt: skip
OUR_OWN = ["reached_by_channel", "time_to_contact", "median_wait"]


def test_each_figure_has_a_model_and_an_entry(build: Build) -> None:
    models = {node["name"] for node in build.manifest["nodes"].values() if node["resource_type"] == "model"}
    assert {name for name in models if name.startswith("figure_")} == {each.model for each in read_catalogue().values()}
    assert {name for name, each in read_catalogue().items() if not each.is_own} == set(OF_THE_PAGE)
    assert {name for name, each in read_catalogue().items() if each.is_own} == set(OUR_OWN)


def test_all_figure_models_are_published(build: Build) -> None:
    for table, expected in (("figures", OF_THE_PAGE), ("own_figures", OUR_OWN)):
        node = next(node for node in build.manifest["nodes"].values() if node["name"] == table)
        assert {each.rsplit(".", 1)[1] for each in node["depends_on"]["nodes"]} == {
            f"figure_{each}" for each in expected
        }


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
