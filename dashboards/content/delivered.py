"""Which numbers of a report have a source at all: a municipality need not have every source, and what it has none of is not shown
as nothing.

That is so of a source that has delivered nothing, ever; one that is late, or has nothing to tell, is another matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from dashboards.content.annual_report import Chapter, Diagram, Fact, Grid, Item, Items, OfJobCentres, Table
from dashboards.published.numbers import Number
from dashboards.published.report import Published

#: Roles of a dataset without which a number cannot be counted; a place is missing at most.
_NEEDED = ("counted", "decides", "occupation")


@dataclass(frozen=True)
class Delivered:
    """What the sources have delivered to what is published."""

    published: Published

    def kept(self, chapter: Chapter) -> Chapter | None:
        """A chapter without the numbers that have no source; None where it would hold nothing more."""
        facts = tuple(fact for fact in map(self._fact, chapter.facts) if fact)
        blocks = tuple(block for block in map(self._block, chapter.blocks) if block)
        if (chapter.facts or chapter.blocks) and not (facts or blocks):
            return None
        return replace(chapter, facts=facts, blocks=blocks)

    def has_source(self, number: Number) -> bool:
        """Whether a number is counted from sources that have delivered."""
        return not any((key.figure, key.measure) in self._without_source for key in number.keys)

    @cached_property
    def _without_source(self) -> frozenset[tuple[str, str]]:
        """Figure and measure of the numbers that are counted from a source that never came."""
        came = {source for _, source in self.published.extracts}
        if not came:  # nothing has come at all: then every table says so
            return frozenset()
        needed = {
            (figure.id, each.measure)
            for figure in self.published.catalogue.values()
            for each in figure.sources
            if each.role in _NEEDED and each.source not in came
        }
        if not needed:  # as where every source delivers: the numbers need not be gone through
            return frozenset()
        return frozenset(needed - {(key.figure, key.measure) for key in self.published.numbers.values})

    def _fact(self, fact: Fact) -> Fact | None:
        if not self.has_source(fact.number):
            return None
        return fact if fact.aside is None or self.has_source(fact.aside[1]) else replace(fact, aside=None)

    def _block(self, block: Table | Diagram) -> Table | Diagram | None:
        grid = self._grid(block.grid)
        if grid is None:
            return None
        finding = block.finding
        told = () if finding is None else (getattr(finding, "share", None) or getattr(finding, "number", None),)
        return replace(block, grid=grid, finding=finding if all(map(self.has_source, filter(None, told))) else None)

    def _grid(self, grid: Grid) -> Grid | None:
        """The grid with those of its rows and columns that have a source."""
        if grid.number and not self.has_source(grid.number):
            return None
        rows, columns = grid.rows, grid.columns
        if isinstance(rows, Items):
            rows = self._items(rows)
        elif isinstance(rows, OfJobCentres):
            rows = replace(rows, of=self._items(rows.of))
        if isinstance(columns, Items):
            columns = self._items(columns)
        left = replace(grid, rows=rows, columns=columns)
        is_empty = any(isinstance(axis, Items) and not axis.items for axis in (rows, columns))
        return None if is_empty else grid if left == grid else left

    def _items(self, items: Items) -> Items:
        return Items(tuple(self._with_source(items.items)))

    def _with_source(self, items: Iterable[Item]) -> Iterable[Item]:
        return (item for item in items if self.has_source(item.number))
