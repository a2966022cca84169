"""Ways of writing a personnummer."""

from collections.abc import Callable
from functools import partial


def _with_mark(mark: str, cut: int, day: str, last: str) -> str:
    """The day without its first digits, a mark, and the last four."""
    return f"{day[cut:]}{mark}{last}"


#: Ways of writing one number: the day in eight or six digits, and the last four.
SPELLINGS: dict[str, Callable[[str, str], str]] = {
    "twelve digits": lambda day, last: day + last,
    "ten digits": lambda day, last: day[2:] + last,
    **{
        f"{name} {len_}": partial(_with_mark, mark, cut)
        for len_, cut in (("twelve", 0), ("ten", 2))
        for name, mark in {
            "hyphen": "-", "blank": " ", "plus": "+", "underscore": "_", "dot": ".", "slash": "/", "colon": ":",
            "en dash": "\u2013", "em dash": "\u2014", "figure dash": "\u2012", "no-break hyphen": "\u2011", "minus": "\u2212",
            "soft hyphen": "\u00ad", "full-width hyphen": "\uff0d", "small hyphen": "\ufe63", "hyphen bullet": "\u2043",
            "no-break blank": "\u00a0", "thin blank": "\u2009", "narrow no-break blank": "\u202f", "ideographic blank": "\u3000",
            "zero width": "\u200b", "byte-order mark": "\ufeff", "word joiner": "\u2060", "tab": "\t", "line": "\n",
            "blanks round a hyphen": " - ", "no-break blanks round a dash": "\u00a0\u2013\u00a0", "two blanks": "  ",
            "two hyphens": "--", "many blanks": "     ",
        }.items()
    },
    "a day taken apart": lambda day, last: f"{day[:4]}-{day[4:6]}-{day[6:]}-{last}",
    "a day with dots": lambda day, last: f"{day[:4]}.{day[4:6]}.{day[6:]} {last}",
    "a short day taken apart": lambda day, last: f"{day[2:4]} {day[4:6]} {day[6:]} - {last}",
    "every digit apart": lambda day, last: " ".join(day + last),
    "zero width everywhere": lambda day, last: "\u200b".join(day + last),
    "full-width digits": lambda day, last: f"{day}-{last}".translate({48 + n: 0xFF10 + n for n in range(10)}),
    "arabic digits": lambda day, last: f"{day[2:]}-{last}".translate({48 + n: 0x0660 + n for n in range(10)}),
    "mathematical digits": lambda day, last: f"{day}{last}".translate({48 + n: 0x1D7CE + n for n in range(10)}),
}  # fmt: skip
