"""The report of what a question to a lake costs: a table, what grows with what, and how far that goes."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from scipy.optimize import nnls

from tests.benchmarks.lake_country import INHABITANTS
from tests.benchmarks.lake_question import STEPS
from tests.benchmarks.process_tree import TreeUsed

#: How the engines are called in the report.
NAMES = {"duckdb": "DuckDB", "spark": "Spark"}

#: What is extrapolated to.
NATION, NATION_YEARS = 290, 20


@dataclass(frozen=True)
class Size:
    """A lake that was measured: its municipalities, their inhabitants, rows in the first extract and in all, files and "
    "bytes."""

    municipalities: int
    inhabitants: int
    at_first: int
    rows: int
    files: int
    bytes: int
    is_one: bool = False

    @property
    def title(self) -> str:
        """As the table calls it."""
        return f"{self.municipalities}" + (" (as large as the largest lake)" if self.is_one else "")


@dataclass(frozen=True)
class Measured:
    """What a question took: all processes, and the seconds of each step; None where it was stopped."""

    size: Size
    engine: str
    used: TreeUsed | None
    steps: dict[str, float] = field(default_factory=dict)
    figures: int = 0


@dataclass(frozen=True)
class Line:
    """``fixed + each_million × rows / 10⁶ + each_municipality × municipalities``; ``misses``: by how much of what was measured it
    is off at worst."""

    fixed: float
    each_million: float
    each_municipality: float
    misses: float

    def at(self, rows: float, municipalities: float) -> float:
        """What it gives there."""
        return self.fixed + self.each_million * rows / 1e6 + self.each_municipality * municipalities


def fitted(sizes: list[Size], values: list[float]) -> Line:
    """The line through what was measured, by the least squares of relative errors; nothing in it is negative. What grows with
    municipalities is told from what grows with rows only where one lake has many rows and one municipality."""
    apart = any(size.is_one for size in sizes)
    columns = [[1.0, size.rows / 1e6, float(size.municipalities) if apart else 0.0] for size in sizes]
    measured = np.array(values)
    matrix = np.array(columns) / measured[:, None]
    found, _ = nnls(matrix, np.ones(len(values)))
    misses = float(np.max(np.abs(matrix @ found - 1.0)))
    return Line(float(found[0]), float(found[1]), float(found[2]), misses)


@dataclass
class LakeReport:
    """What came of a run. ``compile_seconds``: what dbt took for the models' SQL; ``cores``: of the machine."""

    day: date
    machine: str
    cores: int
    years: int
    period: str
    master: str
    compile_seconds: float
    limit: float
    measured: list[Measured] = field(default_factory=list)

    def as_markdown(self) -> str:
        """The whole report."""
        parts = [self._head(), self._table(), self._steps(), *self._growth(), self._verdict()]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _head(self) -> str:
        return (
            f"Measured on {self.day} on {self.machine}: all figures of `{self.period}`, asked of lakes of {self.years} "
            "years of "
            f"nightly extracts; Spark on `{self.master}`. Seconds are by the clock, from the process's start to its "
            "end, without "
            f"the {self.compile_seconds:.1f} s in which dbt compiles the models, which is the same for both and for "
            "every size. "
            "Memory is the most that all processes of an answer held together (Spark: Python, driver and executors), "
            "and that the "
            "largest held. Both engines' answers were the same rows."
        )

    def _table(self) -> str:
        lines = [
            "| municipalities | inhabitants | rows | MB | engine | s | processor s | GB together | GB largest | figure rows |",
            "|" + "---|" * 10,
        ]
        for one in self.measured:
            size = one.size
            begin = f"| {size.title} | {size.inhabitants:,} | {size.rows:,} | {size.bytes / 1e6:.1f} | {NAMES[one.engine]} |"
            if one.used is None:
                lines.append(f"{begin} stopped after {self.limit:.0f} | | | | |")
            else:
                used = one.used
                lines.append(
                    f"{begin} {used.seconds:.1f} | {used.processor:.1f} | {used.together:.2f} | {used.largest:.2f} | "
                    f"{one.figures:,} |"
                )
        return "\n".join(lines).replace(",", " ")

    def _steps(self) -> str:
        """Where the seconds of an answer go."""
        names = ["python", *STEPS]
        lines = [
            f"| municipalities | engine | compile | {' | '.join(names)} |",
            "|" + "---|" * (len(names) + 3),
        ]
        for one in self._finished():
            assert one.used
            steps = {"python": one.used.seconds - sum(one.steps.values()), **one.steps}
            cells = " | ".join(f"{steps[name]:.2f}" for name in names)
            lines.append(f"| {one.size.title} | {NAMES[one.engine]} | {self.compile_seconds:.1f} | {cells} |")
        return "\n".join(lines)

    def _finished(self, engine: str | None = None) -> list[Measured]:
        return [one for one in self.measured if one.used is not None and engine in (None, one.engine)]

    # --- what grows with what ------------------------------------------------------------------------------------------------

    def _lines(self) -> dict[str, dict[str, Line]]:
        """Per engine the lines of seconds and gigabytes, where three lakes at least were measured."""
        found = {}
        for engine in NAMES:
            those = self._finished(engine)
            if len(those) >= 3:
                sizes = [one.size for one in those]
                found[engine] = {
                    "s": fitted(sizes, [one.used.seconds for one in those if one.used]),
                    "GB": fitted(sizes, [one.used.together for one in those if one.used]),
                }
        return found

    def _growth(self) -> list[str]:
        lines = self._lines()
        if not lines:
            return []
        table = [
            "| engine | | fixed | each million rows | each municipality | the line is off by at most |",
            "|" + "---|" * 6,
        ]
        table += [
            f"| {NAMES[engine]} | {unit} | {line.fixed:.2f} | {line.each_million:.2f} | {line.each_municipality:.3f} | "
            f"{line.misses:.0%} |"
            for engine, units in lines.items()
            for unit, line in units.items()
        ]
        rows = self.nation_rows()
        years = NATION_YEARS
        apart = any(one.size.is_one for one in self.measured)
        separate = (
            "The lake with one municipality as large as the largest lake tells what grows with rows from what grows with "
            "municipalities (files to open, a branch each of every relation's query)."
            if apart
            else "Rows and municipalities grow together here, so all that grows is put down to the rows."
        )
        reasoning = (
            f"**{NATION} municipalities and {years} years** are some {rows / 1e6:.0f} million rows: the largest lake "
            "here has "
            f"{self._at_first():.3f} rows for each inhabitant in its first extracts and {self._each_year():.3f} more a "
            "year, and the "
            f"country {INHABITANTS / 1e6:.1f} million inhabitants. Nothing is taken away by gallring in that reckoning, "
            "so it is the "
            f"most that there can be. {separate} By the lines of the table:"
        )
        outcome = [
            f"* {NAMES[engine]}: {_duration(units['s'].at(rows, NATION))}, {units['GB'].at(rows, NATION):.0f} GB "
            f"({units['s'].fixed:.0f} s fixed, {_duration(units['s'].each_million * rows / 1e6)} for rows, "
            f"{_duration(units['s'].each_municipality * NATION)} for municipalities)"
            for engine, units in lines.items()
        ]
        caution = (
            f"That is {rows / max(one.size.rows for one in self.measured):.0f} times the rows of the largest lake that "
            "was measured: a "
            "line can be trusted to say which engine is ahead and which resource ends first, not the minute."
        )
        return ["\n".join(table), reasoning, "\n".join(outcome), caution]

    def _largest(self) -> Size:
        return max((one.size for one in self.measured if not one.size.is_one), key=lambda size: size.rows)

    def _at_first(self) -> float:
        return self._largest().at_first / self._largest().inhabitants

    def _each_year(self) -> float:
        size = self._largest()
        return (size.rows - size.at_first) / self.years / size.inhabitants

    def nation_rows(self) -> float:
        """Rows of the whole country's lake after NATION_YEARS years."""
        return INHABITANTS * (self._at_first() + NATION_YEARS * self._each_year())

    def _verdict(self) -> str:
        lines = self._lines()
        if set(lines) != set(NAMES):
            return ""
        duckdb, spark = lines["duckdb"]["s"], lines["spark"]["s"]
        largest, rows = self._largest(), self.nation_rows()
        ratio = [
            spark_one.used.seconds / duckdb_one.used.seconds
            for duckdb_one in self._finished("duckdb")
            for spark_one in self._finished("spark")
            if spark_one.size == duckdb_one.size and spark_one.used and duckdb_one.used
        ]
        measured = (
            f"**From which size Spark pays.** On this machine ({self.cores} cores) Spark took {min(ratio):.0f} to "
            f"{max(ratio):.0f} "
            "times as long as DuckDB at the sizes measured"
        )
        if spark.each_million >= duckdb.each_million:
            crossing = (
                f", and each further million rows costs it {spark.each_million:.1f} s where DuckDB takes "
                f"{duckdb.each_million:.1f}: "
                "**on one machine it pays at no size.** "
            )
        else:
            at = (spark.fixed - duckdb.fixed) / (duckdb.each_million - spark.each_million)
            crossing = (
                f", but each further million rows costs it {spark.each_million:.2f} s where DuckDB takes "
                f"{duckdb.each_million:.2f}: by the lines it is ahead from some {at:.0f} million rows on, "
                f"{at * 1e6 / max(1, largest.rows):.0f} times the largest lake measured. "
            )
        needed = self.cores * spark.at(rows, NATION) / duckdb.at(rows, NATION)
        cluster = (
            f"For {NATION} municipalities and {NATION_YEARS} years DuckDB would take "
            f"{_duration(duckdb.at(rows, NATION))} and "
            f"{lines['duckdb']['GB'].at(rows, NATION):.0f} GB on a machine like this one. Spark would need some "
            f"{needed:.0f} cores of "
            "this kind, shared out without loss, to be as fast, and DuckDB uses more cores too when it has them. So "
            "Spark is for who "
            "already has a cluster and its data there, or for a lake that no single machine's disk and memory take; it "
            "is not "
            "there to be faster."
        )
        return measured + crossing + cluster


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
