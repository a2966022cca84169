"""What the documents for the data protection officer are made of, before they are a Word file or a page."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ToFillIn:
    """What a person must decide or know: it is marked, and never filled in by the program."""

    who: str
    what: str

    @property
    def text(self) -> str:
        return f"Fylls i av {self.who}: {self.what}"


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table of words. ``shares``: how wide its columns are, in relation to each other."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | ToFillIn, ...], ...]
    shares: tuple[int, ...]


Part = Paragraph | ToFillIn | Table


@dataclass(frozen=True)
class Section:
    """A part of a document with its own heading."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Document:
    """One document. ``name``: that of its files, without an ending."""

    name: str
    title: str
    lead: str
    sections: tuple[Section, ...]


def listed(items: Sequence[str]) -> str:
    """Different texts once each, in their order."""
    return "; ".join(dict.fromkeys(items))
