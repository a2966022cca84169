"""What the tests of this folder know of the dbt project: where it is, and a finished build of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.dbt import compiled

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


@dataclass(frozen=True)
class Build:
    """A finished ``dbt build``, data tests and unit tests included."""

    exit_code: int
    output: str
    warehouse: Path
    manifest: dict[str, Any]

    @property
    def models(self) -> list[compiled.Model]:
        return compiled.models_in_order(self.manifest)
