"""The country's answer to a lake of several municipalities is what figures.md says of all their extracts together.

The same random world as each of them has seen it, with gaps of its own: persons are in several registers, ids are the same in all
and extracts have other dates.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.lake.merging import Home, add_part, country, expected_figures, nation_figures, play
from tests.model.oracle import PROFILES, Oracle
from tests.pipeline import Pipeline
from tests.property.strategies import world_number

pytestmark = pytest.mark.long

PAIR, TRIPLE = ("0180", "0114"), ("1480", "0331", "0182")
FEW = [(3, TRIPLE), (5, TRIPLE), (14, PAIR)]
MANY = [(number, TRIPLE if number % 2 else PAIR) for number in range(30) if number not in (3, 5, 14)]


def _is_the_oracles(number: int, codes: tuple[str, ...], place: Path) -> None:
    world, homes = country(number, codes, place)
    models = homes[0].pipeline.models()
    for as_known in world.as_known:
        answer = nation_figures(place / "lake", models, world.periods, as_known)
        assert answer == expected_figures(homes, world.periods, as_known), as_known


@pytest.mark.parametrize(("number", "codes"), FEW)
def test_the_country_counts_what_the_oracle_does(number: int, codes: tuple[str, ...], tmp_path: Path) -> None:
    _is_the_oracles(number, codes, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "codes"), MANY)
def test_so_it_does_of_many_worlds(number: int, codes: tuple[str, ...], tmp_path: Path) -> None:
    _is_the_oracles(number, codes, tmp_path)


@pytest.mark.parametrize("number", [1, 3, 13])
def test_where_nobody_has_moved_and_all_deliver_at_once_the_country_is_the_sum(number: int, tmp_path: Path) -> None:
    """Homes with keys of their own have no person in common, whatever they have taken in."""
    world = world_number(number)
    homes = []
    for code in TRIPLE:
        home = Home(
            code, Pipeline(tmp_path / code, world.municipality), Oracle(PROFILES[world.municipality], date(2026, 1, 1))
        )
        play(world, home)
        add_part(home, tmp_path / "lake")
        homes.append(home)
    years = sorted({day.year for day in world.days})
    periods = [f"{kind}-{year}" for year in years for kind in ("kalenderar", "halvar1", "halvar2")]
    periods += [f"dag-{day}" for day in world.days]

    nation = nation_figures(tmp_path / "lake", homes[0].pipeline.models(), periods)
    own = homes[0].pipeline.all_figures(periods)
    whole = {key: value for key, value in own.items() if key[4:6] == ("*", "*")}
    assert whole
    assert {key: value for key, value in nation.items() if key[4:6] == ("*", "*")} == {
        key: 3 * value for key, value in whole.items()
    }
    # By municipality, whoever is seen there: who never is has no district in any division.
    of_seen = ("population", "outreach", "contacts", "occupation", "residents", "status", "target_group", "persistence")
    by_municipality: dict[str, dict[tuple[str, ...], Decimal]] = defaultdict(dict)
    for key, value in nation.items():
        if key[0] in of_seen and key[4] != "*":
            by_municipality[key[4]][(*key[:4], *key[6:])] = value
    seen = {(*key[:4], *key[6:]): value for key, value in whole.items() if key[0] in of_seen}
    assert seen
    assert by_municipality == dict.fromkeys(TRIPLE, seen)
