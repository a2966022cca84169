"""One question to a lake, by one engine, in a process of its own: what each step took by the clock, as JSON on standard output.

``python -m tests.benchmarks.lake_question LAKE MODELS ENGINE MASTER PERIOD``; MODELS: the compiled models, as a version keeps
them. Of an engine that works only when it is asked, each step's seconds are those until it returned.
"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.configuration.municipality import load_municipality
from pipelines.lake import NATION
from pipelines.lake.ask import ask_lake
from pipelines.lake.engine import Engine, duckdb_engine
from pipelines.lake.layout import read_lake
from pipelines.warehouse.ask import plain_number
from pipelines.warehouse.compiled import CompiledModel, kept_models
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period

STEPS = ("start", "read", "merge", "inputs", "models", "fetch", "end")


class TimedEngine:
    """An engine, and the seconds that each of its steps took."""

    def __init__(self, engine: Engine, seconds: dict[str, float]) -> None:
        self._engine, self._seconds = engine, seconds

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        with timed(self._seconds, step):
            yield

    def read(self, relation: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        """See ``Engine``."""
        with self._timed("read"):
            self._engine.read(relation, paths, columns)

    def hold(self, relation: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """See ``Engine``."""
        with self._timed("inputs"):
            self._engine.hold(relation, columns, rows)

    def make(self, relation: str, sql: str, materialized: str = "table") -> None:
        """See ``Engine``."""
        with self._timed("merge"):
            self._engine.make(relation, sql, materialized)

    def run(self, models: Sequence[CompiledModel]) -> None:
        """See ``Engine``."""
        with self._timed("models"):
            self._engine.run(models)

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """See ``Engine``."""
        with self._timed("fetch"):
            return self._engine.fetch(sql)


@contextmanager
def timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    """Add what is done meanwhile to a step."""
    start = time.monotonic()
    try:
        yield
    finally:
        seconds[step] = seconds.get(step, 0.0) + time.monotonic() - start


@contextmanager
def _engine(name: str, lake: Path, master: str) -> Iterator[Engine]:
    if name == "duckdb":
        with duckdb_engine(lake) as duckdb:
            yield duckdb
    else:
        from pipelines.lake.spark_engine import spark_engine

        with spark_engine(lake, master) as spark:
            yield spark


def main() -> None:
    """Ask, and print ``{"seconds": {step: seconds}, "figures": rows, "answer": digest of the sorted rows}``."""
    folder, models, name, master, period_id = sys.argv[1:]
    seconds = dict.fromkeys(STEPS, 0.0)
    compiled = kept_models(Path(models))
    lake, municipality = read_lake(Path(folder)), load_municipality(NATION)
    before = time.monotonic()
    with _engine(name, lake.folder, master) as engine:
        seconds["start"] = time.monotonic() - before
        period = parse_period(period_id, municipality)
        rows = ask_lake(TimedEngine(engine, seconds), lake, compiled, municipality, period, EVERYTHING)
        before = time.monotonic()
    seconds["end"] = time.monotonic() - before
    content = "\n".join(sorted(repr((*row[:-1], plain_number(row[-1]))) for row in rows))
    answer = hashlib.sha256(content.encode()).hexdigest()
    print(json.dumps({"seconds": seconds, "figures": len(rows), "answer": answer}))


if __name__ == "__main__":
    main()
