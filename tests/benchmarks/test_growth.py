"""The rule by which the benchmark judges, on planted timings."""

from itertools import pairwise

from tests.benchmarks.growth import Cost, grown_too_fast


def _judged(*costs: tuple[int, float, int]) -> list[str]:
    return grown_too_fast({nights: {"model": Cost(seconds, rows)} for nights, seconds, rows in costs})


def test_time_that_grows_as_rows_do_is_well() -> None:
    assert _judged((20, 0.2, 100_000), (100, 0.6, 300_000), (260, 1.9, 900_000), (520, 4.4, 2_000_000)) == []


def test_a_noisy_machine_is_no_growth() -> None:
    assert _judged((100, 0.4, 100_000), (260, 1.6, 150_000)) == []


def test_the_products_of_a_wrong_estimate_are_named() -> None:
    """A plan that takes everything times everything from some size on: half a second, then minutes."""
    found = _judged((20, 0.1, 40_000), (100, 0.4, 90_000), (260, 220.0, 210_000))
    assert len(found) == 1
    assert found[0].startswith("model: ")
    assert "220.00 s for 210000 rows after 260" in found[0]


def test_a_square_is_found_at_the_ends_though_each_step_is_within_tolerance() -> None:
    steps = [(20, 0.4, 1_000), (40, 1.6, 2_000), (80, 6.4, 4_000), (160, 25.6, 8_000)]
    assert all(_judged(fewer, more) == [] for fewer, more in pairwise(steps))
    assert len(_judged(*steps)) == 1


def test_what_takes_no_time_is_not_judged() -> None:
    assert _judged((20, 0.01, 1_000), (260, 0.29, 1_000)) == []
    assert _judged((20, 0.01, 1_000), (260, 0.85, 1_000)) == []
    assert len(_judged((20, 0.01, 1_000), (260, 0.95, 1_000))) == 1


def test_each_model_is_named_once_with_its_worst_pair_and_a_new_one_is_not_judged() -> None:
    found = grown_too_fast(
        {
            20: {"b": Cost(0.1, 10), "a": Cost(1.0, 10)},
            100: {"b": Cost(9.0, 10), "a": Cost(9.0, 10), "new": Cost(99.0, 10)},
            260: {"b": Cost(99.0, 10), "a": Cost(1.0, 10)},
        }
    )
    assert [sentence.split(":")[0] for sentence in found] == ["a", "b"]
    assert "99.00 s" in found[1]
