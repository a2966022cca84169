"""Who has looked at rows is written down before anything is shown, and the log shows what was done to it."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.audit import access_log
from pipelines.audit.access_log import FILE, first_wrong_line, log_access, read_accesses
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.home import ACCESS_HEAD, Home, initialise
from tests.cli.conftest import Kaa, kaa
from tests.model.world import personnummer

__all__ = ["kaa"]

Lines = list[bytes]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    (tmp_path / "drop").mkdir()
    monkeypatch.setenv("KAA_HOME", str(tmp_path / "home"))
    return initialise("stockholm", tmp_path / "drop", tmp_path / "home")[0]


@pytest.fixture
def logged(home: Home) -> Home:
    """A home whose rows have been looked at five times."""
    for number in range(5):
        log_access(home, "kaa quarantine", number, "en fråga")
    return home


def _lines(home: Home) -> Lines:
    return (home.path / FILE).read_bytes().splitlines(keepends=True)


def _write(home: Home, lines: Lines) -> None:
    (home.path / FILE).write_bytes(b"".join(lines))


def test_an_access_says_who_when_what_how_many_and_why(home: Home) -> None:
    log_access(home, "kaa reveal", 3, f"anmälan om {personnummer('2006-01-01', 301)}\nfrån rektorn", which=["ab" * 16])
    [entry] = read_accesses(home)
    assert entry["who"] and entry["when"][19:] in ("+01:00", "+02:00")
    assert (entry["what"], entry["rows"], entry["which"]) == ("kaa reveal", 3, ["ab" * 16])
    assert entry["why"] == f"anmälan om {'*' * 12} från rektorn"
    assert first_wrong_line(home) is None


def test_no_log_is_right_as_long_as_nothing_says_that_there_was_one(home: Home, kaa: Kaa) -> None:
    assert (kaa("audit", "log", "verify").exit_code, first_wrong_line(home)) == (0, None)
    log_access(home, "kaa quarantine", 1)
    (home.path / FILE).unlink()
    said = kaa("audit", "log", "verify")
    assert (said.exit_code, said.out) == (2, "line 0\n")


TAMPERED: dict[str, tuple[Callable[[Lines], Lines], int]] = {
    "the first is missing": (lambda lines: lines[1:], 1),
    "one is missing": (lambda lines: lines[:2] + lines[3:], 3),
    "two are missing": (lambda lines: lines[:1] + lines[3:], 2),
    "the last is missing": (lambda lines: lines[:-1], 4),
    "the last two are missing": (lambda lines: lines[:-2], 3),
    "all but the first are missing": (lambda lines: lines[:1], 1),
    "two have changed places": (lambda lines: [*lines[:1], lines[2], lines[1], *lines[3:]], 2),
    "the last two have changed places": (lambda lines: [*lines[:3], lines[4], lines[3]], 4),
    "one stands twice": (lambda lines: lines[:3] + lines[2:], 4),
    "the last stands twice": (lambda lines: lines + lines[-1:], 6),
    "an empty line is added": (lambda lines: [*lines[:2], b"\n", *lines[2:]], 3),
    "something is added": (lambda lines: [*lines, b"{}\n"], 6),
    "something is added without a line's end": (lambda lines: [*lines, b"{"], 6),
    "no line's end is left": (lambda lines: [*lines[:-1], lines[-1][:-1]], 5),
    "half of the last is missing": (lambda lines: [*lines[:-1], lines[-1][:40]], 5),
    "a blank is added": (lambda lines: [*lines[:3], b" " + lines[3], *lines[4:]], 4),
    "another number of rows": (lambda lines: [*lines[:3], lines[3].replace(b'"rows": 3', b'"rows": 0'), *lines[4:]], 4),
    "another number of rows last": (lambda lines: [*lines[:4], lines[4].replace(b'"rows": 4', b'"rows": 0')], 5),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_done_to_the_log_is_found(logged: Home, kaa: Kaa, what: str) -> None:
    change, line = TAMPERED[what]
    before = _lines(logged)
    _write(logged, change(before))
    said = kaa("audit", "log", "verify")
    assert (said.exit_code, said.out) == (2, f"line {line}\n")
    log_access(logged, "kaa quarantine", 7)  # what is wrong stays so, whatever is written after it
    assert (first_wrong_line(logged) is None) == (what == "no line's end is left")
    _write(logged, before)
    log_access(logged, "kaa quarantine", 8)
    assert first_wrong_line(logged) == 6  # two lines were written since, and one is there


def test_a_last_line_that_was_made_again_is_found(logged: Home) -> None:
    lines = _lines(logged)
    rest = {name: value for name, value in json.loads(lines[-1]).items() if name != "hash"}
    forged = access_log._line({**rest, "rows": 0}).encode() + b"\n"
    _write(logged, [*lines[:-1], forged])
    assert first_wrong_line(logged) == 5
    following = access_log._line({**rest, "previous": json.loads(lines[-1])["hash"]}).encode() + b"\n"
    _write(logged, [*lines, following])
    assert first_wrong_line(logged) == 6


@pytest.mark.parametrize("position", range(0, 300, 7))
@pytest.mark.parametrize("line", [0, 2, 4])
def test_a_changed_byte_is_found_in_its_line(logged: Home, line: int, position: int) -> None:
    lines = _lines(logged)
    position %= len(lines[line]) - 1
    changed = bytearray(lines[line])
    changed[position] ^= 1
    if changed[position] != 10:  # a line's end more moves what follows
        _write(logged, [*lines[:line], bytes(changed), *lines[line + 1 :]])
        assert first_wrong_line(logged) == line + 1


@pytest.mark.parametrize("content", [None, "", "{}", '{"last": 1, "announced": "x"}', "[]", '{"last": null}'])
def test_what_is_kept_elsewhere_is_missed(logged: Home, kaa: Kaa, content: str | None) -> None:
    head = logged.path / ACCESS_HEAD
    head.unlink() if content is None else head.write_text(content)
    assert kaa("audit", "log", "verify").exit_code == 2


def test_a_damaged_end_shows_nothing(logged: Home) -> None:
    (logged.path / ACCESS_HEAD).write_text("{")
    with pytest.raises(NightlyFailed, match="Nothing is shown"):
        log_access(logged, "kaa quarantine", 1)


KILLED = """
import os, sys
from pathlib import Path
from pipelines.audit import access_log
from pipelines.state.home import open_home
steps = [0]
def step(function):
    def stepping(*arguments):
        steps[0] += 1
        if steps[0] == int(sys.argv[2]):
            os._exit(9)
        return function(*arguments)
    return stepping
for name in ("_write_head", "_append", "sync"):
    setattr(access_log, name, step(getattr(access_log, name)))
def half(log, line):
    os.write(log.fileno(), line.encode()[:50])
    os._exit(9)
if sys.argv[3] == "half":
    access_log._append = half
access_log.log_access(open_home(Path(sys.argv[1])), "kaa quarantine", 9)
"""


@pytest.mark.parametrize(("step", "way"), [*((number, "whole") for number in range(1, 9)), (99, "half")])
def test_a_killed_command_looks_like_no_tampering(logged: Home, step: int, way: str) -> None:
    before = _lines(logged)
    done = subprocess.run([sys.executable, "-c", KILLED, str(logged.path), str(step), way], check=False)
    assert done.returncode == 9
    assert first_wrong_line(logged) is None
    log_access(logged, "kaa quarantine", 10)
    assert first_wrong_line(logged) is None
    assert _lines(logged)[:5] == before
    assert [entry["rows"] for entry in read_accesses(logged)] in ([*range(5), 10], [*range(5), 9, 10])


def test_commands_at_once_wait_for_each_other(home: Home) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: log_access(home, "kaa quarantine", number), range(40)))
    assert sorted(entry["rows"] for entry in read_accesses(home)) == list(range(40))
    assert first_wrong_line(home) is None


def test_without_a_log_nothing_is_shown(home: Home, monkeypatch: pytest.MonkeyPatch, kaa: Kaa) -> None:
    (home.path / "logs").write_text("a file")
    said = kaa("quarantine", "--format", "csv")
    assert (said.exit_code, said.out) == (1, "")
    assert said.err.startswith("Nothing is shown") and said.err.count("\n") == 1


def test_root_looks_at_nothing_in_anothers_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise UsageError(f"{path} belongs to somebody else")

    monkeypatch.setattr(access_log, "refuse_to_write_for_another", refuse)
    with pytest.raises(UsageError):
        log_access(home, "kaa quarantine", 1)
    assert not (home.path / FILE).exists()


def test_a_command_that_shows_rows_writes_first(home: Home, kaa: Kaa) -> None:
    assert kaa("quarantine").exit_code == 0
    assert [(entry["what"], entry["rows"]) for entry in read_accesses(home)] == [("kaa quarantine", 0)]
