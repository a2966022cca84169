"""Nightlies without dbt and without Dagster: what these tests ask about ends with the history.

What belongs here: running nights and looking up what came of a delivery. What a delivery holds is said in the tests.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from pipelines.history.store import History
from pipelines.intake.take_in import TakenIn, take_in
from tests.model.world import Extract, personnummer
from tests.pipeline import Pipeline

ANNA = personnummer("2005-03-04", 218)
BEA = personnummer("2005-07-21", 442)
CARL = personnummer("2006-11-30", 131)

SOURCES = ("folkbokforing", "skolregister", "beda", "ber", "enkat", "nyckeltal", "antagning", "skolslussen", "flai",
           "jobbtorg_unga")  # fmt: skip


class Nights(Pipeline):
    """A KAA_HOME and its drop folder."""

    def run(self) -> TakenIn:
        """One nightly: take in and put in place; nobody in these tests is old enough to be purged."""
        version = self.home.start_next()
        with History(version.history, self.sources) as history:
            result = take_in(self.home, self.sources, history, version.number, lambda rows, dates: None, now=self.now)
        self.home.put_in_place(version)
        return result

    def night(self, *extracts: Extract) -> None:
        """Deliver, then run a nightly."""
        for extract in extracts:
            extract.write(self.drop)
        self.run()

    def of(self, folder: str) -> dict[str, Any]:
        """The one line of the list of deliveries for a folder."""
        (line,) = [one for one in self.deliveries() if one["folder"] == folder]
        return line

    def verdict(self, extract: Extract) -> tuple[str, str | None]:
        """Status and reason of a delivery."""
        line = self.of(extract.path)
        return line["status"], line["reason"]

    def counting(self) -> set[tuple[str, str, int]]:
        """What counts: source, date and revision of each loaded extract."""
        return {(source, str(day), revision) for source, day, revision in self.query(
            "select source, extract_date, revision from extract"
        )}  # fmt: skip


def sound(source: str, day: str) -> Extract:
    """A small delivery without any fault."""
    extract = Extract(source, day)
    match source:
        case "folkbokforing":
            extract.resident(ANNA)
        case "skolregister":
            extract.study("s1", ANNA)
        case "beda":
            extract.certificate(ANNA, "GYMNASIEEXAMEN")
        case "ber":
            extract.registered(ANNA).contact("k1", ANNA).enrolment("i1", ANNA).measure("m1", "i1")
        case "enkat":
            extract.answer("svar1")
        case "nyckeltal":
            extract.key_number()
        case "antagning":
            extract.admission("a1", ANNA)
        case "skolslussen":
            extract.visit("b1", ANNA)
        case "flai":
            extract.participation("d1", ANNA)
        case "jobbtorg_unga":
            extract.youth_count()
    return extract


def deliver(drop: Path, folder: str, day: str, files: dict[str, tuple[str, bytes]], **changes: Any) -> str:
    """Write a delivery whose files are given byte by byte: dataset -> file name and content; returns its folder.

    ``changes`` are laid over the manifest, and those for all its files stand under `filer`.
    """
    path = drop / folder
    path.mkdir(parents=True)
    entries = []
    entry_changes = changes.pop("filer", {})
    for dataset, (name, content) in files.items():
        (path / name).write_bytes(content)
        entry = {"dataset": dataset, "fil": name, "rader": content.count(b"\n") - 1,
                 "sha256": hashlib.sha256(content).hexdigest(), "teckenkodning": "utf-8"}  # fmt: skip
        entries.append(entry | entry_changes)
    manifest = {"kalla": folder.split("/")[0], "kommunkod": "0180", "uttagsdatum": day, "revision": 1,
                "skapad": f"{day}T04:02:11+01:00", "schemaversion": "1.0", "filer": entries} | changes  # fmt: skip
    (path / "leverans.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
