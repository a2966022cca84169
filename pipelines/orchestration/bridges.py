"""Why the report's main numbers are other ones than the year before, as it is published: counts by reason, nobody's rows.

What a reason is and who is in it belongs in ``pipelines.audit.bridges``.
"""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from dashboards.content.annual_report import EXPLAINED
from pipelines.audit.bridges.explain import bridges_of_periods
from pipelines.audit.cell import Cell
from pipelines.configuration.municipality import Municipality
from pipelines.publication.published_file import BridgeRow
from pipelines.state.home import Version
from pipelines.warehouse.ask import built_warehouse
from pipelines.warehouse.periods import Period


def bridge_rows(
    version: Version, municipality: Municipality, periods: Collection[Period], explained: Iterable[Period]
) -> Iterator[BridgeRow]:
    """The steps of each main number of these periods, where the version has the year before too."""
    known = {period.period_id: period for period in periods}
    pairs = [(known[period.previous_id], period) for period in explained if period.previous_id in known]
    cells = [Cell(key.figure, key.measure, category=key.category) for item in EXPLAINED for key in item.number.keys]
    with built_warehouse(version) as connection:
        for cell, period, bridge in bridges_of_periods(connection, version, municipality, cells, pairs):
            name = (cell.figure, cell.measure, cell.category, period.period_id, period.previous_id or "")
            yield *name, 0, None, Decimal(bridge.start), 0
            for place, step in enumerate(bridge.steps, start=1):
                yield *name, place, str(step.reason), step.change, len(step.units)
            yield *name, len(bridge.steps) + 1, None, Decimal(bridge.end), 0
