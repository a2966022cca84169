"""Has the checks made in a process of their own: Great Expectations takes seconds to load and room that it keeps.

So the nightly need not wait for it, nor hold it while it goes on. What is judged belongs in ``checks``, how in ``engine``.
"""

import pickle
import signal
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipelines.configuration.contract import Dataset
from pipelines.quality.checks import CheckResult
from pipelines.runtime.errors import NightlyFailed
from pipelines.runtime.worker_process import worker

#: What runs in it (``__main__``).
PROCESS = "pipelines.quality"


class Promised(NamedTuple):
    """What `engine.validate_dataset` takes."""

    dataset: Dataset
    contents: pl.DataFrame
    extracts: pl.DataFrame
    earlier: pl.DataFrame


_MEMORY = "See that the machine has memory to spare"


@dataclass(frozen=True)
class Failure:
    """Why the checks could not be made: the kind of error and the places where it arose. Its text may quote the data."""

    kind: str
    places: tuple[str, ...]


Answer = list[CheckResult] | Failure


def validate(promised: list[Promised]) -> list[CheckResult]:
    """Check each dataset against its contract.

    Raises NightlyFailed when the checks could not be made; it says why as far as that is known.
    """
    if not promised:
        return []
    process = worker(PROCESS)
    told, _ = process.communicate(pickle.dumps(promised))
    if process.returncode:
        raise NightlyFailed(_without_answer(process.returncode))
    answer: Answer = pickle.loads(told)  # noqa: S301 - written by the process above
    if isinstance(answer, Failure):
        raise NightlyFailed(_with_failure(answer))
    return answer


def failure_of(error: BaseException) -> Failure:
    """What may be told of an error: never its text."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(__file__).parent.parent in Path(frame.filename).parents]
    places = {f"{_short(frame.filename)}:{frame.lineno}": None for frame in (*frames[-1:], *own[-1:])}
    return Failure(type(error).__name__, tuple(places))


def _short(file: str) -> str:
    return "/".join(Path(file).parts[-3:])


def _with_failure(failure: Failure) -> str:
    remedy = _MEMORY if failure.kind == MemoryError.__name__ else "Report these places to who looks after the program"
    where = ", called from ".join(failure.places)
    return f"The contract checks failed ({failure.kind} in {where}); nothing is published. {remedy}, and run kaa nightly again."


def _without_answer(code: int) -> str:
    if code == -signal.SIGKILL:
        why, remedy = "were killed by the operating system", _MEMORY
    elif code < 0:
        why, remedy = f"were ended by the signal {_signal_name(-code)}", "See the machine's log for who sent it"
    else:
        why = f"ended without an answer (exit code {code})"
        remedy = "See that the program is installed whole (python -c 'import pipelines.quality')"
    return f"The contract checks {why}; nothing is published. {remedy}, and run kaa nightly again."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
