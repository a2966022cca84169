"""Reads a page of the site as a browser would, as far as the tests need it: tables, texts and attributes."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Table:
    """A table below an element with an id: rows of (heading, cells)."""

    section: str
    head: list[str] = field(default_factory=list)
    rows: list[tuple[str, list[str]]] = field(default_factory=list)

    def row(self, heading: str) -> list[str]:
        return next(cells for found, cells in self.rows if found == heading)


class Page(HTMLParser):
    """What a page contains."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Table] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._section = [""]
        self._part = ""
        self._cell: list[str] | None = None
        self._hidden = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag == "section":
            self._section.append(attributes.get("id") or "")
        elif tag == "table":
            self.tables.append(Table(self._section[-1]))
        elif tag in ("thead", "tbody"):
            self._part = tag
        elif tag in ("th", "td"):
            self._cell = []
        elif tag in ("script", "style"):
            self._hidden = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self._section.pop()
        elif tag in ("script", "style"):
            self._hidden = False
        elif tag in ("th", "td") and self._cell is not None:
            text = "".join(self._cell).strip()
            table = self.tables[-1]
            if self._part == "thead":
                table.head.append(text)
            elif tag == "th":
                table.rows.append((text, []))
            else:
                table.rows[-1][1].append(text)
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._cell is not None:
            self._cell.append(data)
        self.texts.append(data)

    def table(self, section: str) -> Table:
        return next(table for table in self.tables if table.section == section)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())
