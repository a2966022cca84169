"""Symptoms of nights that publish and leave something for a person, or that only say something."""

import errno
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.delivery import source_rows as typed
from pipelines.delivery.faults import Rejection
from pipelines.delivery.rows import type_rows
from pipelines.state.format import FORMAT
from tests.faults.plain_nightly import NOW
from tests.model.world import Extract
from tests.runbook.failed_nights import backup, new_night, put_back
from tests.runbook.operator import Operator, Steps, symptom
from tests.state.world import YOUTHS


def _few(drop: Path, revision: int = 1, number: int = 20) -> Extract:
    extract = Extract("folkbokforing", "2024-01-04", revision=revision)
    for youth in YOUTHS[:number]:
        extract.resident(youth, stadsdelsomrade="04")
    extract.write(drop)
    return extract


def _hold(op: Operator) -> str:
    """Have a delivery be held; its id. What the operator sees of it is in the list of deliveries."""
    full = Extract("folkbokforing", "2024-01-03")
    for youth in YOUTHS:
        full.resident(youth, stadsdelsomrade="04")
    full.write(op.opened.drop)
    op.nightly()
    _few(op.opened.drop)
    assert "1 waiting for a decision" in op.nightly(2)
    return str(next(one["delivery_id"] for one in op.deliveries() if one["status"] == "held"))


def _message(op: Operator, status: str) -> str:
    return str(next(one["message"] for one in op.deliveries() if one["status"] == status))


@symptom("En leverans hålls")
def a_delivery_shrank_and_is_right(op: Operator) -> Steps:
    held = _hold(op)
    yield _message(op, "held")
    op.does("deliveries", "release", held)


@symptom("En leverans hålls", is_slow=True)
def a_delivery_shrank_and_is_wrong(op: Operator) -> Steps:
    held = _hold(op)
    yield _message(op, "held")
    op.does("deliveries", "reject", held)
    _few(op.opened.drop, revision=2, number=110)


@symptom("En leverans avvisades")
def deliveries_are_rejected_for_every_reason(op: Operator) -> Steps:
    drop = op.opened.drop
    Extract("enkat", "2023-12-01").answer("c0").write(drop)
    op.nightly()
    days = {reason: f"2023-12-{number:02}" for number, reason in enumerate(Rejection, 2)}
    days[Rejection.CONFLICT] = "2023-12-01"
    for reason, day in days.items():
        faulty = Extract("enkat", day, folder=f"fel {reason}").answer("c1")
        (faulty if reason is Rejection.CONFLICT else faulty.with_fault(str(reason))).write(drop)
    for path in (drop / "enkat").glob("fel */leverans.json"):
        os.utime(path, (NOW.timestamp() - 7200, NOW.timestamp() - 7200))  # no file will come after it
    said = op.nightly(2)
    assert {one["folder"]: one["reason"] for one in op.deliveries() if "/fel " in one["folder"]} == {
        f"enkat/fel {reason}": reason for reason in Rejection
    }
    yield said
    for reason, day in days.items():
        Extract("enkat", day, revision=2, folder=f"rättad {reason}").answer("c1").write(drop)
    op.nightly()
    mended = {one["folder"]: one["status"] for one in op.deliveries() if "/rättad " in one["folder"]}
    assert list(mended.values()) == ["accepted"] * len(Rejection), mended


@symptom("En källa är tyst")
def a_source_is_silent(op: Operator) -> Steps:
    for day in ("2023-12-22", "2023-12-29"):
        Extract("ber", day).registered(YOUTHS[1]).write(op.opened.drop)
    Extract("ber", "2024-03-01").registered(YOUTHS[1]).write(op.opened.drop)
    yield next(line for line in op.nightly(2).splitlines() if line.startswith("Folkbokföringen"))
    new_night(op.opened.drop, "2024-03-01")


@symptom("Inlästa leveranser har försvunnit ur leveransmappen", is_slow=True)
def another_folder_is_mounted(op: Operator) -> Steps:
    drop = op.opened.drop
    drop.rename(op.place / "elsewhere")
    drop.mkdir()
    yield op.nightly(2)
    drop.rmdir()
    (op.place / "elsewhere").rename(drop)


@symptom("Arkivets kopia är skadad", is_slow=True)
def an_archived_file_is_damaged(op: Operator) -> Steps:
    with (op.home / "settings.toml").open("a") as file:
        file.write("drop_retention_days = 30\n")
    saved = backup(op)
    archived = next(
        path
        for one in op.deliveries()
        if one["status"] == "accepted" and (op.opened.drop / str(one["folder"])).is_dir()
        for path in sorted((op.home / "archive" / str(one["delivery_id"])).glob("*.age"))
    )
    archived.write_bytes(b"x" * archived.stat().st_size)
    op.now = NOW + timedelta(days=40)
    op.nightly()
    yield op.nightly(2)
    assert op.does("archive", "verify").exit_code == 2
    put_back(op, saved, str(archived.relative_to(op.home)))


@symptom("Serverns klocka går fel", is_slow=True)
def the_clock_had_run_ahead(op: Operator) -> Steps:
    op.now = NOW.replace(year=2031)
    op.nightly()
    op.now = NOW
    Extract("ber", "2026-06-01").registered(YOUTHS[1]).write(op.opened.drop)
    said = op.nightly(2)
    yield said
    from pipelines.runtime import clock

    with clock.running(lambda: NOW):
        op.does("confirm-clock", "--because", "Klockan stod på 2031")


@symptom("En mapp eller en fil går inte att läsa")
def a_delivery_may_not_be_read(op: Operator) -> Steps:
    new_night(op.opened.drop)
    real = Path.open

    def fails(path: Path, *arguments: Any, **named: Any) -> Any:
        if path.parent.name == "2024-01-03_1" and path.suffix == ".csv":
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path, *arguments, **named)

    op.monkeypatch.setattr(Path, "open", fails)
    yield op.nightly(2)
    op.monkeypatch.setattr(Path, "open", real)


@symptom("En mapp eller en fil går inte att läsa", is_slow=True)
def a_source_may_not_be_read(op: Operator) -> Steps:
    real = Path.iterdir

    def fails(path: Path) -> Any:
        if path == op.opened.drop / "beda":
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path)

    op.monkeypatch.setattr(Path, "iterdir", fails)
    yield op.nightly(2)
    op.monkeypatch.setattr(Path, "iterdir", real)


@symptom("Programmet kunde inte läsa en leverans", is_slow=True)
def a_delivery_breaks_the_program(op: Operator) -> Steps:
    new_night(op.opened.drop)

    def fails(*arguments: object) -> Any:
        raise RecursionError

    op.monkeypatch.setattr(typed, "type_rows", fails)
    yield op.nightly(2)
    op.monkeypatch.setattr(typed, "type_rows", type_rows)  # the program is mended


@symptom("En leverans är inte hel än", is_slow=True)
def a_file_has_not_come_yet(op: Operator) -> Steps:
    new_night(op.opened.drop)
    folder = op.opened.drop / "folkbokforing" / "2024-01-03_1"
    os.utime(folder / "leverans.json", (NOW.timestamp(), NOW.timestamp()))
    (folder / "personer.csv").rename(op.place / "personer.csv")
    yield op.nightly()
    shutil.move(op.place / "personer.csv", folder / "personer.csv")


@symptom("Lagret har uppgraderats")
def the_first_night_of_a_newer_program(op: Operator) -> Steps:
    with duckdb.connect(str(op.version.history)) as connection:
        connection.execute(f"update state_format set number = {FORMAT - 1}")
    yield op.nightly()
