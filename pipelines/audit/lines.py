"""On which line of its file a delivered row stands, by the archive's private key: the file is opened and taken
apart as the nightly did.

The history does not know it: a row that repeats night after night is kept once. No clear text is written anywhere.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipelines.audit.archived import ArchivedFiles, other_than_loaded
from pipelines.audit.evidence import DeliveredRow, Place, PlaceKey, Places
from pipelines.configuration.contract import Source
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.rows import lines_of
from pipelines.delivery.values import history_schema
from pipelines.runtime.errors import UsageError


class ArchivedLines:
    """Looks rows up in the archive."""

    def __init__(self, archive: Path, private_key: str, sources: dict[str, Source], pseudonym_key: bytes) -> None:
        self._files = ArchivedFiles(archive, private_key, sources)
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
        if not self._files.holds(place.delivery_id):
            raise UsageError(
                f"Delivery {place.delivery_id} is not in the archive any more (gallring, or lost), so the line of its rows "
                "cannot be looked up: ask without --key."
            )
        dataset = rows[0].dataset
        file, records = self._files.read(dataset, place.delivery_id)
        wanted = pl.DataFrame([row.content for row in rows], schema=history_schema(dataset), orient="row")
        lines = lines_of(file, records, self._pseudonymiser, wanted).to_list()
        if None in lines:
            raise other_than_loaded(place.delivery_id)
        return lines
