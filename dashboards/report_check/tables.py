"""The rows of a report's tables: CSV with comma or semicolon, UTF-8, RFC 4180; a byte order mark and both kinds of line ends are
taken as they are. What the columns mean belongs in ``printed_report``."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from dashboards.published.numbers import DIMENSIONS

VALUE_COLUMNS = (*DIMENSIONS, "value", "kind", "printed", "note")
DERIVED_COLUMNS = ("printed", "label", "op", "terms", "value")
#: A report of several municipalities says which; a number that the catalogue does not know has its period in a column.
_MORE_VALUE_COLUMNS = ("municipality",)
_MORE_DERIVED_COLUMNS = ("municipality", "period")


class BadReport(Exception):
    """A file that cannot be read as a report's numbers; the text is one Swedish sentence for a person."""


@dataclass(frozen=True)
class Row:
    """One row of a table, by column; what the table does not have is empty."""

    file: str
    line: int
    derived: bool
    content: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.content.get(column, "")

    @property
    def where(self) -> str:
        return f"{self.file} rad {self.line}"


def read_text(path: Path) -> str:
    """The text of a file. Raises BadReport."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        kind = "CSV UTF-8" if path.suffix.lower() != ".txt" else "text i UTF-8"
        raise BadReport(f"{path.name} rad {line} är inte i UTF-8: spara filen som {kind}.") from None
    except OSError as error:
        raise BadReport(f"{path} kan inte läsas ({error.strerror}): kontrollera sökvägen.") from None


def read_rows(path: Path) -> list[Row]:
    """The rows of a table, at least one. Raises BadReport."""
    text = read_text(path)
    if not text.strip():
        raise BadReport(f"{path.name} rad 1 saknar rubrikrad: filen är tom.")
    first = next(line for line in text.splitlines() if line.strip())
    mark = ";" if first.count(";") > first.count(",") else ","
    lines = _lines(path, text, mark)
    header = [name.strip() for name in next(lines)[1]]
    derived = _is_derived(path, header)
    rows = []
    for line, fields in lines:
        if len(fields) != len(header):
            called = "semikolon" if mark == ";" else "kommatecken"
            raise BadReport(
                f"{path.name} rad {line} har {len(fields)} kolumner i stället för {len(header)}: "
                f"sätt citattecken runt värden som innehåller {called}."
            )
        rows.append(Row(path.name, line, derived, dict(zip(header, (field.strip() for field in fields), strict=True))))
    if not rows:
        raise BadReport(f"{path.name} rad 1 följs inte av några tal: lägg till en rad för varje tryckt tal.")
    return rows


def _lines(path: Path, text: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=mark)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise BadReport(
                f"{path.name} rad {line} är inte giltig CSV: kontrollera radens citattecken "
                "(ett citattecken i ett värde skrivs två gånger)."
            ) from None
        if any(field.strip() for field in row):
            yield line, row


def _is_derived(path: Path, columns: Sequence[str]) -> bool:
    """Whether the header is that of derived numbers; all its columns must be there, in any order."""
    derived = len(set(columns) & {"label", "op", "terms"}) > len(set(columns) & {*DIMENSIONS[:2], "kind", "note"})
    needed, more = (DERIVED_COLUMNS, _MORE_DERIVED_COLUMNS) if derived else (VALUE_COLUMNS, _MORE_VALUE_COLUMNS)
    missing = [name for name in needed if name not in columns]
    if len(missing) == len(needed) or set(columns) == {"value", "printed"}:
        raise BadReport(
            f"{path.name} rad 1 är ingen känd rubrikrad: skriv {','.join(VALUE_COLUMNS)} eller {','.join(DERIVED_COLUMNS)}."
        )
    if missing:
        raise BadReport(f"{path.name} rad 1 saknar kolumnen {', '.join(missing)}: lägg till den i rubrikraden.")
    twice = sorted({name for name in columns if columns.count(name) > 1 and name in (*needed, *more)})
    if twice:
        raise BadReport(f"{path.name} rad 1 har kolumnen {', '.join(twice)} två gånger: ta bort den ena.")
    for name in set(columns) - {*needed, *more}:
        meant = get_close_matches(name.lower(), more, 1, 0.8)
        if meant:
            raise BadReport(f"{path.name} rad 1 har kolumnen {name}: skriv {meant[0]}.")
    return derived
