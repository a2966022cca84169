"""Asks the published version for a trace: which version answers, and with which keys. What a trace is: ``audit.trace``."""

from datetime import date
from pathlib import Path

from pipelines.audit.cell import Cell
from pipelines.audit.trace import Trace, trace
from pipelines.commands.queries import from_published, is_computed, publication_time
from pipelines.configuration.contract import load_sources
from pipelines.state.home import Home
from pipelines.warehouse.periods import parse_period


def read_trace(home: Home, cell: Cell, period_id: str, as_known: date | None, key: Path | None) -> Trace:
    """The trace of a cell. Raises UsageError when there is no such cell or the key does not fit."""
    period = parse_period(period_id, home.municipality)
    lines = None
    if key:
        from pipelines.audit.lines import ArchivedLines
        from pipelines.commands.restore_keys import read_private_key

        sources = load_sources(home.municipality.district_codes)
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
