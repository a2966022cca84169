"""The planted faults but those of the SQL: deliveries and rows as senders send them wrongly, rows that the program should have
stopped, silent sources, a history that somebody has changed, jumps from one night to the next, files that are damaged or gone.

Each function plants the faults of one kind and gives what found them.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.configuration.contract import Column, Dataset, load_sources
from pipelines.delivery.values import history_schema
from pipelines.quality import validate_dataset
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.home import open_home
from tests.delivery.nights import SOURCES, sound
from tests.gates.findings import Finding, Gate
from tests.guard import test_history as tampered
from tests.model.world import FAULTS, Extract, personnummer
from tests.pipeline import Pipeline
from tests.quality.test_quality_suites import NUMBER, one_extract, sound_rows

YOUTH = personnummer("2005-03-01", 120)


def deliveries(folder: Path) -> Iterator[Finding]:
    """Whole deliveries that are wrong, each in every way in which it can be."""
    pipeline = Pipeline(folder)
    planted: dict[str, tuple[str, str]] = {}
    for reason, ways in FAULTS.items():
        for number, way in enumerate(ways):
            extract = Extract("enkat", "2022-11-28", folder=f"{reason}-{number}").answer("s1").with_fault(reason, way)
            planted[extract.write(pipeline.drop)] = (reason, way)
    pipeline.run()
    judged = {one["folder"]: one for one in pipeline.deliveries()}
    for path, (reason, way) in planted.items():
        found = judged[path]
        gates = {Gate("delivery", str(found["reason"]))} if found["status"] == "rejected" else set()
        yield Finding(f"a delivery: {reason}, {way}", "a delivery is wrong", frozenset(gates))
    for name, rows in (("half are missing", 150), ("all are missing", 0)):
        yield _thinned(folder / name, name, rows)


def _thinned(folder: Path, name: str, rows: int) -> Finding:
    """An extract that was cut off before it was sent, with a manifest that agrees."""
    pipeline = Pipeline(folder)
    for day, number in (("2022-11-28", 300), ("2022-11-29", rows)):
        extract = Extract("folkbokforing", day)
        for serial in range(100, 100 + number):
            extract.resident(personnummer("2005-03-01", serial))
        extract.write(pipeline.drop)
        pipeline.run()
    (last,) = (one for one in pipeline.deliveries() if str(one["extract_date"]) == "2022-11-29")
    gates = {Gate("delivery", str(last["reason"]))} if last["status"] in ("held", "rejected") else set()
    return Finding(f"a delivery: of 300 rows {name}", "a delivery is wrong", frozenset(gates))


#: A row that is wrong, as a sender sends it: what is done to a sound one.
ROWS: dict[str, dict[str, str]] = {
    "a code that no list has": {"kanal": "FAX"},
    "a required value is missing": {"kanal": ""},
    "a day that is none": {"datum": "2023-02-30"},
    "a number with a wrong check digit": {"personnummer": "200503012182"},
    "a count below its least": {"antal_personal": "0"},
    "a yes that must be a no": {"riktning": "IN", "besvarad": "N"},
}


def rows(folder: Path) -> Iterator[Finding]:
    """Single rows that are wrong, among sound ones, and a key that is there twice."""
    pipeline = Pipeline(folder)
    extract = Extract("ber", "2022-11-28").registered(YOUTH)
    for number in range(60):
        extract.contact(f"k{number}", YOUTH)
    for number, values in enumerate(ROWS.values()):
        extract.add("kontakter", **{"kontakt_id": f"f{number}", "personnummer": YOUTH, **values})
    extract.contact("twice", YOUTH).contact("twice", YOUTH, kanal="SMS")
    extract.write(pipeline.drop)
    pipeline.run()
    found = [one["reason"] for one in sorted(pipeline.quarantine(), key=lambda one: one["line"])]
    for fault, reason in zip([*ROWS, "a key twice"], [*found[: len(ROWS)], found[-1]], strict=True):
        yield Finding(f"a row: {fault}", "a row is wrong", frozenset({Gate("row", str(reason))}))


def passed_on() -> Iterator[Finding]:
    """What a column of each dataset and an extract may not hold, as if the reading of deliveries had let it pass."""
    sources = load_sources({"stadsdelsomrade": ["01", "02"], "jobbtorg": ["GLOBEN", "KISTA"]})
    for dataset in (dataset for source in sources.values() for dataset in source.datasets.values()):
        right = sound_rows(dataset)
        frames = {
            fault: (column, frame) for column, fault, frame in _wrong_frames(dataset, right)
        }  # each at its last column
        for fault, (column, frame) in frames.items():
            yield _passed(dataset, f"{column}: {fault}", frame, one_extract())
        counts: dict[str, dict[str, Any]] = {
            "a key twice": {"distinct_keys": 999},
            "a row lost": {"distinct_rows": 999, "distinct_keys": 999},
            "no row at all": {"data_rows": 0, "distinct_rows": 0, "distinct_keys": 0},
            "a row in quarantine": {"data_rows": 1001, "quarantined_rows": 1},
            "a row repeated": {"data_rows": 1001, "repeated_rows": 1},
            "ten times as many rows": {"data_rows": 10_000, "distinct_rows": 10_000, "distinct_keys": 10_000},
        }
        for fault, changed in counts.items():
            yield _passed(dataset, fault, right, one_extract(**changed))


def _passed(dataset: Dataset, fault: str, contents: pl.DataFrame, extracts: pl.DataFrame) -> Finding:
    failed = [one.check_name for one in validate_dataset(dataset, contents, extracts) if not one.success]
    names = [column.name for column in dataset.columns]
    gates = frozenset(Gate("contract", _kind_of_check(check, names)) for check in failed)
    return Finding(f"{dataset.source}/{dataset.name}: {fault}", "a row was let pass", gates)


def _kind_of_check(check: str, columns: list[str]) -> str:
    """A check's name without its column: each column has its own."""
    ends = [f"_{name}" for name in sorted(columns, key=len, reverse=True)]
    return next((check.removesuffix(end) for end in ends if check.endswith(end)), check)


def _wrong_frames(dataset: Dataset, right: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    for column in dataset.columns:
        for fault, value in _wrong_values(column):
            name, schema = column.history_name, history_schema(dataset)
            first = right.head(1).with_columns(pl.lit(value, schema[name]).alias(name))
            yield column.name, fault, pl.concat([first, right.tail(-1)])
        other = pl.Int64 if right.schema[column.history_name] == pl.String else pl.String
        yield (
            column.name,
            "of another type",
            right.with_columns(pl.lit(None, other).alias(column.history_name)),
        )
        yield column.name, "not there", right.drop(column.history_name)


def _wrong_values(column: Column) -> Iterator[tuple[str, Any]]:
    if column.required:
        yield "empty", None
    if column.codes is not None:
        yield "a code that no list has", "NO_SUCH_CODE"
    if column.type == "personnummer":
        yield "a number in clear", NUMBER
    if column.type == "text":
        yield "a number in the text", f"se {NUMBER}"
    if column.pattern:
        yield "not after the pattern", "x"
    if column.minimum is not None:
        yield "below the least", column.minimum - 1


def silence(folder: Path) -> Iterator[Finding]:
    """Each source has come once, when it was new, and then not for a year."""
    for name in SOURCES:
        pipeline = Pipeline(folder / name)
        for year in (2025, 2026):
            pipeline.now = pipeline.now.replace(year=year, month=10, day=15)
            if year == 2025:
                sound(name, "2025-10-14").write(pipeline.drop)
            pipeline.run()
        gates = frozenset(Gate("silence", one.code.value) for one in pipeline.missing)
        yield Finding(f"{name} is silent for a year", "a source is silent", gates)


def history(folder: Path) -> Iterator[Finding]:
    """What somebody or something changes in the history of earlier nights."""
    for number, (fault, (spoil, _)) in enumerate(tampered.SPOILT.items()):
        pipeline = Pipeline(folder / str(number))
        tampered._first_nights(pipeline.drop)
        pipeline.run()
        found = tampered._next_night(pipeline, spoil)
        gates = frozenset(Gate("history", "unexplained change") for _ in found)
        yield Finding(f"history: {fault}", "the history is changed", gates)


def jumps(folder: Path) -> Iterator[Finding]:
    """From one night to the next the register doubles, with as many new persons in the population register."""
    pipeline = Pipeline(folder)
    for day, number in (("2022-11-28", 100), ("2022-11-29", 200)):
        register, residents = Extract("ber", day), Extract("folkbokforing", day)
        for serial in range(number):
            youth = personnummer(f"2005-{serial // 20 + 1:02}-05", 100 + serial % 20)
            register.registered(youth, registrerad_datum=day)
            residents.resident(youth)
        register.write(pipeline.drop)
        residents.write(pipeline.drop)
    pipeline.run()
    rows_ = pipeline.rows_of("jump_check", ["verksamhetsar-2022"])
    gates = frozenset(Gate("jump", row["check_name"]) for row in rows_ if row["is_warning"])
    yield Finding("the register doubles in a night", "a jump", gates)


def damage(folder: Path) -> Iterator[Finding]:
    """Files of a version, the pointer to it, keys and the archive are gone or others."""

    def lost(path: Path) -> None:
        path.unlink()

    def torn(path: Path) -> None:
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-100])

    whole = Pipeline(folder / "whole")
    Extract("ber", "2022-11-28").registered(YOUTH).write(whole.drop)
    whole.run()
    version = whole.home.current()
    assert version
    below = whole.home.path
    places = {
        "the history is gone": (version.history, lost),
        "the history is torn": (version.history, torn),
        "the compiled SQL is gone": (version.models, lost),
        "the pointer is gone": (below / "current.json", lost),
        "the pseudonym key is gone": (next(below.glob("keys/pseudonym*")), lost),
    }
    for number, (fault, (path, harm)) in enumerate(places.items()):
        shutil.copytree(below, folder / f"harmed-{number}")
        home = open_home(folder / f"harmed-{number}")
        harm(home.path / path.relative_to(below))
        try:
            home.check_state()
            home.check_keys()
            found = False
        except (NightlyFailed, UsageError):
            found = True
        gates = frozenset({Gate("seal", "state and keys before the night")} if found else set())
        yield Finding(f"damage: {fault}", "files are damaged", gates)


def planted(folder: Path) -> list[Finding]:
    """All of them."""
    return [
        *deliveries(folder / "deliveries"),
        *rows(folder / "rows"),
        *silence(folder / "silence"),
        *passed_on(),
        *history(folder / "history"),
        *jumps(folder / "jumps"),
        *damage(folder / "damage"),
    ]
