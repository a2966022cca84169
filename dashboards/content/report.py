"""The numbers of each table, diagram and sentence of a report, ready to show.

``annual_report`` says which figures; this module takes them from ``published`` and gives tables of cells with Swedish texts,
for pages and documents alike. No HTML and no Plotly here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from dashboards.content import annual_report as report
from dashboards.content import findings, targets
from dashboards.content.delivered import Delivered
from dashboards.content.readings import Reading, Readings
from dashboards.content.tables import (
    MISSING_LABEL,
    Block,
    Cell,
    Definition,
    Heading,
    Points,
    TableContent,
    definitions,
    fill,
)
from dashboards.published.file import MISSING
from dashboards.published.numbers import Change, Number, Share, one
from dashboards.published.publication import Period
from dashboards.published.report import District, Published
from dashboards.wording import numbers
from dashboards.wording.letters import capital

WHOLE_MUNICIPALITY = "Hela kommunen"


@dataclass(frozen=True)
class Aside:
    """A second number in small type: the text with the number."""

    text: str
    reading: Reading


@dataclass(frozen=True)
class FactContent(Reading):
    """A number in the text."""

    id: str
    label: str
    aside: Aside | None

    def __str__(self) -> str:
        return self.cell.in_text

    @property
    def change_in_words(self) -> str:
        """`, 392 fler än 2022` for a sentence; nothing where the year before is not known."""
        if not self.is_compared or self.cell.part is None or self.before.part is None:
            return ""
        return ", " + numbers.change(self.cell.part, self.before.part, self.before_label)


@dataclass(frozen=True)
class ChapterContent:
    id: str
    title: str
    lead: str
    facts: tuple[FactContent, ...]
    definitions: tuple[Definition, ...]
    #: Those that the numbers in the text are of, the earlier one first.
    periods: tuple[Period, ...]
    blocks: tuple[Block, ...]


#: Of a number that is no part of another.
NO_SHARE = Cell(Decimal(0), Decimal(0), is_share=True)


def _of(label: str, centre: Heading) -> str:
    """`Till studier, Jobbtorg Kista`; the label alone where the municipality has no job-centres."""
    if centre.label == WHOLE_MUNICIPALITY:
        return label
    is_name = "job_centre" in centre.codes and not centre.has("job_centre", MISSING)
    return f"{label}, {centre.label if is_name else centre.label.lower()}"


def _change(now: Cell, before: Cell, number: Change) -> Cell:
    """What a number is more or less than the year before; of shares in percentage points, from the counts. Nothing where one of
    the two is hidden, or a share of nothing."""
    if not (now.is_known and before.is_known):
        return Points(None) if now.is_share else Cell(None)
    assert now.part is not None and before.part is not None
    if now.whole and before.whole:
        return Points(numbers.points_between(now.part, now.whole, before.part, before.whole), number=number)
    return Cell(now.part - before.part, number=number)


def _place(row: Heading, places: dict[str, int]) -> int:
    """The place of a row's district; behind all others where it has none."""
    code = row.codes.get("district", "")
    return places.get(code if isinstance(code, str) else code[0], len(places))


def _in_text(reading: Reading) -> dict[str, str]:
    """A number as a label names it: a share with its whole."""
    if not reading.cell.is_share:
        return {"number": reading.cell.in_text}
    whole = reading.cell.whole
    return {"share": reading.cell.in_text, "whole": numbers.NOT_AVAILABLE if whole is None else numbers.number(whole)}


def _agreeing(reading: Reading, label: str) -> str:
    """A label as it stands beside its number."""
    return numbers.agreeing(f"{reading.cell.in_text} {label}").removeprefix(f"{reading.cell.in_text} ")


class Report:
    """The content of one period's annual report."""

    def __init__(self, published: Published) -> None:
        self.published = published
        self.readings = Readings.of(published)
        self._words = {
            "year": published.period.label,
            "before": published.before.label,
            "period": published.period.title,
            "per_district": " per stadsdel" if published.districts else "",
            "per_job_centre": " per jobbtorg" if published.job_centres else "",
        }

    @cached_property
    def _plan(self) -> tuple[report.Chapter, ...]:
        """Which tables and numbers stand where."""
        published = self.published
        held = [target for target in published.profile.targets if target.holds_in(published.period)]
        diagrams = [targets.diagram(target, published.catalogue[target.figure]) for target in held]
        return report.chapters(published.profile, diagrams, Delivered(published).kept)

    # -- axes ----------------------------------------------------------------------------------------------------

    def _districts(self, axis: report.Districts, period: Period) -> Iterator[Heading]:
        day = period.ends_on
        if not self.published.districts:
            yield Heading(WHOLE_MUNICIPALITY)
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
            yield Heading(district.name, {"district": (district.code, *older)})
        if MISSING in self.published.used("district"):
            yield Heading(MISSING_LABEL, {"district": MISSING})
        if axis.total:
            yield Heading("Totalt", total=True)

    def _made_of(self, district: District) -> list[District]:
        found = [item for item in self.published.districts if item.successor == district.code]
        return found + [older for item in found for older in self._made_of(item)]

    def _job_centres(self, axis: report.JobCentres) -> Iterator[Heading]:
        for code, name in self.published.job_centres:
            yield Heading(name, {"job_centre": code})
        if not self.published.job_centres:
            yield Heading(WHOLE_MUNICIPALITY, total=True)
            return
        if MISSING in self.published.used("job_centre"):
            yield Heading(axis.missing or MISSING_LABEL, {"job_centre": MISSING})
        yield Heading("Totalt", total=True)

    def _categories(self, axis: report.Categories) -> Iterator[Heading]:
        figure = self.published.catalogue.get(axis.figure)
        code_list = figure.category_list if figure else None
        listed = self.published.codes(code_list) if code_list else []
        others = [code for code in self.published.used("category", axis.figure) if code not in listed]
        for code in listed + others:
            if code not in axis.leave_out:
                yield Heading(self.published.labels.get((code_list or "", code), code), {"category": code})
        if axis.total:
            yield Heading("Totalt", total=True)

    def _subcategories(self, axis: report.Subcategories) -> Iterator[Heading]:
        code_list = self.published.catalogue[axis.figure].subcategory_list or ""
        for code in self.published.codes(code_list):
            yield Heading(self.published.labels[code_list, code], {"subcategory": code})
        yield Heading("Totalt", total=True)

    def _key_numbers(self, axis: report.KeyNumbers) -> Iterator[Heading]:
        for category in self.published.used("category", axis.figure):
            for subcategory in self.published.used("subcategory", axis.figure):
                codes = {"category": category, "subcategory": subcategory}
                found = self.readings.reading(one(axis.figure, "value"), **codes)
                if found.cell.part is not None or found.before.part is not None:
                    yield Heading(f"{category}: {subcategory}", codes)

    def _headings(self, axis: report.Axis, period: Period) -> tuple[Heading, ...]:
        published = self.published
        match axis:
            case report.Items(items):
                return tuple(
                    Heading(item.label, number=item.number, role=item.role, total=item.total, group=item.group)
                    for item in items
                )
            case report.YearOnYear():
                return tuple(
                    Heading(label, codes, group=group)
                    for group, of in (("Antal", ""), ("Andel", ", procentenheter"))
                    for label, codes in (
                        (capital(published.period.label), {"period": published.period.id}),
                        (capital(published.before.label), {"period": published.before.id}),
                        (f"Förändring{of}", {}),
                    )
                )
            case report.Periods():
                return (
                    Heading(capital(published.period.label), {"period": published.period.id}, role="year"),
                    Heading(capital(published.before.label), {"period": published.before.id}, role="year_before"),
                )
            case report.Genders():
                return (
                    Heading("Kvinnor", {"gender": report.WOMEN}, role="women"),
                    Heading("Män", {"gender": report.MEN}, role="men"),
                    Heading("Totalt", total=True),
                )
            case report.Districts():
                return tuple(self._districts(axis, period))
            case report.OfJobCentres(of):
                return tuple(
                    replace(centre, label=_of(item.label, centre), number=item.number)
                    for item in of.items
                    for centre in self._job_centres(axis)
                )
            case report.JobCentres():
                return tuple(self._job_centres(axis))
            case report.Categories():
                return tuple(self._categories(axis))
            case report.Subcategories():
                return tuple(self._subcategories(axis))
            case report.Answers(codes):
                return tuple(Heading(code, {"subcategory": code}) for code in codes)
            case report.KeyNumbers():
                return tuple(self._key_numbers(axis))

    # -- tables --------------------------------------------------------------------------------------------------

    def _fill(
        self, grid: report.Grid, rows: Iterable[Heading], columns: Iterable[Heading], period: Period
    ) -> TableContent:
        return fill(grid.corner, rows, columns, self.published.value, grid.number, {"period": period.id})

    def _year_on_year(self, grid: report.Grid) -> TableContent:
        """Counts and shares of both years, each with its change."""
        rows = self._headings(grid.rows, self.published.period)
        cells = []
        for row in rows:
            assert row.number, f"{row.label}: says no number"
            counts = row.number.part if isinstance(row.number, Share) else row.number
            shares = self._both_years(row.number, row) if isinstance(row.number, Share) else (NO_SHARE,) * 3
            cells.append((*self._both_years(counts, row), *shares))
        return TableContent(grid.corner, rows, self._headings(grid.columns, self.published.period), tuple(cells))

    def _both_years(self, number: Number, row: Heading) -> tuple[Cell, ...]:
        periods = (self.published.period, self.published.before)
        of_both = [number.at(**row.codes, period=period.id) for period in periods]
        now, before = (Cell.of(each, self.published.value) for each in of_both)
        return now, before, _change(now, before, Change(*of_both))

    def _main_period(self, grid: report.Grid) -> Period:
        return self.published.before if grid.when == "before" else self.published.period

    def _rows(self, grid: report.Grid) -> tuple[Heading, ...]:
        """The grid's rows, ordered and chosen by the numbers of its own period."""
        period = self._main_period(grid)
        rows = self._headings(grid.rows, period)
        columns = self._headings(grid.columns, period)
        if grid.without_empty_rows:
            full = self._fill(grid, rows, self._both(columns), period)
            rows = tuple(row for row, cells in zip(rows, full.cells, strict=True) if any(c.part for c in cells))
        if grid.order == "size":
            table = self._fill(grid, rows, columns, period)
            sizes = [max((cell.part or 0 for cell in cells if not cell.is_share), default=0) for cells in table.cells]
            places = self._places_of_this_year(grid) if grid.when == "before" else {}
            ordered = sorted(
                zip(rows, sizes, strict=True),
                key=lambda found: (
                    found[0].total, found[0].has("district", MISSING), _place(found[0], places), -found[1]
                ),
            )  # fmt: skip
            rows = tuple(row for row, _ in ordered)
        return rows

    def _places_of_this_year(self, grid: report.Grid) -> dict[str, int]:
        """Where each district stands in the period's own table, which the year before is to follow: one that has become part of
        another stands where that one does."""
        rows = self._rows(replace(grid, when="this"))
        return {
            code: place
            for place, row in enumerate(rows)
            for code in row.codes.get("district", ())
            if not row.has("district", MISSING)
        }

    def _both(self, columns: Iterable[Heading]) -> tuple[Heading, ...]:
        """The columns once for the period and once for the year before."""
        return tuple(
            replace(column, codes={**column.codes, "period": period.id}, group=capital(period.label))
            for period in (self.published.period, self.published.before)
            for column in columns
        )

    def table(self, grid: report.Grid) -> TableContent:
        """The whole table of a grid."""
        if isinstance(grid.columns, report.YearOnYear):
            return self._year_on_year(grid)
        period = self._main_period(grid)
        columns = self._headings(grid.columns, period)
        return self._fill(grid, self._rows(grid), self._both(columns) if grid.when == "both" else columns, period)

    def _drawn(self, grid: report.Grid, period: Period) -> TableContent:
        columns = [heading for heading in self._headings(grid.columns, self._main_period(grid)) if heading.role]
        before = self.published.before
        columns = [heading for heading in columns if before.available or not heading.has("period", before.id)]
        rows = self._rows(grid)
        # Beside counts the total would dwarf the parts; a share of all is what the parts' shares are seen against.
        if len(rows) > 1 and not all(isinstance(heading.number, Share) for heading in columns):
            rows = tuple(row for row in rows if not row.total)
        return self._fill(grid, rows, columns, period)

    # -- the report ----------------------------------------------------------------------------------------------

    def _definitions(self, shown: Iterable[Number]) -> tuple[Definition, ...]:
        return definitions(self.published.catalogue, (key for number in shown for key in number.keys))

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
                    yield f"{district.name}: för {before.label} visas {numbers.listed(older)} sammanräknade."

    def block(self, item: report.Table | report.Diagram) -> Block:
        """One table or diagram."""
        table = self.table(item.grid)
        charted = marks = None
        if isinstance(item, report.Diagram):
            charted = self._drawn(item.grid, self._main_period(item.grid))
            if item.marks and self.published.before.available:
                marks = self._drawn(item.grid, self.published.before)
        return Block(
            id=item.id,
            number=item.number,
            title=item.title.format(**self._words),
            finding=self._finding(item, table),
            side_by_side=item.side_by_side,
            table=table,
            notes=(*self._target_notes(item), *item.notes, *self._grid_notes(item.grid)),
            definitions=self._definitions(item.grid.numbers),
            charted=charted,
            marks=marks,
            marks_label=capital(self.published.before.label) if marks else None,
            target=targets.line(item.target) if isinstance(item, report.Diagram) and item.target else None,
            periods=self._periods(item.grid),
        )

    def _finding(self, item: report.Table | report.Diagram, table: TableContent) -> str | None:
        if isinstance(item, report.Diagram) and item.target:
            return targets.outcome(item.target, self.readings).finding
        if item.finding is None:
            return None
        of_before = item.grid.when == "before"
        readings = Readings(self.published, self.published.before, None) if of_before else self.readings
        totals = [place for place, column in enumerate(table.columns) if column.total][:1]
        districts = {
            row.label: cells[place]
            for row, cells in zip(table.rows, table.cells, strict=True)
            for place in totals
            if "district" in row.codes and not row.has("district", MISSING)
        }
        finding = findings.finding(item.finding, readings, districts)
        return numbers.agreeing(finding) if finding else None

    def _target_notes(self, item: report.Table | report.Diagram) -> Iterator[str]:
        if (
            isinstance(item, report.Diagram)
            and item.target
            and self.published.catalogue[item.target.figure].has_dimensions
        ):
            yield from targets.by_job_centre(item.target, self.readings)

    def _periods(self, grid: report.Grid) -> tuple[Period, ...]:
        if grid.when == "both" or isinstance(grid.rows, report.Periods) or isinstance(grid.columns, report.Periods):
            return self.published.before, self.published.period
        return (self._main_period(grid),)

    def fact(self, fact: report.Fact) -> FactContent:
        """One number in the text."""
        reading = self.readings.reading(fact.number)
        return FactContent(
            id=fact.id,
            label=_agreeing(reading, fact.label.format(**self._words, **_in_text(reading))),
            cell=reading.cell,
            before=reading.before,
            before_label=reading.before_label,
            is_of_whole_periods=reading.is_of_whole_periods,
            aside=self._aside(*fact.aside) if fact.aside else None,
        )

    def _aside(self, text: str, number: Number) -> Aside | None:
        reading = self.readings.reading(number)
        return Aside(numbers.agreeing(text.format(**_in_text(reading))), reading) if reading.is_known else None

    def chapter(self, chapter: report.Chapter) -> ChapterContent:
        """One chapter with all its numbers."""
        facts = tuple(self.fact(fact) for fact in chapter.facts)
        return ChapterContent(
            id=chapter.id,
            title=chapter.title.format(**self._words),
            lead=numbers.agreeing(chapter.lead.format(**self._words, **{fact.id: fact for fact in facts})),
            facts=facts,
            definitions=self._definitions(fact.number for fact in chapter.facts),
            periods=(self.published.before, self.published.period),
            blocks=tuple(self.block(block) for block in chapter.blocks),
        )

    def chapters(self) -> tuple[ChapterContent, ...]:
        """The whole report."""
        return tuple(self.chapter(chapter) for chapter in self._plan)

    def titles(self) -> dict[str, str]:
        """The chapters' titles by id, in the report's order, without a number being read."""
        return {chapter.id: chapter.title.format(**self._words) for chapter in self._plan}

    def block_id(self, grid: report.Grid) -> str | None:
        """The first table or diagram of the report that is made of a grid; None: it has none."""
        return next((block.id for chapter in self._plan for block in chapter.blocks if block.grid == grid), None)

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
