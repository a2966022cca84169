"""Whether a figure came to what was decided: the targets of the municipality's profile, with where they are written.

A target that was missed by no more than chance explains is still missed: by how much is said. Whether it was met is seen from
the counts, never from a rounded share.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from dashboards.content import annual_report as report
from dashboards.content.readings import Readings
from dashboards.content.tables import Cell, TargetLine
from dashboards.published.catalogue import Figure
from dashboards.published.numbers import Number, Share, one
from dashboards.published.publication import Target
from dashboards.wording import numbers
from dashboards.wording.letters import lower_first

UNITS = {"procent": "%", "antal": "", "dagar": "dagar"}


def number(target: Target) -> Number:
    """The number that it is about."""
    part = one(target.figure, target.measure).at(category=target.category)
    return Share(part, one(target.figure, target.whole)) if target.whole else part


def block_id(target: Target) -> str:
    return f"mal-{target.id}"


def level(target: Target) -> str:
    """`minst 50 %`."""
    return f"{target.direction} {numbers.number(target.value)}{numbers.BLANK}{UNITS[target.unit]}".strip()


def line(target: Target) -> TargetLine:
    """As diagrams draw it."""
    return TargetLine(float(target.value), f"Mål: {level(target)}")


@dataclass(frozen=True)
class Outcome:
    """What came of a target: in the whole municipality, or in one job-centre."""

    target: Target
    cell: Cell

    @property
    def is_known(self) -> bool:
        """Whether anything may be said of it: neither hidden nor a share of nothing."""
        return self.cell.is_known

    @property
    def _above(self) -> Decimal:
        """How far above the target, in its unit; below it is less than zero."""
        part = self.cell.part or Decimal(0)
        reached = 100 * part / (self.cell.whole or 1) if self.cell.is_share else part
        return reached - self.target.value

    @property
    def is_met(self) -> bool:
        # Multiplied, not divided: exactly on the target is on it.
        wanted = self.target.value * (self.cell.whole or 0) / 100 if self.cell.is_share else self.target.value
        part = self.cell.part or Decimal(0)
        return part >= wanted if self.target.direction == "minst" else part <= wanted

    @property
    def text(self) -> str:
        """`54 % av 807`."""
        return self.cell.with_base

    @property
    def missed_by(self) -> str:
        """`38,3 procentenheter under`."""
        size = abs(self._above)
        side = "över" if self._above > 0 else "under"
        if not self.cell.is_share:
            return f"{numbers.number(size)} {side}"
        least = Decimal("0.1")
        tenths = size.quantize(least, ROUND_HALF_UP)
        how_far = numbers.points_in_text(tenths) if tenths else f"mindre än {numbers.points_in_text(least)}"
        return f"{how_far} {side}"

    @property
    def block_id(self) -> str:
        """Its diagram."""
        return block_id(self.target)

    @property
    def description(self) -> str:
        """What is beside its number."""
        whole = f"Av {numbers.number(self.cell.whole or 0)}. " if self.cell.is_share else ""
        missed = "" if self.is_met else f", {self.missed_by}"
        return f"{whole}Målet är {level(self.target)}{missed}. {self.target.source}"

    @property
    def in_a_sentence(self) -> str:
        """What it is about, and how it went, in brackets."""
        title = lower_first(self.target.title)
        return f"{title} ({self.text}, {level(self.target) if self.is_met else self._missed})"

    @property
    def _missed(self) -> str:
        return f"{self.missed_by} målet {level(self.target)}"

    @property
    def finding(self) -> str | None:
        """The heading of its diagram."""
        if not self.is_known:
            return None
        if self.is_met:
            return f"Målet {level(self.target)} är nått: {self.text}"
        return f"Målet {level(self.target)} är inte nått: {self.text}, {self.missed_by} målet"


def outcomes(readings: Readings) -> tuple[Outcome, ...]:
    """Of the targets that held in the period, in the profile's order; those that may not be told are left out."""
    held = (target for target in readings.published.profile.targets if target.holds_in(readings.period))
    found = (outcome(target, readings) for target in held)
    return tuple(each for each in found if each.is_known)


def outcome(target: Target, readings: Readings) -> Outcome:
    """What came of it in the whole municipality; of a period that has not ended, or was not delivered whole, nothing is known."""
    cell = readings.cell(number(target))
    return Outcome(target, cell if readings.published.covers(readings.period) else replace(cell, part=None))


def diagram(target: Target, figure: Figure) -> report.Diagram:
    """By job-centre, where the figure is, beside the year before."""
    shown = number(target)
    share = isinstance(shown, Share)
    columns = (
        *((report.Item("Antal", shown.part), report.Item("Av", shown.whole)) if isinstance(shown, Share) else ()),
        report.Item("Andel" if share else "Antal", shown, role="year"),
    )
    rows = report.JobCentres() if figure.has_dimensions else report.Items((report.Item("Hela kommunen", shown),))
    return report.Diagram(
        id=block_id(target),
        title=report.literal(target.title) + ("{per_job_centre}" if figure.has_dimensions else "") + ", {year}",
        grid=report.Grid(rows=rows, columns=report.Items(columns), corner="Jobbtorg", when="both"),
        notes=tuple(_notes(target)),
        marks=True,
        target=target,
    )


def _notes(target: Target) -> Iterator[str]:
    until = f" till och med {numbers.long_date(target.valid_to)}" if target.valid_to else ""
    yield (
        f"Målet är {level(target)} från och med {numbers.long_date(target.valid_from)}{until}. {target.source}: ”{target.quote}”"
    )
    if target.how:
        yield target.how


def by_job_centre(target: Target, readings: Readings) -> Iterator[str]:
    """At which job-centres it was met, and by how much it was missed at the others; those that may not be told are left out."""
    if not readings.published.covers(readings.period):
        return
    found = {name: Outcome(target, reading.cell) for name, reading in readings.by_job_centre(number(target)).items()}
    known = {name: each for name, each in found.items() if each.is_known}
    if met := [f"{name} ({each.cell.in_text})" for name, each in known.items() if each.is_met]:
        yield f"Nått vid {numbers.listed(met)}."
    if missed := [f"{name} ({each.cell.in_text}, {each.missed_by})" for name, each in known.items() if not each.is_met]:
        yield f"Inte nått vid {numbers.listed(missed)}."
