"""disclosure.md: an outsider who knows all public outputs finds out nothing about small numbers. The attack shares no code with
what chooses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboards.disclosure.linked import Snapshot
from dashboards.disclosure.output import PublicOutput, public_output
from dashboards.disclosure.public import protect
from dashboards.disclosure.relations import Known, order
from dashboards.published.numbers import NumberKey
from tests.dashboards import published_file
from tests.disclosure import worlds
from tests.disclosure.attack import Broken, Cell, attack, read

pytestmark = pytest.mark.long

SMALLEST = 5


def _attacked(*outputs: PublicOutput) -> list[Broken]:
    truth: dict[Cell, int] = {}
    for output in outputs:
        truth |= {order(key): value for key, value in output.values.items() if isinstance(value, int)}  # type: ignore[misc]
    return attack([output.cells() for output in outputs], truth, SMALLEST)


def _output(
    now: dict[NumberKey, int],
    earlier: list[Snapshot],
    known: Known | None = None,
    data: dict[NumberKey, int] | None = None,
) -> PublicOutput:
    whole = now if data is None else data
    protection = protect(now, earlier, known or worlds.known(), SMALLEST, lambda key: whole.get(key, 0))
    return PublicOutput({key: value for key, value in now.items() if key not in protection.given_away}, protection)


@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 20))])
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


def _one_after_the_other(seed: int) -> list[PublicOutput]:
    """Each year, tertial and half-year of a world as an output of its own."""
    data = worlds.numbers(seed, worlds.TWO_YEARS)
    outputs: list[PublicOutput] = []
    for period in worlds.TWO_YEARS:
        now = {key: value for key, value in data.items() if key.period == period}
        outputs.append(_output(now, [output.snapshot for output in outputs], worlds.known(worlds.TWO_YEARS), data))
    return outputs


@pytest.mark.slow
@pytest.mark.parametrize("seed", [26, 27])
def test_of_two_years_their_tertials_and_half_years_one_after_the_other(seed: int) -> None:
    """A sensitive number of an earlier output stays as well protected when a later one tells more."""
    assert _attacked(*_one_after_the_other(seed)) == []


@pytest.mark.slow
def test_of_the_demo_s_two_years_tertials_and_half_years(tmp_path: Path) -> None:
    """Ten minutes: the demo, nine public outputs of it, and the attack on all of them."""
    kaa = Path(sys.executable).with_name("kaa")
    done = subprocess.run(
        [kaa, "demo"],
        env=os.environ | {"KAA_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (published,) = (tmp_path / "home" / "published").glob("*/published.duckdb")
    outputs: list[PublicOutput] = []
    for period in (
        "verksamhetsar-2023", "verksamhetsar-2022", "tertial1-2022", "tertial2-2022", "tertial1-2023", "tertial2-2023",
        "halvar1-2022", "halvar2-2022", "halvar1-2023",
    ):  # fmt: skip
        outputs.append(public_output(published, period, [output.snapshot for output in outputs], SMALLEST))
    assert _attacked(*outputs) == []


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
