"""Looks for words and forms that no reader should meet (``forbidden_words.yaml``) in what a page or document says."""

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import yaml
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from openpyxl import load_workbook
from pypdf import PdfReader

#: What is shown to nobody, and what stands as a command.
_NOT_READ = {"script", "style", "code", "pre"}

#: What somebody else has written, cited after a colon: it stands as it was written.
_CITED = re.compile(r": ”[^”]+”")

#: Attributes that a screen reader reads.
_READ_ALOUD = ("aria-label", "alt", "title", "placeholder", "content")


@dataclass(frozen=True)
class Forbidden:
    pattern: re.Pattern[str]
    because: str
    example: str
    not_in: frozenset[str]


@cache
def forbidden() -> tuple[Forbidden, ...]:
    """The list."""
    found = yaml.safe_load(Path(__file__).with_name("forbidden_words.yaml").read_text(encoding="utf-8"))
    return tuple(
        Forbidden(re.compile(item["pattern"]), item["because"], item["example"], frozenset(item.get("not_in", ())))
        for item in found
    )


def faults(texts: Iterable[str], place: str) -> Iterator[str]:
    """A line for each text that breaks a rule: where, what and why. ``place``: the page or document."""
    for text in (_CITED.sub(":", each) for each in texts):
        for rule in forbidden():
            if place not in rule.not_in and (found := rule.pattern.search(text)):
                yield f"{place}: {found.group()!r} ({rule.because}) in {text!r}"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _NOT_READ
        if tag != "meta" or ("name", "description") in attrs:
            self.texts += [text for name, text in attrs if name in _READ_ALOUD and text]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _NOT_READ

    def handle_data(self, data: str) -> None:
        if not self._hidden and (text := " ".join(data.split(" ")).strip()):
            self.texts.append(text)


def page_texts(html: str) -> list[str]:
    """Every text node of a page, once, and what is read aloud of its elements."""
    reader = _Reader()
    reader.feed(html)
    return list(dict.fromkeys(reader.texts))


def word_texts(path: Path) -> list[str]:
    """The text of every paragraph of a Word document, in tables, headers and footers too, and its pictures' alt texts."""
    texts = []
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if re.fullmatch(r"word/(document|header\d*|footer\d*)\.xml", name):
                root = parse_xml(package.read(name))
                texts += ["".join(found.text or "" for found in line.iter(qn("w:t"))) for line in root.iter(qn("w:p"))]
                texts += [found.get("descr", "") for found in root.iter(qn("wp:docPr"))]
    return [text for text in dict.fromkeys(texts) if text.strip()]


def excel_texts(path: Path) -> list[str]:
    """Every text in a workbook's cells, and the names of its sheets."""
    book = load_workbook(path)
    cells = (cell.value for sheet in book.worksheets for line in sheet.iter_rows() for cell in line)
    return list(dict.fromkeys([*book.sheetnames, *(value for value in cells if isinstance(value, str))]))


def pdf_texts(path: Path) -> list[str]:
    """Every line of a PDF."""
    return list(dict.fromkeys(line for page in PdfReader(path).pages for line in page.extract_text().splitlines()))
