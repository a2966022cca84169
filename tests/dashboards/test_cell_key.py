"""Numbers that the Cell Key Method has changed: the table of probabilities is as chosen, and a key always means the same."""

import random
from math import log

import numpy as np
import pytest

from dashboards.disclosure.cell_key import change_table, note, probabilities
from pipelines.configuration.cell_key import KEYS, CellKey

CHOICES = [(5, 3, 2), (4, 2, 0), (2, "0.5", 0), (3, 2, 2), (3, 3, 2), (2, "1.08", 1), (10, 5, 3), (8, "7.99", 0)]


@pytest.fixture(params=CHOICES, ids=str)
def choice(request: pytest.FixtureRequest) -> CellKey:
    D, V, js = request.param
    return CellKey.model_validate({"method": "cell_key", "D": D, "V": V, "js": js})


def test_the_probabilities_of_every_count_keep_what_was_chosen(choice: CellKey) -> None:
    """As they are used, in whole parts of the keys, and up to counts where nothing is out of reach any more."""
    table = change_table(choice)
    assert table.rows.keys() == set(range(1, choice.last + 1))
    for count, row in table.rows.items():
        v, p = np.array([change for change, _ in row]), np.array([parts / KEYS for _, parts in row])
        assert sum(parts for _, parts in row) == KEYS and (p >= 0).all()
        assert p @ v == pytest.approx(0, abs=1e-8)
        assert p @ v**2 == pytest.approx(float(choice.V), abs=1e-6)
        assert max(abs(v)) <= choice.D
        results = count + v
        assert results.min() >= 0 and not set(results.tolist()) & set(range(1, choice.js + 1))
    last = dict(table.rows[choice.last])
    assert [*last] == [*range(-choice.D, choice.D + 1)]
    assert [last[change] for change in last] == pytest.approx([last[-change] for change in last], abs=2)


def test_no_other_probabilities_have_a_greater_entropy(choice: CellKey) -> None:
    """Wherever three changes can give way to others with the same mean and variance, entropy falls."""
    for count in range(1, choice.last + 1):
        p = probabilities(choice, count)
        v = np.array(choice.changes(count), dtype=float)
        if (p == 0).any():
            continue  # two changes are left, and nothing can give way
        _, _, rows = np.linalg.svd(np.stack([np.ones_like(v), v, v**2]))
        for way in rows[3:]:
            for step in (1e-3 * p.min(), -1e-3 * p.min()):
                assert _entropy(p + step * way) < _entropy(p) + 1e-15
            assert way @ np.log(p) == pytest.approx(0, abs=1e-7)  # the slope: it is the top and not only high up


def _entropy(p: np.ndarray) -> float:
    return -sum(float(one) * log(one) for one in p)


def test_a_key_always_means_the_same_and_zero_stays_zero(choice: CellKey) -> None:
    table, again = change_table(choice), change_table(choice)
    rng = random.Random(2016)
    for count in (1, 2, 3, 7, 50, 7546):
        keys = [0, KEYS - 1, *(rng.randrange(KEYS) for _ in range(200))]
        shown = [table.changed(count, key) for key in keys]
        assert shown == [again.changed(count, key) for key in keys]
        assert all(abs(one - count) <= choice.D and (one == 0 or one > choice.js) for one in shown)
        assert table.changed(0, keys[-1]) == 0


def test_changes_come_as_often_as_the_table_says() -> None:
    choice = CellKey.model_validate({"method": "cell_key", "D": 5, "V": 3, "js": 2})
    table = change_table(choice)
    keys = range(0, KEYS, KEYS // 40_000)
    for count in (1, 4, 100):
        shown = np.array([table.changed(count, key) for key in keys])
        assert shown.mean() == pytest.approx(count, abs=0.01)
        assert shown.var() == pytest.approx(3, abs=0.01)
        for change, parts in table.rows[min(count, choice.last)]:
            assert (shown == count + change).mean() == pytest.approx(parts / KEYS, abs=1e-4)


def test_parts_need_not_add_up() -> None:
    """A whole's key is the sum of its parts' keys; its change is not the sum of their changes."""
    table = change_table(CellKey.model_validate({"method": "cell_key", "D": 5, "V": 3, "js": 2}))
    rng = random.Random(39)
    keys = [(rng.randrange(KEYS), rng.randrange(KEYS)) for _ in range(50)]
    off = [table.changed(20, women + men) != table.changed(8, women) + table.changed(12, men) for women, men in keys]
    assert sum(off) > 25


def test_the_output_says_what_has_been_done(choice: CellKey) -> None:
    text = note(choice)
    assert f"högst {choice.D} uppåt eller nedåt" in text and "inte alltid lika stor som helheten" in text
    assert (f"Inget antal från 1 till {choice.js} visas." in text) == bool(choice.js)
