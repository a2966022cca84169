"""Asks the published version for traces and bridges: which version answers, and with which keys. What they are: ``audit``."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.audit.bridges.explain import Explained, explain_editions, explain_knowledge, explain_periods
from pipelines.audit.cell import Cell
from pipelines.audit.editions.reasons import state_of
from pipelines.audit.editions.store import Editions
from pipelines.audit.trace import Trace, trace
from pipelines.commands.queries import from_published, is_computed, publication_time
from pipelines.configuration.contract import load_sources
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.home import Home, Version
from pipelines.warehouse.periods import parse_period

if TYPE_CHECKING:
    from dashboards.published.numbers import NumberKey

#: What stands in the place of an edition where the published figures are meant.
NOW = "now"


def trace_for_page(home: Home, key: "NumberKey") -> dict[str, Any]:
    """The answer that `kaa serve` shows, with the first of its rows; who asks is in the access log before it is shown.

    Raises NoTrace when there is none, and when the log cannot be written.
    """
    from dashboards.content.traces import command
    from dashboards.pages.traced import MOST_ROWS, NoTrace
    from pipelines.audit.access_log import log_access

    fields = key._asdict()
    del fields["municipality"]  # this one's
    period_id = fields.pop("period")
    try:
        found = read_trace(home, Cell(**fields), period_id, None, None).as_json()
        rows = found["rows"][:MOST_ROWS]
        log_access(home, f"kaa serve: {command(key)}", len(rows))
    except (NightlyFailed, UsageError) as error:
        raise NoTrace(str(error)) from error
    return found | {"rows": rows, "all_rows": len(found["rows"])}


def read_trace(home: Home, cell: Cell, period_id: str, as_known: date | None, key: Path | None) -> Trace:
    """The trace of a cell. Raises UsageError when there is no such cell or the key does not fit."""
    period = parse_period(period_id, home.municipality)
    lines = None
    if key:
        from pipelines.audit.lines import ArchivedLines
        from pipelines.state.keys import read_private_key

        sources = load_sources(home.municipality.own_codes)
        lines = ArchivedLines(home.archive, read_private_key(key).private, sources, home.pseudonym_key)
    return from_published(
        home,
        lambda version: trace(
            version,
            home.municipality,
            cell,
            period,
            as_known,
            is_computed(version, period),
            publication_time(version, home.municipality),
            lines,
        ),
    )


def read_explained(
    home: Home,
    cell: Cell,
    between: tuple[str | None, str | None],
    period_id: str | None,
    days: tuple[date | None, date | None],
) -> Explained:
    """The bridge of a cell. Raises UsageError when the question is none, or names what there is not."""
    start_of, end_of = between
    earlier, later = days
    municipality = home.municipality
    if period_id and earlier and later and not (start_of or end_of):
        period = parse_period(period_id, municipality)
        return from_published(
            home, lambda version: explain_knowledge(version, municipality, cell, period, earlier, later)
        )
    if not (start_of and end_of) or period_id or earlier or later:
        raise UsageError("Give --from and --to, or --period with --as-known and --and-known.")
    editions = Editions(home)
    if editions.names(start_of) or editions.names(end_of):
        return _between_editions(home, editions, cell, start_of, end_of)
    first, second = parse_period(start_of, municipality), parse_period(end_of, municipality)
    return from_published(home, lambda version: explain_periods(version, municipality, cell, first, second))


def _between_editions(home: Home, editions: Editions, cell: Cell, start_of: str, end_of: str) -> Explained:
    """From an edition to another of the same period, or to now."""
    first, second = editions.get(start_of), None if end_of == NOW else editions.get(end_of)
    if second and second.edition.period != first.edition.period:
        raise UsageError(f"{start_of} and {end_of} are of two periods: give the periods themselves.")
    period = parse_period(first.edition.period, home.municipality)

    def ask(version: Version) -> Explained:
        earlier, later = (
            state_of(version, one.edition, one.path, editions.private(one.edition.id)) if one else None
            for one in (first, second)
        )
        if earlier is None or (second and later is None):
            raise UsageError(
                "Of an edition nothing is kept here of who was counted, or the pseudonym key has been rotated since: its numbers "
                "cannot be bridged unit by unit. kaa edition diff names the cells that differ."
            )
        return explain_editions(version, home.municipality, cell, period, earlier, later)

    return from_published(home, ask)
