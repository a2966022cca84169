"""A report's numbers from tables, any number of files of both kinds: values (one published number per row) and derived
numbers (sums, differences and shares of published numbers). The header tells which kind a file is.

UTF-8, comma, RFC 4180; a byte order mark and both kinds of line ends are taken as they are. Everything else that is wrong
is told in one Swedish sentence with file and line. Whether numbers agree does not belong here.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from dashboards.published.file import ALL
from dashboards.published.numbers import DIMENSIONS, NumberKey
from dashboards.report_check.cells import Cell, Kind, number_of
from dashboards.report_check.vocabulary import whole_of, why_no_address, words

VALUE_COLUMNS = (*DIMENSIONS, "value", "kind", "printed", "note")
DERIVED_COLUMNS = ("printed", "label", "op", "terms", "value")

_VALUE_KINDS = (Kind.EXACT, Kind.SHARE, Kind.APPROX)
_DERIVED_KINDS = (Kind.SUM, Kind.DIFFERENCE, Kind.SHARE)
#: Summands, or parts and whole.
_FEWEST_TERMS = 2

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
#: ”occupation occupied * / outreach reached *” or ”… of measures ended AIM” in a share's note.
_NAMED = r"([a-z][a-z0-9_]*) ([a-z][a-z0-9_]*)(?: (\*|[A-Z0-9_]+))?(?: (\*|[A-Z0-9_]+))?"
_FRACTION = re.compile(rf"^{_NAMED} / {_NAMED}$")
_OF = re.compile(rf"\bof {_NAMED}$")


class BadReport(Exception):
    """A file that cannot be read as a report's numbers; the text is one Swedish sentence for a person."""


def read_cells(paths: Iterable[Path]) -> list[Cell]:
    """The numbers of all files, in their order; a row that stands twice with the same number is one cell."""
    cells: dict[object, Cell] = {}
    for path in paths:
        found = list(_read_file(path))
        if not found:
            raise BadReport(f"{path.name} rad 1 följs inte av några tal: lägg till en rad för varje tryckt tal.")
        for cell in found:
            cells.setdefault((cell.printed, cell.label, cell.kind, cell.number, cell.value, cell.derived), cell)
    return list(cells.values())


def _read_file(path: Path) -> Iterator[Cell]:
    rows = _rows(path)
    header = next(rows, (1, []))[1]
    derived = _is_derived(path, header)
    for line, row in rows:
        where = f"{path.name} rad {line}"
        if len(row) != len(header):
            raise BadReport(
                f"{where} har {len(row)} kolumner i stället för {len(header)}: "
                "sätt citattecken runt värden som innehåller kommatecken."
            )
        content = dict(zip(header, (field.strip() for field in row), strict=True))
        yield (_derived if derived else _value)(path, line, where, content)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its first line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BadReport(f"{path.name} rad {line} är inte i UTF-8: spara filen som CSV UTF-8.") from None
    except OSError as error:
        raise BadReport(f"{path} kan inte läsas ({error.strerror}): kontrollera sökvägen.") from None
    if not text.strip():
        raise BadReport(f"{path.name} rad 1 saknar rubrikrad: filen är tom.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
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


def _is_derived(path: Path, header: list[str]) -> bool:
    """Whether the header is that of derived numbers; all its columns must be there, in any order."""
    columns = [name.strip() for name in header]
    header[:] = columns
    if len(columns) == 1 and ";" in columns[0]:
        raise BadReport(
            f"{path.name} rad 1 skiljer kolumnerna med semikolon: spara filen med kommatecken mellan kolumnerna."
        )
    derived = len(set(columns) & {"label", "op", "terms"}) > len(set(columns) & {*DIMENSIONS, "kind", "note"})
    needed = DERIVED_COLUMNS if derived else VALUE_COLUMNS
    missing = [name for name in needed if name not in columns]
    if len(missing) == len(needed) or set(columns) == {"value", "printed"}:
        raise BadReport(
            f"{path.name} rad 1 är ingen känd rubrikrad: skriv {','.join(VALUE_COLUMNS)} eller {','.join(DERIVED_COLUMNS)}."
        )
    if missing:
        raise BadReport(f"{path.name} rad 1 saknar kolumnen {', '.join(missing)}: lägg till den i rubrikraden.")
    twice = sorted({name for name in columns if columns.count(name) > 1 and name in needed})
    if twice:
        raise BadReport(f"{path.name} rad 1 har kolumnen {', '.join(twice)} två gånger: ta bort den ena.")
    return derived


def _value(path: Path, line: int, where: str, row: dict[str, str]) -> Cell:
    address = _address(where, [row[name] for name in DIMENSIONS])
    kind = _kind(where, "kind", row["kind"], _VALUE_KINDS)
    keys = (address, _whole_of(where, address, row["note"])) if kind is Kind.SHARE else (address,)
    value = _number(where, row["value"])
    return Cell(path.name, line, row["printed"], words(address), kind, number_of(kind, keys), value)


def _derived(path: Path, line: int, where: str, row: dict[str, str]) -> Cell:
    kind = _kind(where, "op", row["op"], _DERIVED_KINDS)
    terms = []
    for term in row["terms"].split(";"):
        parts = [part.strip() for part in term.strip().split("/")]
        if len(parts) != len(DIMENSIONS):
            raise BadReport(
                f"{where} har termen ”{term.strip()}”, som inte är {'/'.join(DIMENSIONS)}: "
                "skriv alla åtta delarna med / emellan och termerna med ; emellan."
            )
        terms.append(_address(where, parts))
    if len(terms) < _FEWEST_TERMS:
        raise BadReport(f"{where} har bara en term: en {_WORDS[kind]} behöver minst två.")
    value = _number(where, row["value"])
    return Cell(path.name, line, row["printed"], row["label"], kind, number_of(kind, terms), value, derived=True)


_WORDS = {Kind.SUM: "summa", Kind.DIFFERENCE: "skillnad", Kind.SHARE: "andel"}


def _address(where: str, parts: list[str]) -> NumberKey:
    return _checked(where, NumberKey(*parts))


def _checked(where: str, address: NumberKey) -> NumberKey:
    why = why_no_address(address)
    if why:
        raise BadReport(f"{where}: {why}.")
    return address


def _kind(where: str, column: str, text: str, allowed: tuple[Kind, ...]) -> Kind:
    if text not in allowed:
        raise BadReport(f"{where} har ”{text}” i kolumnen {column}: skriv någon av {', '.join(allowed)}.")
    return Kind(text)


def _number(where: str, text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise BadReport(f"{where} har ”{text}” i kolumnen value, som inte är ett tal: {_better_number(text)}.")
    return Decimal(text)


def _better_number(text: str) -> str:
    """What to write instead of a number as it stands in print (7 546; 40 %; 26,5; −12)."""
    plain = re.sub(r"[\s%]", "", text).replace("\u2212", "-").replace("\u2013", "-").replace(",", ".")
    if _NUMBER.fullmatch(plain):
        return f"skriv {plain}"
    return "skriv det med siffror, utan blanksteg och procenttecken"


def _whole_of(where: str, address: NumberKey, note: str) -> NumberKey:
    """The denominator of a printed share: named in the note, or the one that this number is always a share of."""
    named = _FRACTION.match(note) or _OF.search(note)
    whole = whole_of(address)
    if named:
        figure, measure, category, subcategory = named.groups()[-4:]
        whole = replace(
            address, figure=figure, measure=measure, category=category or ALL, subcategory=subcategory or ALL
        )
    if whole is None:
        raise BadReport(
            f"{where} är en andel, men av vad står inte i kolumnen note: skriv till exempel "
            "”occupation occupied * / outreach reached *”."
        )
    return _checked(where, whole)
