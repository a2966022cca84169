"""The commands as tests/cli runs them, and its one real nightly."""

from tests.cli.conftest import home, kaa, nightly, published

__all__ = ["home", "kaa", "nightly", "published"]
