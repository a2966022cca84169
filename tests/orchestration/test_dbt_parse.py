"""What dbt made of the project is used again every night and in every KAA_HOME: parsing it takes longer than building."""

import os
import shutil
import subprocess
from pathlib import Path

from pipelines.home import Version
from pipelines.warehouse import dbt


def _night(path: Path, number: int) -> tuple[Path, Path]:
    """A version before dbt runs: the folder that dbt runs in, and its target folder."""
    version = Version(path, number)
    for zone in ("history", "warehouse"):
        version.folder(zone).mkdir(parents=True)
    version.history.write_text(f"history {number}")
    folder, target = path / "dbt", version.folder("warehouse") / "dbt"
    dbt.link_to(version, folder)
    target.mkdir()
    return folder, target


def test_a_version_has_the_same_names_every_night(tmp_path: Path) -> None:
    environments = set()
    for number in (1, 2):
        folder, _ = _night(tmp_path, number)
        environment = dbt.dbt_environment()
        names = environment["KAA_WAREHOUSE_PATH"], environment["KAA_HISTORY_PATH"]
        (folder / names[0]).write_text("built")
        assert (folder / names[1]).read_text() == f"history {number}"
        assert Version(tmp_path, number).warehouse.read_text() == "built"
        environments.add(names)
    assert len(environments) == 1


def test_a_new_home_parses_nothing_that_has_been_parsed(tmp_path: Path) -> None:
    parse = dbt.manifest_path().with_name("partial_parse.msgpack")
    said = []
    for with_parse in (True, False):
        folder, target = _night(tmp_path / str(with_parse), 1)
        if with_parse:  # as dagster-dbt does before it starts dbt
            shutil.copy(parse, target)
        environment = {**os.environ, **dbt.nightly_environment(folder, target), "DBT_LOG_LEVEL_FILE": "debug"}
        subprocess.run([str(dbt.CHILD), "--quiet", "parse"], env=environment, check=True)
        assert (target / "manifest.json").is_file()
        said.append("Unable to do partial parsing" in (target / "dbt.log").read_text(encoding="utf-8"))
    assert said == [False, True]
