"""An operator with a KAA_HOME: sees what the nightly says, and does what the runbook says.

Nights are run by the command `kaa nightly` with all that is around the job; in place of the job itself are its steps without
Dagster and dbt's process (``plain_nightly``). Where those matter, ``really`` runs all of it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.commands import restore
from pipelines.orchestration import nightly
from pipelines.orchestration.failures import failure_of
from pipelines.state.home import Home, Version, open_home
from tests.cli.conftest import Kaa, Said
from tests.faults import plain_nightly
from tests.state.conftest import plainly

#: Provokes a symptom and gives what the operator sees; when it goes on, it does what the runbook says.
Steps = Iterator[str]


@dataclass
class Operator:
    """``home`` is the home's folder; ``commands`` are those that were given since the symptom was seen."""

    place: Path
    home: Path
    kaa: Kaa
    monkeypatch: pytest.MonkeyPatch
    now: datetime = plain_nightly.NOW
    commands: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def opened(self) -> Home:
        """The home with the settings as they are now."""
        return open_home(self.home)

    @property
    def version(self) -> Version:
        """The published version."""
        version = self.opened.current()
        assert version is not None
        return version

    def deliveries(self) -> list[dict[str, Any]]:
        """The list of deliveries."""
        listed: list[dict[str, Any]] = json.loads(self.kaa("deliveries", "--format", "json").out)
        return listed

    def nightly(self, *expected: int) -> str:
        """What `kaa nightly` says to people."""
        said = self.kaa("nightly")
        assert said.exit_code in (expected or (0, 2)), said
        return said.err

    def does(self, *arguments: object) -> Said:
        """A command that the runbook names, which must do its work."""
        said = self.kaa(*arguments)
        assert said.exit_code in (0, 2), said
        self.commands.append(tuple(map(str, arguments)))
        return said

    def really(self, before: str = "") -> Said:
        """`kaa nightly` in a process of its own with Dagster and dbt, after some lines of Python."""
        script = f"{before}\nfrom pipelines.commands.cli import main\nmain(['nightly'])"
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
            env={**os.environ, "KAA_HOME": str(self.home)},
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def in_place_of_the_job(self) -> None:
        """Have the nights of this process be plain ones."""

        def job(home: Home) -> Exception | None:
            try:
                plain_nightly.nightly(home, self.now)
            except Exception as error:
                return failure_of(home, error)
            return None

        self.monkeypatch.setattr(nightly, "_run_job", job)
        self.monkeypatch.setattr(nightly, "started_ahead", lambda *processes: nullcontext())
        self.monkeypatch.setattr(restore, "run_nightly", plainly)


@dataclass(frozen=True)
class Symptom:
    """A way to provoke what a section of the runbook is about."""

    heading: str
    provoke: Callable[[Operator], Steps]
    is_slow: bool = False

    @property
    def name(self) -> str:
        return self.provoke.__name__


SYMPTOMS: list[Symptom] = []


def symptom(
    heading: str, is_slow: bool = False
) -> Callable[[Callable[[Operator], Steps]], Callable[[Operator], Steps]]:
    """Marks a way to provoke what stands under a heading. ``is_slow``: it needs the whole job, or is one of several of a kind."""

    def mark(provoke: Callable[[Operator], Steps]) -> Callable[[Operator], Steps]:
        SYMPTOMS.append(Symptom(heading, provoke, is_slow))
        return provoke

    return mark
