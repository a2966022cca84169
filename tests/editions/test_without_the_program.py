"""The outside auditor's steps, exactly as docs/granskning.md and LÄS MIG.txt give them: in a folder with nothing of ours on the
path."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.audit.editions.folder import READ_ME, SIGNATURE
from tests.editions.conftest import Made
from tests.repository import ROOT

STEPS = re.findall(
    r"^```sh\n(.*?)^```$", (ROOT / "docs" / "granskning.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.fixture(params=["internal", "public"])
def place(request: pytest.FixtureRequest, made: Made, tmp_path: Path) -> Path:
    """What the auditor has."""
    shutil.copytree(made.internal if request.param == "internal" else made.public, tmp_path / "utgava")
    shutil.copy(made.signers, tmp_path / "signers")
    return tmp_path


def _run(script: str, place: Path) -> "subprocess.CompletedProcess[str]":
    command = ["/bin/bash", "-euo", "pipefail", "-c", script]
    return subprocess.run(
        command,
        cwd=place,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_steps_prove_an_edition(place: Path) -> None:
    assert len(STEPS) == 5
    done = _run("".join(STEPS), place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('Good "kaa-edition" signature for') == 2 and done.stderr == ""


def test_the_steps_of_the_edition_s_own_text_are_the_same(place: Path) -> None:
    folder = place / "utgava"
    commands = re.findall(r"^ {7}(\S.*)$", (folder / READ_ME).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) == 6
    names = [path.name.removeprefix(SIGNATURE) for path in folder.glob(f"{SIGNATURE}*")]
    for command in commands:
        for name in names:
            done = _run(command.replace("NAMN", name), folder)
            assert done.returncode == 0 and done.stderr == "", (command, done.stdout, done.stderr)
    plain = [command for command in commands if "NAMN" not in command]
    assert all(command in "".join(STEPS) for command in plain)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "figures.csv").write_bytes((folder / "figures.csv").read_bytes()[:-1]),
        lambda folder: (folder / "report" / "mer.html").write_text("mer"),
        lambda folder: (folder / "LÄS MIG.txt").unlink(),
        lambda folder: (folder / f"{SIGNATURE}bo").unlink(),
        lambda folder: shutil.copy(folder / f"{SIGNATURE}anna", folder / f"{SIGNATURE}bo"),
        lambda folder: (folder / "edition.json").write_text(
            (folder / "edition.json").read_text().replace("2023", "2022")
        ),
        lambda folder: (folder.parent / "signers").write_text(""),
    ],
)
def test_the_steps_find_what_was_changed(place: Path, change: object) -> None:
    change(place / "utgava")  # type: ignore[operator]
    assert _run("".join(STEPS), place).returncode != 0
