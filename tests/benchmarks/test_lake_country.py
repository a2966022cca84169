"""The lakes that are measured look as exports of homes do."""

from pathlib import Path

import duckdb
import pytest

from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import load_municipality
from pipelines.lake.layout import Lake, faults, read_lake
from tests.benchmarks.lake_country import INHABITANTS, Country, inhabitants

COUNT = 6


def _made(folder: Path) -> Lake:
    codes = [f"{number:04d}" for number in range(1, COUNT + 1)]
    country = Country(codes, inhabitants(COUNT))
    assert country.write(folder, load_municipality("nacka")) > 10_000
    return read_lake(folder)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return _made(tmp_path_factory.mktemp("country") / "lake")


def test_the_same_seed_makes_the_same_lake(lake: Lake, tmp_path: Path) -> None:
    again = _made(tmp_path / "lake")
    assert {code: part.tables for code, part in again.parts.items()} == {
        code: part.tables for code, part in lake.parts.items()
    }
    assert faults(again) == []


def test_sizes_are_as_the_countrys() -> None:
    """Many small, few large, and together as many as there are."""
    sizes = inhabitants(290)
    assert inhabitants(50) == sizes[:50]
    assert sorted(sizes)[145] == pytest.approx(16_000, rel=0.02)
    assert sum(sizes) == pytest.approx(INHABITANTS, rel=0.1)
    assert sum(sorted(sizes)[-29:]) > 0.4 * sum(sizes)


def _rows(lake: Lake, table: str, sql: str) -> list[tuple[int, ...]]:
    """Of a table of all parts, as ``runs``, with its municipality."""
    parts = " union all by name ".join(
        f"select '{code}' as municipality, * "
        f"from read_parquet({[str(path) for path in part.paths(table)]}, hive_partitioning = false)"
        for code, part in lake.parts.items()
        if part.paths(table)
    )
    return duckdb.sql(f"with runs as ({parts}) {sql}").fetchall()


def _datasets(lake: Lake) -> list[tuple[str, list[str]]]:
    return [
        (f"history.{dataset.table}", [column.history_name for column in dataset.key])
        for source in load_sources().values()
        for dataset in source.datasets.values()
        if any(part.paths(f"history.{dataset.table}") for part in lake.parts.values())
    ]


def test_runs_are_runs(lake: Lake) -> None:
    """Of one key never two at a time, each from an extract to an extract of its source, the last ones open."""
    assert len(_datasets(lake)) == 13
    for table, key in _datasets(lake):
        keys = ", ".join(["municipality", *key])
        overlapping = _rows(
            lake,
            table,
            f"select {keys} from runs qualify first_extract_date <= coalesce(lag(coalesce(last_extract_date, date '9999-12-31')) "
            f"over (partition by {keys} order by first_extract_date), date '0001-01-01') limit 5",
        )
        assert overlapping == [], table
        (backwards,) = _rows(lake, table, "select count(*) from runs where last_extract_date < first_extract_date")
        assert backwards == (0,), table
        (open_,) = _rows(lake, table, "select count(*) from runs where last_extract_date is null")
        assert open_ > (0,), table


def test_people_change_and_move(lake: Lake) -> None:
    (moved,) = _rows(
        lake,
        "history.folkbokforing_personer",
        "select count(*) from (select pseudonym from runs group by pseudonym having count(distinct municipality) > 1)",
    )
    (renumbered,) = _rows(
        lake, "history.folkbokforing_personer", "select count(*) from runs where earlier_pseudonym is not null"
    )
    (in_both,) = _rows(
        lake,
        "history.ber_register",
        "select count(*) from runs as one join runs as other using (pseudonym) where one.municipality < other.municipality "
        "and one.first_extract_date <= coalesce(other.last_extract_date, date '9999-12-31') "
        "and other.first_extract_date <= coalesce(one.last_extract_date, date '9999-12-31')",
    )
    (annulled,) = _rows(lake, "history.ber_kontakter", "select count(*) from runs where makulerad")
    assert min(moved[0], renumbered[0], in_both[0], annulled[0]) > 0, (moved, renumbered, in_both, annulled)
