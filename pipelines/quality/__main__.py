"""The contract checks in a process of their own (``pipelines.runtime.worker_process``), asked and answered by pickles."""

import os
import pickle

from pipelines.quality.engine import load_library, validate_dataset
from pipelines.quality.process import Answer, failure_of
from pipelines.runtime.worker_process import end_with_parent, read_task


def _answer() -> Answer:
    """The checks' results, or what went wrong without a word of the data."""
    try:
        load_library()
        promised = pickle.loads(read_task())  # noqa: S301 - written by the process that started this one
        return [check for one in promised for check in validate_dataset(*one)]
    except Exception as error:
        return failure_of(error)


if __name__ == "__main__":
    end_with_parent()
    os.nice(19)  # nobody waits for them but publishing
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    with answer:
        pickle.dump(_answer(), answer)
