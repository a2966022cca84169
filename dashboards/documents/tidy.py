"""Every number of the report's tables, diagrams and sentences once, each on a row of its own: what is counted, of when, of whom
and where, in the words of the pages. That is the shape for filters, pivot tables and other programs.

What is computed from several of them (differences, intervals) and what is no figure's (the comparison of target group and
register) stands in its own table only.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from dashboards.content.annual_report import MEN, WOMEN
from dashboards.content.tables import MISSING_LABEL, Cell
from dashboards.documents.outline import Outline, plain
from dashboards.published.catalogue import Figure
from dashboards.published.file import ALL, MISSING
from dashboards.published.numbers import Count, Number, NumberKey, Share
from dashboards.published.publication import Period
from dashboards.wording.numbers import listed

EVERYBODY = "Alla"
SHARE_UNIT = "andel"


@dataclass(frozen=True)
class Observation:
    """``share_of``: what the whole of a share counts; empty for a count."""

    period: str
    first_day: date | None
    last_day: date | None
    figure: str
    measure: str
    gender: str
    job_centre: str
    district: str
    category: str
    subcategory: str
    cell: Cell
    unit: str
    share_of: str


def observations(outline: Outline) -> list[Observation]:
    """In the catalogue's order, the earlier periods first."""
    cells = {cell.number: cell for cell in _cells(outline) if isinstance(cell.number, Count | Share)}
    words = _Words(outline)
    return [words.observation(number, cells[number]) for number in sorted(cells, key=words.place)]


def _cells(outline: Outline) -> Iterator[Cell]:
    for chapter in outline.all_chapters:
        for fact in (*chapter.told, *chapter.facts):
            readings = [fact, *([fact.aside.reading] if fact.aside else [])]
            yield from (cell for reading in readings for cell in (reading.cell, reading.before))
        for block in chapter.blocks:
            yield from (cell for row in block.table.cells for cell in row)


class _Words:
    """The words for what a published number counts."""

    def __init__(self, outline: Outline) -> None:
        data = outline.data
        self.catalogue = data.catalogue
        self.order = {figure: place for place, figure in enumerate(data.catalogue)}
        self.periods = outline.periods
        self.labels = data.labels
        self.genders = {WOMEN: "Kvinnor", MEN: "Män"}
        self.job_centres = {**dict(data.job_centres), MISSING: MISSING_LABEL}
        self.districts = {**{each.code: each.name for each in data.districts}, MISSING: MISSING_LABEL}

    def place(self, number: Number) -> tuple[object, ...]:
        """Where a number stands in the list."""
        key = _counted(number).keys[0]
        figure = self.catalogue[key.figure]
        measure = [each.id for each in figure.measures].index(key.measure)
        ends_on = self._periods_of(_counted(number))[-1].ends_on or date.min
        where = (key.gender, key.job_centre, key.district, key.category, key.subcategory)
        return self.order[key.figure], measure, ends_on, where, isinstance(number, Share), str(number)

    def observation(self, number: Number, cell: Cell) -> Observation:
        count = _counted(number)
        figure = self.catalogue[count.keys[0].figure]
        periods = self._periods_of(count)
        starts = [period.starts_on for period in periods if period.starts_on]
        ends = [period.ends_on for period in periods if period.ends_on]
        share = number if isinstance(number, Share) else None
        return Observation(
            period=" + ".join(period.title for period in periods),
            first_day=min(starts, default=None),
            last_day=max(ends, default=None),
            figure=plain(figure.title),
            measure=self._measure(count),
            gender=self._of(count, lambda key: self._named(self.genders, key.gender, figure)),
            job_centre=self._of(count, lambda key: self._named(self.job_centres, key.job_centre, figure)),
            district=self._of(count, lambda key: self._named(self.districts, key.district, figure)),
            category=self._of(count, lambda key: self._category(key, "category")),
            subcategory=self._of(count, lambda key: self._category(key, "subcategory")),
            cell=cell,
            unit=SHARE_UNIT if share else figure.unit,
            share_of=self._counts(share.whole) if share else "",
        )

    def _periods_of(self, count: Count) -> list[Period]:
        found = [self.periods[key.period] for key in count.plus]
        return sorted(dict.fromkeys(found), key=lambda period: period.ends_on or date.min)

    def _measure(self, count: Count) -> str:
        def title(key: NumberKey) -> str:
            return next(each.title for each in self.catalogue[key.figure].measures if each.id == key.measure)

        return self._of(count, title)

    def _counts(self, count: Count) -> str:
        """What is counted: the measure with its figure."""
        figure, measure = plain(self.catalogue[count.keys[0].figure].title), self._measure(count)
        return measure if figure == measure else f"{figure}: {measure}"

    def _of(self, count: Count, word: Callable[[NumberKey], str]) -> str:
        """The word for all numbers that are added up, and for those that are taken away where they have another one."""
        added = _distinct(map(word, count.plus))
        less = [each for each in _distinct(map(word, count.minus)) if each not in added]
        return plain(" + ".join(added) + (f" utom {listed(less)}" if less else ""))

    @staticmethod
    def _named(names: dict[str, str], code: str, figure: Figure) -> str:
        if not figure.has_dimensions:
            return ""
        return EVERYBODY if code == ALL else names.get(code, code)

    def _category(self, key: NumberKey, level: str) -> str:
        figure, code = self.catalogue[key.figure], getattr(key, level)
        if getattr(figure, f"{level}_title") is None:
            return ""
        code_list = getattr(figure, f"{level}_list") or ""
        return EVERYBODY if code == ALL else self.labels.get((code_list, code), code)


def _counted(number: Number) -> Count:
    return number.part if isinstance(number, Share) else number


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
