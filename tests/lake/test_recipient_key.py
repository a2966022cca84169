"""The recipient's key reaches a municipality sealed, and whatever is given in its place is told in one sentence."""

import stat
from pathlib import Path

import pyrage
import pytest

from pipelines.lake.recipient_key import fingerprint, new_key, open_key, read_key, seal_key
from pipelines.runtime.errors import UsageError
from pipelines.state.keys import ARCHIVE_PRIVATE, ARCHIVE_PUBLIC, make_archive_keys, pseudonym_fingerprint


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A municipality's folder of archive keys."""
    folder = tmp_path / "keys"
    folder.mkdir()
    make_archive_keys(folder)
    return folder


def _private(folder: Path) -> str:
    return (folder / ARCHIVE_PRIVATE).read_text().strip()


def test_what_the_recipient_made_is_what_the_municipality_has(archive: Path, tmp_path: Path) -> None:
    key = new_key(tmp_path / "key")
    assert len(key) == 32 and read_key(tmp_path / "key") == key
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    seal_key(key, archive / ARCHIVE_PUBLIC, tmp_path / "sealed")
    assert (
        key.hex().encode() not in (tmp_path / "sealed").read_bytes() and key not in (tmp_path / "sealed").read_bytes()
    )
    assert open_key(tmp_path / "sealed", _private(archive)) == key
    assert new_key(tmp_path / "another") != key


def test_a_fingerprint_tells_keys_apart_and_is_no_other_fingerprint() -> None:
    keys = [bytes(32), bytes(range(32))]
    assert len({fingerprint(key) for key in keys} | {pseudonym_fingerprint(key) for key in keys}) == 4


def test_no_key_is_replaced(archive: Path, tmp_path: Path) -> None:
    key = new_key(tmp_path / "key")
    with pytest.raises(UsageError, match="exists already"):
        new_key(tmp_path / "key")
    with pytest.raises(UsageError, match="exists already"):
        seal_key(key, archive / ARCHIVE_PUBLIC, tmp_path / "key")
    assert read_key(tmp_path / "key") == key


def test_whatever_is_no_key_is_told(archive: Path, tmp_path: Path) -> None:
    own = tmp_path / "pseudonym.key"
    own.write_text(f"{bytes(32).hex()}\n")
    for wrong in (own, archive / ARCHIVE_PRIVATE, tmp_path / "none", tmp_path):
        with pytest.raises(UsageError, match=r"no recipient's key|cannot be read"):
            read_key(wrong)
    new_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(UsageError, match="chmod 600"):
        read_key(tmp_path / "key")


def test_it_is_sealed_to_a_public_key_alone(archive: Path, tmp_path: Path) -> None:
    for wrong in (archive / ARCHIVE_PRIVATE, tmp_path / "none", tmp_path):
        with pytest.raises(UsageError, match=r"is no archive\.public"):
            seal_key(bytes(32), wrong, tmp_path / "sealed")
    with pytest.raises(UsageError, match="cannot be written"):
        seal_key(bytes(32), archive / ARCHIVE_PUBLIC, tmp_path / "none" / "sealed")
    assert not (tmp_path / "sealed").exists()


def test_only_whom_it_is_sealed_to_can_open_it_and_only_a_key_is_taken(archive: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    make_archive_keys(other)
    seal_key(bytes(32), archive / ARCHIVE_PUBLIC, tmp_path / "sealed")
    with pytest.raises(UsageError, match="have the key sealed again"):
        open_key(tmp_path / "sealed", _private(other))
    cut = tmp_path / "cut"
    cut.write_bytes((tmp_path / "sealed").read_bytes()[:-10])
    unsealed = tmp_path / "unsealed"
    new_key(unsealed)
    for wrong in (cut, unsealed):
        with pytest.raises(UsageError, match="cannot be opened"):
            open_key(wrong, _private(archive))
    with pytest.raises(UsageError, match="cannot be read"):
        open_key(tmp_path / "none", _private(archive))
    something = tmp_path / "something"
    recipient = pyrage.x25519.Recipient.from_str((archive / ARCHIVE_PUBLIC).read_text().strip())
    something.write_bytes(pyrage.encrypt(bytes(32).hex().encode(), [recipient]))
    with pytest.raises(UsageError, match="holds no recipient's key"):
        open_key(something, _private(archive))
