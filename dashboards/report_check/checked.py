"""A whole report checked: what it says against itself and against the warehouse, brought together number by number.

Reading, diagnosis and words each have their own module.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from dashboards.report_check.cells import Cell
from dashboards.report_check.findings import Correction, Evidence, Explanation, Finding, Range, check_inside
from dashboards.report_check.printed_text import PrintedText, Sentence, printed_text
from dashboards.report_check.warehouse import Compared, Warehouse, compare, is_known


@dataclass(frozen=True)
class Checked:
    """The answer about a report."""

    cells: tuple[Cell, ...]
    has_tables: bool
    warehouse: Warehouse | None
    findings: tuple[Finding, ...]
    #: Findings that the report alone could not decide and the warehouse has decided.
    settled: frozenset[Finding]
    compared: tuple[Compared, ...]
    #: Numbers that the warehouse has not published.
    not_compared: tuple[Cell, ...]
    #: Numbers that nothing in the report confirms or contradicts.
    unrelated: frozenset[Cell]
    #: Shares in words or with ”ca” that are loose, and not wrong.
    loose: tuple[Evidence, ...]
    text: PrintedText
    #: How many numbers the report does not tell.
    hidden: int

    @property
    def different(self) -> list[Compared]:
        return [one for one in self.compared if not one.equal]

    @property
    def suspects(self) -> set[Cell]:
        """All numbers that something is said about."""
        return {cell for finding in self.findings for cell in finding.cells} | {one.cell for one in self.different}

    def computed(self, cell: Cell) -> Compared | None:
        return next((one for one in self.compared if one.cell == cell), None)


def check(
    tables: Sequence[Cell], warehouse: Warehouse | None, sentences: Sequence[Sentence] = (), hidden: int = 0
) -> Checked:
    """Check printed numbers inside the report, and against the warehouse where there is one."""
    text = printed_text(sentences, tables)
    cells = [*tables, *text.cells]
    inner = check_inside(cells, warehouse.known_codes) if warehouse else check_inside(cells)
    known = [cell for cell in cells if warehouse and is_known(cell, warehouse.value)]
    compared = tuple(compare(known, warehouse.value)) if warehouse else ()
    different = {one.cell: one for one in compared if not one.equal}
    findings = []
    settled = []
    for finding in inner.findings:
        decided = None if finding.is_certain else _decide(finding, different, set(known))
        findings.append(decided or finding)
        if decided:
            settled.append(decided)
    return Checked(
        cells=tuple(cells),
        has_tables=bool(tables),
        warehouse=warehouse,
        findings=tuple(findings),
        settled=frozenset(settled),
        compared=compared,
        not_compared=tuple(cell for cell in cells if warehouse and cell not in known),
        unrelated=inner.unrelated,
        loose=inner.loose,
        text=text,
        hidden=hidden,
    )


def _decide(finding: Finding, different: dict[Cell, Compared], known: set[Cell]) -> Finding | None:
    """The finding with the one explanation that the warehouse confirms: its numbers, and none of the others, differ there."""
    cells = set(finding.cells)
    if not cells <= known:
        return None
    wrong = cells & set(different)
    for explanation in finding.explanations:
        if explanation.cells == wrong:
            corrections = tuple(_corrected(correction, different) for correction in explanation.corrections)
            return replace(finding, explanations=(Explanation(corrections),), is_complete=True)
    return None


def _corrected(correction: Correction, different: dict[Cell, Compared]) -> Correction:
    computed: Decimal | None = different[correction.cell].computed
    return replace(correction, should_be=Range(computed, computed)) if computed is not None else correction
