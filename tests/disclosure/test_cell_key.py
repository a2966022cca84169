"""Numbers that the Cell Key Method has changed: the table of probabilities is as chosen, and a key always means the same."""

import random
from collections.abc import Iterable
from math import log

import numpy as np
import polars as pl
import pytest

from dashboards.published.publication import PublicTreatment
from dashboards.wording.audience import audience
from pipelines.configuration.disclosure import KEYS, CellKey
from pipelines.publication.cell_key import ChangeTable, change_table, changed_figures, probabilities

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


def _changed(table: ChangeTable, count: int, keys: Iterable[int]) -> list[int]:
    own = np.array([*keys], dtype=np.int64)
    return [int(shown) for shown in table.changed(np.full_like(own, count), own)]


def test_a_key_always_means_the_same_and_zero_stays_zero(choice: CellKey) -> None:
    table, again = change_table(choice), change_table(choice)
    rng = random.Random(2016)
    keys = [0, KEYS - 1, *(rng.randrange(KEYS) for _ in range(200))]
    for count in (1, 2, 3, 7, 50, 7546):
        shown = _changed(table, count, keys)
        assert shown == _changed(again, count, keys)
        assert all(abs(one - count) <= choice.D and (one == 0 or one > choice.js) for one in shown)
    assert set(_changed(table, 0, keys)) == {0}


def test_changes_come_as_often_as_the_table_says() -> None:
    choice = CellKey.model_validate({"method": "cell_key", "D": 5, "V": 3, "js": 2})
    table = change_table(choice)
    keys = range(0, KEYS, KEYS // 40_000)
    for count in (1, 4, 100):
        shown = np.array(_changed(table, count, keys))
        assert shown.mean() == pytest.approx(count, abs=0.01)
        assert shown.var() == pytest.approx(3, abs=0.01)
        for change, parts in table.rows[min(count, choice.last)]:
            assert (shown == count + change).mean() == pytest.approx(parts / KEYS, abs=1e-4)


def test_parts_need_not_add_up() -> None:
    """A whole's key is the sum of its parts' keys; its change is not the sum of their changes."""
    table = change_table(CellKey.model_validate({"method": "cell_key", "D": 5, "V": 3, "js": 2}))
    rng = random.Random(39)
    women, men = ([rng.randrange(KEYS) for _ in range(50)] for _ in range(2))
    wholes = _changed(table, 20, [sum(both) for both in zip(women, men, strict=True)])
    parts = zip(_changed(table, 8, women), _changed(table, 12, men), strict=True)
    assert sum(sum(both) != whole for both, whole in zip(parts, wholes, strict=True)) > 25


def test_what_has_no_key_is_not_changed_and_what_becomes_zero_has_no_row() -> None:
    choice = CellKey.model_validate({"method": "cell_key", "D": 3, "V": 2, "js": 2})
    rows = pl.DataFrame({
        "figure": ["key_numbers", "median_wait", *["outreach"] * 3],
        "value": ["1", "1.5", "1", "1", "400"],
        "cell_key": [None, None, 0, KEYS - 1, 0],
    }).with_columns(pl.col("value").cast(pl.Decimal(38, 18)))  # fmt: skip
    changed = changed_figures(rows, choice)
    assert changed.schema == {"figure": pl.String, "value": pl.Decimal(38, 18)}
    assert [(figure, float(value)) for figure, value in changed.rows()] == [
        ("key_numbers", 1), ("median_wait", 1.5), ("outreach", 3), ("outreach", 397),
    ]  # fmt: skip


def test_the_output_says_what_has_been_done(choice: CellKey) -> None:
    text = audience(PublicTreatment(choice, has_told_otherwise=True))
    assert f"slumpmässigt ändrat med högst {choice.D}," in text and "är inte alltid helheten" in text
    assert f"Inget antal är {['', '1.', '1–2.', '1–3.'][choice.js]}" in text or not choice.js
    assert ("Inget antal" in text) == bool(choice.js)
    assert "mindre än" not in text
    assert len(text) <= 250, "no more fits into a sheet's header"
