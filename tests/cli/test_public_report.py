"""`kaa report --public` where something small cannot be protected."""

import re
import shutil
from pathlib import Path

import pytest

from dashboards.disclosure import public
from tests.cli.conftest import Kaa, Published
from tests.dashboards import published_file


def test_nothing_is_made_or_told_when_something_small_cannot_be_protected(
    nightly: Published, kaa: Kaa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    shutil.copytree(nightly.home, home, ignore=lambda folder, _: ["public"] if folder == str(nightly.home) else [])
    monkeypatch.setenv("KAA_HOME", str(home))
    (published,) = (home / "published").glob("*/published.duckdb")
    published.unlink()
    published_file.stockholm(published)  # numbers of a whole city, small and large ones
    # As if no other number might be hidden: what is small is then what the others leave.
    monkeypatch.setattr(public._Attempt, "_cost", lambda attempt, variable: None)
    said = kaa("report", "--period", "verksamhetsar-2023", "--out", out, "--public")
    assert (said.exit_code, said.out) == (1, "")
    assert said.err.startswith("No public report is made: ") and said.err.count("\n") == 1
    assert re.search(r", first [a-z_]+, [a-z_]+, verksamhetsar-202[23], .+, through: .+; .+", said.err)
    assert said.err.endswith("Choose a longer period.\n")
    assert not out.exists() and not (home / "public").exists()
