"""What a newer program has written is refused by every command, with one sentence that names the version that is needed."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import duckdb
import pytest

from pipelines.commands.cli import kaa as program
from pipelines.runtime.errors import NightlyFailed
from pipelines.state.format import FORMAT
from pipelines.state.home import Home, open_home
from pipelines.state.night_records import NightRecords
from pipelines.state.versions import Version
from tests.cli.conftest import Kaa
from tests.faults import plain_nightly
from tests.state.conftest import home, lived
from tests.state.world import content, everything

pytestmark = pytest.mark.long

__all__ = ["home", "lived"]

#: Commands that look at no KAA_HOME: what they need is given to them.
WITHOUT_A_HOME = {"check-delivery", "deliver", "demo", "dictionary", "data-protection", "make"}
OF_A_LAKE = {("lake", "new-key"), ("lake", "seal-key"), ("lake", "check"), ("lake", "report")}


def _commands(group: click.Group, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield (*before, name), click.Command(name)
            yield from _commands(command, *before, name)
        else:
            yield (*before, name), command


#: What stands for a required option or argument.
_VALUES = {"period_id": "verksamhetsar-2023", "from_": "2023-11-01", "to": "2023-11-30", "size": "2", "seed": "1"}


#: What a command asks for besides, before it looks at KAA_HOME.
_MORE = {"report": ["--out", "out"], "restore": ["--key", "FILE"], "rotate": ["--pseudonym"]}
#: A report that can be checked.
_REPORT = """figure,measure,period,gender,district,job_centre,category,subcategory,value,kind,printed,note
population,in_register,verksamhetsar-2023,*,*,*,*,*,5,exact,5,
"""


def _arguments(command: click.Command, file: Path) -> list[str]:
    words = [str(file) if word == "FILE" else word for word in _MORE.get(command.name or "", [])]
    for parameter in command.params:
        if not parameter.required:
            continue
        value = _VALUES.get(parameter.name or "") or _plain(parameter, file)
        words += [parameter.opts[0], value] if isinstance(parameter, click.Option) else [value]
    return words


def _plain(parameter: click.Parameter, file: Path) -> str:
    if isinstance(parameter.type, click.Path):
        return str(file if parameter.type.file_okay else file.parent)
    if isinstance(parameter.type, click.Choice):
        return str(parameter.type.choices[0])
    return "1" if isinstance(parameter.type, click.types.IntParamType) else "x"


def _written_by_a_newer_program(home: Home, number: int = 3) -> None:
    for zone in ("history", "warehouse", "published"):
        proof = home.path / zone / f"{number:06d}" / "version.json"
        proof.write_text(json.dumps(json.loads(proof.read_text()) | {"format": FORMAT + 1, "program": "9.1.0"}))


def test_every_command_refuses_and_changes_nothing(home: Home, kaa: Kaa, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(_REPORT)
    _written_by_a_newer_program(home)
    before = everything(home.path)
    commands = [
        (words, command)
        for words, command in _commands(program)
        if not WITHOUT_A_HOME & {words[0], words[-1]} and words not in OF_A_LAKE
    ]
    assert len(commands) > 30
    for words, command in commands:
        said = kaa(*words, *_arguments(command, file))
        assert (said.exit_code, said.out, said.err.count("\n")) == (1, "", 1), (words, said)
        assert f"state format {FORMAT + 1}" in said.err and "install version 9.1.0" in said.err
        assert everything(home.path) == before, words


def test_the_schedule_refuses_too(home: Home) -> None:
    _written_by_a_newer_program(home)
    with pytest.raises(NightlyFailed, match=r"9\.1\.0"):
        open_home(home.path, writing=True)


def test_a_lost_pointer_hides_no_newer_state(home: Home, kaa: Kaa) -> None:
    _written_by_a_newer_program(home)
    (home.path / "current.json").unlink()
    said = kaa("recover", "--version", "3", "--because", "x")
    assert said.exit_code == 1 and "9.1.0" in said.err


def test_what_a_newer_program_only_began_is_swept_away(home: Home) -> None:
    """The upgrade was tried, was killed, and is taken back: nothing was published."""
    before = content(home)
    begun = Version(home.path, 4)
    begun.begin()
    begun.seal()
    _written_by_a_newer_program(home, 4)
    plain_nightly.nightly(open_home(home.path))
    assert content(home) == before


def test_a_history_alone_that_is_newer_stops_the_night(home: Home, kaa: Kaa) -> None:
    """Somebody has put back a history and not the rest."""
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.history)) as connection:
        connection.execute(f"update state_format set number = {FORMAT + 1}")
    with pytest.raises(NightlyFailed, match=f"state format {FORMAT + 1}"):
        plain_nightly.nightly(home)
    assert home.current() == version


def test_a_newer_archive_is_not_restored(home: Home, kaa: Kaa, tmp_path: Path) -> None:
    key = (home.keys / "archive.private").rename(tmp_path / "archive.private")
    (first, *_) = NightRecords(home.archive).published().values()
    first.write_text(json.dumps(json.loads(first.read_text()) | {"invented": 1}))
    for zone in ("history", "warehouse", "published"):
        (home.path / zone / "000003").rename(tmp_path / zone)
    (home.path / "current.json").unlink()
    before = everything(home.archive)
    said = kaa("restore", "--key", key)
    assert said.exit_code == 1 and "newer version of this program" in said.err and said.err.count("\n") == 1
    assert everything(home.archive) == before
