"""What `kaa edition verify` says of the chain, of the history as it stands now, and on another machine."""

import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.editions import verify
from pipelines.audit.editions.folder import (
    EDITION,
    FIGURES,
    REPORT_DATA,
    SIGNATURE,
    SUMS,
    read_edition,
    read_folder,
    sums,
)
from pipelines.audit.editions.signatures import sign
from pipelines.state.home import open_home
from tests.cli.conftest import Kaa
from tests.editions.conftest import INTERNAL, PUBLIC, Made, new_key


def _signed_again(made: Made, folder: Path, **changes: object) -> None:
    """Sign a folder as it is now, with these fields of edition.json changed: both signers are in league."""
    edition = read_edition((folder / EDITION).read_bytes())
    assert edition is not None
    own = (EDITION, SUMS)
    files = {name: found for name, found in read_folder(folder).hashes.items() if name not in own}
    written = edition.model_copy(update={"files": files, **changes}).written
    (folder / EDITION).write_bytes(written)
    (folder / SUMS).write_bytes(sums(files, written))
    for name in ("anna", "bo"):
        (folder / f"{SIGNATURE}{name}").write_bytes(sign(written, made.keys / name))


@pytest.fixture
def elsewhere(ready: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another machine: no KAA_HOME, the list of signers."""
    monkeypatch.setenv("KAA_HOME", str(tmp_path / "nothing"))
    return Path(shutil.copy(ready.signers, tmp_path / "allowed_signers"))


# --- the chain ------------------------------------------------------------------------------------------------------------


def test_the_chain_is_followed_to_the_first(ready: Made, kaa: Kaa) -> None:
    said = kaa("edition", "verify", PUBLIC)
    assert said.exit_code == 0 and said.out == ""
    assert f"back over 1 editions to {INTERNAL}, the first of all" in said.err


def test_the_chain_is_followed_as_far_as_the_editions_are_there(
    made: Made, elsewhere: Path, kaa: Kaa, tmp_path: Path
) -> None:
    alone = tmp_path / "alone" / "public"
    shutil.copytree(made.public, alone)
    said = kaa("edition", "verify", alone, "--signers", elsewhere)
    assert said.exit_code == 0 and f"{INTERNAL}, which it follows, is not here" in said.err
    assert "were not computed again" in said.err
    shutil.copytree(made.internal, tmp_path / "alone" / "whatever")
    assert "the first" in kaa("edition", "verify", alone, "--signers", elsewhere).err


def test_another_edition_in_the_place_of_the_one_before_is_found(ready: Made, kaa: Kaa) -> None:
    _signed_again(ready, ready.home / "editions" / INTERNAL, label="Något annat")
    said = kaa("edition", "verify", PUBLIC)
    assert said.exit_code == 2 and said.out == f"{INTERNAL}/{EDITION}: is not the one that {PUBLIC} follows.\n"


@pytest.mark.parametrize("more", [b" ", b"{"])
def test_an_edition_before_that_is_damaged_is_found(ready: Made, kaa: Kaa, more: bytes) -> None:
    path = ready.home / "editions" / INTERNAL / EDITION
    path.write_bytes(path.read_bytes() + more)
    said = kaa("edition", "verify", PUBLIC)
    assert said.exit_code == 2 and said.out == f"{INTERNAL}/{EDITION}: is not the one that {PUBLIC} follows.\n"


def test_an_edition_before_that_nobody_has_approved_is_found(ready: Made, kaa: Kaa) -> None:
    (ready.home / "editions" / INTERNAL / f"{SIGNATURE}bo").unlink()
    said = kaa("edition", "verify", PUBLIC)
    assert said.exit_code == 2 and said.out.startswith(f"{INTERNAL}/{SIGNATURE}*: are 1 signatures")


# --- the report and the history -------------------------------------------------------------------------------------------


def test_figures_that_are_not_the_report_s_are_found_though_they_are_signed(
    ready: Made, elsewhere: Path, kaa: Kaa
) -> None:
    figures = ready.internal / FIGURES
    figures.write_bytes(figures.read_bytes().replace(b",1\n", b",2\n", 1))
    _signed_again(ready, ready.internal)
    said = kaa("edition", "verify", ready.internal, "--signers", elsewhere)
    assert (said.exit_code, said.out) == (
        2,
        f"{FIGURES}: does not hold the numbers of the report's data file {REPORT_DATA}.\n",
    )


def test_numbers_that_the_history_does_not_give_are_found_though_they_are_signed(ready: Made, kaa: Kaa) -> None:
    for name in (FIGURES, REPORT_DATA):
        path = ready.internal / name
        path.write_bytes(path.read_bytes().replace(b"contacts,answered,verksamhetsar-2023,*,*,*,*,*,1\n", b""))
    _signed_again(ready, ready.internal)
    said = kaa("edition", "verify", ready.internal)
    assert said.exit_code == 2
    assert (
        "contacts/answered/verksamhetsar-2023/*/*/*/*/* is 0 in the edition and 1 now, and no recorded change"
        in said.out
    )


def test_every_cell_that_has_changed_is_named_and_a_recorded_change_explains_it(
    ready: Made, kaa: Kaa, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = open_home().current()
    assert version is not None
    with duckdb.connect(str(version.history)) as connection:
        connection.execute("delete from ber_kontakter")
    monkeypatch.setattr(verify, "reasons", lambda *asked: {})
    said = kaa("edition", "verify", INTERNAL)
    assert said.exit_code == 2 and said.out.count("\n") > 10
    assert "contacts/answered/verksamhetsar-2023/*/*/*/*/* is 1 in the edition and 0 now" in said.out
    monkeypatch.setattr(verify, "reasons", lambda *asked: {one.key: "revision" for one in asked[-1]})
    explained = kaa("edition", "verify", INTERNAL)
    assert explained.exit_code == 0 and "is 1 in the edition and 0 now: revision." in explained.err
    hidden = kaa("edition", "verify", PUBLIC)  # what the public does not see is not told by comparing
    assert hidden.exit_code == 0 and ".." not in hidden.out + hidden.err


def test_a_restore_leaves_editions_alone_and_they_stay_proved(
    ready: Made, kaa: Kaa, plain_restore: None, tmp_path: Path
) -> None:
    key = Path(shutil.move(ready.home / "keys" / "archive.private", tmp_path / "archive.private"))
    before = {name: read_folder(ready.home / "editions" / name) for name in (INTERNAL, PUBLIC)}
    signers = ready.signers.read_bytes()
    shutil.rmtree(ready.home / "published")
    said = kaa("restore", "--key", key)
    assert said.exit_code == 0, said.err
    assert {name: read_folder(ready.home / "editions" / name) for name in before} == before
    assert ready.signers.read_bytes() == signers
    said = kaa("edition", "verify", PUBLIC)
    assert said.exit_code == 0 and "0 cells are others" in said.err


# --- another machine ------------------------------------------------------------------------------------------------------


def test_without_signers_there_is_no_proof(ready: Made, elsewhere: Path, kaa: Kaa, tmp_path: Path) -> None:
    said = kaa("edition", "verify", ready.internal)
    assert said.exit_code == 64 and "--signers" in said.err and said.err.count("\n") == 1
    assert kaa("edition", "verify", tmp_path / "no such", "--signers", elsewhere).exit_code == 64
    assert kaa("edition", "verify", "verksamhetsar-2023.7", "--signers", elsewhere).exit_code == 64
    assert kaa("edition", "verify", ready.internal, "--signers", elsewhere).exit_code == 0


@pytest.mark.parametrize(
    ("written", "exit_code"),
    [
        ("{anna}\n{bo}\n", 0),
        ("# two of us\n\n{anna}  anna@stockholm\n{bo} bo\nssh-rsa AAAA\n", 0),
        ('{anna_name} namespaces="file,kaa-*" {anna_key}\n{bo}\n', 0),
        ("anna,bosse {anna_key}\nb* {bo_key}\n", 0),
        ('{anna_name} valid-after="20200101",valid-before="20991231235959Z" {anna_key}\n{bo}\n', 0),
        ('{anna_name} namespaces="git" {anna_key}\n{bo}\n', 2),
        ('{anna_name} valid-before="20200101" {anna_key}\n{bo}\n', 2),
        ('{anna_name} valid-after="20990101" {anna_key}\n{bo}\n', 2),
        ("{anna_name} cert-authority {anna_key}\n{bo}\n", 2),
        ("anna {bo_key}\nbo {anna_key}\n", 2),
        ("{bo}\n", 2),
        ("", 2),
        ('{anna_name} valid-before="soon" {anna_key}\n', 64),
    ],
)
def test_a_list_of_signers_from_elsewhere(made: Made, elsewhere: Path, kaa: Kaa, written: str, exit_code: int) -> None:
    keys = {name: " ".join((made.keys / f"{name}.pub").read_text().split()[:2]) for name in ("anna", "bo")}
    words = {"anna": f"anna {keys['anna']}", "bo": f"bo {keys['bo']}", "anna_name": "anna"}
    elsewhere.write_text(written.format(**words, anna_key=keys["anna"], bo_key=keys["bo"]))
    assert kaa("edition", "verify", made.internal, "--signers", elsewhere).exit_code == exit_code


def test_a_strangers_signature_proves_nothing(ready: Made, elsewhere: Path, kaa: Kaa, tmp_path: Path) -> None:
    new_key(tmp_path / "stranger")
    signature = sign((ready.internal / EDITION).read_bytes(), tmp_path / "stranger")
    (ready.internal / f"{SIGNATURE}bo").write_bytes(signature)
    said = kaa("edition", "verify", ready.internal, "--signers", elsewhere)
    assert (
        said.exit_code == 2
        and said.out == f"{SIGNATURE}bo: is made with a key that is not bo's in the list of signers.\n"
    )
