"""Fills an edition's folder from the published version; how a report's files are made is its callers' to say."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipelines.audit.editions.cells import published_figures
from pipelines.audit.editions.folder import (
    CATALOGUE,
    CHECKS,
    CONTRACTS,
    DELIVERIES,
    FIGURES,
    MODELS,
    PROFILE,
    READ_ME,
    REPORT,
    REPORT_DATA,
    Kind,
    as_json,
)
from pipelines.audit.editions.open_warnings import CHECK_COLUMNS, FIGURE, OPEN, PASSED, Check
from pipelines.audit.editions.read_me import read_me
from pipelines.configuration.contract import CONTRACTS as CONTRACT_FILES
from pipelines.configuration.contract import read_contract
from pipelines.configuration.municipality import Municipality
from pipelines.delivery.judging import SUPERSEDED
from pipelines.history.consents import withdrawing_deliveries
from pipelines.runtime.csv_text import csv_text
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Version
from pipelines.warehouse.periods import Period

#: Makes the report's files in a folder.
MakeReport = Callable[[Version, Path], object]

DELIVERY_COLUMNS = ("source", "extract_date", "revision", "delivery_id", "status", "dataset", "file", "sha256", "rows")

#: The extracts that count, and the superseded deliveries that withdrew consents, with their files; names of files are masked as
#: everywhere.
_DELIVERIES = """
select d.source, d.extract_date, d.revision, d.delivery_id, d.status, d.source || '/' || f.dataset, f.file, lower(f.sha256),
    f.rows
from delivery d join delivered_file f using (delivery_id)
where d.delivery_id in (select delivery_id from extract)
    or (d.status = $superseded and list_contains($withdrawing, d.delivery_id))
order by all
"""


def freeze(
    folder: Path,
    edition_id: str,
    kind: Kind,
    version: Version,
    municipality: Municipality,
    period: Period,
    checks: Sequence[Check],
    make_report: MakeReport,
) -> None:
    """Write every file of an edition but those that prove it."""
    make_report(version, folder / REPORT)
    if kind == "internal":
        _write(folder / REPORT_DATA, published_figures(version, period))
    (folder / FIGURES).write_bytes((folder / REPORT_DATA).read_bytes())
    (folder / CATALOGUE).write_bytes(as_json(_catalogue(version)))
    (folder / MODELS).write_bytes(version.models.read_bytes())
    _copy_contracts(folder / CONTRACTS, municipality)
    _write(folder / DELIVERIES, _deliveries(version, kind))
    _write(folder / CHECKS, csv_text(CHECK_COLUMNS, _check_rows(checks, kind)))
    _write(folder / READ_ME, read_me(edition_id, kind, municipality.title, period.title))


def contract_versions() -> dict[str, str]:
    """The version of each source's contract."""
    contracts = (read_contract(path) for path in sorted(CONTRACT_FILES.glob("*.odcs.yaml")))
    return {str(contract.id): str(contract.version) for contract in contracts}


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def _catalogue(version: Version) -> list[dict[str, Any]]:
    """Each published figure with its definition and its measures, as the catalogue had them then."""
    with open_for_reading(version.published) as connection:
        figures = connection.execute("from catalogue order by position, figure").pl().to_dicts()
        measures = connection.execute("from catalogue_measure order by figure, position").pl().to_dicts()
    return [
        {**figure, "measures": [one for one in measures if one["figure"] == figure["figure"]]} for figure in figures
    ]


def _copy_contracts(folder: Path, municipality: Municipality) -> None:
    """The contracts and code lists, and the municipality's profile, that the numbers were made with."""
    for path in [*CONTRACT_FILES.glob("*.odcs.yaml"), *(CONTRACT_FILES / "code_lists").glob("*.yaml")]:
        copy = folder / path.relative_to(CONTRACT_FILES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    profile = json.loads(municipality.model_dump_json())
    _write(folder / PROFILE, yaml.safe_dump(profile, allow_unicode=True, sort_keys=True))


def _deliveries(version: Version, kind: Kind) -> str:
    with open_for_reading(version.history) as connection:
        withdrawing = {"superseded": SUPERSEDED, "withdrawing": withdrawing_deliveries(connection)}
        rows = connection.execute(_DELIVERIES, withdrawing).fetchall()
    shown = len(DELIVERY_COLUMNS) - (kind == "public")
    return csv_text(DELIVERY_COLUMNS[:shown], [row[:shown] for row in rows])


def _check_rows(checks: Sequence[Check], kind: Kind) -> list[tuple[str, ...]]:
    """A public edition says which checks there were and how they ended, and no number that they found."""
    shown = [one for one in checks if kind == "internal" or not one.check.startswith(FIGURE)]
    return [(*one[:4], OPEN if one.is_open else PASSED, one.detail if kind == "internal" else "") for one in shown]
