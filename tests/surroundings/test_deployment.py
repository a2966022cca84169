"""docs/driftsattning.md and the files of docs/deploy: what the text says can be done as it stands, as far as that "
"needs no root and
no running systemd; the rest is followed on a machine of its own when the text changes."""

import json
import os
import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import click
import pytest

from pipelines.commands.cli import kaa as program
from pipelines.orchestration.schedule import TIMER
from pipelines.runtime.log import Event, event
from tests.cli.conftest import Kaa, Published
from tests.repository import ROOT

DEPLOY = ROOT / "docs" / "deploy"
TEXT = (ROOT / "docs" / "driftsattning.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = [line for step in STEPS for line in step.splitlines()]
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
BIN = Path(os.sys.executable).parent  # type: ignore[attr-defined]

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
needs_logrotate = pytest.mark.skipif(not shutil.which("logrotate"), reason="logrotate is not on this machine")


def _unit(path: Path) -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, encoding="utf-8")
    return parser


def _assert_is_a_command(arguments: list[str]) -> None:
    """The program knows a command line: its commands, options and how many arguments they take."""
    command: click.Command = program
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        name, *arguments = arguments
        assert name in command.commands, name
        command = command.commands[name]
    options = {name: option for option in command.params for name in (*option.opts, *option.secondary_opts)}
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if word.startswith("-") and word not in ("--version", "--help"):
            assert word in options, (command.name, word)
            if not getattr(options[word], "is_flag", False):
                waiting.pop(0)


# --- the text ---------------------------------------------------------------------------------------------------------------


def test_the_text_names_every_file_and_every_unit_that_there_is() -> None:
    files = [path.relative_to(DEPLOY.parent).as_posix() for path in DEPLOY.rglob("*") if path.is_file()]
    words = [word for command in COMMANDS for word in shlex.split(command)] + re.findall(r"\]\(([^)]+)\)", TEXT)
    named = {word for word in words if word.startswith("deploy/")}
    installed = {
        path
        for pattern in named
        for path in (one.relative_to(DEPLOY.parent).as_posix() for one in DEPLOY.parent.glob(pattern))
    }
    assert installed == set(files)
    units = {path.stem for path in UNITS}
    assert len(units) == 8
    assert {unit for unit in units if unit in TEXT} == units


def test_the_text_s_commands_are_shell_and_those_of_the_program_are_known() -> None:
    assert len(STEPS) >= 10
    for step in STEPS:
        done = subprocess.run(["/bin/bash", "-n"], input=step, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    ours = [shlex.split(command)[1:] for command in COMMANDS if command.startswith("kaa ")]
    assert len(ours) >= 6
    for arguments in ours:
        _assert_is_a_command(arguments)
    for inline in re.findall(r"`kaa ([^`]*)`", TEXT):
        _assert_is_a_command([word for word in shlex.split(inline) if word != "…"])


def test_links_of_the_text_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", TEXT):
        if "://" not in target and target not in ("overvakning.md", "runbook.md"):
            assert (DEPLOY.parent / target).exists(), target
    anchors = set(re.findall(r"\]\(#([^)]+)\)", TEXT))
    headings = {
        re.sub(r"[^\wåäö -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    }
    assert anchors <= headings


def test_the_text_s_backup_restores_an_empty_machine_to_the_same_figures(
    published: Published, kaa: Kaa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of the text in their order, on folders of one's own in the place of the machine's."""
    home, keys, backups = (tmp_path / name for name in ("home", "nycklar", "backups"))
    shutil.copytree(published.home, home, symlinks=True)
    shutil.move(home / "keys", keys)
    settings = home / "settings.toml"
    settings.write_text(f'keys = "{keys}"\n' + settings.read_text())
    backups.mkdir()
    monkeypatch.setenv("KAA_HOME", str(home))
    figures = kaa("figures", "--period", "verksamhetsar-2023").out
    assert figures.count("\n") > 20
    ours = [command for command in COMMANDS if command.startswith(("kaa backup", "kaa restore"))]
    assert [command.split()[1] for command in ours] == ["backup", "backup", "backup", "restore", "backup"]
    for command in ours[:4]:
        name = next((path.name for path in sorted(backups.glob("2*"), reverse=True)), "")
        command = command.replace("/var/backups/kaa", str(backups))
        arguments = shlex.split(re.sub(r"\d{4}-\d{2}-\d{2}T\d{6}Z", name, command))[1:]
        if arguments[0] == "restore":
            shutil.rmtree(home)
        said = kaa(*arguments)
        assert said.exit_code == 0, (command, said.err)
    assert kaa("figures", "--period", "verksamhetsar-2023").out == figures


# --- the units --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_program_that_there_is_with_options_that_it_knows(unit: Path) -> None:
    file, *arguments = shlex.split(_unit(unit)["Service"]["ExecStart"])
    assert Path(file).parent == Path("/opt/kaa/bin") and (BIN / Path(file).name).exists()
    if Path(file).name == "kaa":
        _assert_is_a_command(arguments)
        return
    words = [word for word in arguments if not word.startswith(("-", "/", "127."))]
    command = [
        str(BIN / Path(file).name),
        *(words[:2] if words[0] == "code-server" else words[:1] if words[0] == "run" else []),
    ]
    told = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout
    assert [word for word in arguments if word.startswith("--") and word not in told] == []
    assert "0.0.0.0" not in " ".join(arguments)


def test_a_timer_s_unit_is_there_and_all_of_them_are_protected() -> None:
    timers = {path.stem for path in DEPLOY.glob("systemd/*.timer")}
    assert timers == {"kaa-nightly", "kaa-late", "kaa-watch", "kaa-backup"} < {unit.stem for unit in UNITS}
    protection = (DEPLOY / "systemd" / "kaa-.service.d" / "skydd.conf").read_text(encoding="utf-8")
    for wanted in ("ProtectSystem=strict", "NoNewPrivileges=yes", "IPAddressDeny=any", "User=kaa"):
        assert f"\n{wanted}\n" in protection
    assert all(unit.name.startswith("kaa-") and "MemoryMax" in _unit(unit)["Service"] for unit in UNITS)


def test_the_nightly_timer_is_the_schedule_s() -> None:
    """The same expression that is proved to be Dagster's schedule, across every change of the clocks."""
    assert _unit(DEPLOY / "systemd" / "kaa-nightly.timer")["Timer"]["OnCalendar"] == TIMER


@needs_systemd
def test_systemd_understands_every_unit_and_calls_it_safe(tmp_path: Path) -> None:
    """By systemd's own account: 0.0 is closed, 10.0 open to everything; a network of its own costs a backup nothing."""
    place = tmp_path / "systemd"
    shutil.copytree(DEPLOY / "systemd", place)
    for path in (*place.glob("*.service"), *place.glob("*.timer")):
        text = path.read_text().replace("/opt/kaa/bin", str(BIN))
        protection = (DEPLOY / "systemd" / "kaa-.service.d" / "skydd.conf").read_text()
        path.write_text(f"{text}\n{protection}" if path.suffix == ".service" else text)
    units = [str(path) for path in sorted(place.glob("kaa-*.*")) if path.is_file()]
    # Users and folders of the machine that it is for are not looked at.
    command = ["systemd-analyze", "verify", "--man=no", *units]
    environment = {"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{place}:"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    complaints = [line for line in done.stderr.splitlines() if "kaa-" in line]
    assert done.returncode == 0 and complaints == [], done.stderr
    for unit in place.glob("*.service"):
        command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(unit)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-300:] + done.stderr


# --- users, folders, logs -----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not shutil.which("systemd-tmpfiles") or os.geteuid() != 0, reason="needs systemd-tmpfiles and root")
def test_users_and_folders_are_made_as_the_text_says(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create"]):
        kind = command[0].removeprefix("systemd-")
        file = DEPLOY / f"{kind}.d" / "kaa.conf"
        done = subprocess.run([*command, f"--root={tmp_path}", str(file)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    users = dict(line.split(":", 1) for line in (tmp_path / "etc" / "passwd").read_text().splitlines())
    assert users["kaa"].endswith(":/var/lib/kaa:/usr/sbin/nologin")
    assert "kaa-leverans:x:" in (tmp_path / "etc" / "group").read_text()
    for folder, _, mode in re.findall(r"^\| `(/[a-z/]+)` \| (kaa)[^|]*?(\d{4}) \|", TEXT, re.MULTILINE):
        if folder != "/var/backups/kaa":  # a mounted disk
            assert f"{(tmp_path / folder[1:]).stat().st_mode & 0o7777:04o}" == mode, folder


@needs_logrotate
def test_a_rotated_log_goes_on_in_a_new_file_and_what_auditors_need_is_not_rotated(tmp_path: Path) -> None:
    text = (DEPLOY / "logrotate.d" / "kaa").read_text(encoding="utf-8")
    for kept in ("access.jsonl", "nights.jsonl", "decided.jsonl"):
        assert not re.search(rf"^/.*{kept}", text, re.MULTILINE)
    event(tmp_path, Event.BACKUP_MADE, files=1)
    text = text.replace("/var/lib/kaa", str(tmp_path)).replace("    su kaa kaa\n", "").replace("0640 kaa kaa", "0640")
    (tmp_path / "logrotate.conf").write_text(text)
    (tmp_path / "logrotate.conf").chmod(0o644)
    command = [
        shutil.which("logrotate") or "",
        "--force",
        "--state",
        str(tmp_path / "state"),
        str(tmp_path / "logrotate.conf"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    event(tmp_path, Event.BACKUP_MADE, files=2)
    log = tmp_path / "logs" / "events.jsonl"
    assert [json.loads(line)["files"] for line in log.read_text().splitlines()] == [2]
    assert len(list(log.parent.glob("events.jsonl-*.gz"))) == 1
