"""Checks a PX file against Statistics Sweden's specification of the format, AXIS-VERSION 2013, by a table of its keywords.

It shares nothing with the program that writes the files: ``faults(text)`` reads one by itself and says in sentences which rules
it breaks. A keyword that is not in the table is a fault too: what the program begins to write is first looked up.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from math import prod

LONGEST_LINE = 256


@dataclass(frozen=True)
class Entry:
    """A keyword as it stands in a file: the texts in its brackets, and what it is given."""

    keyword: str
    of: tuple[str, ...]
    value: str

    @property
    def texts(self) -> list[str]:
        """Quoted texts; those without a comma between are one, broken over lines."""
        return [re.sub(r'"\s*"', "", found) for found in re.findall(r'"[^"]*"(?:\s*"[^"]*")*', self.value)]

    @property
    def plain(self) -> list[str]:
        return [text.strip('"') for text in self.texts]


Kind = Callable[[str], bool]


def _is(pattern: str) -> Kind:
    return lambda value: re.fullmatch(pattern, value, re.DOTALL) is not None


TEXT, TEXTS = _is(r'"[^"]*"(\s*"[^"]*")*'), _is(r'"[^"]*"(,\s*"[^"]*")*')
YES_NO = _is("YES|NO")
DAY = _is(r'"\d{8} \d\d:\d\d"')
TIMES = _is(r'TLIST\((A1|H1|Q1|M1|W1)\)(,\s*"\d{4,6}")+')
DATA = _is(r"[^;]*")

#: Brackets: none, the name of a variable, a value of the contents variable (or none where there is no such), a cell.
NONE, VARIABLE, CONTENT, CELL = "none", "variable", "content", "cell"


@dataclass(frozen=True)
class Rule:
    keyword: str
    kind: Kind
    of: str = NONE
    mandatory: bool = False
    longest: int = LONGEST_LINE
    once: bool = True


#: In the recommended order. Not all that there are: those that our files may have, and all that must be there.
RULES = (
    Rule("CHARSET", _is('"ANSI"')),
    Rule("AXIS-VERSION", _is('"20(00|03|05|06|10|13)"'), longest=20),
    Rule("CODEPAGE", TEXT, longest=20),
    Rule("LANGUAGE", _is('"[a-z]{2}"'), mandatory=True),
    Rule("CREATION-DATE", DAY, mandatory=True),
    Rule("DECIMALS", _is(r"\d|1[0-5]"), mandatory=True),
    Rule("SHOWDECIMALS", _is("[0-6]")),
    Rule("MATRIX", TEXT, mandatory=True, longest=20),
    Rule("AGGREGALLOWED", YES_NO),
    Rule("AUTOPEN", YES_NO),
    Rule("SUBJECT-CODE", TEXT, mandatory=True, longest=20),
    Rule("SUBJECT-AREA", TEXT, mandatory=True, longest=40),
    Rule("COPYRIGHT", YES_NO),
    Rule("DESCRIPTION", TEXT),
    Rule("TITLE", TEXT, mandatory=True),
    Rule("DESCRIPTIONDEFAULT", YES_NO),
    Rule("CONTENTS", TEXT, mandatory=True),
    Rule("UNITS", TEXT, mandatory=True),
    Rule("STUB", TEXTS, mandatory=True),
    Rule("HEADING", TEXTS, mandatory=True),
    Rule("CONTVARIABLE", TEXT),
    Rule("VALUES", TEXTS, VARIABLE, mandatory=True, once=False),
    Rule("TIMEVAL", TIMES, VARIABLE),
    Rule("CODES", TEXTS, VARIABLE, once=False),
    Rule("LAST-UPDATED", DAY, CONTENT, once=False),
    Rule("UNITS", TEXT, CONTENT, once=False),
    Rule("CONTACT", TEXT, CONTENT, once=False),
    Rule("REFPERIOD", TEXT, CONTENT, once=False),
    Rule("SOURCE", TEXT),
    Rule("OFFICIAL-STATISTICS", YES_NO),
    Rule("NOTEX", TEXT),
    Rule("NOTE", TEXT),
    Rule("CELLNOTEX", TEXT, CELL, once=False),
    Rule("CELLNOTE", TEXT, CELL, once=False),
    Rule("DATASYMBOL1", TEXT),
    Rule("DATASYMBOL2", TEXT),
    Rule("DATASYMBOLNIL", TEXT),
    Rule("DATA", DATA, mandatory=True),
)

#: Texts that may go on over several lines; all others stand between two quotation marks.
LONG = ("DESCRIPTION", "NOTEX", "NOTE", "CELLNOTEX", "CELLNOTE", "CONTACT", "SOURCE", "REFPERIOD")

_ENTRY = re.compile(r'\s*([A-Z0-9-]+)(?:\(((?:"[^"]*",?)+)\))?=((?:"[^"]*"|[^";])*);')


def entries(text: str) -> list[Entry]:
    """The keywords of a file in their order. Raises ValueError where it does not read as keywords to its end."""
    found, place = [], 0
    while match := _ENTRY.match(text, place):
        keyword, of, value = match.groups()
        found.append(Entry(keyword, tuple(re.findall(r'"([^"]*)"', of or "")), value.strip()))
        place = match.end()
    if text[place:].strip():
        raise ValueError(f"no keyword: {text[place : place + 40]!r}")
    return found


def faults(text: str) -> list[str]:
    """The rules that a file breaks, in sentences."""
    try:
        found = entries(text)
    except ValueError as error:
        return [str(error)]
    one = {entry.keyword: entry for entry in found if not entry.of}
    missing = [rule.keyword for rule in RULES if rule.mandatory and rule.keyword not in {e.keyword for e in found}]
    if missing:
        return [f"{keyword} is missing" for keyword in missing]
    variables = one["STUB"].plain + one["HEADING"].plain
    values = {entry.of[0]: entry.plain for entry in found if entry.keyword == "VALUES" and entry.of}
    content = one["CONTVARIABLE"].plain[0] if "CONTVARIABLE" in one else None
    if Counter(variables).most_common(1)[0][1] > 1 or set(values) != set(variables):
        return ["STUB and HEADING name each variable once, and VALUES each of them"]
    if content is not None and content not in variables:
        return [f"CONTVARIABLE is no variable: {content}"]
    of: dict[str, set[tuple[str, ...]]] = {
        NONE: {()},
        VARIABLE: {(name,) for name in variables},
        CONTENT: {(value,) for value in values[content]} if content else {()},
    }
    return list(
        chain(
            _form(text, found),
            *(_keyword(entry, of, variables, values) for entry in found),
            _each_content(found, of[CONTENT]),
            _variables(found, values),
            _data(one["DATA"].value, prod(len(each) for each in values.values()), int(one["DECIMALS"].value)),
        )
    )


def _form(text: str, found: list[Entry]) -> Iterator[str]:
    if "\n" in text.replace("\r\n", ""):
        yield "a line ends without CR"
    for line in text.split("\r\n"):
        # A name or value in brackets must stand on one line, however long.
        if len(line) > LONGEST_LINE and not re.match(r'[A-Z-]+\("', line):
            yield f"a line is longer than {LONGEST_LINE}: {line[:40]}"
    order = [next((place for place, rule in enumerate(RULES) if _rules(entry, rule)), -1) for entry in found]
    for entry, place in zip(found, order, strict=True):
        if place < 0:
            yield f"{entry.keyword} is not in the table of keywords"
    if order != sorted(order):
        yield "the keywords are not in the recommended order"
    counted = Counter((entry.keyword, entry.of) for entry in found)
    yield from (f"{keyword}{of} stands there twice" for (keyword, of), count in counted.items() if count > 1)
    single = Counter(RULES[place].keyword for place in order if place >= 0 and RULES[place].once)
    yield from (f"{keyword} may stand once" for keyword, count in single.items() if count > 1)


def _rules(entry: Entry, rule: Rule) -> bool:
    """Whether a rule is the one for a keyword: UNITS has one for the table and one for its contents."""
    if entry.keyword != rule.keyword:
        return False
    return {NONE: not entry.of, VARIABLE: len(entry.of) == 1, CONTENT: True, CELL: bool(entry.of)}[rule.of]


def _keyword(
    entry: Entry, of: dict[str, set[tuple[str, ...]]], variables: list[str], values: dict[str, list[str]]
) -> Iterator[str]:
    rule = next((rule for rule in RULES if _rules(entry, rule)), None)
    if rule is None:
        return
    if not rule.kind(entry.value):
        yield f"{entry.keyword} is not of its type: {entry.value[:40]}"
    if rule.of == CELL:
        allowed = [[*values[name], "*"] for name in variables]
        if len(entry.of) != len(allowed) or any(v not in each for v, each in zip(entry.of, allowed, strict=True)):
            yield f"{entry.keyword} is of no cell: {entry.of}"
    elif entry.of not in of[rule.of]:
        yield f"{entry.keyword} is of nothing that there is: {entry.of}"
    if entry.keyword not in LONG:
        yield from (f"{entry.keyword} is too long: {text}" for text in entry.plain if len(text) > rule.longest)


def _each_content(found: list[Entry], contents: set[tuple[str, ...]]) -> Iterator[str]:
    """What is given by contents is given for all of them; the unit always is."""
    for keyword in ("LAST-UPDATED", "UNITS", "CONTACT", "REFPERIOD"):
        given = {entry.of for entry in found if entry.keyword == keyword}
        needed = keyword == "UNITS"
        if (given - {()} or needed) and not contents <= given:
            yield f"{keyword} is not given for each of the contents"


def _variables(found: list[Entry], values: dict[str, list[str]]) -> Iterator[str]:
    for name, texts in values.items():
        if len(set(texts)) != len(texts):
            yield f"values of {name} are not told apart"
    for entry in found:
        if entry.keyword not in ("CODES", "TIMEVAL") or entry.of[0] not in values:
            continue
        if len(entry.plain) != len(values[entry.of[0]]) or len(set(entry.plain)) != len(entry.plain):
            yield f"{entry.keyword} of {entry.of[0]} does not have one for each value"


def _data(data: str, cells: int, decimals: int) -> Iterator[str]:
    numbers = data.split()
    if len(numbers) != cells:
        yield f"DATA has {len(numbers)} cells, not {cells}"
    for number in numbers:
        if not re.fullmatch(r'-?\d+(\.\d+)?|"\.{1,6}"|"-"', number):
            yield f"DATA has no number: {number}"
        elif len(number.partition(".")[2]) > decimals and '"' not in number:
            yield f"DATA has more decimals than DECIMALS says: {number}"
