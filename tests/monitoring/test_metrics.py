"""What the node exporter reads, and that the documentation and the alert rules say the same."""

import re
import stat
from pathlib import Path

import pytest
import tomli_w
import yaml
from prometheus_client.parser import text_string_to_metric_families

from pipelines.monitoring.metrics import text
from pipelines.notices import NoticeCode, notice
from pipelines.runtime.log import Event
from pipelines.state.home import Home, open_home
from pipelines.state.last_backup import LastBackup, write_last_backup
from pipelines.state.last_run import LastRun, RunResult
from tests.monitoring.nights import Night, at, end_otherwise, publish

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "overvakning.md"
RULES = ROOT / "docs" / "deploy" / "prometheus" / "kaa.rules.yml"

SILENT = notice(NoticeCode.SOURCE_SILENT, source="enkat", title="Enkäten", last="2026-11-20", days=3)


def _read(path: Path) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels, in the order of their names."""
    families = text_string_to_metric_families(path.read_text(encoding="utf-8"))
    return {
        (one.name, *(one.labels[label] for label in sorted(one.labels))): one.value
        for family in families
        for one in family.samples
    }


def _a_night(home: Home) -> dict[tuple[str, ...], float]:
    """A night with everything that there is to measure."""
    write_last_backup(home.path, LastBackup("/backup/1", at("2026-11-24 03:00").isoformat(), 1, 10, 1000))
    deliveries = [
        ("a" * 16, "ber", "2026-11-23", 1, "accepted", None, "ber/23", 1),
        ("b" * 16, "ber", "2026-11-22", 1, "held", "volume_drop", "ber/22", 1),
    ]
    night = Night(deliveries, notices=[SILENT], freshness=[("ber", "fresh", 0), ("enkat", "silent", 3)])
    publish(home, "2026-11-24 04:05", night, seconds={"take_in": 1.5}, by_status={"accepted": 1, "held": 1})
    return _read(home.path / "metrics" / "kaa.prom")


def test_the_metrics_say_how_the_night_went_and_what_is_wrong(home: Home) -> None:
    archived = home.archive / "ber-1"
    archived.mkdir()
    (archived / "file").write_bytes(b"x" * 10_000)
    found = _a_night(home)
    moment = at("2026-11-24 04:05").timestamp()
    for name, value in {
        ("kaa_metrics_timestamp_seconds",): moment,
        ("kaa_run_end_timestamp_seconds",): moment,
        ("kaa_run_exit_code",): 0,
        ("kaa_run_result", "published"): 1,
        ("kaa_run_result", "failed"): 0,
        ("kaa_run_step_seconds", "take_in"): 1.5,
        ("kaa_run_deliveries", "held"): 1,
        ("kaa_published_version",): 1,
        ("kaa_publication_timestamp_seconds",): moment,
        ("kaa_deliveries", "accepted"): 1,
        ("kaa_deliveries", "held"): 1,
        ("kaa_deliveries", "rejected"): 0,
        ("kaa_source_last_extract_timestamp_seconds", "ber"): at("2026-11-23 00:00").timestamp(),
        ("kaa_source_rows", "ber"): 10,
        ("kaa_source_quarantined_rows", "ber"): 1,
        ("kaa_source_missing_extracts", "enkat"): 3,
        ("kaa_source_silent", "enkat"): 1,
        ("kaa_source_silent", "ber"): 0,
        ("kaa_troubles", "false", "source_silent"): 1,
        ("kaa_troubles", "false", "delivery_held"): 1,
        ("kaa_troubles_open",): 2,
        ("kaa_backup_last_timestamp_seconds",): at("2026-11-24 03:00").timestamp(),
    }.items():
        assert found[name] == pytest.approx(value), name
    assert 10_000 <= found["kaa_zone_bytes", "archive"] < 50_000
    assert found["kaa_zone_bytes", "published"] > 0 and found["kaa_disk_free_bytes",] > 0


def test_an_archive_is_looked_through_anew_only_where_it_has_changed(home: Home) -> None:
    (home.archive / "ber-1").mkdir()
    (home.archive / "ber-1" / "file").write_bytes(b"x" * 5_000)
    before = _a_night(home)["kaa_zone_bytes", "archive"]
    (home.archive / "ber-2").mkdir()
    (home.archive / "ber-2" / "file").write_bytes(b"x" * 50_000)
    (home.archive / "ber-1" / "file").unlink()
    end_otherwise(home, "2026-11-25 04:05", RunResult.FAILED, "The disk is full.")
    after = _read(home.path / "metrics" / "kaa.prom")["kaa_zone_bytes", "archive"]
    assert 50_000 - 5_000 <= after - before <= 60_000


def test_a_night_that_failed_is_seen_and_what_was_published_before_still_is(home: Home) -> None:
    _a_night(home)
    end_otherwise(home, "2026-11-25 04:05", RunResult.FAILED, "The disk is full.")
    found = _read(home.path / "metrics" / "kaa.prom")
    assert found["kaa_run_result", "failed"] == 1 and found["kaa_run_exit_code",] == 1
    assert found["kaa_publication_timestamp_seconds",] == at("2026-11-24 04:05").timestamp()
    assert found["kaa_troubles", "false", "night_failed"] == 1


def test_the_node_exporter_may_read_them_wherever_the_settings_put_them(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "textfile"
    folder.mkdir()
    settings = home.settings.model_dump(exclude_none=True) | {"metrics": str(folder)}
    (home.path / "settings.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
    publish(open_home(home.path), "2026-11-24 04:05", Night())
    assert [path.name for path in folder.iterdir()] == ["kaa.prom"]
    assert stat.S_IMODE((folder / "kaa.prom").stat().st_mode) == 0o644


def test_a_folder_that_cannot_be_written_is_said_in_the_log_and_stops_nothing(home: Home, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = home.settings.model_dump(exclude_none=True) | {"metrics": str(tmp_path / "file")}
    (home.path / "settings.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
    publish(open_home(home.path), "2026-11-24 04:05", Night())
    assert "metrics_not_written" in (home.path / "logs" / "events.jsonl").read_text(encoding="utf-8")


def test_the_documentation_names_every_metric_and_every_event_and_no_other(home: Home) -> None:
    written = {name for name, *_ in _a_night(home)} | {"kaa_channel_failed"}
    document = DOCUMENT.read_text(encoding="utf-8")
    rows = [row[0] for row in re.findall(r"^\| `([a-z_]+)(?:\{[a-z_, ]+\})?` \|(.+)$", document, re.MULTILINE)]
    assert {name for name in rows if name.startswith("kaa_")} == written
    assert {name for name in rows if not name.startswith("kaa_")} == set(Event)
    assert len(rows) == len(set(rows))


def test_every_event_is_written_by_some_part_of_the_program() -> None:
    modules = [path for path in (ROOT / "pipelines").rglob("*.py") if path.name != "log.py"]
    written = {
        name for path in modules for name in re.findall(r"\bEvent\.([A-Z_]+)\b", path.read_text(encoding="utf-8"))
    }
    assert written >= {one.name for one in Event}


def test_the_alert_rules_ask_for_metrics_that_are_written(home: Home) -> None:
    written = {name for name, *_ in _a_night(home)} | {"kaa_channel_failed"}
    rules = [rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]
    asked = {name for rule in rules for name in re.findall(r"\bkaa_[a-z_]+", rule["expr"])}
    assert asked and asked <= written
    assert {rule["alert"] for rule in rules} == set(re.findall(r"`(Kaa\w+)`", DOCUMENT.read_text(encoding="utf-8")))
    for rule in rules:
        assert rule["annotations"]["summary"].endswith(".") and rule["labels"]["severity"] in ("warning", "critical")


def test_nothing_is_measured_of_what_is_not_known(home: Home) -> None:
    from pipelines.monitoring.known import KnownTroubles

    run = LastRun(at("2026-11-24 04:00").isoformat(), 1, RunResult.RUNNING)
    names = {line.split("{")[0].split(" ")[0] for line in text(home, run, KnownTroubles(), None).splitlines()}
    assert "kaa_run_start_timestamp_seconds" in names
    assert not names & {"kaa_run_end_timestamp_seconds", "kaa_run_exit_code", "kaa_published_version"}
