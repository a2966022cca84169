"""What the receiver will say of a delivery that is made: which rows it will quarantine, and whether it will take the rest.

It is judged by what the receiver judges with (``pipelines.delivery``), from memory: nothing is written. What depends on earlier
deliveries (a volume drop) cannot be said here.
"""

import secrets
from dataclasses import dataclass

from pipelines.configuration.municipality import Municipality
from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.judging import REJECTED, Checked, Ledger
from pipelines.delivery.parsing import FileRecords, taken_apart
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.rows import BatchRows
from pipelines.delivery.source_rows import type_source
from pipelines.notices import message
from pipelines.runtime.errors import UsageError
from pipelines.sending.mapping import Mapping
from pipelines.sending.pack import Packed


@dataclass(frozen=True)
class BadRows:
    """Rows of a dataset that will be quarantined for one reason. ``lines``: where they begin in the delivered file."""

    dataset: str
    column: str
    reason: str
    expected: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Verdict:
    """``repeated``: rows that repeat another exactly, by dataset; ``rejected``: why nothing of it would be taken, if so."""

    bad: list[BadRows]
    repeated: dict[str, int]
    rejected: str | None

    @property
    def quarantined(self) -> int:
        return sum(len(one.lines) for one in self.bad)


def judge(mapping: Mapping, packed: Packed) -> Verdict:
    """Judge a delivery that is packed. Raises UsageError where the receiver could not read one of its files."""
    files: dict[str, dict[int, FileRecords]] = {}
    records: dict[str, DistinctRecords] = {}
    for entry in packed.manifest.files:
        records[entry.dataset] = DistinctRecords()
        dataset = mapping.source.datasets[entry.dataset]
        read = taken_apart(packed.files[entry.name], entry, dataset, records[entry.dataset])
        if read.records is None:  # too large: all else is as the contract wants it
            assert read.fault
            raise UsageError(f"The receiver would not take such a delivery: {message(read.fault.remarks)}")
        files[entry.dataset] = {0: read.records}
    # Nothing is kept under these pseudonyms.
    rows = type_source(mapping.source, files, records, Pseudonymiser(secrets.token_bytes(32)))
    repeated = {name: int(batch.counts["repeated"].sum()) for name, batch in rows.items()}
    bad = [one for name, batch in rows.items() for one in _bad_rows(name, batch)]
    return Verdict(bad, repeated, _rejected(mapping.municipality, packed, rows))


def _bad_rows(dataset: str, batch: BatchRows) -> list[BadRows]:
    kinds = batch.quarantine.group_by("column_name", "reason", "expected", maintain_order=True).agg("line")
    return [
        BadRows(dataset, column, reason, expected, tuple(lines))
        for column, reason, expected, lines in kinds.iter_rows()
    ]


def _rejected(municipality: Municipality, packed: Packed, rows: dict[str, BatchRows]) -> str | None:
    counts = {name: (int(batch.counts["data_rows"].sum()), batch.quarantine.height) for name, batch in rows.items()}
    manifest = packed.manifest
    delivery = Checked(
        delivery_id="",
        folder="",
        source=manifest.source,
        extract_date=manifest.extract_date,
        revision=manifest.revision,
        content=manifest.content,
        rows={name: count for name, (count, _) in counts.items()},
        quarantined={name: count for name, (_, count) in counts.items()},
    )
    judged = Ledger(municipality.thresholds).judge(delivery)
    return judged.message if judged.status == REJECTED else None
