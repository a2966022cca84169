"""What the public output of a period costs, and what an optimal choice keeps that a greedy one would not.

python -m tests.benchmarks.disclosure PERIOD         # of the version that is published in KAA_HOME
"""

import sys
import time
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from dashboards.disclosure import public, suppression
from dashboards.disclosure.output import PublicOutput, public_output
from pipelines.state.home import open_home

SMALLEST = 5


class _Greedy(suppression.Suppression):
    """Closes each way, one after the other, by the cheapest number that does most, and takes nothing back."""

    def _cheapest(self) -> frozenset[int]:
        chosen: set[int] = set()
        for way in self._ways:
            closed = sum(weight for variable, weight in way.cover if variable in chosen)
            ordered = sorted(way.cover, key=lambda each: ((self.cost(each[0]) or 0.0) / each[1], each[0]))
            for variable, weight in ordered:
                if closed >= 1 or (way.of is not None and way.of not in chosen):
                    break
                if variable not in chosen:
                    chosen.add(variable)
                    closed += weight
        return frozenset(chosen)


def _told(name: str, output: PublicOutput, seconds: float) -> str:
    others = [key for key in output.protection.secondary if output.values[key]]
    zeros = len(output.protection.secondary) - len(others)
    return (
        f"{name}: {len(output.values)} numbers, {len(output.protection.sensitive)} sensitive, {len(others)} more hidden "
        f"(and {zeros} zeros), {seconds:.0f} s, {getrusage(RUSAGE_SELF).ru_maxrss / 1000:.0f} MB"
    )


def main(period: str) -> None:
    version = open_home().current()
    assert version, "nothing is published"
    path = Path(version.published)
    for name, kind in (("optimal", suppression.Suppression), ("greedy", _Greedy)):
        setattr(public, "Suppression", kind)  # noqa: B010
        began = time.perf_counter()
        output = public_output(path, period, [], SMALLEST)
        print(_told(name, output, time.perf_counter() - began), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
