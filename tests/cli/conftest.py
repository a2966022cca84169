"""Runs `kaa` as its users do, and one real nightly for all tests of this folder.

The real nightly (Dagster and dbt) takes half a minute, so there is one, with a small drop folder that holds deliveries of
every status; with several test processes the first one runs it and the others wait.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.commands.cli import main
from tests.canaries import world
from tests.cli.no_network import why_not, without_network


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    exit_code: int
    out: str
    err: str


Kaa = Callable[..., Said]

#: What somebody set for other programs, or in another project: each of them once changed or stopped a nightly, or would.
FOREIGN = {
    "DBT_EMPTY": "1", "DBT_TARGET": "another", "DBT_PROFILE": "another", "DBT_PROJECT_DIR": "/nowhere", "DBT_FAIL_FAST": "1",
    "DBT_EVENT_TIME_START": "2023-11-01", "DBT_SAMPLE": "1 day", "DBT_EXCLUDE_RESOURCE_TYPES": "model", "DBT_STATE": "/nowhere",
    "KAA_WAREHOUSE_PATH": "/nowhere", "KAA_HISTORY_PATH": "/nowhere", "DAGSTER_HOME": "/nowhere",
    "POLARS_MAX_THREADS": "many", "POLARS_ENGINE_AFFINITY": "another", "GX_HOME": "/nowhere", "MPLCONFIGDIR": "/nowhere",
    "PYTHONPATH": "/nowhere", "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0",
    "PYTHONOPTIMIZE": "2", "LC_ALL": "sv_SE.ISO-8859-1", "LANG": "POSIX", "TZ": "Pacific/Kiritimati", "HOME": "/nowhere",
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a KAA_HOME that is not set up."""
    path = tmp_path / "home"
    monkeypatch.setenv("KAA_HOME", str(path))
    return path


@pytest.fixture
def kaa(capsys: pytest.CaptureFixture[str]) -> Kaa:
    """Runs a command in this process; anything but an orderly exit fails the test with its traceback."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def set_up(home: Path, kaa: Kaa, tmp_path: Path) -> Path:
    """A KAA_HOME after `kaa init`, before the first nightly."""
    (tmp_path / "drop").mkdir()
    assert kaa("init", "--municipality", "stockholm", "--drop", tmp_path / "drop").exit_code == 0
    return home


@dataclass(frozen=True)
class Published:
    """A KAA_HOME after its first nightly, what that said, and the numbers that its deliveries held."""

    home: Path
    nightly: Said
    told: world.Canaries
    #: What they tried of the network, where that can be counted.
    counts: Path


@pytest.fixture(scope="session")
def nightly(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent
    folder = folder / "nightly"
    folder.mkdir(exist_ok=True)
    said = [folder / name for name in ("exit_code", "out", "err")]
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said[0].exists():
            (folder / "drop").mkdir()
            world.write(folder / "drop")
            _run(folder, "init", "--municipality", "stockholm", "--drop", str(folder / "drop"))
            done = _run(folder, "nightly")
            for path, text in zip(reversed(said), (done.stderr, done.stdout, str(done.returncode)), strict=True):
                path.write_text(text)
    # The numbers are the same whenever and wherever they are written.
    told = world.write(tmp_path_factory.mktemp("again"))
    exit_code, out, err = (path.read_text() for path in said)
    return Published(folder / "home", Said(int(exit_code), out, err), told, folder / "counts")


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("kaa")), *arguments]
    return subprocess.run(
        command if why_not() else without_network(folder / "counts", *command),
        env=os.environ | FOREIGN | {"KAA_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def published(nightly: Published, monkeypatch: pytest.MonkeyPatch) -> Published:
    """The home after its first nightly, as the commands' KAA_HOME; tests only read it."""
    monkeypatch.setenv("KAA_HOME", str(nightly.home))
    return nightly
