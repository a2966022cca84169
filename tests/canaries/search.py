"""Looks for marks in all that a folder holds: in names, in bytes as they are, and in what is packed or stored by columns.

A mark is a text of ASCII letters and digits. It is found whatever signs that are neither stand between its signs, whatever script
its digits are of, and in UTF-16 too. What is looked for is said in ``world``, that nothing is found in the tests.
"""

import gzip
import io
import re
import sqlite3
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

import duckdb
import polars as pl
from pypdf import PdfReader

#: Encrypted, or secret by themselves: their names are read, their bytes are not.
_SEALED = ("archive", "keys")
_NEITHER_LETTER_NOR_DIGIT = bytes(code for code in range(256) if not (chr(code).isascii() and chr(code).isalnum()))
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_DIGITS = 10


def search(folder: Path, marks: Mapping[str, str]) -> set[tuple[str, str]]:
    """Where marks are found below a folder: the mark's name, and the file, table or member of a packed file."""
    return {(name, where) for where, content in _everything(folder) for name in found_in(content, marks)}


def found_in(content: bytes, marks: Mapping[str, str]) -> set[str]:
    """The names of the marks that stand in some bytes."""
    compact = _compact(content)
    numbers = {mark: name for name, mark in marks.items() if mark.isdecimal()}
    runs = re.findall(rb"[0-9]{%d,}" % _DIGITS, compact) if numbers else []
    windows = {run[place : place + _DIGITS].decode() for run in runs for place in range(len(run) - _DIGITS + 1)}
    texts = {name: _compact(mark.encode()) for name, mark in marks.items() if not mark.isdecimal()}
    return {numbers[mark] for mark in numbers.keys() & windows} | {
        name for name, mark in texts.items() if mark in compact
    }


def _compact(content: bytes) -> bytes:
    """The letters and digits of it, digits of every script as 0-9."""
    if not content.isascii():
        text = content.decode(errors="ignore")
        if _FOREIGN_DIGIT.search(text):
            content = _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text).encode(errors="ignore")
    return content.translate(None, _NEITHER_LETTER_NOR_DIGIT)


def _everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        yield f"name {name}", name.encode(errors="surrogateescape")
        if path.is_file() and path.relative_to(folder).parts[0] not in _SEALED:
            content = path.read_bytes()
            yield name, content
            yield from _unpacked(name, content)
            yield from _stored(name, path, content)


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """What is packed inside, at any depth."""
    inner: list[tuple[str, bytes]] = []
    if content.startswith(b"\x1f\x8b"):
        inner.append((f"{name} unpacked", gzip.decompress(content)))
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inner += [(f"{name} {member}", archive.read(member)) for member in archive.namelist()]
    elif content.startswith(b"%PDF"):
        reader = PdfReader(io.BytesIO(content))  # what its fonts make of it: in the file letters are numbers
        inner.append((f"{name} text", "\n".join(page.extract_text() for page in reader.pages).encode()))
        for place, stream in enumerate(re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)):
            with suppress(zlib.error):
                inner.append((f"{name} stream {place}", zlib.decompress(stream)))
    elif content.startswith(b"PAR1"):
        inner.append((name, pl.read_parquet(io.BytesIO(content)).write_json().encode()))
    for where, part in inner:
        yield where, part
        yield from _unpacked(where, part)


def _stored(name: str, path: Path, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Every value of every table of a database, which may pack what it stores. A view holds nothing of its own."""
    if content[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                rows = connection.execute(f'select distinct t::varchar from "{schema}"."{table}" t').fetchall()
                yield f"{name} {schema}.{table}", "\n".join(row[0] for row in rows if row[0]).encode()
    elif content.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
            for (table,) in tables:
                rows = connection.execute(f'select * from "{table}"').fetchall()
                yield f"{name} {table}", "\n".join(map(repr, rows)).encode()
