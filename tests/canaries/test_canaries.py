"""Nobody's number, and nothing that no contract names, is anywhere but in the archive: after a real nightly with deliveries of
every status, and in all that the commands say and write."""

import json
from pathlib import Path

import pytest

from demo import comparison
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.monitoring.after_run import after_run
from pipelines.personnummer import HIDDEN
from pipelines.state.home import open_home
from pipelines.state.last_run import read_last_run
from tests.canaries import world
from tests.canaries.search import found_in, search
from tests.cli.conftest import Kaa, Published, Said
from tests.editions.conftest import copy_of_home, new_key, open_checks
from tests.monitoring.receivers import mail_server, web_service

pytestmark = pytest.mark.long

PERIOD = "verksamhetsar-2023"
PRINTED = sorted(comparison.GOLDEN.glob("arsrapport_2023*.csv"))

#: Everything that can be asked: command and formats.
QUESTIONS = [
    (("deliveries",), ("table", "csv", "json")),
    (("quarantine",), ("table", "csv", "json")),
    (("figures", "--period", PERIOD), ("csv", "json")),
    (("figures", "--period", "dag-2023-11-30"), ("csv", "json")),
    (("figures", "--period", PERIOD, "--as-known", "2023-11-30"), ("csv", "json")),
    (("figures", "--period", "manad-2023-11", "--figure", "survey"), ("csv", "json")),
    (("purge",), ("table", "csv", "json")),
    (("purge", "--dry-run", "--on", "2026-01-02"), ("table", "csv", "json")),
    (("recover",), ("table", "csv", "json")),
    (("dictionary",), ("table", "csv", "json")),
    (("acknowledge",), ("table", "csv", "json")),
    (("audit", "sample", "--period", PERIOD, "--n", "1", "--seed", "2016"), ("csv", "json")),
    (("check-report", *map(str, PRINTED)), ("text", "csv", "json")),
]  # fmt: skip

#: What is asked wrongly, and so answered with a sentence. A number that a person types is said to that person, and kept nowhere.
WRONG = [
    ("deliveries", "release", "nothing"),
    ("figures", "--period", "x"),
    ("figures", "--period", PERIOD, "--figure", "x"),
    ("report", "--period", "dag-2023-11-30", "--out", "/tmp"),
    ("accept-change", "--because", "x"),
    ("acknowledge", "x", "--because", "x", "--until", "2027-01-01"),
    ("check-report", "/nowhere"),
]


def test_nothing_is_left_in_any_zone_log_or_store(published: Published) -> None:
    assert not search(published.home, published.told.marks)


def test_the_search_sees_every_zone(published: Published) -> None:
    """What is allowed is found in each: a text of a row, a code, a reason, a step in Dagster's own store, a test's name."""
    allowed = {"history": world.ALLOWED, "warehouse": "HEMBESOK", "published": "volume_drop", "dagster": "STEP_SUCCESS",
               "logs": "figures_agree_with_each_other"}  # fmt: skip
    seen = {(zone, where.split("/")[0]) for zone, where in search(published.home, allowed)}
    assert {(zone, zone) for zone in allowed} <= seen


def test_a_persons_pseudonym_is_seen_where_rows_about_persons_are(published: Published) -> None:
    """So that it says something when those of purged persons are found nowhere (``test_failures``)."""
    pseudonymiser = Pseudonymiser(open_home(published.home).pseudonym_key)
    marks = {"person": pseudonymiser.pseudonym(published.told.numbers["personnummer"])}
    zones = {where.split("/")[0] for _, where in search(published.home, marks)}
    assert {"history", "warehouse"} <= zones and "published" not in zones and "logs" not in zones


def test_nothing_is_said_or_written_by_any_command(published: Published, kaa: Kaa, tmp_path: Path) -> None:
    said: list[Said] = [published.nightly]
    for command, formats in QUESTIONS:
        said += [kaa(*command, "--format", format_) for format_ in formats]
        assert said[-1].exit_code in (0, 2), command
    for command in WRONG:
        said.append(kaa(*command))
        assert said[-1].exit_code in (1, 64), command
    said.append(kaa("report", "--period", PERIOD, "--out", tmp_path / "report" / "internal"))
    assert said[-1].exit_code == 0
    said.append(kaa("report", "--period", PERIOD, "--out", tmp_path / "report" / "public", "--public"))
    assert said[-1].exit_code == 0
    heard = "\n".join(one.out + one.err for one in said).encode()
    assert b"volume_drop" in heard and world.QUESTION.encode() in heard
    assert not found_in(heard, published.told.marks)
    assert not search(tmp_path / "report", published.told.marks)


def test_whoever_is_told_of_the_night_is_told_of_nobody(
    published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = copy_of_home(published.home, tmp_path / "home")
    monkeypatch.setenv("KAA_HOME", str(copied))
    (copied / "troubles.json").unlink()  # nobody has been told yet
    with web_service() as service, mail_server() as server:
        mail = f'host = "localhost"\nport = {server.port}\nsecurity = "none"\nfrom = "kaa@a.se"\nto = ["drift@a.se"]'
        with (copied / "settings.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'\n[tell.webhook]\nurl = "{service.url}"\n[tell.mail]\n{mail}\n')
        run = read_last_run(copied)
        assert run
        after_run(open_home(copied), run)
        told = json.dumps(service.posts, ensure_ascii=False) + server.messages[0].as_string()
        told += "".join(str(message.get_content()) for message in server.messages)
    assert {"delivery_held", "delivery_rejected"} <= {one["code"] for one in service.posts[0]["begun"]}
    assert not found_in(told.encode(), published.told.marks)
    assert not search(copied, published.told.marks)
    # A folder that is named so is told with the number hidden.
    assert HIDDEN in told


def test_the_search_sees_the_pages_and_the_documents(published: Published, kaa: Kaa, tmp_path: Path) -> None:
    kaa("report", "--period", PERIOD, "--out", tmp_path / "report" / "internal")
    kaa("report", "--period", PERIOD, "--out", tmp_path / "report" / "public", "--public")
    found = search(tmp_path / "report", {"municipality": "Stockholms stad", "question": world.QUESTION})
    endings = {(name, Path(where.split(" ")[0]).suffix) for name, where in found}
    assert {("question", ".html"), ("question", ".js")} <= endings
    assert {
        ("municipality", ending) for ending in (".html", ".docx", ".xlsx", ".pdf", ".px", ".json", ".ttl")
    } <= endings


def test_no_edition_tells_of_anybody(
    published: Published, kaa: Kaa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it with a number in its label or in a reason."""
    copied = copy_of_home(published.home, tmp_path / "home")
    monkeypatch.setenv("KAA_HOME", str(copied))
    new_key(tmp_path / "anna")
    assert kaa("signer", "add", "anna", "--public-key", tmp_path / "anna.pub").exit_code == 0
    number = next(iter(published.told.numbers.values()))
    propose = ("edition", "propose", "--period", PERIOD, "--label", f"Om {number}", "--key", tmp_path / "anna")
    checks = open_checks(kaa(*propose))
    assert any(check.startswith("held/") for check in checks)
    accepted = [word for check in checks for word in ("--accept", check, "--because", f"Det gäller {number}")]
    said = [kaa(*propose, *accepted), kaa(*propose, *accepted, "--public"), kaa("edition", "list", "--format", "json")]
    assert [one.exit_code for one in said] == [0, 0, 0]
    assert not search(copied / "editions", published.told.marks)
    assert not found_in("".join(one.out + one.err for one in said).encode(), published.told.marks)
    assert search(copied / "editions", {"question": world.QUESTION})
