"""The synthetic city, made once per test run, a few of its nights as files, and the figures reckoned from all of them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from demo.synthetic_city import build_city
from demo.synthetic_city.delivery import City, write_night
from demo.synthetic_city.timeline import NIGHTS, SOURCES, day
from tests.demo.reckoning_added import AddedReckoning

# An early night, one in the term before the reform, the first of the autumn with a school register, the last.
SAMPLE_NIGHTS = ("2021-12-01", "2022-01-05", "2023-05-03", "2023-09-18", "2023-11-30")
# What the reckoned figures rest on: all but UHR's answers.
NEEDED = tuple(source for source in SOURCES if source != "beda")


@pytest.fixture(scope="session")
def city() -> City:
    return build_city()


@pytest.fixture(scope="session")
def sample(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drop folder with the nights of SAMPLE_NIGHTS."""
    drop = tmp_path_factory.mktemp("sample")
    for night in SAMPLE_NIGHTS:
        write_night(city, drop, day(night))
    return drop


def reckon(city: City) -> AddedReckoning:
    with TemporaryDirectory() as folder:
        for night in NIGHTS:
            write_night(city, Path(folder), night, NEEDED)
        return AddedReckoning(Path(folder))


@pytest.fixture(scope="session")
def reckoning(city: City) -> AddedReckoning:
    return reckon(city)
