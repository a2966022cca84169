"""Writes one night's deliveries: CSV files, then the manifest, as deliveries.md sections 1 and 4 say.

Belongs here: files, encodings, manifests. Does not belong here: what the rows say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from demo.synthetic_city.rows import birth_year_from
from demo.synthetic_city.timeline import REFORM, SOURCES, as_date, delivers

MUNICIPALITY = "0180"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
# When each source's export is ready, as hour, minute, second.
READY = {
    "folkbokforing": (4, 1, 7),
    "skolregister": (4, 6, 40),
    "beda": (4, 9, 3),
    "ber": (4, 2, 11),
    "enkat": (4, 0, 30),
    "nyckeltal": (4, 0, 31),
    "antagning": (4, 11, 25),
    "skolslussen": (4, 3, 18),
    "flai": (4, 7, 52),
    "jobbtorg_unga": (4, 0, 44),
}
# The numbers kept by hand come out of a spreadsheet on Windows.
OLD_ENCODING = ("nyckeltal",)


@dataclass(frozen=True)
class City:
    """Every dataset's rows with their validity, by source and dataset."""

    datasets: Mapping[str, Mapping[str, pl.DataFrame]]


def write_night(city: City, drop: Path, night: int, sources: Sequence[str] = SOURCES) -> None:
    for source in sources:
        if delivers(source, night):
            _write_delivery(city, drop, source, night)


def rows_on(frame: pl.DataFrame, dataset: str, night: int) -> pl.DataFrame:
    valid = (pl.col("valid_from") <= night) & (pl.col("valid_to") > night)
    if dataset == "personer":
        valid &= pl.col("birth_year").is_between(*birth_year_from(night))
    rows = frame.filter(valid).drop("valid_from", "valid_to", "birth_year", strict=False)
    if dataset == "studieperioder" and night < REFORM:
        # The school form was renamed from gymnasiesärskola to anpassad gymnasieskola in the summer of 2023.
        rows = rows.with_columns(pl.col("skolform").replace("ANPGY", "GYSAR"))
    return rows


def _write_delivery(city: City, drop: Path, source: str, night: int) -> None:
    folder = drop / source / as_date(night).isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    files: list[dict[str, object]] = []
    encoding = "iso-8859-1" if source in OLD_ENCODING else "utf-8"
    for dataset, frame in city.datasets[source].items():
        rows = rows_on(frame, dataset, night)
        content = rows.write_csv(separator=";").encode(encoding)
        name = f"{dataset}.csv"
        (folder / name).write_bytes(content)
        files.append(
            {
                "dataset": dataset,
                "fil": name,
                "rader": rows.height,
                "sha256": hashlib.sha256(content).hexdigest(),
                "teckenkodning": encoding,
            }
        )
    _write_manifest(folder, source, night, files)


def _write_manifest(folder: Path, source: str, night: int, files: Sequence[Mapping[str, object]]) -> None:
    """Last, and under its own name only when it is whole: a folder without it is not a delivery yet."""
    today = as_date(night)
    made = datetime(today.year, today.month, today.day, *READY[source], tzinfo=STOCKHOLM)
    manifest = {
        "kalla": source,
        "kommunkod": MUNICIPALITY,
        "uttagsdatum": today.isoformat(),
        "revision": 1,
        "skapad": made.isoformat(),
        "schemaversion": "1.0",
        "filer": list(files),
    }
    unfinished = folder / "leverans.json.del"
    unfinished.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(folder / "leverans.json")
