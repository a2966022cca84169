"""disclosure.md: an outsider who knows all public outputs finds out nothing about small numbers. The attack shares no code with
what chooses."""

from pathlib import Path

import pytest

from dashboards.disclosure.linked import Snapshot
from dashboards.disclosure.output import PublicOutput, public_output
from dashboards.disclosure.public import protect
from dashboards.disclosure.relations import order
from dashboards.published.numbers import NumberKey
from tests.dashboards import published_file
from tests.disclosure import worlds
from tests.disclosure.attack import Broken, Cell, attack, read

SMALLEST = 5


def _attacked(*outputs: PublicOutput) -> list[Broken]:
    truth: dict[Cell, int] = {}
    for output in outputs:
        truth |= {order(key): value for key, value in output.values.items() if isinstance(value, int)}  # type: ignore[misc]
    return attack([output.cells() for output in outputs], truth, SMALLEST)


def _output(now: dict[NumberKey, int], earlier: list[Snapshot]) -> PublicOutput:
    protection = protect(now, earlier, worlds.known(), SMALLEST, lambda key: now.get(key, 0))
    return PublicOutput({key: value for key, value in now.items() if key not in protection.given_away}, protection)


@pytest.mark.parametrize("seed", range(20))
def test_of_small_worlds(seed: int) -> None:
    now = worlds.numbers(seed)
    output = _output(now, [])
    assert _attacked(output) == []
    hidden = output.protection.hidden
    assert not [key for key, value in now.items() if 0 < value < SMALLEST and key not in hidden]
    # The same again is the same, and nothing is known from both.
    again = _output(now, [output.snapshot])
    assert again.protection.hidden == hidden and not again.protection.given_away


@pytest.mark.parametrize("seed", range(20, 26))
def test_of_two_outputs_of_which_the_second_shows_more(seed: int) -> None:
    now = worlds.numbers(seed)
    first = _output({key: value for key, value in now.items() if key.period == "kalenderar-2023"}, [])
    second = _output(now, [first.snapshot])
    assert _attacked(first, second) == []


def test_the_attack_finds_what_is_hidden_alone() -> None:
    now = worlds.numbers(3)
    output = _output(now, [])
    alone = PublicOutput(output.values, type(output.protection)(output.protection.sensitive, frozenset()))
    assert output.protection.secondary and _attacked(alone)


@pytest.fixture(scope="module")
def stockholm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_file.stockholm(tmp_path_factory.mktemp("stockholm") / "published.duckdb")


def test_of_two_years_one_after_the_other(stockholm: Path) -> None:
    first = public_output(stockholm, "verksamhetsar-2023", [], SMALLEST)
    second = public_output(stockholm, "verksamhetsar-2022", [first.snapshot], SMALLEST)
    assert _attacked(first, second) == []
    shown = read(first.cells())
    assert any(value is None for value in shown.values())
    assert not [cell for cell, value in shown.items() if value is not None and 0 < value < SMALLEST]
    assert public_output(stockholm, "verksamhetsar-2023", [], SMALLEST).cells() == first.cells()


def test_a_small_number_that_was_told_before_is_left_out(stockholm: Path) -> None:
    first = public_output(stockholm, "verksamhetsar-2023", [], SMALLEST)
    small = min(first.protection.sensitive, key=order)
    told = Snapshot(first.snapshot.values, first.protection.hidden - {small})
    second = public_output(stockholm, "verksamhetsar-2023", [told], SMALLEST)
    assert small in second.protection.given_away and small not in second.values
