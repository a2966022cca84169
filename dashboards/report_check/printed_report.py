"""A report's numbers from tables, any number of files of both kinds: values (one published number per row) and derived
numbers (what follows from other numbers, and numbers that the catalogue does not know). The header tells which kind a file is.

Everything that is wrong is told in one Swedish sentence with file and line. Whether numbers agree does not belong here.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from dashboards.published.file import ALL
from dashboards.published.numbers import NumberKey
from dashboards.report_check.cells import Cell, Kind, number_of
from dashboards.report_check.names import BadName, Names, is_own, own_key
from dashboards.report_check.tables import DERIVED_COLUMNS, BadReport, Row, read_rows
from dashboards.report_check.typed_numbers import Typed, is_hidden, typed_direction, typed_number
from dashboards.report_check.vocabulary import FIGURES, whole_of, why_no_address, words

_VALUE_KINDS = (Kind.EXACT, Kind.SHARE, Kind.APPROX)
_DERIVED_KINDS = (Kind.SUM, Kind.DIFFERENCE, Kind.SHARE, Kind.CHANGE, Kind.CHANGE_PERCENT, Kind.MEAN)
#: An earlier number and a later one.
_OF_TWO = (Kind.CHANGE, Kind.CHANGE_PERCENT)
#: Summands, or parts and whole.
_FEWEST_TERMS = 2

#: ”occupation occupied * / outreach reached *” or ”… of measures ended AIM” in a share's note.
_NAMED = r"([a-z][a-z0-9_]*) ([a-z][a-z0-9_]*)(?: (\*|[A-Z0-9_]+))?(?: (\*|[A-Z0-9_]+))?"
_FRACTION = re.compile(rf"^{_NAMED} / {_NAMED}$")
_OF = re.compile(rf"\bof {_NAMED}$")


@dataclass(frozen=True)
class PrintedReport:
    """The numbers of all tables, in their order; a row that stands twice with the same number is one cell."""

    cells: list[Cell]
    #: How many more numbers are printed as ``..`` or ``<5``.
    hidden: int = 0


def read_cells(paths: Iterable[Path]) -> list[Cell]:
    """The numbers of all tables. Raises BadReport."""
    return read_report(paths).cells


def read_report(paths: Iterable[Path]) -> PrintedReport:
    """All that the tables print. Raises BadReport."""
    rows = [row for path in paths for row in read_rows(path)]
    hidden = {place for place, row in enumerate(rows) if is_hidden(row["value"])}
    addresses = [_address(row) for row in rows if not row.derived]
    values = {place: _value(row) for place, row in enumerate(rows) if not row.derived and place not in hidden}
    named = {place: _named(row) for place, row in enumerate(rows) if row.derived}
    names = Names([*addresses, *(one.key for one in named.values() if one.direction is None)])
    found: dict[object, Cell] = {}
    for place in sorted({*range(len(rows))} - hidden):
        cell = values[place] if place in values else _derived(named[place], names)
        same = (cell.printed, cell.label, cell.kind, cell.number, cell.value, cell.derived)
        found.setdefault(same, cell)
    return PrintedReport(_rounded(_known_by_name(list(found.values()))), len(hidden))


def _address(row: Row) -> NumberKey:
    return _checked(row, NumberKey(*(row[name] for name in NumberKey._fields)))


def _value(row: Row) -> Cell:
    address = _address(row)
    kind = _kind(row, "kind", _VALUE_KINDS)
    keys = (address, _whole_of(row, address)) if kind is Kind.SHARE else (address,)
    typed = _number(row)
    if kind is not Kind.SHARE and typed.in_per_cent:
        raise BadReport(f"{row.where} har ”{row['value']}” i procent: skriv share i kolumnen kind.")
    if kind is Kind.EXACT and typed.is_about:
        raise BadReport(f"{row.where} har ”{row['value']}”: skriv approx i kolumnen kind.")
    figure = FIGURES[address.figure]
    if kind is not Kind.SHARE and figure.is_count and figure.adds_up and typed.value % 1:
        raise BadReport(
            f"{row.where} har ”{row['value']}”, men ett antal har inga decimaler: skriv hela talet, som 7546."
        )
    label = _label(words(address), address.municipality)
    return _cell(row, label, kind, keys, replace(typed, is_about=typed.is_about or kind is Kind.APPROX))


# --- derived numbers, and numbers that the catalogue does not know ----------------------------------------------------------


@dataclass(frozen=True)
class _Named:
    """A row that has a name of its own."""

    row: Row
    key: NumberKey

    @property
    def direction(self) -> Decimal | None:
        """Where only a word is printed for a change."""
        return typed_direction(self.row["value"]) if self.row["op"] == Kind.CHANGE else None


def _named(row: Row) -> _Named:
    for column in ("municipality", "period"):
        if row[column] == ALL:
            raise BadReport(f"{row.where} har * i kolumnen {column}: skriv vad talet gäller, eller lämna den tom.")
    return _Named(row, own_key(row["label"], row["municipality"], row["period"]))


def _derived(named: _Named, names: Names) -> Cell:
    row, key = named.row, named.key
    label = _label(row["label"], row["municipality"], row["period"])
    if not row["op"]:
        return _plain(row, key, label)
    kind = _kind(row, "op", _DERIVED_KINDS) if named.direction is None else Kind.DIRECTION
    typed = _number(row) if named.direction is None else Typed(named.direction, words=row["value"])
    keys = _terms(row, key, names)
    if len(keys) < _FEWEST_TERMS:
        raise BadReport(f"{row.where} har bara en term: {_WORDS[kind]} behöver minst två.")
    if kind in (*_OF_TWO, Kind.DIRECTION) and len(keys) > _FEWEST_TERMS:
        raise BadReport(f"{row.where} har {len(keys)} termer: {_WORDS[kind]} har två, först det tidigare talet.")
    cell = _cell(row, label, kind, keys, typed)
    if kind is Kind.DIRECTION:
        return cell
    if key in keys:
        raise BadReport(f"{row.where} följer av sig själv (”{label}”): ge uträkningen ett eget namn i kolumnen label.")
    return replace(cell, key=key)


_WORDS = {
    Kind.SUM: "en summa", Kind.DIFFERENCE: "en skillnad", Kind.SHARE: "en andel", Kind.CHANGE: "en förändring",
    Kind.CHANGE_PERCENT: "en förändring i procent", Kind.MEAN: "ett medelvärde", Kind.DIRECTION: "en förändring",
}  # fmt: skip


def _plain(row: Row, key: NumberKey, label: str) -> Cell:
    """A number that follows from nothing."""
    if row["terms"]:
        raise BadReport(f"{row.where} har termer men inget i kolumnen op: skriv någon av {', '.join(_DERIVED_KINDS)}.")
    if not row["label"]:
        raise BadReport(f"{row.where} saknar namn: skriv i kolumnen label vad talet är.")
    typed = _number(row)
    return _cell(row, label, Kind.APPROX if typed.is_about else Kind.EXACT, (key,), typed)


def _terms(row: Row, key: NumberKey, names: Names) -> list[NumberKey]:
    terms = [term.strip() for term in row["terms"].split(";")]
    try:
        return [address for term in terms if term for address in names.stand_for(term, key)]
    except BadName as error:
        raise BadReport(f"{row.where}{error}") from None


def _known_by_name(cells: Sequence[Cell]) -> list[Cell]:
    """Numbers that follow from others keep their name only where the report has another number of that name."""
    meant = {key for cell in cells for key in cell.keys if is_own(key)}
    of_name: dict[NumberKey, Cell] = {}
    for cell in cells:
        if cell.key in meant:
            assert cell.key
            first = of_name.setdefault(cell.key, cell)
            if (first.kind, first.number) != (cell.kind, cell.number):
                raise BadReport(
                    f"{cell.file} rad {cell.line} heter som {first.file} rad {first.line} (”{cell.label}”) "
                    "men följer av andra tal: ge den ena ett annat namn, eller skriv kommun och period."
                )
    return [cell if cell.key in meant else replace(cell, key=None) for cell in cells]


def _rounded(cells: Sequence[Cell]) -> list[Cell]:
    """The cells with whether each is rounded: by itself, by another place that prints it, or by what it follows from."""
    rounded: set[NumberKey] = set()
    while True:
        found = [replace(cell, is_rounded=_is_rounded(cell, rounded)) for cell in cells]
        more = {count.keys[0] for cell in found if cell.is_rounded for count in cell.prints if len(count.keys) == 1}
        if {key for key in more if is_own(key)} <= rounded:
            return found
        rounded |= {key for key in more if is_own(key)}


def _is_rounded(cell: Cell, rounded: set[NumberKey]) -> bool:
    if cell.kind in (Kind.MEAN, Kind.CHANGE_PERCENT, Kind.SHARE):
        return True
    if cell.kind is Kind.DIRECTION or not any(is_own(key) for key in cell.keys):
        return False
    return cell.is_rounded or bool(rounded & {*cell.keys, cell.key})


# --- both kinds ---------------------------------------------------------------------------------------------------------------


def _cell(row: Row, label: str, kind: Kind, keys: Sequence[NumberKey], typed: Typed) -> Cell:
    number = number_of(kind, keys)
    return Cell(
        row.file, row.line, row["printed"], label, kind, number, typed.value, row.derived,
        in_per_cent=typed.in_per_cent or kind in (Kind.SHARE, Kind.CHANGE_PERCENT), is_about=typed.is_about,
        is_rounded=typed.in_per_cent or typed.has_decimals, words=typed.words,
    )  # fmt: skip


def _label(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _checked(row: Row, address: NumberKey) -> NumberKey:
    why = why_no_address(address)
    if why and address.figure not in FIGURES:
        why += f"; tal som katalogen inte känner står i en tabell med {','.join(DERIVED_COLUMNS)}"
    if why:
        raise BadReport(f"{row.where}: {why}.")
    return address


def _kind(row: Row, column: str, allowed: tuple[Kind, ...]) -> Kind:
    if row[column] not in allowed:
        raise BadReport(f"{row.where} har ”{row[column]}” i kolumnen {column}: skriv någon av {', '.join(allowed)}.")
    return Kind(row[column])


def _number(row: Row) -> Typed:
    typed = typed_number(row["value"])
    if typed is None:
        raise BadReport(
            f"{row.where} har ”{row['value']}” i kolumnen value, som inte är ett tal: "
            "skriv det med siffror, som 7546, 7 546, 12,2 % eller ca 400."
        )
    return typed


def _whole_of(row: Row, address: NumberKey) -> NumberKey:
    """The denominator of a printed share: named in the note, or the one that this number is always a share of."""
    note = row["note"]
    named = _FRACTION.match(note) or _OF.search(note)
    whole = whole_of(address)
    if named:
        figure, measure, category, subcategory = named.groups()[-4:]
        whole = address._replace(
            figure=figure, measure=measure, category=category or ALL, subcategory=subcategory or ALL
        )
    if whole is None:
        raise BadReport(
            f"{row.where} är en andel, men av vad står inte i kolumnen note: skriv till exempel "
            "”occupation occupied * / outreach reached *”."
        )
    return _checked(row, whole)
