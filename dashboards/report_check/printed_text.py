"""The numbers in a report's sentences, from a text file: which stand in the tables, which follow from each other in a sentence,
and which nothing supports.

A sentence is only taken at its word where it says what belongs together (”39, varav 28, 70 procent”; ”ökade till 13 procent”);
any other number is looked for in the tables. Whether numbers agree does not belong here.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path

from dashboards.published.numbers import OPEN, NumberKey
from dashboards.report_check.cells import Cell, Kind, number_of
from dashboards.report_check.names import own_key
from dashboards.report_check.tables import BadReport, read_text
from dashboards.report_check.typed_numbers import (
    ABOUT,
    BLANKS,
    DIGITS,
    DIRECTIONS,
    PER_CENT,
    SHARE_IN_WORDS,
    Typed,
    of_digits,
    share_in_words,
)

_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\b\w\.)(?<!\bca\.)(?<!\bkap\.)(?<!\bnr\.)(?<!\bkl\.)\s+(?=[A-ZÅÄÖ”\"\d])")
_MONTHS = "januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december"
_SPACE = rf"[{BLANKS}]"
_RANGE = rf"\d+(?:{_SPACE}?[\u2013-]{_SPACE}?\d+|{_SPACE}till{_SPACE}\d+)?"
#: What is written with digits and counts nothing: days, years, ages, spans of time, places in a law or a report, large units.
_NO_NUMBER = re.compile(
    rf"^\d+(?:\.\d+)*\.?\s+(?=[A-ZÅÄÖ])|\d{{4}}-\d\d(?:-\d\d)?|\d{{1,2}} (?:{_MONTHS})(?: \d{{4}})?|(?:{_MONTHS}) \d{{4}}"
    rf"|(?<!\d)(?<!\d{_SPACE})(?:19|20)\d\d(?:[/\u2013-]\d{{2,4}})?(?!\d|,\d|{_SPACE}?(?:%|procent))"
    rf"|{_RANGE}{_SPACE}?-?år(?:s|iga?|igt|ingar\w*)?\b|{_RANGE}{_SPACE}(?:dag|veck|månad|timm|minut|poäng)\w*"
    rf"|{_RANGE}{_SPACE}?(?:kap\b|§+|st\b)\.?|§+{_SPACE}?\d+|\d+:\d+|\d+(?:\.\d+){{2,}}|\d+{_SPACE}?[\u2013-]{_SPACE}?\d+"
    rf"|\b(?:tabell|diagram|figur|bilaga|kapitel|avsnitt|sid(?:an?)?|s\.|nr|tertial|kvartal|vecka|alternativ){_SPACE}?\d+(?:\.\d+)*"
    rf"|{DIGITS}{_SPACE}?(?:tusen|miljon\w*|miljard\w*|mkr|mnkr|tkr|kr\b|kronor)",
    re.IGNORECASE,
)
_DIGITS = re.compile(
    rf"(?<![\w,.])(?P<about>\b(?:{ABOUT})[{BLANKS}])?(?P<sign>[\u2212+])?(?P<digits>{DIGITS})(?![\w])"
    rf"(?:[{BLANKS}]?(?P<unit>{PER_CENT}))?",
    re.IGNORECASE,
)
#: Between two counts, that the second is part of the first; or the first of the second.
_OF_THEM = re.compile(r"\b(?:varav|därav|av (?:dem|dessa|vilka))\b", re.IGNORECASE)
_OF = re.compile(r"^\s*(?:\w+\s)?av (?:de|totalt|sammanlagt|alla)?\s*$", re.IGNORECASE)
_STARTS_WITH_WHOLE = re.compile(r"^\W*av (?:de |totalt |sammanlagt |alla )*$", re.IGNORECASE)
_DIRECTION = re.compile(rf"\b({'|'.join(DIRECTIONS)})\b", re.IGNORECASE)
_TO = re.compile(r"\btill\s*$", re.IGNORECASE)
#: Counts below this are steps, reasons, items of a list more often than anything that a table holds.
_FEWEST = 10
#: Words of a label are recognised in a sentence by so many of their first letters.
_STEM = 5
_COMMON = {"andel", "antal", "eller", "verks", "kalen"}


@dataclass(frozen=True)
class Sentence:
    """A sentence or a heading."""

    file: str
    line: int
    text: str


@dataclass(frozen=True)
class Mention:
    """A number in a sentence."""

    sentence: Sentence
    typed: Typed
    start: int
    end: int

    @property
    def cell(self) -> Cell:
        """The number as one of the report's own."""
        shown = self.sentence.text[self.start : self.end]
        after = " ".join(re.split(r"[,.;:()\u2013]", self.sentence.text[self.end :])[0].split()[:3])
        key = own_key(f"{shown}@{self.start}", self.sentence.file, str(self.sentence.line))
        label = " ".join(part for part in (shown, after) if part)
        return self._cell(label, Kind.APPROX if self.typed.is_about else Kind.EXACT, (key,))

    def share(self, part: Cell, whole: Cell) -> Cell:
        """The number as the share of one of another."""
        return replace(self._cell(self.cell.label, Kind.SHARE, (*part.keys, *whole.keys)), is_rounded=True)

    def of(self, key: NumberKey) -> Cell:
        """The number as that of a table."""
        return self._cell(self.cell.label, Kind.EXACT, (key,))

    def _cell(self, label: str, kind: Kind, keys: Sequence[NumberKey]) -> Cell:
        typed, sentence = self.typed, self.sentence
        return Cell(
            sentence.file, sentence.line, f"{sentence.file} rad {sentence.line}", label, kind, number_of(kind, keys),
            typed.value, derived=True, in_per_cent=typed.in_per_cent, is_about=typed.is_about,
            is_rounded=typed.in_per_cent or typed.has_decimals, words=typed.words,
        )  # fmt: skip


@dataclass
class PrintedText:
    """What the sentences say."""

    #: Numbers that a sentence connects with each other or with a table.
    cells: list[Cell] = field(default_factory=list)
    #: How many others stand in the tables, or follow from a series there.
    supported: int = 0
    unsupported: list[Cell] = field(default_factory=list)


def read_sentences(path: Path) -> list[Sentence]:
    """The sentences of a text file. Raises BadReport where no number is in them."""
    found = []
    for line, paragraph in _paragraphs(read_text(path)):
        start = 0
        for sentence in _SENTENCE_END.split(paragraph):
            start = paragraph.index(sentence, start)
            text = " ".join(re.split(r"\s*\n\s*", sentence)).strip()
            found.append(Sentence(path.name, line + paragraph.count("\n", 0, start), text))
    if not any(mentions(sentence) for sentence in found):
        raise BadReport(
            f"{path.name} rad 1 följs inte av några tal: ta bort filen, eller lägg in rapportens meningar i den."
        )
    return found


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """What stands between empty lines, with the number of its first line."""
    first = 1
    lines: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.strip():
            first = first if lines else number
            lines.append(line)
        elif lines:
            yield first, "\n".join(lines)
            lines = []


def mentions(sentence: Sentence) -> list[Mention]:
    """The numbers of a sentence in their order; days, ages, places in a law and the like are none."""
    text = _NO_NUMBER.sub(lambda found: "x" * len(found[0]), sentence.text)
    found = []
    for match in SHARE_IN_WORDS.finditer(text):
        typed = share_in_words(match[0])
        if typed and not re.search(r"\b(?:första|andra|senare)\s$", text[: match.start()], re.IGNORECASE):
            found.append(Mention(sentence, typed, match.start(), match.end()))
            text = text[: match.start()] + "x" * len(match[0]) + text[match.end() :]
    for match in _DIGITS.finditer(text):
        typed = of_digits(match["digits"], match["sign"] or "", match["unit"] or "", bool(match["about"]))
        found.append(Mention(sentence, typed, match.start(), match.end()))
    return sorted(found, key=lambda mention: mention.start)


# --- what a sentence says of numbers -----------------------------------------------------------------------------------------


def printed_text(sentences: Sequence[Sentence], cells: Sequence[Cell]) -> PrintedText:
    """What the sentences say of each other's numbers and of these tables."""
    tables = _Tables(cells)
    found = PrintedText()
    files = [sentence.file for sentence in sentences]
    heading: list[Mention] = []  # shares over the sentences to come, which may say of what they are
    for sentence in sentences:
        here = mentions(sentence)
        connected = _parts(here, heading, found)
        heading = [mention for mention in heading if mention not in connected]
        if not re.search(r"[.!?:]\W*$", sentence.text):
            _look_up(heading, tables, found)
            heading = [mention for mention in here if mention.typed.in_per_cent and mention not in connected]
        if not _is_table(sentence, here):
            _look_up([mention for mention in here if mention not in (*connected, *heading)], tables, found)
    _look_up(heading, tables, found)
    found.unsupported.sort(key=lambda cell: (files.index(cell.file), cell.line))
    return found


def _is_table(sentence: Sentence, here: Sequence[Mention]) -> bool:
    """Whether a sentence is no sentence, but a table or a list of contents that came along with the text."""
    return 2 * len(here) > len(re.findall(r"[^\W\d]{2,}", sentence.text))


def _parts(here: Sequence[Mention], heading: Sequence[Mention], found: PrintedText) -> list[Mention]:
    """The mentions that a sentence connects: what is a part of what, and what share that is, by itself or by the heading."""
    for place, (first, second) in enumerate(pairwise(here)):
        part, whole = _part_and_whole(first, second)
        if part is None or whole is None:
            continue
        counts = (part.cell, whole.cell)
        shares = [mention.share(*counts) for mention in here[place + 2 : place + 3] if mention.typed.in_per_cent]
        # A heading may speak of something else: it is only taken to be about these counts where it is near them.
        above = [(mention, mention.share(*counts)) for mention in heading]
        fitting = [mention for mention, share in above if share.agrees(_exact_share(part, whole))]
        chosen = [here[place + 2]] if shares else fitting[:1]
        if chosen:
            found.cells += [*counts, chosen[0].share(*counts)]
            return [part, whole, *chosen]
    return []


def _part_and_whole(first: Mention, second: Mention) -> tuple[Mention | None, Mention | None]:
    """Which of two counts is a part of which, where the sentence says so."""
    text = first.sentence.text
    between = text[first.end : second.start]
    if first.typed.in_per_cent or second.typed.in_per_cent:
        return None, None
    if _OF.search(between):
        return first, second
    if _OF_THEM.search(between) or _STARTS_WITH_WHOLE.search(text[: first.start]):
        return second, first
    return None, None


def _exact_share(part: Mention, whole: Mention) -> Decimal | None:
    return 100 * part.typed.value / whole.typed.value if whole.typed.value else None


# --- what the tables say of a number ------------------------------------------------------------------------------------------


class _Tables:
    """The numbers of the tables, and those of them that are one number in several periods."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = cells
        series: dict[NumberKey, dict[str, Cell]] = defaultdict(dict)
        for cell in cells:
            if cell.kind is Kind.EXACT and cell.keys[0].period:
                series[cell.keys[0]._replace(period=OPEN)].setdefault(cell.keys[0].period, cell)
        self.series = [[points[period] for period in sorted(points)] for points in series.values() if len(points) > 1]

    def has(self, mention: Mention) -> bool:
        """Whether a number stands in a table, or is a change between two periods of a series."""
        if any(_is(mention, cell.value, cell.in_per_cent) for cell in self.cells):
            return True
        return any(
            _is(mention, value, in_per_cent)
            for points in self.series
            for before, after in combinations(points, 2)
            for value, in_per_cent in _changes(before, after)
        )

    def spoken_of(self, mention: Mention) -> Cell | None:
        """The number that a sentence speaks of: of the one series that it names, or that is the only one in per cent, the period
        that it names (of several, the one with this number), or else the one with just this number, or else the last."""
        fitting = [points for points in self.series if points[0].in_per_cent == mention.typed.in_per_cent]
        named = [points for points in fitting if _names(mention.sentence, points[0])]
        chosen = named or (fitting if mention.typed.in_per_cent else [])
        if len(chosen) != 1:
            return None
        (points,) = chosen
        in_text = [cell for cell in points if _year(cell) in mention.sentence.text]
        exact = [cell for cell in points if cell.value == mention.typed.value]
        return [*points, *exact, *in_text, *(cell for cell in exact if cell in in_text)][-1]

    def before(self, cell: Cell, sentence: Sentence) -> Cell | None:
        """What a number of a series is compared with: the other period that the sentence names, or else the one before."""
        points = next((points for points in self.series if any(one.keys == cell.keys for one in points)), [])
        earlier = [one for one in points if one.keys[0].period < cell.keys[0].period]
        named = [one for one in earlier if _year(one) in sentence.text]
        if len(named) > 1 or not earlier:
            return None
        return named[0] if named else earlier[-1]


def _year(cell: Cell) -> str:
    """The last year of a period, as texts name it."""
    return cell.keys[0].period[-4:]


def _names(sentence: Sentence, cell: Cell) -> bool:
    """Whether a sentence has at least half of the words that say what a number is."""
    label = cell.label.removesuffix(cell.keys[0].period)
    stems = {word[:_STEM] for word in re.findall(r"[^\W\d]+", label.casefold()) if len(word) >= _STEM} - _COMMON
    found = sum(stem in sentence.text.casefold() for stem in stems)
    return bool(stems) and 2 * found >= len(stems)


def _changes(before: Cell, after: Cell) -> Iterator[tuple[Decimal, bool]]:
    """A change in number or percentage points, and in per cent, as a rise and as a fall is told."""
    change = abs(after.value - before.value)
    yield change, before.in_per_cent
    if before.value:
        yield 100 * change / abs(before.value), True


def _is(mention: Mention, value: Decimal, in_per_cent: bool) -> bool:
    """Whether a text may give a value so."""
    if mention.typed.in_per_cent != in_per_cent:
        return False
    cell = mention.cell
    if cell.is_about:
        return abs(cell.value - value) <= (cell.near if in_per_cent else cell.tolerance)
    return cell.rounded(value) == abs(cell.value) if value % 1 or in_per_cent else value == abs(cell.value)


def _look_up(looked_for: Iterable[Mention], tables: _Tables, found: PrintedText) -> None:
    """Whether the tables have a number. One in which a change is told to end is checked as a number of its series."""
    for mention in looked_for:
        direction = _direction_to(mention)
        spoken_of = tables.spoken_of(mention) if direction else None
        if direction and spoken_of:
            found.cells.append(mention.of(spoken_of.keys[0]))
            before = tables.before(spoken_of, mention.sentence)
            if before:
                found.cells.append(_direction_cell(mention, direction, (before.keys[0], spoken_of.keys[0])))
        elif tables.has(mention):
            found.supported += 1
        elif mention.typed.in_per_cent or mention.typed.value >= _FEWEST:
            found.unsupported.append(mention.cell)


def _direction_to(mention: Mention) -> str | None:
    """The word for a change that a number is told to be the end of: ”ökade till 13 procent”."""
    before = mention.sentence.text[: mention.start]
    words = _DIRECTION.findall(before)
    return words[-1] if words and _TO.search(before) else None


def _direction_cell(mention: Mention, direction: str, keys: Sequence[NumberKey]) -> Cell:
    number = number_of(Kind.DIRECTION, keys)
    return replace(
        mention.cell, kind=Kind.DIRECTION, number=number, label=f"{direction} till {mention.cell.label}", words=direction,
        value=Decimal(DIRECTIONS[direction.lower()]), is_rounded=False, in_per_cent=False, is_about=False,
    )  # fmt: skip
