"""Nobody's number is anywhere after nights that fail, each in another way, nor after the night on which persons are purged."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.state.home import Home, initialise, open_home
from tests.canaries import world
from tests.canaries.search import found_in, search
from tests.delivery.nights import sound
from tests.faults.test_disk_full import MEGABYTE, _leave, small_disk
from tests.repository import ROOT

__all__ = ["small_disk"]

pytestmark = pytest.mark.slow

NUMBER = "an error's text"

#: Has a step of the real nightly fail with an error that quotes somebody's number.
_FAILS = """
import importlib, sys
module, name, number = sys.argv[1:4]
def fails(*arguments, **named):
    raise ValueError(f"conversion failed for {number}")
setattr(importlib.import_module(module), name, fails)
from pipelines.commands.cli import main
main(["nightly"])
"""

#: Where numbers are at hand, and later steps: the exit code of a night in which it fails.
STEPS = {
    ("pipelines.intake.take_in", "find_deliveries"): 1,
    ("pipelines.intake.take_in", "read_manifest"): 2,
    ("pipelines.intake.read_batches", "read_file"): 2,
    ("pipelines.delivery.source_rows", "type_rows"): 2,
    ("pipelines.intake.take_in", "checked"): 1,
    ("pipelines.orchestration.assets", "take_in"): 1,
    ("pipelines.orchestration.assets", "validate"): 1,
    ("pipelines.orchestration.assets", "build_published"): 1,
}


class Wide:
    """A home with every canary, its nights, and all that they have said."""

    def __init__(self, path: Path) -> None:
        (path / "drop").mkdir()
        self.told = world.write(path / "drop")
        self.number = self.told.valid(NUMBER)
        self.home, _ = initialise("stockholm", path / "drop", path / "home")
        self.out = path / "report"
        self.said = b""

    def kaa(self, *arguments: str) -> int:
        return self._run(str(Path(sys.executable).with_name("kaa")), *arguments)

    def fail(self, step: tuple[str, str]) -> int:
        return self._run(sys.executable, "-c", _FAILS, *step, self.number)

    def _run(self, *command: str) -> int:
        environment = os.environ | {"KAA_HOME": str(self.home.path)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
        self.said += done.stdout + done.stderr
        return done.returncode

    def assert_nothing_is_left(self, what: str) -> None:
        assert not search(self.home.path, self.told.marks), what
        assert not found_in(self.said, self.told.marks), what
        assert b"Traceback" not in self.said, what


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wide]:
    """The tests of this file are the days of one home, in their order."""
    return Wide(tmp_path_factory.mktemp("wide"))


def _open(wide: Wide) -> Home:
    return open_home(wide.home.path)


@pytest.mark.parametrize(("step", "code"), STEPS.items(), ids=lambda value: str(value))
def test_a_step_that_fails_with_a_number_in_its_error(wide: Wide, step: tuple[str, str], code: int) -> None:
    before = _open(wide).current()
    assert wide.fail(step) == code
    assert (_open(wide).current() == before) is (code == 1)
    wide.assert_nothing_is_left(str(step))


@pytest.mark.parametrize("room", [1, 6, 24])
def test_a_first_night_on_a_full_disk(wide: Wide, small_disk: Path, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full while dbt's project is read, while deliveries are taken in, and later."""
    home, _ = initialise("stockholm", wide.home.drop, small_disk / "home")
    monkeypatch.setattr(wide, "home", home)
    monkeypatch.setattr(wide, "said", b"")
    filler = _leave(small_disk, room * MEGABYTE + 8192)
    assert wide.kaa("nightly") == 1
    assert wide.said.startswith(b"The disk that holds ") and wide.said.count(b"\n") == 1
    filler.unlink()  # SQLite needs room to be read
    wide.assert_nothing_is_left(f"a full disk with {room} MB left")


def test_a_failing_test_of_dbt(wide: Wide) -> None:
    assert wide.kaa("nightly") == 2
    version = _open(wide).current()
    assert version is not None
    sound_history = version.history.with_suffix(".sound")
    shutil.copy(version.history, sound_history)
    with duckdb.connect(str(version.history)) as connection:
        connection.execute("insert into nyckeltal_nyckeltal select * from nyckeltal_nyckeltal")
        connection.execute("insert into enkat_svar select * from enkat_svar")
    assert wide.kaa("nightly") == 1
    assert b"In the step dbt_models the test " in wide.said
    wide.assert_nothing_is_left("dbt")
    os.replace(sound_history, version.history)


def test_a_night_a_report_and_a_restore(wide: Wide) -> None:
    assert wide.kaa("nightly") == 2
    assert wide.kaa("report", "--period", "verksamhetsar-2023", "--out", str(wide.out)) == 0
    assert not search(wide.out, wide.told.marks)
    (wide.home.path / "current.json").unlink()
    assert wide.kaa("nightly") == 1
    assert wide.kaa("restore", "--key", str(wide.home.keys / "archive.private")) == 0
    wide.assert_nothing_is_left("restore")


def test_purged_persons_are_nowhere_by_their_pseudonyms_either(wide: Wide) -> None:
    """Everybody born in 2004 or earlier leaves with the first extract of 2026."""
    pseudonymiser = Pseudonymiser(_open(wide).pseudonym_key)
    purged = {number: pseudonymiser.pseudonym(number) for number in wide.told.born_before(2005)}
    assert search(wide.home.path, purged)
    shutil.rmtree(wide.home.path / "aside", ignore_errors=True)  # what a restore has put aside is a person's to remove
    sound("ber", "2026-01-02").write(wide.home.drop)
    assert wide.kaa("nightly") == 2
    assert wide.kaa("purge", "--format", "json") == 0
    assert b'"persons": ' in wide.said
    assert not search(wide.home.path, purged)
    wide.assert_nothing_is_left("purge")
