"""The structured log: one JSON object a line, without anything about persons, in a file that may be moved away."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from pipelines.runtime import clock
from pipelines.runtime.log import FILE, Event, event
from tests.model.world import personnummer
from tests.monitoring.nights import at

NUMBER = personnummer("2005-03-01", 238)

_WRITES = """
import sys
from pathlib import Path
from pipelines.runtime.log import Event, event
event(Path(sys.argv[1]), Event.TROUBLE_BEGUN, trouble="x", code="y")
event(Path(sys.argv[1]), Event.TOLD, channel="mail")
"""


def _lines(home: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (home / FILE).read_text(encoding="utf-8").splitlines()]


def test_a_line_says_when_what_and_the_facts(tmp_path: Path) -> None:
    with clock.running(lambda: at("2026-11-24 04:05")):
        event(
            tmp_path, Event.RUN_ENDED, result="published", steps={"take_in": 1.5}, by_status={}, day=date(2026, 11, 23)
        )
    assert _lines(tmp_path) == [
        {
            "at": "2026-11-24T03:05:00.000+00:00", "event": "run_ended", "result": "published", "steps": {"take_in": 1.5},
            "by_status": {}, "day": "2026-11-23",
        }
    ]  # fmt: skip


def test_no_personnummer_reaches_it_and_a_deliverys_id_stays_as_it_is(tmp_path: Path) -> None:
    own = "198504101234abcd"
    facts = {
        "delivery_id": own,
        "folder": f"ber/{NUMBER}",
        "why": f"{NUMBER[:8]}-{NUMBER[8:]}",
        "steps": {NUMBER: NUMBER},
    }
    event(tmp_path, Event.DELIVERY_JUDGED, **facts)  # type: ignore[arg-type]
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert NUMBER not in text and NUMBER[:8] not in text and own in text


def test_a_moment_stays_as_it_is(tmp_path: Path) -> None:
    moment = "2027-03-25T04:00:00+01:00"
    event(tmp_path, Event.RUN_FOUND_KILLED, started_at=moment, ended_at=at("2027-03-25 04:00"))
    (line,) = _lines(tmp_path)
    assert line["started_at"] == line["ended_at"] == moment


def test_the_file_may_be_moved_away_between_two_lines(tmp_path: Path) -> None:
    event(tmp_path, Event.TOLD, channel="mail")
    (tmp_path / FILE).rename(tmp_path / "rotated")
    event(tmp_path, Event.TOLD, channel="webhook")
    assert [line["channel"] for line in _lines(tmp_path)] == ["webhook"]


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()
    event(tmp_path, Event.TOLD, channel="mail")


def _said(home: Path, error: Path, journal: str | None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "JOURNAL_STREAM"}
    if journal is not None:
        environment["JOURNAL_STREAM"] = journal
    with error.open("w", encoding="utf-8") as file:
        subprocess.run([sys.executable, "-c", _WRITES, str(home)], env=environment, stderr=file, check=True)
    return error.read_text(encoding="utf-8")


def test_the_journal_takes_the_same_lines_and_a_terminal_or_a_file_none(tmp_path: Path) -> None:
    error = tmp_path / "error"
    error.touch()
    stream = f"{error.stat().st_dev}:{error.stat().st_ino}"
    begun, told = _said(tmp_path, error, stream).splitlines()
    assert begun.startswith("<4>{") and told.startswith("<6>{")
    assert [json.loads(line[3:]) for line in (begun, told)] == _lines(tmp_path)
    # Inherited from a service whose standard error is another one.
    assert _said(tmp_path, error, "1:1") == _said(tmp_path, error, None) == ""
