"""`kaa freshness` and `kaa calendar`: what programs and people read of what is expected and missing."""

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.runtime import clock
from pipelines.state.home import Home, open_home
from tests.cli.conftest import Kaa, Published
from tests.repository import ROOT


@pytest.fixture
def in_service(published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The home as if an extract had come when it was new, on 30 November 2023."""
    place = tmp_path / "in_service"
    shutil.copytree(published.home, place, ignore=shutil.ignore_patterns("archive"))
    monkeypatch.setenv("KAA_HOME", str(place))
    home = open_home()
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.history)) as connection:
        connection.execute("insert into in_service values ('2023-11-30')")
    return home


def test_old_years_are_judged_by_their_latest_extract(published: Published, kaa: Kaa) -> None:
    said = kaa("freshness", "--format", "json")
    found = {one["source"]: one for one in json.loads(said.out)}
    assert said.exit_code == 0 and said.err == ""
    assert found["ber"] == {
        "source": "ber", "last_extract_date": "2023-11-30", "next_expected_date": "2023-12-01", "missing": 0,
        "missing_since": None, "state": "fresh", "judged_at": "2023-11-30T00:00:00+01:00",
    }  # fmt: skip
    assert found["flai"]["state"] == "not_expected" and found["flai"]["last_extract_date"] is None


def test_the_published_file_says_the_same_as_the_command(published: Published, kaa: Kaa) -> None:
    version = open_home().current()
    assert version is not None
    with duckdb.connect(str(version.published), read_only=True) as connection:
        kept = connection.execute("select * exclude (judged_at) from freshness order by rowid").fetchall()
    told = [
        tuple(one[name] for name in one if name != "judged_at")
        for one in json.loads(kaa("freshness", "--format", "json").out)
    ]
    assert [tuple(str(value) for value in row) for row in kept] == [tuple(str(value) for value in row) for row in told]


def test_a_silent_source_is_exit_2_and_a_sentence(in_service: Home, kaa: Kaa) -> None:
    def at(text: str) -> tuple[int, dict[str, str], str]:
        with clock.running(lambda: datetime.fromisoformat(text).replace(tzinfo=UTC)):
            said = kaa("freshness", "--format", "json")
        return said.exit_code, {one["source"]: one["state"] for one in json.loads(said.out)}, said.err

    code, states, told = at("2023-12-05 12:00")
    assert (code, states["ber"], told) == (0, "late", "")
    code, states, told = at("2023-12-06 03:00")
    assert (code, states["ber"], states["nyckeltal"]) == (2, "silent", "fresh")
    assert "(BER), KAA-modulen har inte levererat sedan 2023-11-30. Väntade uttag som saknas: 3;" in told


def test_before_the_first_nightly_there_is_nothing_to_judge(set_up: Path, kaa: Kaa) -> None:
    said = kaa("freshness")
    assert said.exit_code == 64 and "run kaa nightly first" in said.err


def test_the_calendar_needs_no_home(home: Path, kaa: Kaa) -> None:
    said = kaa("calendar", "--year", "2028", "--municipality", "nacka", "--format", "json")
    found = {one["date"]: one for one in json.loads(said.out)}
    assert found["2028-06-23"]["name"] == "Midsommarafton"
    assert found["2028-06-01"]["event"] == "closes" and found["2028-09-16"]["event"] == "opens"
    assert kaa("calendar", "--year", "2028").exit_code == 64
    nation = kaa("calendar", "--year", "2028", "--municipality", "riket")
    assert (nation.exit_code, nation.out) == (64, "") and "takes in no deliveries" in nation.err


def test_the_year_in_the_documentation_is_the_programs(kaa: Kaa) -> None:
    text = (ROOT / "docs" / "kalender.md").read_text(encoding="utf-8")
    (printed,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    assert kaa("calendar", "--year", "2027", "--municipality", "stockholm", "--format", "csv").out == printed
