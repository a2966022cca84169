"""A municipality's choice of the Cell Key Method: one that no probabilities fit is refused, in a sentence with a way out."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from pipelines.configuration.disclosure import CellKey
from pipelines.configuration.yaml_file import validated
from pipelines.runtime.errors import UsageError


def _choice(D: int, V: Any, js: int) -> CellKey:
    return CellKey.model_validate({"method": "cell_key", "D": D, "V": V, "js": js})


@pytest.mark.parametrize(
    ("D", "V", "js"), [(5, 3, 2), (4, 2, 0), (2, 0.5, 0), (3, 1, 0), (3, 2, 2), (3, 3, 2), (2, 1.08, 1)]
)
def test_a_choice_that_probabilities_fit_is_taken(D: int, V: float, js: int) -> None:
    assert _choice(D, V, js).D == D


@pytest.mark.parametrize(("D", "V", "js", "words"), [
    (5, 2, 4, "a count of 1 can only become 0, 5, 6, which has a variance from 4 to 5 if its mean is 0; no V does"),
    (3, 1, 2, "a count of 1 can only become 0, 3, 4, which has a variance from 2 to 3 if its mean is 0; choose V from 2 to 3"),
    (3, 4, 0, "a count of 1 can only become 0, 1, 2, 3, 4, which has a variance from 0 to 3 if its mean is 0; choose V from"),
    (2, 1, 4, "a count of 1 can only become 0, which never has the mean 0; no V does: choose a smaller js or a greater D"),
])  # fmt: skip
def test_a_choice_that_no_probabilities_fit_is_refused(D: int, V: float, js: int, words: str) -> None:
    content = {"method": "cell_key", "D": D, "V": V, "js": js}
    with pytest.raises(UsageError) as told:
        validated(CellKey, content, Path("profile.yaml"), "municipality profile")
    assert words in str(told.value) and str(told.value).startswith("The municipality profile profile.yaml is wrong")


@pytest.mark.parametrize("wrong", [
    {"D": 0}, {"D": 21}, {"V": 0}, {"V": -1}, {"V": "nan"}, {"V": "much"}, {"js": -1}, {"js": 1.5}, {"D": None},
    {"method": "noise"}, {"smallest": 5},
], ids=str)  # fmt: skip
def test_what_is_no_choice_is_told(wrong: dict[str, Any]) -> None:
    content = {"method": "cell_key", "D": 5, "V": 3, "js": 2} | wrong
    with pytest.raises(UsageError, match="is wrong at "):
        validated(CellKey, content, Path("profile.yaml"), "municipality profile")


def _fits(changes: list[int], V: float) -> bool:
    """Whether some probabilities of these changes have mean 0 and this variance, by linear programming."""
    v = np.array(changes, dtype=float)
    conditions = np.stack([np.ones_like(v), v, v**2])
    return bool(linprog(np.zeros_like(v), A_eq=conditions, b_eq=[1, 0, V], bounds=(0, 1)).status == 0)


@pytest.mark.parametrize(("D", "js"), product(range(1, 7), range(5)))
def test_what_is_refused_is_what_linear_programming_finds_no_answer_to(D: int, js: int) -> None:
    """Every count is asked, far above those that the choice looks at."""
    for V in (0.5, 1, 2, 2.5, 4, 6):
        possible = all(
            _fits([c for c in range(-D, D + 1) if count + c == 0 or count + c > js], V)
            for count in range(1, 2 * (D + js) + 3)
        )
        try:
            _choice(D, V, js)
        except ValueError:
            assert not possible, V
        else:
            assert possible, V
