"""A home with an internal and a public edition, both exported: made once, copied by each test that changes something."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import Said, kaa
from tests.state.conftest import lived, plain_restore

__all__ = ["kaa", "lived", "plain_restore"]

PERIOD = "verksamhetsar-2023"
INTERNAL, PUBLIC = f"{PERIOD}.1", f"{PERIOD}.2"
BECAUSE = "Julen ligger emellan"


@dataclass(frozen=True)
class Made:
    """``home``: with both editions approved, by anna and bo. ``keys``: private keys by name, and those that end in .pub."""

    home: Path
    keys: Path
    internal: Path
    public: Path

    @property
    def signers(self) -> Path:
        return self.home / "signers"


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of three persons."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("anna", "bo", "cilla"):
        new_key(folder / name)
    return folder


@pytest.fixture(scope="session")
def made(lived: Path, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    place = tmp_path_factory.mktemp("editions")
    copied = copy_of_home(lived / "home", place / "home")
    for name in ("anna", "bo"):
        done(copied, "signer", "add", name, "--public-key", keys / f"{name}.pub")
    for edition_id, proposer, approver, more in ((INTERNAL, "anna", "bo", []), (PUBLIC, "bo", "anna", ["--public"])):
        said = run(copied, *proposed(keys / proposer, *more))
        accepted = [word for check in open_checks(said) for word in ("--accept", check, "--because", BECAUSE)]
        assert done(copied, *proposed(keys / proposer, *more, *accepted)).out == f"{edition_id}\n"
        done(copied, "edition", "approve", edition_id, "--key", keys / approver)
        done(copied, "edition", "export", edition_id, "--out", place / more[0][2:] if more else place / "internal")
    return Made(copied, keys, place / "internal", place / "public")


@pytest.fixture
def ready(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A copy to change; the commands' KAA_HOME."""
    copied = copy_of_home(made.home, tmp_path / "copied")
    shutil.copytree(made.internal, tmp_path / "internal")
    monkeypatch.setenv("KAA_HOME", str(copied))
    return Made(copied, made.keys, tmp_path / "internal", made.public)


def new_key(path: Path, passphrase: str = "", kind: str = "ed25519") -> None:
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", path.name, "-f", str(path)]
    subprocess.run(command, check=True)


def copy_of_home(home: Path, copy: Path) -> Path:
    shutil.copytree(home, copy, symlinks=True)
    return copy


def proposed(key: Path, *more: object) -> tuple[object, ...]:
    return ("edition", "propose", "--period", PERIOD, "--label", "Årsrapport 2023", "--key", key, *more)


def open_checks(said: Said) -> list[str]:
    """The checks that a proposal was refused for: nothing else is said."""
    assert (said.exit_code, said.out) == (64, "")
    lines = [line.split("\t") for line in said.err.splitlines()]
    assert lines and all(len(line) == 2 and all(line) for line in lines), said.err
    return [check for check, _ in lines]


def run(home: Path, *arguments: object) -> Said:
    """A command in a process of its own, for fixtures that serve a whole session."""
    command = [str(Path(sys.executable).with_name("kaa")), *map(str, arguments)]
    ended = subprocess.run(
        command, env=os.environ | {"KAA_HOME": str(home)}, capture_output=True, text=True, check=False
    )
    return Said(ended.returncode, ended.stdout, ended.stderr)


def done(home: Path, *arguments: object) -> Said:
    said = run(home, *arguments)
    assert said.exit_code == 0, said.err
    return said
