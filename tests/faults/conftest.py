"""The night that the fault tests break; made once for each worker."""

from pathlib import Path

import pytest

from tests.faults.support import Night, make_night
from tests.pipeline import models_json


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Version 1 is published; the second night's deliveries wait."""
    place = tmp_path_factory.mktemp("faults")
    models = place / "models.json"
    models.write_text(models_json(), encoding="utf-8")
    return make_night(place / "night", models)


@pytest.fixture
def broken(night: Night, tmp_path: Path) -> Path:
    """A folder for a copy of the night."""
    return tmp_path / "night"
