"""Asks the published version's question again: figures that were known on a day do not change by themselves.

The report year as known on the published version's last night is computed again, from the history of that version, with
tonight's SQL, contracts and profile. Where the answer is another, one of these has changed, or something that nobody meant.
Whether the history itself still says the same is compared in ``history.unexplained``.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import Municipality
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Version
from pipelines.warehouse.ask import FIGURE_COLUMNS, ask_models, plain_number
from pipelines.warehouse.parts import FIGURES
from pipelines.warehouse.periods import parse_period

Cell = tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """What a version answered for its report year: cells by the columns of a figure's row without its value."""

    period_id: str
    as_known: date
    figures: frozenset[str]
    values: dict[Cell, Decimal]


@dataclass(frozen=True)
class KnownChange:
    """A cell that was known and is another now; a cell that is not there counts as zero."""

    cell: Cell
    before: Decimal
    now: Decimal

    def __str__(self) -> str:
        figure, measure, period, *dimensions = self.cell
        where = ", ".join(value for value in dimensions if value != "*")
        changed = f"{plain_number(self.before)} before, {plain_number(self.now)} now"
        return f"{figure}/{measure} of {period}{f' ({where})' if where else ''}: {changed}"


def read_known(published: Path) -> Known | None:
    """What a published version answered for the report year of its last night; None where it had no extract."""
    with open_for_reading(published) as connection:
        found = connection.execute(
            "select p.period_id, n.last_extract_date from publication n join period p on p.period_kind = n.report_year_kind "
            "and n.last_extract_date between p.starts_on and p.ends_on"
        ).fetchone()
        if found is None:
            return None
        rows = connection.execute(
            f"select {', '.join(FIGURE_COLUMNS)} from (from figures union all from own_figures) where period = ?",
            [found[0]],
        ).fetchall()
        known = {row[0] for row in connection.execute("select figure from catalogue").fetchall()}
    return Known(found[0], found[1], frozenset(known), _cells(rows))


def ask_again(known: Known, models: Path, history: Path, municipality: Municipality) -> list[KnownChange]:
    """The cells of what was known that these models now compute differently from this history, sorted.

    A figure that was not in the catalogue then was not known.
    """
    period = parse_period(known.period_id, municipality)
    datasets = [
        dataset for source in load_sources(municipality.own_codes).values() for dataset in source.datasets.values()
    ]
    rows = ask_models(models, history, municipality, period, known.as_known, FIGURES, datasets)
    now = _cells(row for row in rows if row[0] in known.figures)
    return [
        KnownChange(cell, known.values.get(cell, Decimal(0)), now.get(cell, Decimal(0)))
        for cell in sorted(known.values.keys() | now.keys())
        if known.values.get(cell, Decimal(0)) != now.get(cell, Decimal(0))
    ]


def _cells(rows: Iterable[tuple[object, ...]]) -> dict[Cell, Decimal]:
    return {tuple(str(value) for value in row[:-1]): Decimal(str(row[-1])) for row in rows}


def is_empty(published: Path) -> bool:
    """Whether no figure of any period has a cell other than zero."""
    with open_for_reading(published) as connection:
        query = "select count(*) from (from figures union all from own_figures) where value <> 0"
        counted = connection.execute(query).fetchone()
    return not (counted and counted[0])


def fingerprint(version: Version, told: Iterable[object]) -> str:
    """What identifies a change of what a version published: who accepts it accepts this one and no other."""
    text = "\n".join([str(version.number), *map(str, told)])
    return hashlib.sha256(text.encode()).hexdigest()
