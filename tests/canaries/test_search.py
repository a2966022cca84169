"""The search finds a mark wherever and however it is stored: else it would prove nothing."""

import gzip
import io
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest
from pypdf import PdfWriter
from pypdf.generic import StreamObject

from tests.canaries.search import search
from tests.canaries.spellings import SPELLINGS

NUMBER = "200503042181"
MARKS = {"number": NUMBER[2:], "value": "utanforkontraktet007"}
TEXT = f"Vem är 20050304-2181? {MARKS['value']}"


def _zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", content)
    return file.getvalue()


def _pdf() -> bytes:
    """With the text in what its pages hold besides what they show."""
    file = io.BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    stream = StreamObject()
    stream.set_data(TEXT.encode())
    writer._add_object(stream.flate_encode())
    writer.write(file)
    return file.getvalue()


def _duckdb(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create schema other; create table other.kept as select [?] as texts from range(5000)", [TEXT]
        )


def _sqlite(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table event (body text)")
        connection.execute("insert into event values (?)", [TEXT])


def _parquet(path: Path) -> None:
    pl.DataFrame({"texts": [TEXT] * 5000}).write_parquet(path)


WAYS: dict[str, Callable[[Path], object]] = {
    "plain": lambda path: path.write_text(TEXT),
    "in the middle of bytes": lambda path: path.write_bytes(b"\xff\0" * 99 + TEXT.encode() + b"\xfe" * 99),
    "utf-16": lambda path: path.write_text(TEXT, encoding="utf-16"),
    "latin-1": lambda path: path.write_text(TEXT, encoding="iso-8859-1"),
    "gzip": lambda path: path.write_bytes(gzip.compress(TEXT.encode())),
    "zip": lambda path: path.write_bytes(_zipped(TEXT.encode())),
    "gzip in a zip": lambda path: path.write_bytes(_zipped(gzip.compress(TEXT.encode()))),
    "pdf": lambda path: path.write_bytes(_pdf()),
    "duckdb": _duckdb,
    "sqlite": _sqlite,
    "parquet": _parquet,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_mark_is_found_however_it_is_stored(tmp_path: Path, way: str) -> None:
    (tmp_path / "logs").mkdir()
    WAYS[way](tmp_path / "logs" / "file")
    assert {name for name, _ in search(tmp_path, MARKS)} == set(MARKS)


def test_a_number_is_found_however_it_is_written(tmp_path: Path) -> None:
    for place, (spelling, write) in enumerate(SPELLINGS.items()):
        (tmp_path / str(place)).write_text(f"är {write(NUMBER[:8], NUMBER[8:])}.", encoding="utf-8")
        assert search(tmp_path, MARKS) == {("number", str(place))}, spelling
        (tmp_path / str(place)).unlink()


def test_a_mark_is_found_in_a_name_that_of_a_sealed_file_too(tmp_path: Path) -> None:
    (tmp_path / "archive" / TEXT.replace("?", "")).mkdir(parents=True)
    assert {name for name, _ in search(tmp_path, MARKS)} == set(MARKS)


def test_what_is_sealed_is_not_read_and_what_is_another_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "sealed").write_text(TEXT)
    (tmp_path / "other").write_text("20050304-2182 utanforkontraktet008 050304 x 2181")
    assert search(tmp_path, MARKS) == set()
