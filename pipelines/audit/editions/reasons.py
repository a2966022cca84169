"""Why a cell of an edition is another number now, or in another edition (audit.md section 3): of several reasons the one with
most units.

Unit by unit that is told for the edition's own period, from what is kept beside it. A public edition also shows other periods,
and of an edition that was exported from another KAA_HOME nothing is kept here: there a cell has the first of the reasons that the
deliveries which have come since can give, and of a figure that rests on consent before these that consents have been withdrawn.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from pipelines.audit.bridges.bridge import build_bridge
from pipelines.audit.bridges.explain import Comparison, EditionState, compared
from pipelines.audit.bridges.ground import Extract
from pipelines.audit.bridges.kept import MADE_WITH, counted_file, figures_of, made_with
from pipelines.audit.bridges.reasons import OF_DELIVERIES, Reason, classified
from pipelines.audit.cell import Cell
from pipelines.audit.editions.cells import CellKey, ChangedCell
from pipelines.audit.editions.folder import DELIVERIES, MODELS, Edition
from pipelines.configuration.catalogue import Figure, read_catalogue
from pipelines.configuration.contract import consent_datasets, load_sources
from pipelines.configuration.municipality import Municipality
from pipelines.history.consents import has_withdrawn_since
from pipelines.runtime.database import open_database
from pipelines.state.home import Version
from pipelines.warehouse.periods import parse_period

#: A delivery that counted, in deliveries.csv.
COUNTED = "accepted"


def state_of(version: Version, edition: Edition, path: Path, private: Path) -> EditionState | None:
    """An edition as a side of a bridge; None where nothing is kept of who was counted, or under pseudonyms of another key."""
    if not counted_file(private).is_file() or (private / MADE_WITH).read_text(encoding="utf-8") != made_with(version):
        return None
    return EditionState(edition.id, path / MODELS, private)


def reasons(
    version: Version,
    municipality: Municipality,
    edition: Edition,
    path: Path,
    earlier: EditionState | None,
    later: EditionState | None,
    changed: Iterable[ChangedCell],
) -> dict[CellKey, str]:
    """The recorded change that explains each cell; a cell that none explains is not in it. ``later``: None is now."""
    of_period = defaultdict(list)
    for cell in changed:
        of_period[cell.key[2]].append(cell.key)
    own = of_period.pop(edition.period, []) if earlier else []
    found = _unit_by_unit(version, municipality, edition.period, earlier, later, own) if earlier and own else {}
    elsewhere = [key for keys in of_period.values() for key in keys]
    if elsewhere and (reason := _by_deliveries(version, path)):
        found |= {key: str(reason) for key in elsewhere}
    if elsewhere and _has_withdrawn_since(version, edition):
        resting = _figures_on_consent(municipality)
        found |= {key: str(Reason.CONSENT_WITHDRAWN) for key in elsewhere if key[0] in resting}
    return found


def _has_withdrawn_since(version: Version, edition: Edition) -> bool:
    with open_database(version.history, read_only=True) as connection:
        return has_withdrawn_since(connection, edition.created)


def _figures_on_consent(municipality: Municipality) -> set[str]:
    datasets = consent_datasets(load_sources(municipality.own_codes))
    return {figure.id for figure in read_catalogue().values() if any(map(figure.rests_on, datasets))}


def _unit_by_unit(
    version: Version,
    municipality: Municipality,
    period_id: str,
    earlier: EditionState,
    later: EditionState | None,
    keys: Iterable[CellKey],
) -> dict[CellKey, str]:
    period = parse_period(period_id, municipality)
    figures = {figure.id: figure for figure in figures_of(period)}
    with compared(version, municipality, period, earlier, later) as states:
        found = {key: _reason(states, figures, key) for key in keys}
    return {key: str(reason) for key, reason in found.items() if reason}


def _reason(states: Comparison, figures: Mapping[str, Figure], key: CellKey) -> Reason | None:
    figure, cell = figures.get(key[0]), Cell(key[0], key[1], *key[3:8])
    if figure is None:  # a median: what moved it are the stays that are counted beside it
        return states.first_possible()
    bridge = build_bridge(states.moved(figure, cell), states.reason_of(figure, cell))
    units: Counter[Reason] = Counter()
    for step in bridge.steps:
        units[step.reason] += len(step.units)
    if not units or units[Reason.UNEXPLAINED]:
        return None
    order = list(Reason)
    return min(units, key=lambda reason: (-units[reason], order.index(reason)))


def _by_deliveries(version: Version, path: Path) -> Reason | None:
    """The first reason that a delivery of the time since gives; None: nothing has come."""
    with (path / DELIVERIES).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["status"] == COUNTED]
    before = {
        (row["source"], day): Extract(row["source"], day, int(row["revision"]), row["delivery_id"])
        for row in rows
        if (day := date.fromisoformat(row["extract_date"]))
    }
    with open_database(version.history, read_only=True) as connection:
        listed = connection.execute("select source, extract_date, revision, delivery_id from extract").fetchall()
        decided = connection.execute("select delivery_id from delivery where decided = 'release'").fetchall()
    after = {(row[0], row[1]): Extract(*row) for row in listed}
    changed = classified(before, after, {name for (name,) in decided})
    return next((reason for reason in OF_DELIVERIES if changed[reason]), None)
