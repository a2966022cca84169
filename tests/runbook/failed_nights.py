"""Symptoms of nights that publish nothing."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.delivery.parsing import read_file
from pipelines.intake import read_batches
from pipelines.orchestration import nightly
from pipelines.runtime import clock
from pipelines.state.format import FORMAT
from pipelines.state.home import ZONES
from pipelines.state.last_run import read_last_run
from tests.faults import plain_nightly
from tests.faults.test_disk_full import MEGABYTE, _leave
from tests.model.world import Extract
from tests.orchestration.conftest import CutOff
from tests.runbook.operator import Operator, Steps, symptom
from tests.state.world import YOUTHS

OTHER_USER = 12345
#: For so many seconds a run claims to have gone on.
LONG = str(5 * 3600)


def new_night(drop: Path, day: str = "2024-01-03") -> None:
    """A new extract of the residents."""
    residents = Extract("folkbokforing", day)
    for number in YOUTHS[:90]:
        residents.resident(number, stadsdelsomrade="04")
    residents.write(drop)


def backup(op: Operator) -> Path:
    """What the operator's backup of last night holds."""
    return Path(shutil.copytree(op.home, op.place / "backup", symlinks=True))


def put_back(op: Operator, saved: Path, *names: str) -> None:
    for name in names:
        there = op.home / name
        if there.is_dir():
            shutil.rmtree(there)
        (shutil.copytree if (saved / name).is_dir() else shutil.copy2)(saved / name, there)


def private_key(op: Operator) -> Path:
    """The archive's private key, out of the key store."""
    return Path(shutil.move(op.home / "keys" / "archive.private", op.place / "archive.private"))


def lose(op: Operator) -> None:
    for name in (*ZONES, "current.json"):
        path = op.home / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


# --- the state ----------------------------------------------------------------------------------------------------------


@symptom("Lagret går inte ihop med sig självt")
def the_pointer_is_lost(op: Operator) -> Steps:
    (op.home / "current.json").unlink()
    yield op.nightly(1)
    assert "complete" in op.does("recover").out
    op.does("recover", "--version", "3", "--because", "current.json var borta")


@symptom("Lagret går inte ihop med sig självt", is_slow=True)
def the_pointer_is_torn(op: Operator) -> Steps:
    (op.home / "current.json").write_text('{"versi')
    yield op.nightly(1)
    op.does("recover", "--version", "3", "--because", "current.json var trasig")


@symptom("En fil i den publicerade versionen är trasig", is_slow=True)
def a_file_is_garbage(op: Operator) -> Steps:
    saved = backup(op)
    file = op.version.published
    file.write_bytes(b"x" * file.stat().st_size)
    yield op.nightly(1)
    put_back(op, saved, str(file.relative_to(op.home)))


@symptom("En fil i den publicerade versionen är trasig", is_slow=True)
def a_file_is_torn_and_there_is_no_backup(op: Operator) -> Steps:
    key = private_key(op)
    file = op.version.models
    file.write_text("[" + " " * file.stat().st_size)
    yield op.nightly(1)
    op.does("restore", "--key", key)


@symptom("Historiken är borta", is_slow=True)
def all_versions_are_lost(op: Operator) -> Steps:
    key = private_key(op)
    lose(op)
    yield op.nightly(1)
    op.does("restore", "--key", key)


@symptom("En återställning är inte färdig")
def a_restore_was_killed(op: Operator) -> Steps:
    key = private_key(op)
    lose(op)
    (op.home / "restoring").mkdir()
    yield op.nightly(1)
    op.does("restore", "--key", key)


@symptom("Besluten går inte att läsa", is_slow=True)
def the_decisions_are_torn(op: Operator) -> Steps:
    decided = op.home / "decided.jsonl"
    before = decided.read_text() if decided.exists() else ""
    decided.write_text('{"decision": ')
    yield op.nightly(64)
    decided.write_text(before)


# --- keys -----------------------------------------------------------------------------------------------------------------


@symptom("Fel nyckel", is_slow=True)
def another_pseudonym_key(op: Operator) -> Steps:
    key = op.home / "keys" / "pseudonym.key"
    right = key.read_text()
    key.write_text("ab" * 32)
    yield op.nightly(1)
    key.write_text(right)


@symptom("En nyckel saknas eller är trasig", is_slow=True)
def a_key_is_missing(op: Operator) -> Steps:
    key = op.home / "keys" / "pseudonym.key"
    right = key.read_text()
    key.unlink()
    yield op.nightly(64)
    key.write_text(right)
    key.chmod(0o600)


@symptom("En nyckel saknas eller är trasig", is_slow=True)
def a_key_is_damaged(op: Operator) -> Steps:
    key = op.home / "keys" / "archive.public"
    right = key.read_text()
    key.write_text("age1")
    yield op.nightly(64)
    key.write_text(right)


@symptom("En nyckel är öppen för andra")
def a_key_is_open(op: Operator) -> Steps:
    key = op.home / "keys" / "pseudonym.key"
    key.chmod(0o644)
    yield op.nightly(64)
    key.chmod(0o600)


# --- the machine -----------------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """A file system of its own; only root may mount one, and not in every container."""
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128m", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("no small file system here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


@symptom("Disken är full", is_slow=True)
def the_disk_is_full(op: Operator) -> Steps:
    with small_disk(op.place / "disk") as disk:
        shutil.copytree(op.home, disk / "home", symlinks=True)
        op.home = disk / "home"
        op.monkeypatch.setenv("KAA_HOME", str(op.home))
        new_night(op.opened.drop)
        filler = _leave(disk, 2 * MEGABYTE)
        yield op.nightly(1)
        filler.unlink()
        op.nightly()  # while the disk is there


@symptom("Minnet tog slut", is_slow=True)
def there_is_no_memory(op: Operator) -> Steps:
    def fails(*arguments: object) -> Any:
        raise MemoryError

    new_night(op.opened.drop)
    op.monkeypatch.setattr(read_batches, "read_file", fails)
    yield op.nightly(1)
    op.monkeypatch.setattr(read_batches, "read_file", read_file)
    with (op.home / "settings.toml").open("a") as settings:
        settings.write('memory = "1GB"\n')


@symptom("Leveransmappen saknas")
def the_drop_folder_is_not_mounted(op: Operator) -> Steps:
    drop = op.opened.drop
    drop.rename(op.place / "elsewhere")
    yield op.nightly(64)
    (op.place / "elsewhere").rename(drop)


@symptom("Mappen tillhör en annan användare", is_slow=True)
def root_runs_it(op: Operator) -> Steps:
    if os.geteuid():
        pytest.skip("only root can give a folder to another user")
    os.chown(op.home, OTHER_USER, OTHER_USER)
    yield op.nightly(64)
    os.chown(op.home, 0, 0)


@symptom("Inställningarna är fel")
def a_setting_is_misspelt(op: Operator) -> Steps:
    settings = op.home / "settings.toml"
    right = settings.read_text()
    settings.write_text(f"{right}memmory = '1GB'\n")
    yield op.nightly(64)
    settings.write_text(right)


@symptom("Inställningarna är fel", is_slow=True)
def the_variable_is_not_set(op: Operator) -> Steps:
    op.monkeypatch.setenv("KAA_HOME", str(op.place / "var"))
    yield op.nightly(64)
    op.monkeypatch.setenv("KAA_HOME", str(op.home))


@symptom("Lagret är en annan kommuns", is_slow=True)
def the_settings_name_another_municipality(op: Operator) -> Steps:
    settings = op.home / "settings.toml"
    right = settings.read_text()
    settings.write_text(right.replace('"stockholm"', '"nacka"'))
    yield op.nightly(64)
    settings.write_text(right)


# --- other processes -------------------------------------------------------------------------------------------------------


@symptom("En annan körning pågår")
def another_run_goes_on(op: Operator) -> Steps:
    other = CutOff(op.opened)
    try:
        yield op.nightly(1)
    finally:
        other.end()


@symptom("Körningen avbröts")
def a_run_was_killed(op: Operator) -> Steps:
    CutOff(op.opened).end()
    said = op.kaa("watch")
    assert said.exit_code == 1
    yield said.out + said.err


@symptom("Körningen fastnade", is_slow=True)
def a_run_hangs(op: Operator) -> Steps:
    other = CutOff(op.opened, seconds=LONG)
    try:
        said = op.kaa("watch")
        assert said.exit_code == 1 and other.is_gone()
        yield said.out + said.err
    finally:
        other.end()


@symptom("Natten startade inte", is_slow=True)
def no_night_began(op: Operator) -> Steps:
    op.nightly()
    last = read_last_run(op.home)
    assert last is not None
    later = clock.now("Europe/Stockholm") + timedelta(days=4)
    with clock.running(lambda: later):
        said = op.kaa("watch")
    assert said.exit_code == 1
    yield said.out + said.err
    (op.home / "last_run.json").unlink()  # the clock of this test goes back again


@symptom("Ett annat program håller filen", is_slow=True)
def a_file_is_open_elsewhere(op: Operator) -> Steps:
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(op.version.published)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout and other.stdin
        other.stdout.readline()
        said = op.kaa("deliveries")
        assert said.exit_code == 1
        yield said.err
        other.stdin.close()


# --- what is published -------------------------------------------------------------------------------------------------------


def other_models(op: Operator, change: Any) -> None:
    """Have the compiled models be other ones: the program was upgraded, so that its first night is a whole one."""
    op.monkeypatch.setattr(nightly, "quiet_night", lambda home: False)
    models = json.loads(Path(os.environ[plain_nightly.MODELS]).read_text(encoding="utf-8"))
    changed = op.place / "models.json"
    changed.write_text(json.dumps([model | {"sql": change(model)} for model in models]), encoding="utf-8")
    op.monkeypatch.setenv(plain_nightly.MODELS, str(changed))


@symptom("Kända siffror har ändrats")
def an_upgrade_changes_a_figure(op: Operator) -> Steps:
    other_models(
        op, lambda model: model["sql"].replace("where mart.is_in_register\n", "where mart.is_in_register and false\n")
    )
    yield op.nightly(1)
    op.does("accept-change", "--because", "Definitionen är ändrad, beslut 7")


@symptom("Kända siffror har ändrats", is_slow=True)
def somebody_has_changed_the_history(op: Operator) -> Steps:
    saved = backup(op)
    with duckdb.connect(str(op.version.history)) as connection:
        connection.execute("delete from ber_register where rowid = 0")
    yield op.nightly(1)
    put_back(op, saved, str(op.version.history.relative_to(op.home)))


@symptom("Varje siffra har blivit tom", is_slow=True)
def every_figure_is_empty(op: Operator) -> Steps:
    right = os.environ[plain_nightly.MODELS]
    other_models(
        op,
        lambda model: f"select * from ({model['sql']}) limit 0" if model["name"].startswith("stg_") else model["sql"],
    )
    yield op.nightly(1)
    op.monkeypatch.setenv(plain_nightly.MODELS, right)


@symptom("Ett oväntat fel", is_slow=True)
def the_program_is_at_fault(op: Operator) -> Steps:
    new_night(op.opened.drop)
    right = plain_nightly.build_models

    def fails(*arguments: object) -> Any:
        raise KeyError("x")

    op.monkeypatch.setattr(plain_nightly, "build_models", fails)
    yield op.nightly(1)
    op.monkeypatch.setattr(plain_nightly, "build_models", right)


# --- the program -------------------------------------------------------------------------------------------------------------


@symptom("Programmet är äldre än lagret")
def the_program_was_taken_back(op: Operator) -> Steps:
    proof = op.version.published.with_name("version.json")
    right = proof.read_text()
    proof.write_text(json.dumps(json.loads(right) | {"format": FORMAT + 1, "program": "9.1.0"}))
    yield op.nightly(1)
    proof.write_text(
        right
    )  # the newer program is installed again: for this one that is the same as if it had never been


@symptom("Lagret är äldre än programmet")
def nobody_has_run_a_night_since_the_upgrade(op: Operator) -> Steps:
    with duckdb.connect(str(op.version.published)) as connection:
        connection.execute("alter table purge_protocol drop column withdrawals")
    said = op.kaa("purge")
    assert said.exit_code == 1
    yield said.err
    op.does("nightly")


# --- the whole job -------------------------------------------------------------------------------------------------------------

_BROKEN_CHECK = """
from pipelines.orchestration import assets
from pipelines.quality import CheckResult
assets.validate = lambda promised: [
    CheckResult(dataset.source, dataset.name, "rows_present", "error", False, "0 rows") for dataset, *_ in promised
]
"""


@symptom("Kontraktets kontroll stoppade natten", is_slow=True)
def a_promise_is_broken(op: Operator) -> Steps:
    new_night(op.opened.drop)
    said = op.really(_BROKEN_CHECK)
    assert said.exit_code == 1
    yield said.err
    shutil.move(op.opened.drop / "folkbokforing" / "2024-01-03_1", op.place / "aside")


_KILLED_CHECKS = """
from pipelines.quality import process
real = process.worker
def killed(name):
    one = real(name)
    one.kill()
    one.wait()
    return one
process.worker = killed
"""


@symptom("Minnet tog slut", is_slow=True)
def the_checks_were_killed(op: Operator) -> Steps:
    new_night(op.opened.drop)
    said = op.really(_KILLED_CHECKS)
    assert said.exit_code == 1
    yield said.err


_FAILING_CHECKS = """
from pipelines.orchestration import assets
from pipelines.quality.process import Failure, _with_failure
from pipelines.runtime.errors import NightlyFailed
def fails(promised):
    raise NightlyFailed(_with_failure(Failure("KeyError", ("quality/checks.py:1",))))
assets.validate = fails
"""


@symptom("Kontrakten kunde inte kontrolleras", is_slow=True)
def the_checks_fail(op: Operator) -> Steps:
    new_night(op.opened.drop)
    said = op.really(_FAILING_CHECKS)
    assert said.exit_code == 1
    yield said.err


@symptom("dbt misslyckades", is_slow=True)
def a_test_of_dbt_fails(op: Operator) -> Steps:
    saved = backup(op)
    with duckdb.connect(str(op.version.history)) as connection:
        for grade in (1, 2):
            connection.execute(
                "insert into enkat_svar (svar_id, svar, first_extract_date) values ('x', ?, '2023-11-28')", [grade]
            )
    said = op.really()
    assert said.exit_code == 1
    yield said.err
    put_back(op, saved, str(op.version.history.relative_to(op.home)))


_LOST_PARTS = """
from dashboards.pages import site
trends = site.PAGES["trender"]
object.__setattr__(trends, "content", lambda build: build.no_such_thing)
"""


@symptom("En del som siffrorna inte behöver misslyckades", is_slow=True)
def a_page_cannot_be_made(op: Operator) -> Steps:
    new_night(op.opened.drop)
    said = op.really(_LOST_PARTS)
    assert said.exit_code == 2
    yield said.err
    again = op.really()
    assert again.exit_code in (0, 2) and "kunde inte göras" not in again.err
    op.commands.append(("nightly",))
