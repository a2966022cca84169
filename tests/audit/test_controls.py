"""The controls: every night, row, decision and look is there, and the counts add up, also after purges and revisions."""

import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from docx import Document

from pipelines.audit.access_log import FILE as ACCESS_LOG
from pipelines.audit.access_log import first_wrong_line
from pipelines.commands import queries
from pipelines.publication.night_log import FILE
from pipelines.state.home import Home
from tests.cli.conftest import Kaa
from tests.state.world import rows

pytestmark = pytest.mark.long

LONG_AGO, FAR_AHEAD = "2000-01-01", "2099-12-31"


def _controls(kaa: Kaa, first: str = LONG_AGO, last: str = FAR_AHEAD) -> dict[str, list[dict[str, Any]]]:
    said = kaa("audit", "controls", "--from", first, "--to", last)
    assert (said.exit_code, said.err) == (0, "")
    found: dict[str, list[dict[str, Any]]] = json.loads(said.out)
    return found


def test_each_row_that_came_is_accounted_for(home: Home, kaa: Kaa) -> None:
    files = _controls(kaa)["accuracy"]
    seen = {row[0]: row for row in rows(home, "select delivery_id, status, rows, quarantined_rows from delivery")}
    assert {file["status"] for file in files} >= {"accepted", "superseded", "rejected"}
    for file in files:
        parts = [file[name] for name in ("loaded", "quarantined", "repeated", "not_kept")]
        assert file["received"] == sum(parts) and min(parts) >= 0, file
        assert file["loaded"] == 0 or file["status"] == "accepted"
    for delivery_id, status, received, quarantined in seen.values():
        mine = [file for file in files if file["delivery_id"] == delivery_id]
        if status == "accepted":
            assert sum(file["received"] for file in mine) == received
            assert sum(file["quarantined"] for file in mine) <= quarantined
    # What was purged is not kept: OLD's rows of the register, one of them quarantined.
    register = [file for file in files if (file["source"], file["extract_date"]) == ("ber", "2023-11-27")]
    assert sum(file["not_kept"] for file in register) == 3
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.history), read_only=True) as connection:
        for file in (file for file in files if file["status"] == "accepted"):
            sql = f"""select count(*) from {file["source"]}_{file["dataset"]}
                where first_extract_date <= $day and coalesce(last_extract_date, $day) >= $day"""
            assert connection.execute(sql, {"day": file["extract_date"]}).fetchone() == (file["loaded"],), file


def test_only_the_extracts_of_the_days_are_listed(home: Home, kaa: Kaa) -> None:
    found = _controls(kaa, "2023-11-28", "2023-11-29")
    for name in ("accuracy", "completeness"):
        assert {one["extract_date"] for one in found[name]} == {"2023-11-28", "2023-11-29"}
    assert not found["checks"] and not found["purges"]  # these were when the nights were


def test_each_expected_night_stands_against_what_came(home: Home, kaa: Kaa) -> None:
    nights = _controls(kaa, "2023-11-27", "2023-12-03")["completeness"]
    register = {night["extract_date"]: night for night in nights if night["source"] == "ber"}
    days = [date(2023, 11, 27) + timedelta(number) for number in range(5)]  # Monday to Friday
    assert list(register) == [day.isoformat() for day in days]
    assert [day for day, night in register.items() if night["delivered"]] == ["2023-11-27", "2023-11-29"]
    assert {one["status"] for one in register["2023-11-29"]["deliveries"]} == {"accepted", "superseded"}
    assert not register["2023-11-28"]["deliveries"]


def test_of_a_hand_kept_source_stands_what_came_and_the_last_day_of_what_did_not(home: Home, kaa: Kaa) -> None:
    nights = _controls(kaa, "2023-11-27", "2024-01-02")["completeness"]
    by_hand = [
        (night["source"], night["extract_date"], night["delivered"])
        for night in nights
        if night["source"] in ("enkat", "nyckeltal")
    ]
    assert by_hand == [
        ("enkat", "2023-11-28", True), ("nyckeltal", "2023-11-29", True), ("enkat", "2023-12-14", False),
    ]  # fmt: skip


def test_holidays_are_no_nights_on_which_a_source_is_expected(home: Home, kaa: Kaa) -> None:
    nights = _controls(kaa, "2023-12-20", "2024-01-02")["completeness"]
    days = [night["extract_date"][5:] for night in nights if night["source"] == "ber"]
    assert days == ["12-20", "12-21", "12-22", "12-27", "12-28", "12-29", "01-02"]


def test_who_decided_and_looked_is_listed(home: Home, kaa: Kaa) -> None:
    assert kaa("quarantine").exit_code == 0
    found = _controls(kaa)
    assert {one["decision"] for one in found["decisions"]} == {"release", "reject"}
    assert {one["by"] for one in found["decisions"]} == {None}  # decided by the test, not with kaa deliveries
    [look] = found["access"]
    assert look["what"] == "kaa quarantine" and "which" not in look


def test_who_decided_on_a_held_delivery_is_kept(home: Home, kaa: Kaa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_rows", lambda home, sql: [("ab" * 8, "held")])
    assert kaa("deliveries", "release", "ab" * 8).exit_code == 0
    [decided] = [one for one in _controls(kaa)["decisions"] if one["by"]]
    assert (decided["decision"], decided["delivery_id"]) == ("release", "ab" * 8)


def test_every_command_that_shows_rows_is_logged(home: Home, kaa: Kaa) -> None:
    question = (
        "audit",
        "trace",
        "--period",
        "verksamhetsar-2023",
        "--figure",
        "population",
        "--measure",
        "in_register",
    )
    trace = json.loads(kaa(*question, "--format", "json").out)
    file = next(home.archive.glob("[!.]*/register.csv.zst.age"))
    assert kaa("archive", "open", file, "--key", home.keys / "archive.private").exit_code == 0
    looked = [(one["what"], one["rows"]) for one in _controls(kaa)["access"]]
    assert looked[0] == (f"kaa {' '.join(question)}", len(trace["rows"]))
    assert looked[1][0].startswith("kaa archive open ") and looked[1][1] in (2, 3, 4)
    assert first_wrong_line(home) is None
    (home.path / ACCESS_LOG).unlink()
    (home.path / ACCESS_LOG).mkdir()
    for command in (question, ("archive", "open", file, "--key", home.keys / "archive.private")):
        said = kaa(*command)
        assert (said.exit_code, said.out) == (1, "") and said.err.startswith("Nothing is shown")


def test_what_changed_between_nights_is_listed(home: Home, kaa: Kaa) -> None:
    assert _controls(kaa)["changes"] == []
    lines = (home.path / FILE).read_text().splitlines()
    assert len(lines) == 3
    last = json.loads(lines[-1])
    (home.path / FILE).write_text("\n".join([*lines[:-1], json.dumps({**last, "contracts": "other"})]) + "\n{half")
    [change] = _controls(kaa)["changes"]
    assert (change["version"], change["what"], change["to"]) == (3, "contracts", "other")
    checks = _controls(kaa)["checks"]
    assert [(night["version"], night["made"]) for night in checks] == [(1, 0), (2, 0), (3, 0)]


def test_purges_and_editions_are_listed(home: Home, kaa: Kaa) -> None:
    edition = home.path / "editions" / "verksamhetsar-2023.1"
    edition.mkdir(parents=True)
    names = {"id": edition.name, "label": "Årsrapport", "kind": "internal", "period": "verksamhetsar-2023"}
    content = {**names, "created_at": "2024-01-10T10:00:00+01:00", "proposed_by": "anna", "accepted": []}
    (edition / "edition.json").write_text(json.dumps(content))
    (edition / "edition.json.sig.anna").touch()
    found = _controls(kaa)
    assert sum(purge["persons"] for purge in found["purges"]) == 1
    assert [(one["id"], one["signed_by"]) for one in found["editions"]] == [(edition.name, ["anna"])]
    assert not _controls(kaa, "2024-01-11")["editions"]


def test_the_working_paper_says_the_same(home: Home, kaa: Kaa, tmp_path: Path) -> None:
    out = tmp_path / "kontroller.docx"
    arguments = ("audit", "controls", "--from", LONG_AGO, "--to", FAR_AHEAD, "--format", "docx", "--out", out)
    assert kaa(*arguments).exit_code == 0
    content = out.read_bytes()
    paper = Document(io.BytesIO(content))
    texts = {cell.text for table in paper.tables for row in table.rows for cell in row.cells}
    assert {"ber/register", "Avvisade en hållen leverans"} <= texts
    assert any("Blev varje rad omhändertagen?" in paragraph.text for paragraph in paper.paragraphs)
    said = kaa(*arguments)
    assert said.exit_code == 64 and "there already" in said.err
    assert out.read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "2024-01-02", "--to", "2024-01-01"), "earlier day first"),
        (("--from", "20240101", "--to", "2024-01-01"), "YYYY-MM-DD"),
        (("--from", "2024-01-01", "--to", "2024-01-01", "--format", "docx"), "--out"),
    ],
)
def test_what_cannot_be_answered_is_refused(home: Home, kaa: Kaa, arguments: tuple[str, ...], words: str) -> None:
    said = kaa("audit", "controls", *arguments)
    assert (said.exit_code, said.out, said.err.count("\n")) == (64, "", 1)
    assert words in said.err
