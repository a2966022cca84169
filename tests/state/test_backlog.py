"""What a night has taken in of a backlog is kept: the next one goes on from it, and comes to what an undisturbed one would."""

import json
import os
import shutil
import signal
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from pipelines.delivery.find import find_deliveries
from pipelines.delivery.rows import BatchRows
from pipelines.intake import backlog, read_batches
from pipelines.intake.take_in import TakenIn
from pipelines.runtime.errors import NightlyFailed
from pipelines.state.night_records import read_record
from tests.faults.support import YOUTHS, first_deliveries, second_deliveries
from tests.model.world import Extract
from tests.pipeline import Pipeline

pytestmark = pytest.mark.long


class _Killed(BaseException):
    """As if the process had ended."""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one night, with another night's deliveries in its drop folder and a decision; and that it has come of."""
    place = tmp_path_factory.mktemp("lived")
    pipeline = Pipeline(place)
    first_deliveries(pipeline.drop)
    held = pipeline.run().still_held[0]
    pipeline.home.decide(held.delivery_id, "release")
    second_deliveries(pipeline.drop)
    Extract("enkat", "2023-11-29").answer("a1").write(pipeline.drop)
    return place


@pytest.fixture
def night(lived: Path, tmp_path: Path) -> Pipeline:
    """A copy of it to break, which keeps what it takes in batch by batch; its folder's name looks like a pattern."""
    return _copy(lived, tmp_path / "hem [1]*{a,b}")


def _copy(lived: Path, place: Path) -> Pipeline:
    shutil.copytree(lived, place, dirs_exist_ok=True)
    settings = place / "home" / "settings.toml"
    settings.write_text(settings.read_text().replace(str(lived), str(place)))
    pipeline = Pipeline(place)
    pipeline.keep_every = 0
    return pipeline


def _state(pipeline: Pipeline, taken: TakenIn) -> dict[str, Any]:
    """Everything that a night leaves but its moment: the history, what it told, and its record in the archive."""
    names = [name for (name,) in pipeline.query("select table_name from duckdb_tables() order by 1")]
    content: dict[str, Any] = {name: pipeline.query(f"from {name} order by all") for name in names if name != "night"}
    content["told"] = (
        sorted(taken.judged, key=lambda one: one.delivery_id),
        taken.still_held,
        taken.notices,
        taken.found,
    )
    content["extracts"] = {
        name: counts.sort("extract_date").select(sorted(counts.columns)).rows()
        for name, counts in taken.extracts.items()
    }
    records = pipeline.home.night_records.published().values()
    content["record"] = [(one.judged, one.decided, one.purged) for one in map(read_record, records)]
    return content


@pytest.fixture(scope="module")
def undisturbed(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the second night comes to."""
    pipeline = _copy(lived, tmp_path_factory.mktemp("undisturbed"))
    return _state(pipeline, pipeline.run())


def _killed_in_batch(pipeline: Pipeline, number: int) -> int:
    """Kill a night when it has loaded so many batches; how many deliveries it has kept."""
    loaded = 0

    def kill(rows: BatchRows, dates: dict[int, date]) -> None:
        nonlocal loaded
        loaded += rows.dataset.name == list(pipeline.sources[rows.dataset.source].datasets)[-1]
        if loaded == number:
            raise _Killed

    with patch.object(pipeline, "_remember", kill), pytest.raises(_Killed):
        pipeline.run()
    pipeline.home.sweep()
    seal = pipeline.home.path / "backlog" / "backlog.json"
    return len(json.loads(seal.read_text())["new"]) if seal.exists() else 0


def _waiting(pipeline: Pipeline) -> set[Path]:
    """The folders of the deliveries that no published night has judged."""
    judged = {name for (name,) in pipeline.query("select delivery_id from delivery")}
    return {one.path for one in find_deliveries(pipeline.drop)[0] if one.delivery_id not in judged}


def _read_in(pipeline: Pipeline) -> tuple[TakenIn, set[Path]]:
    """A night, and the folders of the deliveries that it has opened."""
    opened = set()
    read_file = read_batches.read_file

    def spy(folder: Path, *rest: Any) -> Any:
        opened.add(folder)
        return read_file(folder, *rest)

    with patch.object(read_batches, "read_file", spy):
        return pipeline.run(), opened


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_a_killed_night_is_gone_on_with_and_comes_to_the_same(
    night: Pipeline, undisturbed: dict[str, Any], batch: int
) -> None:
    kept = _killed_in_batch(night, batch)
    assert (kept > 0) == (batch > 1)
    waiting = _waiting(night)
    taken, opened = _read_in(night)
    assert len(opened) + kept == len(waiting)  # nothing that is kept is opened again
    assert _state(night, taken) == undisturbed
    assert not (night.home.path / "backlog").exists()


def test_a_night_may_be_killed_again_and_again(night: Pipeline, undisturbed: dict[str, Any]) -> None:
    kept = [_killed_in_batch(night, 2) for _ in range(3)]
    assert 0 < kept[0] < kept[1] < kept[2]  # each has taken in one batch more, and lost one
    assert _state(night, night.run()) == undisturbed


def test_a_batch_of_a_source_is_kept_by_itself(night: Pipeline) -> None:
    for day in range(1, 29):
        Extract("folkbokforing", f"2022-02-{day:02}").resident(YOUTHS[day]).write(night.drop)
    with patch.object(read_batches, "BATCH_BYTES", 1), patch.object(read_batches, "_AT_ONCE", 4):
        kept = _killed_in_batch(night, 5)
        seal = json.loads((night.home.path / "backlog" / "backlog.json").read_text())
        found = {one.path: one.delivery_id for one in find_deliveries(night.drop)[0]}
        _, opened = _read_in(night)
    assert kept >= 4 and not {found[folder] for folder in opened} & set(seal["new"])


def test_who_stops_a_night_is_told_what_is_kept_and_how_to_go_on(night: Pipeline, undisturbed: dict[str, Any]) -> None:
    def ask(rows: BatchRows, dates: dict[int, date]) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with patch.object(night, "_remember", ask), pytest.raises(NightlyFailed, match="go on from there") as stopped:
        night.run()
    night.home.sweep()
    done = int(str(stopped.value).split()[2])
    assert str(stopped.value).startswith(f"Stopped when {done} of ") and done > 0
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
    assert _state(night, night.run()) == undisturbed
    assert night.told and night.told.startswith("Going on with the backlog")


def test_without_room_for_what_would_be_kept_the_night_goes_on(night: Pipeline, undisturbed: dict[str, Any]) -> None:
    with patch.object(backlog, "_sha256", side_effect=OSError(28, "No space left on device")):
        taken = night.run()
    assert _state(night, taken) == undisturbed


def test_where_there_is_no_room_for_more_what_was_kept_before_stays(
    night: Pipeline, undisturbed: dict[str, Any]
) -> None:
    kept = _killed_in_batch(night, 2)
    before = sorted(path.name for path in (night.home.path / "backlog").iterdir())
    with patch.object(backlog, "atomic_write", side_effect=OSError(28, "No space left on device")):
        assert _killed_in_batch(night, 3) == kept
    assert sorted(path.name for path in (night.home.path / "backlog").iterdir()) == before
    assert _state(night, night.run()) == undisturbed


def _a_delivery_is_gone(night: Pipeline) -> None:
    seal = json.loads((night.home.path / "backlog" / "backlog.json").read_text())
    found, _ = find_deliveries(night.drop)
    shutil.rmtree(next(one.path for one in found if one.delivery_id in seal["new"]))


def _decide_otherwise(night: Pipeline) -> None:
    (held,) = night.home.decisions()
    night.home.decide(held, "reject")


def _flip(night: Pipeline) -> None:
    (path,) = (night.home.path / "backlog").glob("*.duckdb")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _tear(night: Pipeline) -> None:
    seal = night.home.path / "backlog" / "backlog.json"
    seal.write_text(seal.read_text()[:40])


def _another_program(night: Pipeline) -> None:
    seal = night.home.path / "backlog" / "backlog.json"
    content = json.loads(seal.read_text())
    seal.write_text(json.dumps(content | {"made_with": "another"}))


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (_a_delivery_is_gone, "a delivery that it holds is gone"),
        (_decide_otherwise, "somebody has decided otherwise"),
        (_flip, "it is damaged"),
        (_tear, "it is damaged"),
        (_another_program, "the program, a contract or the profile"),
    ],
)
def test_what_does_not_fit_any_more_is_thrown_away_with_a_sentence(night: Pipeline, change, because: str) -> None:
    kept = _killed_in_batch(night, 3)
    change(night)
    waiting = _waiting(night)
    _, opened = _read_in(night)
    assert night.told and because in night.told and "Nothing is lost but time" in night.told
    assert kept and opened == waiting


def test_what_was_kept_for_a_version_that_was_published_since_is_thrown_away_silently(
    night: Pipeline, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    assert _killed_in_batch(night, 3)
    shutil.copytree(night.home.path / "backlog", tmp_path / "kept")
    assert _state(night, night.run()) == undisturbed
    shutil.copytree(tmp_path / "kept", night.home.path / "backlog")
    assert night.run().judged == []
    assert night.told is None
