"""What a run came to, as the version says that it published. Who is told of it belongs in ``monitoring``."""

import json
from dataclasses import dataclass
from typing import Any

from pipelines.delivery.judging import HELD
from pipelines.monitoring.acknowledgements import waiting
from pipelines.notices import kept_notice
from pipelines.runtime.errors import NightlyFailed
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home


@dataclass(frozen=True)
class Outcome:
    """What a nightly came to: counts of deliveries by status judged in it, those that wait for a person, and what else it has to
    tell. ``notices``: each with `code`, `about` (a dict), `sentence` and `waits_for_a_person`; ``waiting_notices``: how many of
    them wait for somebody who has not acknowledged them. ``nothing_new``: only what tells of the night was made anew."""

    version: int
    by_status: dict[str, int]
    held: int
    notices: tuple[dict[str, Any], ...] = ()
    waiting_notices: int = 0
    nothing_new: bool = False

    @property
    def exit_code(self) -> int:
        """2 when this night rejected a delivery, one is held or a notice waits for a person, else 0 (interface.md)."""
        return 2 if self.by_status.get("rejected") or self.held or self.waiting_notices else 0


def published_number(home: Home) -> int:
    """The published version's number; 0 where there is none, or where a restore finds that nobody can say which it is."""
    try:
        current = home.current()
    except NightlyFailed:
        return 0
    return current.number if current else 0


def read_outcome(home: Home, nothing_new: bool = False) -> Outcome:
    """What the published version says of its night. Raises NightlyFailed when it cannot be read."""
    version = home.current()
    assert version is not None
    with open_for_reading(version.history) as connection:
        judged = connection.execute(
            "select status, count(*) from delivery where judged_in = ? and decided is null group by status",
            [version.number],
        ).fetchall()
        held = connection.execute("select count(*) from delivery where status = ?", [HELD]).fetchone()
    with open_for_reading(version.published) as connection:
        answer = connection.execute("select * from notice order by rowid")
        names = [column[0] for column in answer.description or []]
        notices = tuple(_notice(dict(zip(names, row, strict=True))) for row in answer.fetchall())
    return Outcome(
        version.number,
        dict(judged),
        held[0] if held else 0,
        notices,
        len(waiting(home, [kept_notice(one["code"], one["about"]) for one in notices])),
        nothing_new,
    )


def _notice(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"about": json.loads(row.get("about") or "{}")}
