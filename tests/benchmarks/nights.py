"""What the nights of one pair took, and where an ordinary night's time went, by Dagster's own account of its steps."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.measure import Used

#: Seconds of each step of a night, in the order in which they ended.
Steps = dict[str, float]

_ASK = """
import dagster as dg
with dg.DagsterInstance.get() as instance:
    run = instance.get_runs(limit=1)[0]
    for step in sorted(instance.get_run_step_stats(run.run_id), key=lambda one: one.end_time or 0):
        print(step.step_key, (step.end_time or 0) - (step.start_time or 0))
"""


@dataclass(frozen=True)
class Latency:
    """What an answer took, and what it may take."""

    question: str
    seconds: float
    aim: float


@dataclass(frozen=True)
class Pair:
    """One round: the year by hand, by pandas and by the program; then a further night, one with nothing new, and beside them the
    sixth night of a home of five."""

    by_hand: Used
    by_pandas: Used
    year: Used
    ordinary: Used
    quiet: Used
    sixth: Used
    steps: Steps
    latencies: list[Latency]

    @property
    def own(self) -> float:
        """Seconds that the year's deliveries cost more than an ordinary night's."""
        return self.year.seconds - self.ordinary.seconds

    @property
    def times_by_hand(self) -> float:
        """That, in the time that the program written by hand took."""
        return self.own / self.by_hand.seconds

    @property
    def grown(self) -> float:
        """What a night after the year takes, in the time of the sixth."""
        return self.ordinary.seconds / self.sixth.seconds

    @property
    def start_up(self) -> float:
        """Seconds of an ordinary night before its first step, after its last, and between them."""
        return self.ordinary.seconds - sum(self.steps.values())


def steps_of(home: Path) -> Steps:
    """The steps of a home's last night; some go on beside others, so they may come to more than the night."""
    environment = {**os.environ, "KAA_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")}
    done = subprocess.run([sys.executable, "-c", _ASK], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    lines = (line.split() for line in done.stdout.splitlines())
    return {name: float(seconds) for name, seconds in lines}
