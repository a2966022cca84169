"""The numbers of each table, diagram and sentence of a report, ready to show.

``annual_report`` says which figures; this module takes them from ``published`` and gives tables of cells with Swedish texts,
for pages and documents alike. No HTML and no Plotly here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from dashboards.content import annual_report as report
from dashboards.published import ALL, MISSING, Address, District, Figure, Period, Published
from dashboards.wording import numbers

#: The report's own words for who has no district, and so no job-centre.
MISSING_LABEL = "Saknar stadsdel"
WHOLE_MUNICIPALITY = "Hela kommunen"


@dataclass(frozen=True)
class Cell:
    """One number of a table: a count (``whole`` is None and ``is_share`` false) or a share of two counts."""

    part: Decimal | None
    whole: Decimal | None = None
    is_share: bool = False

    @property
    def text(self) -> str:
        """As it stands in a table."""
        return numbers.share_cell(self.part, self.whole) if self.is_share else numbers.count_cell(self.part)

    @property
    def in_text(self) -> str:
        """As it stands in a sentence, where zero is 0."""
        if self.part is None or (self.is_share and not self.whole):
            return self.text
        return numbers.share(self.part, self.whole or 0) if self.is_share else numbers.number(self.part)

    @property
    def size(self) -> float:
        """How long its bar is: the count, or the share in per cent."""
        if self.is_share:
            return float(100 * (self.part or 0) / self.whole) if self.whole else 0.0
        return float(self.part or 0)

    @property
    def is_empty(self) -> bool:
        return not self.part and not self.whole


@dataclass(frozen=True)
class Line:
    """A row or column: its heading and what it adds to a number's address."""

    label: str
    district: tuple[str, ...] = (ALL,)
    gender: str = ALL
    job_centre: str = ALL
    category: str = ALL
    subcategory: str = ALL
    period: Period | None = None
    value: report.Value | None = None
    role: str | None = None
    total: bool = False
    group: str | None = None


@dataclass(frozen=True)
class TableContent:
    """A table with its numbers. ``columns[i]`` heads ``cells[row][i]``; neighbouring columns of one ``group`` share a heading."""

    corner: str
    rows: tuple[Line, ...]
    columns: tuple[Line, ...]
    cells: tuple[tuple[Cell, ...], ...]

    @property
    def is_empty(self) -> bool:
        return all(cell.is_empty for row in self.cells for cell in row)


@dataclass(frozen=True)
class About:
    """Where a number comes from: a figure of the catalogue and those of its measures that are used."""

    figure: Figure
    measures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Block:
    """A table or diagram of the report. ``table`` is the whole table (for a diagram the one behind it), ``charted`` the part
    that the diagram draws and ``marks`` the same for the year before."""

    id: str
    number: str | None
    title: str
    beside: bool
    table: TableContent
    notes: tuple[str, ...]
    about: tuple[About, ...]
    charted: TableContent | None = None
    marks: TableContent | None = None
    marks_label: str | None = None
    #: The periods that the table is of, the earlier one first; empty where it is over all periods that are published.
    periods: tuple[Period, ...] = ()

    @property
    def is_diagram(self) -> bool:
        return self.charted is not None

    @property
    def heading(self) -> str:
        return f"{self.number}. {self.title}" if self.number else self.title


@dataclass(frozen=True)
class FactContent:
    """A number in the text."""

    id: str
    label: str
    cell: Cell
    before: Cell
    before_label: str
    aside: str | None

    def __str__(self) -> str:
        return self.cell.in_text

    @property
    def change(self) -> str:
        """`, 392 fler än 2022` for a sentence; nothing where the year before is not known."""
        if self.cell.part is None or self.before.part is None:
            return ""
        if self.cell.is_share:
            return f", jämfört med {self.before.in_text} {self.before_label}" if self.before.whole else ""
        return ", " + numbers.change(self.cell.part, self.before.part, self.before_label)

    @property
    def difference(self) -> str | None:
        """`+2 128` beside the year before; shares have none (a difference of rounded shares misleads)."""
        if self.cell.is_share or self.cell.part is None or self.before.part is None:
            return None
        value = self.cell.part - self.before.part
        return f"+{numbers.number(value)}" if value > 0 else numbers.number(value) if value else "oförändrat"


@dataclass(frozen=True)
class ChapterContent:
    id: str
    title: str
    lead: str
    facts: tuple[FactContent, ...]
    about: tuple[About, ...]
    blocks: tuple[Block, ...]


def selects(value: report.Value) -> tuple[report.Select, ...]:
    """The published numbers that a value is made of."""
    if isinstance(value, report.Share):
        return selects(value.part) + selects(value.whole)
    return value.plus + value.minus


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _and(words: list[str]) -> str:
    return " och ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


class Report:
    """The content of one period's annual report."""

    def __init__(self, published: Published) -> None:
        self.published = published
        self._words = {
            "year": published.period.label,
            "before": published.before.label,
            "period": published.period.title,
            "per_district": " per stadsdel" if published.districts else "",
            "per_job_centre": " per jobbtorg" if published.job_centres else "",
        }

    # -- one number ----------------------------------------------------------------------------------------------

    def _number(self, select: report.Select, line: Line) -> Decimal | None:
        """The sum over the line's districts; None where one of them is not known."""
        total = Decimal(0)
        for district in line.district:
            address = Address(
                figure=select.figure,
                measure=select.measure,
                period=(line.period or self.published.period).id,
                gender=line.gender if line.gender != ALL else select.gender,
                district=district,
                job_centre=line.job_centre,
                category=line.category if line.category != ALL else select.category,
                subcategory=line.subcategory if line.subcategory != ALL else select.subcategory,
            )
            value = self.published.value(address)
            if value is None:
                return None
            total += value
        return total

    def _count(self, count: report.Count, line: Line) -> Decimal | None:
        plus = [self._number(select, line) for select in count.plus]
        minus = [self._number(select, line) for select in count.minus]
        known = [number for number in plus + minus if number is not None]
        if len(known) < len(plus) + len(minus):
            return None
        return sum(known[: len(plus)], Decimal(0)) - sum(known[len(plus) :], Decimal(0))

    def cell(self, value: report.Value, line: Line) -> Cell:
        """A value at a line's address."""
        if isinstance(value, report.Share):
            return Cell(self._count(value.part, line), self._count(value.whole, line), is_share=True)
        return Cell(self._count(value, line))

    # -- axes ----------------------------------------------------------------------------------------------------

    def _districts(self, axis: report.Districts, period: Period) -> Iterator[Line]:
        day = period.ends_on
        if not self.published.districts:
            yield Line(WHOLE_MUNICIPALITY)
            return
        used = set(self.published.used("district", period=period.id))
        shown = [
            district
            for district in self.published.districts
            if (day is None or district.in_force(day)) or district.code in used
        ]
        codes = {district.code for district in shown}
        for district in shown:
            # A new district is compared with those it was made of. Nobody is in two districts, so they add up.
            older = tuple(item.code for item in self._made_of(district) if item.code not in codes)
            yield Line(district.name, district=(district.code, *older))
        if MISSING in self.published.used("district"):
            yield Line(MISSING_LABEL, district=(MISSING,))
        if axis.total:
            yield Line("Totalt", total=True)

    def _made_of(self, district: District) -> list[District]:
        found = [item for item in self.published.districts if item.successor == district.code]
        return found + [older for item in found for older in self._made_of(item)]

    def _job_centres(self) -> Iterator[Line]:
        for code, name in self.published.job_centres:
            yield Line(name, job_centre=code)
        if not self.published.job_centres:
            yield Line(WHOLE_MUNICIPALITY, total=True)
            return
        if MISSING in self.published.used("job_centre"):
            yield Line(MISSING_LABEL, job_centre=MISSING)
        yield Line("Totalt", total=True)

    def _categories(self, axis: report.Categories) -> Iterator[Line]:
        figure = self.published.catalogue.get(axis.figure)
        code_list = figure.category_list if figure else None
        listed = self.published.codes(code_list) if code_list else []
        others = [code for code in self.published.used("category", axis.figure) if code not in listed]
        for code in listed + others:
            if code not in axis.leave_out:
                yield Line(self.published.labels.get((code_list or "", code), code), category=code)

    def _key_numbers(self, axis: report.KeyNumbers) -> Iterator[Line]:
        for category in self.published.used("category", axis.figure):
            for subcategory in self.published.used("subcategory", axis.figure):
                line = Line(f"{category}: {subcategory}", category=category, subcategory=subcategory)
                select = report.Select(axis.figure, "value")
                periods = (self.published.period, self.published.before)
                if any(self._number(select, replace(line, period=period)) is not None for period in periods):
                    yield line

    def _lines(self, axis: report.Axis, period: Period) -> tuple[Line, ...]:
        published = self.published
        match axis:
            case report.Items(items):
                return tuple(
                    Line(item.label, value=item.value, role=item.role, total=item.total, group=item.group)
                    for item in items
                )
            case report.Periods():
                return (
                    Line(_capital(published.period.label), period=published.period, role="year"),
                    Line(_capital(published.before.label), period=published.before, role="year_before"),
                )
            case report.Genders():
                return (
                    Line("Kvinnor", gender=report.WOMEN, role="women"),
                    Line("Män", gender=report.MEN, role="men"),
                    Line("Totalt", total=True),
                )
            case report.Districts():
                return tuple(self._districts(axis, period))
            case report.JobCentres():
                return tuple(self._job_centres())
            case report.Categories():
                return tuple(self._categories(axis))
            case report.Answers(codes):
                return tuple(Line(code, subcategory=code) for code in codes)
            case report.KeyNumbers():
                return tuple(self._key_numbers(axis))

    # -- tables --------------------------------------------------------------------------------------------------

    def _join(self, row: Line, column: Line, period: Period) -> Line:
        """The address where a row and a column meet."""
        return Line(
            label="",
            district=row.district if row.district != (ALL,) else column.district,
            gender=row.gender if row.gender != ALL else column.gender,
            job_centre=row.job_centre if row.job_centre != ALL else column.job_centre,
            category=row.category if row.category != ALL else column.category,
            subcategory=row.subcategory if row.subcategory != ALL else column.subcategory,
            period=row.period or column.period or period,
        )

    def _fill(self, grid: report.Grid, rows: Iterable[Line], columns: Iterable[Line], period: Period) -> TableContent:
        rows, columns = tuple(rows), tuple(columns)
        cells = []
        for row in rows:
            line_cells = []
            for column in columns:
                value = row.value or column.value or grid.value
                assert value is not None, f"{grid.corner}: neither axis nor grid says which number"
                line_cells.append(self.cell(value, self._join(row, column, period)))
            cells.append(tuple(line_cells))
        return TableContent(grid.corner, rows, columns, tuple(cells))

    def _main_period(self, grid: report.Grid) -> Period:
        return self.published.before if grid.when == "before" else self.published.period

    def _rows(self, grid: report.Grid) -> tuple[Line, ...]:
        """The grid's rows, ordered and chosen by the numbers of its own period."""
        period = self._main_period(grid)
        rows = self._lines(grid.rows, period)
        columns = self._lines(grid.columns, period)
        if grid.without_empty_rows:
            full = self._fill(grid, rows, self._both(columns), period)
            rows = tuple(row for row, cells in zip(rows, full.cells, strict=True) if any(c.part for c in cells))
        if grid.order == "size":
            table = self._fill(grid, rows, columns, period)
            size = {
                row: max((cell.part or 0 for cell in cells if not cell.is_share), default=0)
                for row, cells in zip(rows, table.cells, strict=True)
            }
            rows = tuple(sorted(rows, key=lambda row: (row.total, row.district == (MISSING,), -size[row])))
        return rows

    def _both(self, columns: Iterable[Line]) -> tuple[Line, ...]:
        """The columns once for the period and once for the year before."""
        return tuple(
            replace(column, period=period, group=_capital(period.label))
            for period in (self.published.period, self.published.before)
            for column in columns
        )

    def table(self, grid: report.Grid) -> TableContent:
        """The whole table of a grid."""
        period = self._main_period(grid)
        columns = self._lines(grid.columns, period)
        return self._fill(grid, self._rows(grid), self._both(columns) if grid.when == "both" else columns, period)

    def _drawn(self, grid: report.Grid, period: Period) -> TableContent:
        columns = [line for line in self._lines(grid.columns, self._main_period(grid)) if line.role]
        columns = [line for line in columns if line.period is None or line.period.available]
        rows = [row for row in self._rows(grid) if not row.total or len(self._rows(grid)) == 1]
        return self._fill(grid, rows, columns, period)

    # -- the report ----------------------------------------------------------------------------------------------

    def _about(self, values: Iterable[report.Value]) -> tuple[About, ...]:
        used: dict[str, list[str]] = {}
        for value in values:
            for select in selects(value):
                measures = used.setdefault(select.figure, [])
                if select.measure not in measures:
                    measures.append(select.measure)
        return tuple(
            About(
                figure,
                tuple((item.title, item.definition) for item in figure.measures if item.id in used[figure.id]),
            )
            for figure in self.published.catalogue.values()
            if figure.id in used
        )

    def _grid_values(self, grid: report.Grid) -> list[report.Value]:
        values = [grid.value] if grid.value else []
        for axis in (grid.rows, grid.columns):
            if isinstance(axis, report.Items):
                values += [item.value for item in axis.items]
        return values

    def _before_note(self) -> str:
        return f"Uppgifter för {self.published.before.label} finns inte i det som är publicerat."

    def _grid_notes(self, grid: report.Grid) -> Iterator[str]:
        published = self.published
        shows_before = grid.when != "this" or any(
            isinstance(axis, report.Periods) for axis in (grid.rows, grid.columns)
        )
        if shows_before and not published.before.available:
            yield self._before_note()
        axes = (grid.rows, grid.columns)
        if any(isinstance(axis, report.Districts) for axis in axes):
            if published.districts:
                yield from self._district_notes(grid)
            else:
                yield "Kommunen redovisas inte per stadsdel."
        if any(isinstance(axis, report.JobCentres) for axis in axes) and not published.job_centres:
            yield "Kommunen redovisas inte per jobbtorg."

    def _district_notes(self, grid: report.Grid) -> Iterator[str]:
        period = self._main_period(grid)
        if period.ends_on is None or not period.available:
            return
        yield f"Stadsdelar enligt den indelning som gällde {numbers.long_date(period.ends_on)}."
        before = self.published.before
        if grid.when == "both" and before.available and before.ends_on is not None:
            day = before.ends_on
            for district in self.published.districts:
                older = [item.name for item in self._made_of(district) if item.in_force(day)]
                if older and not district.in_force(day) and district.in_force(period.ends_on):
                    yield f"{district.name}: för {before.label} visas {_and(older)} sammanräknade."

    def block(self, item: report.Table | report.Diagram) -> Block:
        """One table or diagram."""
        charted = marks = None
        if isinstance(item, report.Diagram):
            charted = self._drawn(item.grid, self._main_period(item.grid))
            if item.marks and self.published.before.available:
                marks = self._drawn(item.grid, self.published.before)
        return Block(
            id=item.id,
            number=item.number,
            title=item.title.format(**self._words),
            beside=item.beside,
            table=self.table(item.grid),
            notes=(*item.notes, *self._grid_notes(item.grid)),
            about=self._about(self._grid_values(item.grid)),
            charted=charted,
            marks=marks,
            marks_label=_capital(self.published.before.label) if marks else None,
            periods=self._periods(item.grid),
        )

    def _periods(self, grid: report.Grid) -> tuple[Period, ...]:
        if grid.when == "both" or isinstance(grid.rows, report.Periods) or isinstance(grid.columns, report.Periods):
            return self.published.before, self.published.period
        return (self._main_period(grid),)

    def fact(self, fact: report.Fact) -> FactContent:
        """One number in the text."""
        aside = None
        if fact.aside:
            text, value = fact.aside
            cell = self.cell(value, Line(""))
            if cell.part is not None and cell.whole:
                aside = text.format(share=cell.in_text)
        return FactContent(
            id=fact.id,
            label=fact.label.format(**self._words),
            cell=self.cell(fact.value, Line("")),
            before=self.cell(fact.value, Line("", period=self.published.before)),
            before_label=self.published.before.label,
            aside=aside,
        )

    def chapter(self, chapter: report.Chapter) -> ChapterContent:
        """One chapter with all its numbers."""
        facts = tuple(self.fact(fact) for fact in chapter.facts)
        return ChapterContent(
            id=chapter.id,
            title=chapter.title.format(**self._words),
            lead=chapter.lead.format(**self._words, **{fact.id: fact for fact in facts}),
            facts=facts,
            about=self._about(fact.value for fact in chapter.facts),
            blocks=tuple(self.block(block) for block in chapter.blocks),
        )

    def chapters(self) -> tuple[ChapterContent, ...]:
        """The whole report."""
        return tuple(self.chapter(chapter) for chapter in report.chapters(self.published.profile))

    def titles(self) -> dict[str, str]:
        """The chapters' titles by id, in the report's order, without a number being read."""
        found = report.chapters(self.published.profile)
        return {chapter.id: chapter.title.format(**self._words) for chapter in found}

    def summary(self) -> ChapterContent:
        """The year in short."""
        return self.chapter(report.summary())

    def notes(self) -> tuple[str, ...]:
        """What the reader must know about the whole report."""
        published, publication = self.published, self.published.publication
        period, before = published.period, published.before
        first, last = publication.first_extract_date, publication.last_extract_date
        notes = []
        if first and period.starts_on and first > period.starts_on:
            notes.append(
                f"Underlaget börjar {numbers.long_date(first)}. Siffrorna omfattar därför inte hela {period.title}."
            )
        if last and period.ends_on and last < period.ends_on:
            notes.append(
                f"Perioden är inte avslutad i underlaget: det senaste uttaget är från {numbers.long_date(last)}."
            )
        if not before.available:
            notes.append(f"{self._before_note()} Där en uppgift saknas står ”{numbers.NOT_AVAILABLE}” i tabellerna.")
        elif first and before.starts_on and first > before.starts_on:
            notes.append(
                f"Underlaget börjar {numbers.long_date(first)}. Jämförelser med {before.label} är därför osäkra."
            )
        return tuple(notes)
