"""`kaa archive verify`: what is not whole in the archive is named, with and without the key that opens it."""

import csv
import io
import json
import shutil
from pathlib import Path

import pyrage
import pytest

from pipelines.delivery.archive import RECORD, Archive, open_archived
from pipelines.delivery.archive_checksums import CHECKSUMS, Checksums, checksum
from pipelines.state.home import Home
from tests.cli.conftest import Kaa, Said, kaa
from tests.state.world import everything, rows

pytestmark = pytest.mark.long

__all__ = ["kaa"]


def states(said: Said) -> dict[str, str]:
    """What was said of each delivery."""
    return {row["delivery_id"]: row["state"] for row in csv.DictReader(io.StringIO(said.out))}


def an_accepted(home: Home) -> Path:
    """The folder of a delivery that was loaded."""
    [[delivery]] = rows(
        home, "select delivery_id from delivery where status = 'accepted' and source = 'ber' and revision = 2"
    )
    return home.archive / delivery


def test_a_whole_archive_is_whole_with_and_without_the_key(home: Home, kaa: Kaa, key: Path) -> None:
    before = everything(home.path)
    listed = {row[0] for row in rows(home, "select delivery_id from delivery")}
    purged = {row[0] for row in rows(home, "select delivery_id from delivery where extract_date < '2018-01-01'")}
    assert len(purged) == 1 and len(listed) > 20
    for also in ((), ("--key", key)):
        said = kaa("archive", "verify", "--format", "csv", *also)
        assert said.exit_code == 0, said.err
        assert states(said) == dict.fromkeys(sorted(listed - purged), "whole")
        assert said.err == f"{len(listed) - 1} of {len(listed) - 1} archived deliveries are whole.\n"
    assert everything(home.path) == before


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda folder: _flip(folder / "kontakter.csv.zst.age"), "kontakter.csv.zst.age is damaged"),
        (lambda folder: (folder / "register.csv.zst.age").unlink(), "register.csv.zst.age is missing"),
        (lambda folder: (folder / RECORD).write_bytes(b"x"), "record.age is cut short"),
        (lambda folder: (folder / CHECKSUMS).write_text('{"files": 1}'), "checksums.json is torn"),
        (lambda folder: (folder / CHECKSUMS).write_text("{"), "checksums.json is torn"),
        (lambda folder: (folder / CHECKSUMS).unlink(), "archived before the archive kept checksums"),
        (shutil.rmtree, "is not in the archive"),
    ],
)
def test_what_is_not_whole_is_named_without_opening_it(home: Home, kaa: Kaa, harm, words: str) -> None:
    folder = an_accepted(home)
    harm(folder)
    said = kaa("archive", "verify", "--format", "csv")
    assert said.exit_code == 2
    assert [line for line in said.err.splitlines() if folder.name in line and words in line]
    assert said.err.count("\n") == 2  # one line for it, one for the sum
    assert [name for name, state in states(said).items() if state != "whole"] == [folder.name]


def test_the_key_finds_what_was_put_in_the_place_of_a_delivery(home: Home, kaa: Kaa, key: Path) -> None:
    folder = an_accepted(home)
    archive = Archive(home.archive, home.archive_public_key)
    archive.store(folder.name, "register.csv", b"another register")
    forged = {path.name: checksum(path.read_bytes()) for path in folder.glob("*.age")}
    archive.write_checksums(folder.name, Checksums(archive.key, forged))
    assert kaa("archive", "verify").exit_code == 0  # the list was replaced as well: only the key tells
    said = kaa("archive", "verify", "--key", key)
    assert said.exit_code == 2 and "register.csv.zst.age is not what the manifest says" in said.err
    other = next(one for one in home.archive.glob("[!.]*") if one != folder and (one / "register.csv.zst.age").exists())
    shutil.rmtree(folder)
    shutil.copytree(other, folder)
    assert kaa("archive", "verify").exit_code == 0
    said = kaa("archive", "verify", "--key", key)
    assert said.exit_code == 2 and "is another delivery than its name says" in said.err


def test_with_the_key_old_deliveries_get_their_checksums(home: Home, kaa: Kaa, key: Path) -> None:
    before = everything(home.archive)
    for path in home.archive.glob("*/checksums.json"):
        path.unlink()
    said = kaa("archive", "verify", "--format", "csv")
    assert said.exit_code == 2 and set(states(said).values()) == {
        "cannot be verified: archived before the archive kept checksums"
    }
    assert kaa("archive", "verify", "--key", key).exit_code == 0
    after = everything(home.archive)
    assert kaa("archive", "verify").exit_code == 0
    lists = {name for name in before if name.endswith(CHECKSUMS)}
    assert {name: json.loads(after[name]) for name in lists} == {name: json.loads(before[name]) for name in lists}


def test_what_a_killed_nightly_left_is_no_delivery_yet(home: Home, kaa: Kaa) -> None:
    shutil.copytree(an_accepted(home), home.archive / "0123456789abcdef")
    (home.archive / "0123456789abcdef" / "register.csv.zst.age").unlink()
    said = kaa("archive", "verify")
    assert said.exit_code == 0 and "0123456789abcdef" not in said.out + said.err


def test_a_backup_is_verified_and_never_written_to(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    shutil.copytree(home.archive, tmp_path / "backup")
    folder = tmp_path / "backup" / an_accepted(home).name
    (folder / CHECKSUMS).unlink()
    before = everything(tmp_path / "backup")
    for also in ((), ("--key", key)):
        said = kaa("archive", "verify", "--archive", tmp_path / "backup", *also)
        assert said.exit_code == 2 and folder.name in said.err
    assert everything(tmp_path / "backup") == before


def test_a_wrong_key_and_no_key_are_told(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    (tmp_path / "no.key").write_text("nothing")
    said = kaa("archive", "verify", "--key", tmp_path / "no.key")
    assert (said.exit_code, said.out, said.err.count("\n")) == (64, "", 1) and "is no private key" in said.err
    (tmp_path / "other.key").write_text(str(pyrage.x25519.Identity.generate()))
    said = kaa("archive", "verify", "--key", tmp_path / "other.key")
    assert said.exit_code == 2 and "cannot be opened with this key" in said.err
    assert open_archived(an_accepted(home) / RECORD, key.read_text().strip())
