"""One dbt build of the small world for all tests of this folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.warehouse.dbt import dbt_environment
from tests.dbt.built import Build
from tests.dbt.make_fixture import write_files
from tests.dbt.small_world import EXTRACTS, PERIODS


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("dbt")
    write_files(folder, EXTRACTS, PERIODS)
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            "--no-use-colors",
            "build",
            "--target-path",
            str(folder / "target"),
            "--log-path",
            str(folder / "logs"),
        ],
        env=os.environ | dbt_environment(folder / "warehouse.duckdb", folder / "history.duckdb"),
        capture_output=True,
        text=True,
        check=False,
    )
    return Build(
        exit_code=done.returncode,
        output=done.stdout + done.stderr,
        warehouse=folder / "warehouse.duckdb",
        manifest_path=folder / "target" / "manifest.json",
    )
