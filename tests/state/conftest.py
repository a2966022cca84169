"""A home with three nights of everything that can become of a delivery; made once, copied by each test that breaks it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from pipelines.commands import restore
from pipelines.orchestration.outcome import Outcome
from pipelines.state.home import Home, initialise, open_home
from tests.faults import plain_nightly
from tests.pipeline import models_json
from tests.state.world import three_nights

PRIVATE = "keys/archive.private"


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a home after three nights; its `drop` and `home` lie below."""
    place = tmp_path_factory.mktemp("state")
    models = place / "models.json"
    models.write_text(models_json(), encoding="utf-8")
    (place / "drop").mkdir()
    home, _ = initialise("stockholm", place / "drop", place / "home")
    with patch.dict(os.environ, {plain_nightly.MODELS: str(models)}):
        three_nights(home)
        yield place


@pytest.fixture
def home(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy to break; the commands' KAA_HOME."""
    shutil.copytree(lived, tmp_path / "copy", symlinks=True)
    settings = tmp_path / "copy" / "home" / "settings.toml"
    settings.write_text(settings.read_text().replace(str(lived), str(tmp_path / "copy")))
    monkeypatch.setenv("KAA_HOME", str(settings.parent))
    return open_home(settings.parent)


@pytest.fixture
def key(home: Home, tmp_path: Path) -> Path:
    """The private key, in the key store."""
    return Path(shutil.move(home.path / PRIVATE, tmp_path / "archive.private"))


def plainly(home: Home) -> Outcome:
    plain_nightly.nightly(home)
    version = home.current()
    assert version is not None
    return Outcome(version.number, {}, 0)


@pytest.fixture
def plain_restore(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restoring ends with a nightly; dbt's process and Dagster are left out of it."""
    monkeypatch.setattr(restore, "run_nightly", plainly)
