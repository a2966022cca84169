"""`kaa lake` as its users run it: keys are exchanged, a part is exported and checked; whatever is wrong is told in a sentence."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines.lake.layout import MANIFEST, part_folder, read_lake
from pipelines.lake.part_files import locked
from pipelines.state.home import Home
from pipelines.state.keys import ARCHIVE_PRIVATE, ARCHIVE_PUBLIC, make_archive_keys
from tests.cli.conftest import Kaa, Said
from tests.faults import plain_nightly
from tests.lake.conftest import ANNA, BO, BO_EARLIER, CILLA
from tests.model.world import Extract


@pytest.fixture
def sealed(kaa: Kaa, home: Home, tmp_path: Path) -> Path:
    """The recipient's key, sealed to the home."""
    assert kaa("lake", "new-key", "--out", tmp_path / "recipient.key").exit_code == 0
    public = home.keys / ARCHIVE_PUBLIC
    said = kaa(
        "lake", "seal-key", "--key", tmp_path / "recipient.key", "--to", public, "--out", tmp_path / "sealed.key"
    )
    assert (said.exit_code, said.out) == (0, "")
    return tmp_path / "sealed.key"


def _export(kaa: Kaa, out: Path, sealed: Path, key: Path) -> Said:
    said = kaa("lake", "export", "--out", out, "--recipient-key", sealed, "--key", key)
    for number in (ANNA, BO, BO_EARLIER, CILLA):
        assert number not in said.out + said.err
    return said


def _one_sentence(said: Said, code: int, words: str) -> None:
    assert (said.exit_code, said.err.count("\n"), said.out) == (code, 1, ""), said
    assert words in said.err, said.err


def _checked(kaa: Kaa, lake: Path) -> tuple[Said, list[dict[str, Any]]]:
    said = kaa("lake", "check", lake, "--format", "json")
    return said, json.loads(said.out)


def test_a_part_is_exported_and_checked(kaa: Kaa, home: Home, sealed: Path, key: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    said = _export(kaa, lake, sealed, key)
    assert (said.exit_code, said.out) == (0, "")
    assert "2 persons" in said.err and "1 archived files were opened" in said.err
    assert "1 persons with a protected identity are not in it" in said.err
    checked, [row] = _checked(kaa, lake)
    assert (checked.exit_code, checked.err) == (0, "")
    part = read_lake(lake).parts["0180"]
    assert row == {
        "municipality": "0180", "name": home.municipality.title, "first_extract": "2023-05-01", "last_extract": "2023-05-02",
        "extracts": 2, "rows": part.rows, "files": len(list(lake.rglob("*.parquet"))), "unlinked": 0,
        "exported_on": part.exported_on.isoformat(), "recipient": part.recipient,
    }  # fmt: skip
    again = _export(kaa, lake, sealed, key)
    assert f"0 files were written, {row['files']} stayed as they were" in again.err


def test_what_is_wrong_with_a_lake_is_named(kaa: Kaa, home: Home, sealed: Path, key: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    _export(kaa, lake, sealed, key)
    part = read_lake(lake).parts["0180"]
    part.paths("history.number")[0].unlink()
    extract = part.paths("history.extract")[0]
    extract.write_bytes(extract.read_bytes()[:-1])
    said, [row] = _checked(kaa, lake)
    assert said.exit_code == 1
    assert (row["first_extract"], row["rows"]) == (None, part.rows)
    missing, changed = sorted(said.err.splitlines(), key=lambda line: "is not what" in line)
    assert "is missing" in missing and "is not what was exported" in changed and home.municipality.title in changed
    manifest = part.folder / MANIFEST
    whole = manifest.read_text()
    for written in (whole[:100], whole.replace("history.number", "history.number; drop table"),
                    whole.replace("dataset=number/", "../../../")):  # fmt: skip
        manifest.write_text(written)
        said = kaa("lake", "check", lake)
        assert said.exit_code == 1 and said.err.count("\n") == 1 and "fetch the municipality's part again" in said.err
    _one_sentence(kaa("lake", "check", tmp_path / "nothing"), 64, "There is no lake")
    _one_sentence(kaa("lake", "check", home.path), 64, "holds no lake")


def test_what_an_export_that_was_cut_off_has_left_is_no_fault_and_is_said(
    kaa: Kaa, home: Home, sealed: Path, key: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    _export(kaa, lake, sealed, key)
    left = part_folder(lake, "0180") / "dataset=ber_register" / f"{'0' * 64}.parquet"
    left.write_bytes(b"")
    said = _checked(kaa, lake)[0]
    assert said.exit_code == 0 and "holds 1 files that its manifest does not name" in said.err
    assert "1 older ones were removed" in _export(kaa, lake, sealed, key).err
    assert not left.exists()


def test_an_earlier_export_stands_where_the_next_one_cannot_be_made(
    kaa: Kaa, home: Home, sealed: Path, key: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    _export(kaa, lake, sealed, key)
    for folder in home.archive.glob("[!.]*"):
        for path in folder.glob("*.csv.zst.age"):
            path.write_bytes(path.read_bytes()[:-5])
    _one_sentence(_export(kaa, lake, sealed, key), 64, "cannot be opened")
    assert _checked(kaa, lake)[0].exit_code == 0


def test_whatever_does_not_fit_is_told_before_anything_is_written(
    kaa: Kaa, home: Home, sealed: Path, key: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    other = tmp_path / "other"
    other.mkdir()
    make_archive_keys(other)
    _one_sentence(_export(kaa, lake, sealed, other / ARCHIVE_PRIVATE), 64, "have the key sealed again")
    _one_sentence(_export(kaa, lake, tmp_path / "recipient.key", key), 64, "cannot be opened with this private key")
    _one_sentence(_export(kaa, lake, tmp_path / "none", key), 64, "The recipient's key cannot be read")
    _one_sentence(_export(kaa, lake, sealed, sealed), 64, "is no private key")
    for inside in (home.path, home.path / "reports", home.archive / "lake", home.drop / "lake", home.keys / "lake"):
        _one_sentence(_export(kaa, inside, sealed, key), 64, "choose a folder outside KAA_HOME and the drop folder")
    (tmp_path / "file").touch()
    _one_sentence(_export(kaa, tmp_path / "file", sealed, key), 64, "is not a folder")
    (home.keys / "pseudonym.key").write_text(f"{bytes(32).hex()}\n")
    _one_sentence(_export(kaa, lake, sealed, key), 64, "was made with another pseudonym key")
    assert not lake.exists()


def test_a_lake_holds_parts_of_one_key(kaa: Kaa, home: Home, sealed: Path, key: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    _export(kaa, lake, sealed, key)
    kaa("lake", "new-key", "--out", tmp_path / "second.key")
    second = tmp_path / "second.sealed"
    kaa("lake", "seal-key", "--key", tmp_path / "second.key", "--to", home.keys / ARCHIVE_PUBLIC, "--out", second)
    # The only part may be made anew with another key, and then one of the first key beside another municipality's is refused.
    assert _export(kaa, lake, second, key).exit_code == 0
    assert _checked(kaa, lake)[0].exit_code == 0
    shutil.move(part_folder(lake, "0180"), part_folder(lake, "0182"))
    manifest = part_folder(lake, "0182") / MANIFEST
    manifest.write_text(manifest.read_text().replace('"code": "0180"', '"code": "0182"', 1))
    _one_sentence(_export(kaa, lake, sealed, key), 64, "another recipient's key")
    assert _export(kaa, lake, second, key).exit_code == 0


def test_while_another_exports_there_is_a_sentence(
    kaa: Kaa, home: Home, sealed: Path, key: Path, tmp_path: Path
) -> None:
    with locked(part_folder(tmp_path / "lake", "0180")):
        _one_sentence(_export(kaa, tmp_path / "lake", sealed, key), 1, "Another kaa lake export")


def test_a_nightly_may_run_meanwhile(
    kaa: Kaa, home: Home, sealed: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.lake import export as module

    translate = module.translate

    def after_a_night(*arguments: Any) -> Any:
        Extract("ber", "2023-05-03").registered(ANNA).write(home.drop)
        plain_nightly.nightly(home)
        return translate(*arguments)

    monkeypatch.setattr(module, "translate", after_a_night)
    assert _export(kaa, tmp_path / "lake", sealed, key).exit_code == 0
    monkeypatch.undo()
    monkeypatch.setenv("KAA_HOME", str(home.path))
    assert [row["last_extract"] for row in _checked(kaa, tmp_path / "lake")[1]] == ["2023-05-02"]
    _export(kaa, tmp_path / "lake", sealed, key)
    assert [row["last_extract"] for row in _checked(kaa, tmp_path / "lake")[1]] == ["2023-05-03"]
