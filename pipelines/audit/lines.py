"""On which line of its file a delivered row stands, by the archive's private key: the file is opened and taken
apart as the nightly did.

The history does not know it: a row that repeats night after night is kept once. No clear text is written anywhere.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.audit.evidence import DeliveredRow, Place, PlaceKey, Places
from pipelines.configuration.contract import Dataset, Source
from pipelines.delivery.archive import RECORD, SUFFIX, archived_name, open_archived, read_received
from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.manifest import MANIFEST_NAME, ManifestFile, read_manifest
from pipelines.delivery.parsing import taken_apart
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.rows import lines_of
from pipelines.delivery.values import history_schema
from pipelines.runtime.errors import UsageError


class ArchivedLines:
    """Looks rows up in the archive."""

    def __init__(self, archive: Path, private_key: str, sources: dict[str, Source], pseudonym_key: bytes) -> None:
        self._archive = archive
        self._key = private_key
        self._sources = sources
        self._pseudonymiser = Pseudonymiser(pseudonym_key)

    def find(self, rows: Sequence[DeliveredRow], places: Places) -> list[int]:
        """The line of each row. Raises UsageError when the key does not fit or a file is not in the archive as it was loaded."""
        by_file: dict[PlaceKey, list[int]] = {}
        for index, row in enumerate(rows):
            by_file.setdefault(row.place, []).append(index)
        found = [0] * len(rows)
        for key, here in by_file.items():
            for index, line in zip(here, self._lines(places[key], [rows[index] for index in here]), strict=True):
                found[index] = line
        return found

    def _lines(self, place: Place, rows: list[DeliveredRow]) -> list[int]:
        dataset = rows[0].dataset
        file, content = self._file(dataset, place)
        records = DistinctRecords()
        read = taken_apart(content, file, dataset, records)
        wanted = pl.DataFrame([row.content for row in rows], schema=history_schema(dataset), orient="row")
        lines = lines_of(read.records, records, self._pseudonymiser, wanted).to_list() if read.records else [None]
        if None in lines:
            raise self._other(place)
        return lines

    def _file(self, dataset: Dataset, place: Place) -> tuple[ManifestFile, bytes]:
        folder = self._archive / place.delivery_id
        if not folder.is_dir():
            raise UsageError(
                f"Delivery {place.delivery_id} is not in the archive any more (gallring, or lost), so the line of its rows "
                "cannot be looked up: ask without --key."
            )
        content = open_archived(folder / f"{MANIFEST_NAME}{SUFFIX}", self._key)
        manifest = read_manifest(content, folder, self._sources, date.min).manifest
        file = next((one for one in manifest.files if one.dataset == dataset.name), None) if manifest else None
        if file is None:
            raise self._other(place)
        record = folder / RECORD
        files = read_received(open_archived(record, self._key)).files if record.is_file() else {}
        return file, open_archived(folder / files.get(file.name, archived_name(file.name)), self._key)

    @staticmethod
    def _other(place: Place) -> UsageError:
        return UsageError(
            f"The archived delivery {place.delivery_id} is another than was loaded: run kaa archive verify --key, and restore "
            "it from a backup."
        )
