"""Delivered files, opened in the archive with its private key and taken apart as the nightly did. No clear text is written
anywhere."""

from datetime import date
from pathlib import Path

from pipelines.configuration.contract import Dataset, Source
from pipelines.delivery.archive import RECORD, SUFFIX, archived_name, open_archived, read_received
from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.manifest import MANIFEST_NAME, read_manifest
from pipelines.delivery.parsing import FileRecords, taken_apart
from pipelines.runtime.errors import UsageError


class ArchivedFiles:
    """The files of an archive, for who holds its private key."""

    def __init__(self, archive: Path, private_key: str, sources: dict[str, Source]) -> None:
        self._archive = archive
        self._key = private_key
        self._sources = sources

    def holds(self, delivery_id: str) -> bool:
        """Whether a delivery is still there."""
        return (self._archive / delivery_id).is_dir()

    def read(self, dataset: Dataset, delivery_id: str) -> tuple[FileRecords, DistinctRecords]:
        """A delivery's file of a dataset, and its records. Raises UsageError when the key does not fit or the file is not in the
        archive as it was loaded."""
        folder = self._archive / delivery_id
        content = open_archived(folder / f"{MANIFEST_NAME}{SUFFIX}", self._key)
        manifest = read_manifest(content, folder, self._sources, date.min).manifest
        file = next((one for one in manifest.files if one.dataset == dataset.name), None) if manifest else None
        if file is None:
            raise other_than_loaded(delivery_id)
        record = folder / RECORD
        names = read_received(open_archived(record, self._key)).files if record.is_file() else {}
        opened = open_archived(folder / names.get(file.name, archived_name(file.name)), self._key)
        records = DistinctRecords()
        read = taken_apart(opened, file, dataset, records)
        if read.records is None:
            raise other_than_loaded(delivery_id)
        return read.records, records


def other_than_loaded(delivery_id: str) -> UsageError:
    """The error for an archived file that does not hold what the history has of it."""
    return UsageError(
        f"The archived delivery {delivery_id} is another than was loaded: run kaa archive verify --key, and restore it from a "
        "backup."
    )
