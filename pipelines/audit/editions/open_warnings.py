"""What is open in the published version: warnings of the checks and what waits for a person. An edition accepts each of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import duckdb

from pipelines.audit.editions.folder import Accepted
from pipelines.runtime.errors import UsageError
from pipelines.state.databases import open_for_reading
from pipelines.state.decision_log import checked_reason
from pipelines.state.home import Version


class Check(NamedTuple):
    """A check of the night and its outcome. ``detail``: in Swedish; a public edition leaves it out, for it may name numbers."""

    check: str
    source: str
    dataset: str
    title: str
    is_open: bool
    detail: str


CHECK_COLUMNS = ("check", "source", "dataset", "title", "outcome", "detail")
PASSED, OPEN = "passed", "warning"

#: The figures that were compared with other nights' (figures/<check>/…): internal numbers.
FIGURE = "figure/"

_CONTRACT_CHECKS = """
select 'contract/' || source || '/' || dataset || '/' || check_name, source, dataset, check_name, not success, detail
from contract_check order by all
"""
_FIGURE_CHECKS = """
select concat_ws('/', 'figure', check_name, compared_with, nullif(group_kind, 'all'), nullif(group_code, '*')), '', '', title,
    is_warning, title || ': ' || value || ' den ' || on_date || ', ' || compared_value || ' den ' || compared_date || '.'
from figure_check order by all
"""
_NOTICES = "select code, sentence from notice where waits_for_a_person order by all"
_HELD = "select delivery_id, coalesce(source, ''), message from delivery where status = 'held' order by all"


def read_checks(version: Version) -> list[Check]:
    """All checks of the published version, and what else is open."""
    with open_for_reading(version.published) as connection:
        has_figure_checks = bool(
            connection.execute("select 1 from duckdb_tables() where table_name = 'figure_check'").fetchall()
        )
        rows = connection.execute(_CONTRACT_CHECKS).fetchall()
        rows += connection.execute(_FIGURE_CHECKS).fetchall() if has_figure_checks else []
        checks = [
            Check(check, source, dataset, title, is_open, " ".join((detail or title).split()))
            for check, source, dataset, title, is_open, detail in rows
        ]
        return [*checks, *_waiting(connection)]


def _waiting(connection: duckdb.DuckDBPyConnection) -> Iterable[Check]:
    """Notices that wait for a person, several of a kind numbered, and held deliveries."""
    of_kind: dict[str, list[str]] = defaultdict(list)
    for code, sentence in connection.execute(_NOTICES).fetchall():
        of_kind[code].append(sentence)
    for code, sentences in of_kind.items():
        for place, sentence in enumerate(sentences, start=1):
            number = f"/{place}" if len(sentences) > 1 else ""
            yield Check(f"notice/{code}{number}", "", "", code, True, " ".join(sentence.split()))
    for delivery_id, source, message in connection.execute(_HELD).fetchall():
        yield Check(f"held/{delivery_id}", source, "", "held", True, " ".join((message or "").split()))


class OpenWarnings(UsageError):
    """Warnings that nobody has accepted, one ``CHECK<TAB>sentence`` a line."""

    def __init__(self, checks: Sequence[Check]) -> None:
        super().__init__("\n".join(f"{one.check}\t{one.detail}" for one in checks))


def accept(checks: Sequence[Check], accepted: Mapping[str, str]) -> list[Accepted]:
    """What is accepted, with its reason, by the check's name.

    Raises OpenWarnings when something else is open, UsageError when a check is not open or a reason says nothing.
    """
    found = {one.check: one for one in checks if one.is_open}
    if not_open := [name for name in accepted if name not in found]:
        raise UsageError(f"{not_open[0]!r} is not open, so there is nothing to accept: leave this --accept out.")
    if left := [one for name, one in found.items() if name not in accepted]:
        raise OpenWarnings(left)
    return [Accepted(check=name, because=checked_reason(accepted[name])) for name in sorted(accepted)]
