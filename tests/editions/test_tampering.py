"""Whatever is changed in an exported edition is found, and its file named."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.audit.editions.folder import EDITION, SIGNATURE, SUMS, Folder, faults, read_folder
from pipelines.audit.editions.signers import Signer, now, read_signers
from tests.editions.conftest import Made

pytestmark = pytest.mark.long


@pytest.fixture(params=["internal", "public"])
def folder(request: pytest.FixtureRequest, made: Made) -> Path:
    return made.internal if request.param == "internal" else made.public


def _changed(content: bytes, step: int = 1) -> Iterator[bytes]:
    """The content with one byte changed, at every place, or at every so many."""
    for place in range(0, len(content), step):
        yield content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def _named(folder: Folder, signers: list[Signer]) -> set[str]:
    return {fault.file for fault in faults(folder, signers, now())}


def test_an_edition_as_it_was_exported_has_no_fault(folder: Path, made: Made) -> None:
    assert faults(read_folder(folder), read_signers(made.signers), now()) == []


def test_every_byte_of_what_proves_it(made: Made) -> None:
    whole, signers = read_folder(made.internal), read_signers(made.signers)
    assert whole.edition and whole.sums and len(whole.signatures) == 2
    for content in _changed(whole.edition):
        assert EDITION in _named(replace(whole, edition=content), signers), content
    for content in _changed(whole.sums, step=5):
        assert SUMS in _named(replace(whole, sums=content), signers), content
    for name, signature in whole.signatures.items():
        for content in _changed(signature):
            changed = replace(whole, signatures={**whole.signatures, name: content})
            assert name in _named(changed, signers), content


def test_a_byte_of_every_file_at_several_places(folder: Path, made: Made, tmp_path: Path) -> None:
    copy, signers = tmp_path / "copy", read_signers(made.signers)
    shutil.copytree(folder, copy)
    files = [path for path in copy.rglob("*") if path.is_file()]
    assert len(files) > 40
    for path in files:
        before = path.read_bytes()
        for place in {0, len(before) // 3, len(before) - 1}:
            path.write_bytes(before[:place] + bytes([before[place] ^ 0x20]) + before[place + 1 :])
            assert path.relative_to(copy).as_posix() in _named(read_folder(copy), signers), (path, place)
        path.write_bytes(before)
    assert _named(read_folder(copy), signers) == set()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text + b"\n",
        lambda text: text[:-1],
        lambda text: b" " + text,
        lambda text: text.replace(b"\n", b"\n\n", 2),
        lambda text: b"",
    ],
)
def test_another_form_of_the_same_is_refused(made: Made, change: Callable[[bytes], bytes]) -> None:
    """``ssh-keygen`` and ``sha256sum`` would take several of these."""
    whole, signers = read_folder(made.internal), read_signers(made.signers)
    assert whole.edition and whole.sums
    assert EDITION in _named(replace(whole, edition=change(whole.edition)), signers)
    assert SUMS in _named(replace(whole, sums=change(whole.sums)), signers)
    for name, content in whole.signatures.items():
        assert name in _named(replace(whole, signatures={**whole.signatures, name: change(content)}), signers)


def test_spare_bits_of_a_signature_are_a_change(made: Made) -> None:
    """The last sign before the padding holds bits that no decoder looks at."""
    whole, signers = read_folder(made.internal), read_signers(made.signers)
    name = f"{SIGNATURE}anna"
    text = whole.signatures[name].decode()
    place = text.index("=") - 1
    others = {
        text[:place] + sign + text[place + 1 :]
        for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    } - {text}
    for other in others:
        assert name in _named(replace(whole, signatures={**whole.signatures, name: other.encode()}), signers)


def test_files_too_many_and_missing_and_links(ready: Made) -> None:
    folder, signers = ready.internal, read_signers(ready.signers)
    (folder / "report" / "mer.txt").write_text("mer")
    assert _named(read_folder(folder), signers) == {"report/mer.txt"}
    (folder / "report" / "mer.txt").unlink()
    (folder / "extra").symlink_to(folder / "report")
    assert _named(read_folder(folder), signers) == {"extra"}
    (folder / "extra").unlink()
    for name in ("figures.csv", "report/index.html", "LÄS MIG.txt", SUMS, EDITION):
        aside = folder.parent / "aside"
        os.replace(folder / name, aside)
        assert name in _named(read_folder(folder), signers), name
        os.replace(aside, folder / name)
    (folder / f"{SIGNATURE}cilla").write_bytes((folder / f"{SIGNATURE}bo").read_bytes())
    assert f"{SIGNATURE}cilla" in _named(read_folder(folder), signers)
    (folder / f"{SIGNATURE}cilla").unlink()
    (folder / f"{SIGNATURE}bo").unlink()
    assert _named(read_folder(folder), signers) == {f"{SIGNATURE}*"}
    (folder / f"{SIGNATURE}anna").unlink()
    assert f"{SIGNATURE}anna" in _named(read_folder(folder), signers)


def test_one_persons_signature_under_two_names(ready: Made) -> None:
    """Nobody is two signers, also where the list of signers says so."""
    folder, key = ready.internal, next(one for one in read_signers(ready.signers) if one.name == "anna")
    (folder / f"{SIGNATURE}bo").unlink()
    (folder / f"{SIGNATURE}dan").write_bytes((folder / f"{SIGNATURE}anna").read_bytes())
    found = faults(read_folder(folder), [key, replace(key, name="dan")], now())
    assert [fault.sentence for fault in found] == ["are both made with one key"]
