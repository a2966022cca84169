"""The country's answer to a lake of several municipalities is what figures.md says of all their extracts together."""

from pathlib import Path

import pytest

from tests.lake.merging import country, expected_figures, nation_figures


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("codes", [("0180", "0114"), ("1480", "0331", "0182")])
def test_the_country_counts_what_the_oracle_does(number: int, codes: tuple[str, ...], tmp_path: Path) -> None:
    world, homes = country(number, codes, tmp_path)
    models = homes[0].pipeline.models()
    for as_known in world.as_known:
        for period in world.periods:
            answer = nation_figures(tmp_path / "lake", models, period, as_known)
            expected = expected_figures(homes, period, as_known)
            assert answer == expected, (period, as_known)
