"""What the operating system refuses is one sentence with the path, its owner and the remedy, whoever brings the news."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.orchestration.failures import unforeseen
from pipelines.runtime import os_errors
from pipelines.state.home import initialise, open_home
from tests.cli.conftest import Kaa

SOMEBODY, NOBODY = 54321, 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


@contextmanager
def _user(number: int, *open_for_all: Path) -> Iterator[None]:
    """Act as another user, who may get to these folders."""
    for folder in open_for_all:
        for step in (folder, *folder.parents):
            if "pytest" in str(step) and step.owner() == "root":
                step.chmod(0o755)
    os.seteuid(number)
    try:
        yield
    finally:
        os.seteuid(0)


def _refused(do: Any) -> OSError:
    with pytest.raises(OSError) as refused:
        do()
    return refused.value


def _is_sentence(text: str, *words: str) -> bool:
    assert "\n" not in text and text.endswith("again.")
    for word in words:
        assert word in text, (word, text)
    return True


def test_each_kind_has_its_place_and_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kinds = {
        ("is a file where a folder should be", "move it away"): lambda: (tmp_path / "file" / "a" / "b").touch(),
        ("is a folder where a file should be", "move it away"): lambda: tmp_path.read_text(encoding="utf-8"),
        ("too long", "shorter"): lambda: (tmp_path / ("å" * 200)).touch(),
        ("is missing", "put it back"): lambda: (tmp_path / "gone").read_text(encoding="utf-8"),
    }
    for words, do in kinds.items():
        for error in (_refused(do), os_errors.found_in(f"PermissionError: {_refused(do)}\n")):
            assert error is not None
            told = os_errors.sentence(error)
            assert _is_sentence(told, *words, str(tmp_path))
            belongs = f"; it belongs to {tmp_path.owner()} and this runs as {os_errors.user_name(os.geteuid())}: "
            assert (belongs in told) == ("is missing" not in words)
    assert str(tmp_path / "file") + " is a file" in os_errors.sentence(
        _refused(lambda: (tmp_path / "file" / "a").touch())
    )
    for number in (errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.EBUSY):
        assert _is_sentence(os_errors.sentence(OSError(number, os.strerror(number), str(tmp_path))), str(tmp_path))
    assert _is_sentence(os_errors.sentence(OSError(errno.EAGAIN, "Resource temporarily unavailable")), "temporarily")


@as_root
def test_what_another_user_owns_is_named_with_its_owner(tmp_path: Path) -> None:
    closed, file = tmp_path / "closed", tmp_path / "file"
    (closed / "below").mkdir(parents=True, mode=0o700)
    closed.chmod(0o700)
    file.touch(mode=0o600)
    (tmp_path / "open").touch()
    (tmp_path / "open").chmod(0o666)
    with _user(NOBODY, tmp_path):
        for do, place in (
            (lambda: (closed / "below" / "x").touch(), closed),
            (lambda: file.read_text(encoding="utf-8"), file),
            (lambda: (tmp_path / "new").mkdir(), tmp_path),
            (lambda: os.replace(tmp_path / "open", tmp_path / "other"), tmp_path),
        ):
            told = os_errors.sentence(_refused(do))
            assert _is_sentence(told, "belongs to root", "runs as nobody", f"chown -R {NOBODY} '{place}'")
            assert told.startswith(f"{place} may not be used")
        with pytest.raises(duckdb.Error) as refused:
            duckdb.connect(str(file), read_only=True)
        found = os_errors.found_in(str(refused.value))
        assert found and os_errors.sentence(found).startswith(f"{file} may not be used")


def test_a_number_in_a_path_is_masked(tmp_path: Path) -> None:
    assert "200401012380" not in os_errors.sentence(_refused(lambda: (tmp_path / "200401012380" / "x").touch()))


def test_a_step_that_the_operating_system_stopped_is_told_in_its_words(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    home, _ = initialise("stockholm", tmp_path / "drop", tmp_path / "home")
    (home.path / "logs").touch()
    error = _refused(lambda: (home.path / "logs" / "dbt.log").touch())
    told = str(unforeseen(home, type(error).__name__, f"{type(error).__name__}: {error}", " in step dbt_models"))
    assert _is_sentence(
        told, "in step dbt_models", "is untouched", f"{home.path / 'logs'} is a file where a folder should be"
    )
    for text in ("(sqlite3.OperationalError) unable to open database file", "attempt to write a readonly database"):
        told = str(unforeseen(home, "OperationalError", text, ""))
        assert _is_sentence(told, str(home.path), "may not be used", "belongs to")


# --- KAA_HOME -------------------------------------------------------------------------------------------------------------


@as_root
@pytest.mark.parametrize(
    "arguments",
    [
        ["nightly"],
        ["deliveries", "release", "0123456789abcdef"],
        ["deliveries", "reject", "0123456789abcdef"],
        ["init"],
        ["demo"],
    ],
    ids=" ".join,
)
def test_root_changes_nothing_in_another_users_home(
    set_up: Path, kaa: Kaa, tmp_path: Path, arguments: list[str]
) -> None:
    _give(set_up, SOMEBODY)
    before = _everything(set_up)
    more = ["--municipality", "stockholm", "--drop", tmp_path / "drop"] if arguments == ["init"] else []
    said = kaa(*arguments, *more)
    assert said.exit_code == 64
    assert said.err == (
        f"{set_up} belongs to user {SOMEBODY}: root changes nothing in another user's KAA_HOME. Run the command as user "
        f"{SOMEBODY}.\n"
    )
    assert _everything(set_up) == before


@as_root
def test_an_empty_folder_of_another_user_is_not_set_up_by_root(home: Path, kaa: Kaa, tmp_path: Path) -> None:
    home.mkdir()
    _give(home, SOMEBODY)
    assert kaa("init", "--municipality", "stockholm", "--drop", tmp_path).exit_code == 64
    assert not list(home.iterdir())


@as_root
def test_root_reads_another_users_home_and_leaves_nothing(set_up: Path, kaa: Kaa) -> None:
    _give(set_up, SOMEBODY)
    before = _everything(set_up)
    for command in (["deliveries"], ["quarantine"], ["purge"], ["figures", "--period", "dag-2023-11-30"]):
        assert kaa(*command).exit_code in (0, 64)
    assert _everything(set_up) == before


@as_root
@pytest.mark.parametrize(
    "left", ["nightly.lock", "logs/dbt.log", "dagster/schedules/schedules.db", "archive/x", "history/000002/"]
)
def test_what_root_left_in_a_home_is_named_before_anything_is_done(set_up: Path, kaa: Kaa, left: str) -> None:
    _give(set_up, NOBODY)
    path = set_up / left
    path.parent.mkdir(exist_ok=True, parents=True)
    if left.endswith("/"):
        path.mkdir(mode=0o700)
    else:
        path.touch(mode=0o600)
    os.chown(path.parent, NOBODY, NOBODY)
    with _user(NOBODY, set_up):
        said = kaa("nightly")
    assert said.exit_code == 1
    assert said.err.startswith(
        f"{path} belongs to root and may not be written by nobody, who runs this: have root run chown -R"
    )
    assert said.err.count("\n") == 1 and str(set_up) in said.err


@as_root
def test_settings_and_keys_may_be_somebody_elses(set_up: Path) -> None:
    _give(set_up, NOBODY)
    os.chown(set_up / "keys" / "archive.private", 0, 0)
    os.chown(set_up / "settings.toml", 0, NOBODY)
    (set_up / "settings.toml").chmod(0o644)
    with _user(NOBODY, set_up):
        assert open_home(set_up, writing=True).path == set_up


def _give(folder: Path, user: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, user)


def _everything(folder: Path) -> dict[str, tuple[float, int]]:
    return {str(path): (path.lstat().st_mtime, path.lstat().st_uid) for path in sorted(folder.rglob("*"))}
