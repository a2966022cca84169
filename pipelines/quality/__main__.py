"""The process that ``process.validate`` starts: reads the promised extracts from standard input, writes what came of them."""

import pickle
import sys
from contextlib import redirect_stdout

from pipelines.quality.engine import validate_dataset

if __name__ == "__main__":
    promised = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by the process that started this one
    with redirect_stdout(sys.stderr):
        results = [check for one in promised for check in validate_dataset(*one)]
    pickle.dump(results, sys.stdout.buffer)
