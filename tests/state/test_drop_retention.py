"""The drop folder's retention: what is archived and whole leaves it in time, nothing else does, and no figure notices."""

import json
import shutil
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dashboards.content import status
from pipelines.delivery.find import find_deliveries
from pipelines.intake.clear_drop import clear_drop_folder
from pipelines.state.home import Home, open_home
from tests.cli.conftest import Kaa, kaa
from tests.faults import plain_nightly
from tests.faults.plain_nightly import NOW
from tests.model.world import Extract
from tests.state.world import YOUTHS, content, everything, rows

pytestmark = pytest.mark.long

__all__ = ["kaa"]


def _keep_for(home: Home, days: int) -> Home:
    with (home.path / "settings.toml").open("a") as file:
        file.write(f"drop_retention_days = {days}\n")
    return open_home(home.path)


def _lying(home: Home) -> set[str]:
    """The folders of the drop folder that hold a delivery."""
    return {path.parent.relative_to(home.drop).as_posix() for path in home.drop.glob("*/*/leverans.json")}


def _loaded(home: Home) -> dict[str, str]:
    """Folder -> id of what may go; but for the two whose folders are not shown as they are."""
    listed = rows(
        home, "select folder, delivery_id from delivery where status in ('accepted', 'duplicate', 'superseded')"
    )
    return {folder: delivery for folder, delivery in listed if (home.drop / folder).is_dir()}


def _judged_in_any(table: str, content: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """A table's rows without the version in which a delivery was judged."""
    return [row[:12] + row[13:] for row in content] if table == "history.delivery" else content


def _clear(home: Home, now: datetime) -> list[str]:
    version = home.current()
    assert version is not None
    return clear_drop_folder(home, version, now).removed


def _new_night(home: Home, now: datetime) -> None:
    later = Extract("folkbokforing", "2024-01-03", folder="senare")
    for number in YOUTHS[:90]:
        later.resident(number, stadsdelsomrade="04")
    later.write(home.drop)
    plain_nightly.nightly(home, now)


@pytest.mark.usefixtures("plain_restore")
def test_what_is_due_leaves_the_drop_folder_and_no_figure_changes(
    home: Home, kaa: Kaa, key: Path, tmp_path: Path
) -> None:
    (home.drop / "ber" / "kommer").mkdir()
    (home.drop / "ber" / "kommer" / "register.csv").write_text("not a delivery yet")
    shutil.copytree(home.path.parent, tmp_path / "control", symlinks=True)
    settings = tmp_path / "control" / "home" / "settings.toml"
    settings.write_text(settings.read_text().replace(str(home.path.parent), str(tmp_path / "control")))
    control = open_home(settings.parent)
    home = _keep_for(home, 30)
    lying, loaded = _lying(home), _loaded(home)
    assert len(loaded) >= 8 and len(lying - loaded.keys()) >= 10

    plain_nightly.nightly(home, NOW + timedelta(days=29))
    assert _lying(home) == lying
    plain_nightly.nightly(home, NOW + timedelta(days=30))
    stay = _lying(home)
    assert not stay & loaded.keys() and (home.drop / "ber" / "kommer" / "register.csv").exists()
    rejected = {folder for (folder,) in rows(home, "select folder from delivery where status = 'rejected'")}
    assert {folder for folder in rejected if (home.drop / folder).is_dir()} >= rejected & lying
    assert not any((home.drop / folder).exists() for folder in loaded)
    logged = [json.loads(line) for line in (home.path / "logs" / "drop.jsonl").read_text().splitlines()]
    assert {line["delivery_id"] for line in logged} >= set(loaded.values()) and len(logged) == len(lying - stay)
    assert not any(number in (home.path / "logs" / "drop.jsonl").read_text() for number in YOUTHS)
    assert rows(home, "select * from notice where code = 'deliveries_vanished'") == []

    # Later nights and a restore give what they would have given.
    for one in (control, home):
        _new_night(one, NOW + timedelta(days=31))
    told, undisturbed = content(home), content(control)
    for name in (*(name for name in told if name.startswith("history.")), "published.figures", "published.own_figures"):
        # Two quiet nights lie between: the new delivery was judged in another version.
        assert _judged_in_any(name, told[name]) == _judged_in_any(name, undisturbed[name]), name
    for name in ("history", "warehouse", "published", "current.json"):
        path = home.path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert kaa("restore", "--key", key).exit_code == 0
    assert content(home)["published.figures"] == told["published.figures"]


def test_by_default_nothing_leaves_the_drop_folder(home: Home) -> None:
    before = everything(home.drop)
    assert _clear(home, NOW + timedelta(days=10000)) == []
    plain_nightly.nightly(home, NOW + timedelta(days=10000))
    assert everything(home.drop) == before


def _other_content(folder: Path, archived: Path) -> None:
    next(folder.glob("*.csv")).write_text("written anew\n")


def _link(folder: Path, archived: Path) -> None:
    file = next(folder.glob("*.csv"))
    file.rename(folder.parent / "elsewhere.csv")
    file.symlink_to(folder.parent / "elsewhere.csv")


def _no_checksums(folder: Path, archived: Path) -> None:
    (archived / "checksums.json").unlink()


def _cut(folder: Path, archived: Path) -> None:
    file = next(archived.glob("*.csv.zst.age"))
    file.write_bytes(file.read_bytes()[:-1])


def _lost(folder: Path, archived: Path) -> None:
    shutil.rmtree(archived)


@pytest.mark.parametrize("harm", [_other_content, _link, _no_checksums, _cut, _lost])
def test_what_is_not_whole_in_the_archive_or_another_now_stays(home: Home, harm) -> None:
    home = _keep_for(home, 1)
    [[folder, delivery]] = rows(
        home, "select folder, delivery_id from delivery where status = 'accepted' and source = 'ber' and revision = 2"
    )
    harm(home.drop / folder, home.archive / delivery)
    before = everything(home.drop / folder)
    removed = _clear(home, NOW + timedelta(days=2))
    assert removed and delivery not in removed
    assert everything(home.drop / folder) == before


@pytest.mark.parametrize(
    ("harm", "is_told"), [(_no_checksums, True), (_cut, True), (_lost, True), (_other_content, False)]
)
def test_a_damaged_copy_that_keeps_a_delivery_is_told_with_what_the_night_has_to_tell(
    home: Home, harm, is_told: bool
) -> None:
    home = _keep_for(home, 1)
    [[folder, delivery]] = rows(
        home, "select folder, delivery_id from delivery where status = 'accepted' and source = 'ber' and revision = 2"
    )
    harm(home.drop / folder, home.archive / delivery)
    _new_night(home, NOW + timedelta(days=2))
    version = home.current()
    assert version is not None
    tasks = [task.text for task in status.read(version.published).tasks if "kaa archive verify" in task.text]
    assert [f"(1, först {folder})" in text for text in tasks] == ([True] if is_told else [])
    assert delivery in {found.delivery_id for found in find_deliveries(home.drop)[0]}


def test_what_else_lies_in_a_delivery_s_folder_stays(home: Home) -> None:
    home = _keep_for(home, 1)
    folder = next(iter(_loaded(home)))
    (home.drop / folder / "anteckning.txt").write_text("kept")
    _clear(home, NOW + timedelta(days=2))
    assert [path.name for path in (home.drop / folder).iterdir()] == ["anteckning.txt"]


def test_a_clock_that_is_behind_removes_nothing(home: Home) -> None:
    home = _keep_for(home, 1)
    before = everything(home.drop)
    plain_nightly.nightly(home, NOW + timedelta(hours=20))
    assert _clear(home, NOW) == []
    assert everything(home.drop) == before


_KILLED = """
import sys
from datetime import datetime
from pathlib import Path
from pipelines.intake.clear_drop import clear_drop_folder
from pipelines.state.home import open_home
from tests.faults.driver import kill_at
kill_at(sys.argv[1])
home = open_home()
clear_drop_folder(home, home.current(), datetime.fromisoformat(sys.argv[2]))
"""


@pytest.mark.parametrize("step", ["pathlib:Path.unlink:after:3", "pathlib:Path.unlink:before:leverans.json"])
def test_killed_while_it_clears_the_next_night_goes_on(home: Home, step: str) -> None:
    home = _keep_for(home, 1)
    before, loaded = content(home), _loaded(home)
    now = NOW + timedelta(days=2)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, step, now.isoformat()], check=False, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert loaded.keys() & _lying(home)
    plain_nightly.nightly(home, now)
    assert not any((home.drop / folder).exists() for folder in loaded)
    assert content(home)["published.figures"] == before["published.figures"]
