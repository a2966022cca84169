"""A delivery as bytes: the CSV file of each dataset and the manifest, exactly as deliveries.md section 1 wants them.

Where they are put belongs in ``write``.
"""

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.delivery.manifest import Manifest, read_manifest
from pipelines.notices import message
from pipelines.runtime.errors import UsageError
from pipelines.sending.make import MadeDataset
from pipelines.sending.mapping import Mapping

_SCHEMA_VERSION = "1.0"


@dataclass(frozen=True)
class Packed:
    """``files``: the content of each, by its name; ``written``: the manifest's bytes, ``manifest`` what they say; ``begins``: by
    dataset, on which line of its file each row begins."""

    files: dict[str, bytes]
    written: bytes
    manifest: Manifest
    begins: dict[str, list[int]]


def pack(mapping: Mapping, made: list[MadeDataset], on: date, revision: int, now: datetime) -> Packed:
    """The delivery of what was made. ``now``: with its time zone.

    Raises UsageError where the receiver would refuse its manifest.
    """
    files, begins, entries = {}, {}, []
    for one in made:
        name = f"{one.dataset.name}.csv"
        files[name], begins[one.dataset.name] = _csv(one)
        entries.append(
            {
                "dataset": one.dataset.name,
                "fil": name,
                "rader": len(begins[one.dataset.name]),
                "sha256": hashlib.sha256(files[name]).hexdigest(),
                "teckenkodning": "utf-8",
            }
        )
    content = {
        "kalla": mapping.source.name,
        "kommunkod": mapping.municipality.code,
        "uttagsdatum": on.isoformat(),
        "revision": revision,
        "skapad": now.isoformat(timespec="seconds"),
        "schemaversion": _SCHEMA_VERSION,
        "filer": entries,
    }
    written = json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"
    read = read_manifest(
        written, mapping.path.parent, {mapping.source.name: mapping.source}, mapping.municipality.first_day
    )
    if read.manifest is None:
        assert read.fault
        raise UsageError(f"The receiver would not take such a delivery: {message(read.fault.remarks)}")
    return Packed(files, written, read.manifest, begins)


def _csv(made: MadeDataset) -> tuple[bytes, list[int]]:
    """A dataset's file, and on which line each of its rows begins."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.name for column in made.dataset.columns])
    begins, line = [], 2
    for row in made.rows:
        begins.append(line)
        writer.writerow(row)
        line += 1 + sum(value.count("\n") for value in row)
    return text.getvalue().encode(), begins
