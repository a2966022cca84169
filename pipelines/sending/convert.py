"""Converts the values of an input's columns to those of the contract, step by step as the mapping says (interface.md).

A value that the steps cannot make anything of stays as it is: the receiver quarantines it, row by row. What would make a whole
column wrong stops the delivery with one sentence: an unknown local code, an ambiguous date, a number that Excel has damaged.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from pipelines.configuration.contract import Column
from pipelines.personnummer import HIDDEN, born, mask_text
from pipelines.runtime.errors import UsageError
from pipelines.sending.mapping import DATE_PARTS, NO, YES, ColumnMapping, YesNo, composed
from pipelines.sending.personnummer_forms import as_twelve_digits

#: What Excel shows of a long number, and writes into a CSV.
_SCIENTIFIC = re.compile(r"-?[0-9]+([.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)

_ISO_DAY = "%Y-%m-%d"

#: As days come from Excel, whatever it shows.
_ALWAYS = (_ISO_DAY, "%Y-%m-%d %H:%M:%S")

#: A year of two digits lies at most so many years after the extract's.
_YEARS_AHEAD = 20

_THOUSANDS = re.compile("(?<=[0-9])[ \u00a0\u2009\u202f](?=[0-9]{3}(?![0-9]))")
_MINUS = str.maketrans("−–", "--")


class _Stop(Exception):
    """A value that stops the delivery; the text says why, and what to do."""


@dataclass
class Converted:
    """What became of a column's values. ``codes``: local words, what they became and how often."""

    values: list[str]
    codes: Counter[tuple[str, str]] = field(default_factory=Counter)


def convert_column(
    column: Column, how: ColumnMapping, values: list[str], lines: list[int], on: date, where: str
) -> Converted:
    """The values of one contracted column. ``lines``: where each stands in the input; ``on``: the day of the extract; ``where``:
    how the input and the column are named to people.

    Raises UsageError for a value that stops the delivery.
    """
    convert = _steps(column, how, on)
    known: dict[str, str] = {}
    result = Converted([])
    for line, value in zip(lines, values, strict=True):
        if value not in known:
            try:
                known[value] = convert(value)
            except _Stop as stop:
                raise UsageError(f"{where}, row {line}: {stop}") from None
        made = known[value]
        result.values.append(made)
        if column.type in ("code", "yes_no"):
            result.codes[value, made] += 1
    return result


def _steps(column: Column, how: ColumnMapping, on: date) -> Callable[[str], str]:
    days = _Days(how.date or [], on)
    words = _yes_no(how.yes_no) if how.yes_no else None
    nothing = set(how.empty_when)

    def convert(value: str) -> str:
        value = value.strip() if how.trim else value
        if value in nothing:
            return ""
        _check_undamaged(value, column, how, on)
        if how.date:
            value = days.iso(value)
        if how.personnummer:
            value = as_twelve_digits(value, on)
        if how.code is not None:
            value = _coded(value, how.code)
        if words:
            value = words.get(value.lower(), value)
        if how.decimal:
            value = _THOUSANDS.sub("", value.translate(_MINUS)).replace(",", ".")
        if how.upper:
            value = value.upper()
        return "" if value in nothing else value

    return convert


def _shown(value: str) -> str:
    """A value as it may be told: without numbers of persons, and not at length."""
    masked = mask_text(value)
    return repr(masked if len(masked) <= 40 else masked[:39] + "…")


# --- damage --------------------------------------------------------------------------------------------------------------


def _check_undamaged(value: str, column: Column, how: ColumnMapping, on: date) -> None:
    if _SCIENTIFIC.fullmatch(value):
        raise _Stop(
            f"Excel has turned a number into {value}, and its digits are lost: format the column as text in Excel "
            "(Format, Text), fetch the values again and export again."
        )
    if value.isascii() and value.isdigit() and _lacks_zeros(value, column, how, on):
        raise _Stop(
            "a number lacks digits at its beginning: Excel has stripped the zeros there. Format the column as text in Excel "
            "(Format, Text), fetch the values again and export again; if it is one mistyped number, correct that."
        )


def _lacks_zeros(value: str, column: Column, how: ColumnMapping, on: date) -> bool:
    """Whether digits are only right with zeros before them; the check digit makes a chance hit on a mistyped number rare."""
    if column.type == "personnummer":
        return len(value) < 10 and born(as_twelve_digits(value.zfill(10), on)) is not None
    if column.type == "code" and how.code is None:
        codes = column.codes or {}
        return value not in codes and any(value.zfill(len(code)) == code for code in codes)
    if column.type == "digits" and column.pattern:
        return not re.fullmatch(column.pattern, value) and any(
            re.fullmatch(column.pattern, value.zfill(length)) for length in range(len(value) + 1, 13)
        )
    if column.type == "date" and how.date:
        days = _Days(how.date, on)
        return len(value) == 5 and not days.readings(value) and bool(days.readings(f"0{value}"))
    return False


# --- steps ---------------------------------------------------------------------------------------------------------------


class _Days:
    """Reads days written in any of several formats."""

    def __init__(self, formats: list[str], on: date) -> None:
        self._on = on
        named = dict.fromkeys([*formats, *_ALWAYS])
        self._formats = [(written, re.compile(_pattern(written))) for written in named]

    def readings(self, text: str) -> dict[date, str]:
        """The days that a text can be, with the format that makes it so."""
        found: dict[date, str] = {}
        for written, pattern in self._formats:
            match = pattern.fullmatch(text)
            if match is None:
                continue
            parts = match.groupdict()
            try:
                year = int(parts["Y"]) if "Y" in parts else self._year(int(parts["y"]))
                found.setdefault(date(year, int(parts["m"]), int(parts["d"])), written)
            except ValueError:
                continue
        return found

    def iso(self, text: str) -> str:
        """The day as YYYY-MM-DD; the text as it was where it is none. Stops where it can be several."""
        found = self.readings(text)
        if len(found) > 1:
            each = " or ".join(f"{day} (by {written})" for day, written in found.items())
            raise _Stop(
                f"the date {_shown(text)} can be {each}: leave the format in the mapping that the source writes, and "
                "take the other away."
            )
        return next(iter(found)).isoformat() if found else text

    def _year(self, two_digits: int) -> int:
        latest = self._on.year + _YEARS_AHEAD
        return latest - (latest - two_digits) % 100


def _pattern(written: str) -> str:
    """A date format as a regular expression."""
    parts = re.split("(%-?[A-Za-z])", written)
    return "".join(DATE_PARTS.get(part, re.escape(part)) for part in parts)


def _coded(value: str, table: dict[str, str]) -> str:
    known = {composed(word): code for word, code in table.items()}
    if composed(value) in known:
        return known[composed(value)]
    if not value:
        return value
    shown = _shown(value)
    what = "a value that looks like a personnummer" if HIDDEN in shown else f"the local code {shown}"
    words = ", ".join(filter(None, table))
    raise _Stop(f"{what} is not in the mapping's table `code` ({words}): add it there, or correct the source.")


def _yes_no(said: YesNo | bool) -> dict[str, str]:
    yes, no = (said.J, said.N) if isinstance(said, YesNo) else (YES, NO)
    return {**{word.lower(): "J" for word in yes}, **{word.lower(): "N" for word in no}}
