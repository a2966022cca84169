"""What a sender's system writes strangely comes back as the very records that it wrote."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.synthetic_city import build_city
from demo.synthetic_city.delivery import write_night
from demo.synthetic_city.timeline import SOURCES as CITY_SOURCES
from demo.synthetic_city.timeline import day
from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import load_municipality
from pipelines.sending.check import check_delivery
from pipelines.sending.deliver import deliver
from tests.sending.dialects import Dialect, Record, any_rows, disguised, records_in, write_mapping

pytestmark = pytest.mark.long

NIGHT = "2023-11-30"
SOURCES = load_sources(load_municipality("stockholm").own_codes)


def _counted(rows: list[Record]) -> Counter[tuple[tuple[str, str], ...]]:
    return Counter(tuple(sorted((name, value.replace("\r\n", "\n")) for name, value in row.items())) for row in rows)


def _there_and_back(source: str, rows: dict[str, list[Record]], dialects: dict[str, Dialect], place: Path) -> Path:
    """Disguise the rows of each dataset, deliver them by their mapping, and compare; returns the delivery's folder."""
    datasets, inputs = {}, []
    for name, dataset in SOURCES[source].datasets.items():
        path, datasets[name] = disguised(dataset, rows[name], dialects[name], place)
        inputs.append(path)
    mapping = write_mapping(place / f"{source}.yaml", source, datasets)
    drop = place / "drop"
    drop.mkdir()
    done = deliver(source, mapping, drop, inputs, date.fromisoformat(NIGHT), 1, is_dry_run=False)
    assert done.folder and done.is_new
    for name in datasets:
        assert _counted(records_in(done.folder, name)) == _counted(rows[name]), dialects[name]
    return done.folder


@given(source=st.sampled_from(sorted(SOURCES)), seed=st.integers(0, 2**32), count=st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_any_rows_in_any_dialect_come_back(source: str, seed: int, count: int) -> None:
    rng = random.Random(seed)
    rows = {name: any_rows(dataset, count, rng) for name, dataset in SOURCES[source].datasets.items()}
    with TemporaryDirectory() as place:
        _there_and_back(source, rows, {name: Dialect.any(rng) for name in rows}, Path(place))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic city's last night."""
    drop = tmp_path_factory.mktemp("city")
    write_night(build_city(), drop, day(NIGHT))
    return drop


@pytest.mark.parametrize("source", CITY_SOURCES)
def test_the_synthetic_citys_night_comes_back(source: str, night: Path, tmp_path: Path) -> None:
    rng = random.Random(source)
    (delivered,) = (night / source).iterdir()
    rows = {name: records_in(delivered, name) for name in SOURCES[source].datasets}
    dialects = {name: Dialect.any(rng) for name in rows}
    for name in rows:  # writing a large Excel file takes the test's time and tells nothing more
        if len(rows[name]) > 5000 and dialects[name].kind == "excel":
            dialects[name] = replace(dialects[name], kind="csv")
    folder = _there_and_back(source, rows, dialects, tmp_path)
    assert check_delivery(folder, "stockholm").status == "accepted"
