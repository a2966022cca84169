"""Whether two engines make the same of one lake: every relation that the figures stand on, row by row, each row as often.

What engines must agree on belongs here, and nothing about any one of them. Whether the numbers are right is asked by the tests of
figures; here the same number must come from both.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.configuration.municipality import Municipality
from pipelines.lake.ask import make_warehouse
from pipelines.lake.engine import Engine
from pipelines.lake.layout import Lake, read_lake
from pipelines.warehouse.compiled import CompiledModel, needed_models
from pipelines.warehouse.periods import Period, day_period, periods_of

#: The relations that hold all figures; what they need is compared too.
FIGURES = ("figures", "own_figures")

Rows = Counter[tuple[tuple[str, Any], ...]]


@dataclass(frozen=True)
class Question:
    """What is asked of a lake: these periods, as known on a day."""

    lake: Path
    municipality: Municipality
    periods: tuple[Period, ...]
    known_to: date

    def __str__(self) -> str:
        return f"{self.lake} as known on {self.known_to}, {len(self.periods)} periods"


@dataclass(frozen=True)
class Difference:
    """What ``one except all other`` and ``other except all one`` give of a relation."""

    relation: str
    only_one: Rows
    only_other: Rows

    def __str__(self) -> str:
        def some(rows: Rows) -> list[tuple[Any, ...]]:
            return [tuple(value for _, value in row) for row in list(rows)[:5]]

        return (
            f"{self.relation}: {self.only_one.total()} rows only in the first {some(self.only_one)}, "
            f"{self.only_other.total()} only in the second {some(self.only_other)}"
        )


def all_periods(
    extract_days: Iterable[date], municipality: Municipality, also: Iterable[Period] = ()
) -> tuple[Period, ...]:
    """The periods that a nightly computes of these extracts, the day of each extract, and others."""
    days = sorted(set(extract_days))
    found = [*periods_of(days, municipality), *(day_period(day) for day in days), *also]
    return tuple({period.period_id: period for period in found}.values())


def answer(
    engine: Engine, question: Question, compiled: Sequence[CompiledModel], compared: Sequence[str]
) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each of these models: all that the figures need is made."""
    lake: Lake = read_lake(question.lake)
    make_warehouse(
        engine, lake, list(compiled), question.municipality, question.periods, question.known_to, [*FIGURES, *compared]
    )
    relations = {model.name: model.relation for model in compiled}
    return {name: engine.fetch(f"select * from {relations[name]}") for name in compared}


def what_figures_stand_on(compiled: Sequence[CompiledModel]) -> list[str]:
    """The models that are kept as tables on the way to the figures, and the figures: each in the order in which they are made."""
    needed = needed_models(list(compiled), FIGURES)
    return [model.name for model in compiled if model.name in needed and model.materialized == "table"]


def differences(one: dict[str, list[tuple[Any, ...]]], other: dict[str, list[tuple[Any, ...]]]) -> list[Difference]:
    """The relations of two answers that are not the same rows, each as often, of the same types."""
    assert one.keys() == other.keys()
    found = []
    for name, rows in one.items():
        first, second = _counted(rows), _counted(other[name])
        if first != second:
            found.append(Difference(name, first - second, second - first))
    return found


def _counted(rows: Iterable[tuple[Any, ...]]) -> Rows:
    """Each row as often as it is there. With the types: to Python, 1 and True and Decimal(1) are the same."""
    return Counter(tuple((type(value).__name__, _hashable(value)) for value in row) for row in rows)


def _hashable(value: Any) -> Any:
    return tuple((type(each).__name__, _hashable(each)) for each in value) if isinstance(value, list | tuple) else value
