"""What the tests of this folder know of the dbt project: where it is, and a finished build of it."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines.warehouse.compiled import CompiledModel, compiled_models

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


@dataclass(frozen=True)
class Build:
    """A finished ``dbt build``, data tests and unit tests included."""

    exit_code: int
    output: str
    warehouse: Path
    manifest_path: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """dbt's manifest of the finished build."""
        manifest: dict[str, Any] = json.loads(self.manifest_path.read_text(encoding="utf-8"))
        return manifest

    @property
    def models(self) -> list[CompiledModel]:
        """The models, each after those it reads."""
        return compiled_models(self.manifest)
