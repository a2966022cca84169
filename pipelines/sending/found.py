"""What a dry run found, in words and tables for whoever keeps the register, in Swedish: per dataset and column, without showing
what anybody's values are.

Days, numbers and codes of the contract are shown as they are. Of all else, and of whatever is not as it should be, only the
shape is.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelines.configuration.contract import Column
from pipelines.sending.judge import BadRows, Verdict
from pipelines.sending.make import MadeColumn, MadeDataset
from pipelines.sending.mapping import ColumnMapping
from pipelines.sending.pack import Packed

_EXAMPLES = 3
_LINES_NAMED = 3
_LONGEST_SHAPE = 24

#: What a value must look like to be shown as it is, by the column's type.
_SHOWN = {
    "date": re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "integer": re.compile("[0-9]{1,6}"),
    "yes_no": re.compile("[JN]"),
}
_DECIMAL = re.compile(r"-?[0-9]{1,8}(\.[0-9]{1,6})?")

#: A day as it is written anywhere; a number of a person is longer, or has another sign in it.
_WRITTEN_DAY = re.compile(r"[0-9]{6}|[0-9]{8}|[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}")


@dataclass(frozen=True)
class Section:
    """A heading, sentences below it, and a table if there is one."""

    heading: str
    sentences: list[str]
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)


def sections(made: list[MadeDataset], packed: Packed, verdict: Verdict) -> Iterator[Section]:
    """The dry run's account, dataset by dataset."""
    for one in made:
        name = one.dataset.name
        bad = [found for found in verdict.bad if found.dataset == name]
        yield _columns(one, bad, verdict.repeated[name])
        if codes := list(_codes(one)):
            yield Section(f"Koder i {name}", [], ("Kolumn", "I filen", "Blir", "Rader"), codes)
        if bad:
            sentences = ["De här raderna tas emot men räknas inte förrän de är rättade."]
            columns = ("Kolumn", "Skäl", "Det ska vara", "Rader", "Första raderna i filen")
            yield Section(f"I karantän i {name}", sentences, columns, [_bad(one, packed, found) for found in bad])
    if verdict.rejected:
        yield Section("Leveransen skulle avvisas", [verdict.rejected])


def _columns(made: MadeDataset, bad: list[BadRows], repeated: int) -> Section:
    heading = f"{made.dataset.name} – {made.dataset.title}"
    if made.origin is None:
        return Section(heading, ["Källan har inga sådana uppgifter: filen får bara rubriker."])
    sentences = [f"{_rows(len(made.rows))} ur {made.origin}."]
    if made.dropped:
        sentences.append(f"{_rows(made.dropped)} valdes bort av `where`.")
    if repeated:
        sentences.append(f"{_rows(repeated)} upprepar en annan rad exakt och räknas en gång.")
    wrong = Counter[str]()
    for found in bad:
        wrong[found.column] += len(found.lines)
    rows = []
    for column in made.columns:
        filled = sum(bool(value) for value in column.values)
        changed = sum(before != after for before, after in zip(column.before, column.values, strict=True))
        examples = ", ".join(_examples(column))
        counts = (filled, len(column.values) - filled, changed, wrong[column.column.name])
        rows.append((column.column.name, _made_of(column.how), *map(str, counts), examples))
    names = ("Kolumn", "Hämtas från", "Värden", "Tomma", "Ändrade", "I karantän", "Så ser de ut")
    return Section(heading, sentences, names, rows)


def _made_of(how: ColumnMapping | None) -> str:
    if how is None:
        return "SS 12000"
    if how.from_ is not None:
        return how.from_
    if how.constant is not None:
        return f"alltid {how.constant}" if how.constant else "alltid tomt"
    return " + ".join(how.join) if how.join else f"görs av {' + '.join(how.made or [])}"


def _examples(column: MadeColumn) -> list[str]:
    """The commonest forms of a column's values, and what became of them."""
    forms: Counter[str] = Counter()
    for (before, after), count in Counter(zip(column.before, column.values, strict=True)).items():
        if not after:
            continue
        new, old = shown(after, column.column), _before(before, after, column.column, column.how)
        forms[new if old == new else f"{old} → {new}"] += count
    return [form for form, _ in sorted(forms.items(), key=lambda item: (-item[1], item[0]))[:_EXAMPLES]]


def _before(before: str, after: str, column: Column, how: ColumnMapping | None) -> str:
    """A value as it stood in the input: itself where the mapping, or the program's words for yes and no, has it."""
    if before == after:
        return shown(after, column)
    is_word = column.type == "yes_no" and after in ("J", "N")
    if is_word or (how and before in (how.code or {})):
        return before
    is_day = column.type == "date" and _WRITTEN_DAY.fullmatch(before) and _SHOWN["date"].fullmatch(after)
    return before if is_day else shape(before)


def shown(value: str, column: Column) -> str:
    """A delivered value as it may be shown: itself where it can be nobody's in particular, or its shape."""
    if column.type == "code" and value in (column.codes or {}):
        return value
    pattern = _DECIMAL if column.type == "decimal" else _SHOWN.get(column.type)
    return value if pattern and pattern.fullmatch(value) else shape(value)


def shape(value: str) -> str:
    """What a value looks like: 9 for a digit, x and X for letters; signs and blanks as they are."""
    signs = "".join(
        "9" if sign.isnumeric() else ("X" if sign.isupper() else "x") if sign.isalpha() else sign for sign in value
    )
    signs = re.sub(r"\s", " ", signs)
    return signs if len(signs) <= _LONGEST_SHAPE else signs[: _LONGEST_SHAPE - 1] + "…"


def _codes(made: MadeDataset) -> Iterator[tuple[str, ...]]:
    """What local words became: the words of the mapping's own tables, and codes of the contract."""
    for column in made.columns:
        name = column.column.name
        for (before, after), count in sorted(column.codes.items(), key=lambda item: (-item[1], item[0])):
            if before or after:
                local = _before(before, after, column.column, column.how)
                yield name, local or "(tomt)", shown(after, column.column) or "(tomt)", str(count)


def _bad(made: MadeDataset, packed: Packed, found: BadRows) -> tuple[str, ...]:
    place = {begins: row for row, begins in enumerate(packed.begins[made.dataset.name])}
    lines = [str(made.lines[place[line]]) for line in found.lines[:_LINES_NAMED] if place[line] < len(made.lines)]
    return found.column, found.reason, found.expected, str(len(found.lines)), ", ".join(lines)


def _rows(count: int) -> str:
    return f"{count} {'rad' if count == 1 else 'rader'}"
