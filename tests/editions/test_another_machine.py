"""On another machine, with exported editions, the public keys and the hash of the last edition.json: no KAA_HOME, no archive."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from pipelines.audit.editions.folder import EDITION
from tests.cli.conftest import Said
from tests.editions.conftest import INTERNAL, Made, run
from tests.state.world import everything

pytestmark = pytest.mark.long


@pytest.fixture
def machine(made: Made, tmp_path: Path) -> Path:
    """What the auditor has been given, and nothing else."""
    for name, folder in (("last", made.public), ("before", made.internal)):
        shutil.copytree(folder, tmp_path / name)
    shutil.copy(made.signers, tmp_path / "signers")
    return tmp_path


def verify(machine: Path, *more: object) -> Said:
    return run(machine / "no home", "edition", "verify", machine / "last", "--signers", machine / "signers", *more)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_all_that_needs_no_archive_is_proved_and_nothing_is_written(made: Made, machine: Path) -> None:
    noted = _sha256(made.home / "editions" / "verksamhetsar-2023.2" / EDITION)
    before = everything(machine)
    said = verify(machine)
    assert (said.exit_code, said.out) == (0, ""), said.out + said.err
    assert "were not computed again" in said.err and f"over 1 editions to {INTERNAL}, the first" in said.err
    assert everything(machine) == before
    assert noted == _sha256(machine / "last" / EDITION)
    previous = json.loads((machine / "last" / EDITION).read_text())["previous"]
    assert previous == {"id": INTERNAL, "sha256": _sha256(machine / "before" / EDITION)}


def test_it_says_how_far_the_chain_could_be_followed(machine: Path) -> None:
    shutil.rmtree(machine / "before")
    said = verify(machine)
    assert said.exit_code == 0 and f"{INTERNAL}, which it follows, is not here" in said.err


def test_one_changed_byte_of_either_edition_is_found(machine: Path) -> None:
    (machine / "last" / "figures.csv").write_bytes((machine / "last" / "figures.csv").read_bytes() + b"\n")
    said = verify(machine)
    assert said.exit_code == 2 and "figures.csv: has been changed" in said.out
    shutil.copytree(
        machine / "before", machine / "last", dirs_exist_ok=True
    )  # one edition's files under another's name
    assert verify(machine).exit_code == 2


def test_the_archive_is_asked_for_where_it_is_only(machine: Path) -> None:
    said = verify(machine, "--archive", "--key", machine / "signers")
    assert (said.exit_code, said.out, said.err.count("\n")) == (64, "", 1) and "kaa init" in said.err
