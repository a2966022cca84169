"""Histories of municipalities laid side by side: as SQL that any engine takes, for as many parts as there are municipalities."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import sqlglot

from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import load_municipality
from pipelines.lake.ask import ask_lake
from pipelines.lake.engine import duckdb_engine
from pipelines.lake.history import history_of, own_ids
from pipelines.lake.layout import part_folder, read_lake
from pipelines.runtime.errors import UsageError
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period
from tests.lake.merging import RIKET, Asked, lake_of, nation_figures
from tests.model.world import Extract, personnummer

ANNA, BO = personnummer("2005-03-10", 102), personnummer("2006-05-20", 105)
YEAR = "kalenderar-2023"


def _small() -> list[Extract]:
    return [
        Extract("ber", "2023-02-01")
        .registered(ANNA)
        .registered(BO)
        .contact("k1", BO, datum="2023-01-15")
        .contact("k2", BO, datum="2023-01-16", besvarad="J"),
        Extract("ber", "2023-03-01").registered(BO).contact("k1", BO, datum="2023-01-15"),
        Extract("folkbokforing", "2023-02-01").resident(ANNA).resident(BO),
        Extract("enkat", "2023-02-01").answer("a1", datum="2023-01-20"),
    ]


def test_each_id_that_a_municipality_gives_is_known() -> None:
    """Taken from the contracts: a key that is one text, and what refers to it under the same name."""
    found = {
        f"{dataset.source}/{dataset.name}": [column.name for column in own_ids(dataset)]
        for source in load_sources().values()
        for dataset in source.datasets.values()
    }
    assert found == {
        "antagning/antagningar": ["antagning_id"],
        "beda/bevis": [],
        "ber/register": [],
        "ber/kontakter": ["kontakt_id"],
        "ber/sysselsattningar": ["sysselsattning_id", "kontakt_id"],
        "ber/inskrivningar": ["inskrivning_id"],
        "ber/insatser": ["insats_id", "inskrivning_id"],
        "ber/bosattningskontroller": ["kontroll_id"],
        "enkat/svar": ["svar_id"],
        "flai/deltaganden": ["deltagande_id"],
        "folkbokforing/personer": [],
        "jobbtorg_unga/antal": [],
        "nyckeltal/nyckeltal": [],
        "skolregister/studieperioder": ["studieperiod_id"],
        "skolslussen/besok": ["besok_id"],
    }


def test_all_290_municipalities_are_merged_by_the_same_queries(tmp_path: Path) -> None:
    """Every municipality has the same two persons; so each is in 290 registers at once, and every record is 290."""
    (home,) = lake_of(tmp_path, {"0114": _small()})
    first = read_lake(tmp_path / "lake").parts["0114"]
    few = history_of(read_lake(tmp_path / "lake"), RIKET)
    codes = [district.code for district in RIKET.districts if district.valid_to is None]
    for code in codes[1:]:
        folder = part_folder(tmp_path / "lake", code)
        shutil.copytree(first.folder, folder, copy_function=os.link)
        (folder / "manifest.json").unlink()
        replace(first, folder=folder, code=code).write()
    lake = read_lake(tmp_path / "lake")
    assert len(lake.parts) == 290
    assert history_of(lake, RIKET) == few

    figures = nation_figures(tmp_path / "lake", home.pipeline.models(), [YEAR, "dag-2023-03-01"])
    cells = {key[:2] + key[4:]: int(value) for key, value in figures.items() if key[3] == "*"}
    # Nobody is counted twice; of equal rows the one with the largest code, Kiruna's, is the person's.
    for place in (("*", "*"), ("2584", "*"), ("*", "25")):
        assert cells["population", "in_register", *place, "*", "*"] == 2
        assert cells["status", "in_register", *place, "*", "*"] == 1
        assert cells["contacts", "attempts", *place, "*", "*"] == 2 * 290
        assert cells["contacts", "answered", *place, "*", "*"] == 290
        assert cells["residents", "aged_16_19", *place, "*", "*"] == 2
    assert cells["survey", "answers", "*", "*", "*", "*"] == 290
    assert {key[2] for key in cells} == {"*", "2584"}


def test_another_engine_can_be_told_the_same(tmp_path: Path) -> None:
    """No word of DuckDB's own: translated, each query is still one select, of the same columns."""
    lake_of(tmp_path, {"0180": _small(), "0331": _small()})
    lake = read_lake(tmp_path / "lake")
    queries = history_of(lake, RIKET)
    assert set(lake.columns) == {name for name in queries if name.startswith("history.")}
    for name, sql in queries.items():
        (there,) = sqlglot.transpile(sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
        here, translated = (sqlglot.parse_one(text, read=read) for text, read in ((sql, "duckdb"), (there, "spark")))
        assert translated.named_selects == here.named_selects
        if name.startswith("history."):
            assert here.named_selects == list(lake.columns[name])
        assert not list(here.find_all(sqlglot.exp.Anonymous)), name


def test_a_municipality_of_a_lake_of_many_is_asked_by_itself(tmp_path: Path) -> None:
    homes = lake_of(
        tmp_path,
        {
            "0180": [Extract("ber", "2023-02-01").registered(ANNA, stadsdelsomrade="03")],
            "0182": [Extract("ber", "2023-03-01").registered(ANNA).registered(BO)],
        },
    )
    stockholm = load_municipality("stockholm")
    with duckdb_engine(tmp_path / "lake") as engine:
        lake, models = read_lake(tmp_path / "lake"), homes[0].pipeline.models()
        rows = ask_lake(engine, lake, models, stockholm, parse_period(YEAR, stockholm), EVERYTHING)
    assert {tuple(row[:-1]): row[-1] for row in rows} == homes[0].pipeline.figures(YEAR)
    assert Asked(tmp_path, homes, [YEAR]).places("population", "in_register", YEAR) == {"*": 2, "0182": 2, "01": 2}


def test_who_is_not_in_the_lake_is_told_so(tmp_path: Path) -> None:
    lake_of(tmp_path, {"0180": [Extract("ber", "2023-03-01")]})
    lake = read_lake(tmp_path / "lake")
    with pytest.raises(UsageError, match="holds no part of Nacka kommun: ask of Stockholms stad, of the whole country"):
        history_of(lake, load_municipality("nacka"))
    with pytest.raises(
        UsageError, match="holds the part of municipality 0999, which Riket does not have: correct the code"
    ):
        history_of(replace(lake, parts={"0999": lake.parts["0180"]}), RIKET)
