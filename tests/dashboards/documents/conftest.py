"""Documents of a whole year and of a tertial, each built once with the site beside them."""

from pathlib import Path

import pytest

from tests.dashboards.documents import documents_report
from tests.dashboards.documents.documents_report import Built


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return documents_report.year(tmp_path_factory.mktemp("year"))


@pytest.fixture(scope="session")
def tertial(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return documents_report.tertial(tmp_path_factory.mktemp("tertial"))


@pytest.fixture(scope="session", params=["year", "tertial"])
def built(request: pytest.FixtureRequest) -> Built:
    found: Built = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def open_year(year: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return documents_report.opened(tmp_path_factory.mktemp("open-year"), year)


@pytest.fixture(scope="session")
def open_tertial(tertial: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return documents_report.opened(tmp_path_factory.mktemp("open-tertial"), tertial)


@pytest.fixture(scope="session", params=["year", "tertial"])
def open_built(request: pytest.FixtureRequest) -> Built:
    found: Built = request.getfixturevalue(f"open_{request.param}")
    return found


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return tmp_path / "out"
