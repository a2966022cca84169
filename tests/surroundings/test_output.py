"""Output is UTF-8 whatever the locale, and what cannot be written is one sentence and exit 1; a closed pipe is silence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import FOREIGN

pytestmark = pytest.mark.long

KAA = str(Path(sys.executable).with_name("kaa"))

COMMANDS = [
    ("--help",),
    ("--version",),
    ("dictionary",),
    ("dictionary", "--format", "csv"),
    ("dictionary", "--format", "json"),
]


def _shell(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; {script}', KAA, *arguments], env=os.environ | environment, capture_output=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_output_that_cannot_be_written_is_one_sentence(command: tuple[str, ...]) -> None:
    for where in (">/dev/full", ">&-"):
        done = _shell(f'"$0" "$@" {where}', *command)
        assert done.returncode == 1, where
        assert done.stderr.startswith(b"Standard output cannot be written (") and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_closed_pipe_is_silence(command: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run([KAA, *command], stdout=write, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


def test_what_is_said_to_nobody_changes_nothing() -> None:
    for where in ("2>/dev/full", "2>&-"):
        assert _shell(f'"$0" nightli {where}').returncode == 64


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_output_is_utf_8_whatever_the_locale(form: str) -> None:
    command = [KAA, "dictionary", "--format", form]
    plain = subprocess.run(command, capture_output=True, check=False)
    foreign = subprocess.run(command, env=os.environ | FOREIGN, capture_output=True, check=False)
    assert (foreign.returncode, foreign.stderr) == (0, b"")
    assert foreign.stdout == plain.stdout
    assert "förordning" in foreign.stdout.decode("utf-8")


def test_messages_and_settings_are_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    drop = tmp_path / "släpp – mapp"
    drop.mkdir()
    home = {"KAA_HOME": str(tmp_path / "hemmå")}
    done = subprocess.run(
        [KAA, "init", "--municipality", "stockholm", "--drop", str(drop)], env=os.environ | FOREIGN | home,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "hemmå" in done.stderr.decode("utf-8")
    assert str(drop) in (tmp_path / "hemmå" / "settings.toml").read_text(encoding="utf-8")
    again = _shell('"$0" deliveries --format json', **home)
    assert (again.returncode, again.stdout) == (0, b"[]\n")


def test_a_name_that_is_no_text_is_shown_by_its_bytes(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/n\xe4mnd"
    done = subprocess.run(
        [KAA.encode(), b"check-report", name], env=os.environ | FOREIGN | {"KAA_HOME": str(tmp_path / "home")},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 64 and b"Traceback" not in done.stderr
    assert "n\\udce4mnd" in done.stderr.decode("utf-8")
