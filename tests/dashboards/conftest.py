"""One site per municipality, built once: pages are made from a published file and do not change it."""

import pytest

from tests.dashboards import published_file
from tests.dashboards.built_site import Site, built


@pytest.fixture(scope="session")
def stockholm(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("stockholm")
    return built(folder, published_file.stockholm(folder / "published.duckdb"), "verksamhetsar-2023")


@pytest.fixture(scope="session")
def nacka(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("nacka")
    return built(folder, published_file.nacka(folder / "published.duckdb"), "kalenderar-2023")


@pytest.fixture(scope="session")
def first_year(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("first")
    return built(folder, published_file.first_year(folder / "published.duckdb"), "verksamhetsar-2023")
