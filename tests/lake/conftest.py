"""A published home of a few youths, whom `kaa lake` exports; made once, each test works in a copy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.state.home import Home
from tests.cli.conftest import kaa
from tests.faults import plain_nightly
from tests.homes import copied_home, made_home
from tests.model.world import Extract, personnummer, samordningsnummer

__all__ = ["kaa"]

ANNA = personnummer("2005-03-01", 210)
BO, BO_EARLIER = personnummer("2006-01-01", 311), samordningsnummer("2006-01-01", 301)
#: A protected identity.
CILLA = personnummer("2005-06-06", 212)


def _live(home: Home) -> None:
    residents = Extract("folkbokforing", "2023-05-01").resident(ANNA).resident(BO, tidigare_personnummer=BO_EARLIER)
    residents.resident(CILLA, skyddsmarkering="SKYDDAD").write(home.drop)
    Extract("ber", "2023-05-02").registered(ANNA).registered(BO).registered(CILLA).write(home.drop)
    plain_nightly.nightly(home)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with made_home(tmp_path_factory.mktemp("lake"), _live) as place:
        yield place


@pytest.fixture
def home(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy; the commands' KAA_HOME."""
    return copied_home(published, tmp_path, monkeypatch)


@pytest.fixture
def key(home: Home, tmp_path: Path) -> Path:
    """The archive's private key, in the key store."""
    return Path(shutil.move(home.path / "keys/archive.private", tmp_path / "archive.private"))
