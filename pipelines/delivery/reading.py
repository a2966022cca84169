"""Takes a delivered file apart into records, or says why that cannot be done (deliveries.md sections 1 and 2).

The bytes are read once: what is hashed is what is archived and what is loaded, even when the file changes meanwhile.
What the values mean does not belong here (``rows``).
"""

import gzip
import hashlib
import io
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.contract import Dataset
from pipelines.delivery.faults import Fault
from pipelines.delivery.manifest import ManifestFile

#: The blanks that are trimmed around every value, inside quotes too.
BLANKS = " \t\r\n"

_FIELD = re.compile(r'[ \t\r\n]*"((?:[^"]|"")*)"[ \t\r\n]*(?=;|\Z)|([^";]*)(?=;|\Z)')

#: Unpacked size at which a gzipped file is taken for an attack rather than an extract.
MAX_UNPACKED = 4 * 1024**3


@dataclass
class FileRecords:
    """The data records of one file.

    ``header``: trimmed column names in the file's order. ``records``: one row per data record that is not an empty line,
    with `line` (physical line on which it begins, the header's is 1) and `record` (its text, perhaps with the line's end).
    """

    dataset: Dataset
    file_name: str
    header: list[str]
    records: pl.DataFrame

    @property
    def unknown_columns(self) -> int:
        known = {column.name for column in self.dataset.columns}
        return sum(name not in known for name in self.header)


@dataclass
class ReadFile:
    """What came of one file: its bytes as received (for the archive), and its records or its first fault."""

    file: ManifestFile
    content: bytes | None
    records: FileRecords | None
    fault: Fault | None


class _Unusable(Exception):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason)
        self.fault = Fault(reason, message)


def read_file(folder: Path, file: ManifestFile, dataset: Dataset) -> ReadFile:
    """Read one file of a delivery; the fault is the first that applies to the file."""
    try:
        path = folder / file.name
        content = path.read_bytes() if path.is_file() else None
    except OSError:
        content = None
    if content is None:
        message = f"Filen {file.name} saknas eller går inte att läsa. Be avsändaren leverera den igen."
        return ReadFile(file, None, None, Fault("missing_file", message))
    try:
        return ReadFile(file, content, _records(content, file, dataset), None)
    except _Unusable as error:
        return ReadFile(file, content, None, error.fault)


def split_record(record: str) -> list[str] | None:
    """The trimmed fields of one record by RFC 4180 with `;`; None when the quoting is broken."""
    fields: list[str] = []
    position = 0
    while True:
        match = _FIELD.match(record, position)
        if match is None:
            return None
        quoted, plain = match.groups()
        fields.append((plain if quoted is None else quoted.replace('""', '"')).strip(BLANKS))
        if match.end() == len(record):
            return fields
        position = match.end() + 1


def _records(content: bytes, file: ManifestFile, dataset: Dataset) -> FileRecords:
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise _Unusable(
            "checksum_mismatch",
            f"Filen {file.name} har en annan kontrollsumma (sha256) än manifestet anger: den är ofullständig eller "
            "ändrad. Be avsändaren leverera igen.",
        )
    text = _decoded(content, file)
    regular = _regular_records(text)
    logical = _records_one_by_one(text, file) if regular is None else regular
    if logical.is_empty():
        raise _malformed(file, 1, "rubrikraden saknas")
    header_line, header_text = logical.select("line", "record").row(0)
    header = split_record(header_text)
    if header is None:
        raise _malformed(file, header_line, "citattecknen i rubrikraden går inte ihop")
    if len(header) != len(set(header)):
        raise _malformed(file, header_line, _named_twice(header, dataset))
    records = logical.slice(1)
    if regular is None:
        _check_fields(records, len(header), file)
    missing = [column.name for column in dataset.columns if column.name not in header]
    if missing:
        raise _Unusable(
            "missing_column",
            f"Filen {file.name} saknar kolumnen {missing[0]}, som ska finnas enligt kontraktet för {dataset.source}. "
            "Be avsändaren leverera alla kolumner.",
        )
    if records.height != file.rows:
        raise _Unusable(
            "row_count_mismatch",
            f"Filen {file.name} har {records.height} datarader, men manifestet anger {file.rows}. Filen kan vara "
            "avkortad: be avsändaren leverera igen.",
        )
    return FileRecords(dataset, file.name, header, records.select("line", "record"))


def _decoded(content: bytes, file: ManifestFile) -> bytes:
    """The file's text as UTF-8 without byte-order mark."""
    if file.name.endswith(".gz"):
        content = _unpacked(content, file)
    if file.encoding == "iso-8859-1":
        return content.decode("iso-8859-1").encode()
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        if not content.isascii():
            content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _Unusable(
            "undecodable",
            f"Filen {file.name} är inte utf-8 på rad {line}, fast manifestet säger det. Be avsändaren ange rätt "
            "teckenkodning.",
        ) from None
    return content


def _unpacked(content: bytes, file: ManifestFile) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as packed:
            unpacked = packed.read(MAX_UNPACKED + 1)
    except (OSError, EOFError, zlib.error):
        unpacked = None
    if unpacked is None or len(unpacked) > MAX_UNPACKED:
        raise _Unusable(
            "undecodable", f"Filen {file.name} går inte att packa upp med gzip. Be avsändaren leverera den igen."
        )
    return unpacked


def _regular_records(text: bytes) -> pl.DataFrame | None:
    """`line, record` of a file whose every line is a record with the same number of separators; None for any other file.

    Nearly every file is so, and the bytes need not be copied or looked at twice: most of a backlog's time goes here.
    """
    if b'"' in text:
        return None
    characters = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(characters == ord("\n")) + 1
    if not text.endswith(b"\n"):
        ends = np.append(ends, len(text))
    separators = np.flatnonzero(characters == ord(";"))
    width, uneven = divmod(len(separators), len(ends))
    if uneven or not width:  # a single column could be an empty line
        return None
    by_line = separators.reshape(len(ends), width)
    if (by_line[:, -1] >= ends).any() or (by_line[1:, 0] < ends[:-1]).any():
        return None
    bounds = np.concatenate([np.zeros(1, dtype=np.int64), ends])
    records = pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(bounds), pa.py_buffer(text))
    return pl.DataFrame({"record": pl.from_arrow(records)}).with_row_index("line", offset=1)


def _records_one_by_one(text: bytes, file: ManifestFile) -> pl.DataFrame:
    """`line, record, separators` of any file: quoted values may hold line breaks, and lines may be empty."""
    lines = pl.read_lines(io.BytesIO(text), name="record").with_row_index("line", offset=1)
    records = _logical_records(lines, file)
    return _without_empty(records.with_columns(separators=pl.col("record").str.count_matches(";", literal=True)))


def _logical_records(lines: pl.DataFrame, file: ManifestFile) -> pl.DataFrame:
    """Joins physical lines that belong to one record because a quoted value holds a line break."""
    quotes = lines["record"].str.count_matches('"', literal=True)
    if not (quotes % 2 == 1).any():
        return lines
    open_before = (quotes.cum_sum() - quotes) % 2
    if quotes.sum() % 2:
        last_start = int(lines.filter(open_before == 0)["line"].max())  # type: ignore[arg-type]
        raise _malformed(file, last_start, "ett citattecken avslutas aldrig")
    return (
        lines.with_columns(record_id=(open_before == 0).cum_sum())
        .group_by("record_id", maintain_order=True)
        .agg(pl.col("line").first(), pl.col("record").str.join("\n"))
        .select("line", "record")
    )


def _without_empty(records: pl.DataFrame) -> pl.DataFrame:
    """Wholly empty lines are no rows; only a record without any separator can be one."""
    single = pl.col("separators") == 0
    if not records.select(single.any()).item():
        return records
    return records.filter(~(single & (pl.col("record").str.strip_chars(BLANKS) == "")))


def _check_fields(records: pl.DataFrame, width: int, file: ManifestFile) -> None:
    """Every record must have as many fields as the header."""
    is_quoted = records["record"].str.contains('"', literal=True)
    plain, quoted = records.filter(~is_quoted), records.filter(is_quoted)
    wrong = plain.filter(pl.col("separators") != width - 1)["line"].to_list()[:1]
    broken: list[int] = []
    for line, record in quoted.select("line", "record").iter_rows():
        fields = split_record(record)
        if fields is None:
            broken = [line]
            break
        if len(fields) != width:
            wrong.append(line)
            break
    if wrong and (not broken or min(wrong) < broken[0]):
        raise _malformed(file, min(wrong), f"raden har inte lika många fält som rubrikraden ({width})")
    if broken:
        raise _malformed(file, broken[0], "citattecknen på raden går inte ihop")


def _named_twice(header: list[str], dataset: Dataset) -> str:
    """Says which column it is; a name that the contract does not know may be a value, so its place is given instead."""
    place = next(place for place, name in enumerate(header) if name in header[:place])
    known = header[place] in [column.name for column in dataset.columns]
    column = f"kolumnen {header[place]}" if known else f"kolumn {place + 1} (utanför kontraktet)"
    return f"{column} nämns två gånger i rubrikraden"


def _malformed(file: ManifestFile, line: int, what: str) -> _Unusable:
    return _Unusable(
        "malformed_csv", f"Filen {file.name} rad {line}: {what}. Be avsändaren rätta exporten och leverera igen."
    )
