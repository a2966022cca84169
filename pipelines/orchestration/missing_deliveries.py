"""What did not come: deliveries that have all vanished from the drop folder, and sources that are silent.

A night on which nothing comes looks like a quiet one; this tells them apart. What came is judged in ``delivery``.
"""

from datetime import datetime

from pipelines.configuration.contract import Source
from pipelines.delivery.judging import ACCEPTED, SUPERSEDED
from pipelines.history.store import History
from pipelines.intake.clear_drop import due_deliveries
from pipelines.intake.take_in import TakenIn
from pipelines.notices import Notice, NoticeCode, notice
from pipelines.quality.freshness import came_new, read_freshness, silence
from pipelines.runtime import clock
from pipelines.state.home import Home


def missing_deliveries(
    home: Home, sources: dict[str, Source], history: History, result: TakenIn, now: datetime | None = None
) -> list[Notice]:
    """The notices of what did not come, after the night has taken in what there was.

    Sources are expected by the calendar from the first night on which an extract came when it was new. Before that, while
    old years are taken in, the day is that of the latest extract. ``now``: by the municipality's clocks; by default the clock's.
    """
    now = now or clock.now(home.municipality.timezone)
    if any(
        entry.extract_date and came_new(entry.extract_date, now.date())
        for entry in result.judged
        if entry.status == ACCEPTED
    ):
        history.begin_service(now.date())
    return [
        *_vanished(home, history, result),
        *silence(read_freshness(history.connection, sources, home.municipality, now)),
    ]


def _vanished(home: Home, history: History, result: TakenIn) -> list[Notice]:
    """Whether none of the deliveries that were ever loaded lies in the drop folder any more, and nothing new came."""
    judged = history.ledger(home.municipality.thresholds).judged
    loaded = {one.delivery_id for one in judged.values() if one.status in (ACCEPTED, SUPERSEDED)}
    if (days := home.settings.drop_retention_days) is not None:
        _, now = max(History.nights(history.connection))
        loaded -= due_deliveries(history.connection, days, now)  # removed by the program itself
    if not loaded or result.found & loaded or result.found - judged.keys() or result.judged:
        return []
    return [notice(NoticeCode.DELIVERIES_VANISHED, deliveries=len(loaded), drop=home.drop)]
