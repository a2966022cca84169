"""An installation that belongs to root, with old file times, and a user whom the machine does not know."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.delivery import canaries
from tests.surroundings.test_os_errors import SOMEBODY, as_root

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("pipelines", "dashboards", "dbt_project", "data_contracts")

#: Gives the user a way to Python, which may be installed in root's own home, in a name space where nobody else sees it.
_REACH = """
set -e
place=$(mktemp -d)
mount --bind "$1" "$place" && mount -t tmpfs -o mode=755 tmpfs /root && mkdir -p "$1" && mount --bind "$place" "$1"
shift
exec setpriv --reuid 54321 --regid 54321 --clear-groups "$@"
"""


def _as_somebody(installed: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    python = str(Path(sys.base_prefix))
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); sys.argv[0] = 'kaa'; from pipelines.cli import main; main()"
    command = [sys.executable, "-B", "-P", "-c", code, *arguments]
    reach = ["unshare", "-m", "bash", "-c", _REACH, "reach", python] if python.startswith("/root") else [
        "setpriv", "--reuid", str(SOMEBODY), "--regid", str(SOMEBODY), "--clear-groups",
    ]  # fmt: skip
    environment = {"PATH": os.environ["PATH"], "KAA_HOME": str(home)}
    return subprocess.run([*reach, *command], cwd="/", env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest" in str(folder) and folder.owner() == "root":
            folder.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, SOMEBODY, SOMEBODY)
    (tmp_path / "drop").mkdir()
    canaries.write(tmp_path / "drop")
    installed = tmp_path / "installed"
    for part in PARTS:
        shutil.copytree(ROOT / part, installed / part, ignore=shutil.ignore_patterns("target", "__pycache__"))
    for path in (installed, *installed.rglob("*")):
        os.utime(path, (0, 0))
        path.chmod(0o555 if path.is_dir() else 0o444)
    return tmp_path


@as_root
@pytest.mark.slow
def test_a_user_without_home_or_name_runs_an_installation_of_root(place: Path) -> None:
    installed, home = place / "installed", place / "home"
    probe = _as_somebody(installed, home, "--version")
    if probe.returncode:
        pytest.skip(f"no other user can run Python here: {probe.stderr.strip()}")
    before = {path: path.stat().st_mtime for path in installed.rglob("*")}
    set_up = _as_somebody(installed, home, "init", "--municipality", "stockholm", "--drop", str(place / "drop"))
    assert set_up.returncode == 0, set_up.stderr
    night = _as_somebody(installed, home, "nightly")
    assert night.returncode == 2 and "Published version 1" in night.stderr, night.stderr
    report = _as_somebody(installed, home, "report", "--period", "verksamhetsar-2023", "--out", str(home / "report"))
    assert report.returncode == 0 and report.stderr.count("\n") == 1, report.stderr
    assert {path: path.stat().st_mtime for path in installed.rglob("*")} == before
    (home / "logs" / "dbt.log").unlink()
    (home / "logs" / "dbt.log").touch(mode=0o600)  # as root would leave it
    night = _as_somebody(installed, home, "nightly")
    assert night.returncode == 1 and night.stderr.startswith(f"{home / 'logs' / 'dbt.log'} belongs to root")
