"""Commands are run as in tests/cli."""

from tests.cli.conftest import home, kaa

__all__ = ["home", "kaa"]
