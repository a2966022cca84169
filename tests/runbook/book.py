"""Reads docs/runbook.md: its symptoms, each with the sentences that an operator sees and what is to be done."""

import re
from dataclasses import dataclass
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"

#: What stands for anything in a sentence.
_ANYTHING = "…"


@dataclass(frozen=True)
class Section:
    """A symptom: its heading, the sentences that are quoted, and all of its text."""

    heading: str
    quotes: tuple[str, ...]
    text: str

    def tells_of(self, said: str) -> bool:
        """Whether a line of what a person sees is one of its sentences."""
        patterns = [re.compile(".*".join(re.escape(part) for part in quote.split(_ANYTHING))) for quote in self.quotes]
        return any(pattern.fullmatch(line) for line in said.splitlines() for pattern in patterns)

    def says(self, words: str) -> bool:
        """Whether a command, or any other words, stand in it."""
        return words in self.text


def sections() -> dict[str, Section]:
    """The symptoms, by heading."""
    found = {}
    for part in re.split(r"^(?=## )", BOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        text = re.split(r"^# ", part, flags=re.MULTILINE)[0]  # the next chapter is no part of it
        heading = text.splitlines()[0].removeprefix("## ")
        quotes = tuple(line.removeprefix("> ") for line in text.splitlines() if line.startswith("> "))
        found[heading] = Section(heading, quotes, text)
    return found
