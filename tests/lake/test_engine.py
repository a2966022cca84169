"""DuckDB as an engine of a lake; what both engines must do alike is asked in ``test_spark_engine``."""

from pathlib import Path

import duckdb

from pipelines.lake.engine import duckdb_engine


def test_the_municipality_is_the_parts_whatever_lies_above_the_lake(tmp_path: Path) -> None:
    lake = tmp_path / "municipality=0114" / "it's [0]*{a,b}?"
    paths = [lake / f"municipality={code}" / "dataset=t" / "a.parquet" for code in ("0180", "0184")]
    for path in paths:
        path.parent.mkdir(parents=True)
        duckdb.sql("select 1 as n").write_parquet(str(path))
    with duckdb_engine(lake) as engine:
        engine.read("lake.t", paths, {"n": "INTEGER"})
        engine.read("lake.nothing", [], {"n": "INTEGER"})
        assert sorted(engine.fetch("select * from lake.t")) == [("0180", 1), ("0184", 1)]
        assert engine.fetch("select municipality, n from lake.nothing") == []
