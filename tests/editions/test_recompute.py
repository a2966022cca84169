"""An edition counted again from the archive: whatever has come in since, every cell is the same, or what is missing is named."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyrage
import pytest

from pipelines.audit.editions import recompute as recompute_module
from pipelines.audit.editions.cells import changed_cells, read_cells
from pipelines.audit.editions.folder import CONTRACTS, DELIVERIES, FIGURES, MODELS, PROFILE, Edition, read_edition
from pipelines.audit.editions.recompute import recompute
from pipelines.audit.editions.verify import Verdict
from pipelines.configuration.contract import CONTRACTS as CONTRACT_FILES
from pipelines.configuration.municipality import load_municipality
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.home import Home, open_home
from tests.cli.conftest import Kaa
from tests.editions.conftest import INTERNAL, PERIOD, PUBLIC, Made
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer
from tests.state.world import NEWER, OLD, YOUTHS, rows

pytestmark = pytest.mark.long

ZONE = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def home(ready: Made, tmp_path: Path) -> Home:
    """The home that made the editions, with a drop folder of its own for what comes in since."""
    settings = ready.home / "settings.toml"
    (tmp_path / "drop").mkdir()
    lines = [line for line in settings.read_text().splitlines() if not line.startswith("drop")]
    settings.write_text("\n".join([*lines, f'drop = "{tmp_path / "drop"}"\n']))
    return open_home(ready.home)


@pytest.fixture
def key(home: Home, tmp_path: Path) -> Path:
    """The archive's private key, in the key store."""
    return Path(shutil.move(home.keys / "archive.private", tmp_path / "archive.private"))


def edition_in(folder: Path) -> Edition:
    edition = read_edition((folder / "edition.json").read_bytes())
    assert edition is not None
    return edition


def counted_again(folder: Path, home: Home, key: Path) -> Verdict:
    verdict = recompute(folder, edition_in(folder), home, key)
    assert not home.recomputing.exists()
    return verdict


def comes_in(home: Home, day: str, *extracts: Extract) -> None:
    """A night on which these are delivered."""
    for extract in extracts:
        extract.write(home.drop)
    plain_nightly.nightly(home, datetime.fromisoformat(f"{day}T04:00").replace(tzinfo=ZONE))


def delivery_of(folder: Path, source: str, day: str) -> str:
    """The id of the delivery that an edition lists for a source and date."""
    lines = [line.split(",") for line in (folder / DELIVERIES).read_text().splitlines()]
    return next(line[3] for line in lines if line[:2] == [source, day])


def test_it_rests_on_what_a_person_let_in_and_not_on_what_was_replaced(ready: Made, home: Home, key: Path) -> None:
    decided = dict(rows(home, "select decided, delivery_id from delivery where decided is not null"))
    listed = (ready.internal / DELIVERIES).read_text()
    assert decided["release"] in listed and decided["reject"] not in listed
    for ((delivery,),) in [rows(home, "select delivery_id from delivery where status = 'superseded'")]:
        assert delivery not in listed
    verdict = counted_again(ready.internal, home, key)
    assert verdict.faults == []
    assert len(read_cells(ready.internal / FIGURES)) > 50
    assert any("0 cells are others" in note for note in verdict.notes)


def test_it_is_proved_whatever_has_come_in_since(ready: Made, home: Home, key: Path) -> None:
    late = Extract("ber", "2023-11-20").registered(YOUTHS[30]).registered(YOUTHS[31])
    revised = (
        Extract("ber", "2023-11-29", revision=3).registered(YOUTHS[40]).contact("k9", YOUTHS[40], datum="2023-05-02")
    )
    merged = Extract("folkbokforing", "2024-01-03").resident(YOUTHS[50], tidigare_personnummer=YOUTHS[0])
    comes_in(home, "2026-01-03", late, revised, merged)
    comes_in(home, "2027-01-05", Extract("ber", "2027-01-04").registered(NEWER))  # who was counted has turned 21
    version = home.current()
    assert version is not None
    assert rows(home, "select count(*) from purge_protocol where persons > 0 and data_year = 2027")[0][0] == 1
    moved = changed_cells(version, home.municipality, edition_in(ready.internal), ready.internal / FIGURES)
    assert {cell.key[0] for cell in moved} >= {"population", "outreach", "contacts"}
    for folder in (ready.internal, ready.public):
        verdict = counted_again(folder, home, key)
        assert verdict.faults == [], folder
        assert not any("purged" in note for note in verdict.notes)


def test_a_public_edition_is_compared_where_it_shows_a_number(ready: Made, home: Home, key: Path) -> None:
    folder = home.path / "editions" / PUBLIC
    values = read_cells(folder / FIGURES)
    assert ".." in values.values() and any(value.isdecimal() for value in values.values())
    verdict = counted_again(folder, home, key)
    assert verdict.faults == [] and any("those that it hides were not" in note for note in verdict.notes)
    shown = next(cell for cell, value in values.items() if value not in ("..", "0"))
    line = ",".join(shown)
    figures = (folder / FIGURES).read_text()
    (folder / FIGURES).write_text(figures.replace(f"{line},{values[shown]}\n", f"{line},{values[shown]}9\n"))
    assert [fault.file for fault in counted_again(folder, home, key).faults] == [FIGURES]


def test_a_cell_that_is_another_is_named(ready: Made, home: Home, key: Path) -> None:
    figures = ready.internal / FIGURES
    lines = figures.read_text().splitlines(keepends=True)
    figures.write_text(
        "".join(line for line in lines if not line.startswith("population,in_register,verksamhetsar-2023,*,*,*"))
    )
    faults = counted_again(ready.internal, home, key).faults
    assert [fault.file for fault in faults] == [FIGURES]
    assert "population/in_register/verksamhetsar-2023/*/*/*/*/* is 0 in the edition and" in faults[0].sentence


def test_what_the_archive_has_purged_by_law_is_named_and_does_not_fail(ready: Made, home: Home, key: Path) -> None:
    """Six years later the register's deliveries have gone; surveys and key numbers are never purged."""
    comes_in(home, "2030-01-03", Extract("ber", "2030-01-02").registered(personnummer("2012-03-01", 100)))
    gone, kept = (delivery_of(ready.internal, "ber", day) for day in ("2023-11-29", "2024-01-02"))
    assert not (home.archive / gone).exists() and (home.archive / kept).exists()
    verdict = counted_again(ready.internal, home, key)
    assert verdict.faults == []
    notes = [note for note in verdict.notes if "purged from the archive by law" in note]
    assert len(notes) == 1 and "ber 2023-11-29" in notes[0] and "ber 2024-01-02" not in notes[0]
    lost = [note for note in verdict.notes if "not to be counted again" in note]
    assert any(note.startswith("outreach/reached") for note in lost)
    # What the purged deliveries cannot explain fails all the same.
    figures = ready.internal / FIGURES
    figures.write_text(f"{figures.read_text()}survey,answers,{PERIOD},*,*,*,*,*,7\n")
    assert [fault.sentence.split("/")[0] for fault in counted_again(ready.internal, home, key).faults] == ["survey"]


def test_what_is_missing_damaged_or_another_fails_and_is_named(ready: Made, home: Home, key: Path) -> None:
    missing, damaged, another = (
        delivery_of(ready.internal, source, day)
        for source, day in (("ber", "2023-11-27"), ("folkbokforing", "2023-11-29"), ("enkat", "2023-11-28"))
    )
    shutil.rmtree(home.archive / missing)
    file = next((home.archive / damaged).glob("personer.csv*"))
    file.write_bytes(file.read_bytes()[:-20])
    deliveries = ready.internal / DELIVERIES
    sha256 = next(line.split(",")[7] for line in deliveries.read_text().splitlines() if another in line)
    deliveries.write_text(deliveries.read_text().replace(sha256, "0" * 64))
    found = {
        fault.file: fault.sentence for fault in counted_again(ready.internal, home, key).faults if fault.file != FIGURES
    }
    assert found.keys() == {f"archive/{one}" for one in (missing, damaged, another)}
    assert "ber 2023-11-27 is not in the archive" in found[f"archive/{missing}"]
    assert "folkbokforing 2023-11-29 cannot be opened: personer.csv.zst.age is cut short" in found[f"archive/{damaged}"]
    assert "another file" in found[f"archive/{another}"]


def test_profile_and_contracts_are_those_of_then(ready: Made, home: Home, key: Path, tmp_path: Path) -> None:
    """The district of most youths belongs to another job-centre today, and a code is no code in the edition's contracts."""
    text = (ready.internal / CONTRACTS / PROFILE).read_text()
    assert load_municipality(str(ready.internal / CONTRACTS / PROFILE)) == home.municipality
    profile = tmp_path / "profile.yaml"
    profile.write_text(text.replace("code: VALLINGBY", "code: HASSELBY"))
    settings = home.path / "settings.toml"
    settings.write_text(settings.read_text().replace('"stockholm"', f'"{profile}"'))
    changed = open_home(home.path)
    assert [centre.code for centre in changed.municipality.job_centres] != [
        centre.code for centre in home.municipality.job_centres
    ]
    assert counted_again(ready.internal, changed, key).faults == []
    codes = ready.internal / CONTRACTS / "code_lists" / "kanal.yaml"
    assert codes.read_bytes() == (CONTRACT_FILES / "code_lists" / "kanal.yaml").read_bytes()
    codes.write_text(codes.read_text().replace("code: TELEFON", "code: TELEFONEN"))
    assert counted_again(ready.internal, home, key).faults != []


def test_what_cannot_be_counted_at_all_is_one_sentence(ready: Made, home: Home, key: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.private"
    other.write_text(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(UsageError, match="opens none"):
        counted_again(ready.internal, home, other)
    assert not home.recomputing.exists()
    edition = edition_in(ready.internal)
    with pytest.raises(UsageError, match="0182"):
        recompute(ready.internal, edition.model_copy(update={"municipality": "0182"}), home, key)
    models = ready.internal / MODELS
    told = json.loads(models.read_text())
    next(one for one in told if one["name"] == "stg_ber__contacts")["sql"] = (
        "select gone from history.main.ber_kontakter"
    )
    models.write_text(json.dumps(told))
    with pytest.raises(UsageError, match="with the version that made it"):
        recompute(ready.internal, edition, home, key)
    assert not home.recomputing.exists()


def test_no_clear_text_stays_when_it_fails(ready: Made, home: Home, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def full(*arguments: object, **named: object) -> None:
        seen.append(any(home.recomputing.rglob("register.csv")))
        seen.append((home.recomputing.stat().st_mode & 0o77) == 0)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recompute_module, "take_in", full)
    with pytest.raises(NightlyFailed, match="No space left"):
        counted_again(ready.internal, home, key)
    assert seen == [True, True] and not home.recomputing.exists()


_KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.audit.editions import recompute
from pipelines.audit.editions.folder import read_edition
from pipelines.state.home import open_home
recompute.take_in = lambda *arguments, **named: os.kill(os.getpid(), signal.SIGKILL)
folder = Path(sys.argv[1])
recompute.recompute(folder, read_edition((folder / "edition.json").read_bytes()), open_home(), Path(sys.argv[2]))
"""


def test_the_next_nightly_removes_what_a_killed_one_left(ready: Made, home: Home, key: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, str(ready.internal), str(key)], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL and list(home.recomputing.rglob("leverans.json"))
    plain_nightly.nightly(home)
    assert not home.recomputing.exists()


def test_the_command(ready: Made, home: Home, key: Path, kaa: Kaa) -> None:
    said = kaa("edition", "verify", INTERNAL, "--archive", "--key", key)
    assert said.exit_code == 0, said.out + said.err
    assert "counted again from" in said.err and said.out == ""
    for half in (["--archive"], ["--key", key]):
        said = kaa("edition", "verify", INTERNAL, *half)
        assert (said.exit_code, said.out, said.err.count("\n")) == (64, "", 1) and "give both" in said.err
    shutil.rmtree(home.archive / delivery_of(ready.internal, "ber", "2023-11-27"))
    said = kaa("edition", "verify", ready.internal, "--archive", "--key", key)
    assert said.exit_code == 2 and "ber 2023-11-27 is not in the archive" in said.out
    assert OLD not in said.out + said.err
