"""A delivery comes into the archive in one step, whole; what stood there before is replaced file by file."""

from pathlib import Path

import pyrage

from pipelines.delivery.archive import RECORD, Archive, Received, archived_name, open_archived
from pipelines.delivery.archive_checksums import CHECKSUMS, archive_faults

DELIVERY = "0123456789abcdef"


def _archive(folder: Path) -> tuple[Archive, str]:
    key = pyrage.x25519.Identity.generate()
    return Archive(folder, str(key.to_public())), str(key)


def test_nothing_of_a_delivery_is_there_until_all_of_it_is(tmp_path: Path) -> None:
    archive, private = _archive(tmp_path)
    archive.store_record(DELIVERY, Received("ber/natt"))
    archive.store(DELIVERY, "register.csv", b"a;b\n" * 9)
    assert not archive.holds(DELIVERY) and not (tmp_path / DELIVERY).exists()
    archive.sign_off(DELIVERY)
    assert archive.holds(DELIVERY)
    kept = {path.name for path in (tmp_path / DELIVERY).iterdir()}
    assert kept == {RECORD, archived_name("register.csv"), CHECKSUMS}
    assert archive_faults(tmp_path / DELIVERY) == []
    assert open_archived(tmp_path / DELIVERY / archived_name("register.csv"), private) == b"a;b\n" * 9


def test_what_a_killed_nightly_had_begun_is_not_taken_for_part_of_a_delivery(tmp_path: Path) -> None:
    archive, _ = _archive(tmp_path)
    archive.store_record(DELIVERY, Received("ber/natt"))
    archive.store(DELIVERY, "another.csv", b"x")
    again, _ = _archive(tmp_path)
    again.store_record(DELIVERY, Received("ber/natt"))
    again.sign_off(DELIVERY)
    assert {path.name for path in (tmp_path / DELIVERY).iterdir()} == {RECORD, CHECKSUMS}


def test_a_delivery_that_is_left_alone_before_it_is_whole_leaves_nothing(tmp_path: Path) -> None:
    archive, _ = _archive(tmp_path)
    archive.store_record(DELIVERY, Received("ber/natt"))
    archive.forget(DELIVERY)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_of_a_delivery_that_is_there_is_replaced_by_itself(tmp_path: Path) -> None:
    archive, private = _archive(tmp_path)
    for content in (b"first", b"second"):
        archive.store_record(DELIVERY, Received("ber/natt"))
        archive.store(DELIVERY, "register.csv", content)
        archive.sign_off(DELIVERY)
        assert open_archived(tmp_path / DELIVERY / archived_name("register.csv"), private) == content
        assert archive_faults(tmp_path / DELIVERY) == []
