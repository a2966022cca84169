"""Today's program goes on with the state of an earlier one: nothing of what was known is another thing afterwards."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.runtime.log import FILE as EVENTS
from pipelines.state.format import FORMAT
from pipelines.state.home import Home
from tests.cli.conftest import Kaa
from tests.faults import plain_nightly
from tests.state.test_restore import lose
from tests.state.world import rows
from tests.upgrade import world
from tests.upgrade.conftest import OLDEST, Old, cells

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("models")]
oldest = pytest.mark.parametrize("commit", [OLDEST])


def _query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _history(home: Home) -> Path:
    version = home.current()
    assert version is not None
    return version.history


def _figures(kaa: Kaa, period: str, day: str | None) -> set[tuple[str, ...]]:
    said = kaa("figures", "--period", period, *(("--as-known", day) if day else ()))
    assert said.exit_code == 0, said.err
    return cells(said.out)


#: What is asked in every test run; each answer as known on another day is computed anew.
QUICK = ("verksamhetsar-2023", "dag-2023-11-28")


def _assert_figures_are_kept(old: Old, kaa: Kaa, *days: str | None, periods: tuple[str, ...] = QUICK) -> None:
    """Every cell that the earlier program gave is given, and of its figures no other."""
    for period in periods:
        for day in days:
            before, now = old.figures(period, day), _figures(kaa, period, day)
            known = {cell[0] for cell in before}
            assert {cell for cell in now if cell[0] in known} == before, (period, day)
            assert before


def _statuses(listed: list[dict[str, object]]) -> dict[object, tuple[object, ...]]:
    return {one["delivery_id"]: (one["status"], one["reason"], one["rows"], one["quarantined_rows"]) for one in listed}


def test_a_night_with_nothing_new_keeps_all_of_it(old: Old, kaa: Kaa) -> None:
    before = _history(old.home)
    pseudonyms, extracts = _query(before, "from number order by all"), _query(before, "from extract order by all")
    register = _query(before, "from ber_register order by all")
    plain_nightly.nightly(old.home)
    after = _history(old.home)
    assert _query(after, "from number order by all") == pseudonyms
    assert _query(after, "from ber_register order by all") == register
    decided = [row for row in _query(after, "from extract order by all") if row not in extracts]
    assert [(source, str(day)) for source, day, *_ in decided] == [("beda", world.RELEASED_LAST)]
    told, listed = old.listed("deliveries"), json.loads(kaa("deliveries", "--format", "json").out)
    statuses, were = _statuses(listed), _statuses(told)
    assert {one for one in statuses if statuses[one] != were[one]} == {
        str(decided[0][3])
    }  # released before the upgrade
    assert statuses.keys() == were.keys() and len(were) > 20
    assert json.loads(kaa("quarantine", "--format", "json").out) == old.listed("quarantine")
    purged = json.loads(kaa("purge", "--format", "json").out)
    assert [
        {name: one[name] for name in was} for one, was in zip(purged, old.listed("purge"), strict=True)
    ] == old.listed("purge")
    _assert_figures_are_kept(old, kaa, None, world.KNOWN[0])


def test_what_was_known_stays_known_when_new_and_late_nights_come(old: Old, kaa: Kaa) -> None:
    world.night_after(old.home.drop)
    plain_nightly.nightly(old.home)
    _assert_figures_are_kept(old, kaa, world.KNOWN[-1])
    world.late_delivery(old.home.drop)
    plain_nightly.nightly(old.home)
    _assert_figures_are_kept(old, kaa, world.KNOWN[1])
    new = ("folkbokforing", "2023-11-30"), ("ber", "2024-01-03")
    assert set(new) <= set(_query(_history(old.home), "select source, extract_date::varchar from extract"))


@oldest
def test_the_upgrade_is_told_and_logged_once(old: Old) -> None:
    plain_nightly.nightly(old.home)
    told = rows(old.home, "select sentence, waits_for_a_person from notice where code = 'state_migrated'")
    assert [waits for _, waits in told] == [False] and f"till form {FORMAT}" in told[0][0]
    events = [json.loads(line) for line in (old.home.path / EVENTS).read_text().splitlines()]
    assert [one["number"] for one in events if one["event"] == "migrated"] == list(range(1, FORMAT + 1))
    proofs = old.home.path.glob("*/000004/version.json")
    assert {json.loads(proof.read_text())["format"] for proof in proofs} == {FORMAT}
    plain_nightly.nightly(old.home)
    assert rows(old.home, "select count(*) from notice where code = 'state_migrated'") == [(0,)]


@pytest.mark.slow
@oldest
def test_what_is_restored_from_the_old_archive_is_what_was_known(
    old: Old, kaa: Kaa, plain_restore: None, tmp_path: Path
) -> None:
    key = shutil.move(old.home.keys / "archive.private", tmp_path / "archive.private")
    plain_nightly.nightly(old.home)
    known = {(period, day): _figures(kaa, period, day) for period in QUICK for day in (None, world.KNOWN[1])}
    listed = _statuses(json.loads(kaa("deliveries", "--format", "json").out))
    lose(old.home, "history", "warehouse")  # the list of deliveries is left: the old archive keeps no decisions
    said = kaa("restore", "--key", key)
    assert said.exit_code in (0, 2), said.err
    assert {cell: _figures(kaa, *cell) for cell in known} == known
    again = _statuses(json.loads(kaa("deliveries", "--format", "json").out))
    assert again == {one: listed[one] for one in again}
    # What has left the archive in time is not restored: the delivery of 2017, of which nothing was loaded.
    assert [listed[one][:2] for one in listed.keys() - again.keys()] == [("rejected", "checksum_mismatch")]


@oldest
def test_a_kill_during_the_migration_changes_nothing(old: Old, kaa: Kaa) -> None:
    before = _history(old.home).read_bytes()
    step = "pipelines.history.store:prepare:after"
    driver = [sys.executable, "-m", "tests.faults.driver", str(old.home.path), "plain", step]
    done = subprocess.run(driver, cwd=Path(__file__).parents[2], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert _history(old.home).read_bytes() == before
    _assert_figures_are_kept(old, kaa, None)
    plain_nightly.nightly(old.home)
    _assert_figures_are_kept(old, kaa, None)


#: Commands that read what is published, and what they may need of it.
READING = (
    ["deliveries"], ["quarantine"], ["purge"], ["purge", "--dry-run"], ["recover"], ["edition", "list"], ["signer", "list"],
    ["figures", "--period", "verksamhetsar-2023"], ["figures", "--period", "dag-2023-11-28"],
    ["figures", "--period", "verksamhetsar-2023", "--as-known", "2023-11-28"],
    ["audit", "controls", "--from", "2023-11-01", "--to", "2023-11-30"], ["audit", "log", "verify"], ["archive", "verify"],
    ["audit", "trace", "--period", "verksamhetsar-2023", "--figure", "population", "--measure", "in_register"],
    ["audit", "sample", "--period", "verksamhetsar-2023", "--n", "2", "--seed", "1"],
    ["report", "--period", "verksamhetsar-2023", "--out", "OUT"], ["dictionary"],
)  # fmt: skip


@oldest
def test_before_its_first_night_each_command_works_or_says_one_sentence(old: Old, kaa: Kaa, tmp_path: Path) -> None:
    for command in READING:
        said = kaa(*(str(tmp_path / "out") if word == "OUT" else word for word in command))  # no traceback
        if said.exit_code not in (0, 2):
            assert said.exit_code in (1, 64) and said.err.count("\n") == 1, (command, said)
            assert "kaa nightly" in said.err, (command, said)


@pytest.mark.slow
@oldest
def test_the_real_job_takes_the_old_state_over(old: Old, kaa: Kaa) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("kaa")), "nightly"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr  # a delivery is held, and sources are silent
    assert "Programmet är uppgraderat" in done.stderr
    _assert_figures_are_kept(old, kaa, None, *world.KNOWN, periods=world.PERIODS)
