"""The program as it is installed: the wheel holds what it needs, belongs to root with old file times, and is run by a user whom
the machine does not know, anywhere."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest

from tests.canaries import world
from tests.repository import ROOT, repository_files
from tests.surroundings.test_os_errors import SOMEBODY, as_root

PARTS = ("pipelines", "dashboards", "dbt_project", "data_contracts", "demo")

#: What dbt and Python write beside the program when somebody works on it.
_LEFT_BY_OTHERS = (
    "dbt_project/target/compiled/kaa/models/figures.sql", "dbt_project/logs/dbt.log", "dbt_project/dbt_packages/a/a.sql",
    "pipelines/__pycache__/cli.cpython-311.pyc", "data_contracts/plans/__pycache__/a.pyc",
)  # fmt: skip

#: Gives the user a way to Python, which may be installed in root's own home, in a name space where nobody else sees it.
_REACH = """
set -e
place=$(mktemp -d)
mount --bind "$1" "$place" && mount -t tmpfs -o mode=755 tmpfs /root && mkdir -p "$1" && mount --bind "$place" "$1"
shift
exec setpriv --reuid 54321 --regid 54321 --clear-groups "$@"
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from what the repository holds and what work on it leaves there."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    for path in repository_files():
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    for name in _LEFT_BY_OTHERS:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("left\n")
    _pip("wheel", "--no-build-isolation", "--wheel-dir", str(place), str(source))
    (built,) = place.glob("*.whl")
    return built


def _pip(do: str, *arguments: str, python: Path = Path(sys.executable)) -> None:
    """What pip does, for an interpreter, without a network."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "--isolated",
        "--quiet",
        do,
        "--no-index",
        "--no-deps",
    ]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_wheel_holds_what_the_repository_holds_of_the_program(wheel: Path) -> None:
    held = {path.relative_to(ROOT): path for path in repository_files() if not path.name.startswith(".")}
    wanted = {name.as_posix(): path.read_bytes() for name, path in held.items() if name.parts[0] in PARTS}
    with ZipFile(wheel) as content:
        found = {name: content.read(name) for name in content.namelist() if ".dist-info/" not in name}
    assert found.keys() == wanted.keys() and found == wanted and len(wanted) > 200


def test_the_wheel_asks_for_what_the_program_needs_and_carries_its_licence(wheel: Path) -> None:
    with ZipFile(wheel) as content:
        (folder,) = {name.split("/")[0] for name in content.namelist() if ".dist-info/" in name}
        metadata = content.read(f"{folder}/METADATA").decode()
        licence = content.read(f"{folder}/licenses/LICENSE").decode()
        commands = content.read(f"{folder}/entry_points.txt").decode()
    needed = (ROOT / "requirements.in").read_text(encoding="utf-8").split()
    for_spark = (ROOT / "requirements-spark.in").read_text(encoding="utf-8").split()
    asked = re.findall(r"^Requires-Dist: (.*)$", metadata, re.MULTILINE)
    assert asked == [*needed, *(f'{name}; extra == "spark"' for name in for_spark)] and "dbt-duckdb==1.11.1" in needed
    assert "License-Expression: EUPL-1.2\n" in metadata
    assert licence == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "kaa = pipelines.commands.cli:main" in commands


class Installation:
    """An installation that belongs to root, and a user with nothing but a home of the program and a drop folder."""

    def __init__(self, place: Path, wheel: Path) -> None:
        self.folder, self.home, self.drop, self.empty = (place / name for name in ("venv", "home", "drop", "empty"))
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(self.folder)], check=True)
        _pip("install", str(wheel), python=self.folder / "bin" / "python")
        libraries = self.folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        # The locked libraries; our own project is in there by an import hook only, which this does not call.
        (libraries / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
        for path in (self.folder, *self.folder.rglob("*")):
            if not path.is_symlink():
                os.utime(path, (0, 0))
                path.chmod(0o555 if path.is_dir() or path.parent.name == "bin" else 0o444)
        self.empty.mkdir()
        self.home.mkdir()
        os.chown(self.home, SOMEBODY, SOMEBODY)
        self.drop.mkdir()

    def state(self) -> dict[Path, float]:
        return {path: path.lstat().st_mtime for path in (self.folder, *self.folder.rglob("*"), self.empty)}

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the installation as the user, in an empty folder."""
        python = str(Path(sys.base_prefix))
        reach = ["unshare", "-m", "bash", "-c", _REACH, "reach", python] if python.startswith("/root") else [
            "setpriv", "--reuid", str(SOMEBODY), "--regid", str(SOMEBODY), "--clear-groups",
        ]  # fmt: skip
        environment = {"PATH": os.environ["PATH"], "KAA_HOME": str(self.home)}
        command = [*reach, str(self.folder / "bin" / program), *arguments]
        return subprocess.run(command, cwd=self.empty, env=environment, capture_output=True, text=True, check=False)

    def kaa(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("kaa", *arguments)


@pytest.fixture
def installation(wheel: Path) -> Iterator[Installation]:
    """Not below pytest's own folder: each pytest that starts closes that to other users."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Installation(Path(folder), wheel)


@pytest.fixture
def reachable(installation: Installation) -> Installation:
    """The installation, where another user can run Python at all: only this one is what it runs."""
    code = "import pipelines, dashboards; print(pipelines.__file__, dashboards.__file__)"
    probe = installation.run("python", "-P", "-c", code)
    if probe.returncode and "pipelines" not in probe.stderr:
        pytest.skip(f"no other user can run Python here: {probe.stderr.strip()}")
    assert probe.stdout.count(str(installation.folder)) == 2, probe
    return installation


@as_root
@pytest.mark.slow
def test_a_user_without_home_or_name_runs_an_installation_of_root(reachable: Installation) -> None:
    home = reachable.home
    world.write(reachable.drop)
    before = reachable.state()
    assert reachable.kaa("--version").stdout.startswith("kaa, version ")
    set_up = reachable.kaa("init", "--municipality", "stockholm", "--drop", str(reachable.drop))
    assert set_up.returncode == 0, set_up.stderr
    night = reachable.kaa("nightly")
    assert night.returncode == 2 and "Published version 1" in night.stderr, night.stderr
    report = reachable.kaa("report", "--period", "verksamhetsar-2023", "--out", str(home / "report"))
    assert report.returncode == 0 and report.stderr.count("\n") == 1, report.stderr
    assert reachable.state() == before
    (home / "logs" / "dbt.log").unlink()
    (home / "logs" / "dbt.log").touch(mode=0o600)  # as root would leave it
    night = reachable.kaa("nightly")
    assert night.returncode == 1 and night.stderr.startswith(f"{home / 'logs' / 'dbt.log'} belongs to root")


@as_root
@pytest.mark.slow
def test_the_demo_runs_from_an_installation_of_root(reachable: Installation) -> None:
    before = reachable.state()
    demo = reachable.kaa("demo")
    assert demo.returncode == 0 and ", 0 wrong." in demo.stderr, demo.stderr
    assert (reachable.home / "demo" / "report" / "index.html").is_file()
    assert reachable.state() == before
