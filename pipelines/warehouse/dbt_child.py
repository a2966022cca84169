"""dbt in a process of its own (``pipelines.runtime.worker_process``): ``dbt.start_dbt`` gives it its task, standard output says
what it does.

A call that has a time limit ends the process when it is over, whatever dbt is doing then.
"""

import importlib
import json
import os
import signal
import sys

from pipelines.runtime.worker_process import end_with_parent, read_task

if __name__ == "__main__":
    os.dup2(1, 2)
    end_with_parent()
    dbt = importlib.import_module("dbt.cli.main")
    for needed_later in ("dbt.adapters.duckdb", "dbt.task.build"):
        importlib.import_module(needed_later)
    task = json.loads(read_task())
    os.chdir(task["folder"])
    os.environ.update(task["environment"])
    for call in task["calls"]:
        signal.alarm(call["seconds"])  # nobody handles it: the process ends; 0 sets no limit
        if not dbt.dbtRunner().invoke(call["arguments"]).success:
            sys.exit(1)
