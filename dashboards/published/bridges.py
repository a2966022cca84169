"""Why numbers are other ones than the year before, as it is published: steps by reason."""

from pathlib import Path
from typing import Any

from dashboards.published.file import connect, rows


def read_bridges(path: Path, period_id: str) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """The steps of each number of a period by figure, measure and category, in their order: the first and the last, which have no
    reason, are the number of the year before and this year's."""
    with connect(path) as connection:
        query = "select * from bridge_step where period = ? order by figure, measure, category, position"
        found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        for row in rows(connection, query, [period_id]):
            found.setdefault((row["figure"], row["measure"], row["category"]), []).append(row)
    return found
