"""A published home of a few youths, whom `kaa lake` exports; made once, each test works in a copy."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from pipelines.state.home import Home, initialise, open_home
from tests.cli.conftest import kaa
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer, samordningsnummer
from tests.pipeline import models_json

__all__ = ["kaa"]

ANNA = personnummer("2005-03-01", 210)
BO, BO_EARLIER = personnummer("2006-01-01", 311), samordningsnummer("2006-01-01", 301)
#: A protected identity.
CILLA = personnummer("2005-06-06", 212)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("lake")
    (place / "models.json").write_text(models_json(), encoding="utf-8")
    (place / "drop").mkdir()
    home, _ = initialise("stockholm", place / "drop", place / "home")
    residents = Extract("folkbokforing", "2023-05-01").resident(ANNA).resident(BO, tidigare_personnummer=BO_EARLIER)
    residents.resident(CILLA, skyddsmarkering="SKYDDAD").write(home.drop)
    Extract("ber", "2023-05-02").registered(ANNA).registered(BO).registered(CILLA).write(home.drop)
    with patch.dict(os.environ, {plain_nightly.MODELS: str(place / "models.json")}):
        plain_nightly.nightly(home)
        yield place


@pytest.fixture
def home(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy; the commands' KAA_HOME."""
    shutil.copytree(published, tmp_path / "copy", symlinks=True)
    settings = tmp_path / "copy" / "home" / "settings.toml"
    settings.write_text(settings.read_text().replace(str(published), str(tmp_path / "copy")))
    monkeypatch.setenv("KAA_HOME", str(settings.parent))
    return open_home(settings.parent)


@pytest.fixture
def key(home: Home, tmp_path: Path) -> Path:
    """The archive's private key, in the key store."""
    return Path(shutil.move(home.path / "keys/archive.private", tmp_path / "archive.private"))
