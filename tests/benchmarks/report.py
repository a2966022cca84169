"""The report of a benchmark, in Markdown: what was measured, on what, and of each aim whether it was met."""

import platform
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median

from tests.benchmarks.growth import Cost, Costs, grown_too_fast
from tests.benchmarks.measure import Used
from tests.benchmarks.nights import Latency, Pair, Steps

__all__ = ["Latency", "Nation", "Report"]

#: Models that the table of growth shows.
SHOWN = 8


@dataclass(frozen=True)
class Nation:
    """Twenty nights of the country (bytes of their files) at once, one more, and the steps of that."""

    size: int
    backlog: Used
    more: Used
    steps: Steps


@dataclass
class Report:
    """What came of a run on a day; ``size``: bytes of the year's files."""

    day: date
    nights: int
    size: int
    pairs: list[Pair] = field(default_factory=list)
    costs: dict[int, Costs] = field(default_factory=dict)
    nation: Nation | None = None

    def last_pair(self) -> str:
        """The last pair as a line for who watches."""
        pair = self.pairs[-1]
        return (
            f"by hand {pair.by_hand.seconds:.1f} s, pandas {pair.by_pandas.seconds:.1f} s, the year {pair.year.seconds:.1f} s, "
            f"a night more {pair.ordinary.seconds:.1f} s, nothing new {pair.quiet.seconds:.1f} s: "
            f"{pair.times_by_hand:.2f} times by hand"
        )

    def as_markdown(self) -> str:
        """The whole report."""
        parts = [self._head(), self._aims(), self._rounds(), self._parts(), self._models()]
        return "\n\n".join([*parts, *([_country(self.nation)] if self.nation else [])]) + "\n"

    # --- the parts of the report -----------------------------------------------------------------------------------------

    def _head(self) -> str:
        return (
            f"Measured on {self.day} on {machine()}: {self.nights} nights, {self.size / 1e9:.2f} GB of CSV, "
            f"{len(self.pairs)} rounds. Seconds are by the clock where nothing else is said; memory is what the largest process "
            "held."
        )

    def _aims(self) -> str:
        pairs = self.pairs
        worst = max(pair.times_by_hand for pair in pairs)
        own = [pair.steps.get("take_in", 0.0) for pair in pairs]
        rows = [
            ("the year less an ordinary night, times by hand (worst round)", worst, 3.0, "times"),
            ("the same, the further aim", worst, 2.0, "times"),
            (
                "the year, in the time of pandas (worst)",
                max(p.year.seconds / p.by_pandas.seconds for p in pairs),
                1.0,
                "times",
            ),
            ("an ordinary night (median)", median(pair.ordinary.seconds for pair in pairs), 15.0, "s"),
            ("of which taking in (median)", median(own), 3.0, "s"),
            ("a night with nothing new (median)", median(pair.quiet.seconds for pair in pairs), 3.0, "s"),
            (f"night {self.nights + 1} to night 6 (median)", median(pair.grown for pair in pairs), 1.1, "times"),
            ("memory, most of any night", max(max(p.year.memory, p.ordinary.memory) for p in pairs), 1.0, "GB"),
            *((one.question, one.seconds, one.aim, "s") for one in self._latencies()),
        ]
        if self.nation:
            rows.append(("the country: one more night", self.nation.more.seconds, 60.0, "s"))
            memory = max(self.nation.backlog.memory, self.nation.more.memory)
            rows.append(("the country: memory", memory, 8.0, "GB"))
        lines = [
            f"| {what} | {value:.2f} {unit} | {aim:g} {unit} | {'yes' if value <= aim else '**no**'} |"
            for what, value, aim, unit in rows
        ]
        return "\n".join(["| aim | measured | at most | met |", "|---|---|---|---|", *lines])

    def _latencies(self) -> list[Latency]:
        """The median of the rounds' answers."""
        return [
            Latency(one.question, median(pair.latencies[place].seconds for pair in self.pairs), one.aim)
            for place, one in enumerate(self.pairs[0].latencies)
        ]

    def _rounds(self) -> str:
        head = (
            "| round | by hand | pandas | the year | processor | memory | a night more | less that | times by hand | night 6 | "
            "nothing new |",
            "|" + "---|" * 11,
        )
        lines = [
            f"| {number} | {p.by_hand.seconds:.1f} | {p.by_pandas.seconds:.1f} | {p.year.seconds:.1f} | {p.year.processor:.1f} | "
            f"{p.year.memory:.2f} GB | {p.ordinary.seconds:.1f} | {p.own:.1f} | {p.times_by_hand:.2f} | {p.sixth.seconds:.1f} | "
            f"{p.quiet.seconds:.1f} |"
            for number, p in enumerate(self.pairs, start=1)
        ]
        return "\n".join([*head, *lines])

    def _parts(self) -> str:
        """Where an ordinary night goes."""
        names = list(dict.fromkeys(name for pair in self.pairs for name in pair.steps))
        rows = [(name, median(pair.steps.get(name, 0.0) for pair in self.pairs)) for name in names]
        rows.append(("start-up, end and between the steps", median(pair.start_up for pair in self.pairs)))
        return _table("where an ordinary night goes", rows)

    def _models(self) -> str:
        """The models that take the most, by the number of nights."""
        sizes = sorted(self.costs)
        if not sizes:
            return "Growth was not measured."
        largest = self.costs[sizes[-1]]
        names = sorted(largest, key=lambda name: -largest[name].seconds)[:SHOWN]
        head = " | ".join(f"{size} nights" for size in sizes)
        lines = [
            f"| `{name}` | "
            + " | ".join(f"{cost.seconds:.2f} s, {cost.rows} rows" if cost else "" for cost in self._costs(name, sizes))
            + " |"
            for name in names
        ]
        grown = grown_too_fast(self.costs)
        verdict = "No model's time grows faster than its rows." if not grown else "\n".join(f"- {one}" for one in grown)
        return "\n".join([f"| the largest models | {head} |", "|" + "---|" * (len(sizes) + 1), *lines, "", verdict])

    def _costs(self, name: str, sizes: list[int]) -> list[Cost | None]:
        return [self.costs[size].get(name) for size in sizes]


def _country(nation: Nation) -> str:
    words = (
        f"The country, twenty nights at once ({nation.size / 1e9:.2f} GB with the one after): {nation.backlog.seconds:.1f} s, "
        f"{nation.backlog.memory:.2f} GB; one more night {nation.more.seconds:.1f} s, {nation.more.memory:.2f} GB."
    )
    return words + "\n\n" + _table("where the country's night goes", list(nation.steps.items()))


def _table(title: str, rows: list[tuple[str, float]]) -> str:
    return "\n".join([f"| {title} | s |", "|---|---|", *(f"| {name} | {seconds:.1f} |" for name, seconds in rows)])


def machine() -> str:
    """The processor, its cores and the memory."""
    names = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    model = names[0].partition(": ")[2] if names else platform.machine()
    return f"{len(names)} × {model}, {memory * 1024 / 1e9:.0f} GB of memory, Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
