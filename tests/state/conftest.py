"""A home with three nights of everything that can become of a delivery; made once, copied by each test that breaks it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.commands import restore
from pipelines.orchestration.outcome import Outcome
from pipelines.state.home import Home
from tests.faults import plain_nightly
from tests.homes import copied_home, made_home
from tests.state.world import three_nights

PRIVATE = "keys/archive.private"


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a home after three nights; its `drop` and `home` lie below."""
    with made_home(tmp_path_factory.mktemp("state"), three_nights) as place:
        yield place


@pytest.fixture
def home(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy; the commands' KAA_HOME."""
    return copied_home(lived, tmp_path, monkeypatch)


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
