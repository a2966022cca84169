"""The commands as tests/cli runs them."""

from tests.cli.conftest import home, kaa, nightly, published, set_up

__all__ = ["home", "kaa", "nightly", "published", "set_up"]
