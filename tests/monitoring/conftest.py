"""An initialised KAA_HOME for each test, its channels as the test wants them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from pipelines.state.home import Home, initialise, open_home
from tests.monitoring.receivers import Certificates, certificates


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """The certificates of servers that are whom they say they are."""
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that has had no night and tells nobody."""
    (tmp_path / "drop").mkdir()
    made, _ = initialise("stockholm", tmp_path / "drop", tmp_path / "home")
    monkeypatch.setenv("KAA_HOME", str(made.path))
    return made


@pytest.fixture
def telling(home: Home) -> Callable[..., Home]:
    """The home with these tables of `[tell]`."""

    def with_settings(**tables: Any) -> Home:
        settings = home.settings.model_dump(exclude_none=True) | {"tell": tables}
        (home.path / "settings.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
        return open_home(home.path)

    return with_settings
