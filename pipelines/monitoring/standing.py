"""What is wrong, for the pages of the night that is being made: written into its published file, before anybody is told.

So pages are made from that file alone. What came of the night itself is not known yet then; ``kaa serve`` shows it.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pipelines.monitoring.acknowledgements import Acknowledgement, known_to_somebody
from pipelines.monitoring.known import read_known
from pipelines.monitoring.troubles import OF_NO_PUBLICATION, Trouble, of_notices, standing
from pipelines.notices import Notice
from pipelines.publication.published_file import TroubleRow, write_troubles
from pipelines.runtime import clock
from pipelines.state.home import Home


def publish_troubles(home: Home, published: Path, notices: Iterable[Notice]) -> None:
    """Write what is wrong into a published file, with since when and who has acknowledged it, in place of what stood there."""
    today = clock.today(home.municipality.timezone)
    known, acknowledged = read_known(home.path), known_to_somebody(home)
    found = standing(published, of_notices(notices))
    # A check that was not made tonight warns still.
    earlier = [
        Trouble(one.id, one.code, one.sentence)
        for one in known.open
        if one.code not in OF_NO_PUBLICATION and not found.has(one.id) and not found.is_over(one.id, one.code)
    ]
    rows: list[TroubleRow] = []
    for trouble in (*found.troubles, *earlier):
        before = known.troubles.get(trouble.id)
        begun = before.began.date() if before and before.is_open else today
        rows.append(_row(trouble, begun, acknowledged.get(trouble.id)))
    write_troubles(published, rows)


def _row(trouble: Trouble, begun: date, by: Acknowledgement | None) -> TroubleRow:
    known = (by.who, by.on, by.until, by.because) if by else (None, None, None, None)
    return trouble.id, trouble.code, trouble.sentence, begun, *known
