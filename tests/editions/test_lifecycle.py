"""How an edition comes about, and each thing that is refused: one sentence, exit 64, nothing made."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.editions import lifecycle
from pipelines.audit.editions.folder import EDITION, SIGNATURE
from pipelines.audit.editions.store import Editions
from pipelines.state import decision_log
from pipelines.state.home import open_home
from tests.cli.conftest import Kaa, Said
from tests.editions.conftest import BECAUSE, INTERNAL, PERIOD, PUBLIC, Made, new_key, open_checks, proposed
from tests.model.world import personnummer

pytestmark = pytest.mark.long


def _is_refused(said: Said, *words: str) -> bool:
    assert (said.exit_code, said.out) == (64, ""), said
    assert said.err.count("\n") == 1 and "Traceback" not in said.err, said.err
    for word in words:
        assert word in said.err, said.err
    return True


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def _below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _propose(kaa: Kaa, key: Path, *more: object) -> Said:
    accepted = [
        word for check in open_checks(kaa(*proposed(key))) for word in ("--accept", check, "--because", BECAUSE)
    ]
    return kaa(*proposed(key, *more, *accepted))


# --- what it holds --------------------------------------------------------------------------------------------------------


def test_an_edition_says_what_it_is(made: Made) -> None:
    first, second = (json.loads((folder / EDITION).read_bytes()) for folder in (made.internal, made.public))
    assert set(first) == {
        "id", "label", "kind", "period", "municipality", "created_at", "program", "contracts", "files", "previous",
        "proposed_by", "accepted",
    }  # fmt: skip
    assert (first["id"], first["kind"], first["period"], first["proposed_by"]) == (INTERNAL, "internal", PERIOD, "anna")
    assert (second["id"], second["kind"], second["proposed_by"]) == (PUBLIC, "public", "bo")
    assert first["previous"] is None and second["previous"]["id"] == INTERNAL
    assert first["accepted"] and {one["because"] for one in first["accepted"]} == {BECAUSE}
    assert first["contracts"]["ber"] and first["program"]["version"] and first["created_at"].endswith("+01:00")
    assert set(first["files"]) == {
        path.relative_to(made.internal).as_posix()
        for path in made.internal.rglob("*")
        if path.is_file() and path.name not in (EDITION, "SHA256SUMS") and not path.name.startswith(SIGNATURE)
    }


def test_figures_are_those_of_kaa_figures_and_own_ones_too(
    made: Made, kaa: Kaa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAA_HOME", str(made.home))
    header, *lines = kaa("figures", "--period", PERIOD).out.splitlines()
    listed = (made.internal / "figures.csv").read_text(encoding="utf-8").splitlines()
    assert (
        listed[0] == header
        and set(lines) < set(listed)
        and listed[1:] == sorted(listed[1:], key=lambda line: line.rsplit(",", 1)[0].split(","))
    )
    own = {line.split(",")[0] for line in set(listed[1:]) - set(lines)}
    assert own
    for figure in own:
        asked = kaa("figures", "--period", PERIOD, "--figure", figure).out.splitlines()[1:]
        assert asked == [line for line in listed if line.startswith(f"{figure},")]


def test_the_deliveries_are_the_loaded_ones_with_their_files(made: Made) -> None:
    rows = _rows(made.internal / "deliveries.csv")
    assert list(rows[0]) == [
        "source",
        "extract_date",
        "revision",
        "delivery_id",
        "status",
        "dataset",
        "file",
        "sha256",
        "rows",
    ]
    assert list(_rows(made.public / "deliveries.csv")[0]) == list(rows[0])[:-1]
    with duckdb.connect(str(open_home(made.home).current().history), read_only=True) as connection:  # type: ignore[union-attr]
        loaded = {row[0] for row in connection.execute("select delivery_id from extract").fetchall()}
    assert {row["delivery_id"] for row in rows} == loaded and {row["status"] for row in rows} == {"accepted"}
    assert {row["dataset"] for row in rows if row["source"] == "ber"} >= {"ber/register", "ber/kontakter"}


def test_a_public_edition_holds_the_public_numbers(made: Made) -> None:
    rows = _rows(made.public / "figures.csv")
    assert {row["value"] for row in rows} >= {"..", "0"}
    assert (made.public / "figures.csv").read_bytes() == (made.public / "report" / "cells.csv").read_bytes()
    assert not (made.public / "report" / "drift.html").exists() and (made.internal / "report" / "drift.html").exists()
    assert all(
        row["detail"] == "" and not row["check"].startswith("figure/") for row in _rows(made.public / "checks.csv")
    )
    assert [path.name for path in (made.home / "public").glob("*.csv.gz")] == ["000001.csv.gz"]


def test_nothing_in_an_edition_names_a_person_or_this_machine(made: Made) -> None:
    from tests.state.world import EARLIER, NEWER, OLD, YOUTHS

    for path in [*made.internal.rglob("*"), *made.public.rglob("*")]:
        content = path.read_bytes() if path.is_file() else b""
        assert str(made.home).encode() not in content, path
        for number in (OLD, EARLIER, NEWER, YOUTHS[7], YOUTHS[8]):
            assert number[2:].encode() not in content, path


# --- proposing ------------------------------------------------------------------------------------------------------------


def test_open_warnings_are_each_accepted_with_a_reason(ready: Made, kaa: Kaa) -> None:
    with duckdb.connect(str(open_home(ready.home).current().published)) as connection:  # type: ignore[union-attr]
        connection.execute(
            "insert into contract_check values ('ber', 'kontakter', 'few', 'warning', false, 'Få rader.')"
        )
        for sentence in ("En källa är tyst.", "En till."):
            connection.execute(
                "insert into notice by name select 'source_silent' as code, ? as sentence, true as waits_for_a_person",
                [sentence],
            )
        connection.execute(
            "insert into notice by name "
            "select 'delivery_settling' as code, 'Den kommer.' as sentence, false as waits_for_a_person"
        )
    said = kaa(*proposed(ready.keys / "anna"))
    checks = open_checks(said)
    assert {"contract/ber/kontakter/few", "notice/source_silent/1", "notice/source_silent/2"} < set(checks)
    assert "contract/ber/kontakter/few\tFå rader.\n" in said.err and not any("settling" in check for check in checks)
    accepted = [word for check in checks[1:] for word in ("--accept", check, "--because", BECAUSE)]
    assert open_checks(kaa(*proposed(ready.keys / "anna", *accepted))) == checks[:1]
    everything = (*accepted, "--accept", checks[0], "--because", BECAUSE)
    more = (*everything, "--accept", "notice/nothing", "--because", BECAUSE)
    assert _is_refused(kaa(*proposed(ready.keys / "anna", *more)), "'notice/nothing' is not open")
    assert _is_refused(kaa(*proposed(ready.keys / "anna", *everything[:-1], "  ")), "--because")
    assert _is_refused(kaa(*proposed(ready.keys / "anna", *accepted, "--accept", checks[0])), "--because")
    assert [kept.path.name for kept in Editions(open_home()).all()] == [INTERNAL, PUBLIC]
    assert kaa(*proposed(ready.keys / "anna", *everything)).out == f"{PERIOD}.3\n"


def test_what_cannot_be_proposed(ready: Made, kaa: Kaa, tmp_path: Path) -> None:
    anna = ready.keys / "anna"
    assert _is_refused(kaa(*proposed(ready.keys / "cilla")), "is no signer's key", "kaa signer list")
    (tmp_path / "text").write_text("no key")
    assert _is_refused(kaa(*proposed(tmp_path / "text")), "is not an OpenSSH key")
    assert _is_refused(kaa(*proposed(tmp_path / "nothing")), "does not exist")
    said = kaa("edition", "propose", "--period", "kalenderar-1999", "--label", "x", "--key", anna)
    assert said.exit_code == 64 and said.out == ""
    said = kaa("edition", "propose", "--period", "nonsense-1", "--label", "x", "--key", anna)
    assert _is_refused(said, "nonsense-1")
    assert _below(ready.home / "editions") == [
        ".lock", INTERNAL, f"{INTERNAL}.private", PUBLIC, f"{PUBLIC}.private",
    ]  # fmt: skip


def test_without_ssh_keygen_it_says_what_to_install(
    ready: Made, kaa: Kaa, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _is_refused(kaa(*proposed(ready.keys / "anna")), "ssh-keygen", "openssh-client")


#: Where it is killed: when all but the proof is written, before it is on the disk, between the two names, when it has its name.
KILLED = {
    "unsigned": "lifecycle.sums = killed",
    "unwritten": "store.sync_tree = killed",
    "half named": "store.os = types.SimpleNamespace(replace=lambda one, other: killed() if '.private' not in other.name else "
    "os.replace(one, other))",
    "named": "lifecycle.decision_log.record = killed",
}


@pytest.mark.parametrize("moment", KILLED)
def test_killed_at_any_moment_an_edition_is_whole_or_not_there(ready: Made, kaa: Kaa, moment: str) -> None:
    program = (
        "import os, sys, types; from pipelines.audit.editions import lifecycle, store; from pipelines.commands.cli import main\n"
        f"killed = lambda *arguments, **named: os._exit(9)\n{KILLED[moment]}\nmain(sys.argv[1:])"
    )
    accepted = [
        word
        for check in open_checks(kaa(*proposed(ready.keys / "anna")))
        for word in ("--accept", check, "--because", BECAUSE)
    ]
    command = [sys.executable, "-c", program, *map(str, proposed(ready.keys / "anna", *accepted))]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 9
    assert kaa("signer", "add", "cilla", "--public-key", ready.keys / "cilla.pub").exit_code == 0  # and sweeps
    there = [INTERNAL, PUBLIC, *([f"{PERIOD}.3"] if moment == "named" else [])]
    assert _below(ready.home / "editions") == sorted([".lock", *there, *(f"{name}.private" for name in there)])
    for kept in Editions(open_home()).all():
        assert lifecycle.unapproved_faults(kept, Editions(open_home())) == []


# --- approving and exporting ----------------------------------------------------------------------------------------------


def test_who_may_approve_and_when(ready: Made, kaa: Kaa, tmp_path: Path) -> None:
    anna, bo = ready.keys / "anna", ready.keys / "bo"
    third, fourth = _propose(kaa, anna).out.strip(), _propose(kaa, bo).out.strip()
    assert (third, fourth) == (f"{PERIOD}.3", f"{PERIOD}.4")
    assert _is_refused(
        kaa("edition", "export", third, "--out", tmp_path / "x"), "is not approved", "kaa edition approve"
    )
    assert kaa("edition", "verify", third).exit_code == 2
    assert _is_refused(kaa("edition", "approve", third, "--key", anna), "anna has proposed", "somebody else")
    assert _is_refused(kaa("edition", "approve", third, "--key", ready.keys / "cilla"), "is no signer's key")
    assert _is_refused(kaa("edition", "approve", f"{PERIOD}.9", "--key", bo), "There is no edition")
    assert _is_refused(kaa("edition", "approve", f"../editions/{third}", "--key", bo), "There is no edition")
    figures = ready.home / "editions" / third / "figures.csv"
    whole = figures.read_bytes()
    figures.write_bytes(whole + b"x")
    assert _is_refused(
        kaa("edition", "approve", third, "--key", bo), "figures.csv has been changed", "propose it again"
    )
    figures.write_bytes(whole)
    assert kaa("edition", "approve", third, "--key", bo).exit_code == 0
    assert _is_refused(kaa("edition", "approve", third, "--key", bo), "is approved already, by bo")
    assert _is_refused(
        kaa("edition", "approve", fourth, "--key", anna), f"{third} has been approved since", "propose it again"
    )
    listed = json.loads(kaa("edition", "list", "--format", "json").out)
    assert [(one["id"], one["state"], one["approved_by"]) for one in listed] == [
        (INTERNAL, "approved", "bo"), (PUBLIC, "approved", "anna"), (third, "approved", "bo"), (fourth, "outdated", None),
    ]  # fmt: skip
    assert [one["previous"] for one in listed] == [None, INTERNAL, PUBLIC, PUBLIC]
    assert decision_log.decisions(open_home(), "approve-edition")[-1]["signer"] == "bo"


def test_an_export_takes_nobodys_place(ready: Made, kaa: Kaa, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine").write_text("mine")
    assert _is_refused(kaa("edition", "export", INTERNAL, "--out", tmp_path / "taken"), "is not an empty folder")
    assert _is_refused(
        kaa("edition", "export", INTERNAL, "--out", ready.home / "editions" / "x"), "choose another folder"
    )
    (tmp_path / "empty").mkdir()
    assert kaa("edition", "export", INTERNAL, "--out", tmp_path / "empty").exit_code == 0
    assert kaa("edition", "verify", tmp_path / "empty").exit_code == 0
    (ready.home / "editions" / INTERNAL / "checks.csv").write_text("other")
    said = kaa("edition", "export", INTERNAL, "--out", tmp_path / "damaged")
    assert said.exit_code == 1 and "checks.csv has been changed" in said.err and not (tmp_path / "damaged").exists()


def test_no_number_is_given_twice(ready: Made, kaa: Kaa) -> None:
    third = _propose(kaa, ready.keys / "anna").out.strip()
    for path in (third, f"{third}.private"):
        shutil.rmtree(ready.home / "editions" / path)
    assert _propose(kaa, ready.keys / "anna").out == f"{PERIOD}.4\n"


def test_an_approved_edition_that_is_gone_is_missed(ready: Made, kaa: Kaa) -> None:
    shutil.rmtree(ready.home / "editions" / PUBLIC)
    said = _propose(kaa, ready.keys / "anna")
    assert said.exit_code == 1 and f"{PUBLIC}, which was approved, is not there" in said.err


# --- signers --------------------------------------------------------------------------------------------------------------


def test_a_removed_signer_signs_nothing_more_and_what_was_signed_stays_proved(ready: Made, kaa: Kaa) -> None:
    assert kaa("signer", "remove", "anna").exit_code == 0
    assert _is_refused(kaa(*proposed(ready.keys / "anna")), "is no signer's key")
    assert _is_refused(kaa("signer", "remove", "anna"), "There is no signer 'anna'")
    assert kaa("edition", "verify", INTERNAL).exit_code == 0
    anna, bo = json.loads(kaa("signer", "list", "--format", "json").out)
    assert anna["from"] <= anna["to"] and bo["to"] is None
    assert kaa("signer", "add", "anna", "--public-key", ready.keys / "anna.pub").exit_code == 0
    assert len(open_checks(kaa(*proposed(ready.keys / "anna")))) > 0


def test_who_cannot_be_a_signer(ready: Made, kaa: Kaa, tmp_path: Path) -> None:
    new_key(tmp_path / "rsa", kind="rsa")
    pub = ready.keys / "cilla.pub"
    for name in ("", "två ord", "../x", "-x", "a,b", "a*", "x" * 65, personnummer("1990-01-01", 238)):
        assert _is_refused(kaa("signer", "add", "--public-key", pub, "--", name), "cannot be a signer's name"), name
    assert _is_refused(
        kaa("signer", "add", "dan", "--public-key", tmp_path / "rsa.pub"), "is not an Ed25519 public key"
    )
    assert _is_refused(
        kaa("signer", "add", "dan", "--public-key", ready.keys / "cilla"), "is not an Ed25519 public key"
    )
    assert _is_refused(kaa("signer", "add", "anna", "--public-key", pub), "anna is a signer already")
    assert _is_refused(kaa("signer", "add", "dan", "--public-key", ready.keys / "anna.pub"), "is the key of anna")
    kaa("signer", "remove", "anna")
    assert _is_refused(kaa("signer", "add", "dan", "--public-key", ready.keys / "anna.pub"), "is the key of anna")
    assert len(ready.signers.read_text().splitlines()) == 2
