"""What the page ”Utveckling över tid” shows: every figure over all periods of a kind, as small files of numbers.

The page itself holds only names and definitions. The numbers lie in one script per measure and kind of period (and per category
where a figure has two levels of them), so that a reader loads only what is looked at; a script, because a page that was opened
from disk may load nothing else. Which view is drawn, and how, is ``assets/trends.js``.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from dashboards.content.provenance import sources_in_words
from dashboards.content.tables import MISSING_LABEL, Cell, Heading, TableContent
from dashboards.published.catalogue import Figure
from dashboards.published.file import ALL, MISSING
from dashboards.published.numbers import OPEN, Count, Number, NumberKey, Share, one
from dashboards.published.publication import Period
from dashboards.published.report import Published
from dashboards.published.series import ChartedShare, Series, read_series
from dashboards.wording import numbers
from dashboards.wording.audience import not_available
from dashboards.wording.letters import capital

FOLDER = "data"

#: What may stand in one diagram (``Period.series``), in the order of the page's choice, with its name.
KINDS = {
    "verksamhetsar": "Verksamhetsår",
    "kalenderar": "Kalenderår",
    "lasar": "Läsår",
    "tertial1": "Tertial 1",
    "tertial2": "Tertial 2",
    "halvar": "Halvår",
    "manad": "Månad",
}

#: The kinds of period that these are.
PERIOD_KINDS = ("verksamhetsar", "kalenderar", "lasar", "tertial", "halvar", "manad")


#: Years are as long as periods get; what is mostly hidden in shorter ones is given for longer ones, the nearest first.
YEARS = ("verksamhetsar", "kalenderar", "lasar")
LONGER = {"manad": ("halvar", *YEARS), "tertial1": YEARS, "tertial2": YEARS, "halvar": YEARS}

#: A number over time: its key without period. Period -> number, None where it is hidden; the file leaves out zeros.
SeriesKey = tuple[str, str, str, str, str]
Values = dict[str, Decimal | None]

#: The dimensions by which a reader may divide a figure, with their letters in the files of numbers.
DIVIDED_BY = {"gender": "g", "job_centre": "j", "district": "d"}
WHOLE = "t"


def read(path: Path, data: Published) -> "Trends":
    """All figures of the periods that had ended when the report's period ended; single days are no series."""
    assert data.period.ends_on, f"{data.period.id} has no last day"
    return Trends(data, read_series(path, PERIOD_KINDS, data.period.ends_on, most_dimensions=1, table=data.figures))


class Trends:
    """The page's content and its files of numbers."""

    def __init__(self, data: Published, series: Series) -> None:
        self.data = data
        self.series = series
        self.periods = series.periods
        self._values = _by_figure_and_kind(series)
        #: Of a public output: the series that are given more coarsely, with how.
        self.instead = coarser(self._values) if series.numbers.public is not None else {}
        #: Figures that have numbers, in the catalogue's order.
        self.figures = tuple(figure for figure in data.catalogue.values() if figure.id in self._values)

    @property
    def until(self) -> date | None:
        return self.data.period.ends_on

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds that have periods."""
        return tuple(kind for kind in KINDS if self.series.of(kind))

    @property
    def first_kind(self) -> str | None:
        """What the page shows first: the report year, else the report's own kind, else what there is."""
        wanted = (self.data.publication.report_year_kind, self.data.period.series, *self.kinds)
        return next((kind for kind in wanted if kind in self.kinds), None)

    def is_covered(self, period: Period) -> bool:
        """Whether the deliveries reach from the period's first day to its last."""
        first, last = self.data.publication.first_extract_date, self.data.publication.last_extract_date
        if not (first and last and period.starts_on and period.ends_on):
            return False
        return first <= period.starts_on and period.ends_on <= last

    # -- the files -----------------------------------------------------------------------------------------------

    def _codes(self, column: str, figure: Figure) -> list[str]:
        """The categories or subcategories that occur, in the order of their list; `*` is none."""
        place = 1 if column == "category" else 2
        used = {key[place] for series in self._values[figure.id].values() for key in series} - {ALL}
        code_list = figure.category_list if column == "category" else figure.subcategory_list
        listed = [code for code in self.data.codes(code_list) if code in used] if code_list else []
        return listed + sorted(used - set(listed))

    def _is_split(self, figure: Figure) -> bool:
        """Two levels of categories are too many numbers for one file."""
        return bool(self._codes("subcategory", figure))

    def _file(self, figure: Figure, category: str) -> str:
        """The first part of a file's name; a category is known by its place, since its code may be any text."""
        if not self._is_split(figure) or category == ALL:
            return figure.id
        return f"{figure.id}-{self._codes('category', figure).index(category) + 1}"

    def files(self) -> list[tuple[str, str]]:
        """(name, text) of every file of numbers: a tree of category, subcategory, dimension and code, with series for leaves.

        A series is a text of numbers, one for each period of the kind, with a comma between them; zero is left out.
        """
        result = []
        for figure in self.figures:
            names = {code: self._file(figure, code) for code in (ALL, *self._codes("category", figure))}
            for kind in self.kinds:
                trees: dict[str, dict[str, Any]] = {
                    f"{name}.{measure.id}.{kind}": {} for name in names.values() for measure in figure.measures
                }
                periods = [period.id for period in self.series.of(kind)]
                series = sorted(self._values[figure.id].get(kind, {}).items(), key=lambda item: item[0])
                for key, found in series:
                    if (figure.id, kind, key) in self.instead:
                        continue
                    measure_id, category, subcategory, by, code = key
                    place = trees[f"{names[category]}.{measure_id}.{kind}"].setdefault(category, {})
                    place.setdefault(subcategory, {}).setdefault(by, {})[code] = _series(found, periods)
                for name, tree in trees.items():
                    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
                    result.append((f"{FOLDER}/{name}.js", f'kaaTrend("{name}",{text});\n'))
        return result

    # -- the page ------------------------------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        """Names, definitions and periods, for the page's script."""
        return {
            "folder": FOLDER,
            "firstKind": self.first_kind,
            # Of a public output only what its files hold is known; what they lack is no zero.
            "onlyListed": self.series.numbers.public is not None,
            "notAvailable": not_available(self.data.public_output) if self.data.public_output else "",
            "kinds": [
                {
                    "id": kind,
                    "title": KINDS[kind],
                    "periods": [
                        {
                            "id": period.id,
                            "label": label(period),
                            "short": short_label(period),
                            "end": period.ends_on.isoformat() if period.ends_on else "",
                            "covered": self.is_covered(period),
                        }
                        for period in self.series.of(kind)
                    ],
                }
                for kind in self.kinds
            ],
            "instead": self._instead(),
            "figures": [self._figure(figure) for figure in self.figures],
            "shares": [
                {
                    "id": each.id,
                    "title": each.title,
                    "sentence": each.sentence,
                    "part": _side(each.share.part),
                    "whole": _side(each.share.whole),
                }
                for each in self.shares
            ],
            "genders": [["kvinna", "Kvinnor"], ["man", "Män"]],
            "jobCentres": self._with_missing("j", [list(centre) for centre in self.data.job_centres]),
            "districts": self._with_missing(
                "d",
                [
                    [
                        district.code,
                        district.name,
                        district.valid_from.isoformat() if district.valid_from else "",
                        district.valid_to.isoformat() if district.valid_to else "",
                    ]
                    for district in self.data.districts
                ],
            ),
        }

    def _instead(self) -> dict[str, list[list[Any]]]:
        """File without category -> (category, subcategory, dimension, the kind of period and the dimension in which they are
        given, codes)."""
        found: dict[str, dict[tuple[str, ...], list[str]]] = {}
        for (figure, kind, (measure, category, subcategory, by, code)), given in self.instead.items():
            place = found.setdefault(f"{figure}.{measure}.{kind}", {})
            place.setdefault((category, subcategory, by, *given), []).append(code)
        return {name: [[*place, codes] for place, codes in places.items()] for name, places in found.items()}

    def _with_missing(self, by: str, listed: list[list[str]]) -> list[list[str]]:
        """Those without district or job-centre, last, where there are any."""
        used = any(
            key[3] == by and key[4] == MISSING
            for kinds in self._values.values()
            for series in kinds.values()
            for key in series
        )
        return [*listed, [MISSING, MISSING_LABEL, "", ""]] if listed and used else listed

    def _figure(self, figure: Figure) -> dict[str, Any]:
        return {
            "id": figure.id,
            "title": figure.title,
            "unit": figure.unit,
            "definition": figure.definition,
            "source": "; ".join(sources_in_words(figure.sources)),
            "warnings": list(figure.warnings),
            "dimensions": list(figure.dimensions),
            "reportedOnly": not figure.absent_is_zero,
            "measures": [[measure.id, measure.title, measure.definition] for measure in figure.measures],
            "category": self._level(figure, "category"),
            "subcategory": self._level(figure, "subcategory"),
        }

    def _level(self, figure: Figure, column: str) -> dict[str, Any] | None:
        codes = self._codes(column, figure)
        if not codes:
            return None
        title = figure.category_title if column == "category" else figure.subcategory_title
        total = figure.category_total if column == "category" else figure.subcategory_total
        code_list = (figure.category_list if column == "category" else figure.subcategory_list) or ""
        items = [[code, self.data.labels.get((code_list, code), code)] for code in codes]
        if column == "category":
            items = [[code, name, self._file(figure, code)] for code, name in items]
        return {"title": title or "Kategori", "total": total == "given", "items": items}

    @property
    def shares(self) -> tuple[ChartedShare, ...]:
        """Those whose figures have numbers."""
        ids = {figure.id for figure in self.figures}
        return tuple(each for each in self.series.shares if {key.figure for key in each.share.keys} <= ids)

    # -- without JavaScript --------------------------------------------------------------------------------------

    def main_periods(self) -> tuple[Period, ...]:
        """The columns of the tables that need no script."""
        return self.series.of(self.first_kind) if self.first_kind else ()

    @property
    def main_periods_covered(self) -> bool:
        return all(self.is_covered(period) for period in self.main_periods())

    def main_tables(self) -> list[tuple[str, list[tuple[str, str, list[Cell]]]]]:
        """For the whole municipality (heading, rows of (the view's name in the address, label, a cell per main period))."""
        tables = []
        for figure in self.figures:
            if figure.category_total in (None, "given"):
                rows = [
                    (f"{figure.id}.{measure.id}", measure.title, self._cells(one(figure.id, measure.id)))
                    for measure in figure.measures
                ]
                tables.append((f"{figure.title} ({figure.unit})", rows))
        shares = [(each.id, each.title, self._cells(_of_all(each.share))) for each in self.shares]
        return [*tables, ("Andelar", shares)] if shares else tables

    def main_table(self) -> TableContent:
        """The same as one table, in the order of the page."""
        rows = [(f"{heading}: {name}", cells) for heading, found in self.main_tables() for _, name, cells in found]
        columns = tuple(Heading(label(period)) for period in self.main_periods())
        return TableContent(
            "Mått", tuple(Heading(name) for name, _ in rows), columns, tuple(tuple(cells) for _, cells in rows)
        )

    def _cells(self, number: Number) -> list[Cell]:
        lookup = self.series.numbers.value
        return [Cell.of(number.at(period=period.id), lookup) for period in self.main_periods()]


def _by_figure_and_kind(series: Series) -> dict[str, dict[str, dict[SeriesKey, Values]]]:
    kinds = {period.id: period.series for period in series.periods}
    found: dict[str, dict[str, dict[SeriesKey, Values]]] = {}
    listed: Iterable[tuple[NumberKey, Decimal | None]] = series.numbers.listed
    if series.numbers.public is not None:
        # A public output lists zeros too, also of a category that the municipality does not have.
        everything = list(listed)
        occurring = {(key.figure, key.category, key.subcategory) for key, value in everything if value != 0}
        listed = (item for item in everything if (item[0].figure, item[0].category, item[0].subcategory) in occurring)
    for key, value in listed:
        of_kind = found.setdefault(key.figure, {}).setdefault(kinds[key.period], {})
        of_kind.setdefault((key.measure, key.category, key.subcategory, *_divided(key)), {})[key.period] = value
    return found


def _divided(key: NumberKey) -> tuple[str, str]:
    """The letter of the dimension by which a number is divided, and its code there."""
    for name, letter in DIVIDED_BY.items():
        if (code := getattr(key, name)) != ALL:
            return letter, code
    return WHOLE, ALL


#: Figure, kind of period and series -> the kind of period and the dimension in which it is given: ``*`` for all categories.
Coarser = dict[tuple[str, str, SeriesKey], tuple[str, str]]


def coarser(values: Mapping[str, Mapping[str, Mapping[SeriesKey, Values]]]) -> Coarser:
    """The series that would mostly be hidden, or are not there for that reason, with what is given instead: a longer period,
    or else a larger group. Where there is neither, the series is given as it is."""
    found: Coarser = {}
    for figure, by_kind in values.items():
        given = {
            kind: {key for key, own in series.items() if not _mostly_hidden(own)} for kind, series in by_kind.items()
        }
        everywhere = sorted({key for series in by_kind.values() for key in series})
        for kind, series in by_kind.items():
            divisions = {_division(key) for key in series}
            for key in everywhere:
                # A single series is missing from its division where it has no number but zero.
                if key in given[kind] or (key not in series and _division(key) in divisions):
                    continue
                kinds = [each for each in (kind, *LONGER.get(kind, ())) if each in given]
                longer = ((each, key[3]) for each in kinds if key in given[each])
                larger = ((each, by) for each in kinds for by in _larger(key, given[each]))
                place = next(longer, None) or next(larger, None)
                if place:
                    found[figure, kind, key] = place
    return found


def _mostly_hidden(values: Values) -> bool:
    return 2 * sum(value is None for value in values.values()) > len(values)


def _division(key: SeriesKey) -> tuple[str, bool, bool, str]:
    measure, category, subcategory, by, _ = key
    return measure, category != ALL, subcategory != ALL, by


def _larger(key: SeriesKey, given: Collection[SeriesKey]) -> Iterator[str]:
    """District, job-centre, whole municipality; of a category, all of them."""
    measure, category, subcategory, by, _ = key
    same = {each[3] for each in given if each[:3] == key[:3]} - {by}
    yield from (larger for larger in (("j", WHOLE) if by == "d" else (WHOLE,)) if larger in same)
    every = (measure, category if subcategory != ALL else ALL, ALL, WHOLE, ALL)
    if every != key and every in given:
        yield ALL


def _of_all(share: Share) -> Share:
    """A share whose open categories are all of them together."""
    return Share(*(side.at(category=side.keys[0].category or ALL) for side in (share.part, share.whole)))


def _side(count: Count) -> list[str | None]:
    key = count.keys[0]
    return [key.figure, key.measure, None if key.category == OPEN else key.category]


def _series(found: Values, periods: list[str]) -> str:
    """``12,,3.5,..``: the numbers of the periods, without trailing zeros and without those that are zero."""
    texts = []
    for period in periods:
        value = found.get(period, Decimal(0))
        texts.append(numbers.NOT_AVAILABLE if value is None else numbers.plain(value) if value else "")
    return ",".join(texts).rstrip(",")


def label(period: Period) -> str:
    """A period in a table: ``2023``, ``Läsåret 2022/2023``, ``Tertial 2 (januari–augusti) 2023``."""
    return capital(period.label)


def short_label(period: Period) -> str:
    """A period below an axis: ``2023``, ``2022/23``, ``T2 2023``, ``Halvår 1 2023``, ``maj 2023``."""
    _, _, rest = period.id.partition("-")
    match period.kind:
        case "lasar":
            return f"{rest[:4]}/{rest[-2:]}"
        case "tertial":
            return f"T{period.id[7]} {rest}"
        case "halvar":
            return f"H{period.id[6]} {rest}"
        case "manad":
            return f"{numbers.MONTHS[int(rest[5:]) - 1][:3]} {rest[:4]}"
        case _:
            return rest
