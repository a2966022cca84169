"""Numbers as people type them from a printed page: ``7 546``, ``12,2 %``, ``ca 46 300``, ``−12``, ``–``, ``..``, ``var fjärde``.

What a number is about, and how near it must be, does not belong here.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

BLANKS = " \u00a0\u2009\u202f"
#: Digits in groups of three, or all together.
DIGITS = rf"(?:\d{{1,3}}(?:[{BLANKS}]\d{{3}})+|\d{{1,15}})(?:[.,]\d{{1,12}})?"
PER_CENT = "%|procentenheter|procentenhet|procent"
ABOUT = "ca|cirka|omkring|ungefär|runt|drygt|knappt|nästan|närmare"

_NUMBER = re.compile(
    rf"(?P<about>(?:{ABOUT})\.?[{BLANKS}])?(?P<sign>[-+\u2212\u2013]?)(?P<digits>{DIGITS})[{BLANKS}]?(?P<unit>{PER_CENT})?",
    re.IGNORECASE,
)

#: Zero, as Swedish tables print it; and what they print for a number that is not told because it is small.
_ZERO = re.compile("[-\u2212\u2013]")
_HIDDEN = re.compile(r"\.{2,}|\u2026|(?:<|färre än|mindre än|under) ?\d+", re.IGNORECASE)

_COUNTING = ("en", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio")
_ORDINALS = ("andra", "tredje", "fjärde", "femte", "sjätte", "sjunde", "åttonde", "nionde", "tionde")
_PARTS = ("tredjedel", "fjärdedel", "femtedel", "sjättedel", "sjundedel", "åttondel", "niondel", "tiondel")
_FIRST_PART = 3
_N = "|".join((*_COUNTING, *(str(n) for n in range(1, 11))))
_IN_WORDS = (
    rf"hälften|varannan|vartannat|(?:var|vart) (?:{'|'.join(_ORDINALS)})"
    rf"|(?:{'|'.join(_COUNTING)}) (?:{'|'.join(_PARTS)})(?:ar)?|(?:{_N}) av (?:{_N})(?![\d{BLANKS}]*\d)"
)
#: A share that is said in words.
SHARE_IN_WORDS = re.compile(rf"(?P<about>\b(?:{ABOUT}) )?\b(?P<words>{_IN_WORDS})\b", re.IGNORECASE)

#: What a text says of a change without a number, and its sign.
DIRECTIONS = {
    **dict.fromkeys(("ökade", "ökat", "ökar", "ökning", "steg", "stigit", "stiger", "växte", "vuxit"), 1),
    **dict.fromkeys(("minskade", "minskat", "minskar", "minskning", "sjönk", "sjunkit", "sjunker"), -1),
    **dict.fromkeys(("oförändrad", "oförändrat", "oförändrade"), 0),
}


@dataclass(frozen=True)
class Typed:
    """A number as it was typed."""

    value: Decimal
    in_per_cent: bool = False
    #: ”Ca”, or a share in words: it is meant to be near.
    is_about: bool = False
    #: How it is printed where that is not in digits.
    words: str = ""

    @property
    def has_decimals(self) -> bool:
        exponent = self.value.as_tuple().exponent
        return isinstance(exponent, int) and exponent < 0


def typed_number(text: str) -> Typed | None:
    """The number that a text is, and nothing else; None: it is none."""
    if _ZERO.fullmatch(text.strip()):
        return Typed(Decimal(0))
    found = _NUMBER.fullmatch(text.strip())
    if found:
        return of_digits(found["digits"], found["sign"], found["unit"] or "", bool(found["about"]))
    return share_in_words(text.strip())


def is_hidden(text: str) -> bool:
    """Whether a table prints that a number is not told."""
    return bool(_HIDDEN.fullmatch(text.strip()))


def of_digits(digits: str, sign: str = "", unit: str = "", is_about: bool = False) -> Typed:
    """The number of digits that have the form of ``DIGITS``."""
    value = Decimal(re.sub(f"[{BLANKS}]", "", digits).replace(",", "."))
    return Typed(-value if sign and sign != "+" else value, bool(unit), is_about)


def share_in_words(text: str) -> Typed | None:
    """``var fjärde`` as about 25 per cent."""
    found = SHARE_IN_WORDS.fullmatch(text)
    if found is None:
        return None
    part, whole = _fraction(found["words"].lower())
    return Typed(round(Decimal(100 * part) / whole, 1), True, True, text) if 0 < part <= whole else None


def _fraction(words: str) -> tuple[int, int]:
    if words in ("hälften", "varannan", "vartannat"):
        return 1, 2
    first, *_, last = words.split()
    if first in ("var", "vart"):
        return 1, _ORDINALS.index(last) + 2
    part = last.removesuffix("ar")
    if part in _PARTS:
        return _count(first), _PARTS.index(part) + _FIRST_PART
    return _count(first), _count(last)


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _COUNTING.index(word) + 1


def typed_direction(text: str) -> Decimal | None:
    """The sign of a change that is told in a word; None: it is no such word."""
    sign = DIRECTIONS.get(text.strip().lower())
    return None if sign is None else Decimal(sign)
