"""Takes a delivered file apart into records, or says why that cannot be done (deliveries.md sections 1 and 2).

The bytes are read once: what is hashed is what is archived and what is loaded, even when the file changes meanwhile.
What the values mean does not belong here (``rows``).
"""

import gzip
import hashlib
import io
import re
import stat
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.configuration.contract import Dataset
from pipelines.delivery.distinct_records import DistinctRecords, LineNumbers, Places, RecognisedFile, RecordIds
from pipelines.delivery.faults import Fault, Rejection, fault, malformed
from pipelines.delivery.manifest import ManifestFile
from pipelines.delivery.same_lines import lines_of
from pipelines.delivery.trouble import Trouble, is_absent, trouble
from pipelines.notices import Flaw, RemarkCode

#: The blanks that are trimmed around every value, inside quotes too.
BLANKS = " \t\r\n"

_FIELD = re.compile(r'[ \t\r\n]*"((?:[^"]|"")*)"[ \t\r\n]*(?=;|\Z)|([^";]*)(?=;|\Z)')

#: What no Swedish text holds, but another encoding read as the stated one gives: the control signs 80–9F (windows-1252 read
#: as iso-8859-1), a "Ã" with a sign after it (UTF-8 read as iso-8859-1 or windows-1252), and the sign for a lost letter.
_AFTER_A_TILDE = r"\u{a0}-\u{bf}\u{152}\u{153}\u{160}\u{161}\u{178}\u{17d}\u{17e}\u{192}\u{2c6}\u{2dc}\u{2013}-\u{2122}"
_GARBLED = rf"[\u{{80}}-\u{{9f}}\u{{fffd}}]|\u{{c3}}[{_AFTER_A_TILDE}]"
_GARBLED_BEGINS = (b"\xc2", b"\xc3\x83", b"\xef\xbf\xbd")

#: Beyond these a file, unpacked, is taken for an attack or an accident rather than an extract: taking it apart would fill the
#: memory, and so end the night for every sender. The largest real file, a large city's outreach log of twenty years, is a tenth
#: of each at most: a hundred megabytes, a million lines, ten million values, some hundred bytes a record.
MAX_UNPACKED = 1024**3
MAX_LINES, MAX_VALUES = 10 * 10**6, 100 * 10**6
MAX_RECORD = 1024**2

#: gzip makes no more of a byte than this, so most files need not be counted before they are unpacked.
_MOST_OF_A_BYTE = 1032
_CHUNK = 1024**2


@dataclass
class FileRecords:
    """The data records of one file, in its order: those that are not empty lines.

    ``header``: trimmed column names in the file's order. ``record_ids``: each record's id in the batch's `DistinctRecords`.
    ``line_numbers``: the physical line on which each begins (the header's is 1); None when they go on from 2 without a gap.
    ``garbled``: how many look as if they were written in another encoding than the stated one.
    """

    dataset: Dataset
    file_name: str
    header: tuple[str, ...]
    record_ids: RecordIds
    line_numbers: LineNumbers | None
    garbled: int = 0

    @property
    def count(self) -> int:
        """Data rows as delivered."""
        return len(self.record_ids)

    @property
    def unknown_columns(self) -> int:
        known = {column.name for column in self.dataset.columns}
        return sum(name not in known for name in self.header)

    def lines_at(self, places: Places) -> LineNumbers:
        """The physical lines of the records at these places."""
        return (places + 2).astype(np.uint32) if self.line_numbers is None else self.line_numbers[places]


@dataclass
class ReadFile:
    """What came of one file: its bytes as received (for the archive), and its records, its first fault, or why it cannot be
    read here."""

    file: ManifestFile
    content: bytes | None = None
    records: FileRecords | None = None
    fault: Fault | None = None
    trouble: Trouble | None = None


class _Unusable(Exception):
    def __init__(self, found: Fault) -> None:
        super().__init__(found.reason)
        self.fault = found


#: What is done with a fault that taking the file apart can go on from.
OnFault = Callable[[Fault], None]


def _refuse(found: Fault) -> None:
    raise _Unusable(found)


def read_file(
    folder: Path, file: ManifestFile, dataset: Dataset, known: DistinctRecords, on_fault: OnFault = _refuse
) -> ReadFile:
    """Read one file of a delivery; the fault is the first that applies to the file.

    ``on_fault``: given, it gets each fault that can be gone on from, and there are records all the same: the sound lines, with
    the columns of the contract that the file has. Raises OSError for what is not about this file alone, such as a lack of memory.
    """
    path = folder / file.name
    try:
        seen = path.stat()
        if seen.st_size > MAX_UNPACKED:
            return ReadFile(file, fault=_too_large(file))
        content = path.read_bytes() if stat.S_ISREG(seen.st_mode) else None
    except OSError as error:
        if not is_absent(error):
            return ReadFile(file, trouble=trouble(path, error))
        content = None
    if content is None:
        return ReadFile(file, fault=fault(Rejection.MISSING_FILE, RemarkCode.FILE_MISSING, file=file.name))
    return taken_apart(content, file, dataset, known, on_fault)


def taken_apart(
    content: bytes, file: ManifestFile, dataset: Dataset, known: DistinctRecords, on_fault: OnFault = _refuse
) -> ReadFile:
    """The records of a file that has been read, or its first fault."""
    try:
        return ReadFile(file, content, _records(content, file, dataset, known, on_fault))
    except _Unusable as error:
        return ReadFile(file, content, fault=error.fault)


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


def _records(
    content: bytes, file: ManifestFile, dataset: Dataset, known: DistinctRecords, on_fault: OnFault
) -> FileRecords:
    if hashlib.sha256(content).hexdigest() != file.sha256:
        on_fault(fault(Rejection.CHECKSUM_MISMATCH, RemarkCode.CHECKSUM_OTHER, file=file.name))
    text = _decoded(content, file, on_fault)
    _check_size(text, file)
    found = _sound_lines(text, known)
    broken: list[tuple[int, Flaw]] = []
    line_numbers = None
    if found is None:
        found, line_numbers, broken = _line_by_line(text, file, dataset, known)
    header = found.header
    for line, what in broken:
        on_fault(malformed(file.name, line, what, width=len(header)))
    for name in [column.name for column in dataset.columns if column.name not in header]:
        about = {"file": file.name, "column": name, "source": dataset.source}
        on_fault(fault(Rejection.MISSING_COLUMN, RemarkCode.COLUMN_MISSING, **about))
    delivered = len(found.ids) + len(broken)
    if delivered != file.rows:
        counts = {"rows": delivered, "promised": file.rows}
        on_fault(fault(Rejection.ROW_COUNT_MISMATCH, RemarkCode.ROW_COUNT_OTHER, file=file.name, **counts))
    return FileRecords(dataset, file.name, header, known.remember(found), line_numbers, _garbled(text, found))


def _sound_lines(text: bytes, known: DistinctRecords) -> RecognisedFile | None:
    """The records of a text of which every line is one, with as many fields as the header; None where it must be looked at
    line by line. What stood in a file before was found sound there."""
    end = text.find(b"\n") + 1 or len(text)
    header = split_record(text[:end].decode()) if end <= MAX_RECORD else None
    if header is None or not 1 < len(set(header)) == len(header):  # an empty line could be a record of a single field
        return None
    found = known.recognise_lines(tuple(header), text, end)
    return found if _are_sound(found.texts, len(header)) else None


def _are_sound(records: pa.LargeStringArray, width: int) -> bool:
    """Whether each of these lines is a record of several fields by itself."""
    if (pc.max(pc.binary_length(records)).as_py() or 0) > MAX_RECORD:
        return False
    quoted = pc.match_substring(records, '"')
    separators = pc.count_substring(records, ";")
    if not pc.all(pc.or_(quoted, pc.equal(separators, width - 1)), min_count=0).as_py():
        return False
    fields = map(split_record, records.filter(quoted).to_pylist())
    return all(each is not None and len(each) == width for each in fields)


def _line_by_line(
    text: bytes, file: ManifestFile, dataset: Dataset, known: DistinctRecords
) -> tuple[RecognisedFile, LineNumbers | None, list[tuple[int, Flaw]]]:
    """The sound records of a text, the lines on which they begin, and the lines of the others with what is wrong with them."""
    physical = lines_of(text).as_series
    line_numbers = np.arange(1, len(physical) + 1, dtype=np.uint32)
    all_records = _logical_records(physical, line_numbers, file) if b'"' in text else (physical, line_numbers)
    _check_lengths(*all_records, file)
    header, records, line_numbers = _header(*all_records, file, dataset)
    filled = (records.str.strip_chars(BLANKS) != "").to_numpy()
    if not filled.all():
        records, line_numbers = records.filter(pl.Series(filled)), line_numbers[filled]
    found = known.recognise(header, records)
    new = pl.DataFrame({"line": line_numbers[found.new], "record": records[found.new]})
    broken = _lines_with_other_fields(new, len(header))
    if broken:
        sound = ~np.isin(line_numbers, [line for line, _ in broken])
        line_numbers = line_numbers[sound]
        found = known.recognise(header, records.filter(pl.Series(sound)))
    in_sequence = bool((line_numbers == np.arange(2, len(line_numbers) + 2)).all())
    return found, None if in_sequence else line_numbers, broken


def _garbled(text: bytes, found: RecognisedFile) -> int:
    """How many records hold what no Swedish text holds, but another encoding read as the stated one gives."""
    if text.isascii() or not any(sign in text for sign in _GARBLED_BEGINS):
        return 0
    return int(found.records.str.contains(_GARBLED).sum())


def _header(
    records: pl.Series, line_numbers: LineNumbers, file: ManifestFile, dataset: Dataset
) -> tuple[tuple[str, ...], pl.Series, LineNumbers]:
    """The column names, and the records after them; the header is the first record that is not an empty line."""
    first = 0
    while first < len(records) and not records[first].strip(BLANKS):
        first += 1
    if first == len(records):
        raise _Unusable(malformed(file.name, 1, Flaw.NO_HEADER))
    line = int(line_numbers[first])
    header = split_record(records[first])
    if header is None:
        raise _Unusable(malformed(file.name, line, Flaw.HEADER_QUOTES))
    if len(header) != len(set(header)):
        raise _Unusable(_named_twice(header, dataset, file, line))
    return tuple(header), records.slice(first + 1), line_numbers[first + 1 :]


def _decoded(content: bytes, file: ManifestFile, on_fault: OnFault) -> bytes:
    """The file's text as UTF-8 without byte-order mark; what is no UTF-8 can be read as if it were the other encoding."""
    if file.name.lower().endswith(".gz"):
        content = _unpacked(content, file)
    if file.encoding == "iso-8859-1":
        return content.decode("iso-8859-1").encode()
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        if not content.isascii():
            content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        on_fault(fault(Rejection.UNDECODABLE, RemarkCode.ENCODING_OTHER, file=file.name, line=line))
        return content.decode("iso-8859-1").encode()
    return content


def _unpacked(content: bytes, file: ManifestFile) -> bytes:
    try:
        if len(content) * _MOST_OF_A_BYTE > MAX_UNPACKED and _unpacks_to_too_much(content):
            raise _Unusable(_too_large(file))
        if content:
            return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        pass
    raise _Unusable(fault(Rejection.UNDECODABLE, RemarkCode.GZIP_BROKEN, file=file.name))


def _unpacks_to_too_much(content: bytes) -> bool:
    """Counted without keeping what is counted: the size that a gzip states is what its maker wrote there."""
    size = 0
    with gzip.open(io.BytesIO(content)) as packed:
        while size <= MAX_UNPACKED and (chunk := packed.read(_CHUNK)):
            size += len(chunk)
    return size > MAX_UNPACKED


def _too_large(file: ManifestFile) -> Fault:
    most = MAX_UNPACKED // 1024**3
    return fault(Rejection.UNDECODABLE, RemarkCode.FILE_TOO_LARGE, file=file.name, gigabytes=most)


def _check_size(text: bytes, file: ManifestFile) -> None:
    """Before anything is made of each line and each value."""
    if len(text) > MAX_LINES and text.count(b"\n") > MAX_LINES:
        raise _Unusable(malformed(file.name, MAX_LINES + 1, Flaw.TOO_MANY_LINES, most=MAX_LINES // 10**6))
    if len(text) > MAX_VALUES and text.count(b";") > MAX_VALUES:
        raise _Unusable(malformed(file.name, 1, Flaw.TOO_MANY_VALUES, most=MAX_VALUES // 10**6))


def _check_lengths(records: pl.Series, line_numbers: LineNumbers, file: ManifestFile) -> None:
    """Before a record is taken apart sign by sign."""
    too_long = (records.str.len_bytes() > MAX_RECORD).to_numpy()
    if too_long.any():
        line = int(line_numbers[too_long.argmax()])
        raise _Unusable(malformed(file.name, line, Flaw.RECORD_TOO_LONG, most=MAX_RECORD // 1024**2))


def _logical_records(
    physical: pl.Series, line_numbers: LineNumbers, file: ManifestFile
) -> tuple[pl.Series, LineNumbers]:
    """Joins physical lines that belong to one record because a quoted value holds a line break."""
    quotes = physical.str.count_matches('"', literal=True)
    if not (quotes % 2 == 1).any():
        return physical, line_numbers
    open_before = (quotes.cum_sum() - quotes) % 2
    if quotes.sum() % 2:
        last_start = int(line_numbers[(open_before == 0).to_numpy()][-1])
        raise _Unusable(malformed(file.name, last_start, Flaw.QUOTE_OPEN))
    joined = (
        pl.DataFrame({"line": line_numbers, "record": physical, "nth_record": (open_before == 0).cum_sum()})
        .group_by("nth_record", maintain_order=True)
        .agg(pl.col("line").first(), pl.col("record").str.join().str.replace_all("\r\n", "\n", literal=True))
    )
    return joined["record"], joined["line"].to_numpy()


def _lines_with_other_fields(records: pl.DataFrame, width: int) -> list[tuple[int, Flaw]]:
    """The lines of the records that do not have as many fields as the header, or whose quotes are broken, in order."""
    is_quoted = records["record"].str.contains('"', literal=True)
    plain, quoted = records.filter(~is_quoted), records.filter(is_quoted)
    other = plain.filter(pl.col("record").str.count_matches(";", literal=True) != width - 1)["line"]
    broken = [(line, Flaw.FIELDS_OTHER) for line in other]
    for line, record in quoted.select("line", "record").iter_rows():
        fields = split_record(record)
        if fields is None:
            broken.append((line, Flaw.QUOTES_BROKEN))
        elif len(fields) != width:
            broken.append((line, Flaw.FIELDS_OTHER))
    return sorted(broken)


def _named_twice(header: list[str], dataset: Dataset, file: ManifestFile, line: int) -> Fault:
    """Says which column it is; a name that the contract does not know may be a value, so its place is given instead."""
    first = {name: place for place, name in reversed(list(enumerate(header)))}
    place = next(place for place, name in enumerate(header) if first[name] < place)
    if header[place] in [column.name for column in dataset.columns]:
        return malformed(file.name, line, Flaw.COLUMN_TWICE, column=header[place])
    return malformed(file.name, line, Flaw.OTHER_COLUMN_TWICE, place=place + 1)
