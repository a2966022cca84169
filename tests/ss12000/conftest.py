"""The program as its users call it."""

from tests.cli.conftest import kaa

__all__ = ["kaa"]
