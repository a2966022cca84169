"""Has the checks made in a process of their own: Great Expectations takes seconds to load and room that it keeps.

So the nightly need not wait for it, nor hold it while it goes on. What is judged belongs in ``checks``, how in ``engine``.
"""

import pickle

import polars as pl

from pipelines.contract import Dataset
from pipelines.errors import NightlyFailed
from pipelines.loading import loaded
from pipelines.quality.checks import CheckResult

#: What runs in it (``__main__``).
PROCESS = "pipelines.quality"

#: A dataset with the two frames that `engine.validate_dataset` takes.
Promised = tuple[Dataset, pl.DataFrame, pl.DataFrame]


def validate(promised: list[Promised]) -> list[CheckResult]:
    """Check each dataset against its contract.

    Raises NightlyFailed when the process ends without an answer; what it said is not repeated, for it may quote the data.
    """
    if not promised:
        return []
    process = loaded(PROCESS)
    answer, _ = process.communicate(pickle.dumps(promised))
    if process.returncode:
        raise NightlyFailed(
            f"The contract checks ended without an answer (exit code {process.returncode}); nothing is published. "
            "See that the machine has memory to spare and run kaa nightly again."
        )
    results: list[CheckResult] = pickle.loads(answer)  # noqa: S301 - written by the process above
    return results
