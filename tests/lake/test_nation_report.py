"""`kaa lake report`: the figures of a lake of several homes, as a page that the public may have; and what is refused."""

import fcntl
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.commands.nation_report import day_of_the_target_group, fingerprint, read_extracts, write_nation_report
from pipelines.lake.ask import ask_lake
from pipelines.lake.engine import duckdb_engine
from pipelines.lake.layout import read_lake
from pipelines.publication.public_outputs import read_outputs
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period
from tests.cli.conftest import Kaa, kaa
from tests.dashboards.html_page import Page
from tests.lake.merging import RIKET, country

pytestmark = pytest.mark.long

__all__ = ["kaa"]

CODES = ("0331", "0182", "1480")
NAMES = {"0331": "Heby", "0182": "Nacka", "1480": "Göteborg"}


@dataclass
class Country:
    """A lake of three homes, the models, and a period that its extracts touch."""

    lake: Path
    models: Any
    period: str

    def report(self, out: Path, period: str | None = None) -> list[str]:
        handed = write_nation_report(self.lake, period or self.period, out)
        return sorted(path.relative_to(out).as_posix() for path in handed.written)

    def figures(self, period: str) -> dict[tuple[str, ...], int]:
        with duckdb_engine(self.lake) as engine:
            rows = ask_lake(engine, read_lake(self.lake), self.models, RIKET, parse_period(period, RIKET), EVERYTHING)
        return {(row[0], row[1], row[3], row[4], row[5], row[6], row[7]): int(row[8]) for row in rows}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Country:
    place = tmp_path_factory.mktemp("country")
    _, homes = country(3, CODES, place)
    return Country(place / "lake", homes[0].pipeline.models(), "kalenderar-2025")


@pytest.fixture(autouse=True)
def compiled(made: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    """The models as the tests have compiled them already: it takes dbt some seconds."""
    monkeypatch.setattr("pipelines.warehouse.dbt.compile_project", lambda: made.models)


@pytest.fixture
def three(made: Country, tmp_path: Path) -> Country:
    """A copy, for what is remembered in a lake."""
    shutil.copytree(made.lake, tmp_path / "lake", ignore=shutil.ignore_patterns("public"))
    return replace(made, lake=tmp_path / "lake")


def _value(text: str) -> int | None:
    return None if text == ".." else 0 if text == "–" else int(text.replace("\u00a0", ""))


def test_the_page_has_the_lake_s_figures_by_municipality_and_county(three: Country, tmp_path: Path) -> None:
    written = three.report(tmp_path / "out")
    assert {"index.html", "definitioner.html", "cells.csv", "tabeller/kommunerna.csv"} <= set(written)
    page = Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    (day,) = set(re.findall(r"--period (dag-[0-9-]+)", (tmp_path / "out" / "index.html").read_text(encoding="utf-8")))
    figures, of_day = three.figures(three.period), three.figures(day)
    rows = [("Riket", "*", "*")] + [(NAMES[code], code, "*") for code in CODES]
    shown = 0
    for name, district, county in rows:
        row = page.table("kommunerna").row(name)
        where = ("*", district, county)
        expected = {
            0: figures.get(("outreach", "sought", *where, "*", "*"), 0),
            1: figures.get(("outreach", "reached", *where, "*", "*"), 0),
            3: figures.get(("participants", "ended", *where, "*", "*"), 0),
            4: figures.get(("exits", "ended", *where, "STUDIER", "*"), 0),
            6: of_day.get(("target_group", "eligible", *where, "*", "*"), 0),
            7: of_day.get(("target_group", "eligible", *where, "*", "*"), 0)
            - of_day.get(("target_group", "eligible_not_in_register", *where, "*", "*"), 0),
        }
        for place, value in expected.items():
            found = _value(row[place])
            assert found in (None, value), (name, place)
            shown += found is not None
            assert found is None or found == 0 or found >= 5 or place == 7, (name, place)
    assert shown > 5
    assert "3 av landets 290 kommuner är med." in page.text


def test_the_same_lake_makes_the_same_report_and_it_is_remembered_once(three: Country, tmp_path: Path) -> None:
    first = three.report(tmp_path / "one")
    second = three.report(tmp_path / "two")
    assert first == second
    for name in [name for name in first if not name.endswith(".px")]:  # which say when they were made
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    (told,) = read_outputs(three.lake)
    assert told.entries
    assert (three.lake / "public").stat().st_mode & 0o777 == 0o700


def test_a_number_that_an_earlier_report_hid_is_not_given_away_by_a_later_one(three: Country, tmp_path: Path) -> None:
    """All that happened in the year happened in its second half, but for a few rows: who has the half has the year."""
    half = "halvar2-2025"
    three.report(tmp_path / "year")
    three.report(tmp_path / "half", half)
    of_half = three.figures(half)
    same = {key for key, value in three.figures(three.period).items() if of_half.get(key) == value}
    hidden = {key for key, value in _told(tmp_path / "year", three.period).items() if value == ".."}
    assert hidden & same
    assert all(_told(tmp_path / "half", half)[key] == ".." for key in hidden & same)


def _told(out: Path, period: str) -> dict[tuple[str, ...], str]:
    """The numbers of a period that a report tells."""
    lines = [line.split(",") for line in (out / "cells.csv").read_text(encoding="utf-8").splitlines()]
    return {(*line[:2], *line[3:8]): line[8] for line in lines if line[2] == period}


def test_the_fingerprint_is_of_the_files_and_of_nothing_else(three: Country) -> None:
    lake = read_lake(three.lake)
    parts = list(lake.parts.values())
    assert len({fingerprint(part) for part in parts}) == 3
    again = replace(parts[0], version=parts[0].version + 1, exported_on=date(2026, 5, 5))
    assert fingerprint(again) == fingerprint(parts[0])
    name, table = next((name, table) for name, table in parts[0].tables.items() if table.files)
    file = replace(table.files[0], sha256="0" * 64)
    other = replace(parts[0], tables={**parts[0].tables, name: replace(table, files=(file,))})
    assert fingerprint(other) != fingerprint(parts[0])


def test_the_day_is_the_period_s_last_or_that_of_the_latest_extract_before_it(three: Country) -> None:
    extracts = read_extracts(read_lake(three.lake))
    registers = [each.day for each in extracts if each.source in ("ber", "folkbokforing")]
    year = day_of_the_target_group(parse_period(three.period, RIKET), extracts)
    assert year.starts_on == max(registers)
    within = parse_period("manad-2025-08", RIKET)
    assert day_of_the_target_group(within, extracts).starts_on == date(2025, 8, 31) < max(registers)


# -- what is refused -----------------------------------------------------------------------------------------------------


def _no_folder(three: Country, tmp_path: Path) -> dict[str, Any]:
    return {"lake": tmp_path / "nowhere"}


def _no_lake(three: Country, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "empty").mkdir()
    return {"lake": tmp_path / "empty"}


def _no_period(three: Country, tmp_path: Path) -> dict[str, Any]:
    return {"period": "kvartal-2025"}


def _a_day(three: Country, tmp_path: Path) -> dict[str, Any]:
    return {"period": "dag-2025-09-01"}


def _not_known(three: Country, tmp_path: Path) -> dict[str, Any]:
    return {"period": "kalenderar-2019"}


def _no_nation(three: Country, tmp_path: Path) -> dict[str, Any]:
    return {"municipality": "nacka"}


def _in_the_lake(three: Country, tmp_path: Path) -> dict[str, Any]:
    return {"out": three.lake / "out"}


def _a_file(three: Country, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "file").write_text("")
    return {"out": tmp_path / "file"}


def _a_master(three: Country, tmp_path: Path) -> dict[str, Any]:
    return {"master": "local[2]"}


def _no_engine(three: Country, tmp_path: Path) -> dict[str, Any]:
    return {"engine": "sail"}


REFUSED: list[tuple[Callable[[Country, Path], dict[str, Any]], str]] = [
    (_no_folder, "There is no lake "),
    (_no_lake, " holds no lake: give the folder that kaa lake export has written."),
    (_no_period, "There is no period 'kvartal-2025': give an id like "),
    (_a_day, "is a single day: give an id like kalenderar-2025."),
    (_not_known, "The lake knows nothing of kalenderar-2019: its extracts of ber and folkbokforing are from 2025-"),
    (_no_nation, "Nacka kommun is one: give a profile whose districts are municipalities with --municipality."),
    (_in_the_lake, " lies in the lake: choose another folder with --out."),
    (_a_file, " is a file: choose a folder with --out."),
    (_a_master, "--master says where Spark runs: give it with --engine spark."),
    (_no_engine, "'sail' is not one of 'duckdb', 'spark'."),
]


@pytest.mark.parametrize(("change", "sentence"), REFUSED, ids=lambda case: getattr(case, "__name__", ""))
def test_what_cannot_be_made_is_refused_in_one_sentence(
    change: Callable[[Country, Path], dict[str, Any]], sentence: str, three: Country, tmp_path: Path, kaa: Kaa
) -> None:
    options = {"lake": three.lake, "period": three.period, "out": tmp_path / "out"} | change(three, tmp_path)
    said = kaa("lake", "report", *(part for name, value in options.items() for part in (f"--{name}", value)))
    assert said.exit_code == 64 and said.out == ""
    assert sentence in said.err and len(said.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists() and not (three.lake / "public").exists()


def test_the_command_needs_no_home(three: Country, tmp_path: Path, kaa: Kaa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAA_HOME", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    said = kaa("lake", "report", "--lake", three.lake, "--period", three.period, "--out", tmp_path / "out")
    assert said.exit_code == 0 and f"open {tmp_path / 'out' / 'index.html'} in a browser." in said.err
    assert list((tmp_path / "here").iterdir()) == []


def test_a_changed_file_of_the_lake_is_named_and_nothing_is_made(three: Country, tmp_path: Path) -> None:
    part = read_lake(three.lake).parts["0182"]
    path = next(path for name in part.tables for path in part.paths(name))
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(
        NightlyFailed, match=rf"{re.escape(str(path))} is not what was exported: fetch the part of .* again\."
    ):
        three.report(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_reports_of_one_lake_are_not_made_at_once(three: Country, tmp_path: Path) -> None:
    (three.lake / "public").mkdir()
    with (three.lake / "public" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match=r"Another report is being made of .*: wait until it is done\."):
            three.report(tmp_path / "out")
    assert three.report(tmp_path / "out")


def test_a_lake_that_cannot_remember_is_told(three: Country, tmp_path: Path) -> None:
    (three.lake / "public").write_text("")
    with pytest.raises(UsageError, match=r"What a report tells is remembered in .*public, which cannot be written\."):
        three.report(tmp_path / "out")


def test_a_part_of_a_municipality_that_the_profile_does_not_know_is_refused(three: Country, tmp_path: Path) -> None:
    folder = three.lake / "municipality=0182"
    manifest = (folder / "manifest.json").read_text(encoding="utf-8").replace('"code": "0182"', '"code": "9999"', 1)
    (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    folder.rename(three.lake / "municipality=9999")
    with pytest.raises(UsageError, match="9999"):
        three.report(tmp_path / "out")


# -- the profile's decision ----------------------------------------------------------------------------------------------


def _decided(decision: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    profile = type(RIKET).model_validate(RIKET.model_dump(mode="json") | {"disclosure": [decision]})
    monkeypatch.setattr("pipelines.configuration.municipality.load_municipality", lambda name: profile)


def test_what_the_profile_decides_on_small_numbers_holds(
    three: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three.report(tmp_path / "five")
    shutil.rmtree(three.lake / "public")
    _decided({"method": "cell_suppression", "smallest": 2, "decided": "2025-01-01", "by": "somebody"}, monkeypatch)
    three.report(tmp_path / "two")
    counted = [(tmp_path / name / "cells.csv").read_text(encoding="utf-8").count(",..") for name in ("five", "two")]
    assert counted[1] < counted[0]


def test_numbers_that_are_changed_by_their_keys_add_up_to_the_figures_within_the_choice(
    three: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _decided({"method": "cell_key", "D": 3, "V": 2, "js": 2, "decided": "2025-01-01", "by": "somebody"}, monkeypatch)
    three.report(tmp_path / "out")
    figures = three.figures(three.period)
    changed = 0
    for line in (tmp_path / "out" / "cells.csv").read_text(encoding="utf-8").splitlines()[1:]:
        figure, measure, period, *where, value = line.split(",")
        if period == three.period:
            own = figures.get((figure, measure, *where), 0)
            assert abs(int(value) - own) <= 3 and int(value) not in (1, 2) and (own or value == "0")
            changed += int(value) != own
    assert changed > 2
    text = Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8")).text
    assert "slumpmässigt ändrat med högst 3" in text


def test_a_period_told_in_another_way_is_not_told_again(
    three: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three.report(tmp_path / "out")
    _decided({"method": "cell_key", "D": 3, "V": 2, "js": 2, "decided": "2025-01-01", "by": "somebody"}, monkeypatch)
    with pytest.raises(UsageError, match="protected small numbers in another way"):
        three.report(tmp_path / "again")


def test_keys_are_not_asked_of_spark(three: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.lake.spark_installed.refuse_without_spark", lambda: None)
    _decided({"method": "cell_key", "D": 3, "V": 2, "js": 2, "decided": "2025-01-01", "by": "somebody"}, monkeypatch)
    with pytest.raises(UsageError, match="leave out --engine spark"):
        write_nation_report(three.lake, three.period, tmp_path / "out", engine="spark")


@pytest.mark.spark
def test_spark_makes_the_same_report(three: Country, tmp_path: Path) -> None:
    written = three.report(tmp_path / "duckdb")
    write_nation_report(three.lake, three.period, tmp_path / "spark", engine="spark", master="local[2]")
    assert "cells.csv" in written
    for name in [name for name in written if name.endswith((".csv", ".html"))]:
        assert (tmp_path / "duckdb" / name).read_bytes() == (tmp_path / "spark" / name).read_bytes(), name
