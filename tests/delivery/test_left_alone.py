"""What is left alone tonight and told: not whole yet, not to be read here, or dated by a clock that cannot be right.

None of these is a verdict: when the reason has passed, the delivery is judged as if it had come then.
"""

import errno
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest

from pipelines.intake.clock import CONFIRMED, confirm
from pipelines.notices import Notice, NoticeCode
from pipelines.runtime.errors import UsageError
from pipelines.state import decision_log
from pipelines.state.home import initialise
from tests.delivery.nights import ANNA, Nights, sound
from tests.model.world import Extract

pytestmark = pytest.mark.long

MINUTES = 60
NOBODY = 65534


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    nights = Nights(tmp_path)
    sound("beda", "2023-11-29").write(nights.drop)
    return nights


def _written(nights: Nights, extract: Extract, minutes_ago: float) -> None:
    """Give the manifest a file time."""
    moment = nights.now.timestamp() - 60 * minutes_ago
    os.utime(nights.drop / extract.path / "leverans.json", (moment, moment))


def _told(notices: list[Notice]) -> list[tuple[NoticeCode, str]]:
    return [(one.code, dict(one.about).get("folder", "")) for one in notices]


# --- not whole yet ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["not there", "a folder"])
def test_a_missing_file_is_judged_when_the_manifest_has_settled(nights: Nights, way: str) -> None:
    extract = sound("ber", "2023-11-30").with_fault("missing_file", way, "kontakter")
    extract.write(nights.drop)
    _written(nights, extract, MINUTES - 1)
    taken = nights.run()
    assert _told(taken.notices) == [(NoticeCode.DELIVERY_SETTLING, extract.path)]
    assert not taken.notices[0].waits_for_a_person
    for word in (extract.path, "kontakter.csv", "60 minuter"):
        assert word in taken.notices[0].sentence
    assert [one["source"] for one in nights.deliveries()] == ["beda"]
    assert len(list(nights.home.archive.glob("[!.]*"))) == 1
    nights.now += timedelta(minutes=1)
    assert not nights.run().notices
    assert nights.verdict(extract) == ("rejected", "missing_file")


def test_a_file_that_comes_after_the_manifest_is_taken_in(nights: Nights) -> None:
    extract = sound("ber", "2023-11-30")
    extract.write(nights.drop)
    _written(nights, extract, 0)
    file = nights.drop / extract.path / "register.csv"
    file.rename(nights.drop / "register.csv")
    assert _told(nights.run().notices) == [(NoticeCode.DELIVERY_SETTLING, extract.path)]
    (nights.drop / "register.csv").rename(file)
    nights.run()
    assert nights.verdict(extract) == ("accepted", None)


def test_a_file_time_ahead_of_the_clock_does_not_leave_a_delivery_alone_for_ever(nights: Nights) -> None:
    slow, far = (
        sound("ber", day).with_fault("missing_file", dataset="kontakter") for day in ("2023-11-29", "2023-11-30")
    )
    slow.write(nights.drop)
    _written(nights, slow, -5)  # the file server's clock is a little ahead
    far.write(nights.drop)
    _written(nights, far, -60 * 24 * 365)
    assert _told(nights.run().notices) == [(NoticeCode.DELIVERY_SETTLING, slow.path)]
    assert nights.verdict(far) == ("rejected", "missing_file")
    nights.now += timedelta(minutes=65)
    nights.run()
    assert nights.verdict(slow) == ("rejected", "missing_file")


@pytest.mark.parametrize("reason", ["checksum_mismatch", "undecodable", "malformed_csv", "row_count_mismatch"])
def test_what_can_be_read_is_judged_however_young_it_is(nights: Nights, reason: str) -> None:
    extract = sound("ber", "2023-11-30").with_fault(reason, dataset="kontakter")
    extract.write(nights.drop)
    _written(nights, extract, 0)
    assert not nights.run().notices
    assert nights.verdict(extract) == ("rejected", reason)


def test_how_long_files_may_take_is_the_profiles(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    profile = tmp_path / "stad.yaml"
    text = (Path(__file__).parents[2] / "data_contracts" / "municipalities" / "stockholm.yaml").read_text("utf-8")
    profile.write_text(text.replace("settle_minutes: 60", "settle_minutes: 0"), encoding="utf-8")
    nights.home, _ = initialise(str(profile), nights.drop, tmp_path / "another")
    extract = sound("ber", "2023-11-30").with_fault("missing_file")
    extract.write(nights.drop)
    _written(nights, extract, 0)
    nights.run()
    assert nights.verdict(extract) == ("rejected", "missing_file")


# --- not to be read here ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE, errno.ELOOP, errno.ETIMEDOUT])
@pytest.mark.parametrize("file", ["register.csv", "leverans.json"])
def test_trouble_of_the_machines_own_is_never_a_verdict(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, kind: int, file: str
) -> None:
    extract = sound("ber", "2023-11-30")
    extract.write(nights.drop)
    _written(nights, extract, 10 * MINUTES)
    real = Path.open

    def fails(path: Path, *arguments: Any, **named: Any) -> Any:
        if path.parent.parent.name == "ber" and path.name == file:
            raise OSError(kind, os.strerror(kind), str(path))
        return real(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", fails)
    for _ in range(2):  # for as long as it lasts
        taken = nights.run()
        assert _told(taken.notices) == [(NoticeCode.DELIVERY_UNREADABLE, extract.path)]
        assert taken.notices[0].waits_for_a_person
        for word in (extract.path, file, "ägare", "läsrätt"):
            assert word in taken.notices[0].sentence
        assert [one["source"] for one in nights.deliveries()] == ["beda"]
        assert len(list(nights.home.archive.glob("[!.]*"))) == 1
    monkeypatch.undo()
    assert not nights.run().notices
    assert nights.verdict(extract) == ("accepted", None)


def test_what_was_archived_of_a_delivery_before_stays_when_it_is_left_alone(nights: Nights) -> None:
    """After a step back to an older state the archive may hold more than the history knows."""
    extract = sound("ber", "2023-11-30").with_fault("missing_file", dataset="bosattningskontroller")
    extract.write(nights.drop)
    _written(nights, extract, 0)
    nights.run()
    assert len(list(nights.home.archive.glob("[!.]*"))) == 1
    older = nights.home.path.with_name("older")
    shutil.copytree(nights.home.path, older)
    sound("ber", "2023-11-28").write(nights.drop)
    nights.run()
    (ours,) = [one["delivery_id"] for one in nights.deliveries() if one["source"] == "ber"]
    shutil.rmtree(older / "archive")
    (nights.home.path / "archive").rename(older / "archive")
    shutil.rmtree(nights.home.path)
    older.rename(nights.home.path)
    (nights.drop / "ber" / "2023-11-28_1" / "register.csv").unlink()
    _written(nights, sound("ber", "2023-11-28"), 0)
    nights.run()
    assert (nights.home.archive / ours / "register.csv.zst.age").is_file()


@pytest.fixture
def as_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Looks through a drop folder as a user without rights, which root cannot be."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")

    def look(drop: Path) -> str:
        """`found …` and `closed …` lines."""
        script = (
            "import os, sys\n"
            "from pathlib import Path\n"
            "from pipelines.delivery.find import find_deliveries\n"
            f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
            "found, closed = find_deliveries(Path(sys.argv[1]))\n"
            "for one in found: print('found', one.folder)\n"
            "for one in closed: print('closed', one.folder, one.has_manifest, one.trouble.problem, one.trouble.owner)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(drop)], capture_output=True, text=True, check=True, cwd=Path.cwd()
        )
        return done.stdout

    yield look


def test_folders_that_may_not_be_read_are_skipped_and_named(nights: Nights, tmp_path: Path, as_nobody: Any) -> None:
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.is_relative_to(gettempdir()) and folder != Path(gettempdir()):
            folder.chmod(0o755)
    sound("ber", "2023-11-30").write(nights.drop)
    for closed in ("lost+found", "ber/sealed", "enkat"):
        (nights.drop / closed).mkdir()
        (nights.drop / closed).chmod(0o700)
    (nights.drop / "ber" / "2023-11-29_1").mkdir()
    (nights.drop / "ber" / "2023-11-29_1" / "leverans.json").write_text("{}")
    (nights.drop / "ber" / "2023-11-29_1" / "leverans.json").chmod(0o600)
    lines = as_nobody(nights.drop).splitlines()
    assert set(lines) == {
        "found beda/2023-11-29_1",
        "found ber/2023-11-30_1",
        "closed lost+found False läsrätt saknas root",
        "closed enkat False läsrätt saknas root",
        "closed ber/sealed False läsrätt saknas root",
        "closed ber/2023-11-29_1 True läsrätt saknas root",
    }


def test_a_closed_folder_waits_for_a_person_only_where_deliveries_are_known_to_lie(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = b"\xff lost".decode(errors="surrogateescape")
    mine = f"{ANNA[:8]}-{ANNA[8:]}"
    for folder in ("lost+found", odd, mine, "enkat", "beda"):
        (nights.drop / folder).mkdir(exist_ok=True)
    renamed = nights.drop / "från beda"
    shutil.copytree(nights.drop / "beda", renamed)
    nights.run()
    real = Path.iterdir

    def fails(path: Path) -> Iterator[Path]:
        if path.parent == nights.drop:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return real(path)

    monkeypatch.setattr(Path, "iterdir", fails)
    taken = nights.run()
    assert set(_told(taken.notices)) == {
        (NoticeCode.FOLDER_UNREADABLE, "lost+found"),
        (NoticeCode.FOLDER_UNREADABLE, "\ufffd lost"),
        (NoticeCode.FOLDER_UNREADABLE, "*" * 12),
        (NoticeCode.SOURCE_UNREADABLE, "beda"),
        (NoticeCode.SOURCE_UNREADABLE, "från beda"),
        (NoticeCode.SOURCE_UNREADABLE, "enkat"),  # named as a source
    }
    assert all("läsfel på disken" in one.sentence for one in taken.notices)
    assert {one.waits_for_a_person for one in taken.notices if one.code == NoticeCode.SOURCE_UNREADABLE} == {True}


def test_a_known_delivery_that_cannot_be_looked_at_any_more_is_told(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.run()
    (nights.drop / "beda" / "lost+found").mkdir()
    real = Path.stat

    def fails(path: Path, **named: Any) -> os.stat_result:
        if path.parent.parent == nights.drop / "beda":
            raise OSError(errno.EACCES, "Permission denied", str(path))
        return real(path, **named)

    monkeypatch.setattr(Path, "stat", fails)
    assert set(_told(nights.run().notices)) == {
        (NoticeCode.DELIVERY_UNREADABLE, "beda/2023-11-29_1"),
        (NoticeCode.FOLDER_UNREADABLE, "beda/lost+found"),
    }


def test_a_drop_folder_that_cannot_be_read_stops_the_night(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.iterdir

    def fails(path: Path) -> Iterator[Path]:
        if path == nights.drop:
            raise OSError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "iterdir", fails)
    with pytest.raises(UsageError, match="drop folder"):
        nights.run()


# --- a clock that cannot be right -------------------------------------------------------------------------------------


def test_a_future_date_is_not_judged_by_a_clock_that_is_behind(nights: Nights) -> None:
    right = nights.now
    nights.run()
    extract = sound("ber", "2025-12-30")
    far = sound("ber", "2999-01-01")
    young = sound("enkat", "2019-11-30").with_fault("missing_file")  # how old the manifest is, such a clock cannot tell
    other = sound("beda", "2019-11-30")
    for one in (extract, far, young, other):
        one.write(nights.drop)
    nights.now = right.replace(year=2020)
    taken = nights.run()
    assert _told(taken.notices) == [(NoticeCode.CLOCK_BEHIND, ""), (NoticeCode.DELIVERY_SETTLING, young.path)]
    assert taken.notices[0].waits_for_a_person
    for word in ("2020-01-01 04:00", "2026-01-01 04:00", "2 leveranser", "confirm-clock --because"):
        assert word in taken.notices[0].sentence
    assert nights.verdict(other) == ("accepted", None)  # what the clock has no part in is judged
    assert {one["folder"] for one in nights.deliveries()} == {"beda/2023-11-29_1", other.path}
    again = nights.run()  # a night that published by the wrong clock proves nothing
    assert again.notices[0].code == NoticeCode.CLOCK_BEHIND
    nights.now = right
    assert not nights.run().notices
    assert nights.verdict(extract) == ("accepted", None)
    assert nights.verdict(far) == ("rejected", "future_date")
    assert nights.verdict(young) == ("rejected", "missing_file")


def test_a_clock_that_had_run_ahead_is_put_right_by_a_person(nights: Nights) -> None:
    right = nights.now
    nights.now = right.replace(year=2031)
    nights.run()
    nights.now = right
    extract = sound("ber", "2026-06-01")
    extract.write(nights.drop)
    assert _told(nights.run().notices) == [(NoticeCode.CLOCK_BEHIND, "")]
    assert extract.path not in {one["folder"] for one in nights.deliveries()}
    assert confirm(nights.home, right, "klockan stod på 2031") == right.replace(year=2031).astimezone(UTC)
    (kept,) = decision_log.decisions(nights.home, CONFIRMED)
    assert (kept["by"], kept["because"], datetime.fromisoformat(kept["clock"])) == (
        pwd.getpwuid(os.getuid()).pw_name,
        "klockan stod på 2031",
        right,
    )
    assert not nights.run().notices
    assert nights.verdict(extract) == ("rejected", "future_date")
    assert confirm(nights.home, right, "igen") is None  # there is nothing to confirm any more
    assert len(decision_log.decisions(nights.home, CONFIRMED)) == 1


def test_a_confirmed_clock_says_nothing_of_what_is_published_later(nights: Nights) -> None:
    right = nights.now
    nights.now = right.replace(year=2031)
    nights.run()
    confirm(nights.home, right, "2031")
    nights.now = right + timedelta(days=2)
    assert not nights.run().notices
    nights.now = right + timedelta(days=1)
    assert _told(nights.run().notices) == [(NoticeCode.CLOCK_BEHIND, "")]


def test_before_anything_is_published_there_is_nothing_to_confirm(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    assert confirm(nights.home, nights.now, "x") is None
    assert decision_log.decisions(nights.home, CONFIRMED) == []


@pytest.mark.parametrize("text", ["{", "[1]", '[{"version": 1, "clock": "i natt", "by": "a", "because": "b"}]'])
def test_confirmations_that_cannot_be_read_are_told(nights: Nights, text: str) -> None:
    (nights.home.path / "decided.jsonl").write_text(text)
    with pytest.raises(UsageError, match=r"decided\.jsonl"):
        nights.run()
