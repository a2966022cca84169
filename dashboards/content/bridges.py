"""Why the report's main numbers are other ones than the year before, for the page ”Varför ändrades siffran?”: from the one number
to the other, step by step. They add up exactly.

What a step's reason is belongs in ``pipelines.audit.bridges``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from dashboards.content.annual_report import EXPLAINED
from dashboards.content.tables import Cell, Definition, definitions
from dashboards.content.traces import TracePage, explain_command, is_traced, traced_number
from dashboards.published.bridges import read_bridges
from dashboards.published.numbers import Number
from dashboards.published.publication import Period
from dashboards.published.report import Published
from dashboards.wording import numbers
from dashboards.wording.letters import capital

#: Reason -> what a step that takes away, and one that adds, is called.
REASONS = {
    "left": ("Inte längre med", "Inte längre med"),
    "came": ("Nya", "Nya"),
    "moved_in": ("Inflyttade", "Inflyttade"),
    "moved_out": ("Utflyttade", "Utflyttade"),
    "category_changed": ("Till en annan kategori", "Från en annan kategori"),
}
STAYED = "stayed"

#: Names the page of questions behind the numbers.
TRACES = "varfor"


@dataclass(frozen=True)
class BridgeStep:
    """A bar: the number of one of the years, or what a reason added or took away."""

    label: str
    text: str
    base: float
    length: float
    role: str
    #: Of a year's number: how to follow it.
    cell: Cell | None = None

    @property
    def top(self) -> float:
        return self.base + self.length


@dataclass(frozen=True)
class Bridge:
    """From the number of the year before to this year's. ``stayed``: how many are in both."""

    id: str
    title: str
    steps: tuple[BridgeStep, ...]
    stayed: str
    definitions: tuple[Definition, ...]
    command: str

    @property
    def alternative(self) -> str:
        """What the diagram says, for who does not see it."""
        steps = "; ".join(f"{step.label}: {step.text}" for step in self.steps)
        return f"Vattenfallsdiagram. {self.title}. {steps}. Alla värden finns i tabellen under diagrammet."


def read(path: Path, data: Published) -> tuple[Bridge, ...]:
    """The bridges of the report's period, in the report's order; none where the year before is not published."""
    published = read_bridges(path, data.period.id)
    found = []
    for item in EXPLAINED:
        (key,) = item.number.keys
        rows = published.get((key.figure, key.measure, key.category))
        # A year of which nothing is known, as before the first extract, is not a year of zero.
        if rows and Cell.of(item.number.at(period=data.before.id), data.value).part is not None:
            found.append(
                Bridge(
                    f"varfor-{key.figure}-{key.measure}-{key.category}".removesuffix("-*").lower().replace("_", "-"),
                    item.label,
                    _steps(rows, item.number, data),
                    numbers.number(sum(row["units"] for row in rows if row["reason"] == STAYED)),
                    definitions(data.catalogue, item.number.keys),
                    explain_command(key._replace(period=data.period.id), data.before.id),
                )
            )
    return tuple(found)


def trace_pages(bridges: Iterable[Bridge], shown_in: str) -> Iterator[TracePage]:
    """The questions behind the years' numbers."""
    found = [
        traced_number(f"{bridge.id}-{place}", f"{bridge.title}, {step.label}", step.cell)
        for bridge in bridges
        for place, step in enumerate(bridge.steps, start=1)
        if step.cell and is_traced(step.cell)
    ]
    if found:
        yield TracePage(TRACES, "Varför ändrades siffran?", shown_in, tuple(found))


def _steps(rows: list[dict[str, Any]], number: Number, data: Published) -> tuple[BridgeStep, ...]:
    before, *moved, now = rows
    steps = [_whole(data.before, before["change"], number, data, "year_before")]
    level = before["change"]
    for row in moved:
        change = row["change"]
        if row["reason"] == STAYED or not change:
            continue
        adds = change > 0
        text = f"+{numbers.number(change)}" if adds else numbers.number(change)
        base = level if adds else level + change
        role = "part_1" if adds else "not_reached"
        steps.append(BridgeStep(REASONS[row["reason"]][adds], text, float(base), float(abs(change)), role))
        level += change
    return (*steps, _whole(data.period, now["change"], number, data, "year"))


def _whole(period: Period, value: Decimal, number: Number, data: Published, role: str) -> BridgeStep:
    """A year's number. Raises ValueError when it is not the published one: then the steps explain something else."""
    cell = Cell.of(number.at(period=period.id), data.value)
    if cell.part != value:
        raise ValueError(f"a bridge of {number} does not lead to its number")
    label = capital(period.label)
    return BridgeStep(label, numbers.number(value), 0.0, float(value), role, cell)
