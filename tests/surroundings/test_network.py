"""No command makes a connection, and no library tells its makers anything: all runs without a network, and tries for none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.runtime import surroundings
from tests.cli.conftest import Published
from tests.cli.no_network import tries, why_not, without_network

KAA = str(Path(sys.executable).with_name("kaa"))
PERIOD = "verksamhetsar-2023"

cut_off = pytest.mark.skipif(bool(why_not()), reason=f"no network name space here: {why_not()}")

_CONNECTS = """
import socket
with socket.socket() as tcp:
    tcp.settimeout(0.2)
    try:
        tcp.connect(("203.0.113.1", 443))
    except OSError:
        pass
"""
_ASKS_FOR_A_NAME = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    udp.sendto(b"x", ("203.0.113.1", 53))
"""


@cut_off
@pytest.mark.parametrize("code", [_CONNECTS, _ASKS_FOR_A_NAME])
def test_a_try_is_counted(tmp_path: Path, code: str) -> None:
    subprocess.run(without_network(tmp_path / "counts", sys.executable, "-c", code), check=True)
    assert tries(tmp_path / "counts") >= 1


@cut_off
def test_a_nightly_tries_for_no_network(nightly: Published) -> None:
    assert nightly.counts.exists() and tries(nightly.counts) == 0


@cut_off
def test_no_command_tries_for_the_network(nightly: Published, tmp_path: Path) -> None:
    printed = sorted((Path(__file__).parents[2] / "demo" / "golden").glob("arsrapport_2023*.csv"))
    for command in (
        ["report", "--period", PERIOD, "--out", str(tmp_path / "report")],
        ["figures", "--period", PERIOD, "--as-known", "2023-11-30"],
        ["check-report", *map(str, printed)],
        ["deliveries"],
    ):
        done = subprocess.run(
            without_network(tmp_path / "counts", KAA, *command), env=os.environ | {"KAA_HOME": str(nightly.home)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode in (0, 2), done.stderr
    assert tries(tmp_path / "counts") == 0


@cut_off
@pytest.mark.slow
def test_the_demo_runs_without_a_network(tmp_path: Path) -> None:
    done = subprocess.run(
        without_network(tmp_path / "counts", KAA, "demo"), env=os.environ | {"KAA_HOME": str(tmp_path / "home")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and ", 0 wrong." in done.stderr, done.stderr
    assert tries(tmp_path / "counts") == 0


def test_libraries_are_asked_to_tell_their_makers_nothing() -> None:
    """Dagster is told so in its own settings (tests/orchestration)."""
    assert surroundings.named({})["DO_NOT_TRACK"] == surroundings.for_own_process()["DO_NOT_TRACK"] == "1"
