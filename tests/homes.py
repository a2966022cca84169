"""Published homes for tests: made once by nightlies without dbt's process and Dagster, each test works in a copy."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from pipelines.state.home import Home, initialise, open_home
from tests.faults import plain_nightly
from tests.pipeline import models_json


@contextmanager
def made_home(place: Path, live: Callable[[Home], None]) -> Iterator[Path]:
    """A folder with a `drop` and a `home` that has lived so."""
    (place / "models.json").write_text(models_json(), encoding="utf-8")
    (place / "drop").mkdir()
    home, _ = initialise("stockholm", place / "drop", place / "home")
    with patch.dict(os.environ, {plain_nightly.MODELS: str(place / "models.json")}):
        live(home)
        yield place


def copied_home(made: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy of it below a folder; the commands' KAA_HOME."""
    shutil.copytree(made, place / "copy", symlinks=True)
    settings = place / "copy" / "home" / "settings.toml"
    settings.write_text(settings.read_text().replace(str(made), str(place / "copy")))
    monkeypatch.setenv("KAA_HOME", str(settings.parent))
    return open_home(settings.parent)
