"""The home of tests/state: three nights of everything that can become of a delivery."""

from tests.cli.conftest import kaa
from tests.state.conftest import home, key, lived

__all__ = ["home", "kaa", "key", "lived"]
