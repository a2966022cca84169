"""States that earlier programs wrote, unpacked for each test that goes on with them; what ``make_state`` says made them."""

import csv
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from pipelines.state.home import Home, open_home
from tests.cli.conftest import kaa
from tests.faults import plain_nightly
from tests.pipeline import models_json
from tests.state.conftest import plain_restore
from tests.upgrade.make_state import DROP

__all__ = ["kaa", "plain_restore"]

FOLDER = Path(__file__).parent
#: The commits whose states are kept, oldest first.
COMMITS = sorted(path.name.removeprefix("state-").removesuffix(".tar.xz") for path in FOLDER.glob("state-*.tar.xz"))
OLDEST = "bc28508"


@dataclass(frozen=True)
class Old:
    """A home as an earlier program left it, and what that program said of it."""

    home: Home
    said: Path

    def listed(self, name: str) -> list[dict[str, Any]]:
        """What a listing command printed."""
        found: list[dict[str, Any]] = json.loads((self.said / f"{name}.json").read_text(encoding="utf-8"))
        return found

    def figures(self, period: str, day: str | None) -> set[tuple[str, ...]]:
        """The cells that `kaa figures` printed, those other than zero, as known on a day."""
        return cells((self.said / f"{period}@{day or 'now'}.csv").read_text(encoding="utf-8"))


def cells(text: str) -> set[tuple[str, ...]]:
    """The rows of `kaa figures`."""
    return {tuple(row) for row in list(csv.reader(io.StringIO(text)))[1:]}


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All kept states, each in a folder named by its commit."""
    place = tmp_path_factory.mktemp("upgrade")
    for commit in COMMITS:
        with tarfile.open(FOLDER / f"state-{commit}.tar.xz") as tar:
            tar.extractall(place / commit, filter="tar")
    return place


@pytest.fixture(params=COMMITS)
def commit(request: pytest.FixtureRequest) -> str:
    """Each earlier program in turn; a test that needs only one says so."""
    return str(request.param)


@pytest.fixture
def old(unpacked: Path, commit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Old:
    """A copy to go on with; the commands' KAA_HOME."""
    place = tmp_path / "old"
    shutil.copytree(unpacked / commit, place, symlinks=True)
    settings = place / "home" / "settings.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace(DROP, str(place / "drop")), encoding="utf-8")
    monkeypatch.setenv("KAA_HOME", str(settings.parent))
    return Old(open_home(settings.parent), place / "said")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The compiled models, for nights without dbt's process."""
    path = tmp_path_factory.mktemp("models") / "models.json"
    path.write_text(models_json(), encoding="utf-8")
    with patch.dict(os.environ, {plain_nightly.MODELS: str(path)}):
        yield
