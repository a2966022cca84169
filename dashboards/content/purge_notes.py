"""What a reader must be told where numbers may lack persons who have been purged (gallring, förordning (2006:39) 7 §), and how
much it can matter at most.

    for sentence in lacking(data, cells): ...    # one for each period of these numbers that may lack somebody

Pages and documents show the same words. Who is purged is decided elsewhere; this only words the published protocol.
"""

from collections import defaultdict
from collections.abc import Iterable

from dashboards.content.tables import Cell
from dashboards.published.catalogue import Source
from dashboards.published.publication import Period
from dashboards.published.purging import PurgedOfDataset
from dashboards.published.report import Published
from dashboards.wording import numbers
from dashboards.wording.letters import capital

LAW = f"7{numbers.BLANK}§ förordningen (2006:39)"

#: What rows have to do with what is counted, those that there must be first.
_ROLES = (("in_register", "counted"), ("decides", "occupation"), ("place",))


def lacking(data: Published, cells: Iterable[Cell]) -> tuple[str, ...]:
    """A sentence for each period of which these numbers may lack somebody, the earliest first."""
    if not data.purges:
        return ()
    shown: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for cell in cells:
        for key in cell.number.keys if cell.number and cell.part is not None else ():
            shown[key.period].add((key.figure, key.measure))
    sentences = []
    for period in data.periods:
        most = max((_most(data, *measure, period) for measure in shown.get(period.id, ())), default=0)
        if most:
            sentences.append(_sentence(period, most))
    return tuple(sentences)


def _sentence(period: Period, most: int) -> str:
    persons = numbers.counted(most, "person", "personer")
    return (
        f"{capital(period.title)}: uppgifter om högst {persons} som kan ha räknats här är gallrade ({LAW}). "
        "Talen kan därför vara lägre än när de först publicerades, men inte mer än så många personer gör."
    )


def _most(data: Published, figure: str, measure: str, period: Period) -> int:
    """How many purged persons a measure may at most have counted in a period. Nobody counts who is not in the register, or has no
    record, where the measure needs that; of what else it rests on, one row may be enough."""
    if not data.catalogue[figure].has_dimensions:
        return 0  # Answers and key numbers are about nobody.
    touching = [entry for entry in data.purges if entry.touches(period)]
    sources = [each for each in data.catalogue[figure].sources if each.measure == measure]
    by_role = {role: [_persons(touching, each) for each in sources if each.role in role] for role in _ROLES}
    needed, deciding, placing = (by_role[role] for role in _ROLES)
    return min(needed) if needed else max(deciding or placing or [0])


def _persons(entries: Iterable[PurgedOfDataset], source: Source) -> int:
    """Those who have aged are other persons each time. What came late may be the same old rows again, year after year."""
    found = [entry for entry in entries if entry.dataset in (f"{source.source}/{source.dataset}", "*")]
    aged = sum(entry.persons for entry in found if entry.has_aged)
    return aged + max((entry.persons for entry in found if not entry.has_aged), default=0)
