"""The index of the search over a report's pages, which a reader's own browser searches: it needs no server.

It is made of the finished pages, so it knows what stands on them and nothing else: each heading with the words below it, but no
number of a table. ``assets/search.js`` searches it.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import NamedTuple

#: Where it lies: a script, for a page that is opened from disk may not fetch anything else.
FILE = "data/sok.js"

#: What is said on many pages alike, or is no text.
_LEFT_OUT = re.compile(
    r'<(header|footer|nav|aside|script|noscript)\b.*?</\1>|<(details|ul) class="(?:about|cards)[^"]*">.*?</\2>',
    re.DOTALL,
)
_HEADINGS = ("h1", "h2", "h3", "h4")
_WORDS = ("th", "dt", "dd", "caption", "legend")
#: Paragraphs that sum up what stands below a heading.
_LEADS = ("lead", "subtitle")
#: What a table or diagram shows, below a heading that says what it says: it is known by that.
_SHOWS = "shows"

_BEGINS, _ENDS = "kaaSearch(", ");\n"

#: So much of the words below one heading is kept, in letters.
_MOST = 2500


@dataclass
class Place:
    """A heading, where on the page it is, and the words below it."""

    heading: str
    anchor: str
    words: list[str] = field(default_factory=list)


class _Places(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Place] = []
        self._sections = [""]
        self._has_words = False  # the table that is read; another has numbers
        self._reads: str | None = None
        self._text = ""
        self._id = ""
        self._class = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        class_ = attributes.get("class", "")
        if tag == "section":
            self._sections.append(attributes.get("id", self._sections[-1]))
        elif tag == "table":
            self._has_words = "words" in class_.split()
        elif tag in (*_HEADINGS, *_WORDS) or (tag == "td" and self._has_words) or class_ in (*_LEADS, _SHOWS):
            self._reads, self._text, self._id, self._class = tag, "", attributes.get("id", ""), class_

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self._sections.pop()
        if tag != self._reads:
            return
        self._reads = None
        text = " ".join(self._text.replace("\u00ad", "").split())
        if not text:  # filled by a script
            return
        if tag in _HEADINGS:
            self.found.append(Place(text, "" if tag == "h1" else self._sections[-1] or self._id))
        elif self.found and self._class == _SHOWS:
            self.found[-1].words.append(self.found[-1].heading)
            self.found[-1].heading = text
        elif self.found and text not in self.found[-1].words:
            self.found[-1].words.append(text)

    def handle_data(self, data: str) -> None:
        if self._reads:
            self._text += data


def places(page: str) -> list[Place]:
    """The headings of a page, in its order."""
    reader = _Places()
    reader.feed(_LEFT_OUT.sub("", page))
    return reader.found


class Entry(NamedTuple):
    """What is found: where a heading stands, what it says, on which page, and the words below it."""

    address: str
    heading: str
    page: str
    words: str

    @property
    def file(self) -> str:
        """The page's file."""
        return self.address.partition("#")[0]


def entries(file: str, title: str, text: str) -> list[Entry]:
    """What is found on a page."""
    return [
        Entry(
            f"{file}#{place.anchor}" if place.anchor else file,
            place.heading,
            title,
            " ".join(place.words)[:_MOST],
        )
        for place in places(text)
    ]


def index(found: Iterable[Entry]) -> str:
    """The script with the index."""
    return f"{_BEGINS}{json.dumps([*found], ensure_ascii=False, separators=(',', ':'))}{_ENDS}"


def read_index(script: str) -> dict[str, list[Entry]]:
    """What an index has of each page, by its file. Raises ValueError when it is none of ours."""
    if not (script.startswith(_BEGINS) and script.endswith(_ENDS)):
        raise ValueError("not an index of the search")
    found: dict[str, list[Entry]] = {}
    for item in json.loads(script.removeprefix(_BEGINS).removesuffix(_ENDS)):
        entry = Entry(*item)
        found.setdefault(entry.file, []).append(entry)
    return found
