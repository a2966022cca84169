"""Nothing of the caller's environment reaches the program and its own processes but what is named.

That a nightly gives its figures whatever is set is shown by tests/cli, whose nightly runs in foreign surroundings.
"""

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.commands.cli import kaa
from pipelines.runtime import surroundings, worker_process
from tests.cli.conftest import FOREIGN

ROOT = Path(__file__).resolve().parents[2]

_ITSELF = """
import sys
from pipelines.runtime import surroundings
surroundings.begin()
import json, os, time
print(json.dumps([dict(os.environ), sys.flags.optimize, sys.flags.utf8_mode, sys.warnoptions, sys.getfilesystemencoding(),
                  time.tzname[0], "/nowhere" in sys.path]))
"""

_DAGSTER = """
import os, sys
from pipelines.runtime import surroundings
seen = []
before = surroundings.leave_behind
def leave_behind(**named):
    seen.append({name for name in ("polars", "duckdb", "dagster") if name in sys.modules})
    before(**named)
surroundings.leave_behind = leave_behind
from pipelines.orchestration import code_location
print(sorted(name for name in os.environ if name.startswith(("DBT_", "POLARS_", "DAGSTER_"))), seen, len(code_location.defs.jobs))
"""


def _in(environment: dict[str, str], code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _hostile(path: Path) -> dict[str, str]:
    return os.environ | FOREIGN | {"KAA_HOME": str(path), "SOMETHING": "new"}


def test_the_program_begins_anew_without_what_python_itself_obeys(tmp_path: Path) -> None:
    environment, optimize, utf8, warnings, file_names, zone, found = json.loads(_in(_hostile(tmp_path), _ITSELF))
    assert environment.keys() <= surroundings.MACHINE | surroundings.PERSON | surroundings.SET.keys()
    assert (optimize, utf8, warnings, file_names, zone, found) == (0, 1, [], "utf-8", "UTC", False)
    assert environment["KAA_HOME"] == str(tmp_path) and environment["PATH"] == os.environ["PATH"]


def test_dagster_keeps_its_own_variables_and_nothing_else(tmp_path: Path) -> None:
    hostile = {name: value for name, value in _hostile(tmp_path).items() if not name.startswith("PYTHON")}
    told = _in(hostile | {"DAGSTER_HOME": str(tmp_path)}, _DAGSTER)
    assert told == "['DAGSTER_HOME'] [set()] 1\n"


def test_an_own_process_gets_what_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _hostile(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(worker_process.sys, "executable", "/usr/bin/env")  # tells what it was given instead of loading
    monkeypatch.setattr(subprocess.Popen, "__init__", _telling(subprocess.Popen.__init__))
    process = worker_process.worker("pipelines.quality")
    told = dict(line.split("=", 1) for line in process.communicate()[0].decode().splitlines() if "=" in line)
    allowed = surroundings.MACHINE | surroundings.SET.keys() | {"HOME", "LOGNAME", "KAA_HOME", "PYTHONUNBUFFERED"}
    assert told.keys() <= allowed
    assert told["HOME"].startswith(str(tmp_path)) and told["TZ"] == "UTC"


def _telling(start):  # type: ignore[no-untyped-def]
    def started(self, command, **named):  # type: ignore[no-untyped-def]
        start(self, command[:1], **named)

    return started


def test_no_option_of_dbt_can_come_in() -> None:
    """Those of this version; those of the next are not named either."""
    options = set(re.findall(r"DBT_[A-Z_]+", files("dbt.cli").joinpath("params.py").read_text(encoding="utf-8")))
    assert "DBT_EMPTY" in options and len(options) > 40
    assert not surroundings.named(dict.fromkeys(options, "1")).keys() & options


def test_a_user_without_a_home_folder_is_told_about_a_path_that_needs_one(tmp_path: Path) -> None:
    code = "from pipelines.runtime.surroundings import home_path\nhome_path()"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"KAA_HOME": "~nobody-here/kaa"}, cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "UsageError: KAA_HOME ~nobody-here/kaa cannot be found" in done.stderr


def test_a_path_in_which_databases_cannot_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows a question mark is to DuckDB no part of a file's name: it would write into another folder."""
    monkeypatch.setenv("KAA_HOME", str(tmp_path / "hem?" / "kaa"))
    done = CliRunner().invoke(kaa, ["init", "--municipality", "stockholm", "--drop", str(tmp_path)])
    assert str(done.exception) == (
        f"KAA_HOME {tmp_path}/hem?/kaa has a question mark in its path, which its databases cannot have: give another folder."
    )
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    code = "import os, sys; os.rmdir(sys.argv[1]); from pipelines.commands.cli import main; main(['deliveries'])"
    environment = {name: value for name, value in os.environ.items() if name != "KAA_HOME"}
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(tmp_path / "gone")], cwd=tmp_path / "gone", env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        64,
        "The folder in which this was started is gone: change to another one.\n",
    )


_WITHOUT_SPARED = """
from pipelines.runtime import surroundings
surroundings.spare_libraries()
import importlib.metadata, importlib.util, sys
import duckdb, polars
import pyarrow as pa, pyarrow.compute as pc
assert pa.array(["a"]).to_pylist() == ["a"] and pc.equal(pa.array([1, 3]), 3).to_pylist() == [False, True]
with duckdb.connect() as connection:
    connection.register("frame", polars.DataFrame({"a": [1]}))
    assert connection.execute("from frame where a = ?", [1]).pl()["a"].to_list() == [1]
import dagster_dbt
for name, distribution in (("pandas", "pandas"), ("dbt", "dbt-core")):
    assert importlib.util.find_spec(name) is None and importlib.metadata.version(distribution)
print(sorted({"pandas", "numpy", "dbt", "dagster_dbt"} & sys.modules.keys()))
"""


def test_a_process_without_pandas_and_dbt_reads_as_one_with_them() -> None:
    """The first conversion of a value is the one that would fail."""
    done = subprocess.run([sys.executable, "-c", _WITHOUT_SPARED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "['dagster_dbt', 'numpy']\n", "")
