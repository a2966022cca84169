"""The report of what a question to a lake costs: what was measured, what grows with what, how far that goes, who needs Spark."""

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
_NATION_NIGHTS = NATION * NATION_YEARS


@dataclass(frozen=True)
class Size:
    """A lake that was measured. ``at_first``: rows of persons in the first extracts, ``rows``: in all; ``extracts``: rows that
    say what was delivered. ``is_one``: one municipality with as many inhabitants as the largest lake has."""

    municipalities: int
    years: int
    inhabitants: int
    at_first: int
    rows: int
    extracts: int
    files: int
    bytes: int
    is_one: bool = False

    @property
    def title(self) -> str:
        """As the tables call it."""
        return f"{self.municipalities}" + (", as large as all of these" if self.is_one else "")

    @property
    def nights(self) -> int:
        """Its municipality-years: what files and extracts grow with."""
        return self.municipalities * self.years


@dataclass(frozen=True)
class Measured:
    """What a question took: all processes, and the seconds of each step; ``used`` is None where it was stopped."""

    size: Size
    engine: str
    used: TreeUsed | None
    steps: dict[str, float] = field(default_factory=dict)
    figures: int = 0


@dataclass(frozen=True)
class Line:
    """``fixed + each_million × rows / 10⁶ + each_year × municipality-years``; ``misses``: by how much of what was measured it is
    off at worst."""

    fixed: float
    each_million: float
    each_year: float
    misses: float

    def at(self, rows: float, nights: float) -> float:
        """What it gives for so many rows of persons and municipality-years."""
        return self.fixed + self.each_million * rows / 1e6 + self.each_year * nights


def fitted(sizes: list[Size], values: list[float]) -> Line:
    """The line through what was measured, by the least squares of relative errors; nothing in it is negative. What grows with
    municipality-years is told from what grows with rows only where one lake has many rows and one municipality."""
    apart = _tells_apart(sizes)
    columns = [[1.0, size.rows / 1e6, float(size.nights) if apart else 0.0] for size in sizes]
    matrix = np.array(columns) / np.array(values)[:, None]
    found, _ = nnls(matrix, np.ones(len(values)))
    misses = float(np.max(np.abs(matrix @ found - 1.0)))
    return Line(float(found[0]), float(found[1]), float(found[2]), misses)


def _tells_apart(sizes: list[Size]) -> bool:
    return any(size.is_one for size in sizes)


@dataclass
class LakeReport:
    """What came of a run. ``compile_seconds``: what dbt took for the models' SQL; ``cores``: of the machine; ``limit``: seconds
    after which an answer was stopped."""

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
        parts = [self._head(), self._table(), self._steps()]
        if self._lines():
            parts += [self._growth(), self._nation(), self._verdict()]
        return "\n\n".join(part for part in parts if part) + "\n"

    # --- what was measured -----------------------------------------------------------------------------------------------

    def _head(self) -> str:
        return _said(
            f"Measured on {self.day} on {self.machine}: all figures of `{self.period}`, asked of lakes of {self.years}",
            f"years of nightly extracts; Spark on `{self.master}`. Seconds are by the clock, from the start of the process",
            f"to its end, without the {self.compile_seconds:.1f} s in which dbt compiles the models: that is the same for",
            "both engines and every size. Memory is the most that all processes of an answer held together (of Spark:",
            "Python, driver and executors), and that one of them held. Where both engines answered, they gave the same rows.",
        )

    def _table(self) -> str:
        heads = ["municipalities", "inhabitants", "rows of persons", "rows of extracts", "files", "MB", "engine", "s"]
        heads += ["processor s", "GB together", "GB in one process", "rows of figures"]
        rows = []
        for one in self.measured:
            size, used = one.size, one.used
            cells = [size.title, *map(_whole, (size.inhabitants, size.rows, size.extracts, size.files))]
            cells += [f"{size.bytes / 1e6:.1f}", NAMES[one.engine]]
            if used is None:
                cells += [f"stopped after {self.limit:.0f}", *[""] * 4]
            else:
                cells += [f"{used.seconds:.1f}", f"{used.processor:.1f}", f"{used.together:.2f}", f"{used.largest:.2f}"]
                cells.append(_whole(one.figures))
            rows.append(cells)
        return _table(heads, rows)

    def _steps(self) -> str:
        """Where the seconds of an answer go."""
        heads = ["municipalities", "engine", "compile", "program", *STEPS]
        rows = []
        for one in self._finished():
            assert one.used
            steps = {"program": one.used.seconds - sum(one.steps.values()), **one.steps}
            seconds = [f"{self.compile_seconds:.1f}", *(f"{steps[name]:.2f}" for name in ("program", *STEPS))]
            rows.append([one.size.title, NAMES[one.engine], *seconds])
        meaning = _said(
            "Where the seconds of one question go: `compile` has dbt make the models' SQL, `program` starts Python and reads the",
            "manifests, `start` the engine, `read` finds the files, `merge` makes one history of the municipalities',",
            "`inputs` writes the profile and the period, `models` makes the models, `fetch` gets the figures, `end` ends it.",
        )
        return f"{meaning}\n\n{_table(heads, rows)}"

    def _finished(self, engine: str | None = None) -> list[Measured]:
        return [one for one in self.measured if one.used is not None and engine in (None, one.engine)]

    # --- what grows with what --------------------------------------------------------------------------------------------

    def _lines(self) -> dict[str, dict[str, Line]]:
        """Per engine the lines of seconds and gigabytes, where three lakes at least were measured."""
        found = {}
        for engine in NAMES:
            those = [(one.size, one.used) for one in self._finished(engine) if one.used]
            if len(those) >= 3:
                sizes = [size for size, _ in those]
                found[engine] = {
                    "s": fitted(sizes, [used.seconds for _, used in those]),
                    "GB": fitted(sizes, [used.together for _, used in those]),
                }
        return found

    def _growth(self) -> str:
        heads = ["engine", "", "fixed", "each million rows of persons", "each municipality and year"]
        rows = [
            [NAMES[engine], unit, f"{line.fixed:.2f}", f"{line.each_million:.2f}", f"{line.each_year:.3f}",
             f"{line.misses:.0%}"]
            for engine, units in self._lines().items()
            for unit, line in units.items()
        ]  # fmt: skip
        return _table([*heads, "the line is off by at most"], rows)

    def _nation(self) -> str:
        rows, size = self.nation_rows(), self._largest()
        largest = max(one.size.rows for one in self.measured)
        if _tells_apart([one.size for one in self.measured]):
            apart = _said(
                "The lake of one municipality as large as all of the largest lake tells what grows with rows of persons from",
                "what grows with municipalities and years: files to open and rows of extracts.",
            )
        else:
            apart = "Rows and municipalities grow together here, so all that grows is put down to the rows."
        reasoning = _said(
            f"**{NATION} municipalities and {NATION_YEARS} years** are some {rows / 1e6:.0f} million rows of persons: the",
            f"largest lake has {size.at_first / size.inhabitants:.3f} for each inhabitant in its first extracts and",
            f"{self._each_year():.3f} more a year, and the country has {INHABITANTS / 1e6:.1f} million inhabitants. Nothing is",
            f"taken away by gallring in that reckoning, so it is the most that there can be. {apart} By the lines of the table:",
        )
        outcome = "\n".join(
            _said(
                f"* {NAMES[engine]}: {_duration(units['s'].at(rows, _NATION_NIGHTS))} ({units['s'].fixed:.0f} s fixed,",
                f"{_duration(units['s'].each_million * rows / 1e6)} for rows,",
                f"{_duration(units['s'].each_year * _NATION_NIGHTS)} for municipalities and years) and",
                f"{units['GB'].at(rows, _NATION_NIGHTS):.0f} GB",
            )
            for engine, units in self._lines().items()
        )
        caution = _said(
            f"That is {rows / largest:.0f} times the rows of the largest lake that was measured: such a line says which engine",
            "is ahead and which resource ends first, and not the minute.",
        )
        return "\n\n".join((reasoning, outcome, caution))

    def _largest(self) -> Size:
        return max((one.size for one in self.measured if not one.size.is_one), key=lambda size: size.rows)

    def _each_year(self) -> float:
        size = self._largest()
        return (size.rows - size.at_first) / size.years / size.inhabitants

    def nation_rows(self) -> float:
        """Rows of persons of the whole country's lake after NATION_YEARS years."""
        size = self._largest()
        return INHABITANTS * (size.at_first / size.inhabitants + NATION_YEARS * self._each_year())

    def _verdict(self) -> str:
        """From which size Spark pays, and on what."""
        lines = self._lines()
        if set(lines) != set(NAMES):
            return ""
        duckdb, spark, rows = lines["duckdb"]["s"], lines["spark"]["s"], self.nation_rows()
        times = [
            other.used.seconds / one.used.seconds
            for one in self._finished("duckdb")
            for other in self._finished("spark")
            if one.size == other.size and one.used and other.used
        ]
        begin = _said(
            f"**From which size Spark pays.** On this machine ({self.cores} cores) Spark took {min(times):.0f} to",
            f"{max(times):.0f} times as long as DuckDB at the sizes measured.",
        )
        # A million rows more of a country that grows as a whole bring their share of municipality-years.
        share = _NATION_NIGHTS / (rows / 1e6)
        slow, slower = duckdb.each_million + duckdb.each_year * share, spark.each_million + spark.each_year * share
        here = _said(
            f"Each further million rows, with its share of municipalities and years, costs Spark {slower:.1f} s and DuckDB",
            f"{slow:.1f} s:",
        )
        if slower >= slow:
            verdict = "**on one machine of this kind Spark pays at no size.**"
        else:
            at = (spark.fixed - duckdb.fixed) / (slow - slower)
            verdict = f"**on one machine of this kind Spark is ahead from some {at:.0f} million rows of persons on.**"
        by_duckdb, by_spark = duckdb.at(rows, _NATION_NIGHTS), spark.at(rows, _NATION_NIGHTS)
        whole = (
            f"For {NATION} municipalities and {NATION_YEARS} years DuckDB takes some {_duration(by_duckdb)} and "
            f"{lines['duckdb']['GB'].at(rows, _NATION_NIGHTS):.0f} GB here."
        )
        if by_spark > by_duckdb > spark.fixed:
            cores = self.cores * (by_spark - spark.fixed) / (by_duckdb - spark.fixed)
            whole = _said(
                whole,
                f"A cluster would need some {cores:.0f} such cores, and share out all but the fixed part without loss, to be as",
                "fast as that; DuckDB too is faster where it has more cores.",
            )
        end = _said(
            "So Spark is for who has a cluster and the data there already, or a lake that no single machine's memory and disk",
            "take; nobody should set one up to be faster.",
        )
        return " ".join((begin, here, verdict, whole, end))


def _said(*parts: str) -> str:
    return " ".join(parts)


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _whole(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
