"""A delivery on its way through the night, and the batch in which it goes."""

from dataclasses import dataclass, field
from datetime import date, datetime

from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.faults import Fault
from pipelines.delivery.find import Found
from pipelines.delivery.manifest import Manifest, ReadManifest
from pipelines.delivery.parsing import ReadFile
from pipelines.notices import Notice


@dataclass
class Candidate:
    """A delivery that has not been seen: what was found, what could be read, and its fault if it has one.

    ``left_alone``: why it is treated tonight as if it had not been seen. ``was_archived``: something of it was archived before.
    """

    found: Found
    read: ReadManifest
    files: dict[str, ReadFile] = field(default_factory=dict)
    fault: Fault | None = None
    left_alone: Notice | None = None
    was_archived: bool = False

    @property
    def manifest(self) -> Manifest:
        assert self.read.manifest is not None
        return self.read.manifest

    @property
    def rows(self) -> int:
        return sum(file.records.count for file in self.files.values() if file.records)

    @property
    def judging_order(self) -> tuple[date, str, int, datetime, str]:
        """What deliveries are sorted by before they are judged (deliveries.md section 2)."""
        manifest = self.manifest
        return manifest.extract_date, manifest.source, manifest.revision, manifest.created, self.found.folder


@dataclass
class Batch:
    """Deliveries of one source that have been read, in the order of judging, and the records of each of its datasets."""

    candidates: list[Candidate]
    records: dict[str, DistinctRecords]

    @property
    def size(self) -> int:
        return sum(each.size for each in self.records.values())
