"""A night with nothing new: only what tells of the night is made anew, and all of it comes out as a whole night would give it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.orchestration import publish, quiet_night
from pipelines.orchestration.quiet_night import nothing_new
from pipelines.publication.guard import STOPPED
from pipelines.runtime import clock, program
from pipelines.state.home import Home, Version, initialise, open_home
from tests.faults import plain_nightly
from tests.faults.support import ROOT, assert_clean
from tests.model.world import Extract
from tests.pipeline import models_json
from tests.property.strategies import world_number
from tests.state.world import YOUTHS, rows

pytestmark = pytest.mark.long

#: When the night is that has nothing new.
LATER = plain_nightly.NOW + timedelta(days=3)

#: What a night leaves: the tables of its databases, the bytes of what else it published, its line in the log of nights, the
#: archive's and the drop folder's files.
Night = dict[str, Any]


def quiet(home: Home, now: datetime) -> None:
    """A night that has nothing new."""
    with home.nightly_lock(), clock.running(lambda: now):
        assert quiet_night.quiet_night(home)


def whole(home: Home, now: datetime) -> None:
    """The same night, built from the ground."""
    with clock.running(lambda: now):
        plain_nightly.nightly(home, now)


def left_by(night: Callable[[Home, datetime], None], home: Home, now: datetime) -> Night:
    """What a night leaves; the home is then as it was before."""
    before = home.path.parent.with_name("before")
    shutil.copytree(home.path.parent, before, symlinks=True)
    night(home, now)
    assert_clean(home)
    version = home.current()
    assert version is not None
    left: Night = {}
    for path in version.databases:
        with duckdb.connect(str(path), read_only=True) as connection:
            names = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            for schema, name in names:
                found = connection.execute(f'from "{schema}"."{name}" order by all').fetchall()
                left[f"{path.stem}.{schema}.{name}"] = found
    for zone in ("warehouse", "published"):
        for name in version.sealed_files(zone):
            if not name.endswith(".duckdb"):
                left[name] = (version.folder(zone) / name).read_bytes()
    left["night"] = (home.path / "logs" / "nights.jsonl").read_text().splitlines()[-1]
    for place in (home.archive, home.drop):
        left[place.name] = sorted(str(path.relative_to(place)) for path in place.rglob("*"))
    left["pointer"] = (home.path / "current.json").read_text()
    shutil.rmtree(home.path.parent)
    before.rename(home.path.parent)
    return left


def assert_the_same(home: Home, now: datetime = LATER) -> Night:
    one, other = left_by(quiet, home, now), left_by(whole, home, now)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    return one


def test_it_leaves_what_a_whole_night_would_leave(home: Home) -> None:
    """Of a history with every status, quarantine, purged persons and a purged archive: rows, pages and protocols, to the byte."""
    left = assert_the_same(home)
    assert (
        left["published.main.delivery"] and left["published.main.quarantine"] and left["published.main.purge_protocol"]
    )
    assert len([name for name in left if name.endswith(".html")]) > 50


def _vanished(home: Home) -> None:
    for path in home.drop.iterdir():
        shutil.rmtree(path)


def _retention(home: Home, days: int = 1) -> None:
    settings = home.path / "settings.toml"
    settings.write_text(settings.read_text() + f"drop_retention_days = {days}\n")


def _damaged(home: Home) -> None:
    _retention(home)
    (accepted,) = rows(home, "select delivery_id from delivery where status = 'accepted' order by 1 limit 1")
    next((home.archive / accepted[0]).glob("*.zst.age")).write_bytes(b"torn")


def _in_service(home: Home) -> None:
    Extract("ber", f"{plain_nightly.NOW:%Y-%m-%d}").registered(YOUTHS[1]).write(home.drop)
    plain_nightly.nightly(home)


def _clock_behind(home: Home) -> None:
    with clock.running(lambda: LATER + timedelta(days=40)):
        plain_nightly.nightly(home, LATER + timedelta(days=40))


CHANGES: dict[str, tuple[Callable[[Home], None], str | None]] = {
    "all deliveries have vanished": (_vanished, "deliveries_vanished"),
    "deliveries are due in the drop folder": (_retention, None),
    "an archived copy is damaged": (_damaged, "copy_damaged"),
    "a source is silent": (_in_service, "source_silent"),
    "the clock is behind": (_clock_behind, "clock_behind"),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_without_a_delivery_is_told_as_on_a_whole_night(home: Home, change: str) -> None:
    make, code = CHANGES[change]
    make(home)
    left = assert_the_same(open_home(home.path), LATER + timedelta(days=30))
    told = {row[0] for row in left["published.main.notice"]}
    assert code is None or code in told


@pytest.mark.slow
@pytest.mark.parametrize("number", range(40))
def test_it_leaves_what_a_whole_night_would_leave_of_any_world(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models.json").write_text(models_json(), encoding="utf-8")
    monkeypatch.setenv(plain_nightly.MODELS, str(tmp_path / "models.json"))
    world = world_number(number)
    (tmp_path / "world" / "drop").mkdir(parents=True)
    home, _ = initialise(world.municipality, tmp_path / "world" / "drop", tmp_path / "world" / "home")
    for batch, decision in enumerate(world.decisions):
        world.write_batch(batch, home.drop)
        plain_nightly.nightly(home)
        left = assert_the_same(home)
        held = [row[8] for row in left["published.main.delivery"] if row[3] == "held"]
        for delivery in held if decision else ():
            home.decide(delivery, decision)
            assert not nothing_new(home)


# --- whatever else is found makes it a whole night ------------------------------------------------------------------------


def _current(home: Home) -> Version:
    version = home.current()
    assert version is not None
    return version


def _touch_row(path: Path, sql: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)


def _settling(home: Home) -> None:
    Extract("enkat", "2024-01-03", folder="ny").answer("z1").with_fault("missing_file", "not there").write(home.drop)


def _another_manifest(home: Home) -> None:
    manifest = next(home.drop.glob("ber/*/leverans.json"))
    manifest.write_bytes(manifest.read_bytes() + b"\n")


def _decided(home: Home) -> None:
    home.decide("0123456789abcdef", "release")


def _stopped(home: Home) -> None:
    (home.path / STOPPED).write_text("{}")


def _bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _sealed_by_an_earlier_program(home: Home) -> None:
    for zone in ("history", "warehouse", "published"):
        seal = _current(home).folder(zone) / "version.json"
        proof = json.loads(seal.read_text())
        seal.write_text(json.dumps({name: proof[name] for name in ("version", "files")}))


def _resealed(home: Home, sql: str) -> None:
    version, made_with = _current(home), _current(home).made_with
    _touch_row(version.published, sql)
    version.seal(made_with)


FOUND: dict[str, Callable[[Home], None]] = {
    "a delivery": lambda home: _settling(home),
    "a manifest that is another": _another_manifest,
    "a decision": _decided,
    "a change that stopped a night": _stopped,
    "another history": lambda home: _touch_row(_current(home).history, "delete from extract where source = 'enkat'"),
    "another warehouse": lambda home: _bit(_current(home).warehouse),
    "another published file": lambda home: _touch_row(_current(home).published, "update figures set value = value + 1"),
    "another page": lambda home: _bit(next(_current(home).folder("published").rglob("index.html"))),
    "other SQL that was kept": lambda home: _bit(_current(home).models),
    "a proof of an earlier program": _sealed_by_an_earlier_program,
    "a torn proof": lambda home: (_current(home).folder("history") / "version.json").write_text("{"),
    "a part that failed": lambda home: _resealed(home, "insert into failed_part values ('jumps', 'Hopp')"),
    "a page that failed": lambda home: _resealed(home, "insert into notice by name select 'part_failed' as code"),
}


@pytest.mark.parametrize("found", FOUND)
def test_anything_else_makes_it_a_whole_night(home: Home, found: str) -> None:
    assert nothing_new(home)
    FOUND[found](home)
    assert not nothing_new(home)


def test_another_profile_makes_it_a_whole_night(home: Home, tmp_path: Path) -> None:
    profile = ROOT / "data_contracts" / "municipalities" / "stockholm.yaml"
    text = profile.read_text()
    another = text.replace("settle_minutes: 60", "settle_minutes: 61")
    assert another != text
    for content, is_quiet in ((text, True), (another, False)):
        (tmp_path / "profile.yaml").write_text(content)
        settings = home.path / "settings.toml"
        lines = [line for line in settings.read_text().splitlines() if not line.startswith("municipality")]
        settings.write_text("\n".join([f'municipality = "{tmp_path / "profile.yaml"}"', *lines]))
        assert nothing_new(open_home(home.path)) == is_quiet


def test_another_program_makes_it_a_whole_night(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any file of it: the SQL and the contracts are read anew each night, and pages come of the rest."""
    written = shutil.ignore_patterns("__pycache__", "target", "logs")
    for name in ("pipelines", "dashboards", "data_contracts", "dbt_project"):
        shutil.copytree(ROOT / name, tmp_path / "program" / name, ignore=written)
    monkeypatch.setattr(program, "_ROOT", tmp_path / "program")
    assert nothing_new(home)
    for name in (
        ("pipelines", "x.py"),
        ("dbt_project/models", "x.sql"),
        ("data_contracts", "x.yaml"),
        ("dashboards", "x.j2"),
    ):
        file = tmp_path.joinpath("program", *name)
        file.write_text("-- another")
        assert publish.made_with(home) is None  # what this process has loaded is not what lies there
        assert not nothing_new(home)
        with monkeypatch.context() as patched:
            patched.setattr(publish, "_LOADED", program.program_content())
            assert publish.made_with(home) is not None
            assert not nothing_new(home)
        file.unlink()


def test_what_comes_in_while_it_begins_is_left_to_a_whole_night(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _current(home)
    start = Home.start_next

    def start_late(self: Home) -> Version:
        Extract("enkat", "2024-01-03", folder="ny").answer("z1").write(self.drop)
        return start(self)

    monkeypatch.setattr(Home, "start_next", start_late)
    with home.nightly_lock():
        assert not quiet_night.quiet_night(home)
    assert _current(home) == before
    assert_clean(home)
    monkeypatch.undo()
    plain_nightly.nightly(home)
    assert rows(home, "select status from delivery where folder = 'enkat/ny'") == [("accepted",)]


def test_an_unforeseen_error_is_left_to_a_whole_night(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError(YOUTHS[0])

    before = _current(home)
    monkeypatch.setattr("dashboards.pages.renewed.renew_report", fails)
    with home.nightly_lock():
        assert not quiet_night.quiet_night(home)
    assert _current(home) == before
    assert_clean(home)
    assert YOUTHS[0] not in (home.path / "logs" / "events.jsonl").read_text()


# --- in a process of its own ----------------------------------------------------------------------------------------------

_PROCESS = """
import sys
from datetime import datetime
from pathlib import Path
from pipelines.runtime import clock, surroundings
surroundings.spare_libraries()
from pipelines.orchestration.nightly import run_nightly
from pipelines.state.home import open_home
from tests.faults.driver import kill_at
if sys.argv[3:]:
    kill_at(sys.argv[3])
now = datetime.fromisoformat(sys.argv[2])
with clock.running(lambda: now):
    outcome = run_nightly(open_home(Path(sys.argv[1])))
assert outcome.nothing_new
print(*sorted({name.partition(".")[0] for name in sys.modules if sys.modules[name]}))
"""


def _in_a_process(home: Home, *step: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _PROCESS, str(home.path), LATER.isoformat(), *step]
    return subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)


def test_it_loads_none_of_what_builds(home: Home) -> None:
    number = _current(home).number
    done = _in_a_process(home)
    assert done.returncode == 0, done.stderr
    assert not {"dagster", "dbt", "great_expectations", "pandas", "scipy"} & set(done.stdout.split())
    assert _current(home).number == number + 1
    assert not (home.path / "dagster").exists()


STEPS = {
    "pipelines.state.home:Home.start_next:after": 3,
    "pipelines.history.store:History.remember_night:after": 3,
    "pipelines.history.store:History.__exit__:after": 3,
    "pipelines.runtime.files:link_or_copy:after": 3,
    "pipelines.publication.published_file:write_notices:before": 3,
    "dashboards.pages.site:write_page:before": 3,
    "dashboards.pages.site:write_search_index:after": 3,
    "pipelines.state.versions:Version.seal:before": 3,
    "pipelines.state.versions:Version.seal:after": 3,
    "pipelines.state.home:write_pointer:before": 3,
    "pipelines.state.home:write_pointer:after": 4,
    "pipelines.state.versions:Version.finish:after": 4,
    "pipelines.state.home:sweep:after:2": 4,
}


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_it_needs_no_hands(home: Home, step: str) -> None:
    expected = left_by(quiet, home, LATER)["published.main.figures"]
    assert _in_a_process(home, step).returncode == -9
    assert _current(home).number == STEPS[step]
    quiet(home, LATER)
    assert_clean(home)
    assert rows(home, "from figures order by all") == expected
    assert _current(home).number == STEPS[step] + 1
