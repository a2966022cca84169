"""``kaa figures --lake``: what it prints, what it needs, and what it says when something is wrong. DuckDB counts; Spark's rows
are looked at in ``test_spark_engine``."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.lake import spark_installed
from pipelines.runtime.errors import UsageError
from tests.lake.lakes import world_lake

pytestmark = pytest.mark.long

#: A python that calls the program's command, with modules that are not to be found.
_HIDDEN = """
import sys
from importlib.machinery import PathFinder
class Hides(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.split(".")[0] in HIDDEN else super().find_spec(name, path, target)
sys.meta_path[:] = [Hides if finder is PathFinder else finder for finder in sys.meta_path]
from pipelines.commands.cli import main
main(sys.argv[1:])
"""


def _kaa(*arguments: str, cwd: Path, hidden: str = "()", path: str | None = None) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name not in ("KAA_HOME", "JAVA_HOME")}
    environment |= {"PYTHONPATH": str(Path(__file__).parent.parent.parent)} | (
        {"PATH": path} if path is not None else {}
    )
    return subprocess.run(
        [sys.executable, "-c", _HIDDEN.replace("HIDDEN", hidden), "figures", *arguments],
        cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_a_lake_is_counted_without_a_home_and_nothing_is_left(tmp_path: Path) -> None:
    world, pipeline, lake = world_lake(0, tmp_path)
    place = tmp_path / "empty"
    place.mkdir()
    period = world.periods[0]
    done = _kaa("--lake", str(lake), "--period", period, "--format", "json", cwd=place, hidden="('pyspark',)")
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout, parse_int=Decimal, parse_float=Decimal)
    assert {tuple(row.values())[:-1]: row["value"] for row in rows} == pipeline.figures(period, None)
    assert [tuple(row.values())[:-1] for row in rows] == sorted(tuple(row.values())[:-1] for row in rows)
    assert not list(place.iterdir())

    figure = rows[0]["figure"]
    done = _kaa("--lake", str(lake), "--period", period, "--figure", figure, cwd=place)
    header, *lines = done.stdout.splitlines()
    assert header == "figure,measure,period,gender,district,job_centre,category,subcategory,value"
    assert len(lines) == sum(row["figure"] == figure for row in rows)

    (file, *_) = lake.rglob("*.parquet")
    file.write_bytes(file.read_bytes() + b" ")
    done = _kaa("--lake", str(lake), "--period", period, cwd=place)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{file} is not what was exported: ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--period", "manad-2023-05", "--engine", "spark"], "give its folder with --lake"),
        (["--period", "manad-2023-05", "--master", "local"], "give its folder with --lake"),
        (["--period", "manad-2023-05", "--municipality", "nacka"], "give its folder with --lake"),
        (["--period", "manad-2023-05", "--lake", "there", "--master", "local"], "give it with --engine spark"),
        (["--period", "manad-2023-05", "--lake", "there", "--engine", "polars"], "is not one of 'duckdb', 'spark'"),
        (["--period", "manad-2023-05", "--lake", "there"], "There is no lake there: "),
    ],
)  # fmt: skip
def test_wrong_usage_is_told_in_a_sentence(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    done = _kaa(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (64, "")
    assert sentence in done.stderr and done.stderr.count("\n") == 1


def test_a_question_of_a_lake_is_looked_at_before_anything_is_counted(tmp_path: Path) -> None:
    _, _, lake = world_lake(1, tmp_path)
    for question, sentence in (
        (["--period", "manad-2023-13"], "There is no period 'manad-2023-13': "),
        (["--period", "manad-2023-05", "--figure", "nothing"], "There is no figure 'nothing': "),
        (["--period", "manad-2023-05", "--as-known", "yesterday"], "yesterday"),
        (["--period", "manad-2023-05", "--municipality", "nowhere"], "nowhere"),
    ):
        done = _kaa("--lake", str(lake), *question, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (64, "")
        assert sentence in done.stderr


@pytest.mark.parametrize("hidden", ["('pyspark',)", "('sqlglot',)"])
def test_without_spark_it_is_said_what_to_install(hidden: str, tmp_path: Path) -> None:
    done = _kaa("--lake", "there", "--engine", "spark", "--period", "manad-2023-05", cwd=tmp_path, hidden=hidden)
    assert (done.returncode, done.stdout) == (64, "")
    assert "PySpark 4.1" in done.stderr and "kaa-warehouse[spark]" in done.stderr and "Java 17" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("says", "sentence"), [(None, "there is no java on the PATH"), ("11.0.2", "java is version 11"),
                                                ("1.8.0_392", "java is version 8"), ("17.0.1", None), ("21", None)])  # fmt: skip
def test_java_is_looked_for(
    says: str | None, sentence: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if says:
        java = tmp_path / "java"
        java.write_text(f"#!/bin/sh\necho 'openjdk version \"{says}\" 2025-01-01' >&2\n")
        java.chmod(0o755)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}")
    monkeypatch.setattr(spark_installed, "find_spec", lambda name: object())
    monkeypatch.setattr(spark_installed, "version", lambda name: "4.1.4")
    if sentence is None:
        spark_installed.refuse_without_spark()
        return
    with pytest.raises(UsageError, match=sentence):
        spark_installed.refuse_without_spark()


def test_another_pyspark_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_installed, "find_spec", lambda name: object())
    monkeypatch.setattr(spark_installed, "version", lambda name: "3.5.4")
    with pytest.raises(UsageError, match=r"3\.5\.4 is installed"):
        spark_installed.refuse_without_spark()


def test_nothing_of_spark_is_loaded_by_other_commands(tmp_path: Path) -> None:
    code = (
        "import sys; from pipelines.commands import cli, lake_figures; "
        "print(sorted({'pyspark', 'py4j', 'sqlglot'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"
