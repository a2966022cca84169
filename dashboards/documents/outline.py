"""What stands in a report's documents and in which order: the chapters of the annual report, then the follow-up; and the numbered
chapters of the document that the municipality hands in.

The same blocks as on the pages, from ``content`` and ``follow_up``; how a kind of document shows them does not belong here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path

from dashboards.content import equality, follow_up, plan, purge_notes, target_group
from dashboards.content.annual_report import SUMMARY
from dashboards.content.happened import Statement, what_happened
from dashboards.content.provenance import sources_in_words
from dashboards.content.readings import Reading
from dashboards.content.report import ChapterContent, FactContent, Report
from dashboards.content.tables import Block, Heading, TableContent
from dashboards.documents import names
from dashboards.published.catalogue import Figure
from dashboards.published.open_data import OpenData, read_open_data
from dashboards.published.publication import Period, Publication
from dashboards.published.report import Published
from dashboards.wording import numbers
from dashboards.wording.audience import audience
from dashboards.wording.letters import lower_first
from pipelines.configuration.report_document import PERIOD, PERIOD_AFTER, DocumentSection

#: Every table of a document stands on a page; one with more columns is continued below with the rest.
MOST_COLUMNS = 9

#: What a place to write in asks for where the profile does not say.
WRITE = "Kapitlets text."
WRITE_ON_NUMBERS = "Vad siffrorna visar, och vad som ligger bakom förändringen sedan året före."

DEFINITIONS = "Så räknas det"

SIGNS_TEXT = (
    "Andelar visas i hela procent och är räknade på antalen, inte på avrundade andelar. En halv procent avrundas uppåt.",
    "Den som har fått ett nytt personnummer räknas som en person. Kön följer personens senaste personnummer. Stadsdel och "
    "jobbtorg är de som stod i registret sista gången personen fanns där, till och med periodens sista dag.",
)


@dataclass(frozen=True)
class Chapter:
    """A chapter of a document. ``blocks`` are those that have something to show; ``statements``: what happened, which the summary
    begins with, and ``told``: the numbers that they tell, which a text does not list again."""

    id: str
    title: str
    lead: str
    facts: tuple[FactContent, ...]
    blocks: tuple[Block, ...]
    statements: tuple[Statement, ...] = ()
    told: tuple[FactContent, ...] = ()


@dataclass(frozen=True)
class Part:
    """A numbered chapter, or a section of one, of the document that people write in. ``write``: what they write there."""

    title: str
    write: str
    chapter: Chapter | None = None
    sections: tuple["Part", ...] = ()


@dataclass(frozen=True)
class Outline:
    """A whole document, before it has a form."""

    title: str
    subtitle: str
    when: str
    notes: tuple[str, ...]
    chapters: tuple[Chapter, ...]
    follow_up: tuple[Chapter, ...]
    target_group: Chapter | None
    follow_up_lead: str
    figures: tuple[Figure, ...]
    data: Published
    open_data: OpenData
    #: Those that any number is of, by id.
    periods: Mapping[str, Period]

    @property
    def audience(self) -> str:
        """For whom the document is: it stands on each of its pages and sheets."""
        return audience(self.data.public_output)

    @property
    def publication(self) -> Publication:
        return self.data.publication

    @property
    def author(self) -> str:
        return self.publication.municipality_name

    @property
    def source(self) -> str:
        """What stands below each table."""
        return f"{self.short_source} Framställd {self.produced}."

    @property
    def short_source(self) -> str:
        return f"Källa: {self.author}, kommunens aktivitetsansvar."

    @property
    def contact(self) -> str:
        """Whom to ask, with an e-mail address where the profile has one."""
        name = self.open_data.contact_name or self.author
        return f"{name}, {self.open_data.contact_email}" if self.open_data.contact_email else name

    @property
    def produced(self) -> str:
        return numbers.long_date(self.publication.published_at.date())

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All tables, in the order of the documents; each has files of its own."""
        return tuple(block for chapter in self.all_chapters for block in chapter.blocks)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The numbered chapters, as the municipality's profile says."""
        return tuple(self._part(chapter, chapter.sections) for chapter in self.data.profile.document)

    def _part(self, section: DocumentSection, sections: Sequence[DocumentSection] = ()) -> Part:
        shown = self._chapter(section.shows)
        title = self._of_period(section.title) if section.title else shown.title if shown else ""
        write = self._of_period(section.write) if section.write else WRITE_ON_NUMBERS if shown else WRITE
        # A public report has no chapter on the plan: a section that is nothing else is left out.
        inner = tuple(self._part(each) for each in sections if each.title or self._chapter(each.shows))
        return Part(plain(title), plain(write), shown, inner)

    def _chapter(self, id_: str | None) -> Chapter | None:
        return next((chapter for chapter in (*self.chapters, *self.follow_up) if chapter.id == id_), None)

    def _of_period(self, text: str) -> str:
        label = self.data.period.label
        following = str(int(label) + 1) if label.isdigit() else "nästa period"
        return text.replace(PERIOD, label).replace(PERIOD_AFTER, following)

    @property
    def definitions_title(self) -> str:
        return f"Bilaga {4 if self.target_group else 3}. {DEFINITIONS}"

    @property
    def all_chapters(self) -> tuple[Chapter, ...]:
        return (*self.chapters, *self.follow_up, *([self.target_group] if self.target_group else []))


def read(published_file: Path, data: Published) -> Outline:
    """The outline of one period's report."""
    report = Report(data)
    period = data.period
    is_report_year = period.kind == data.publication.report_year_kind
    further = follow_up.read(published_file, data)
    when = numbers.interval(period.starts_on, period.ends_on) if period.starts_on and period.ends_on else period.title
    return Outline(
        title=f"Årsrapport {period.label}" if is_report_year else f"Rapport för {period.title}",
        subtitle=f"Kommunens aktivitetsansvar i {data.publication.municipality_name}",
        when=f"Statistiken avser perioden {when}.",
        notes=tuple(plain(note) for note in (*report.notes(), *_missing(data))),
        chapters=tuple(_lacking(data, _chapter(each, report)) for each in report.chapters()),
        follow_up=tuple(
            _lacking(data, each)
            for each in (
                *(_section(section) for section in further.sections()),
                _equality(equality.read(published_file, data)),
                *_plan(published_file, data),
            )
        ),
        target_group=_target_group(published_file, data) if data.public_output is None else None,
        follow_up_lead=plain(further.partial() or ""),
        figures=tuple(data.catalogue.values()),
        data=data,
        open_data=read_open_data(published_file),
        periods={each.id: each for each in (*further.series.periods, data.before, period)},
    )


def _plan(published_file: Path, data: Published) -> tuple[Chapter, ...]:
    """How often the plan's promises were kept; a public output does not tell."""
    if data.public_output is not None or "plan" in data.failed_parts:
        return ()
    card = plan.score_card(published_file, data)
    lead = "Vad handlingsplanen lovar om det uppsökande arbetet, och hur ofta det blev så."
    return (Chapter("handlingsplan", "Så följs handlingsplanen", lead, (), _shown([card])),) if card else ()


def _missing(data: Published) -> tuple[str, ...]:
    if "target_group" not in data.failed_parts:
        return ()
    return ("Avsnittet Målgrupp och register saknas, för det kunde inte göras vid den senaste körningen.",)


def _chapter(chapter: ChapterContent, report: Report) -> Chapter:
    if chapter.id == SUMMARY:
        return _summary(chapter, report)
    shown = _shown(chapter.blocks)
    nothing = "" if shown or chapter.facts else " Det finns inga uppgifter för perioden."
    return Chapter(chapter.id, chapter.title, plain(chapter.lead) + nothing, chapter.facts, shown)


def _summary(chapter: ChapterContent, report: Report) -> Chapter:
    """What happened, then the numbers that it has not told: each number stands once in the text. The chapter's lead would say
    them all again."""
    statements = tuple(replace(each, text=plain(each.text)) for each in what_happened(report))
    shown = _shown(chapter.blocks)
    text = " ".join([*(statement.text for statement in statements), *(block.finding or "" for block in shown)])
    facts, told = [], []
    for fact in chapter.facts:
        if _tells(text, fact.cell.in_text):
            told.append(fact)
        else:
            again = fact.aside is not None and _tells(text, fact.aside.reading.cell.in_text)
            facts.append(replace(fact, aside=None) if again else fact)
    return Chapter(chapter.id, chapter.title, "", tuple(facts), shown, statements, tuple(told))


def _tells(text: str, number: str) -> bool:
    return number != numbers.NOT_AVAILABLE and bool(
        re.search(rf"(?<![\d{numbers.BLANK}]){re.escape(number)}(?!\d)", text)
    )


def _section(section: follow_up.Section) -> Chapter:
    blocks = [block for item in section.items for block in _with_more(item)]
    shown = _shown(replace(block, definitions=block.definitions or section.definitions) for block in blocks)
    return Chapter(section.id, section.title, plain(section.lead), (), shown)


def _equality(found: equality.Equality) -> Chapter:
    """All of the page ”Likvärdighet” as one chapter: its sections have two or three tables each."""
    blocks = _shown(item.block for section in found.sections() for item in section.items)
    return Chapter("likvardighet", "Likvärdighet", " ".join(found.how_to_read()), (), blocks)


def _target_group(published_file: Path, data: Published) -> Chapter | None:
    """The comparison of the latest night; None where no register extract has come in, or where it could not be made."""
    found = target_group.read(published_file, data) if "target_group" not in data.failed_parts else None
    if found is None or found.night is None:
        return None
    night = numbers.long_date(found.night)
    of_night = (Period(f"dag-{found.night}", "dag", night, found.night, found.night),)
    parts = [replace(block, title=f"Skillnader {lower_first(block.title)}") for block in found.groups]
    blocks = [*([found.changes] if found.changes else []), *found.reasons, *found.lengths, *parts]
    blocks = [
        replace(block, definitions=found.definitions, periods=of_night, title=f"{block.title}, {night}")
        for block in blocks
    ]
    if found.years:
        blocks.append(
            replace(
                found.years,
                definitions=found.definitions,
                title=f"Målgrupp och register {lower_first(found.years.title)}",
            )
        )
    lead = f"Vilka som {night} hörde till målgruppen enligt skollagen, jämfört med vilka som fanns i registret. "
    return Chapter("malgrupp", "Målgrupp och register", lead + " ".join(found.warnings), (), _shown(blocks))


def _with_more(item: follow_up.Item) -> list[Block]:
    """A block of the follow-up and its further tables, each as a table of its own."""
    found = [item.block]
    for place, (summary, table) in enumerate(item.more, start=2):
        found.append(
            replace(
                item.block,
                id=names.more_id(item.block.id, place),
                title=f"{item.block.title}, {summary.removeprefix('Visa ')}",
                table=table,
                charted=None,
                marks=None,
                marks_label=None,
            )
        )
    return found


def _lacking(data: Published, chapter: Chapter) -> Chapter:
    """The chapter with what its numbers lack of persons who have been purged: those in the text, and those of each table."""
    in_text = purge_notes.lacking(data, (cell for fact in chapter.facts for cell in (fact.cell, fact.before)))
    blocks = tuple(
        replace(
            block, notes=(*block.notes, *purge_notes.lacking(data, (cell for row in block.table.cells for cell in row)))
        )
        for block in chapter.blocks
    )
    return replace(chapter, lead=" ".join([chapter.lead, *in_text]), blocks=blocks)


def _shown(blocks: Iterable[Block]) -> tuple[Block, ...]:
    return tuple(_plain_block(block) for block in blocks if names.has_files(block.table))


def plain(text: str) -> str:
    """Text without characters that XML cannot hold, on one line; names come from files that others write."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+", " ", text)


def _plain_line(line: Heading) -> Heading:
    return replace(line, label=plain(line.label), group=plain(line.group) if line.group else line.group)


def _plain_table(table: TableContent | None) -> TableContent | None:
    if table is None:
        return None
    return replace(
        table,
        corner=plain(table.corner),
        rows=tuple(_plain_line(row) for row in table.rows),
        columns=tuple(_plain_line(column) for column in table.columns),
    )


def _plain_block(block: Block) -> Block:
    table = _plain_table(block.table)
    assert table is not None
    return replace(
        block,
        title=plain(block.title),
        finding=plain(block.finding) if block.finding else None,
        notes=tuple(plain(note) for note in block.notes),
        table=table,
        charted=_plain_table(block.charted),
        marks=_plain_table(block.marks),
    )


def signs(table: TableContent, *left_out: str) -> str:
    """What the signs of a table mean, for those that it has."""
    used = {cell.text for row in table.cells for cell in row} - set(left_out)
    return "; ".join(f"{mark} = {meaning}" for mark, meaning in numbers.SIGNS if mark in used)


def below(block: Block, outline: "Outline", explained: Sequence[str] = (numbers.NOTHING,)) -> list[str]:
    """The lines below a table or diagram of a text document. ``explained``: signs that the document explains elsewhere."""
    marks = signs(block.table, *explained)
    return [*block.notes, *([marks] if marks else []), outline.short_source]


def letters(table: TableContent) -> list[int]:
    """How many letters wide each column must be, the labels first: its longest word, or its part of a common heading's."""
    widths = []
    for place, line in enumerate(table.columns):
        texts = [*line.label.split(), *(row[place].text for row in table.cells)]
        widths.append(max(5, *map(len, texts)))
    start = 0
    for group, lines in groupby(table.columns, key=lambda line: line.group):
        count = len(list(lines))
        missing = max((len(word) for word in (group or "").split()), default=0) - sum(widths[start : start + count])
        if missing > 0:
            widths[start : start + count] = [width + missing // count + 1 for width in widths[start : start + count]]
        start += count
    return [max(len(text) for text in (table.corner, *(row.label for row in table.rows))), *widths]


def column_widths(table: TableContent, room: int, letter: float, padding: int, most: int) -> list[int]:
    """The widths of a table's columns in a text of a width of ``room``, where a letter and a cell's margins take that much: each
    number column as wide as it must be, the labels the rest. A number column is at ``most`` so wide: a narrow table with its
    numbers far apart is hard to read across, so it does not fill the page."""
    first, *numbers_ = (int(letter * count) + padding for count in letters(table))
    columns = [max(width, min(most, (room - first) // len(numbers_))) for width in numbers_]
    widths = [max(room // 7, min(room - sum(columns), first)), *columns]
    too_wide = sum(widths)
    return [width * room // too_wide for width in widths] if too_wide > room else widths


def period_line(block: Block, outline: "Outline") -> str:
    """Which period a table is about, as a sentence."""
    if not block.periods:
        return "Avser alla perioder som finns publicerade till och med rapportens period."
    return f"Avser {' och '.join(period.title for period in reversed(block.periods))}."


def with_days(period: Period) -> str:
    """A period's name with its days where they are known: a report year need not be a calendar year."""
    if period.starts_on is None or period.ends_on is None:
        return period.title
    return f"{period.title} ({numbers.interval(period.starts_on, period.ends_on)})"


def days(block: Block, outline: "Outline") -> tuple[date | None, date | None]:
    """The first and last day that a table is about, where they are known."""
    publication, period = outline.publication, outline.data.period
    if not block.periods:
        return publication.first_extract_date, period.ends_on
    known = [each for each in block.periods if each.starts_on and each.ends_on]
    return (known[0].starts_on, known[-1].ends_on) if known else (None, None)


def panels(table: TableContent) -> list[TableContent]:
    """A table as it fits on a page: all of it, or its columns in runs that keep a common heading together where they can."""
    runs: list[list[int]] = []
    for index, column in enumerate(table.columns):
        same = runs and column.group is not None and table.columns[runs[-1][-1]].group == column.group
        if same and len(runs[-1]) < MOST_COLUMNS:
            runs[-1].append(index)
        else:
            runs.append([index])
    parts: list[list[int]] = []
    for run in runs:
        if parts and len(parts[-1]) + len(run) <= MOST_COLUMNS:
            parts[-1] += run
        else:
            parts.append(list(run))
    return [
        replace(
            table,
            columns=tuple(table.columns[index] for index in part),
            cells=tuple(tuple(row[index] for index in part) for row in table.cells),
        )
        for part in parts
    ]


@dataclass(frozen=True)
class Definition:
    """A figure of the catalogue as an appendix shows it: what it is, what is counted, and facts about it."""

    id: str
    title: str
    text: str
    warnings: tuple[str, ...]
    measures: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]


def definition(figure: Figure) -> Definition:
    """The words of the page ”Så räknas det”."""
    shown = (
        f"för hela kommunen och per {numbers.listed(figure.divided_by)}"
        if figure.divided_by
        else "bara för hela kommunen"
    )
    if figure.category_title:
        shown += f", uppdelat efter {lower_first(figure.category_title)}"
        if figure.subcategory_title:
            shown += f" och {lower_first(figure.subcategory_title)}"
    facts = (
        ("Med enkla ord", figure.plain.counts),
        ("Det här räknas inte", figure.plain.leaves_out),
        ("Exempel", figure.plain.example),
        ("Enhet", figure.unit),
        ("Redovisas", shown),
        ("Källa", "; ".join(sources_in_words(figure.sources))),
        ("Rättslig grund", figure.legal_ground),
        ("Grund i dokument", figure.source),
        ("Finns sedan", figure.since or ""),
    )
    return Definition(
        figure.id,
        plain(figure.title),
        plain(figure.definition),
        tuple(plain(warning) for warning in figure.warnings),
        tuple((plain(measure.title), plain(measure.definition)) for measure in figure.measures),
        tuple((title, plain(text)) for title, text in facts if text),
    )


def fact_lines(chapter: Chapter) -> list[tuple[str, str]]:
    """The chapter's numbers: (number, the rest of the line)."""
    return [(fact.cell.in_text, plain(_fact_line(fact))) for fact in chapter.facts]


def _fact_line(fact: FactContent) -> str:
    line = f"{fact.label} ({_before(fact)})"
    if fact.aside:
        known = f" ({_before(fact.aside.reading)})" if fact.aside.reading.is_compared else ""
        line += f" – {fact.aside.text}{known}"
    return line


def _before(reading: Reading) -> str:
    difference = f", {reading.difference}" if reading.difference else ""
    return f"{reading.before_label}: {reading.before_text}{difference}"
